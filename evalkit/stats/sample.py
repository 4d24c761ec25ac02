"""One candidate's verdicts under one judge, a row an instruction: what every win-rate statistic reads."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Judged instructions sorted by key, and how many more were asked about without a verdict.

    `preference` is P(candidate beats baseline), orders and repeats averaged, shape (n,). `length_difference` is
    candidate minus baseline in characters, shape (n,), or None where lengths are unknown. `cluster` numbers the
    distinct instructions from 0, shape (n,): rows that share an instruction text are not independent. The
    instructions without a verdict are kept aside as `missing`, with their length differences.
    """

    keys: tuple[str, ...]
    cluster: Ints
    preference: Floats
    length_difference: Floats | None
    missing: tuple[str, ...] = ()
    missing_length_difference: Floats | None = None
    n_inconsistent: int = 0

    @property
    def n(self) -> int:
        return len(self.keys)

    @property
    def n_missing(self) -> int:
        return len(self.missing)

    @property
    def n_clusters(self) -> int:
        return int(self.cluster.max()) + 1 if self.n else 0


def build_sample(
    keys: Sequence[str],
    preference: Floats,
    *,
    length_difference: Floats | None = None,
    clusters: Sequence[str] | None = None,
    orders: Sequence[str] | None = None,
) -> Sample:
    """Gather verdicts into a sample, averaging repeats within an order and then the orders of each instruction.

    An instruction counts as judged when every order in which it was asked has a verdict: a mean over what is left
    would carry the position bias of the order that answered. Row order changes nothing, not even the last bit.

    Args:
        preference: P(candidate beats baseline), NaN where there is no verdict; shape (n verdicts,).
        clusters: what rows are dependent; the key itself by default.
        orders: who was shown first; a single order by default.

    Raises:
        StatsError: a preference outside [0, 1].
    """
    _check_range(keys, preference)
    unique_keys, first_row, row = np.unique(np.asarray(keys, dtype=str), return_index=True, return_inverse=True)
    names = np.asarray(orders if orders is not None else [""] * len(row), dtype=str)
    order_names, order = np.unique(names, return_inverse=True)
    present = ~np.isnan(preference)
    asked, judged, total = (
        _cells(row, order, values, (len(unique_keys), len(order_names)))
        for values in (np.ones(len(row)), present.astype(float), np.where(present, preference, 0.0))
    )
    mean = np.divide(total, judged, out=np.full_like(total, np.nan), where=judged > 0)
    n_asked = (asked > 0).sum(axis=1)
    complete = (judged > 0).sum(axis=1) == n_asked
    differences = None if length_difference is None else length_difference[first_row].astype(np.float64)
    cluster_names = unique_keys if clusters is None else np.asarray(clusters, dtype=str)[first_row]
    kept = mean[complete]
    return Sample(
        keys=tuple(unique_keys[complete].tolist()),
        cluster=np.unique(cluster_names[complete], return_inverse=True)[1].astype(np.int64),
        preference=np.nansum(kept, axis=1) / n_asked[complete],
        length_difference=None if differences is None else differences[complete],
        missing=tuple(unique_keys[~complete].tolist()),
        missing_length_difference=None if differences is None else differences[~complete],
        n_inconsistent=int(((kept > 0.5).any(axis=1) & (kept < 0.5).any(axis=1)).sum()),
    )


def _cells(row: Ints, column: Ints, values: Floats, shape: tuple[int, int]) -> Floats:
    """Sums of `values` by row and column, shape `shape`."""
    sums: Floats = np.zeros(shape)
    # smallest first, so that a sum does not depend on the order of the rows
    rising = np.argsort(values, kind="stable")
    np.add.at(sums, (row[rising], column[rising]), values[rising])
    return sums


def _check_range(keys: Sequence[str], preference: Floats) -> None:
    """A wrong code must not be averaged back into range."""
    wrong = ~(np.isnan(preference) | ((preference >= 0) & (preference <= 1)))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise StatsError(f"instruction {keys[first]}: preference {preference[first]:g} is outside [0, 1]")
