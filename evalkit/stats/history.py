"""What a table of many models teaches about single ones: instruction difficulty and the usual coefficients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.covariates import LENGTH, control_names, control_term
from evalkit.stats.logistic import Prior, expit
from evalkit.stats.sample import Floats, Sample

MIN_MODELS = 5
# as strong as the regularisation of AlpacaEval's formula, whose two extra baselines weigh as 161 of 805 instructions
PRIOR_SD = 0.3
_ROUNDS = 200
_SETTLED = 1e-6
_LONGEST_STEP = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Difficulty by instruction key, higher where candidates fare better, and a prior for the regression: for its
    intercept, the controls in the order given, and difficulty.

    `others` holds for each model of the history the difficulty that the other models alone give: a model's own
    verdicts must not explain themselves.
    """

    difficulty: Mapping[str, float]
    others: Mapping[str, Mapping[str, float]]
    prior: Prior

    def for_model(self, model: str) -> Mapping[str, float]:
        return self.others.get(model, self.difficulty)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Models by instructions: preferences and the weights of what is known, shape (m, n); covariates, (m, n, k)."""

    preference: Floats
    controls: Floats
    known: Floats


def fit_history(samples: Mapping[str, Sample], *, controls: Sequence[str] = (LENGTH,)) -> History:
    """Learn difficulty and coefficients jointly from the verdicts of several models on common instructions.

    The model is logit P(candidate wins) = a_m + b_m * length + c_m * difficulty_i, with a b_m for each control,
    difficulty drawn from a standard normal (which shrinks it), and b_m and c_m from normals around the typical model.
    Alternating Newton steps to convergence.

    Args:
        samples: by model; only those take part of which all controls are known and one varies.

    Raises:
        StatsError: fewer than five usable models.
    """
    names = control_names(controls)
    terms = {model: _terms(sample, names) for model, sample in sorted(samples.items()) if sample.n}
    usable = {
        model: columns for model, columns in terms.items() if columns is not None and np.ptp(columns, axis=0).any()
    }
    if len(usable) < MIN_MODELS:
        raise StatsError(f"difficulty cannot be learned from {len(usable)} models; at least {MIN_MODELS} needed")
    keys = sorted({key for model in usable for key in samples[model].keys})
    table = _tabulate(samples, usable, keys)
    difficulty = np.zeros(len(keys))
    coefficients = np.zeros((len(usable), len(names) + 2))
    coefficients[:, -1] = 1.0
    for _ in range(_ROUNDS):
        before = difficulty
        difficulty = _difficulty_step(table, coefficients, difficulty)
        coefficients = _coefficient_step(table, coefficients, difficulty)
        if np.abs(difficulty - before).max() < _SETTLED:
            break
    typical = np.median(coefficients, axis=0)
    others = _without_own(table, coefficients, difficulty)
    return History(
        difficulty=dict(zip(keys, difficulty.tolist(), strict=True)),
        others={model: dict(zip(keys, row.tolist(), strict=True)) for model, row in zip(usable, others, strict=True)},
        prior=Prior(np.array([0.0, *typical[1:]]), _precision(len(typical))),
    )


def _precision(coefficients: int) -> Floats:
    precision = np.full(coefficients, PRIOR_SD**-2)
    precision[0] = 0.0
    return precision


def _terms(sample: Sample, names: Sequence[str]) -> Floats | None:
    """The covariates of a model, shape (n, k); None where one is unknown."""
    terms = [term for term in (control_term(sample, name) for name in names) if term is not None]
    return np.column_stack(terms) if terms and len(terms) == len(names) else None


def _tabulate(samples: Mapping[str, Sample], terms: Mapping[str, Floats], keys: list[str]) -> _Table:
    column = {key: index for index, key in enumerate(keys)}
    shape = (len(terms), len(keys))
    table = _Table(np.full(shape, 0.5), np.zeros((*shape, next(iter(terms.values())).shape[1])), np.zeros(shape))
    for row, (model, columns) in enumerate(terms.items()):
        where = [column[key] for key in samples[model].keys]
        table.preference[row, where] = samples[model].preference
        table.controls[row, where] = columns
        table.known[row, where] = samples[model].relative_weight
    return table


def _predict(table: _Table, coefficients: Floats, difficulty: Floats) -> Floats:
    controlled = (table.controls * coefficients[:, None, 1:-1]).sum(axis=2)
    return expit(coefficients[:, :1] + controlled + coefficients[:, -1:] * difficulty)


def _difficulty_step(table: _Table, coefficients: Floats, difficulty: Floats) -> Floats:
    slope, curvature = _pulls(table, coefficients, difficulty)
    step = (slope.sum(axis=0) - difficulty) / (curvature.sum(axis=0) + 1.0)
    moved = difficulty + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    centred: Floats = moved - moved.mean()
    spread = float(centred.std())
    # the scale of difficulty and that of its coefficients trade off; unit spread fixes it
    scaled: Floats = centred / spread if spread > 0 else centred
    return scaled


def _coefficient_step(table: _Table, coefficients: Floats, difficulty: Floats) -> Floats:
    predicted = _predict(table, coefficients, difficulty)
    ones = np.ones_like(predicted)[:, :, None]
    design = np.concatenate([ones, table.controls, ones * difficulty[:, None]], axis=2)  # (m, n, 2 + k)
    curvature = table.known * predicted * (1 - predicted)
    information = (design * curvature[:, :, None]).transpose(0, 2, 1) @ design  # (m, 2 + k, 2 + k)
    # a weak pull keeps the intercept of a model that always wins finite
    precision = _precision(coefficients.shape[1])
    precision[0] = 1e-3
    centre = np.median(coefficients, axis=0)
    centre[0] = 0.0
    gradient = (design * (table.known * (table.preference - predicted))[:, :, None]).sum(axis=1)
    gradient = gradient - (coefficients - centre) * precision
    step = np.linalg.solve(information + np.diag(precision), gradient[:, :, None])[:, :, 0]
    moved: Floats = coefficients + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    return moved


def _without_own(table: _Table, coefficients: Floats, difficulty: Floats) -> Floats:
    """Difficulty with each model's own verdicts taken out by one Newton step from the joint solution, shape (m, n)."""
    slope, curvature = _pulls(table, coefficients, difficulty)
    without: Floats = difficulty - slope / (curvature.sum(axis=0) + 1.0 - curvature)
    return without


def _pulls(table: _Table, coefficients: Floats, difficulty: Floats) -> tuple[Floats, Floats]:
    """Each verdict's slope and curvature of the log-likelihood in the instruction's difficulty, shape (m, n)."""
    predicted = _predict(table, coefficients, difficulty)
    weight = coefficients[:, -1:]
    return table.known * weight * (table.preference - predicted), table.known * weight**2 * predicted * (1 - predicted)
