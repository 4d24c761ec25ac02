"""Several differences at once: p-values adjusted for their number, and sets of models that cannot be told apart."""

import math
from collections.abc import Collection, Sequence

from evalkit.errors import StatsError
from evalkit.stats.columns import Numbers, check_share, floats, shown
from evalkit.stats.quantiles import student_tails
from evalkit.types import Estimate


def p_value(difference: Estimate) -> float | None:
    """Two-sided p-value of no difference, by Student's distribution with n - 1 degrees of freedom.

    It is a number in [0, 1], for a difference that `paired_difference` gave; None where that was not estimated.
    """
    if difference.value is None or difference.stderr is None:
        return None
    if difference.stderr == 0:
        return 1.0 if difference.value == 0 else 0.0
    return student_tails(difference.n - 1, difference.value / difference.stderr)


def holm(p_values: Numbers) -> list[float | None]:
    """P-values adjusted by Holm's method, which controls the family-wise error rate.

    Where adjusted p-values below a level count as significant, the probability of any false positive is at most that
    level. A missing value stays missing, as None, and does not count as a comparison.

    Args:
        p_values: a p-value for each comparison, shape (n,).

    Raises:
        StatsError: a p-value is outside [0, 1].

    Reference: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    values = floats(p_values, "p_values")
    check_share(values, "p_values", "Give p-values, and NaN or None where there is none")
    adjusted = [None if math.isnan(value) else value for value in values.tolist()]
    places = [place for place, value in enumerate(adjusted) if value is not None]
    if len(places) < 2:
        return adjusted
    # imported here because it takes longer to load than a comparison of two models, which has nothing to adjust, to run
    from statsmodels.stats.multitest import multipletests

    for place, value in zip(places, multipletests(values[places], method="holm")[1], strict=True):
        adjusted[place] = float(value)
    return adjusted


def indistinguishable(models: Sequence[str], told_apart: Collection[Collection[str]]) -> list[tuple[str, ...]]:
    """The largest sets of models of which no two were told apart, in the order given; sets of one are left out.

    Models that were not told apart need not be equal, and the relation is not transitive: of three models the best and
    the worst may differ while neither differs from the middle one, which then is in two sets.

    Args:
        models: the models' names, each once.
        told_apart: pairs of names with a significant difference, in either order.

    Raises:
        StatsError: a pair is not of two of the models.
    """
    pairs = {frozenset(pair) for pair in told_apart}
    known = set(models)
    for pair in pairs:
        if len(pair) != 2 or not pair <= known:
            names = ", ".join(sorted(map(shown, pair)))
            raise StatsError(f"told_apart has ({names}), which is not a pair of models. Give two names of `models`")
    alike = {
        model: {other for other in models if other != model and frozenset((model, other)) not in pairs}
        for model in models
    }
    place = {model: index for index, model in enumerate(models)}
    found = [tuple(sorted(group, key=place.__getitem__)) for group in _cliques(alike) if len(group) > 1]
    return sorted(found, key=lambda group: [place[model] for model in group])


def _cliques(
    alike: dict[str, set[str]],
) -> list[set[str]]:
    """Maximal sets of neighbours.

    Reference: Bron and Kerbosch 1973, Communications of the ACM 16, with a pivot.
    """
    found: list[set[str]] = []

    def extend(inside: set[str], open_: set[str], closed: set[str]) -> None:
        if not open_ and not closed:
            found.append(inside)
            return
        pivot = max(sorted(open_ | closed), key=lambda model: len(alike[model] & open_))
        for model in sorted(open_ - alike[pivot]):
            extend(inside | {model}, open_ & alike[model], closed & alike[model])
            open_ = open_ - {model}
            closed = closed | {model}

    extend(set(), set(alike), set())
    return found
