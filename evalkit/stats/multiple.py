"""Several differences at once: p-values adjusted for their number, and sets of models that cannot be told apart."""

from collections.abc import Collection, Sequence

from evalkit.stats.quantiles import beta_probability
from evalkit.types import Estimate


def p_value(difference: Estimate) -> float | None:
    """Two-sided p-value of no difference, by Student's distribution with n - 1 degrees of freedom.

    None where the difference was not estimated.
    """
    if difference.value is None or difference.stderr is None:
        return None
    if difference.stderr == 0:
        return 1.0 if difference.value == 0 else 0.0
    degrees = difference.n - 1
    squared = (difference.value / difference.stderr) ** 2
    # the chance that Student's square exceeds this one
    return beta_probability(degrees / 2, 0.5, degrees / (degrees + squared))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P-values adjusted by Holm's method, which controls the family-wise error rate.

    Where adjusted p-values below a level count as significant, the probability of any false positive is at most that
    level. None stays None and does not count as a comparison.

    Reference: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    places = [place for place, value in enumerate(p_values) if value is not None]
    adjusted = list(p_values)
    if len(places) < 2:
        return adjusted
    # imported here because it takes longer to load than a comparison of two models, which has nothing to adjust, to run
    from statsmodels.stats.multitest import multipletests

    for place, value in zip(places, multipletests([p_values[one] for one in places], method="holm")[1], strict=True):
        adjusted[place] = float(value)
    return adjusted


def indistinguishable(models: Sequence[str], told_apart: Collection[frozenset[str]]) -> list[tuple[str, ...]]:
    """The largest sets of models of which no two were told apart, in the order given; sets of one are left out.

    Models that were not told apart need not be equal, and the relation is not transitive: of three models the best and
    the worst may differ while neither differs from the middle one, which then is in two sets.

    Args:
        told_apart: pairs with a significant difference.
    """
    alike = {
        model: {other for other in models if other != model and frozenset((model, other)) not in told_apart}
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
