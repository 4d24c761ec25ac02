"""The published AlpacaEval 2 formula for length-controlled win rates, for comparison with published rows only.

The LC win rate that ranks and gates is in `controlled_rate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats, Ints, Sample
from evalkit.types import Estimate, degraded

GAMED_WEIGHT = 0.1
FOLDS = 5
STRENGTHS = 10
SEED = 123
# the digits of an instruction's key in tables that name it by its index
_INDEX_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class GamedBaselines:
    """Verdicts on the verbose and the concise copy of the baseline, in file order; each array of shape (n rows,).

    `length` is the baseline's length minus the copy's, in standard deviations; `difficulty` is the instruction's.
    """

    preference: Floats
    length: Floats
    difficulty: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CompatInputs:
    """The inputs that AlpacaEval's formula needs besides the verdicts."""

    difficulty: dict[str, float]
    gamed: GamedBaselines


def lc_compat(sample: Sample, *, difficulty: Mapping[str, float], gamed: GamedBaselines) -> Estimate:
    """AlpacaEval's `length_controlled_v1`: a cross-validated L1 logistic regression, regularised by gamed baselines.

    Its standard error is, as published, the spread of predictions over instructions. That is not a sampling error, so
    the estimate has no interval and no gate reads it.

    Args:
        difficulty: by instruction key; must cover every instruction, also those without a verdict.

    Raises:
        StatsError: no verdicts, lengths unknown or constant, or difficulty missing for an instruction.

    Reference: alpaca_eval 0.6.6, formula `length_controlled_v1`, joined by instruction instead of by row.
    """
    if sample.n == 0:
        raise StatsError("no verdicts")
    if sample.length_difference is None or sample.missing_length_difference is None:
        raise StatsError("lengths unknown")
    if sample.n < FOLDS:
        raise StatsError(f"{sample.n} verdicts cannot be split into {FOLDS} folds")
    keys = np.array([*sample.keys, *sample.missing])
    uncovered = [key for key in keys.tolist() if key not in difficulty]
    if uncovered:
        raise StatsError(f"no difficulty for {_lacking(uncovered, len(keys), difficulty)}")
    # candidate minus baseline here, baseline minus candidate there
    delta = -np.concatenate([sample.length_difference, sample.missing_length_difference])
    if not np.isfinite(delta).all():
        raise StatsError("lengths unknown")
    spread = float(delta.std(ddof=1))
    if spread == 0:
        raise StatsError("the length difference is the same everywhere")
    values = np.array([difficulty[key] for key in keys.tolist()])
    judged = slice(0, sample.n)
    real = np.column_stack([np.tanh(delta / spread)[judged], values[judged], np.ones(sample.n)])
    copies = np.column_stack([np.tanh(gamed.length), gamed.difficulty, np.zeros(len(gamed.length))])
    weights = np.concatenate([np.full(len(copies), GAMED_WEIGHT), np.ones(sample.n)])
    coefficients = _fit(
        np.vstack([copies, real]), np.concatenate([gamed.preference, sample.preference]), weights=weights
    )
    predicted = 100 * expit(values * coefficients[1] + coefficients[2])
    spread_of_predictions = float(predicted.std(ddof=1) / np.sqrt(len(predicted))) if len(predicted) > 1 else None
    return Estimate(
        float(predicted.mean()),
        spread_of_predictions,
        None,
        None,
        sample.n_clusters,
        degraded("compat: no sampling error"),
    )


def _lacking(uncovered: Sequence[str], n: int, difficulty: Mapping[str, float]) -> str:
    """The instructions without a difficulty in words, with the cure where their names are of another kind."""
    if len(uncovered) == n and not any(map(_is_index, uncovered)) and all(map(_is_index, difficulty)):
        return (
            f"any of the {n} instructions: the file names them by index, and the verdicts by their texts. Give it a "
            "column instruction with the texts in place of index"
        )
    return f"{len(uncovered)} of {n} instructions, first {uncovered[0]!r}"


def _is_index(key: str) -> bool:
    """True for the number of a row, as tables by index name instructions."""
    return len(key) == _INDEX_DIGITS and key.isdigit()


def _fit(design: Floats, fractions: Floats, *, weights: Floats) -> Floats:
    """Coefficients of the cross-validated fit, shape (3,); every row enters twice, as a weighted win and as a loss."""
    from numpy.random import RandomState
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    n = len(fractions)
    doubled = np.vstack([design, design])
    outcome: Ints = np.concatenate([np.ones(n, dtype=np.int64), np.zeros(n, dtype=np.int64)])
    share = np.concatenate([fractions, 1 - fractions])
    row_weights = np.concatenate([weights, weights])

    def fitted(rows: Ints, strength: float, state: RandomState) -> Floats:
        model = LogisticRegression(
            C=strength, l1_ratio=1.0, solver="liblinear", fit_intercept=False, random_state=state
        ).fit(doubled[rows], outcome[rows], sample_weight=(share * row_weights)[rows])
        coefficients: Floats = model.coef_[0]
        return coefficients

    def score(rows: Ints, coefficients: Floats) -> float:
        predicted = np.clip(expit(doubled[rows] @ coefficients), 1e-15, 1 - 1e-15)
        target = np.where(outcome[rows] == 1, share[rows], 1 - share[rows])
        gains = target * np.log(predicted) + (1 - target) * np.log(1 - predicted)
        return float(np.mean(gains * row_weights[rows]))

    strengths = np.logspace(-4, 4, STRENGTHS)
    scores = np.zeros(STRENGTHS)
    for train, test in GroupKFold(n_splits=FOLDS).split(doubled, groups=np.tile(np.arange(n), 2)):
        # each fold has one stream of random numbers that continues over all penalties, as in the reference
        state = RandomState(SEED)
        scores += [score(test, fitted(train, strength, state)) for strength in strengths]
    return fitted(np.arange(2 * n), float(strengths[int(np.argmax(scores))]), RandomState(SEED))
