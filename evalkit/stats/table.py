"""The verdicts of many models as a table of models by instructions, with the length or style covariates of each."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.covariates import (
    CURVATURE,
    LENGTH,
    LONGER,
    SHORTER,
    control_term,
    length_curvature,
    split_length,
)
from evalkit.stats.sample import Floats, Sample


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Models by instructions: preferences and weights, shape (m, n), the weight being 0 where there is no verdict;
    covariates, (m, n, k), with their `names`; and the instructions' own traits, (n, q), centred.
    """

    models: tuple[str, ...]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    preference: Floats
    controls: Floats
    known: Floats
    traits: Floats

    def with_controls(self, names: Sequence[str], values: Floats) -> "Table":
        """The table with further controls, shape (m, n, len(names))."""
        controls: Floats = np.concatenate([self.controls, values], axis=2)
        return replace(self, names=(*self.names, *names), controls=controls)

    def with_curvature(self) -> "Table":
        """The table with the curvature of the length term, whose two parts are its first controls."""
        term = self.controls[:, :, :2].sum(axis=2)
        return self.with_controls((CURVATURE,), length_curvature(term)[:, :, None])

    def restricted(self, chosen: NDArray[np.bool_]) -> "Table":
        """The table with the chosen models only, shape (m,); the instructions' traits stay."""
        return replace(
            self,
            models=tuple(itertools.compress(self.models, chosen)),
            preference=self.preference[chosen],
            controls=self.controls[chosen],
            known=self.known[chosen],
        )


def tabulate(samples: Mapping[str, Sample], controls: Sequence[str]) -> Table:
    """The table of all models whose controls are all known and of which at least one varies, sorted by name.

    It has every instruction that any of these models has.
    """
    terms = {model: _terms(sample, controls) for model, sample in sorted(samples.items()) if sample.n}
    usable = {
        model: columns for model, columns in terms.items() if columns is not None and np.ptp(columns, axis=0).any()
    }
    keys = tuple(sorted({key for model in usable for key in samples[model].keys}))
    place = {key: index for index, key in enumerate(keys)}
    names = column_names(controls)
    shape = (len(usable), len(keys))
    preference, known = np.full(shape, 0.5), np.zeros(shape)
    covariates, lengths = np.zeros((*shape, len(names))), np.full(len(keys), np.nan)
    for row, (model, columns) in enumerate(usable.items()):
        sample = samples[model]
        where = [place[key] for key in sample.keys]
        preference[row, where] = sample.preference
        covariates[row, where] = columns
        known[row, where] = sample.relative_weight
        if sample.baseline_length is not None:
            lengths[where] = np.where(np.isfinite(sample.baseline_length), sample.baseline_length, lengths[where])
    traits = _traits(covariates, known, lengths)
    return Table(tuple(usable), keys, names, preference, covariates, known, traits)


def column_names(controls: Sequence[str]) -> tuple[str, ...]:
    """The names of the covariates: length has two slopes as the only control, and one slope among other controls."""
    return (SHORTER, LONGER) if tuple(controls) == (LENGTH,) else tuple(controls)


def _terms(sample: Sample, controls: Sequence[str]) -> Floats | None:
    """The covariates of a model, shape (n, k); None where one is unknown."""
    terms = [term for term in (control_term(sample, name) for name in controls) if term is not None]
    if not terms or len(terms) < len(controls):
        return None
    return np.column_stack(split_length(terms[0]) if tuple(controls) == (LENGTH,) else terms)


def _traits(covariates: Floats, known: Floats, lengths: Floats) -> Floats:
    """The mean covariate of each instruction over models and the baseline's length, centred; shape (n, q)."""
    total = np.maximum(known.sum(axis=0), 1e-12)
    means = (covariates * known[:, :, None]).sum(axis=0) / total[:, None]
    columns = list(means.T)
    if len(lengths) and np.isfinite(lengths).all():
        columns.append(np.log1p(np.maximum(lengths, 0.0)))
    if not len(lengths):
        return np.zeros((0, len(columns)))
    traits: Floats = np.column_stack([column - column.mean() for column in columns])
    return traits
