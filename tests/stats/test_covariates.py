"""What is controlled for: names, and the covariates they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import StatsError
from evalkit.stats.covariates import (
    BASELINE_LENGTH,
    DIFFICULTY,
    INTERCEPT,
    LENGTH,
    LONGER,
    LONGER_BALANCED,
    SHORTER,
    SHORTER_BALANCED,
    Design,
    at_balance,
    build_design,
    control_names,
    control_term,
    control_terms,
    for_lengths,
    length_balance,
    length_spread,
    length_term,
    split_length,
)
from evalkit.stats.sample import Floats, Sample, build_sample
from tests.stats.stat_samples import TYPICAL, keys_for, prior_of, sample_of


def measured(name: str, candidate: list[float], baseline: list[float]) -> Sample:
    n = len(candidate)
    return build_sample(keys_for(n), np.full(n, 0.5), measures={name: (np.array(candidate), np.array(baseline))})


def term(name: str, candidate: list[float], baseline: list[float]) -> Floats:
    found = control_term(measured(name, candidate, baseline), name)
    assert found is not None
    return found


def test_markdown_stands_for_headers_lists_and_bold_and_every_name_counts_once() -> None:
    assert control_names(["length", "markdown", "bold", "length"]) == ("length", "headers", "lists", "bold")
    assert control_names(["bold", "markdown"]) == ("bold", "headers", "lists")
    assert control_names([]) == ()


@pytest.mark.parametrize(
    "name",
    [INTERCEPT, DIFFICULTY, BASELINE_LENGTH, SHORTER, LONGER, SHORTER_BALANCED, LONGER_BALANCED],
)
def test_the_names_of_the_regressions_own_terms_are_refused(name: str) -> None:
    with pytest.raises(StatsError, match=f"no control can be named '{name}'"):
        control_names(["length", name])


@pytest.mark.parametrize("name", ["tokens", "headers", "lists", "bold", "code"])
def test_a_count_is_the_difference_relative_to_both_and_one(name: str) -> None:
    found = term(name, [0, 1, 20, 5, 2], [0, 0, 0, 5, 3])
    assert found.tolist() == pytest.approx([0, 1 / 2, 20 / 21, 0, -1 / 6])


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_counts_covariate_is_tanh_of_half_the_log_ratio_with_halves_added(a: float, b: float) -> None:
    expected = np.tanh(np.log((a + 0.5) / (b + 0.5)) / 2)
    assert term("bold", [a], [b])[0] == pytest.approx(expected, abs=1e-9)
    assert term("bold", [b], [a])[0] == -term("bold", [a], [b])[0]


def test_a_measure_of_another_name_may_have_any_sign_and_unit() -> None:
    difference = np.array([-3.0, -1.0, 0.0, 1.0, 50.0])
    found = term("sentiment", (difference - 7).tolist(), [-7.0] * 5)
    assert found.tolist() == pytest.approx(length_term(difference).tolist())
    scaled = term("sentiment", (1e6 * difference - 7).tolist(), [-7.0] * 5)
    assert scaled.tolist() == pytest.approx(found.tolist())


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(StatsError, match="headers is negative somewhere, and headers are counted"):
        term("headers", [1, -1], [0, 0])


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1.7e308])
@pytest.mark.parametrize("name", ["bold", "own"])
def test_what_is_not_a_number_everywhere_is_unknown(name: str, wrong: float) -> None:
    assert control_term(measured(name, [1, wrong], [0, 1.7e308]), name) is None
    assert control_term(measured(name, [1, wrong], [0, 0]), name) is None
    assert control_term(measured(name, [1, 1], [0, 0]), "another") is None
    assert control_term(sample_of([0.5, 0.5], [1.0, wrong if wrong > 0 else float("nan")]), "length") is None
    assert control_term(sample_of([0.5]), "length") is None


def test_the_spread_is_the_median_deviation_of_a_normal_sample() -> None:
    assert length_spread(np.array([-30.0, -10.0, 0.0, 10.0, 500.0])) == pytest.approx(14.826)
    # more than half agree: of the deviations 0, 0, 0, 10, 40 the median of those that are not zero is 25
    assert length_spread(np.array([5.0, 5.0, 5.0, 15.0, -35.0])) == pytest.approx(37.065)
    normal = np.random.default_rng(29).normal(200, 400, 100_000)
    assert length_spread(normal) == pytest.approx(400, rel=0.02)


def test_the_length_term_is_odd_bounded_and_positive_for_the_longer_candidate() -> None:
    difference = np.array([-3e6, -100.0, 0.0, 100.0, 250.0])
    term = length_term(difference)
    assert (np.diff(term) > 0).all()
    assert np.abs(term).max() <= 1
    assert term[2] == 0
    assert length_term(-difference).tolist() == (-term).tolist()


def test_a_difference_that_is_the_same_everywhere_keeps_its_sign() -> None:
    assert length_term(np.array([-7.0, -7.0])).tolist() == [-1.0, -1.0]
    assert length_term(np.zeros(2)).tolist() == [0.0, 0.0]


def test_the_two_parts_of_the_length_term_add_up_to_it() -> None:
    term = np.array([-0.9, -0.1, 0.0, 0.4])
    shorter, longer = split_length(term)
    assert (shorter.tolist(), longer.tolist()) == ([-0.9, -0.1, 0.0, 0.0], [0.0, 0.0, 0.0, 0.4])


@pytest.mark.parametrize(
    ("term", "weight", "balance"),
    [
        ([-0.5, -0.25, 0.0, 0.75], [1, 1, 1, 1], 1.0),
        # a quarter of all that differs lies on the lighter side, whichever that is: 2 * 0.2 / 0.8
        ([-0.2, 0.5, 0.1, 0.0], [1, 1, 1, 1], 0.5),
        ([0.2, -0.5, -0.1, 0.0], [1, 1, 1, 1], 0.5),
        # a verdict that weighs three counts as three: 2 * 0.3 / 1.2
        ([-0.1, 0.9, 0.0, 0.0], [3, 1, 1, 0], 0.5),
        ([0.3, 0.1, 0.0, 0.0], [1, 1, 1, 1], 0.0),
        ([-0.3, -0.1, 0.2, 0.0], [1, 1, 0, 1], 0.0),
        # of answers that are all equally long none is on one side
        ([0.0, 0.0, 0.0, 0.0], [1, 1, 1, 1], 1.0),
    ],
)
def test_the_balance_of_lengths_is_twice_the_share_of_the_lighter_side_worked_by_hand(
    term: list[float], weight: list[float], balance: float
) -> None:
    assert length_balance(*split_length(np.array(term)), np.array(weight)) == pytest.approx(balance)


def test_the_balance_is_that_of_each_model_of_a_table() -> None:
    terms = np.array([[-0.4, 0.4], [-0.1, 0.3], [0.2, 0.2]])
    assert length_balance(*split_length(terms), np.ones((3, 2))).tolist() == pytest.approx([1.0, 0.5, 0.0])


BY_BALANCE = prior_of(
    (SHORTER, LONGER, SHORTER_BALANCED, LONGER_BALANCED, DIFFICULTY),
    (3.0, -1.0, -2.0, 2.0, 1.5),
    spread=(0.3, 0.3, 0.0, 0.0, 0.2),
    error=(0.1, 0.1, 0.2, 0.2, 0.05),
)


def test_slopes_that_go_with_balance_are_a_models_own_by_its_lengths() -> None:
    for balance, slopes in ((0.0, [3.0, -1.0]), (0.5, [2.0, 0.0]), (1.0, [1.0, 1.0])):
        folded = at_balance(BY_BALANCE, balance)
        assert folded.names == (SHORTER, LONGER, DIFFICULTY)
        assert folded.mean.tolist() == [*slopes, 1.5]
        # how well the change with balance is known counts as far as the model is balanced
        assert np.diag(folded.error).tolist() == pytest.approx([0.01 + (0.2 * balance) ** 2] * 2 + [0.0025])
        assert np.diag(folded.spread).tolist() == pytest.approx([0.09, 0.09, 0.04])


def test_a_sample_gets_the_prior_of_its_own_balance_in_which_verdicts_count_by_their_weight() -> None:
    length = np.array([-200.0, -100.0, 300.0, 50.0])
    sample = build_sample(keys_for(4), np.full(4, 0.5), length_difference=length, weight=np.array([1.0, 1.0, 2.0, 4.0]))
    terms, _ = control_terms(sample, (LENGTH,))
    shorter = np.tanh(200 / length_spread(length)) + np.tanh(100 / length_spread(length))
    longer = 2 * np.tanh(300 / length_spread(length)) + 4 * np.tanh(50 / length_spread(length))
    balance = 2 * min(shorter, longer) / (shorter + longer)
    assert 0.1 < balance < 0.9
    assert for_lengths(BY_BALANCE, terms, sample).mean == pytest.approx(
        np.array([3 - 2 * balance, 2 * balance - 1, 1.5])
    )
    # where length is not controlled for, nothing is known of its balance
    assert for_lengths(BY_BALANCE, {"bold": length}, sample) is BY_BALANCE
    assert for_lengths(TYPICAL, terms, sample).mean.tolist() == TYPICAL.mean.tolist()


LENGTHS = np.linspace(-500, 900, 40).round()


def design(sample: Sample, *, names: tuple[str, ...] | None) -> Design:
    terms, _ = control_terms(sample, (LENGTH,))
    prior = None if names is None else prior_of(names, [0.5] * len(names), spread=[0.3] * len(names))
    return build_design(sample, terms, dict(zip(sample.keys, LENGTHS % 7, strict=True)), prior)


def test_a_prior_of_two_slopes_splits_the_length_term_and_without_one_it_is_whole() -> None:
    sample = sample_of([0.5] * 40, LENGTHS)
    assert design(sample, names=None).names == ("intercept", LENGTH, DIFFICULTY)
    assert design(sample, names=(DIFFICULTY,)).names == ("intercept", LENGTH, DIFFICULTY)
    split = design(sample, names=TYPICAL.names)
    assert split.names == ("intercept", SHORTER, LONGER, DIFFICULTY)
    assert split.columns[:, 1] + split.columns[:, 2] == pytest.approx(length_term(LENGTHS))
    # alike in length, the answers are still to instructions of their own difficulty
    assert split.controlled == [1, 2]
    assert not split.alike[:, 1:3].any() and (split.alike[:, 3] == split.columns[:, 3]).all()


def test_the_logarithm_of_the_baselines_length_is_a_column_where_a_prior_knows_it_and_it_is_known() -> None:
    names = (SHORTER, LONGER, BASELINE_LENGTH)
    lengths = np.arange(40.0) * 10
    sample = sample_of([0.5] * 40, LENGTHS, baseline_length=lengths)
    found = design(sample, names=names)
    assert found.names == ("intercept", SHORTER, LONGER, DIFFICULTY, BASELINE_LENGTH)
    logs = np.log1p(lengths)
    assert found.columns[:, 4] == pytest.approx((logs - logs.mean()) / logs.std())
    assert found.controlled == [1, 2]
    assert BASELINE_LENGTH not in design(sample, names=None).names
    for wrong in ([float("nan"), *lengths[1:]], [-1.0, *lengths[1:]], [300.0] * 40):
        unusable = sample_of([0.5] * 40, LENGTHS, baseline_length=wrong)
        assert BASELINE_LENGTH not in design(unusable, names=names).names


def test_a_coefficient_that_others_lead_one_to_expect_needs_no_ten_instructions() -> None:
    few = sample_of([0.5] * 29, LENGTHS[:29])
    terms, _ = control_terms(few, (LENGTH,))
    difficulty = dict(zip(few.keys, LENGTHS[:29] % 7, strict=True))
    with pytest.raises(StatsError, match="29 instructions, at least 30 needed for 3 coefficients"):
        build_design(few, terms, difficulty)
    assert build_design(few, terms, difficulty, TYPICAL).names == ("intercept", SHORTER, LONGER, DIFFICULTY)
