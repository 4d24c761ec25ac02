"""Which models of a column are the best, the second, and not significantly worse than the best."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit.boards.metrics import Metric, Recipe
from evalkit.boards.overview import OverviewColumn
from evalkit.boards.rates import Estimators
from evalkit.boards.row import BoardRow
from evalkit.stats import common, p_value, paired_difference
from evalkit.text import DECIMALS_STORED
from evalkit.types import StatusKind


@dataclass(frozen=True, slots=True)
class Best:
    """The best models of one metric by name, the second ones, and those that may be the best for all that is known.

    Several are the best, or the second, only where their numbers are equal. `alike` are the other models that the
    paired test does not tell from the best, at the `confidence` of the board, with the p-values of all `n_tests` tests
    by Bonferroni. `untested` are models that share too few instructions with the best.
    """

    best: tuple[str, ...]
    second: tuple[str, ...]
    alike: tuple[str, ...]
    untested: tuple[str, ...]
    n_tests: int
    confidence: float


def best_of(rows: Sequence[BoardRow], metric: Metric) -> Best | None:
    """Find the best of the rows in a metric; None where fewer than two numbers are sure enough to be ranked.

    Only numbers whose status is ok take part, without the baseline's own. Each model is compared with the best on their
    common instructions. The best is chosen by the same verdicts, which Bonferroni's correction for the comparisons of
    one model with all others allows for: the model that is truly the best is marked as best or alike with at least the
    confidence of the board.

    Args:
        rows: the rows of one judge and one baseline, each model once.
    """
    sure = [row for row in rows if _sure(row, metric)]
    if len(sure) < 2:
        return None
    # equal to the decimals that files have: sums in another order differ in the last digits
    values = {row.entry.model: round(row.measured(metric).estimate.value or 0.0, DECIMALS_STORED) for row in sure}
    first, *lower = sorted(set(values.values()), reverse=True)
    best = [row for row in sure if values[row.entry.model] == first]
    others = [row for row in sure if values[row.entry.model] != first]
    confidence = sure[0].recipe.confidence
    tests = {row.entry.model: _p_value(best[0], row, metric) for row in others}
    level = (1 - confidence) / (len(sure) - 1)
    return Best(
        best=tuple(row.entry.model for row in best),
        second=tuple(model for model, value in values.items() if lower and value == lower[0]),
        alike=tuple(model for model, p in tests.items() if p is not None and p >= level),
        untested=tuple(model for model, p in tests.items() if p is None),
        n_tests=len(sure) - 1,
        confidence=confidence,
    )


def best_of_column(column: OverviewColumn) -> Best | None:
    """Find the best of a column of an overview, as `best_of` does; of a part only its own verdicts count."""
    rows = column.board.rows
    if column.part is not None:
        rows = tuple(_in_part(row, column.part) for row in rows if column.part in row.entry.slices)
    return best_of(rows, column.metric)


def _in_part(row: BoardRow, part: str) -> BoardRow:
    return _rates(row, row.recipe).measured_row(row.entry, row.entry.slices[part])


def _rates(row: BoardRow, recipe: Recipe) -> Estimators:
    return Estimators(recipe, row.background, row.style_background)


def _sure(row: BoardRow, metric: Metric) -> bool:
    known = metric in row.numbers and not row.entry.refused and not row.entry.itself
    return known and row.status(metric).kind == StatusKind.OK


def _p_value(first: BoardRow, second: BoardRow, metric: Metric) -> float | None:
    """The p-value of no difference on the common instructions; None where they are too few."""
    samples = common(first.entry.sample, second.entry.sample)
    whole = all(one.n == row.entry.sample.n for one, row in zip(samples, (first, second), strict=True))
    if not whole:
        # the numbers of the rows were measured on further instructions too
        rates = _rates(first, replace(first.recipe, metric=metric))
        return rates.differences((first.entry, second.entry), samples)[metric].p_value
    low, high = first.entry.scale
    lead = paired_difference(
        first.measured(metric),
        second.measured(metric),
        samples=samples,
        confidence=first.recipe.confidence,
        span=high - low,
        rates=not first.entry.graded,
    )
    return p_value(lead)
