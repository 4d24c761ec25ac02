"""Bradley-Terry strengths together with covariates such as the style of the answers: strengths at zero difference."""

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.logistic import expit
from evalkit.stats.ratings.battles import Battles, tally
from evalkit.stats.ratings.bradley_terry import MAX_STEPS, TOLERANCE, BradleyTerry, pinned
from evalkit.stats.ratings.connection import check_connected, unbounded_models
from evalkit.stats.sample import Floats

_LONGEST_STEP = 5.0
# log-odds between two models, or of one unit of a covariate, beyond which verdicts count as separated
_SEPARATED = 30.0
_MUCH = 0.9
_DEPENDENT = 1e-9


def fit_controlled(battles: Battles) -> BradleyTerry:
    """Maximum-likelihood strengths at equal covariates, and the covariates' coefficients.

    A covariate is divided by its root mean square and not centred, so that a difference of zero stays zero.

    Raises:
        StatsError: a covariate never differs or depends on others; wins do not connect the models both ways; the
            covariates explain every verdict.
    """
    wins = (cells := tally(battles)).wins(cells.count[None, :])[0] > 0
    check_connected(wins, battles.models)
    if unbounded := unbounded_models(wins):
        first = min(unbounded)
        raise StatsError(
            f"model {battles.models[first][:60]!r} is {unbounded[first]}. "
            "Covariates need a maximum-likelihood fit: leave them out, or leave the model out"
        )
    names = tuple(battles.covariates)
    unit = np.sqrt(np.array([np.mean(values * values) for values in battles.covariates.values()]))
    if not (unit > 0).all():
        raise StatsError(f"covariate {names[int(np.argmin(unit))]} is zero in every battle")
    design = [values / scale for values, scale in zip(battles.covariates.values(), unit, strict=True)]
    weight = np.ones(battles.n) if battles.weight is None else battles.weight
    solution, information = solve_controlled(battles, design, weight, np.zeros(battles.m + len(names)))
    return BradleyTerry(battles.models, solution[: battles.m], information, {}, names, solution[battles.m :], unit)


def solve_controlled(battles: Battles, design: list[Floats], weight: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Strengths with the mean zero, then coefficients, shape (m + k,), and their information.

    Args:
        design: k columns of shape (n,).
        weight: weight of each battle, shape (n,).

    Raises:
        StatsError: the covariates are linearly dependent, or separate the verdicts.
    """
    m, base = battles.m, start
    step, promised = np.zeros_like(start), 0.0
    for _ in range(MAX_STEPS):
        slope, information = _derivatives(battles, design, weight, base + step)
        if slope @ step < -_MUCH * promised and np.abs(step).max() >= TOLERANCE:
            step, promised = step / 2, promised / 2
            continue
        base = base + step
        step = _newton(information, slope, m)
        step *= min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        promised = float(slope @ step)
        if np.abs(step).max() < TOLERANCE:
            return base + step, information
        if np.abs(base).max() > _SEPARATED:
            break
    raise StatsError("the covariates and models explain every verdict, so that the fit has no maximum")


def _newton(information: Floats, slope: Floats, m: int) -> Floats:
    firm = pinned(information, m)
    spread = np.sqrt(np.maximum(np.diag(firm), 1e-300))
    if np.linalg.eigvalsh(firm / np.outer(spread, spread))[0] < _DEPENDENT:
        raise StatsError("the covariates depend on each other or on the models")
    solved: Floats = np.linalg.solve(firm, slope).astype(np.float64)
    return solved


def _derivatives(battles: Battles, design: list[Floats], weight: Floats, place: Floats) -> tuple[Floats, Floats]:
    """First and negative second derivatives of the log-likelihood, without a row-by-row design of the models."""
    m, k = battles.m, len(design)
    a, b = battles.a, battles.b
    log_odds = place[a] - place[b]
    for column, coefficient in zip(design, place[m:], strict=True):
        log_odds += coefficient * column
    chance = expit(log_odds)
    residual = weight * (battles.outcome - chance)
    curve = weight * chance * (1 - chance)
    information = np.zeros((m + k, m + k))
    shared = np.bincount(a.astype(np.int64) * m + b, weights=curve, minlength=m * m).reshape(m, m)
    shared = shared + shared.T
    information[:m, :m] = np.diag(shared.sum(axis=1)) - shared
    slope = np.empty(m + k)
    slope[:m] = _by_model(battles, residual)
    for row, column in enumerate(design):
        bent = curve * column
        slope[m + row] = residual @ column
        information[m + row, :m] = information[:m, m + row] = _by_model(battles, bent)
        for other, values in enumerate(design[: row + 1]):
            information[m + row, m + other] = information[m + other, m + row] = bent @ values
    return slope, information


def _by_model(battles: Battles, values: Floats) -> Floats:
    """The sum of values over a model's battles, with the sign of its side, shape (m,)."""
    first, second = (np.bincount(side, weights=values, minlength=battles.m) for side in (battles.a, battles.b))
    difference: Floats = (first - second).astype(np.float64)
    return difference
