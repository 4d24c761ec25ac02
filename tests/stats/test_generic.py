"""What judges have in common."""

import dataclasses
import math

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.confounding import log_odds
from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.covariates import BASELINE_LENGTH, DIFFICULTY, LONGER, SHORTER
from evalkit.stats.generic import Generic, learn_generic
from evalkit.stats.history import fit_history
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.slopes import Shape
from tests.stats.drawn_boards import controlled_of, draw_slopes_board
from tests.stats.stat_samples import value_of

JUDGES = ((1.2, 1.2), (2.0, 1.0), (1.0, 0.4))


def judge(
    seed: int, shorter: float, longer: float, *, correlation: float = 0.0, models: int = 8, n: int = 200
) -> dict[str, Sample]:
    """Models of which the baseline's lengths are known."""
    board = draw_slopes_board(
        seed, models=models, n=n, shorter=shorter, longer=longer, correlation=correlation, shared=0.5
    )
    lengths = np.random.default_rng(seed).lognormal(7, 0.5, n).round()
    return {model: dataclasses.replace(sample, baseline_length=lengths) for model, sample in board.samples.items()}


@pytest.fixture(scope="module")
def judges() -> list[dict[str, Sample]]:
    return [judge(seed, *slopes) for seed, slopes in enumerate(JUDGES)]


@pytest.fixture(scope="module")
def generic(judges: list[dict[str, Sample]]) -> Generic:
    return learn_generic(judges)


@pytest.mark.parametrize("n", [0, 1])
def test_how_judges_differ_cannot_be_learned_from_one(n: int, judges: list[dict[str, Sample]]) -> None:
    with pytest.raises(StatsError, match=f"{n} judges tell nothing of how judges differ; at least 2 needed"):
        learn_generic(judges[:n])


def test_a_judge_of_few_models_teaches_nothing(judges: list[dict[str, Sample]]) -> None:
    with pytest.raises(StatsError, match="4 models; at least 5 needed"):
        learn_generic([judges[0], dict(list(judges[1].items())[:4])])


def test_models_without_the_baselines_lengths_are_refused(judges: list[dict[str, Sample]]) -> None:
    unknown = {model: dataclasses.replace(sample, baseline_length=None) for model, sample in judges[1].items()}
    with pytest.raises(StatsError, match="the baseline's lengths are unknown"):
        learn_generic([judges[0], unknown])


def test_the_prior_is_the_mean_of_the_judges_and_how_they_differ_an_error_that_all_models_share(
    judges: list[dict[str, Sample]], generic: Generic
) -> None:
    found = generic.beside_difficulty
    assert found.names == (SHORTER, LONGER, DIFFICULTY)
    # how slopes go with balance is each judge's own, and nothing that a further judge is known by
    own = [fit_history(samples, shape=Shape.TWO).prior.chosen(found.names) for samples in judges]
    means = np.stack([prior.mean for prior in own])
    assert found.mean == pytest.approx(means.mean(axis=0))
    assert found.spread == pytest.approx(np.mean([prior.spread for prior in own], axis=0))
    # of three judges: squares about the mean over 2, and a third more for a further judge
    between = sum(np.outer(one, one) for one in means - means.mean(axis=0)) / 2
    assert found.error == pytest.approx(between * (1 + 1 / 3))
    assert not found.form.any()


def test_where_nothing_tells_difficulty_the_baselines_length_stands_for_it(generic: Generic) -> None:
    assert generic.alone.names == (SHORTER, LONGER, BASELINE_LENGTH)
    assert np.isfinite(generic.alone.covariance).all()
    # difficulty that is left out flattens the slopes
    assert 0 < generic.alone.mean[0] < generic.beside_difficulty.mean[0] + 0.1


def test_a_judge_twice_differs_from_itself_in_nothing(judges: list[dict[str, Sample]]) -> None:
    found = learn_generic([judges[0], judges[0]])
    assert found.beside_difficulty.error == pytest.approx(np.zeros((3, 3)), abs=1e-12)
    assert found.alone.error == pytest.approx(np.zeros((3, 3)), abs=1e-12)


def test_difficulty_that_is_left_out_moves_the_log_odds_by_its_flattened_weight(generic: Generic) -> None:
    # Zeger, Liang and Albert 1988, Biometrics 44: slopes shrink by sqrt(1 + c^2 s^2), c = 16 sqrt(3) / (15 pi)
    weight = generic.beside_difficulty.mean[2]
    flattened = (16 * math.sqrt(3) / (15 * math.pi)) ** 2
    assert generic.confounding.effect == pytest.approx(weight / math.sqrt(1 + flattened * weight**2), rel=1e-4)


def distances(samples: dict[str, Sample], generic: Generic) -> tuple[Floats, Floats]:
    """How far each model's log-odds at equal length lie without a history from those with it, and how far a correlation
    of 1 would move them.
    """
    history = fit_history(samples)
    away, reach = [], []
    for model in history.members:
        sample = samples[model]
        alone = length_controlled_win_rate(
            sample, prior=generic.alone, confounding=dataclasses.replace(generic.confounding, correlation=1.0)
        )
        assert alone.sensitivity is not None
        taught = value_of(controlled_of(history, model, sample).estimate)
        away.append(log_odds(alone.sensitivity.value) - log_odds(taught))
        reach.append(alone.sensitivity.log_odds)
    return np.array(away), np.array(reach)


def test_the_correlation_moves_models_without_a_history_as_far_as_they_lie_from_those_with_one(
    judges: list[dict[str, Sample]],
) -> None:
    # the same judge twice; a third may be unlike both, as Student's distribution of two degrees of freedom says
    found = learn_generic([judges[1], judges[1]])
    away, reach = distances(judges[1], found)
    moved = found.confounding.correlation * reach
    assert (moved**2).sum() == pytest.approx((4.3027 / 1.9600) ** 2 * (away**2).sum(), rel=1e-4)
    three = learn_generic(judges)
    shares = [float((away**2).sum() / (reach**2).sum()) for away, reach in (distances(one, three) for one in judges)]
    assert three.confounding.correlation == pytest.approx(3.1824 / 1.9600 * math.sqrt(np.mean(shares)), rel=1e-4)


def test_the_correlation_to_be_expected_covers_that_of_the_judges_models() -> None:
    even, uneven = (
        learn_generic(
            [judge(seed, 1.2, 1.2, correlation=correlation, models=20, n=600) for seed in (3, 4)]
        ).confounding.correlation
        for correlation in (0.0, 0.5)
    )
    # lengths go with difficulty by sqrt(0.5) * 0.5 = 0.35, times 4.30 / 1.96 = 0.77 for a third judge; that models are
    # judged by some hundred verdicts moves them as well
    assert 0.35 < uneven < 2 * 0.77
    assert even < 0.5
