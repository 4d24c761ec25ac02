"""The models of a board against each other: the share of instructions on which each did better than each other one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.boards.row import BoardRow
from evalkit.stats import CONFIDENCE, Floats, Ints, better_shares
from evalkit.types import Estimate

ITSELF = "the model itself"
AUDITED = "an audit refused the outputs"


@dataclass(frozen=True, slots=True)
class Matrix:
    """`cells[i][j]` is the percent of common instructions on which model i did better than model j, ties half.

    A model did better if the judge prefers it more to the baseline. The diagonal is refused.
    """

    models: tuple[str, ...]
    cells: tuple[tuple[Estimate, ...], ...]


def win_matrix(rows: Sequence[BoardRow], *, confidence: float = CONFIDENCE) -> Matrix:
    """The models of some rows of one board in their order, and last the baseline, unless it has a row of its own.

    Against the baseline itself, whose preference is one half everywhere, a model's share is that of its wins and half
    its ties. A row whose raw score is refused has refused cells, with the same reason.
    """
    models = [row.entry.model for row in rows]
    reasons = [_refusal(row) for row in rows]
    preference, cluster = _align(rows)
    baselines = sorted({row.entry.baseline for row in rows if not row.entry.graded} - set(models))
    for baseline in baselines:
        models.append(baseline)
        reasons.append("")
        preference = np.vstack([preference, np.full(len(cluster), 0.5)])
    shares = better_shares(preference, cluster, confidence=confidence)

    def cell(first: int, second: int) -> Estimate:
        if first == second:
            return Estimate.refused(ITSELF, n=0)
        refused = [f"{models[model]}: {reasons[model]}" for model in (first, second) if reasons[model]]
        share = shares[first, second]
        return Estimate.refused("; ".join(refused), n=share.n) if refused else share

    everyone = range(len(models))
    return Matrix(tuple(models), tuple(tuple(cell(first, second) for second in everyone) for first in everyone))


def _refusal(row: BoardRow) -> str:
    """The reason why a row's verdicts are not compared; empty where they are."""
    if row.entry.refused:
        return AUDITED
    return "" if row.raw.estimate.value is not None else row.raw.estimate.status.reason


def _align(rows: Sequence[BoardRow]) -> tuple[Floats, Ints]:
    """Preferences by model and instruction, NaN where there is none, and the clusters of the instructions."""
    named: dict[str, str] = {}
    for row in rows:
        sample = row.entry.sample
        named.update(zip(sample.keys, (sample.clusters[number] for number in sample.cluster), strict=True))
    columns = {key: place for place, key in enumerate(sorted(named))}
    preference = np.full((len(rows), len(columns)), np.nan)
    for place, row in enumerate(rows):
        preference[place, [columns[key] for key in row.entry.sample.keys]] = row.entry.sample.preference
    names = np.array([named[key] for key in columns], dtype=str)
    return preference, np.unique(names, return_inverse=True)[1].astype(np.int64)
