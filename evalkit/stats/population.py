"""A hierarchical model of one judge's models: instruction difficulty and the typical coefficients, learned jointly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.stats.coefficients import widening
from evalkit.stats.covariates import CURVATURE
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats
from evalkit.stats.table import Table

_ROUNDS = 200
_SETTLED = 1e-4
_LONGEST_STEP = 1.0
_LEAST_DISPERSION = 0.05
_LEAST_OF_TYPICAL = 0.5
# precision of a weak prior that keeps the level of a model that always wins finite
_LEVEL_PRECISION = 1e-3
# degrees of freedom of the t distribution of models around the typical one; low, so that an outlier, such as a
# submission that games the judge, hardly moves the typical model
_TAILS = 4.0
# few models determine the spread between models poorly: these many pseudo-models with this standard deviation are added
_EXTRA_MODELS, _EXTRA_SD = 5.0, 0.3
# standard deviation between models of a coefficient that all models share
_COMMON_SD = 0.03
# upper limit of the standard deviation of difficulty in log-odds: without it, a few models whose verdicts nearly always
# agree could increase the scale of difficulty without bound
_HARDEST = 3.0
_LEAST_SCALE = 0.1
_FOLDS = 5
_LEAST_CHANCE = 1e-9
_POLISH = 6


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """The typical coefficients besides the level, their spread between models, the error of their mean, and difficulty.

    `mean` has shape (k,), its last coefficient being the weight of difficulty; where the typical coefficients depend on
    a trait of the model, `mean` has one row per model, shape (m, k). The spread between models and the error of the
    mean are covariances, shape (k, k). All are in the coordinates of the fit.

    `difficulty`, shape (n,), is higher where candidates fare better. `others`, (m, n), is the difficulty estimated
    without each model in turn, so that a model's own verdicts do not explain themselves. `precision`, (n,), is the
    precision of difficulty. `coefficients`, (m, 1 + k), are each model's own with the level first. `dispersion`, (m,),
    is the variance of each model's verdicts divided by that of coin tosses.
    """

    mean: Floats
    without: Floats
    spread: Floats
    error: Floats
    difficulty: Floats
    others: Floats
    precision: Floats
    coefficients: Floats
    dispersion: Floats


def learn_population(
    table: Table,
    turn: Floats,
    varying: NDArray[np.bool_],
    *,
    absent: NDArray[np.bool_],
    doubt: Floats | None = None,
) -> Population:
    """Learn difficulty and coefficients from all verdicts, alternating Newton steps with moment estimates.

    The model is logit P(candidate wins) = a_m + b_m * (controls turned) + c_m * difficulty_i. The coefficients b_m and
    c_m are drawn around the typical model's. Difficulty is drawn around its regression on the instruction's traits, so
    that the correlation of length with difficulty is not credited to any model.

    A model's coefficients are estimated with the difficulty from the other models, because a difficulty that contains
    the model's own verdicts would make all of its coefficients too large.

    Args:
        turn: matrix of the coordinates of the controls, shape (k - 1, k - 1).
        varying: which coefficients differ between models, shape (k,); all models share the others.
        absent: which of the shared coefficients are fixed at zero.
        doubt: prior standard deviations of the typical coefficients around zero; shape (k,).
    """
    m, n = table.preference.shape
    design = np.concatenate([np.ones((m, n, 1)), table.controls @ turn, np.zeros((m, n, 1))], axis=2)
    k = design.shape[2] - 1
    common = np.where(varying, 0.0, _COMMON_SD**2)
    held = np.zeros(k) if doubt is None else doubt**-2.0
    coefficients, mean = np.zeros((m, 1 + k)), np.zeros(k)
    coefficients[:, -1] = mean[-1] = 1.0
    spread, trust, weight = np.diag(np.where(varying, 1.0, common)), np.ones(m), table.known
    difficulty, expected, variance = np.zeros(n), np.zeros(n), 1.0
    for _ in range(_ROUNDS):
        before, typical = difficulty, mean
        slope, curvature = _pulls(table, design, coefficients, weight)
        precision = curvature.sum(axis=0) + 1 / variance
        step = (slope.sum(axis=0) - (difficulty - expected) / variance) / precision
        difficulty = difficulty + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
        difficulty = difficulty - difficulty.mean()
        expected = _expected(table.traits, difficulty)
        variance = min(_HARDEST**2, float(((difficulty - expected) ** 2 + 1 / precision).mean()))
        design[:, :, -1] = difficulty
        alone = design.copy()
        alone[:, :, -1] = _of_others(table, design, coefficients, weight, variance)
        dispersion = _dispersions(table, alone, coefficients)
        weight = table.known / dispersion[:, None]
        coefficients, covariance, information = newton_step(table, alone, coefficients, weight, mean, spread)
        error = _error_of_mean(information, spread, held)
        moved = error @ (((coefficients[:, 1:] - mean) @ np.linalg.inv(spread)).sum(axis=0) - held * mean)
        moved[absent] = 0.0
        # the whole step is shortened: clipping each component would turn it, and the iteration could cycle
        mean = mean + moved * min(1.0, _LONGEST_STEP / max(float(np.abs(moved).max()), 1e-12))
        if absent.any():
            # with one slope for all lengths, a model's slope depends on the range of its lengths; the median is typical
            # of the models, while a precision-weighted mean would favour those with precise slopes
            mean[varying] = np.median(coefficients[:, 1:][:, varying], axis=0)
        away, own = coefficients[:, 1:] - mean, covariance[:, 1:, 1:]
        # no model deviates in a coefficient that all models share, so only the varying coefficients count
        trust = _trust(away[:, varying], own[:, varying][:, :, varying], spread[np.ix_(varying, varying)])
        spread = np.where(np.outer(varying, varying), _spread(away, own, trust), 0.0) + np.diag(common)
        # only the product of difficulty and its weight is identified, so the typical model's weight is set to 1
        scale = float(np.clip(mean[-1], _LEAST_SCALE, _HARDEST / max(float(difficulty.std()), 1e-9)))
        difficulty, expected, variance = difficulty * scale, expected * scale, variance * scale**2
        coefficients[:, -1], mean[-1] = coefficients[:, -1] / scale, mean[-1] / scale
        spread[-1, :], spread[:, -1] = spread[-1, :] / scale, spread[:, -1] / scale
        design[:, :, -1] = difficulty
        if max(np.abs(difficulty - before).max(), np.abs(mean - typical).max()) < _SETTLED:
            break
    error[absent] = error[:, absent] = 0.0
    _, curvature = _pulls(table, design, coefficients, weight)
    precision = curvature.sum(axis=0) + 1 / variance
    others = _of_others(table, design, coefficients, weight, variance)
    pulls = _pulls_on_mean(table, alone, coefficients, weight, information, spread)
    # removing a fold leaves fewer instructions, which makes the covariance of the mean larger
    without = mean - _FOLDS / (_FOLDS - 1) * _by_fold(pulls) @ error
    return Population(mean, without, spread, error, difficulty, others, precision, coefficients, dispersion)


def _beside_others(table: Table, turn: Floats, population: Population) -> Floats:
    """The columns of every model's regression with the difficulty from the other models, shape (m, n, 1 + k)."""
    ones = np.ones((*table.preference.shape, 1))
    return np.concatenate([ones, table.controls @ turn, population.others[:, :, None]], axis=2)


def predict(table: Table, population: Population, turn: Floats) -> Floats:
    """Each model's chance of a win on each instruction, with the difficulty from the other models; shape (m, n)."""
    return _predict(_beside_others(table, turn, population), population.coefficients)


def held_out_loss(table: Table, turn: Floats, population: Population, spread: Floats) -> Floats:
    """Cross-validated log loss of every instruction's verdicts, shape (n,).

    Each model is predicted as for its row on a board: with the difficulty from the other models, and with a wider prior
    where its own slopes lie far from the typical ones. Newton steps from the fit to all verdicts remove a fold,
    from the model's coefficients and from the typical ones.

    Args:
        spread: covariance of coefficients between models, shape (k, k).
    """
    design = _beside_others(table, turn, population)
    coefficients, mean = population.coefficients, population.mean
    weight = table.known / population.dispersion[:, None]
    deviation = deviations(table, turn, population, spread)
    wider = _widened(spread, widening(deviation), slopes=_slopes(table))
    for _ in range(_POLISH):
        coefficients, _, _ = newton_step(table, design, coefficients, weight, mean, wider)
    loss = np.zeros(len(table.keys))
    fold = np.arange(len(table.keys)) % _FOLDS
    for number in range(_FOLDS):
        kept, rows = weight * (fold != number), fold == number
        without, _, _ = newton_step(table, design, coefficients, kept, population.without[number], wider)
        chance = np.clip(_predict(design[:, rows], without), _LEAST_CHANCE, 1 - _LEAST_CHANCE)
        said = table.preference[:, rows]
        gains = said * np.log(chance) + (1 - said) * np.log1p(-chance)
        loss[rows] = -((table.known[:, rows] > 0) * gains).sum(axis=0)
    return loss


def deviations(table: Table, turn: Floats, population: Population, spread: Floats) -> Floats:
    """The distance of each model's own slopes from the typical ones, in standard deviations; shape (m,).

    Args:
        spread: covariance of coefficients between models, shape (k, k).
    """
    design = _beside_others(table, turn, population)
    weight = table.known / population.dispersion[:, None]
    coefficients = population.coefficients
    for _ in range(_POLISH):
        coefficients, _, information = newton_step(table, design, coefficients, weight, population.mean, spread)
    return _deviations(coefficients[:, 1:] - population.mean, _profile(information), spread, slopes=_slopes(table))


def _slopes(table: Table) -> int:
    """The number of coefficients that a model has of its own; a curvature, which follows them, is common to all."""
    return len(table.names) - (CURVATURE in table.names)


def _deviations(away: Floats, profile: Floats, spread: Floats, *, slopes: int) -> Floats:
    """The distance of models' slopes from the typical ones, in standard deviations, as in `regress` for a row.

    Args:
        away: the shrunken coefficients minus the typical ones: slopes, curvature, difficulty's weight; shape (m, k).
        profile: the information of the verdicts about them, shape (m, k, k).
        slopes: the number of slopes; the curvature keeps its prior.
    """
    precision = np.linalg.inv(spread)
    shared = np.zeros(len(spread))
    shared[slopes:-1] = 1 / np.diag(spread)[slopes:-1]
    free = np.linalg.pinv(profile + np.diag(shared), hermitian=True)
    apart = (free @ ((profile + precision) @ away[:, :, None]))[:, :slopes, 0]
    total = (free + spread)[:, :slopes, :slopes]
    distance = np.einsum("mi,mij,mj->m", apart, np.linalg.pinv(total, hermitian=True), apart)
    found: Floats = np.sqrt(np.maximum(distance - (slopes - 1), 0.0))
    return found


def _widened(spread: Floats, factor: Floats, *, slopes: int) -> Floats:
    """The spread with the standard deviations of slopes multiplied by each model's factor, shape (m, k, k)."""
    scale = np.ones((len(factor), len(spread)))
    scale[:, :slopes] = factor[:, None]
    held: Floats = spread * scale[:, :, None] * scale[:, None, :]
    return held


def newton_step(
    table: Table, design: Floats, coefficients: Floats, weight: Floats, mean: Floats, spread: Floats
) -> tuple[Floats, Floats, Floats]:
    """One Newton step of every model's coefficients under a prior with a common spread or with one for each model.

    Returned with the inverse of the penalised information and with the information of the verdicts alone, both of shape
    (m, 1 + k, 1 + k).
    """
    chance = _predict(design, coefficients)
    information = (design * (weight * chance * (1 - chance))[:, :, None]).transpose(0, 2, 1) @ design
    precision = np.zeros((len(coefficients), design.shape[2], design.shape[2]))
    precision[:, 0, 0] = _LEVEL_PRECISION
    precision[:, 1:, 1:] = np.linalg.inv(spread)
    residual = weight * (table.preference - chance)
    gradient = (design.transpose(0, 2, 1) @ residual[:, :, None])[:, :, 0]
    away = coefficients.copy()
    away[:, 1:] -= mean
    gradient = gradient - (precision @ away[:, :, None])[:, :, 0]
    covariance: Floats = np.linalg.inv(information + precision).astype(np.float64)
    step = (covariance @ gradient[:, :, None])[:, :, 0]
    moved: Floats = coefficients + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    return moved, covariance, information


def _predict(design: Floats, coefficients: Floats) -> Floats:
    chance: Floats = expit((design @ coefficients[:, :, None])[:, :, 0])
    return chance


def _pulls(table: Table, design: Floats, coefficients: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of each verdict's log-likelihood in the instruction's difficulty, shape (m, n)."""
    chance = _predict(design, coefficients)
    own = coefficients[:, -1:]
    return weight * own * (table.preference - chance), weight * own**2 * chance * (1 - chance)


def _of_others(table: Table, design: Floats, coefficients: Floats, weight: Floats, variance: float) -> Floats:
    """Difficulty from the other models only, shape (m, n): a Newton step removes a model's own verdicts."""
    slope, curvature = _pulls(table, design, coefficients, weight)
    precision = curvature.sum(axis=0) + 1 / variance
    others: Floats = design[:, :, -1] - slope / (precision - curvature)
    return others


def _expected(traits: Floats, difficulty: Floats) -> Floats:
    """The difficulty predicted by a regression on the instructions' traits, shape (n,)."""
    told: Floats = traits @ np.linalg.lstsq(traits, difficulty, rcond=None)[0]
    return told


def _dispersions(table: Table, design: Floats, coefficients: Floats) -> Floats:
    """Each model's variance of verdicts around the fit divided by that of coin tosses, at most 1; shape (m,).

    The lower limit is half of the median model's. Without it, difficulty could follow the verdicts of a single model,
    whose dispersion would then approach zero and whose weight would exceed that of all other models.
    """
    chance = _predict(design, coefficients)
    spread = (table.known * (table.preference - chance) ** 2).sum(axis=1)
    tosses = (table.known * chance * (1 - chance)).sum(axis=1)
    found = np.clip(spread / np.maximum(tosses, 1e-12), _LEAST_DISPERSION, 1.0)
    held: Floats = np.maximum(found, _LEAST_OF_TYPICAL * np.median(found))
    return held


def _profile(information: Floats) -> Floats:
    """Information of the verdicts about the coefficients with the level profiled out, shape (m, k, k)."""
    level = information[:, :1, :1] + _LEVEL_PRECISION
    across = information[:, 1:, :1]
    told: Floats = information[:, 1:, 1:] - across @ across.transpose(0, 2, 1) / level
    return told


def _error_of_mean(information: Floats, spread: Floats, held: Floats) -> Floats:
    """Covariance of the typical coefficients, (k, k), to which each model contributes what its verdicts tell besides
    its level, less as models differ.

    Args:
        held: prior precision of the typical coefficients around zero, shape (k,).
    """
    profile = _profile(information)
    inverse = np.linalg.inv(spread)
    # the inverse of the sampling covariance plus the spread, in a form that holds where a model tells nothing
    tells = (profile @ np.linalg.inv(profile + inverse) @ inverse).sum(axis=0)
    error: Floats = np.linalg.inv((tells + tells.T) / 2 + np.diag(held) + 1e-9 * np.eye(len(spread)))
    return error


def _pulls_on_mean(
    table: Table, design: Floats, coefficients: Floats, weight: Floats, information: Floats, spread: Floats
) -> Floats:
    """The score of each instruction's verdicts in the typical coefficients, shape (n, k)."""
    inverse = np.linalg.inv(spread)
    level = information[:, :1, :1] + _LEVEL_PRECISION
    centred = design[:, :, 1:] - (information[:, 1:, :1] / level).transpose(0, 2, 1)
    residual = weight * (table.preference - _predict(design, coefficients))
    # a model's coefficients follow the typical ones as far as its verdicts leave them free
    follows = inverse @ np.linalg.inv(_profile(information) + inverse)
    pulls: Floats = np.einsum("mab,mnb,mn->na", follows, centred, residual, optimize=True)
    return pulls


def _by_fold(values: Floats) -> Floats:
    """Sums over the folds of instructions, shape (folds, k)."""
    fold = np.arange(len(values)) % _FOLDS
    return np.stack([values[fold == number].sum(axis=0) for number in range(_FOLDS)])


def _trust(away: Floats, covariance: Floats, spread: Floats) -> Floats:
    """Weights of a multivariate t distribution, shape (m,), 1 on average."""
    inverse = np.linalg.inv(spread)
    distance = np.einsum("mi,ij,mj->m", away, inverse, away) + np.einsum("ij,mji->m", inverse, covariance)
    trust = (_TAILS + spread.shape[0]) / (_TAILS + distance)
    scaled: Floats = trust / trust.mean()
    return scaled


def learn_levels(table: Table) -> tuple[Floats, Floats, Floats]:
    """The typical coefficients besides the level, fitted without difficulty: mean, spread, error of the mean."""
    m, n = table.preference.shape
    design = np.concatenate([np.ones((m, n, 1)), table.controls], axis=2)
    k = design.shape[2] - 1
    coefficients, mean, spread, trust = np.zeros((m, 1 + k)), np.zeros(k), np.eye(k), np.ones(m)
    for _ in range(_ROUNDS):
        weight = table.known / _dispersions(table, design, coefficients)[:, None]
        coefficients, covariance, information = newton_step(table, design, coefficients, weight, mean, spread)
        error = _error_of_mean(information, spread, np.zeros(k))
        moved = error @ ((coefficients[:, 1:] - mean) @ np.linalg.inv(spread)).sum(axis=0)
        mean = mean + np.clip(moved, -_LONGEST_STEP, _LONGEST_STEP)
        away, own = coefficients[:, 1:] - mean, covariance[:, 1:, 1:]
        trust = _trust(away, own, spread)
        spread = _spread(away, own, trust)
        if np.abs(moved).max() < _SETTLED:
            break
    return mean, spread, error


def _spread(away: Floats, covariance: Floats, trust: Floats) -> Floats:
    """Covariance of coefficients between models, without sampling error, shape (k, k)."""
    k = away.shape[1]
    scattered = (trust[:, None, None] * away[:, :, None] * away[:, None, :] + covariance).sum(axis=0)
    learned: Floats = (scattered + _EXTRA_MODELS * _EXTRA_SD**2 * np.eye(k)) / (len(away) + _EXTRA_MODELS)
    return learned
