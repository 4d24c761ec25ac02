"""Length-controlled win rates of published verdicts beside AlpacaEval 2's leaderboard, by either shape of length."""

from collections.abc import Mapping

import pandas as pd
import pytest
from scipy.stats import spearmanr

from evalkit.stats.controlled_rate import Controlled
from evalkit.stats.covariates import at_balance
from evalkit.stats.fit_check import FitCheck, check_fits
from evalkit.stats.history import History, fit_history
from evalkit.stats.sample import Sample
from evalkit.stats.slopes import Shape
from evalkit.types import StatusKind
from tests.stats.drawn_boards import controlled_of
from tests.stats.stat_samples import numbers, value_of

Rates = Mapping[str, Controlled]


@pytest.fixture(scope="module")
def audited(real_samples: Mapping[str, Sample]) -> Mapping[str, Sample]:
    """Without one constant answer, which its audit refuses: on a board it teaches nothing."""
    return {model: sample for model, sample in real_samples.items() if model != "NullModel"}


@pytest.fixture(scope="module")
def history(audited: Mapping[str, Sample]) -> History:
    return fit_history(audited)


@pytest.fixture(scope="module")
def learned(audited: Mapping[str, Sample], history: History) -> Rates:
    return {model: controlled_of(history, model, sample) for model, sample in audited.items()}


@pytest.fixture(scope="module")
def with_one_slope(audited: Mapping[str, Sample]) -> Rates:
    history = fit_history(audited, shape=Shape.ONE)
    return {model: controlled_of(history, model, sample) for model, sample in audited.items()}


def trusted(rates: Rates) -> list[str]:
    return [model for model, one in rates.items() if one.estimate.status.kind == StatusKind.OK]


def beside(rates: Rates, models: list[str], published: pd.DataFrame) -> tuple[float, float]:
    """Spearman's correlation with the published column, and the largest difference, in points."""
    shown = [model for model in models if model in published.index]
    ours = pd.Series({model: value_of(rates[model].estimate) for model in shown})
    theirs = published["length_controlled_winrate"][shown]
    return float(spearmanr(ours, theirs)[0]), float((ours - theirs).abs().max())


def test_the_learned_shape_orders_models_as_the_published_leaderboard_does(
    learned: Rates, published: pd.DataFrame
) -> None:
    models = trusted(learned)
    assert len(models) >= 38
    # the judge rewards long answers less than it punishes short ones, which the published formula has no term for
    assert beside(learned, models, published)[0] >= 0.975


def test_one_slope_comes_near_to_every_published_number_but_that_of_a_submission_that_games_the_judge(
    with_one_slope: Rates, published: pd.DataFrame
) -> None:
    models = [model for model in with_one_slope if model != "gpt4_gamed"]
    correlation, worst = beside(with_one_slope, models, published)
    assert correlation >= 0.985
    # 3.57 of one model; the mean is 0.5
    assert worst <= 3.6


def at_equal_length(rates: Rates) -> FitCheck:
    """What all models together show on their pairs of about equal length."""
    found = check_fits([one.pairs for model, one in rates.items() if one.pairs and model != "gpt4_gamed"])
    assert found is not None
    return found


def test_the_learned_shape_says_the_right_thing_of_pairs_of_equal_length_where_one_slope_does_not(
    learned: Rates, with_one_slope: Rates
) -> None:
    ours, theirs = at_equal_length(learned), at_equal_length(with_one_slope)
    assert ours.n == theirs.n > 2000
    assert theirs.z > 5 and theirs.residual > 3.5
    assert abs(ours.z) < 3 and abs(ours.residual) < 2


def test_models_tuned_for_the_judge_can_be_judged_at_equal_length(learned: Rates) -> None:
    tuned = [model for model in learned if model.startswith("FuseChat")]
    assert tuned
    assert set(tuned) <= set(trusted(learned))


def test_a_submission_that_games_the_judge_is_not_trusted_under_either_shape(
    learned: Rates, with_one_slope: Rates
) -> None:
    assert "gpt4_gamed" not in trusted(learned)
    assert "gpt4_gamed" not in trusted(with_one_slope)


def test_the_interval_of_claude_leaves_room_for_what_other_shapes_say_of_it(learned: Rates) -> None:
    _, _, lower, _ = numbers(learned["claude"].estimate)
    assert lower < 31


def test_the_judge_of_the_leaderboard_has_two_slopes_that_go_with_balance(history: History) -> None:
    shape = history.shape
    assert shape is not None
    assert shape.weights[Shape.ONE] < 0.01
    assert shape.weights[Shape.BY_BALANCE] > 0.9
    assert shape.shorter > shape.longer + 1
    # a model that was made to match the baseline's lengths is taken at slopes of which neither stands out
    shorter, longer = at_balance(history.prior, 0.9).mean[:2]
    assert abs(shorter - longer) < 1
