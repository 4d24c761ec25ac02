"""Medians of values by group, and of the other values of the same group: deterministic, never a random draw."""

import numpy as np

from evalkit.stats.sample import Floats, Ints


def medians(group: Ints, values: Floats, n_groups: int) -> Floats:
    """The median of each group, of an even number the mean of the middle two; NaN for a group without values.

    Args:
        group: the group of each value, from 0, shape (m,).
        values: shape (m,).

    Returns:
        Shape (n_groups,).
    """
    count = np.bincount(group, minlength=n_groups)
    if not len(values):
        return np.full(n_groups, np.nan)
    ordered = values[np.lexsort((values, group))]
    # a group without values has no place of its own: whatever it reads is replaced by NaN
    start = np.minimum(np.cumsum(count) - count, len(values) - 1)
    low, high = ordered[start + np.maximum(count - 1, 0) // 2], ordered[np.minimum(start + count // 2, len(values) - 1)]
    return np.where(count > 0, (low + high) / 2, np.nan)


def medians_of_others(group: Ints, values: Floats) -> Floats:
    """For each value, the median of the other values of its group; NaN where it is alone; shape (m,)."""
    if not len(values):
        return np.zeros(0)
    count = np.bincount(group)
    order = np.lexsort((values, group))
    ordered, grouped = values[order], group[order]
    start = (np.cumsum(count) - count)[grouped]
    others = count[grouped] - 1
    own = np.arange(len(values)) - start

    def kept(place: Ints) -> Floats:
        """The value at a place among the others, which is one further on from the own place upwards."""
        found: Floats = ordered[np.minimum(start + place + (place >= own), len(values) - 1)]
        return found

    middle = (kept(np.maximum(others - 1, 0) // 2) + kept(others // 2)) / 2
    result = np.empty(len(values))
    result[order] = np.where(others > 0, middle, np.nan)
    return result
