"""A judge's bias and variance as AlpacaEval has them: its errors against people, and against itself."""

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Numbers, check_share, floats
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.people.medians import medians, medians_of_others
from evalkit.stats.people.panel import Panel
from evalkit.stats.people.shares import Share, refused_share, share_of_opinions
from evalkit.stats.sample import Floats, Ints

ONE_REPEAT = "one repeat"


def judge_bias(panel: Panel, comparison: Ints, verdicts: Numbers, *, confidence: float = CONFIDENCE) -> Share:
    """The error of the judge's median over its repeats against the median of people, on comparisons with both.

    Args:
        comparison: the row of the comparison of each verdict, shape (v,).
        verdicts: P(the second answer is better), NaN without a verdict; one for each repeat, shape (v,).

    Returns:
        Percent, 0 for a judge whose medians are people's; n counts comparisons. Refused with `one repeat` where no
        comparison has two verdicts.

    Raises:
        StatsError: a row that the panel does not have, or a verdict outside [0, 1].
    """
    rows, values = _given(panel, comparison, verdicts)
    repeated = np.bincount(rows, minlength=panel.n_comparisons) > 1
    if not repeated.any():
        return refused_share(ONE_REPEAT)
    errors = np.abs(medians(rows, values, panel.n_comparisons) - panel.median)
    errors[~repeated] = np.nan
    every = np.arange(panel.n_comparisons, dtype=np.int64)
    return share_of_opinions(errors, every, panel.cluster, confidence=confidence)


def judge_variance(panel: Panel, comparison: Ints, verdicts: Numbers, *, confidence: float = CONFIDENCE) -> Share:
    """The error of each verdict against the median of the judge's other repeats of the comparison.

    Arguments and errors are those of `judge_bias`.

    Returns:
        Percent, 0 for a judge that repeats itself; n counts verdicts. Refused with `one repeat`.
    """
    rows, values = _given(panel, comparison, verdicts)
    errors = np.abs(values - medians_of_others(rows, values))
    if np.isnan(errors).all():
        return refused_share(ONE_REPEAT)
    return share_of_opinions(errors, rows, panel.cluster, confidence=confidence)


def _given(panel: Panel, comparison: Ints, verdicts: Numbers) -> tuple[Ints, Floats]:
    """The verdicts that are there, with the rows of their comparisons."""
    rows = np.asarray(comparison, dtype=np.int64)
    values = floats(verdicts, "verdicts", like=("comparison", len(rows)))
    check_share(values, "verdicts", "Give P(the second answer is better), NaN without a verdict")
    if len(rows) and not (rows.min() >= 0 and rows.max() < panel.n_comparisons):
        raise StatsError(f"comparison goes from {rows.min()} to {rows.max()}, of {panel.n_comparisons} comparisons")
    there = ~np.isnan(values)
    return rows[there], values[there]
