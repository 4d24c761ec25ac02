"""What a table of many models teaches about single ones: instruction difficulty and the usual coefficients."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.length import length_term
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
    """Difficulty by instruction key, higher where candidates fare better, and a prior for the regression.

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
    """Models by instructions: preferences, length terms and a mask of what is known, each of shape (m, n)."""

    preference: Floats
    length: Floats
    known: Floats


def fit_history(samples: Mapping[str, Sample]) -> History:
    """Learn difficulty and coefficients jointly from the verdicts of several models on common instructions.

    The model is logit P(candidate wins) = a_m + b_m * length + c_m * difficulty_i, with difficulty drawn from a
    standard normal (which shrinks it), and b_m and c_m from normals around the typical model. Alternating Newton
    steps to convergence.

    Args:
        samples: by model; only those with lengths that vary take part.

    Raises:
        StatsError: fewer than five usable models.
    """
    usable = {
        model: sample
        for model, sample in sorted(samples.items())
        if sample.n and sample.length_difference is not None and np.ptp(sample.length_difference) > 0
    }
    if len(usable) < MIN_MODELS:
        raise StatsError(f"difficulty cannot be learned from {len(usable)} models; at least {MIN_MODELS} needed")
    keys = sorted({key for sample in usable.values() for key in sample.keys})
    table = _tabulate(usable, keys)
    difficulty = np.zeros(len(keys))
    coefficients = np.zeros((len(usable), 3))
    coefficients[:, 2] = 1.0
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
        prior=Prior(np.array([0.0, typical[1], typical[2]]), _precision()),
    )


def _precision() -> Floats:
    return np.array([0.0, PRIOR_SD**-2, PRIOR_SD**-2])


def _tabulate(samples: Mapping[str, Sample], keys: list[str]) -> _Table:
    column = {key: index for index, key in enumerate(keys)}
    shape = (len(samples), len(keys))
    table = _Table(np.full(shape, 0.5), np.zeros(shape), np.zeros(shape))
    for row, sample in enumerate(samples.values()):
        assert sample.length_difference is not None
        where = [column[key] for key in sample.keys]
        table.preference[row, where] = sample.preference
        table.length[row, where] = length_term(sample.length_difference)
        table.known[row, where] = 1.0
    return table


def _predict(table: _Table, coefficients: Floats, difficulty: Floats) -> Floats:
    return expit(coefficients[:, :1] + coefficients[:, 1:2] * table.length + coefficients[:, 2:] * difficulty)


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
    ones = np.ones_like(table.length)
    design = np.stack([ones, table.length, np.broadcast_to(difficulty, table.length.shape)], axis=2)  # (m, n, 3)
    curvature = table.known * predicted * (1 - predicted)
    information = (design * curvature[:, :, None]).transpose(0, 2, 1) @ design  # (m, 3, 3)
    # a weak pull keeps the intercept of a model that always wins finite
    precision = np.diag(_precision() + np.array([1e-3, 0.0, 0.0]))
    centre = np.median(coefficients, axis=0) * np.array([0.0, 1.0, 1.0])
    gradient = (design * (table.known * (table.preference - predicted))[:, :, None]).sum(axis=1)
    gradient = gradient - (coefficients - centre) @ precision
    step = np.linalg.solve(information + precision, gradient[:, :, None])[:, :, 0]
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
    weight = coefficients[:, 2:]
    return table.known * weight * (table.preference - predicted), table.known * weight**2 * predicted * (1 - predicted)
