"""Arena-Hard's published formulas, with and without style control, for comparison with published rows only.

Both formulas count a strong verdict as three rows and resample rows as if the rows and the two orders of one
instruction were independent. Their intervals are therefore too narrow, and no gate reads them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import StatsError
from evalkit.stats.logistic import expit
from evalkit.stats.resample import generator_of
from evalkit.stats.sample import Floats, Ints
from evalkit.types import Estimate, degraded

STRONG_COPIES = 3
REPLICATES = 100
TOKENS = "tokens"
_STATUS = degraded("compat: rows are resampled as if independent")
_NEVER = 1e-9
_ITERATIONS = 50
_LONGEST_STEP = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Games:
    """Every judged game of some models against one baseline, one row per game and order; arrays of shape (n,).

    `model` numbers the models from 0. `preference` is P(candidate beats baseline), known in every row: for an
    instruction with one missing verdict, v0.1 keeps the other verdict and v2 drops both. `style` has the candidate's
    and the baseline's count of each named measure.
    """

    model: Ints
    preference: Floats
    strong: NDArray[np.bool_]
    style: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)

    @property
    def n_models(self) -> int:
        return int(self.model.max()) + 1

    @property
    def copies(self) -> Ints:
        """The number of rows that the reference makes of each game."""
        return np.where(self.strong, STRONG_COPIES, 1).astype(np.int64)


def arena_v01(games: Games, controls: Sequence[str] = (), *, replicates: int = REPLICATES) -> list[Estimate]:
    """Score of each model by Arena-Hard v0.1: Bradley-Terry ratings turned into win rates over the baseline.

    Without controls the score is the weighted mean verdict. With controls it comes from one regression over all models
    on standardised relative differences (a - b) / (a + b + 1), with scikit-learn's default penalty on every
    coefficient.

    Returns:
        Percent with the bounds of a 95 % interval, from percentiles of ratings; n counts games.

    Raises:
        StatsError: a verdict or a measure is unknown, or a measure never differs.

    Reference: Li et al. 2024, arXiv:2406.11939.
    """
    _check(games)
    if controls:
        terms = [_relative(*_counts(games, name)) for name in controls]
        features = _standardised(controls, terms, games.copies, spare=0)
        # the reference doubles every row, and its ratings, the baseline's included, are logarithms of odds to base ten
        m, k = games.n_models, len(controls)
        penalty = np.eye(m + k) / 2
        penalty[:m, :m] = (np.eye(m) - 1 / (m + 1)) / np.log(10) ** 2 / 2
        strengths = _strengths_of(games, features, penalty)
    else:
        strengths = _log_odds_of(games)
    drawn = np.array([strengths(times) for times in _pooled(games, replicates)])
    lower, upper = expit(np.percentile(drawn, [2.5, 97.5], axis=0))
    return _estimates(games, expit(strengths(games.copies.astype(float))), lower, upper, expit(drawn), notes=())


def arena_v2(games: Games, controls: Sequence[str] = (), *, replicates: int = REPLICATES) -> list[Estimate]:
    """Score of each model by Arena-Hard v2: the mean of bootstrap means, with each model's rows resampled separately.

    With controls the score is the median over bootstrap fits of one unpenalised regression over all models, on
    standardised differences: (a - b) / (a + b) for tokens, and (p - q) / (p + q + 1) for any other measure, where p and
    q are counts per token. The reference implementation mistakes a control for a model when a caller asks for only some
    of its four controls; this function accepts any subset.

    Returns:
        Percent with the bounds of a 90 % interval; n counts games.

    Raises:
        StatsError: a verdict or a measure is unknown, or a measure never differs.

    Reference: Li et al. 2024, arXiv:2406.11939.
    """
    _check(games)
    if controls:
        terms = [_density_difference(games, name) for name in controls]
        features = _standardised(controls, terms, games.copies, spare=1)
        strengths = _strengths_of(games, features, np.zeros((games.n_models + len(controls),) * 2))
        drawn = expit(np.array([strengths(times) for times in _pooled(games, replicates)]))
        values = np.median(drawn, axis=0)
    else:
        drawn = np.array([_means(games, times) for times in _within_models(games, replicates)])
        values = drawn.mean(axis=0)
    lower, upper = np.quantile(drawn, [0.05, 0.95], axis=0)
    return _estimates(games, values, lower, upper, drawn, notes=("90 % interval",))


def _check(games: Games) -> None:
    if not len(games.model):
        raise StatsError("no verdicts")
    if not ((games.preference >= 0) & (games.preference <= 1)).all():
        raise StatsError("a preference is unknown or outside [0, 1]")


def _estimates(
    games: Games, values: Floats, lower: Floats, upper: Floats, drawn: Floats, *, notes: tuple[str, ...]
) -> list[Estimate]:
    n = np.bincount(games.model, minlength=games.n_models)
    spread = drawn.std(axis=0, ddof=1)
    rows = (100 * np.column_stack([values, spread, lower, upper])).tolist()
    return [
        Estimate(value, error, low, high, int(count), _STATUS, notes)
        for (value, error, low, high), count in zip(rows, n, strict=True)
    ]


def _pooled(games: Games, replicates: int) -> Iterator[Floats]:
    """The number of times that each bootstrap draw from the rows of all models together contains each game."""
    rows = np.repeat(np.arange(len(games.model)), games.copies)
    generator = generator_of(games.preference)
    for _ in range(replicates):
        yield _times(rows[generator.integers(len(rows), size=len(rows))], games)


def _within_models(games: Games, replicates: int) -> Iterator[Floats]:
    rows = np.repeat(np.arange(len(games.model)), games.copies)
    by_model = [rows[games.model[rows] == model] for model in range(games.n_models)]
    generator = generator_of(games.preference)
    for _ in range(replicates):
        yield _times(np.concatenate([own[generator.integers(len(own), size=len(own))] for own in by_model]), games)


def _times(rows: Ints, games: Games) -> Floats:
    return np.bincount(rows, minlength=len(games.model)).astype(np.float64)


def _means(games: Games, weights: Floats) -> Floats:
    """Weighted mean verdict of each model, shape (m,); a model that was not drawn gets the mean of all its games."""
    (total, won), (all_rows, all_won) = (
        [
            np.bincount(games.model, weights=values, minlength=games.n_models)
            for values in (each, each * games.preference)
        ]
        for each in (weights, games.copies)
    )
    return np.divide(won, total, out=all_won / all_rows, where=total > 0)


def _log_odds_of(games: Games) -> Callable[[Floats], Floats]:
    def log_odds(weights: Floats) -> Floats:
        # a model that always wins has no finite rating; the reference stops somewhere far out as well
        means = np.clip(_means(games, weights), _NEVER, 1 - _NEVER)
        odds: Floats = np.log(means / (1 - means))
        return odds

    return log_odds


def _counts(games: Games, name: str) -> tuple[Floats, Floats]:
    candidate, baseline = games.style.get(name, (None, None))
    if candidate is None or baseline is None or not np.isfinite(candidate + baseline).all():
        raise StatsError(f"{name} unknown")
    if candidate.min() < 0 or baseline.min() < 0:
        raise StatsError(f"{name} is negative somewhere, and {name} are counted")
    return candidate, baseline


def _relative(candidate: Floats, baseline: Floats) -> Floats:
    relative: Floats = (candidate - baseline) / (candidate + baseline + 1)
    return relative


def _density_difference(games: Games, name: str) -> Floats:
    candidate_tokens, baseline_tokens = _counts(games, TOKENS)
    if name == TOKENS:
        total = candidate_tokens + baseline_tokens
        return np.divide(candidate_tokens - baseline_tokens, total, out=np.zeros_like(total), where=total > 0)
    candidate, baseline = _counts(games, name)
    return _relative(candidate / (candidate_tokens + 1), baseline / (baseline_tokens + 1))


def _standardised(names: Sequence[str], terms: Sequence[Floats], copies: Ints, *, spare: int) -> Floats:
    """Columns with mean zero and unit standard deviation over the rows.

    `spare` is subtracted from the number of rows in the standard deviation's denominator.
    """
    columns = np.column_stack(terms)
    centred = columns - np.average(columns, axis=0, weights=copies)
    spread = np.sqrt((copies[:, None] * centred**2).sum(axis=0) / (copies.sum() - spare))
    for name, deviation in zip(names, spread, strict=True):
        if deviation < _NEVER:
            raise StatsError(f"the {name} difference is the same everywhere")
    standardised: Floats = centred / spread
    return standardised


def _strengths_of(games: Games, features: Floats, penalty: Floats) -> Callable[[Floats], Floats]:
    """A function from the weights of games to each model's log-odds of beating the baseline with equal style."""
    m = games.n_models

    whole = _climb(games, features, penalty, weights=games.copies.astype(float), start=np.zeros(len(penalty)))

    def strengths(weights: Floats) -> Floats:
        # a model that was not drawn keeps the strength from the fit to all its games
        return _climb(games, features, penalty, weights=weights, start=whole)[:m]

    return strengths


def _climb(games: Games, features: Floats, penalty: Floats, *, weights: Floats, start: Floats) -> Floats:
    """Coefficients after Newton steps, each halved until the loss does not rise.

    The steps do not converge where a model always wins, and then end after a fixed number of iterations.
    """
    coefficients = start
    loss, gradient, information = _loss(games, features, penalty, weights, coefficients)
    for _ in range(_ITERATIONS):
        step = -np.linalg.solve(information, gradient)
        step = step * min(1.0, _LONGEST_STEP / max(_NEVER, float(np.abs(step).max())))
        there = _loss(games, features, penalty, weights, coefficients + step)
        while there[0] > loss and np.abs(step).max() > _NEVER:
            step = step / 2
            there = _loss(games, features, penalty, weights, coefficients + step)
        if np.abs(step).max() <= _NEVER:
            break
        coefficients = coefficients + step
        loss, gradient, information = there
    return coefficients


def _loss(
    games: Games, features: Floats, penalty: Floats, weights: Floats, coefficients: Floats
) -> tuple[float, Floats, Floats]:
    """Penalised negative log-likelihood, its gradient and its curvature."""
    m = games.n_models
    eta = coefficients[games.model] + features @ coefficients[m:]
    chance = expit(eta)
    pull = penalty @ coefficients
    loss = float(weights @ (np.logaddexp(0.0, eta) - games.preference * eta) + coefficients @ pull / 2)
    residual = weights * (chance - games.preference)
    gradient = np.concatenate([np.bincount(games.model, weights=residual, minlength=m), residual @ features]) + pull
    curvature = weights * chance * (1 - chance)
    weighted = features * curvature[:, None]
    crossed = np.column_stack([np.bincount(games.model, weights=column, minlength=m) for column in weighted.T])
    own = np.diag(np.bincount(games.model, weights=curvature, minlength=m))
    # a small ridge keeps the matrix invertible for a model that wins every row or was not drawn
    information = np.block([[own, crossed], [crossed.T, features.T @ weighted]]) + penalty + _NEVER * np.eye(len(pull))
    return loss, gradient, information
