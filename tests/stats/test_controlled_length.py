"""Length control, the case of one control: degenerate data, symmetries, coverage, and published verdicts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.controlled_rate import MIN_INSTRUCTIONS, Controlled, length_controlled_win_rate
from evalkit.stats.covariates import DIFFICULTY, LENGTH, LONGER, SHORTER, length_spread, length_term
from evalkit.stats.history import History
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Sample
from evalkit.stats.winrate import win_rate
from evalkit.types import StatusKind
from tests.stats.stat_samples import (
    TYPICAL,
    alternating,
    draw,
    keys_for,
    mirrored,
    numbers,
    prior_of,
    sample_of,
    value_of,
)

NAN = float("nan")


# --- what cannot be estimated


@pytest.mark.parametrize("n", [1, 5, 20, MIN_INSTRUCTIONS - 1])
def test_below_thirty_instructions_nothing_is_estimated(n: int) -> None:
    estimate = length_controlled_win_rate(draw(1, n).sample).estimate
    assert str(estimate.status) == f"not_estimable({n} instructions, at least 30 needed)"
    assert (estimate.value, estimate.stderr, estimate.lower, estimate.upper, estimate.n) == (None,) * 4 + (n,)


def test_thirty_rows_of_fewer_instructions_are_still_too_few() -> None:
    drawn = draw(2, 40).sample
    assert drawn.length_difference is not None
    sample = sample_of(drawn.preference, drawn.length_difference, clusters=keys_for(20) * 2)
    assert str(length_controlled_win_rate(sample).estimate.status).startswith("not_estimable(20 instructions")


@pytest.mark.parametrize("n", [1, 50])
def test_without_verdicts_there_is_no_length_controlled_win_rate(n: int) -> None:
    estimate = length_controlled_win_rate(sample_of([NAN] * n, np.arange(float(n)))).estimate
    assert str(estimate.status) == "not_estimable(no verdicts)"
    assert estimate.n == 0


def test_unknown_lengths_are_refused() -> None:
    verdicts = draw(3, 60).sample.preference
    for length in (None, [*range(1, 60), NAN], [*range(1, 60), float("inf")]):
        controlled = length_controlled_win_rate(sample_of(verdicts, length))
        assert str(controlled.estimate.status) == "not_estimable(lengths unknown)"
        assert controlled.measured.influence.tolist() == [0.0] * 60


def test_difficulty_that_repeats_the_length_term_is_refused() -> None:
    drawn = draw(5, 100)
    assert drawn.sample.length_difference is not None
    term = length_term(drawn.sample.length_difference)
    difficulty = dict(zip(drawn.sample.keys, (3 - 2 * term).tolist(), strict=True))
    estimate = length_controlled_win_rate(drawn.sample, difficulty=difficulty).estimate
    assert str(estimate.status) == "not_estimable(the covariates are linearly dependent: length, difficulty)"


@pytest.mark.parametrize("n", [40, 805])
def test_a_single_answer_of_another_length_does_not_end_the_estimate(n: int) -> None:
    length = np.zeros(n)
    length[0] = 100.0
    sample = sample_of(draw(6, n).sample.preference, length)
    # that row alone decides the length term: the others are judged at no difference, so LC is about their mean
    estimate = length_controlled_win_rate(sample).estimate
    assert value_of(estimate) == pytest.approx(100 * sample.preference[1:].mean(), abs=1)


# --- what can, at the edges


def test_all_ties_are_fifty_whatever_other_models_taught() -> None:
    length = np.random.default_rng(8).normal(300, 400, 200)
    value, _, lower, upper = numbers(length_controlled_win_rate(sample_of([0.5] * 200, length), prior=TYPICAL).estimate)
    assert value == pytest.approx(50, abs=0.5)
    assert lower < value < upper


FOUR_LENGTHS = np.repeat([-300.0, -100.0, 200.0, 500.0], 25)


def test_verdicts_that_overlap_in_length_are_not_called_separated() -> None:
    verdicts = (FOUR_LENGTHS > 0).astype(float)
    verdicts[[0, 99]] = 1, 0
    assert length_controlled_win_rate(sample_of(verdicts, FOUR_LENGTHS)).estimate.status.kind == StatusKind.OK


def test_perfect_separation_widens_the_interval_rather_than_narrowing_it() -> None:
    length = np.linspace(-500, 500, 101)
    clear = length_controlled_win_rate(sample_of((length > 0).astype(float), length)).estimate
    noise = np.random.default_rng(10).random(101) < 0.3
    noisy = length_controlled_win_rate(
        sample_of(np.where(noise, length < 0, length > 0).astype(float), length)
    ).estimate
    assert str(clear.status) == "degraded(separated)"
    assert noisy.status.kind == StatusKind.OK
    assert numbers(clear)[1] > 0.8 * numbers(noisy)[1]


def longer_but_for(n_shorter: int, sign: float) -> Sample:
    """1,000 instructions with a longer candidate but for some; sign -1 turns the lengths around."""
    generator = np.random.default_rng(11)
    # beyond what counts as about equally long
    length = np.abs(generator.normal(150, 500, 1000)).round() + 100
    length[:n_shorter] *= -1
    chance = expit(-0.4 + 1.8 * length_term(sign * length))
    return sample_of(generator.beta(chance, 1 - chance), sign * length)


@pytest.mark.parametrize(("sign", "side"), [(1, "short"), (-1, "long")])
@pytest.mark.parametrize(
    ("n_shorter", "prior", "share"), [(199, None, "19.9%"), (0, None, "0.0%"), (9, TYPICAL, "0.9%")]
)
def test_an_answer_at_equal_length_that_few_rows_come_near_to_is_called_thin(
    sign: int, side: str, n_shorter: int, prior: CoefficientPrior | None, share: str
) -> None:
    estimate = length_controlled_win_rate(longer_but_for(n_shorter, sign), prior=prior).estimate
    assert str(estimate.status) == f"degraded(thin: {share} of answers are as {side} as the baseline's)"
    assert estimate.value is not None


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("n_shorter", "prior"), [(200, None), (10, TYPICAL)])
def test_a_fifth_of_the_answers_on_the_other_side_is_enough_and_a_hundredth_with_a_history(
    sign: int, n_shorter: int, prior: CoefficientPrior | None
) -> None:
    assert (
        length_controlled_win_rate(longer_but_for(n_shorter, sign), prior=prior).estimate.status.kind == StatusKind.OK
    )


def test_one_huge_answer_changes_little_where_most_answers_are_equally_long() -> None:
    length = np.concatenate([np.zeros(450), np.random.default_rng(12).normal(300, 500, 355)])
    huge = length.copy()
    huge[-1] = 3_000_000
    assert length_spread(huge) == pytest.approx(length_spread(length), rel=0.1)


def test_missing_verdicts_are_left_out_of_the_estimate() -> None:
    drawn = draw(13, 120).sample
    assert drawn.length_difference is not None
    preference = drawn.preference.copy()
    preference[100:] = NAN
    with_gaps = length_controlled_win_rate(sample_of(preference, drawn.length_difference)).estimate
    without = length_controlled_win_rate(sample_of(drawn.preference[:100], drawn.length_difference[:100])).estimate
    assert with_gaps == without
    assert with_gaps.n == 100


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9, 1e300])
def test_huge_and_tiny_length_differences_are_only_a_matter_of_units(size: float) -> None:
    drawn = draw(14, 100).sample
    assert drawn.length_difference is not None
    scaled = length_controlled_win_rate(sample_of(drawn.preference, drawn.length_difference * size)).estimate
    assert numbers(scaled) == pytest.approx(numbers(length_controlled_win_rate(drawn).estimate), rel=1e-9)


@pytest.mark.parametrize("size", [1.0, 1e3])
def test_a_judge_that_prefers_whatever_is_longer_is_separated_however_near_some_lengths_are(size: float) -> None:
    # the slope at which a difference of one character decides is beyond a thousand, and is reached all the same
    length = size * np.concatenate(
        [np.zeros(4), [1.0, -1.0, 2.0], np.random.default_rng(32).normal(0, 700, 798).round()]
    )
    for verdicts in ((length > 0).astype(float), 0.5 + 0.5 * np.sign(length)):
        value, _, lower, upper = numbers(estimate := length_controlled_win_rate(sample_of(verdicts, length)).estimate)
        assert str(estimate.status) == "degraded(separated)"
        assert 0 < lower < value < upper < 100


@pytest.mark.parametrize("size", [1e3, 1e6])
def test_huge_difficulties_give_an_answer_without_a_warning(size: float) -> None:
    drawn = draw(15, 100, difficulty=0.8)
    stretched = {key: size * value for key, value in drawn.difficulty.items()}
    large = length_controlled_win_rate(drawn.sample, difficulty=stretched).estimate
    plain = length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty).estimate
    assert numbers(large) == pytest.approx(numbers(plain), abs=1e-5)


# --- what it means


def test_a_judge_that_only_counts_characters_is_worth_fifty_after_length_control() -> None:
    length = np.random.default_rng(16).normal(600, 800, 800).round()
    sample = sample_of(1 / (1 + np.exp(-length / 400)), length)
    assert value_of(win_rate(sample).estimate) > 65
    assert value_of(length_controlled_win_rate(sample).estimate) == pytest.approx(50, abs=2)


def test_two_lengths_worked_by_hand() -> None:
    # half the answers longer with 60 % wins, half shorter with 20 %; Jeffreys' halves make 60.5 / 101 and 20.5 / 101.
    # At no difference the log-odds are midway: (log(60.5 / 40.5) + log(20.5 / 80.5)) / 2
    n = 200
    preference = np.zeros(n)
    preference[:120:2] = 1
    preference[1:40:2] = 1
    midway = (np.log(60.5 / 40.5) + np.log(20.5 / 80.5)) / 2
    estimate = length_controlled_win_rate(sample_of(preference, alternating(n))).estimate
    assert value_of(estimate) == pytest.approx(100 / (1 + np.exp(-midway)), abs=1e-6)


def test_the_influences_make_the_standard_error() -> None:
    drawn = draw(17, 300, difficulty=0.8)
    controlled = length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty)
    influence = controlled.measured.influence
    # residuals balance but for Jeffreys' penalty, which weighs as half a row a coefficient
    assert abs(influence.mean()) < 100 * 3 / 300
    expected = np.sqrt((influence**2).sum() * 300 / 297) / 300
    assert controlled.estimate.stderr == pytest.approx(expected, rel=1e-12)


def test_each_influence_is_what_a_little_more_of_its_row_does_to_the_estimate() -> None:
    drawn = draw(18, 80).sample
    assert drawn.length_difference is not None
    measured = length_controlled_win_rate(drawn).measured
    copies = 40
    for row in range(0, 80, 9):
        # every row forty times, one of them forty-one times: as a fortieth of a row more
        rows = np.concatenate([np.repeat(np.arange(80), copies), [row]])
        heavier = sample_of(
            drawn.preference[rows], drawn.length_difference[rows], clusters=[f"{index}" for index in range(len(rows))]
        )
        same = sample_of(
            drawn.preference[rows[:-1]],
            drawn.length_difference[rows[:-1]],
            clusters=[f"{index}" for index in range(len(rows) - 1)],
        )
        moved = value_of(length_controlled_win_rate(heavier).estimate) - value_of(
            length_controlled_win_rate(same).estimate
        )
        # the spread of lengths moves a little too, which the influence takes as fixed
        assert moved * 80 * copies == pytest.approx(measured.influence[row], abs=12)


def test_without_the_penalty_the_delta_method_on_statsmodels_agrees() -> None:
    drawn = draw(19, 2000, difficulty=0.8)
    assert drawn.sample.length_difference is not None
    design = np.column_stack(
        [np.ones(2000), length_term(drawn.sample.length_difference), list(drawn.difficulty.values())]
    )
    fit = sm.GLM(drawn.sample.preference, design, family=sm.families.Binomial()).fit(tol=1e-12, cov_type="HC0")
    at_zero = design * np.array([1.0, 0.0, 1.0])
    predicted = 1 / (1 + np.exp(-at_zero @ fit.params))
    gradient = (predicted * (1 - predicted)) @ at_zero / 2000
    # the error of the coefficients and that of which instructions were drawn
    variance = gradient @ fit.cov_params() @ gradient + predicted.var() / 2000
    value, stderr, _, _ = numbers(length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty).estimate)
    assert value == pytest.approx(100 * predicted.mean(), abs=0.05)
    assert stderr == pytest.approx(100 * np.sqrt(variance), rel=0.01)


ONE_SLOPE = prior_of((LENGTH, DIFFICULTY), (1.8, 0.9), spread=(0.3, 0.3))


def width(controlled: Controlled) -> float:
    _, _, lower, upper = numbers(controlled.estimate)
    return upper - lower


@pytest.mark.parametrize(("prior", "names"), [(TYPICAL, (SHORTER, LONGER)), (ONE_SLOPE, (LENGTH,))])
def test_a_prior_on_the_length_coefficients_pulls_them_and_narrows_the_interval(
    prior: CoefficientPrior, names: tuple[str, ...]
) -> None:
    sample = draw(20, 100, length=1.8).sample
    loose = prior.widened(prior.names, 100)
    free, held = (length_controlled_win_rate(sample, prior=one) for one in (loose, prior))
    assert set(held.coefficients) == {"intercept", *names}
    for name in names:
        assert abs(held.coefficients[name] - 1.8) < abs(free.coefficients[name] - 1.8)
    for other in (free, length_controlled_win_rate(sample)):
        assert numbers(held.estimate)[1] < numbers(other.estimate)[1]
        assert width(held) < 0.97 * width(other)


def test_a_prior_that_expects_anything_changes_nothing_but_what_a_coin_toss_weighs() -> None:
    sample = draw(21, 200, binary=True).sample
    anything = ONE_SLOPE.widened(ONE_SLOPE.names, 1e4)
    assert numbers(length_controlled_win_rate(sample, prior=anything).estimate) == pytest.approx(
        numbers(length_controlled_win_rate(sample).estimate), abs=0.02
    )


# --- difficulty


def test_difficulty_that_is_the_same_everywhere_is_left_out_with_a_note() -> None:
    drawn = draw(23, 100)
    controlled = length_controlled_win_rate(drawn.sample, difficulty=dict.fromkeys(drawn.sample.keys, 2.0))
    assert controlled.estimate.notes == ("difficulty is the same everywhere: term left out",)


def test_difficulty_is_joined_by_key_and_surplus_keys_do_not_matter() -> None:
    drawn = draw(24, 100, difficulty=0.8)
    backwards = dict(reversed({**drawn.difficulty, "elsewhere": 9.0}.items()))
    plain = length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty)
    assert length_controlled_win_rate(drawn.sample, difficulty=backwards).estimate == plain.estimate


def test_known_difficulty_sharpens_the_estimate_of_the_length_coefficient() -> None:
    drawn = draw(25, 805, difficulty=2.0)
    controlled = length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty)
    assert controlled.coefficients["difficulty"] == pytest.approx(2.0, abs=0.25)
    assert controlled.coefficients["length"] == pytest.approx(1.2, abs=0.35)


def test_a_difficulty_that_is_not_a_number_is_left_out_with_a_note() -> None:
    drawn = draw(31, 60, difficulty=0.8)
    difficulty = {**drawn.difficulty, "0007": NAN}
    estimate = length_controlled_win_rate(drawn.sample, difficulty=difficulty).estimate
    assert estimate.value == length_controlled_win_rate(drawn.sample).estimate.value
    assert estimate.notes == ("difficulty is not a number everywhere: term left out",)


# --- symmetries


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(30, 120))
def test_swapping_sides_turns_the_estimate_into_its_complement(seed: int, n: int) -> None:
    sample = draw(seed, n).sample
    value, stderr, lower, upper = numbers(length_controlled_win_rate(sample).estimate)
    swapped = length_controlled_win_rate(mirrored(sample)).estimate
    assert numbers(swapped) == pytest.approx((100 - value, stderr, 100 - upper, 100 - lower), abs=1e-5)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(30, 120), st.booleans())
def test_the_interval_holds_the_estimate_inside_the_range(seed: int, n: int, binary: bool) -> None:
    value, stderr, lower, upper = numbers(length_controlled_win_rate(draw(seed, n, binary=binary).sample).estimate)
    assert 0 <= lower <= value <= upper <= 100
    assert stderr > 0


def test_four_times_the_data_halve_the_standard_error() -> None:
    few, many = (
        np.mean([numbers(length_controlled_win_rate(draw([n, seed], n).sample).estimate)[1] for seed in range(20)])
        for n in (200, 800)
    )
    assert few / many == pytest.approx(2, rel=0.06)


# --- the interval


def test_the_estimate_has_no_bias_worth_a_third_of_its_error() -> None:
    drawn = [draw([805, seed], 805, difficulty=0.9) for seed in range(200)]
    estimates = [numbers(length_controlled_win_rate(d.sample, difficulty=d.difficulty).estimate) for d in drawn]
    bias = np.mean([one[0] for one in estimates]) - drawn[0].lc_win_rate
    assert abs(bias) < np.mean([one[1] for one in estimates]) / 3


def test_the_bootstrap_agrees_with_the_sandwich_and_repeats_itself() -> None:
    drawn = draw(30, 300, difficulty=0.9)
    plain, first, second = (
        length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty, replicates=replicates).estimate
        for replicates in (0, 400, 400)
    )
    assert first == second
    assert first.value == plain.value
    assert numbers(first)[1] == pytest.approx(numbers(plain)[1], rel=0.12)
    assert numbers(first)[2:] == pytest.approx(numbers(plain)[2:], abs=1.5)


# --- published verdicts


def test_the_order_of_models_is_that_of_the_published_leaderboard(
    real_samples: Mapping[str, Sample], real_history: History, published: pd.DataFrame
) -> None:
    ours = {
        model: length_controlled_win_rate(
            sample, difficulty=real_history.for_model(model, sample), prior=real_history.prior
        ).estimate
        for model, sample in real_samples.items()
        if model in published.index
    }
    assert len(ours) == 43
    trusted = [model for model, estimate in ours.items() if estimate.status.kind == StatusKind.OK]
    assert len(trusted) >= 38
    assert all(model in trusted for model in ours if model.startswith("FuseChat"))
    theirs = published["length_controlled_winrate"]
    assert spearmanr([ours[model].value for model in trusted], theirs[trusted])[0] >= 0.975


def test_a_submission_that_games_the_judge_by_length_gains_nothing(
    real_samples: Mapping[str, Sample], real_history: History
) -> None:
    gamed = real_samples["gpt4_gamed"]
    learned = length_controlled_win_rate(
        gamed, difficulty=real_history.for_model("gpt4_gamed", gamed), prior=real_history.prior
    ).estimate
    assert value_of(learned) < 20 or learned.status.kind == StatusKind.DEGRADED
    alone = length_controlled_win_rate(gamed).estimate
    assert value_of(alone) < 20 or alone.status.kind == StatusKind.DEGRADED


@pytest.mark.parametrize("model", ["alpaca-7b", "claude-2.1", "vicuna-7b", "gpt35_turbo_instruct", "NullModel"])
def test_the_standard_error_of_published_verdicts_is_that_of_a_thousand_bootstraps(
    model: str, real_samples: Mapping[str, Sample], real_history: History
) -> None:
    sample = real_samples[model]
    errors = [
        numbers(
            length_controlled_win_rate(
                sample,
                difficulty=real_history.for_model(model, sample),
                prior=real_history.prior,
                replicates=replicates,
            ).estimate
        )[1]
        for replicates in (0, 1000)
    ]
    assert errors[0] == pytest.approx(errors[1], rel=0.1)


@pytest.mark.parametrize(
    "model", ["gpt-3.5-turbo-1106", "Qwen-14B-Chat", "openbuddy-llama2-70b-v10.1", "vicuna-7b-v1.5"]
)
def test_a_judge_that_prefers_whatever_is_longer_is_separated_on_published_lengths(
    model: str, real_samples: Mapping[str, Sample]
) -> None:
    difference = real_samples[model].length_difference
    assert difference is not None
    estimate = length_controlled_win_rate(sample_of((difference > 0).astype(float), difference)).estimate
    assert str(estimate.status) == "degraded(separated)"
