"""Bradley-Terry strengths from the table of wins; a tie is half a win for either side."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.ratings.battles import Battles, Bools, tally
from evalkit.stats.ratings.connection import check_connected, unbounded_models
from evalkit.stats.sample import Floats

# in log-odds; Newton steps square the error, so the error after a step this small is far below any rounding
TOLERANCE = 3e-5
MAX_STEPS = 200
_LONGEST_STEP = 5.0
_MUCH = 0.9
_HALVINGS = 40
_SLACK = 1e-12
_PENALISED_TOLERANCE = 1e-9
# with kept information each step leaves a share of the error, below one half in all fits that these steps finish
_MOST_KEPT = 25
_KEPT_TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class BradleyTerry:
    """Fitted log-odds: a beats b with the odds exp(strengths[a] - strengths[b] + covariates @ coefficients).

    `strengths`, shape (m,), have the mean zero. `information` is the information matrix of strengths, then
    coefficients; it is singular in the direction that moves all strengths alike. `unbounded` gives models whose
    likelihood has no maximum, by index, with the reason: Jeffreys' penalty keeps the numbers of such a fit finite.
    `coefficients` are for one `unit` of each covariate, its root mean square.
    """

    models: tuple[str, ...]
    strengths: Floats
    information: Floats
    unbounded: Mapping[int, str] = field(default_factory=dict)
    covariates: tuple[str, ...] = ()
    coefficients: Floats = field(default_factory=lambda: np.zeros(0))
    unit: Floats = field(default_factory=lambda: np.ones(0))

    @property
    def m(self) -> int:
        return len(self.models)

    @property
    def bounded(self) -> Bools:
        """A mask of the models that have a maximum-likelihood strength, shape (m,)."""
        found = np.ones(self.m, dtype=bool)
        found[list(self.unbounded)] = False
        return found


def fit_bradley_terry(battles: Battles) -> BradleyTerry:
    """Maximum-likelihood strengths; penalised by Jeffreys' prior where the likelihood has no maximum.

    Covariates are left out; `fit_controlled` has them.

    Args:
        battles: as `build_battles` makes them.

    Returns:
        Strengths in log-odds with the mean zero; `sandwich_ratings` gives them intervals, a scale and ranks.

    Raises:
        StatsError: the models fall into groups that never met; the message names them.

    Reference: Bradley and Terry 1952, Biometrika 39; for when the maximum exists, Ford 1957, American Mathematical
    Monthly 64; for the penalty, Firth 1993, Biometrika 80.

    Example:
        >>> from evalkit.stats import build_battles, fit_bradley_terry
        >>> fit = fit_bradley_terry(build_battles(["x", "y"], a=["x"] * 9, b=["y"] * 9, outcome=[1] * 7 + [0] * 2))
        >>> [round(float(strength), 3) for strength in fit.strengths]
        [0.626, -0.626]
    """
    cells = tally(battles)
    wins = cells.wins(cells.count[None, :])
    check_connected(wins[0] > 0, battles.models)
    unbounded = unbounded_models(wins[0] > 0)
    strengths = solve_penalised(wins[0]) if unbounded else solve_strengths(wins)[0]
    information = slope_and_information(wins, strengths[None, :])[1][0]
    return BradleyTerry(battles.models, strengths, information, unbounded)


def solve_strengths(wins: Floats) -> Floats:
    """Strengths of several tables at once, shape (rounds, m), each with the mean zero.

    Args:
        wins: how often the row's model beat the column's, shape (rounds, m, m); every model reaches every other one by
            a chain of wins.

    Raises:
        StatsError: the steps do not converge.
    """
    rounds, m = wins.shape[:2]
    base = np.zeros((rounds, m))
    step, promised = np.zeros((rounds, m)), np.zeros(rounds)
    for _ in range(MAX_STEPS):
        slope, information = slope_and_information(wins, base + step)
        # true beyond the top along the last step, where the slope is steeper than before the step by more than rounding
        overshot = np.einsum("ri,ri->r", slope, step) < -_MUCH * promised
        overshot &= np.abs(step).max(axis=1) >= TOLERANCE
        newton = _shortened(_solve(information, slope), wins)
        base = np.where(overshot[:, None], base, base + step)
        step = np.where(overshot[:, None], step / 2, newton)
        promised = np.where(overshot, promised / 2, np.einsum("ri,ri->r", slope, newton))
        if not overshot.any() and np.abs(newton).max() < TOLERANCE:
            return base + step
    raise StatsError(f"the strengths did not converge in {MAX_STEPS} steps")


def resolve_strengths(wins: Floats, fit: BradleyTerry) -> Floats:
    """Solve as `solve_strengths` does, for tables that are like the fitted one.

    The steps keep the information of that fit: more steps, but no equations to solve. Tables that need too many steps
    are solved afresh.
    """
    inverse = np.linalg.inv(pinned(fit.information, fit.m))
    met = wins + wins.swapaxes(1, 2)
    # the slope that remains where all models are equally strong
    ahead = (wins - met / 2).sum(axis=2)
    strengths = np.tile(fit.strengths, (len(wins), 1))
    apart = np.empty_like(wins)
    for _ in range(_MOST_KEPT):
        np.subtract(strengths[:, :, None], strengths[:, None, :], out=apart)
        apart *= 0.5
        np.tanh(apart, out=apart)
        step = (ahead - np.einsum("rij,rij->ri", met, apart) / 2) @ inverse
        strengths += step
        if np.abs(step).max() < _KEPT_TOLERANCE:
            return strengths
    far = ~(np.abs(step).max(axis=1) < _KEPT_TOLERANCE)
    strengths[far] = solve_strengths(wins[far])
    return strengths


def slope_and_information(wins: Floats, strengths: Floats) -> tuple[Floats, Floats]:
    """First and negative second derivatives of the log-likelihoods, shapes (rounds, m) and (rounds, m, m)."""
    met = wins + wins.swapaxes(1, 2)
    # P(row beats column) is (1 + tangent) / 2
    tangent = np.tanh((strengths[:, :, None] - strengths[:, None, :]) / 2)
    slope = (wins - met * (0.5 + 0.5 * tangent)).sum(axis=2)
    information = met * (tangent * tangent - 1) / 4
    diagonal = np.arange(wins.shape[1])
    information[:, diagonal, diagonal] = 0
    information[:, diagonal, diagonal] = -information.sum(axis=2)
    return slope, information


def pinned(information: Floats, m: int) -> Floats:
    """The information with the direction that moves all strengths alike made as stiff as the others."""
    firm = information.copy()
    scale = np.trace(information[..., :m, :m], axis1=-2, axis2=-1) / m**2
    firm[..., :m, :m] += np.asarray(scale)[..., None, None]
    return firm


def solve_penalised(wins: Floats) -> Floats:
    """Strengths, shape (m,), that maximise the likelihood times the root of the information's determinant.

    Raises:
        StatsError: the steps do not converge.
    """
    strengths = np.zeros(len(wins))
    value, slope, information = _penalised(wins, strengths)
    for _ in range(MAX_STEPS):
        step = np.linalg.solve(information, slope)
        step *= min(1.0, _LONGEST_STEP / max(float(np.ptp(step)), 1e-300))
        if np.abs(step).max() < _PENALISED_TOLERANCE:
            return strengths
        for _ in range(_HALVINGS):
            there, slope, information = _penalised(wins, strengths + step)
            if there >= value - _SLACK * (1 + abs(value)):
                break
            step = step / 2
        strengths, value = strengths + step, there
    raise StatsError(f"the penalised strengths did not converge in {MAX_STEPS} steps")


def _penalised(wins: Floats, strengths: Floats) -> tuple[float, Floats, Floats]:
    """Penalised log-likelihood, its slope, and the information as if the penalty were battles."""
    slope, information = slope_and_information(wins[None], strengths[None])
    # a constant stiffness: the determinant must not depend on it
    firm = information[0] + 1.0
    covariance = np.linalg.inv(firm)
    spread = np.diag(covariance)
    apart = strengths[:, None] - strengths[None, :]
    likelihood = -float((wins * np.logaddexp(0.0, -apart)).sum())
    # half a win for either side of each pair, as much as the pair decides: the penalty's slope is that of such battles
    leverage = -information[0] * (spread[:, None] + spread[None, :] - 2 * covariance)
    np.fill_diagonal(leverage, 0.0)
    pull, curve = slope_and_information(leverage[None] / 2, strengths[None])
    return likelihood + float(np.linalg.slogdet(firm)[1]) / 2, slope[0] + pull[0], firm + curve[0]


def _solve(information: Floats, slope: Floats) -> Floats:
    try:
        solved: Floats = np.linalg.solve(pinned(information, slope.shape[1]), slope[:, :, None]).astype(np.float64)
    except np.linalg.LinAlgError:
        raise StatsError("the strengths ran out of range") from None
    return solved[:, :, 0]


def _shortened(step: Floats, wins: Floats) -> Floats:
    """Steps in which no two models that met move apart by more than the longest step."""
    if np.ptp(step, axis=1).max() <= _LONGEST_STEP:
        return step
    apart = np.abs(step[:, :, None] - step[:, None, :]) * (wins > 0)
    share: Floats = np.minimum(1.0, _LONGEST_STEP / np.maximum(apart.max(axis=(1, 2)), 1e-300))
    return step * share[:, None]
