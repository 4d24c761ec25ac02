"""What somebody does to a store who may write its file, and has no key."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from evalkit.store.encoding import reply_checksum

_TABLES = ("replies", "failures", "judges", "asked", "plans", "documents", "records", "releases", "release_verdicts",
           "evaluations", "evaluation_evidence")  # fmt: skip


def turn_around(path: Path, model: str, *, most: int | None = None) -> int:
    """Let the candidate win what it lost: exchange both labels' probabilities, with checksums that fit.

    Args:
        most: the number of replies that are rewritten at most, in the order of their instructions; all by default.

    Returns:
        The number of rewritten replies.
    """
    places = (
        'SELECT r.key, r.reply, r.exchange, a.labels, a."order" FROM replies r JOIN asked a ON a.reply_key = r.key '
        "WHERE a.model = ? ORDER BY a.key"
    )
    n = 0
    with closing(sqlite3.connect(path)) as connection:
        for key, text, exchange, labels, order in connection.execute(places, [model]).fetchall():
            if n == most:
                break
            reply, (first, second, _) = json.loads(text), json.loads(labels)
            own, other = (first, second) if order == "candidate_first" else (second, first)
            likely = dict(reply["top_logprobs"][0])
            if likely.get(own, -99.0) < likely.get(other, -99.0):
                exchanged = {own: other, other: own}
                reply["top_logprobs"][0] = [[exchanged.get(token, token), log] for token, log in likely.items()]
                changed = json.dumps(reply)
                connection.execute("UPDATE replies SET reply = ?, checksum = ? WHERE key = ?",
                                   (changed, reply_checksum(key, changed, exchange), key))  # fmt: skip
                n += 1
        connection.commit()
    return n


def take_seals_off(path: Path) -> None:
    """Make a sealed store look like one that never was sealed."""
    with closing(sqlite3.connect(path)) as connection:
        for table in _TABLES:
            connection.execute(f"UPDATE {table} SET seal = NULL")
        connection.execute("DELETE FROM meta WHERE name = 'seal'")
        connection.commit()
