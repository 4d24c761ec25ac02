"""Several judges together: their common verdict, how far they err together, and how many votes they are worth."""

import math
from collections.abc import Sequence

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Numbers, check_confidence, floats
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.people.panel import Panel
from evalkit.stats.people.rules import AgreementRule, checked_verdict, marks, sides
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate

MIN_COMMON = 30


def majority_verdict(verdicts: Sequence[Numbers]) -> Floats:
    """The side that more judges take: 0 for the first answer, 1 for the second, 1/2 where both have equally many.

    A judge's tie is a vote for neither side. A comparison without a verdict of any judge has none, which is NaN.

    Args:
        verdicts: each judge's P(the second answer is better), NaN without a verdict, shape (judges, c).

    Example:
        >>> from evalkit.stats import majority_verdict
        >>> majority_verdict([[0.9, 0.2], [0.8, 0.6], [0.5, 0.5]]).tolist()
        [1.0, 0.5]
    """
    votes = sides(_table(verdicts, "verdicts"))
    cast = ~np.isnan(votes)
    common: Floats = (np.sign(np.where(cast, votes, 0.0).sum(axis=0)) + 1) / 2
    return np.where(cast.any(axis=0), common, np.nan)


def mean_standardised_margin(margins: Sequence[Numbers]) -> Floats:
    """The mean over judges of their margins for the second answer, each judge's in units of its standard deviation.

    The margins are not centred: 0 stays the point where a judge takes neither side.

    Args:
        margins: how much higher each judge scores the second answer, NaN without a score, shape (judges, c).

    Raises:
        StatsError: the margins of a judge never vary.
    """
    table = _table(margins, "margins")
    known = ~np.isnan(table)
    for place, (row, there) in enumerate(zip(table, known, strict=True)):
        if not there.any() or np.ptp(row[there]) == 0:
            raise StatsError(f"margins[{place}] never vary: a judge needs two margins that differ")
    spread = np.array([row[there].std() for row, there in zip(table, known, strict=True)])
    total = np.where(known, table / spread[:, None], 0.0).sum(axis=0)
    counts = known.sum(axis=0)
    mean: Floats = np.divide(total, counts, out=np.full(len(total), np.nan), where=counts > 0)
    return mean


def error_correlations(panel: Panel, verdicts: Sequence[Numbers]) -> Floats:
    """Pearson's correlation of the errors of each two judges; NaN for a judge that is right equally often everywhere.

    A judge's error on a comparison is the share of the decided opinions that it is not on the side of, where its tie is
    half an error. Comparisons count that every judge has judged and somebody has decided.

    Args:
        verdicts: P(the second answer is better) of each judge, NaN without a verdict, shape (judges, c).

    Returns:
        Shape (judges, judges).
    """
    return _correlations(_scores(_errors(panel, verdicts)[0]))


def effective_votes(
    panel: Panel, verdicts: Sequence[Numbers], *, weights: Numbers | None = None, confidence: float = CONFIDENCE
) -> Estimate:
    """The number of judges with uncorrelated errors that are worth as much as these: (sum w)^2 / sum of w_i w_j r_ij.

    r are the `error_correlations`. Votes that always err together count as one, and independent ones each as one.

    Args:
        verdicts: P(the second answer is better) of each judge, NaN without a verdict, shape (judges, c).
        weights: of the judges' votes, shape (judges,); all equal by default.

    Returns:
        n counts instructions. The interval is symmetric in the logarithm, from the influence of each instruction.
        Refused below 30 comparisons that all judged, below two instructions, and where the errors of a judge never
        vary.

    Raises:
        StatsError: fewer than two judges, or weights that are not above 0.

    Example:
        >>> from evalkit.stats import build_panel, effective_votes
        >>> names = list(range(40))
        >>> panel = build_panel(names, of=names, people=["ann"] * 40, said=[0, 1] * 20)
        >>> found = effective_votes(panel, [[0.2, 0.7, 0.7, 0.7] * 10] * 3)
        >>> print(f"three judges that always err together: {found.value:.2f} vote")
        three judges that always err together: 1.00 vote
    """
    check_confidence(confidence)
    errors, cluster = _errors(panel, verdicts)
    weight = np.ones(len(errors)) if weights is None else floats(weights, "weights", like=("verdicts", len(errors)))
    if len(errors) < 2:
        raise StatsError("one judge has no votes to compare. Give the verdicts of two or more")
    if not (weight > 0).all():
        raise StatsError("weights: expected numbers above 0, one for each judge")
    clusters, common = len(np.unique(cluster)), errors.shape[1]
    if common < MIN_COMMON or clusters < 2:
        reason = f"{common} decided comparisons on {clusters} instructions that all judged, {MIN_COMMON} on 2 needed"
        return Estimate.refused(reason, n=clusters)
    scores = _scores(errors)
    if np.isnan(scores).any():
        return Estimate.refused("the errors of a judge never vary", n=clusters)
    correlations = _correlations(scores)
    together = float(weight @ correlations @ weight)
    if together < 1e-9 * float(weight.sum()) ** 2:
        return Estimate.refused("the errors of the judges cancel each other out", n=clusters)
    value = float(weight.sum()) ** 2 / together
    # the influence of a comparison on w'Rw: that on r_ij is z_i z_j - r_ij (z_i^2 + z_j^2) / 2
    influence = (weight @ scores) ** 2 - (weight * (correlations @ weight)) @ scores**2
    pull = np.bincount(np.unique(cluster, return_inverse=True)[1], weights=influence) / common
    error = math.sqrt(clusters / (clusters - 1) * float(pull @ pull)) / together
    reach = student_quantile(clusters - 1, (1 + confidence) / 2) * error
    return Estimate(value, value * error, max(1.0, value * math.exp(-reach)), value * math.exp(reach), clusters)


def _table(columns: Sequence[Numbers], name: str) -> Floats:
    """The judges' numbers of each comparison, shape (judges, c)."""
    if not len(columns):
        raise StatsError(f"{name} is empty. Give a row of numbers for each judge")
    first = floats(columns[0], f"{name}[0]")
    like = (f"{name}[0]", len(first))
    return np.array([first, *(floats(row, f"{name}[{n}]", like=like) for n, row in enumerate(columns[1:], start=1))])


def _errors(panel: Panel, verdicts: Sequence[Numbers]) -> tuple[Floats, Ints]:
    """The errors of each judge on the comparisons that all judged, shape (judges, common), and their instructions."""
    rows = []
    for verdict in verdicts:
        right = marks(AgreementRule.DECIDED, checked_verdict(panel, verdict)[panel.comparison], panel.said)
        counted = ~np.isnan(right)
        total = np.bincount(panel.comparison[counted], weights=right[counted], minlength=panel.n_comparisons)
        each = np.bincount(panel.comparison[counted], minlength=panel.n_comparisons)
        rows.append(1 - np.divide(total, each, out=np.full(panel.n_comparisons, np.nan), where=each > 0))
    table = np.array(rows).reshape(len(rows), panel.n_comparisons)
    common = ~np.isnan(table).any(axis=0)
    return table[:, common], panel.cluster[common]


def _scores(errors: Floats) -> Floats:
    """The errors of each judge less their mean, in units of their standard deviation; NaN where they never vary."""
    if not errors.shape[1]:
        return errors
    centred = errors - errors.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    scores: Floats = np.divide(centred, spread, out=np.full(errors.shape, np.nan), where=spread > 1e-12)
    return scores


def _correlations(scores: Floats) -> Floats:
    if not scores.shape[1]:
        return np.full((len(scores), len(scores)), np.nan)
    found: Floats = scores @ scores.T / scores.shape[1]
    return found
