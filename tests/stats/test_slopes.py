"""How a judge takes length, found again from boards of models of which the truth is known."""

import dataclasses

import numpy as np
import pytest

from evalkit.stats.covariates import DIFFICULTY, LENGTH, LONGER, SHORTER
from evalkit.stats.history import History, fit_history
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.slopes import Shape
from evalkit.stats.table import column_names, tabulate
from tests.stats.drawn_boards import DrawnBoard, controlled_of, draw_slopes_board
from tests.stats.stat_samples import numbers, sample_of, value_of

SEEDS = range(4)


def covered(board: DrawnBoard, history: History) -> list[bool]:
    held = []
    for model, sample in board.samples.items():
        _, _, lower, upper = numbers(controlled_of(history, model, sample).estimate)
        held.append(lower <= board.truth[model] <= upper)
    return held


def gap_in_errors(history: History) -> float:
    """By how many of its standard errors the typical model's two slopes differ."""
    prior = history.prior.chosen((SHORTER, LONGER))
    apart = np.array([1.0, -1.0])
    return float(abs(apart @ prior.mean) / np.sqrt(apart @ (prior.error + prior.form) @ apart))


def test_a_judge_with_one_slope_is_given_one_or_two_that_agree_within_their_error() -> None:
    held = []
    for seed in SEEDS:
        board = draw_slopes_board(seed, models=20, n=400, shorter=1.5, longer=1.5)
        history = fit_history(board.samples)
        assert history.shape is not None
        held += covered(board, history)
        assert history.shape.one_slope > 0.5 or gap_in_errors(history) < 2
        # lengths hang together, so that what all models share of them is hardly told from difficulty
        assert (history.shape.shorter + history.shape.longer) / 2 == pytest.approx(1.5, abs=0.45)
    assert np.mean(held) >= 0.9


def test_a_judge_that_punishes_short_answers_and_does_not_reward_long_ones_is_recognised_and_covered() -> None:
    held = []
    for seed in SEEDS:
        board = draw_slopes_board(seed, models=20, n=400, shorter=2.41, longer=0.05)
        history = fit_history(board.samples)
        assert history.shape is not None
        assert history.shape.one_slope < 0.01
        assert (history.shape.shorter, history.shape.longer) == pytest.approx((2.41, 0.05), abs=0.45)
        assert history.shape.loss_two < history.shape.loss_one
        held += covered(board, history)
    assert np.mean(held) >= 0.9


def test_one_slope_where_there_are_two_misses_what_two_slopes_cover() -> None:
    # that the shape matters is what makes the recognition worth a test
    board = draw_slopes_board(0, models=20, n=400, shorter=2.41, longer=0.05)
    one, two = (np.mean(covered(board, fit_history(board.samples, shape=shape))) for shape in (Shape.ONE, Shape.TWO))
    assert two >= 0.85
    assert one <= two - 0.3


def test_a_board_whose_long_answers_go_to_the_easy_instructions_is_covered() -> None:
    held = []
    for seed in SEEDS:
        board = draw_slopes_board(seed, models=20, n=400, shorter=1.5, longer=1.5, correlation=0.5)
        held += covered(board, fit_history(board.samples))
    assert np.mean(held) >= 0.9


def test_the_shape_can_be_chosen_and_is_then_sure() -> None:
    board = draw_slopes_board(1, models=8, n=150, shorter=2.0, longer=0.5)
    one, two = (fit_history(board.samples, shape=shape) for shape in (Shape.ONE, Shape.TWO))
    assert one.shape is not None and two.shape is not None
    assert (one.shape.one_slope, two.shape.one_slope) == (1.0, 0.0)
    assert one.prior.mean[0] == pytest.approx(one.prior.mean[1])
    assert two.prior.mean[0] > two.prior.mean[1] + 0.5
    assert not one.prior.form.any() and not two.prior.form.any()
    # one slope leaves next to no gap between a model's own two
    apart = np.array([1.0, -1.0])
    spread = one.prior.chosen((SHORTER, LONGER)).spread
    assert np.sqrt(apart @ spread @ apart) < 0.1


def test_a_mixture_of_shapes_lies_between_them_and_owns_up_to_their_distance() -> None:
    board = draw_slopes_board(5, models=10, n=150, shorter=1.5, longer=1.2)
    mixed, one, two = (fit_history(board.samples, shape=shape) for shape in (Shape.LEARNED, Shape.ONE, Shape.TWO))
    assert mixed.shape is not None
    share = mixed.shape.one_slope
    assert 0.1 < share < 0.9
    between = share * one.prior.mean + (1 - share) * two.prior.mean
    assert mixed.prior.mean[:2] == pytest.approx(between[:2], abs=1e-6)
    apart = mixed.prior.form[0, 0] / (share * (1 - share))
    assert apart == pytest.approx(float((one.prior.mean - two.prior.mean)[0] ** 2), rel=0.05, abs=1e-6)


def gaming(board: DrawnBoard, slope: float = 10.0) -> Sample:
    """A submission whose answers win by their length and by nothing else."""
    generator = np.random.default_rng(5)
    some = next(iter(board.samples.values()))
    length = generator.normal(200, 500, some.n).round()
    chance = 1 / (1 + np.exp(-(-2 + slope * np.tanh(length / 500))))
    return sample_of(generator.beta(chance, 1 - chance), length)


def test_a_submission_that_games_the_judge_moves_no_other_model_by_half_a_point() -> None:
    board = draw_slopes_board(3, models=11, n=400, shorter=1.5, longer=1.5)
    clean, gamed = fit_history(board.samples), fit_history({**board.samples, "games": gaming(board)})
    assert "games" not in gamed.members
    for model, sample in board.samples.items():
        before, after = (value_of(controlled_of(history, model, sample).estimate) for history in (clean, gamed))
        assert after == pytest.approx(before, abs=0.5)


def test_difficulty_as_the_others_tell_it_makes_the_estimate_of_a_refit_without_the_model() -> None:
    board = draw_slopes_board(4, models=20, n=300, shorter=1.5, longer=1.5)
    history = fit_history(board.samples)
    for model in ("model 03", "model 07"):
        sample = board.samples[model]
        without = fit_history({name: one for name, one in board.samples.items() if name != model})
        told, joint, refitted = (
            np.array([values[key] for key in sample.keys])
            for values in (history.for_model(model, sample), history.difficulty, without.difficulty)
        )
        # a refit has another prior of the slopes too, and what lengths have in common goes with it
        assert np.corrcoef(told, refitted)[0, 1] > max(0.9, np.corrcoef(joint, refitted)[0, 1])
        one, other = (numbers(controlled_of(each, model, sample).estimate) for each in (history, without))
        assert abs(one[0] - other[0]) < one[1] / 2
        assert one[1] == pytest.approx(other[1], rel=0.1)


@pytest.mark.parametrize("models", [6, 11])
def test_difficulty_is_what_models_have_in_common_and_not_what_one_of_them_says(models: int) -> None:
    for seed in range(50, 54):
        board = draw_slopes_board(seed, models=models, n=300, shorter=1.5, longer=1.5)
        history = fit_history(board.samples)
        weights = [member.coefficients[DIFFICULTY] for member in history.members.values()]
        assert max(weights) < 3 * np.median(weights)
        assert np.corrcoef(by_key(history), board.difficulty)[0, 1] > 0.6


def by_key(history: History) -> Floats:
    return np.array([history.difficulty[key] for key in sorted(history.difficulty)])


@pytest.mark.parametrize("flips", [0, 3])
def test_models_that_are_nearly_alike_do_not_stretch_difficulty_without_end(flips: int) -> None:
    generator = np.random.default_rng(6)
    length = generator.normal(100, 500, 120).round()
    verdicts = (generator.random(120) < 0.5).astype(float)
    samples = {}
    for index in range(8):
        own = verdicts.copy()
        turned = generator.choice(120, flips, replace=False)
        own[turned] = 1 - own[turned]
        samples[f"model {index}"] = sample_of(own, length + generator.normal(0, 20, 120).round())
    history = fit_history(samples)
    assert np.isfinite(by_key(history)).all()
    # with unit spread its weight is the standard deviation in log-odds
    assert 0 < history.prior.mean[-1] < 10
    assert np.isfinite(history.prior.covariance).all()
    for model, sample in samples.items():
        value, stderr, lower, upper = numbers(controlled_of(history, model, sample).estimate)
        assert 0 <= lower <= value <= upper <= 100
        assert 0 < stderr < 20


def test_another_name_for_a_model_or_an_instruction_changes_nothing() -> None:
    board = draw_slopes_board(7, models=7, n=120, shorter=2.0, longer=0.5)
    names = dict(zip(board.samples, np.random.default_rng(0).permutation(7).tolist(), strict=True))
    renamed = {
        f"other {names[model]}": dataclasses.replace(sample, keys=tuple(f"key {key}" for key in sample.keys))
        for model, sample in board.samples.items()
    }
    one, other = fit_history(board.samples), fit_history(renamed)
    assert by_key(other) == pytest.approx(by_key(one), abs=1e-6)
    for part in ("mean", "spread", "error", "form"):
        assert getattr(other.prior, part) == pytest.approx(getattr(one.prior, part), abs=1e-6)


def test_a_table_has_two_columns_for_length_alone_and_one_beside_other_controls() -> None:
    assert column_names((LENGTH,)) == (SHORTER, LONGER)
    assert column_names((LENGTH, "bold")) == (LENGTH, "bold")
    table = tabulate({"b": sample_of([0.2, 0.4, 0.9], [-300.0, 0.0, 300.0]), "a": sample_of([0.5], [4.0])}, (LENGTH,))
    # of a single answer no length varies
    assert (table.models, table.keys) == (("b",), ("0000", "0001", "0002"))
    assert table.controls[0, :, 0].tolist() == pytest.approx([-np.tanh(1 / 1.4826), 0, 0])
    assert table.controls[0, :, 1].tolist() == pytest.approx([0, 0, np.tanh(1 / 1.4826)])
