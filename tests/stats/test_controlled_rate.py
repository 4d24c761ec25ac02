"""Controlled win rates for several controls and weights; the case of length alone has a file of its own."""

from collections.abc import Mapping

import numpy as np
import pytest
import statsmodels.api as sm

from evalkit.stats.controlled_rate import Controlled, controlled_win_rate, length_controlled_win_rate
from evalkit.stats.covariates import control_term
from evalkit.stats.history import fit_history
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats, Sample, build_sample
from evalkit.stats.winrate import win_rate
from evalkit.types import StatusKind
from tests.stats.stat_samples import ARENA_CONTROLS, draw, draw_arena, keys_for, numbers, value_of

MARKDOWN = ("headers", "lists", "bold")
Counts = tuple[Floats, Floats]


def styled(
    seed: int, n: int, *, level: float = -0.4, slopes: Mapping[str, float] | None = None, **given: Counts
) -> Sample:
    """Soft verdicts from log-odds level + slope * covariate for each control; `given` measures replace drawn ones."""
    generator = np.random.default_rng([seed, n])
    measures = {
        name: (generator.poisson(4, n).astype(float), generator.poisson(3, n).astype(float)) for name in MARKDOWN
    }
    measures |= given
    length = generator.normal(100, 500, n).round()
    blank = build_sample(keys_for(n), np.full(n, 0.5), length_difference=length, measures=measures)
    eta = np.full(n, level)
    for name, slope in (slopes or {}).items():
        term = control_term(blank, name)
        assert term is not None
        eta = eta + slope * term
    preference = generator.beta(expit(eta), 1 - expit(eta))
    return build_sample(keys_for(n), preference, length_difference=length, measures=measures)


def status(controlled: Controlled) -> str:
    return str(controlled.estimate.status)


# --- what it means


def test_control_for_length_alone_is_length_control_to_the_last_bit() -> None:
    drawn = draw(1, 200, difficulty=0.8)
    for replicates in (0, 20):
        one = controlled_win_rate(drawn.sample, ["length"], difficulty=drawn.difficulty, replicates=replicates)
        other = length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty, replicates=replicates)
        assert one.estimate == other.estimate
        assert one.coefficients == other.coefficients
        assert one.measured.influence.tobytes() == other.measured.influence.tobytes()


def test_a_judge_that_only_counts_markup_is_worth_fifty_at_equal_markup() -> None:
    sample = styled(2, 800, level=0.0, slopes={"headers": 2.0, "lists": 1.0, "bold": 1.0})
    assert value_of(win_rate(sample).estimate) > 58
    assert value_of(length_controlled_win_rate(sample).estimate) > 58
    assert value_of(controlled_win_rate(sample, ["markdown"]).estimate) == pytest.approx(50, abs=3)


def test_coefficients_are_reported_by_the_name_of_the_control_and_found_again() -> None:
    sample = styled(3, 4000, slopes={"length": 1.0, "headers": 0.8, "bold": -0.6})
    found = controlled_win_rate(sample, ["length", "markdown"]).coefficients
    assert list(found) == ["intercept", "length", "headers", "lists", "bold"]
    assert list(found.values()) == pytest.approx([-0.4, 1.0, 0.8, 0.0, -0.6], abs=0.25)


def test_the_order_of_controls_does_not_matter() -> None:
    sample = styled(4, 300, slopes={"headers": 1.0})
    one, other = (controlled_win_rate(sample, names) for names in (["length", "markdown"], ["markdown", "length"]))
    assert numbers(one.estimate) == pytest.approx(numbers(other.estimate), abs=1e-6)
    assert dict(one.coefficients) == pytest.approx(dict(other.coefficients), abs=1e-6)


def test_the_estimate_is_the_prediction_at_zero_of_a_general_solver_with_its_delta_error() -> None:
    sample = styled(5, 2000, slopes={"length": 1.0, "headers": 0.8})
    terms = [control_term(sample, name) for name in ("length", *MARKDOWN)]
    design = np.column_stack([np.ones(2000), *(term for term in terms if term is not None)])
    fit = sm.GLM(sample.preference, design, family=sm.families.Binomial()).fit(tol=1e-12, cov_type="HC0")
    level = 1 / (1 + np.exp(-fit.params[0]))
    value, stderr, _, _ = numbers(controlled_win_rate(sample, ["length", "markdown"]).estimate)
    assert value == pytest.approx(100 * level, abs=0.05)
    assert stderr == pytest.approx(100 * level * (1 - level) * np.sqrt(fit.cov_params()[0, 0]), rel=0.01)


def test_swapping_sides_turns_the_estimate_into_its_complement() -> None:
    sample = styled(6, 150, slopes={"headers": 1.0})
    assert sample.length_difference is not None
    swapped = build_sample(
        sample.keys,
        1 - sample.preference,
        length_difference=-sample.length_difference,
        measures={name: (b, a) for name, (a, b) in sample.measures.items()},
    )
    value, stderr, lower, upper = numbers(controlled_win_rate(sample, ["length", "markdown"]).estimate)
    other = numbers(controlled_win_rate(swapped, ["length", "markdown"]).estimate)
    assert other == pytest.approx((100 - value, stderr, 100 - upper, 100 - lower), abs=1e-5)


def test_own_columns_of_any_sign_are_controlled_for() -> None:
    generator = np.random.default_rng(7)
    own = (generator.normal(-3, 2, 600), generator.normal(-4, 2, 600))
    sample = styled(7, 600, level=0.0, slopes={"warmth": 2.0}, warmth=own)
    assert value_of(win_rate(sample).estimate) > 55
    assert value_of(controlled_win_rate(sample, ["warmth"]).estimate) == pytest.approx(50, abs=3)


# --- what is left out, and what is refused


def test_nothing_to_control_for_leaves_the_raw_win_rate() -> None:
    sample = styled(8, 100)
    estimate = controlled_win_rate(sample, []).estimate
    assert numbers(estimate) == numbers(win_rate(sample).estimate)
    assert estimate.notes == ("nothing is controlled for",)


def test_unknown_measures_are_refused_by_name() -> None:
    sample = styled(9, 100, bold=(np.full(100, np.nan), np.zeros(100)))
    assert status(controlled_win_rate(sample, ["markdown"])) == "not_estimable(bold unknown)"
    assert status(controlled_win_rate(sample, ["code", "bold"])) == "not_estimable(code, bold unknown)"
    assert status(controlled_win_rate(sample, ["difficulty"])).startswith("not_estimable(no control can be named")
    assert controlled_win_rate(sample, ["length", "headers", "lists"]).estimate.value is not None


def test_a_measure_in_which_answers_never_differ_is_left_out_with_a_note() -> None:
    same = np.arange(200.0)
    sample = styled(10, 200, headers=(same, same), slopes={"lists": 1.0})
    controlled = controlled_win_rate(sample, ["length", "markdown"])
    assert controlled.estimate.notes == ("answers never differ in headers: left out",)
    assert list(controlled.coefficients) == ["intercept", "length", "lists", "bold"]
    assert numbers(controlled.estimate) == numbers(controlled_win_rate(sample, ["length", "lists", "bold"]).estimate)


def test_a_measure_that_differs_by_the_same_everywhere_cannot_be_told_from_the_level() -> None:
    sample = styled(11, 200, headers=(np.full(200, 2.0), np.zeros(200)))
    expected = "not_estimable(the headers difference is the same everywhere)"
    assert status(controlled_win_rate(sample, ["length", "headers"])) == expected


def test_of_controls_that_say_the_same_one_is_enough() -> None:
    counts = (np.random.default_rng(12).poisson(3, 200).astype(float), np.ones(200))
    sample = styled(12, 200, headers=counts, bold=counts, slopes={"headers": 1.0})
    controlled = controlled_win_rate(sample, ["headers", "lists", "bold"])
    assert controlled.estimate.notes == ("bold is determined by headers, lists: left out",)
    assert controlled.estimate.value == controlled_win_rate(sample, ["headers", "lists"]).estimate.value


def test_controls_that_cannot_be_told_apart_from_the_level_are_refused_by_name() -> None:
    # one answer has the header, never both and never none: it is the level that tells which
    one = (np.arange(100) % 2).astype(float)
    sample = styled(13, 100, headers=(one, 1 - one), bold=(2 * one, np.zeros(100)))
    reason = status(controlled_win_rate(sample, ["headers", "bold"]))
    assert reason == "not_estimable(the covariates are linearly dependent: headers, bold)"


@pytest.mark.parametrize(("n", "known"), [(49, False), (50, True)])
def test_every_coefficient_needs_ten_instructions(n: int, known: bool) -> None:
    controlled = controlled_win_rate(styled(14, n), ["length", "markdown"])
    assert (controlled.estimate.value is not None) == known
    if not known:
        assert status(controlled) == "not_estimable(49 instructions, at least 50 needed for 5 coefficients)"
    assert controlled_win_rate(styled(14, 30), ["length", "bold"]).estimate.value is not None


# --- statuses


def test_verdicts_that_the_controls_explain_together_are_separated() -> None:
    sample = styled(15, 200)
    terms = [control_term(sample, name) for name in ("length", "headers")]
    assert terms[0] is not None and terms[1] is not None
    verdicts = (terms[0] + terms[1] > 0.1).astype(float)
    again = build_sample(sample.keys, verdicts, length_difference=sample.length_difference, measures=sample.measures)
    controlled = controlled_win_rate(again, ["length", "headers"])
    assert status(controlled) == "degraded(separated)"
    _, _, lower, upper = numbers(controlled.estimate)
    assert 0 < lower < upper < 100
    assert controlled_win_rate(again, ["lists"]).estimate.status.kind == StatusKind.OK


def test_counts_that_differ_by_little_may_have_a_steep_slope() -> None:
    generator = np.random.default_rng(16)
    tokens = (generator.normal(1000, 20, 3000).round(), np.full(3000, 1000.0))
    controlled = controlled_win_rate(styled(16, 3000, slopes={"tokens": 40.0}, tokens=tokens), ["tokens"])
    assert controlled.coefficients["tokens"] > 20
    assert controlled.estimate.status.kind == StatusKind.OK


def test_every_control_that_hardly_any_answer_comes_near_to_is_named() -> None:
    n = 500
    many = np.where(np.arange(n) < 10, 0.0, 8.0) + np.random.default_rng(17).poisson(3, n)
    few = np.random.default_rng(18).poisson(3, n).astype(float)
    own = np.abs(np.random.default_rng(19).normal(0, 1, n)) + 0.01
    sample = styled(17, n, headers=(many.astype(float), np.full(n, 5.0)), bold=(few, few + 1), own=(-own, np.zeros(n)))
    reason = status(controlled_win_rate(sample, ["length", "headers", "bold", "own"]))
    assert reason.startswith("degraded(extrapolated: ")
    assert "of answers have as few headers as the baseline's" in reason
    assert "0.0% of answers have as many bold as the baseline's" in reason
    assert "0.0% of answers are as high in own as the baseline's" in reason
    assert "long" not in reason and "short" not in reason


def test_all_wins_and_all_ties_are_what_they_are_without_control() -> None:
    sample = styled(18, 100)
    wins = build_sample(sample.keys, np.ones(100), measures=sample.measures)
    assert status(controlled_win_rate(wins, MARKDOWN)) == "degraded(all_wins)"
    ties = controlled_win_rate(build_sample(sample.keys, np.full(100, 0.5), measures=sample.measures), MARKDOWN)
    assert (value_of(ties.estimate), ties.estimate.notes) == (50, ("all verdicts are ties",))


# --- weights


def weighted(sample: Sample, weight: Floats) -> Sample:
    return build_sample(
        sample.keys,
        sample.preference,
        length_difference=sample.length_difference,
        measures=sample.measures,
        weight=weight,
    )


def test_equal_weights_of_any_size_change_nothing() -> None:
    sample = styled(19, 120, slopes={"headers": 1.0})
    plain = controlled_win_rate(sample, ["length", "markdown"], replicates=10)
    for size in (1.0, 7.0):
        same = controlled_win_rate(weighted(sample, np.full(120, size)), ["length", "markdown"], replicates=10)
        assert numbers(same.estimate) == pytest.approx(numbers(plain.estimate), abs=1e-6)


def test_weights_act_as_copies_do_on_the_value_and_not_on_the_number_of_instructions() -> None:
    sample = styled(20, 400, slopes={"length": 1.0, "headers": 1.0})
    weight = np.random.default_rng(20).choice([1.0, 3.0], 400)
    rows = np.repeat(np.arange(400), weight.astype(int))
    copies = build_sample(
        [f"{sample.keys[row]} {place}" for place, row in enumerate(rows)],
        sample.preference[rows],
        clusters=[sample.keys[row] for row in rows],
        measures={name: (a[rows], b[rows]) for name, (a, b) in sample.measures.items()},
    )
    heavy = controlled_win_rate(weighted(sample, weight), ["markdown"]).estimate
    # a row of weight three is one cluster of three rows; only the penalty is a little heavier on the one than the other
    assert numbers(heavy) == pytest.approx(numbers(controlled_win_rate(copies, ["markdown"]).estimate), abs=0.05)
    assert heavy.n == 400
    # the spread of lengths is that of answers, however their verdicts weigh
    assert controlled_win_rate(weighted(sample, weight), ["length"]).estimate.value is not None


def test_the_bootstrap_of_weighted_verdicts_agrees_with_the_sandwich() -> None:
    drawn = draw_arena(21, 400).sample
    plain, resampled = (controlled_win_rate(drawn, ARENA_CONTROLS, replicates=count).estimate for count in (0, 400))
    assert numbers(resampled)[1] == pytest.approx(numbers(plain)[1], rel=0.12)


# --- with a history


def test_a_history_of_all_controls_steadies_each_of_them() -> None:
    slopes = {"length": 1.0, "headers": 1.2, "bold": -0.5}
    board = {f"model {seed}": styled(seed, 300, level=seed / 10 - 1, slopes=slopes) for seed in range(12)}
    history = fit_history(board, controls=["length", "markdown"])
    assert history.prior.names == ("length", *MARKDOWN, "difficulty")
    assert history.prior.mean[:-1].tolist() == pytest.approx([1.0, 1.2, 0.0, -0.5], abs=0.3)
    sample = styled(99, 80, slopes=slopes)
    free, held = (controlled_win_rate(sample, ["length", "markdown"], prior=prior) for prior in (None, history.prior))
    assert abs(held.coefficients["headers"] - 1.2) < abs(free.coefficients["headers"] - 1.2) + 0.3
    assert numbers(held.estimate)[1] < numbers(free.estimate)[1]
    # a control that is left out takes its part of the prior with it
    gone = styled(99, 80, slopes={"length": 1.0}, headers=(np.ones(80), np.ones(80)))
    without = history.prior.chosen(["length", "lists", "bold", "difficulty"])
    assert len(without.names) == len(history.prior.names) - 1
    one = controlled_win_rate(gone, ["length", "markdown"], prior=history.prior)
    assert one.coefficients == controlled_win_rate(gone, ["length", "lists", "bold"], prior=without).coefficients


# --- the interval


def test_nineteen_of_twenty_intervals_over_questions_in_two_orders_hold_the_truth() -> None:
    # 400 sets have a standard error of 1.1 points; benchmarks/coverage.py runs 2,000
    raw, controlled = [], []
    for seed in range(400):
        drawn = draw_arena([22, seed], 300)
        _, _, lower, upper = numbers(win_rate(drawn.sample).estimate)
        raw.append(lower <= drawn.win_rate <= upper)
        _, _, lower, upper = numbers(controlled_win_rate(drawn.sample, ARENA_CONTROLS).estimate)
        controlled.append(lower <= drawn.controlled_win_rate <= upper)
    assert 93 <= 100 * np.mean(raw) <= 97.5
    assert 93 <= 100 * np.mean(controlled) <= 97.5
