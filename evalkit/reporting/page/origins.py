"""The provenance of a board's numbers: the facts that all rows share, and the facts of each row."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from evalkit.boards import Board, BoardRow
from evalkit.provenance import LENGTH_TAUGHT, STYLE_TAUGHT, canonical_digest, provenance_document
from evalkit.text import printable

_NAMES = {
    "data_sha256": "data (SHA-256)",
    "prompt_sha256": "prompt (SHA-256)",
    "parameters_sha256": "parameters (SHA-256)",
    "verdicts_sha256": "verdicts (SHA-256)",
    "replies_sha256": "replies (SHA-256)",
    "by_turn": "judged by turn",
}


# stands between the address of a store and the benchmark in the name of a source
_VERDICTS = ", verdicts on "
# the page states elsewhere what other models taught; here these many figures would fill pages
_UNSHOWN = tuple(
    f"{taught} {name}"
    for taught in (LENGTH_TAUGHT, STYLE_TAUGHT)
    for name in ("difficulty", "prior", "rests_on", "confounding")
)


@dataclass(frozen=True, slots=True)
class OwnFacts:
    model: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origins:
    """The provenance of a board.

    `digest` covers every number and every verdict; `unknown` names the facts that the sources do not tell.
    """

    digest: str
    shared: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    columns: tuple[str, ...]
    own: tuple[OwnFacts, ...]


def source_name(source: str) -> str:
    """Return a name of a source that any reader may see: a file or folder by its bare name, a store by its address.

    >>> source_name("/home/me/secret/results/")
    'results'
    >>> source_name("postgresql+psycopg://me:***@db.example:5432/evals?sslkey=/home/me/key, verdicts on helpful")
    'postgresql+psycopg://db.example:5432/evals, verdicts on helpful'
    >>> source_name("sqlite:////home/me/secret/evalkit.db, verdicts on helpful")
    'sqlite:///evalkit.db, verdicts on helpful'
    """
    address, _, benchmark = source.rpartition(_VERDICTS)
    scheme, found, place = (address or source).partition("://")
    if not found:
        return PurePath(source).name or source
    server, _, path = re.split(r"[?#]", place)[0].partition("/")
    name = re.split(r"[/\\]", path)[-1]
    shown = f"{scheme}://{server.rpartition('@')[2]}/{name}"
    return f"{shown}{_VERDICTS}{benchmark}" if address else shown


def origins(board: Board) -> Origins:
    documents = [_facts(row) for row in board.rows]
    names = list(dict.fromkeys(name for document in documents for name in document))
    values = {name: [document.get(name) for document in documents] for name in names}
    shared = [name for name in names if all(value == values[name][0] for value in values[name])]
    known = [(_title(name), _text(values[name][0])) for name in shared if values[name][0] is not None]
    own = [name for name in names if name not in shared]
    return Origins(
        digest=canonical_digest(board.rows),
        shared=tuple(known),
        unknown=tuple(_title(name) for name in shared if values[name][0] is None),
        columns=tuple(_title(name) for name in own),
        own=tuple(
            OwnFacts(printable(row.entry.model), tuple(_text(values[name][at]) for name in own))
            for at, row in enumerate(board.rows)
        ),
    )


def row_facts(row: BoardRow) -> tuple[tuple[str, str], ...]:
    """Return the known facts about one row, in words."""
    return tuple((_title(name), _text(value)) for name, value in _facts(row).items() if value is not None)


def _facts(row: BoardRow) -> dict[str, Any]:
    """Return the provenance of a row as facts by name, without the difficulty of every instruction."""
    found = _flat(provenance_document(row))
    return {name: value for name, value in found.items() if not name.startswith(_UNSHOWN)}


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return facts by their path, so that rows can share one fact and differ in another."""
    found: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{prefix}{name} "))
        else:
            found[f"{prefix}{name}"] = value
    return found


def _title(name: str) -> str:
    return _NAMES.get(name, name.replace("_", " "))


def _text(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    return printable(value if isinstance(value, str) else json.dumps(value))
