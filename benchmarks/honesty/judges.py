"""The simulated judges: how length, easiness and chance determine their verdicts."""

from dataclasses import dataclass
from typing import NamedTuple

# with at least this share of answers on each side of the baseline's length, a modulus needs no extrapolation
BALANCED_SHARE = 0.3


class Normal(NamedTuple):
    """A normal distribution that models are drawn from."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A judge for whom the log-odds of a win are level + slope * t + modulus * |t| + easiness * g + second factor.

    t is tanh of the length difference over its robust standard deviation, and g is the instruction's easiness, with the
    standard deviation `difficulty` over instructions. Each model draws a level, a slope, an easiness and a modulus;
    balanced models draw the modulus from a distribution of their own. `interaction` is the standard deviation of the
    models' loadings on a second factor of instructions. `dispersion` is the variance of a verdict divided by that of a
    win or loss with the same mean. `confounding` is the distribution over models of the correlation of t with g;
    `baseline_easiness` is the correlation of the baseline's log length with g. Log lengths of the baseline's answers
    are normal; a model's log lengths have the slope `follows` on them and normal `noise`.
    """

    name: str
    level: Normal
    slope: Normal
    modulus: Normal
    balanced_modulus: Normal
    easiness: Normal
    interaction: float
    difficulty: float
    dispersion: float
    confounding: Normal
    baseline_easiness: float
    baseline_length: Normal
    follows: float
    noise: float


# python -m benchmarks.honesty --calibrate DATA: the verdicts that AlpacaEval published, as they were in December 2024
WEIGHTED = Judge(
    name="weighted_alpaca_eval_gpt4_turbo",  # of 42 models, 4 of them balanced
    level=Normal(-2.96, 1.48),
    slope=Normal(0.82, 0.08),
    modulus=Normal(-1.18, 0.27),
    balanced_modulus=Normal(0.2, 0.27),
    easiness=Normal(1.0, 0.18),
    interaction=0.01,
    difficulty=1.6,
    dispersion=0.62,
    confounding=Normal(0.19, 0.05),
    baseline_easiness=-0.23,
    baseline_length=Normal(7.32, 1.02),
    follows=0.77,
    noise=0.47,
)
FIRST = Judge(
    name="alpaca_eval_gpt4",  # of 53 models, 2 of them balanced
    level=Normal(1.03, 1.21),
    slope=Normal(2.64, 0.77),
    modulus=Normal(-0.37, 0.52),
    balanced_modulus=Normal(-1.24, 0.52),
    easiness=Normal(1.0, 0.25),
    interaction=0.56,
    difficulty=1.44,
    dispersion=0.91,
    confounding=Normal(0.16, 0.07),
    baseline_easiness=0.06,
    baseline_length=Normal(5.72, 1.22),
    follows=0.5,
    noise=0.5,
)
REASONING = Judge(
    name="alpaca_eval_cot_gpt4_turbo_fn",  # of 11 models, 2 of them balanced
    level=Normal(-1.48, 0.68),
    slope=Normal(1.72, 0.39),
    modulus=Normal(-0.52, 0.13),
    balanced_modulus=Normal(0.04, 0.13),
    easiness=Normal(1.0, 0.08),
    interaction=0.01,
    difficulty=1.28,
    dispersion=1.0,
    confounding=Normal(0.12, 0.05),
    baseline_easiness=-0.18,
    baseline_length=Normal(7.32, 1.02),
    follows=0.72,
    noise=0.38,
)
