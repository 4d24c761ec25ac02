"""Counts wins, losses and ties over all pairs of a judge, each pair for both models, as MT-Bench does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalkit.boards.build import Board
from evalkit.stats import Combine


@dataclass(frozen=True, slots=True)
class PairCount:
    """The outcomes of one model's pairs, whichever side it was on."""

    model: str
    wins: int
    losses: int
    ties: int

    @property
    def n(self) -> int:
        return self.wins + self.losses + self.ties

    @property
    def adjusted(self) -> float:
        """The percentage of wins, a tie counting half."""
        return 100 * (self.wins + self.ties / 2) / self.n


@dataclass(frozen=True, slots=True)
class PairCounts:
    """The tallies of all models that a judge compared, the best first."""

    judge: str
    digest: str
    models: tuple[PairCount, ...]


def tallies_of(boards: Sequence[Board]) -> list[PairCounts]:
    """The tallies of each judge whose verdicts on pairs count where both orders agree, as in MT-Bench."""
    counted: dict[tuple[str, str], dict[str, list[int]]] = {}
    for board in boards:
        for row in board.rows:
            entry = row.entry
            if entry.graded or entry.itself or entry.refused or entry.aggregation.combine != Combine.AGREEMENT:
                continue
            by_model = counted.setdefault((board.judge, board.digest), {})
            found = row.counts
            for model, outcome in (
                (entry.model, (found.wins, found.losses, found.ties)),
                (entry.baseline, (found.losses, found.wins, found.ties)),
            ):
                kept = by_model.setdefault(model, [0, 0, 0])
                by_model[model] = [before + more for before, more in zip(kept, outcome, strict=True)]
    return [
        PairCounts(judge, digest, _sorted(PairCount(model, *found) for model, found in by_model.items() if sum(found)))
        for (judge, digest), by_model in counted.items()
        if any(map(sum, by_model.values()))
    ]


def _sorted(tallies: Iterable[PairCount]) -> tuple[PairCount, ...]:
    return tuple(sorted(tallies, key=lambda tally: (-tally.adjusted, tally.model)))
