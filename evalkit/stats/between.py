"""Tests whether a model's score is the same in all sources of a benchmark's instructions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.types import OK, Estimate, Status, not_estimable

MIN_SOURCES = 2
MIN_INSTRUCTIONS = 2


@dataclass(frozen=True, slots=True)
class BetweenSources:
    """Welch's test that a model's score is the same in all sources: `f` with its degrees of freedom, and `p_value`.

    `error_factor` is the standard error of the mean over sources, with sources treated as a random sample, divided by
    the score's own standard error. All four are None where the test was refused; the status says why.
    """

    f: float | None
    degrees: tuple[float, float] | None
    p_value: float | None
    error_factor: float | None
    status: Status = OK


def between_sources(sources: Mapping[str, Estimate], *, stderr: float | None) -> BetweenSources:
    """Compare the scores of several sources by Welch's test, which allows their standard errors to differ.

    The standard errors are those of the estimates, so they are clustered already.

    Args:
        sources: the score in each source, whose n counts clusters.
        stderr: standard error of the score on all instructions; None where the score has none.

    Returns:
        Refused below two sources, or where one of them has fewer than two instructions.

    Reference: Welch 1951, Biometrika 38.
    """
    if (reason := _refusal(sources)) is not None:
        return BetweenSources(None, None, None, None, not_estimable(reason))
    # imported here because a row that is not split by source does not need scipy
    from scipy.stats import f as fisher

    k = len(sources)
    means = [source.value or 0.0 for source in sources.values()]
    errors = [source.stderr or 0.0 for source in sources.values()]
    weights = [1 / error**2 for error in errors]
    total = sum(weights)
    centre = sum(weight * mean for weight, mean in zip(weights, means, strict=True)) / total
    spread = sum(weight * (mean - centre) ** 2 for weight, mean in zip(weights, means, strict=True)) / (k - 1)
    unequal = sum(
        (1 - weight / total) ** 2 / (source.n - 1) for weight, source in zip(weights, sources.values(), strict=True)
    )
    statistic = spread / (1 + 2 * (k - 2) / (k**2 - 1) * unequal)
    degrees = (float(k - 1), (k**2 - 1) / (3 * unequal))
    middle = sum(means) / k
    drawn = math.sqrt(sum((mean - middle) ** 2 for mean in means) / (k - 1) / k)
    return BetweenSources(statistic, degrees, float(fisher.sf(statistic, *degrees)), drawn / stderr if stderr else None)


def _refusal(sources: Mapping[str, Estimate]) -> str | None:
    if len(sources) < MIN_SOURCES:
        return f"{len(sources)} sources, at least {MIN_SOURCES} needed"
    for name, source in sources.items():
        if source.n < MIN_INSTRUCTIONS:
            return f"source {name!r} has {source.n} instructions, at least {MIN_INSTRUCTIONS} needed"
        if source.value is None or not source.stderr:
            return f"source {name!r}: {source.status.reason or 'no error'}"
    return None
