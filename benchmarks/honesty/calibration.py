"""Estimates the parameters of a simulated judge from the verdicts of a real board.

The model is logit P(candidate wins) = a_m + b_m t + d_m |t| + c_m g_i + u_m v_i: t is the bounded length term, g_i is
how easy an instruction is and has the standard deviation tau, c_m is 1 on average, v_i is a standard normal.
Coefficients of models are normal. All parameters are estimated together by Laplace's approximation to EM, so that the
spreads are those of the coefficients themselves, without the error of estimating them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.honesty.judges import BALANCED_SHARE, Judge, Normal
from evalkit.stats.covariates import length_term
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats

JUDGES = ("weighted_alpaca_eval_gpt4_turbo", "alpaca_eval_gpt4", "alpaca_eval_cot_gpt4_turbo_fn")
# submissions that were made to deceive judges, whose verdicts do not show how the judge takes length
ATTACKS = frozenset({"NullModel", "gpt4_gamed"})
_ROUNDS = 150
_LONGEST_STEP = 1.0
_MAD_OF_NORMAL = 1.4826
_VARIANCE = np.array([4.0, 1.0, 1.0, 0.1, 0.25])
LEVEL, SLOPE, MODULUS, EASINESS, INTERACTION = range(5)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """A judge's verdicts on models by instructions, shape (m, n).

    `preference` is 0.5 and `term` is 0 where `known` is 0. `term` is the bounded length term. `baseline`, shape (n,),
    and `lengths` are log lengths of the baseline's and of the models' answers.
    """

    preference: Floats
    known: Floats
    term: Floats
    baseline: Floats
    lengths: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Estimates of all parameters, with posterior variances as `doubt`.

    `coefficients` and `doubt` are by model, as is the `mean` that the coefficients are drawn around, shape (m, 5);
    `variance` is their variance between models, shape (5,). `factors` and `factor_doubt` are by instruction, easiness
    first and then the second factor, shape (n, 2). `tau` is the standard deviation of easiness, and `dispersion` the
    variance of verdicts over that of coin tosses.
    """

    coefficients: Floats
    doubt: Floats
    factors: Floats
    factor_doubt: Floats
    mean: Floats
    variance: Floats
    tau: float
    dispersion: float


def calibrate(data: Path) -> Iterator[Judge]:
    """The parameters of each judge in DATA/alpaca_eval/preferences.parquet that judged more than ten models."""
    verdicts = pd.read_parquet(data / "alpaca_eval" / "preferences.parquet")
    for name in JUDGES:
        rows = verdicts[(verdicts["judge"] == name) & ~verdicts["model"].isin(ATTACKS)]
        yield judge_of(name, board_of(rows))


def board_of(rows: pd.DataFrame) -> Board:
    def table(values: pd.Series) -> Floats:
        wide = pd.DataFrame({"model": rows["model"], "index": rows["index"], "value": values})
        return wide.pivot(index="model", columns="index", values="value").to_numpy(float)

    preference = table(rows["preference"].replace({0.0: 1.5}) - 1)
    ours, theirs = table(rows["len_2"]), table(rows["len_1"])
    known = np.isfinite(preference) & np.isfinite(ours) & np.isfinite(theirs)
    difference = ours - theirs
    term = np.zeros_like(preference)
    for one, present in enumerate(known):
        term[one, present] = length_term(difference[one, present])
    return Board(
        preference=np.where(known, preference, 0.5),
        known=known.astype(np.float64),
        term=term,
        baseline=np.log1p(np.nanmax(theirs, axis=0)),
        lengths=np.where(known, np.log1p(ours), np.nan),
    )


def judge_of(name: str, board: Board) -> Judge:
    """Estimate from a board of verdicts the parameters with which the benchmark simulates this judge."""
    fit, balanced = fit_board(board), _balanced(board)
    easiness = fit.factors[:, 0]
    present = board.known > 0
    pairs = list(zip(board.term, present, strict=True))
    confounding = np.array([np.corrcoef(term[known], easiness[known])[0, 1] for term, known in pairs])
    lines = [
        np.polyfit(board.baseline[known], lengths[known], 1)
        for lengths, known in zip(board.lengths, present, strict=True)
    ]
    noise = [
        _robust_spread(lengths[known] - np.polyval(line, board.baseline[known]))
        for line, lengths, known in zip(lines, board.lengths, present, strict=True)
    ]
    return Judge(
        name=name,
        level=_normal(fit, LEVEL),
        slope=_normal(fit, SLOPE),
        modulus=_normal(fit, MODULUS, ~balanced),
        balanced_modulus=_normal(fit, MODULUS, balanced),
        easiness=_normal(fit, EASINESS),
        interaction=round(float(np.sqrt(fit.variance[INTERACTION])), 2),
        difficulty=round(fit.tau, 2),
        dispersion=round(fit.dispersion, 2),
        confounding=Normal(round(float(confounding.mean()), 2), round(float(confounding.std()), 2)),
        baseline_easiness=round(float(np.corrcoef(board.baseline, easiness)[0, 1]), 2),
        baseline_length=Normal(round(float(board.baseline.mean()), 2), round(float(board.baseline.std()), 2)),
        follows=round(float(np.median([line[0] for line in lines])), 2),
        noise=round(float(np.median(noise)), 2),
    )


def fit_board(board: Board) -> Fit:
    """Fit the board, at first without moduli, and then the coefficients again with moduli and the easiness held.

    Nearly all answers of most models are shorter than the baseline's, so that a modulus and a correlation of easiness
    with length explain the same verdicts. The order of the fits credits these to the correlation, which makes the
    simulation harder.
    """
    m, n = board.preference.shape
    coefficients = np.zeros((m, 5))
    coefficients[:, EASINESS] = 1.0
    coefficients[:, INTERACTION] = 0.3 * np.random.default_rng(1).normal(size=m)
    factors, doubt = np.random.default_rng(2).normal(0, [0.01, 1.0], (n, 2)), np.zeros((n, 2))
    fit = Fit(coefficients, np.zeros((m, 5)), factors, doubt, coefficients, _VARIANCE, tau=1.0, dispersion=1.0)
    for _ in range(_ROUNDS):
        fit = _coefficient_step(board, _factor_step(board, fit), moduli=_without)
    for _ in range(_ROUNDS):
        fit = _coefficient_step(board, fit, moduli=_by_balance)
    return fit


def _without(_board: Board, moduli: Floats) -> Floats:
    return np.zeros_like(moduli)


def _by_balance(board: Board, moduli: Floats) -> Floats:
    """For each model the mean modulus of its kind, balanced or not, shape (m,)."""
    balanced = _balanced(board)
    means = np.zeros_like(moduli)
    for alike in (balanced, ~balanced):
        means[alike] = moduli[alike].mean() if alike.any() else 0.0
    return means


def _balanced(board: Board) -> NDArray[np.bool_]:
    """Which models have many answers on both sides of the baseline's length."""
    n = board.known.sum(axis=1)
    longer, shorter = ((board.known * side).sum(axis=1) / n for side in (board.term >= 0, board.term <= 0))
    found: NDArray[np.bool_] = np.minimum(longer, shorter) >= BALANCED_SHARE
    return found


def _predict(board: Board, fit: Fit) -> Floats:
    a, b, d, c, u = (fit.coefficients[:, [one]] for one in range(5))
    return expit(a + b * board.term + d * np.abs(board.term) + c * fit.factors[:, 0] + u * fit.factors[:, 1])


def _factor_step(board: Board, fit: Fit) -> Fit:
    """The fit after a Newton step of each instruction's factors, with their spreads estimated again."""
    predicted = _predict(board, fit)
    loadings, unsure = fit.coefficients[:, EASINESS:], fit.doubt[:, EASINESS:]  # (m, 2)
    residual = board.known * (board.preference - predicted) / fit.dispersion
    curvature = board.known * predicted * (1 - predicted) / fit.dispersion
    pull = np.array([fit.tau**-2, 1.0]) + curvature.T @ unsure  # (n, 2)
    information = np.einsum("mi,mj,mk->ijk", curvature, loadings, loadings) + pull[:, :, None] * np.eye(2)
    step = np.linalg.solve(information, (residual.T @ loadings - pull * fit.factors)[:, :, None])[:, :, 0]
    factors = fit.factors + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    # the levels of models are free, so that they take over whatever mean is removed from the factors
    factors -= factors.mean(axis=0)
    doubt = np.linalg.inv(information).diagonal(axis1=1, axis2=2)
    spread = np.sqrt((factors**2 + doubt).mean(axis=0))
    # a factor can be scaled up if its loadings are scaled down: the mean loading on easiness is set to 1, and so is the
    # spread of the second factor
    scale = np.array([1 / loadings[:, 0].mean(), spread[1]])
    coefficients = fit.coefficients.copy()
    coefficients[:, EASINESS:] *= scale
    return replace(
        fit,
        coefficients=coefficients,
        factors=factors / scale,
        factor_doubt=doubt / scale**2,
        tau=float(spread[0] / scale[0]),
    )


def _coefficient_step(board: Board, fit: Fit, *, moduli: Callable[[Board, Floats], Floats]) -> Fit:
    """The fit after a Newton step of each model's coefficients, with their distribution estimated again."""
    predicted = _predict(board, fit)
    ones = np.ones_like(board.term)
    columns = (ones, board.term, np.abs(board.term), ones * fit.factors[:, 0], ones * fit.factors[:, 1])
    design = np.stack(columns, axis=2)  # (m, n, 5)
    curvature = board.known * predicted * (1 - predicted) / fit.dispersion
    residual = board.known * (board.preference - predicted) / fit.dispersion
    # levels are not pulled to their mean: weak models have short answers, so that the slopes would make up for the pull
    pull = np.tile(1 / fit.variance, (len(predicted), 1))
    pull[:, LEVEL] = 0.0
    unsure = np.zeros_like(fit.coefficients)
    unsure[:, EASINESS:] = curvature @ fit.factor_doubt
    information = np.einsum("mi,mij,mik->mjk", curvature, design, design, optimize=True)
    information += (pull + unsure)[:, :, None] * np.eye(5)
    gradient = np.einsum("mi,mij->mj", residual, design) - pull * (fit.coefficients - fit.mean)
    step = np.linalg.solve(information, (gradient - unsure * fit.coefficients)[:, :, None])[:, :, 0]
    coefficients = fit.coefficients + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    doubt = np.linalg.inv(information).diagonal(axis1=1, axis2=2)
    mean = np.tile([*coefficients.mean(axis=0)[:EASINESS], 1.0, 0.0], (len(coefficients), 1))
    mean[:, MODULUS] = moduli(board, coefficients[:, MODULUS])
    variance = ((coefficients - mean) ** 2 + doubt).mean(axis=0)
    if moduli is _without:
        coefficients[:, MODULUS], variance[MODULUS] = 0.0, _VARIANCE[MODULUS]
    moved = replace(fit, coefficients=coefficients, doubt=doubt, mean=mean, variance=variance)
    return replace(moved, dispersion=_dispersion(board, _predict(board, moved)))


def _dispersion(board: Board, predicted: Floats) -> float:
    m, n = predicted.shape
    expected = (board.known * predicted * (1 - predicted)).sum()
    return float((board.known * (board.preference - predicted) ** 2).sum() / expected / (1 - 5 / n - 2 / m))


def _normal(fit: Fit, place: int, models: NDArray[np.bool_] | None = None) -> Normal:
    chosen = fit.mean if models is None else fit.mean[models]
    return Normal(round(float(chosen[:, place].mean()), 2), round(float(np.sqrt(fit.variance[place])), 2))


def _robust_spread(values: Floats) -> float:
    return _MAD_OF_NORMAL * float(np.median(np.abs(values - np.median(values))))
