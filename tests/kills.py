"""Runs that are killed and resumed against the mock judge, and what must hold whatever happens to them."""

import json
import re
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.rig import MockJudge, write_judge, write_outputs
from tests.zygote import Running, Zygote

POINTS = (
    "before_send", "after_headers", "after_body", "before_commit", "after_commit", "before_rename", "after_rename",
)  # fmt: skip


@dataclass
class Scene:
    """A judge, two sets of outputs, and a folder of results of its own for each store."""

    zygote: Zygote
    judge: MockJudge
    folder: Path
    n: int
    concurrency: int

    @classmethod
    def lay(
        cls, zygote: Zygote, judge: MockJudge, folder: Path, *, n: int, concurrency: int, orders: str = "one"
    ) -> "Scene":
        write_judge(folder, judge.url, orders=orders)
        write_outputs(folder, "base", n)
        write_outputs(folder, "cand", n, seed=1)
        return cls(zygote, judge, folder, n, concurrency)

    def start(self, name: str, *, fault: str | None = None) -> Running:
        """Start or resume the run whose store and results are under `name`."""
        command = ["annotate", "cand.json", "--baseline", "base.json", "--judge", "judge.yaml", "--verbose",
                   "--results", name]  # fmt: skip
        command += ["--concurrency", str(self.concurrency), "--log", f"{name}.log"]
        environment = {} if fault is None else {"EVALKIT_FAULT": fault}
        return self.zygote.start(command, cwd=self.folder, environment=environment)

    def finish(self, name: str) -> str:
        """Run to the end; the hash that is printed."""
        running = self.start(name)
        status = running.wait()
        assert status == 0, f"status {status}: {running.said}"
        return printed_hash(running)

    def acknowledged(self, name: str) -> set[str]:
        """The questions whose replies the log calls committed, by the beginnings of their keys."""
        path = self.folder / f"{name}.log"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        # a kill may tear the last line
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        return {event["key"] for event in events if event["event"] == "replied"}

    def stored(self, name: str) -> set[str]:
        """The same for the replies in the store, whose file must be sound."""
        path = self.folder / name / "evalkit.db"
        if not path.exists() or path.stat().st_size == 0:
            return set()
        connection = sqlite3.connect(path)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'replies'").fetchone():
                return set()
            return {key[:16] for (key,) in connection.execute("SELECT key FROM replies")}
        finally:
            connection.close()

    def check(self, name: str) -> None:
        """Nothing that was acknowledged is missing."""
        lost = self.acknowledged(name) - self.stored(name)
        assert not lost, f"{len(lost)} acknowledged verdicts lost"


def billed_again(judge: MockJudge, since: int = 0) -> int:
    """Requests that were paid for more than once, among the ledger's entries from the `since`-th on."""
    counts = Counter(entry.hash for entry in judge.ledger()[since:] if entry.billed)
    return sum(count - 1 for count in counts.values())


def printed_hash(running: Running) -> str:
    match = re.search(r"sha256 ([0-9a-f]{64})", running.said)
    assert match is not None, running.said
    return match.group(1)
