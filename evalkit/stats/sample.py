"""One candidate's verdicts under one judge, one row per instruction: the input of every win-rate statistic."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Bools, Labels, Numbers, Texts, check_share, earliest, floats, labels, shown
from evalkit.stats.columns import Floats as Floats
from evalkit.stats.columns import Ints as Ints

_PREFERENCE = "Give P(candidate beats baseline), and NaN or None where there is no verdict"
_WEIGHT = "Give a positive number for each verdict, or leave the weights out where all verdicts count alike"


class Combine(Enum):
    """The rule by which the orders of one instruction become one preference.

    Either by their mean, or by agreement as in MT-Bench: a win only if every order decides for the same side, and a tie
    otherwise.
    """

    MEAN = "mean"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Judged instructions sorted by key, and the instructions that were asked about and have no verdict.

    `build_sample` makes one from columns, and `build_sample_from_frame` from a data frame.

    `preference` is P(candidate beats baseline), orders and repeats averaged, shape (n,). `length_difference` is
    candidate minus baseline in characters, shape (n,), or None where lengths are unknown; `baseline_length` is the
    baseline's length, NaN where unknown, or None where no source gives it. `cluster` numbers the distinct instructions
    from 0, shape (n,), because rows that share an instruction text are dependent; `clusters` are the clusters' names by
    number, which do not depend on the rest of the sample. The instructions without a verdict are in `missing`, with
    their length differences. `weight` is each instruction's weight, positive and of shape (n,), or None where all
    weights are equal. `measures` has the candidate's and the baseline's value of each named measure, each of shape
    (n,), NaN where unknown.
    """

    keys: tuple[str, ...]
    cluster: Ints
    preference: Floats
    length_difference: Floats | None
    missing: tuple[str, ...] = ()
    missing_length_difference: Floats | None = None
    n_inconsistent: int = 0
    weight: Floats | None = None
    measures: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)
    clusters: tuple[str, ...] = ()
    baseline_length: Floats | None = None

    @property
    def n(self) -> int:
        return len(self.keys)

    @property
    def n_missing(self) -> int:
        return len(self.missing)

    @property
    def n_clusters(self) -> int:
        return int(self.cluster.max()) + 1 if self.n else 0

    @property
    def relative_weight(self) -> Floats:
        """Each row's weight divided by the mean weight; shape (n,)."""
        weight = self._weights
        relative: Floats = weight * self.n / weight.sum()
        return relative

    @property
    def n_effective(self) -> int:
        """The effective sample size: the number of equally weighted clusters with the same information."""
        return round(self.n_clusters / float((self.relative_weight**2).mean())) if self.n else 0

    def mean(self, values: Floats) -> float:
        """Weighted mean of values, one per row."""
        weight = self._weights
        return float((weight * values).sum() / weight.sum())

    def restricted(self, keys: Collection[str]) -> "Sample":
        """The sample restricted to these instructions, in the same order; `n_inconsistent` stays that of the whole."""
        rows, aside = (np.array([key in keys for key in own], dtype=bool) for own in (self.keys, self.missing))
        present, cluster = np.unique(self.cluster[rows], return_inverse=True)
        lengths, missing_lengths = self.length_difference, self.missing_length_difference
        return replace(
            self,
            keys=tuple(itertools.compress(self.keys, rows)),
            cluster=cluster.astype(np.int64),
            preference=self.preference[rows],
            length_difference=None if lengths is None else lengths[rows],
            missing=tuple(itertools.compress(self.missing, aside)),
            missing_length_difference=None if missing_lengths is None else missing_lengths[aside],
            weight=None if self.weight is None else self.weight[rows],
            measures={name: (a[rows], b[rows]) for name, (a, b) in self.measures.items()},
            clusters=tuple(self.clusters[number] for number in present),
            baseline_length=None if self.baseline_length is None else self.baseline_length[rows],
        )

    def filled(self, preference: float) -> "Sample":
        """The sample with every missing verdict set to this value, and its weight to the largest weight in the sample.

        The measures and the baseline's length of an instruction without a verdict are unknown, and each such
        instruction is its own cluster.
        """
        unknown = np.full(self.n_missing, np.nan)
        keys = (*self.keys, *self.missing)
        order = sorted(range(len(keys)), key=keys.__getitem__)

        def joined(values: Floats, missing: Floats) -> Floats:
            both: Floats = np.concatenate([values, missing])[order]
            return both

        named = [*(self.clusters[number] for number in self.cluster), *self.missing]
        clusters, cluster = np.unique(np.array(named, dtype=str)[order], return_inverse=True)
        lengths, missing_lengths = self.length_difference, self.missing_length_difference
        heaviest = np.full(self.n_missing, self._weights.max(initial=0.0) or 1.0)
        return replace(
            self,
            keys=tuple(keys[index] for index in order),
            cluster=cluster.astype(np.int64),
            preference=joined(self.preference, np.full(self.n_missing, preference)),
            length_difference=None if lengths is None or missing_lengths is None else joined(lengths, missing_lengths),
            missing=(),
            missing_length_difference=None if missing_lengths is None else np.zeros(0),
            weight=None if self.weight is None else joined(self.weight, heaviest),
            measures={name: (joined(a, unknown), joined(b, unknown)) for name, (a, b) in self.measures.items()},
            clusters=tuple(clusters.tolist()),
            baseline_length=None if self.baseline_length is None else joined(self.baseline_length, unknown),
        )

    @property
    def _weights(self) -> Floats:
        return np.ones(self.n) if self.weight is None else self.weight


def build_sample(
    keys: Labels,
    preference: Numbers,
    *,
    length_difference: Numbers | None = None,
    baseline_length: Numbers | None = None,
    clusters: Labels | None = None,
    orders: Labels | None = None,
    weight: Numbers | None = None,
    measures: Mapping[str, tuple[Numbers, Numbers]] | None = None,
    combine: Combine = Combine.MEAN,
) -> Sample:
    """Gather verdicts into a sample, averaging repeats within an order and then combining the orders of an instruction.

    An instruction counts as judged when every order in which it was asked has a verdict: the mean of the remaining
    verdicts would contain the position bias of the order that has one. The result does not depend on the order of the
    rows, not even in the last bit.

    Every column is a list, an array or a series of shape (n verdicts,), a row a verdict. A series is read by position,
    whatever its index is. Missing numbers are NaN, None or what pandas counts as missing.

    Args:
        keys: the key of each verdict's instruction; a number counts as its text.
        preference: P(candidate beats baseline) from 0 to 1, a tie 0.5, missing where there is no verdict.
        length_difference: candidate minus baseline in characters; missing or infinite where unknown. Of an
            instruction's rows the first one counts, here and in the other columns that describe the answers or the
            instruction.
        baseline_length: the baseline's length in characters, missing where unknown.
        clusters: the cluster of each row; rows of one cluster are dependent. The key itself by default.
        orders: who was shown first; a single order by default.
        weight: weight of each verdict, usually 1. Means are weighted, the repeats of a question share one verdict's
            weight, and an instruction has the mean weight of its orders. Where every instruction was asked once in each
            order, the win rate is thus the weighted mean of all verdicts.
        measures: candidate's and baseline's value of each named measure, such as the number of headers.
        combine: the rule by which the orders of one instruction become one preference.

    Raises:
        StatsError: a column has another length or shape, a preference is outside [0, 1], or a verdict's weight is not a
            positive number; the message names the argument and the position.

    Example:
        >>> from evalkit.stats import build_sample
        >>> sample = build_sample(["a", "a", "b", "c"], [1.0, 0.5, 0.0, None], orders=["x", "y", "x", "x"])
        >>> sample.keys, sample.preference.tolist(), sample.missing
        (('a', 'b'), [0.75, 0.0], ('c',))
    """
    key = labels(keys, "keys")
    rows = ("keys", len(key))
    preference = floats(preference, "preference", like=rows)
    check_share(preference, "preference", _PREFERENCE, of=key)
    each = np.ones(len(key)) if weight is None else floats(weight, "weight", like=rows)
    _check_weights(key, preference, each)
    lengths = {
        name: None if values is None else floats(values, name, like=rows)
        for name, values in (("length_difference", length_difference), ("baseline_length", baseline_length))
    }
    unique_keys, first_row, row = np.unique(key, return_index=True, return_inverse=True)
    order_names, order = np.unique(_orders(orders, rows), return_inverse=True)
    present = ~np.isnan(preference)
    asked, judged, heft, total = (
        _cells(row, order, values, (len(unique_keys), len(order_names)))
        for values in (
            np.ones(len(row)),
            present.astype(float),
            np.where(present, each, 0.0),
            np.where(present, each * preference, 0.0),
        )
    )
    mean = np.divide(total, heft, out=np.full_like(total, np.nan), where=judged > 0)
    n_asked = (asked > 0).sum(axis=1)
    complete = (judged > 0).sum(axis=1) == n_asked
    kept = mean[complete]
    weights = np.divide(heft, judged, out=np.zeros_like(heft), where=judged > 0)[complete]

    def of_instructions(values: Floats) -> Floats:
        return values[first_row].astype(np.float64)

    differences, baseline_lengths = (None if values is None else of_instructions(values) for values in lengths.values())
    cluster_of = unique_keys if clusters is None else labels(clusters, "clusters", like=rows)[first_row]
    cluster_names, cluster = np.unique(cluster_of[complete], return_inverse=True)
    return Sample(
        keys=tuple(unique_keys[complete].tolist()),
        cluster=cluster.astype(np.int64),
        preference=_COMBINED[combine](kept, weights),
        length_difference=None if differences is None else differences[complete],
        missing=tuple(unique_keys[~complete].tolist()),
        missing_length_difference=None if differences is None else differences[~complete],
        n_inconsistent=int(((kept > 0.5).any(axis=1) & (kept < 0.5).any(axis=1)).sum()),
        weight=None if weight is None else weights.sum(axis=1) / n_asked[complete],
        measures={
            name: (of_instructions(candidate)[complete], of_instructions(baseline)[complete])
            for name, (candidate, baseline) in _measures(measures or {}, rows).items()
        },
        clusters=tuple(cluster_names.tolist()),
        baseline_length=None if baseline_lengths is None else baseline_lengths[complete],
    )


def _mean(by_order: Floats, weights: Floats) -> Floats:
    """Weighted mean over orders, NaN where an order was not asked; shapes (n, orders)."""
    mean: Floats = np.nansum(weights * by_order, axis=1) / weights.sum(axis=1)
    return mean


def _agreement(by_order: Floats, _weights: Floats) -> Floats:
    asked = ~np.isnan(by_order)
    won, lost = ((decided | ~asked).all(axis=1) for decided in (by_order > 0.5, by_order < 0.5))
    return 0.5 + 0.5 * (won.astype(float) - lost)


_COMBINED = {Combine.MEAN: _mean, Combine.AGREEMENT: _agreement}


def _cells(row: Ints, column: Ints, values: Floats, shape: tuple[int, int]) -> Floats:
    """Sums of `values` by row and column, shape `shape`."""
    sums: Floats = np.zeros(shape)
    # smallest first, so that a sum does not depend on the order of the rows
    rising = np.argsort(values, kind="stable")
    np.add.at(sums, (row[rising], column[rising]), values[rising])
    return sums


def _orders(orders: Labels | None, rows: tuple[str, int]) -> Texts:
    """The order of each row; rows that do not name one share an order without a name."""
    return np.full(rows[1], "") if orders is None else labels(orders, "orders", like=rows, unnamed="")


def _measures(
    measures: Mapping[str, tuple[Numbers, Numbers]], rows: tuple[str, int]
) -> dict[str, tuple[Floats, Floats]]:
    """Both columns of each measure, checked."""
    found = {}
    for name, pair in measures.items():
        place = f"measures[{shown(name)}]"
        if len(pair) != 2:
            raise StatsError(f"{place} has {len(pair)} columns, not 2. Give the candidate's and the baseline's values")
        candidate, baseline = (floats(side, f"{place}[{part}]", like=rows) for part, side in enumerate(pair))
        found[name] = (candidate, baseline)
    return found


def _check_weights(keys: Texts, preference: Floats, weight: Floats) -> None:
    # subnormal floats have lost digits, so a weight that small would be inexact
    wrong: Bools = ~np.isnan(preference) & ~((weight >= np.finfo(np.float64).tiny) & np.isfinite(weight))
    if wrong.any():
        row = earliest(wrong)
        place = f"weight[{row}], of instruction {shown(str(keys[row]))}"
        raise StatsError(f"{place}, is {weight[row]:g}, which is not a positive number. {_WEIGHT}")
