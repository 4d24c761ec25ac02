"""Writes the page of boards and of every comparison behind them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Unpack

from evalkit.api.decisions import GateDecision
from evalkit.api.door import front_door, in_keywords
from evalkit.api.keywords import Data, checked_count
from evalkit.api.leaderboards import LeaderboardKeywords, leaderboard
from evalkit.api.result import Result
from evalkit.boards import CATEGORY, TURN
from evalkit.documents import parse_json, read_text
from evalkit.reporting import GateSection, gate_section
from evalkit.text import printable

REPORT_FILE = "report.html"
_MEGABYTE = 1_000_000
# megabytes; many mail boxes refuse larger files
_LARGE = 15.0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Page(Result):
    """A written page: its file, and the size of the file in bytes."""

    path: Path
    size: int

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def notes(self) -> tuple[str, ...]:
        """A note on a page that is too large for many mail boxes; none on any other."""
        return tuple(map(in_keywords, self.command_notes))

    @property
    def command_notes(self) -> tuple[str, ...]:
        """The same note as the command prints it."""
        if self.size <= _LARGE * _MEGABYTE:
            return ()
        return (f"many mail boxes refuse files over {_LARGE:g} MB. Make it smaller with --sample N or --no-text",)

    def to_json(self) -> str:
        return json.dumps({"path": str(self.path), "bytes": self.size}, indent=2)

    def __str__(self) -> str:
        return f"wrote {printable(str(self.path))}, {self.size / _MEGABYTE:.1f} MB"


@front_door
def report(
    *sources: Data,
    out: str | PathLike[str] | None = None,
    title: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    text: bool = True,
    gate: str | PathLike[str] | GateDecision | None = None,
    by: str | Sequence[str] = (TURN, CATEGORY),
    **options: Unpack[LeaderboardKeywords],
) -> Page:
    """Write one HTML file with boards and every comparison behind them; it needs no network and no server.

    Args:
        sources: as for `leaderboard`; without any, the boards are of the verdicts in the store.
        out: the file; `report.html` in `results` by default.
        title: named after the sources by default.
        sample: the number of instructions that can be browsed, the same for all models, all by default; no number of a
            board depends on it.
        seed: decides which instructions `sample` takes.
        text: whether the file holds instructions, answers and the judge's replies.
        gate: a gate's decision, or the file with the document that `evalkit gate --json` printed, to show above the
            boards.
        by: as for `leaderboard`; scores are split by turn and by category by default.
        options: the other keywords of `leaderboard`.

    Returns:
        The path and the size of the written page.

    Raises:
        EvalkitError: a source, a name or a combination of these is wrong, or the file cannot be written.

    Example:
        >>> import evalkit as ek
        >>> ek.report(benchmark="example", out="report.html").path
    """
    if sample is not None:
        checked_count("--sample", sample, least=1)
    path = Path(options.get("results", "results")) / REPORT_FILE if out is None else Path(out)
    decided = None if gate is None else _gate_section(gate)
    boards = leaderboard(*sources, by=by, verdicts=True, **options)
    written = boards.report(path, title=title, sample=sample, seed=seed, text=text, gate=decided)
    return Page(written, written.stat().st_size)


def _gate_section(gate: str | PathLike[str] | GateDecision) -> GateSection:
    """The section about a gate's decision, or about one that a file has as JSON."""
    if isinstance(gate, GateDecision):
        return gate_section(json.loads(gate.to_json()), "gate")
    where = str(Path(gate))
    return gate_section(parse_json(read_text(Path(gate)), where), where)
