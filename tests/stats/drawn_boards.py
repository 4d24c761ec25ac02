"""Boards of models drawn from judges of which is known how they take length, and what each model's true answer is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalkit.stats.controlled_rate import Controlled, length_controlled_win_rate
from evalkit.stats.covariates import length_balance, length_term, split_length
from evalkit.stats.history import History
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats, Sample
from tests.stats.stat_samples import sample_of

SLOPE_SD, WEIGHT_SD = 0.2, 0.2


@dataclass(frozen=True, slots=True, eq=False)
class DrawnBoard:
    """Samples by model, the win rates in percent that these instructions give at equal length, and how easy each is."""

    samples: Mapping[str, Sample]
    truth: Mapping[str, float]
    difficulty: Floats


def draw_slopes_board(
    seed: int,
    *,
    models: int,
    n: int,
    shorter: float,
    longer: float,
    correlation: float = 0.0,
    shared: float = 0.7,
    lengths: float = 200.0,
    balanced: tuple[float, float] = (0.0, 0.0),
    gaps: float = 0.0,
) -> DrawnBoard:
    """A judge whose slope is `shorter` where answers are shorter and `longer` where they are longer.

    Models differ in level, mean length, slopes and the weight of difficulty. Lengths have the share `shared` of their
    variance in common, as those of AlpacaEval's board have 0.7, and that part goes with difficulty by `correlation`.

    Args:
        lengths: standard deviation of the models' mean lengths; that of a model's own lengths is 500.
        balanced: what is added to the two slopes of a model whose lengths are balanced, and as much less to others'.
        gaps: standard deviation of half the gap between a model's two slopes.
    """
    generator, of_gaps = np.random.default_rng([seed, models, n]), np.random.default_rng([seed, models, n, 1])
    difficulty = generator.normal(size=n)
    wanted = correlation * difficulty + math.sqrt(1 - correlation**2) * generator.normal(size=n)
    samples, truth = {}, {}
    for index in range(models):
        level, own, weight = generator.normal(-0.6, 0.8), generator.normal(0, SLOPE_SD), generator.normal(1, WEIGHT_SD)
        # what an instruction asks for, and what a model makes of it
        latent = math.sqrt(shared) * wanted + math.sqrt(1 - shared) * generator.normal(size=n)
        length = (generator.normal(100, lengths) + 500 * latent).round()
        parts = split_length(length_term(length))
        balance, gap = float(length_balance(*parts, np.ones(n))), of_gaps.normal(0, gaps)
        slopes = (shorter + own + gap + balance * balanced[0], longer + own - gap + balance * balanced[1])
        chance = expit(level + slopes[0] * parts[0] + slopes[1] * parts[1] + weight * difficulty)
        samples[f"model {index:02d}"] = sample_of(generator.beta(chance, 1 - chance), length)
        truth[f"model {index:02d}"] = 100 * float(expit(level + weight * difficulty).mean())
    return DrawnBoard(samples, truth, difficulty)


def controlled_of(history: History, model: str, sample: Sample) -> Controlled:
    """The model's length-controlled win rate as the other models teach it."""
    return length_controlled_win_rate(sample, difficulty=history.for_model(model, sample), prior=history.prior)
