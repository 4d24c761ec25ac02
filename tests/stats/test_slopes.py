"""How a judge takes length, found again from boards of models of which the truth is known."""

import dataclasses
import math

import numpy as np
import pytest

from evalkit.stats import population as populations
from evalkit.stats.covariates import (
    CURVATURE,
    DIFFICULTY,
    LENGTH,
    LONGER,
    LONGER_BALANCED,
    SHORTER,
    SHORTER_BALANCED,
    at_balance,
    length_balance,
    length_term,
    split_length,
)
from evalkit.stats.history import History, fit_history
from evalkit.stats.population import learn_population
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.slopes import GAP_SPREADS, SHAPES, Shape
from evalkit.stats.table import Table, column_names, tabulate
from tests.stats.drawn_boards import DrawnBoard, controlled_of, draw_slopes_board
from tests.stats.stat_samples import numbers, sample_of, value_of

SEEDS = range(4)


def covered(board: DrawnBoard, history: History) -> list[bool]:
    held = []
    for model, sample in board.samples.items():
        _, _, lower, upper = numbers(controlled_of(history, model, sample).estimate)
        held.append(lower <= board.truth[model] <= upper)
    return held


def balances(board: DrawnBoard) -> Floats:
    found = []
    for sample in board.samples.values():
        assert sample.length_difference is not None
        found.append(float(length_balance(*split_length(length_term(sample.length_difference)), np.ones(sample.n))))
    return np.array(found)


def gap_in_errors(board: DrawnBoard, history: History) -> float:
    """By how many of its standard errors the two slopes of a model of middling balance differ."""
    prior = at_balance(history.prior, float(np.median(balances(board)))).chosen((SHORTER, LONGER))
    apart = np.array([1.0, -1.0])
    return float(abs(apart @ prior.mean) / np.sqrt(apart @ (prior.error + prior.form) @ apart))


def test_a_judge_with_one_slope_is_given_one_or_two_that_agree_within_their_error() -> None:
    held = []
    for seed in SEEDS:
        board = draw_slopes_board(seed, models=20, n=400, shorter=1.5, longer=1.5)
        history = fit_history(board.samples)
        assert history.shape is not None
        held += covered(board, history)
        assert history.shape.weights[Shape.ONE] > 0.5 or gap_in_errors(board, history) < 2
        # lengths hang together, so that what all models share of them is hardly told from difficulty
        assert (history.shape.shorter + history.shape.longer) / 2 == pytest.approx(1.5, abs=0.45)
    assert np.mean(held) >= 0.9


def test_a_judge_that_punishes_short_answers_and_does_not_reward_long_ones_is_recognised_and_covered() -> None:
    held = []
    for seed in SEEDS:
        board = draw_slopes_board(seed, models=20, n=400, shorter=2.41, longer=0.05)
        history = fit_history(board.samples)
        assert history.shape is not None
        assert history.shape.weights[Shape.ONE] < 0.01
        assert (history.shape.shorter, history.shape.longer) == pytest.approx((2.41, 0.05), abs=0.45)
        assert history.shape.losses[Shape.TWO] < history.shape.losses[Shape.ONE]
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
    one, two, by_balance, curved = histories = [fit_history(board.samples, shape=shape) for shape in SHAPES]
    assert np.array([weights(each) for each in histories]).tolist() == np.eye(4).tolist()
    assert one.prior.mean[0] == pytest.approx(one.prior.mean[1])
    assert two.prior.mean[0] > two.prior.mean[1] + 0.5
    assert not any(each.prior.form.any() for each in histories)
    # what a shape has no term for changes nothing under it
    for names, shape in (((SHORTER_BALANCED, LONGER_BALANCED), by_balance), ((CURVATURE,), curved)):
        for each in histories:
            changes = each.prior.chosen(names)
            assert bool(changes.mean.any()) == bool(changes.covariance.any()) == (each is shape)
    # one slope leaves next to no gap between a model's own two
    apart = np.array([1.0, -1.0])
    spread = one.prior.chosen((SHORTER, LONGER)).spread
    assert np.sqrt(apart @ spread @ apart) < 0.1


def weights(history: History) -> list[float]:
    assert history.shape is not None
    return [history.shape.weights[shape] for shape in SHAPES]


def test_a_mixture_of_shapes_lies_between_them_and_owns_up_to_their_distance() -> None:
    board = draw_slopes_board(5, models=10, n=150, shorter=1.5, longer=1.2)
    mixed, *shapes = (fit_history(board.samples, shape=shape) for shape in (Shape.LEARNED, *SHAPES))
    shares = np.array(weights(mixed))
    # more than one of them counts
    assert shares.max() < 0.9
    # difficulty has another scale under each, the slopes have not
    means = np.stack([shape.prior.mean[:5] for shape in shapes])
    assert mixed.prior.mean[:5] == pytest.approx(shares @ means, abs=1e-6)
    apart = means - shares @ means
    assert mixed.prior.form[:5, :5] == pytest.approx(apart.T @ (shares[:, None] * apart), abs=1e-6)
    assert mixed.prior.form[0, 0] > 0.01
    for part in ("spread", "error"):
        expected = np.tensordot(shares, [getattr(shape.prior, part)[:5, :5] for shape in shapes], 1)
        assert getattr(mixed.prior, part)[:5, :5] == pytest.approx(expected, abs=1e-6)


def test_the_shapes_are_weighed_by_how_often_resamples_of_instructions_are_predicted_better() -> None:
    for seed in range(3):
        board = draw_slopes_board(seed, models=10, n=150, shorter=2.0, longer=1.0)
        shape = fit_history(board.samples).shape
        assert shape is not None
        share, loss = shape.weights, shape.losses
        assert sum(share.values()) == pytest.approx(1)
        assert min(share.values()) >= 0
        # who predicts better by itself has the greater weight of the two
        assert (share[Shape.TWO] > share[Shape.BY_BALANCE]) == (loss[Shape.TWO] < loss[Shape.BY_BALANCE])
        with_two = [loss[each] for each in SHAPES if each != Shape.ONE]
        assert (share[Shape.ONE] > 0.5) == (loss[Shape.ONE] < min(with_two))


BY_BALANCE_SEEDS = (4, 6, 15)


def test_slopes_that_go_with_balance_are_found_and_one_sided_models_covered_as_alike_slopes_do_not() -> None:
    # a model whose answers lie on one side of the baseline's length is taken at 3 and -1/2, a balanced one at 1 and 3/2
    held: dict[Shape, list[bool]] = {Shape.LEARNED: [], Shape.TWO: []}
    away: dict[Shape, list[float]] = {Shape.LEARNED: [], Shape.TWO: []}
    one_sided: list[bool] = []
    for seed in BY_BALANCE_SEEDS:
        board = draw_slopes_board(seed, models=20, n=400, shorter=3.0, longer=-0.5, balanced=(-2.0, 2.0), lengths=400.0)
        one_sided += (balances(board) < 0.25).tolist()
        for shape in held:
            history = fit_history(board.samples, shape=shape)
            held[shape] += covered(board, history)
            away[shape] += [
                abs(value_of(controlled_of(history, model, sample).estimate) - board.truth[model])
                for model, sample in board.samples.items()
            ]
            if shape == Shape.LEARNED:
                assert history.shape is not None
                assert history.shape.weights[Shape.BY_BALANCE] > 0.9
                losses = history.shape.losses
                assert losses[Shape.BY_BALANCE] < losses[Shape.TWO] < losses[Shape.ONE]
                for balance, slopes in ((0.0, (3.0, -0.5)), (1.0, (1.0, 1.5))):
                    assert at_balance(history.prior, balance).mean[:2] == pytest.approx(slopes, abs=0.45)
    few = np.array(one_sided)
    assert few.sum() >= 15
    assert np.mean(held[Shape.LEARNED]) >= 0.93
    assert np.array(held[Shape.LEARNED])[few].mean() >= 0.93
    assert np.array(held[Shape.TWO])[few].mean() <= 0.87
    assert np.mean(away[Shape.TWO]) > 1.5 * np.mean(away[Shape.LEARNED])


def test_slopes_that_go_with_balance_are_found_however_far_they_lie_from_alike_ones() -> None:
    # a mean that steps beyond what its models have in common would swing to the last round, between 0 and 1
    for seed in range(1, 5):
        board = draw_slopes_board(seed, models=30, n=500, shorter=4.0, longer=-1.0, balanced=(-3.0, 2.0), lengths=300.0)
        history = fit_history(board.samples)
        assert history.shape is not None
        assert history.shape.weights[Shape.BY_BALANCE] > 0.9
        for balance, slopes in ((0.0, (4.0, -1.0)), (1.0, (1.0, 1.0))):
            assert at_balance(history.prior, balance).mean[:2] == pytest.approx(slopes, abs=0.45)
        assert np.mean(covered(board, history)) >= 0.9


def test_where_balance_changes_nothing_a_change_with_it_lies_within_its_error() -> None:
    for seed in SEEDS:
        board = draw_slopes_board(seed, models=20, n=400, shorter=2.0, longer=1.0, lengths=400.0)
        prior = fit_history(board.samples, shape=Shape.BY_BALANCE).prior.chosen((SHORTER_BALANCED, LONGER_BALANCED))
        assert float(prior.mean @ np.linalg.solve(prior.error, prior.mean)) < 9.2  # 99 % of a chi-square of 2


TURN = np.array([[1.0, 1.0], [1.0, -1.0]])
VARYING = np.array([True, False, True])


def typical_slope(table: Table) -> float:
    population = learn_population(table, TURN, VARYING, absent=np.zeros(3, dtype=bool))
    return float(population.mean[0])


def beside_difficulty_with_its_own_verdicts_in(table: Table, design: Floats, *_: object) -> Floats:
    return np.broadcast_to(design[:, :, -1], table.preference.shape).copy()


def test_slopes_are_learned_without_the_tenth_by_which_a_models_own_verdicts_in_difficulty_enlarge_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = [
        tabulate(draw_slopes_board(seed, models=20, n=400, shorter=1.5, longer=1.5).samples, (LENGTH,))
        for seed in range(8)
    ]
    found = np.mean([typical_slope(table) for table in tables])
    # slopes were drawn with a deviation of 0.2, of 8 times 20 models
    assert found == pytest.approx(1.5, abs=0.06)
    monkeypatch.setattr(populations, "_of_others", beside_difficulty_with_its_own_verdicts_in)
    enlarged = np.mean([typical_slope(table) for table in tables])
    assert enlarged > 1.08 * 1.5
    assert enlarged > 1.08 * found


def gap_spread(history: History) -> float:
    apart = np.array([0.5, -0.5])
    return float(np.sqrt(apart @ history.prior.chosen((SHORTER, LONGER)).spread @ apart))


def test_models_are_taken_to_differ_in_the_gap_of_their_slopes_only_where_the_verdicts_insist() -> None:
    none: list[float] = []
    wide: list[float] = []
    for seed in SEEDS:
        for gaps, found in ((0.0, none), (1.0, wide)):
            board = draw_slopes_board(seed, models=20, n=400, shorter=2.0, longer=1.0, gaps=gaps)
            found.append(gap_spread(fit_history(board.samples, shape=Shape.TWO)))
    # a coefficient that all models have in common is still allowed 0.03
    assert none == pytest.approx([0.03] * len(SEEDS), abs=1e-6)
    # the smallest that verdicts do not contradict, never more than there is
    assert all(GAP_SPREADS[1] < spread < 1.0 for spread in wide)


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


def test_an_instructions_traits_are_the_means_of_both_parts_of_length_and_the_baselines_length_worked_by_hand() -> None:
    # tanh(1 / 1.4826) where a length is a deviation away: each part of two models is half of it, or all
    far = float(np.tanh(1 / 1.4826))
    baseline = [0.0, math.e - 1, math.e**2 - 1]
    table = tabulate(
        {
            "a": sample_of([0.2, 0.4, 0.9], [-300.0, 0.0, 300.0], baseline_length=baseline),
            "b": sample_of([0.2, 0.4, 0.9], [300.0, 0.0, -300.0], baseline_length=baseline),
            "c": sample_of([0.2, 0.4, 0.9], [0.0, -300.0, 300.0], baseline_length=baseline),
        },
        (LENGTH,),
    )
    # shorter: -far/3 of each; longer: far/3, 0, 2 far/3
    assert table.traits[:, 0].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
    assert table.traits[:, 1].tolist() == pytest.approx([0, -far / 3, far / 3])
    assert table.traits[:, 2].tolist() == pytest.approx([-1, 0, 1])
