"""The degenerate cases of docs/statistics.md by their number: the value that evalkit gives, or its refusal."""

import csv
import dataclasses
import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.boards.background import UNTAUGHT, HistorySource, of_values
from evalkit.boards.build import build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.gathering import entries_of_annotations, entries_of_table
from evalkit.boards.metrics import Recipe
from evalkit.boards.rates import Estimators
from evalkit.boards.row import build_row
from evalkit.errors import InputError, StatsError
from evalkit.formats.judgments import read_judgments
from evalkit.formats.table import read_preferences
from evalkit.gating.decide import decide
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.provenance.row_content import row_document
from evalkit.reporting.rows import rows_text
from evalkit.reporting.values import boards_csv, boards_json
from evalkit.stats import logistic
from evalkit.stats.components import variance_components
from evalkit.stats.controlled_rate import MIN_INSTRUCTIONS, length_controlled_win_rate
from evalkit.stats.covariates import length_term
from evalkit.stats.logistic import TOLERANCE, expit, fit_logistic, separated
from evalkit.stats.multiple import holm, p_value
from evalkit.stats.paired import common, paired_difference
from evalkit.stats.ranks import rank_intervals
from evalkit.stats.sample import Floats, Sample, build_sample
from evalkit.stats.winrate import Measured, bounds_over_missing, win_rate
from evalkit.types import BOTH_ORDERS, Annotation, ChatReply, Estimate, Order, Reading, Slot, StatusKind
from tests.cli.running import evalkit
from tests.stats.stat_samples import (
    TYPICAL,
    alternating,
    draw,
    draw_arena,
    keys_for,
    mirrored,
    numbers,
    sample_of,
    value_of,
)
from tests.stats.test_logistic import endometrial

NAN = float("nan")
ALL_LENGTHS = np.linspace(-900, 1200, 805)
SLOT = Slot(
    benchmark="bench",
    model="m",
    baseline="b",
    judge="j",
    digest="d",
    key="0",
    cluster="0",
    category=None,
    order=Order.BASELINE_FIRST,
    repeat=0,
    baseline_chars=400,
    candidate_chars=500,
)


def lc(sample: Sample, difficulty: Mapping[str, float] | None = None) -> Estimate:
    return length_controlled_win_rate(sample, difficulty=difficulty).estimate


def raw(sample: Sample) -> Estimate:
    return win_rate(sample).estimate


def status(estimate: Estimate) -> str:
    return str(estimate.status)


def assert_refused(estimate: Estimate, reason: str) -> None:
    """No number stands in for the estimate, and the reason is given."""
    assert (estimate.value, estimate.stderr, estimate.lower, estimate.upper) == (None,) * 4
    assert status(estimate) == f"not_estimable({reason})"


def lengths_of(sample: Sample) -> Floats:
    assert sample.length_difference is not None
    return sample.length_difference


def without(sample: Sample, row: int) -> Sample:
    return sample_of(
        np.delete(sample.preference, row),
        np.delete(lengths_of(sample), row),
        keys=[key for place, key in enumerate(sample.keys) if place != row],
    )


def entry_of(sample: Sample, *, model: str = "m") -> Entry:
    return Entry(model, "j", "b", sample, avg_length=100.0)


def judged(
    key: str,
    preference: float | None,
    *,
    order: Order = Order.BASELINE_FIRST,
    repeat: int = 0,
    reading: Reading | None = None,
    served: str | None = None,
    failure: str = "silent",
    **changed: Any,
) -> Annotation:
    slot = dataclasses.replace(SLOT, key=key, cluster=key, order=order, repeat=repeat, **changed)
    reply = None if served is None else ChatReply("[[m]]", model=served)
    return Annotation(slot, preference, None if preference is not None else failure, reply=reply, reading=reading)


def gated(sample: Sample, minimum: float) -> Decision:
    """Where a history of the judge stands behind the row, which then expects no slope in particular."""
    rates = Estimators(Recipe(), dataclasses.replace(UNTAUGHT, source=HistorySource.MODELS))
    return decide(entry_of(sample), rates, Rule(minimum=minimum), benchmark="bench")


def covered(estimate: Estimate, truth: float) -> bool:
    _, _, lower, upper = numbers(estimate)
    return lower <= truth <= upper


# --- D-01 to D-04: few verdicts


@pytest.mark.parametrize("n_missing", [0, 1, 50])
def test_d01_without_verdicts_nothing_is_estimated(n_missing: int) -> None:
    sample = sample_of([NAN] * n_missing, np.arange(float(n_missing)))
    assert_refused(raw(sample), "no verdicts")
    assert_refused(lc(sample), "no verdicts")
    assert raw(sample).n == lc(sample).n == 0
    assert bounds_over_missing(sample) == ((0, 100) if n_missing else None)


def test_d01_without_verdicts_fields_are_empty_and_never_zero_or_fifty() -> None:
    boards = build_boards([entry_of(sample_of([NAN] * 40, np.arange(40.0)))], Recipe())
    (row,) = csv.DictReader(io.StringIO(boards_csv(boards)))
    for column in ("lc_win_rate", "lc_lower", "lc_upper", "lc_stderr", "win_rate", "win_rate_stderr"):
        assert row[column] == ""
    assert (row["n_total"], row["n_missing"], row["lc_status"]) == ("0", "40", "not_estimable(no verdicts)")
    assert json.loads(boards_json(boards))["boards"][0]["rows"][0]["lc_win_rate"] is None


@pytest.mark.parametrize("preference", [[NAN] * 40, [1.0]], ids=["no verdict", "a win"])
def test_d01_and_d02_a_gate_on_next_to_nothing_is_incomplete(preference: list[float]) -> None:
    decision = gated(sample_of(preference, np.arange(float(len(preference)))), 10)
    assert decision.outcome == Outcome.INCOMPLETE
    assert " judged, at least 30 needed" in decision.reasons[0]


@pytest.mark.parametrize(("preference", "expected"), [(1.0, (100, 2.5, 100)), (0.0, (0, 0, 97.5))])
def test_d02_a_single_verdict_leaves_almost_everything_possible(
    preference: float, expected: tuple[float, float, float]
) -> None:
    sample = sample_of([preference], [20.0])
    value, _, lower, upper = numbers(raw(sample))
    assert (value, lower, upper) == pytest.approx(expected, abs=1e-9)
    assert_refused(lc(sample), "1 instructions, at least 30 needed")


def test_d02_a_single_tie_is_fifty_and_nothing_is_known() -> None:
    value, _, lower, upper = numbers(raw(sample_of([0.5])))
    assert value == 50
    assert (lower, 100 - upper) < (5, 5)


@pytest.mark.parametrize(("n", "lower"), [(2, 15.8114), (3, 29.2402), (4, 39.7635), (5, 47.8176)])
def test_d03_a_handful_of_wins_has_the_exact_interval_and_no_length_controlled_rate(n: int, lower: float) -> None:
    sample = sample_of([1.0] * n, alternating(n))
    assert numbers(raw(sample))[2:] == pytest.approx((lower, 100), abs=1e-4)
    assert_refused(lc(sample), f"{n} instructions, at least {MIN_INSTRUCTIONS} needed")


def test_d04_twenty_verdicts_have_a_wide_raw_interval_and_no_length_controlled_rate() -> None:
    sample = draw(1, 20).sample
    _, _, lower, upper = numbers(raw(sample))
    assert upper - lower > 25
    assert_refused(lc(sample), "20 instructions, at least 30 needed")


@pytest.mark.parametrize("n", [30, 35, 40])
def test_d04_a_few_dozen_verdicts_give_a_wide_interval_and_no_shrinkage_to_fifty(n: int) -> None:
    estimates = [numbers(lc(draw([7, seed], n, intercept=-1.5).sample)) for seed in range(50)]
    # the truth is 18.2; the formula that shrinks towards fifty ends above 40
    assert np.mean([value for value, *_ in estimates]) == pytest.approx(18.2, abs=4)
    assert all(value < 45 for value, *_ in estimates)
    assert all(upper - lower > 12 and stderr > 3 for _, stderr, lower, upper in estimates)


@pytest.mark.parametrize(
    ("preference", "expected"),
    [([NAN] * 40, 3), ([1.0], 3), ((ALL_LENGTHS > 0).astype(float), 4), (np.ones(805), 4), (np.zeros(805), 1)],
    ids=["d01_no_verdicts", "d02_one_win", "d08_separated_by_length", "d05_all_wins", "d06_all_losses"],
)
def test_a_gate_exits_with_one_only_for_a_measured_regression(
    tmp_path: Path, preference: Sequence[float], expected: int
) -> None:
    lines = ["judge,model,baseline,index,preference,len_1,len_2"]
    for index, (one, length) in enumerate(zip(preference, ALL_LENGTHS, strict=False)):
        lines.append(f"j,m,b,{index},{'' if math.isnan(one) else 1 + one},1000,{1000 + length:.0f}")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    done = evalkit("gate", "m", "--source", "t.csv", "--min", 50, cwd=tmp_path)
    assert done.returncode == expected, done.stderr


# --- D-05 to D-07: verdicts that do not vary


def test_d05_all_wins_have_an_exact_raw_interval() -> None:
    estimate = raw(sample_of(np.ones(805), alternating(805)))
    value, _, lower, upper = numbers(estimate)
    assert (value, lower, upper) == pytest.approx((100, 99.5428, 100), abs=1e-4)
    assert status(estimate) == "degraded(all_wins)"


@pytest.mark.parametrize(("n", "expected"), [(804, 100 * 805 / 806), (805, 100 * 806 / 807), (806, 100 * 807 / 808)])
def test_d05_all_wins_fall_short_of_a_hundred_by_the_loss_that_was_not_seen(n: int, expected: float) -> None:
    # Jeffreys' prior adds half a win and half a loss to each of two groups of n / 2: (n / 2 + 1 / 2) / (n / 2 + 1)
    estimate = lc(sample_of(np.ones(n), alternating(n)))
    value, stderr, lower, upper = numbers(estimate)
    assert value == pytest.approx(expected, abs=2e-4)
    assert status(estimate) == "degraded(all_wins)"
    assert stderr > 0
    assert (lower, upper) == pytest.approx((100 * 0.025 ** (1 / n), 100), abs=1e-6)


def test_d05_resamples_of_all_wins_have_no_width_and_are_not_used() -> None:
    sample = sample_of(np.ones(100), alternating(100))
    assert length_controlled_win_rate(sample, replicates=50).estimate == lc(sample)


@pytest.mark.parametrize("length", [alternating(805), ALL_LENGTHS], ids=["two lengths", "all lengths"])
def test_d06_all_losses_are_the_mirror_image_of_all_wins(length: Floats) -> None:
    wins = sample_of(np.ones(805), length)
    losses = mirrored(wins)
    for estimated in (raw, lc):
        value, stderr, lower, upper = numbers(estimated(wins))
        assert numbers(estimated(losses)) == pytest.approx((100 - value, stderr, 100 - upper, 100 - lower), abs=1e-9)
        assert status(estimated(losses)) == "degraded(all_losses)"
    assert numbers(raw(losses))[3] == pytest.approx(0.4572, abs=1e-4)
    assert value_of(lc(losses)) == pytest.approx(0.124, abs=0.003)


def test_d07_all_ties_are_exactly_fifty_with_the_error_of_coin_tosses() -> None:
    for estimate in (raw(sample_of([0.5] * 805)), lc(sample_of([0.5] * 805, ALL_LENGTHS))):
        value, stderr, lower, upper = numbers(estimate)
        assert value == 50
        assert stderr == pytest.approx(100 * math.sqrt(0.25 / 805), rel=0.03)
        assert lower + upper == pytest.approx(100, abs=1e-9)
        assert status(estimate) == "degraded(no_variance)"


# --- D-08 to D-12: lengths

FOUR_LENGTHS = np.repeat([-300.0, -100.0, 200.0, 500.0], 25)


def follow_length(odd_one: float, preference: float) -> Sample:
    """Wins exactly where the answer is longer, but for one verdict."""
    verdicts, length = (FOUR_LENGTHS > 0).astype(float), FOUR_LENGTHS.copy()
    verdicts[25], length[25] = preference, odd_one
    return sample_of(verdicts, length)


def assert_separated_and_finite(sample: Sample) -> None:
    controlled = length_controlled_win_rate(sample)
    value, stderr, lower, upper = numbers(controlled.estimate)
    assert status(controlled.estimate) == "degraded(separated)"
    assert 0 < lower < value < upper < 100
    assert stderr > 5
    assert all(map(math.isfinite, controlled.coefficients.values()))
    assert raw(sample).status.kind == StatusKind.OK


def test_d08_verdicts_that_length_explains_stay_finite_and_are_called_separated() -> None:
    assert_separated_and_finite(follow_length(-100.0, 0.0))


@pytest.mark.parametrize(("odd_one", "preference"), [(200.0, 0.0), (-100.0, 1.0)], ids=["a loss", "a win"])
def test_d09_verdicts_that_length_explains_but_for_one_length_are_separated_too(
    odd_one: float, preference: float
) -> None:
    # a loss among the shortest wins, or a win among the longest losses
    assert_separated_and_finite(follow_length(odd_one, preference))


@pytest.mark.parametrize("minimum", [0.1, 50, 99.9])
def test_d08_and_d09_a_gate_is_inconclusive_where_length_separates_the_verdicts(minimum: float) -> None:
    for sample in (follow_length(-100.0, 0.0), follow_length(200.0, 0.0)):
        assert gated(sample, minimum).outcome == Outcome.INCONCLUSIVE


def test_d09_quasi_separation_is_found_by_a_linear_programme_on_published_data() -> None:
    design, outcome = endometrial()
    assert separated(design, outcome)
    assert not separated(design[:, [0, 2, 3]], outcome)


def test_d10_equally_long_answers_leave_the_raw_win_rate() -> None:
    sample = sample_of(draw(9, 100).sample.preference, np.zeros(100))
    controlled = length_controlled_win_rate(sample)
    assert numbers(controlled.estimate) == numbers(raw(sample))
    assert controlled.estimate.notes == ("all answers are equally long",)
    assert controlled.estimate.status.kind == StatusKind.OK
    assert controlled.coefficients == {}


@pytest.mark.parametrize("difference", [250.0, -1.0])
def test_d11_a_length_difference_that_never_changes_is_refused_and_the_raw_rate_stays(difference: float) -> None:
    sample = sample_of(draw(4, 805).sample.preference, [difference] * 805)
    assert_refused(lc(sample), "the length difference is the same everywhere")
    assert raw(sample).status.kind == StatusKind.OK


@pytest.mark.parametrize("seed", range(6))
def test_d12_one_huge_answer_among_805_changes_the_result_by_at_most_a_fifth_of_a_point(seed: int) -> None:
    drawn = draw(seed, 805).sample
    length = lengths_of(drawn).copy()
    length[seed] = 3_000_000
    after = lc(sample_of(drawn.preference, length))
    assert value_of(after) == pytest.approx(value_of(lc(drawn)), abs=0.2)
    assert after.status.kind == StatusKind.OK


def test_d12_one_huge_answer_does_not_switch_length_control_off() -> None:
    plain, huge = (
        length_controlled_win_rate(sample_of(expit(np.tanh(ALL_LENGTHS / 400)), length)).coefficients["length"]
        for length in (ALL_LENGTHS, np.where(np.arange(805) == 7, 3_000_000, ALL_LENGTHS))
    )
    assert huge == pytest.approx(plain, abs=0.05)
    assert plain > 1


# --- D-13 to D-15: verdicts that are missing, wrong or fractions


@pytest.mark.parametrize("linked", [False, True], ids=["at random", "linked to the outcome"])
def test_d13_missing_verdicts_are_counted_and_bounded_beside_every_number(linked: bool) -> None:
    full = draw(3, 800).sample
    lost = np.argsort(full.preference)[-40:] if linked else np.random.default_rng(4).choice(800, 40, replace=False)
    preference = full.preference.copy()
    preference[lost] = NAN
    row = build_row(entry_of(sample_of(preference, lengths_of(full))), Recipe())
    assert row.coverage == pytest.approx(0.95)
    assert (row.entry.sample.n, row.entry.sample.n_missing) == (760, 40)
    assert row.bounds is not None
    worst, best = row.bounds
    assert best - worst == pytest.approx(5)
    assert worst <= 100 * full.preference.mean() <= best
    kept = ~np.isnan(preference)
    assert row.lc.value == lc(sample_of(preference[kept], lengths_of(full)[kept])).value
    assert row_document(row)["coverage"] == 0.95


def test_d13_a_gate_holds_the_worst_that_missing_verdicts_could_be_against_the_model() -> None:
    full = draw(3, 800, intercept=0.2).sample
    preference = full.preference.copy()
    preference[:8] = NAN
    sample = sample_of(preference, lengths_of(full))
    preference[:8] = 0.0
    lower, worst = numbers(lc(sample))[2], numbers(lc(sample_of(preference, lengths_of(full))))[2]
    assert worst < lower
    assert gated(sample, worst - 0.5).outcome == Outcome.PASSED
    assert gated(sample, lower - 0.01).outcome == Outcome.INCONCLUSIVE


def test_d13_a_gate_on_less_than_99_percent_of_the_verdicts_is_incomplete() -> None:
    full = draw(3, 800).sample
    few = sample_of(np.where(np.arange(800) < 9, NAN, full.preference), lengths_of(full))
    assert gated(few, 1.0).outcome == Outcome.INCOMPLETE


TABLE_ROW = {"judge": "j", "model": "m", "baseline": "b", "len_1": 5, "len_2": 9}
FILE_ROW = {"instruction": "x", "output_1": "a", "output_2": "b", "generator_1": "b", "generator_2": "m"}


def written(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# 0 and -1 are AlpacaEval's own codes, for a tie and in its files for a failed call
@pytest.mark.parametrize("sentinel", [-1, 7, 2.5, 0.5, "x", [1]])
def test_d14_a_sentinel_in_a_table_is_refused_with_its_row(tmp_path: Path, sentinel: object) -> None:
    rows = [{**TABLE_ROW, "key": f"k{n}", "preference": value} for n, value in enumerate([1.5, sentinel])]
    with pytest.raises(InputError, match=r"t\.jsonl: row 2: preference: expected 0, a number from 1 to 2"):
        read_preferences(written(tmp_path / "t.jsonl", rows))


@pytest.mark.parametrize("sentinel", [True, False, "2"])
def test_d14_a_truth_value_or_a_text_in_a_table_is_refused_with_its_row(tmp_path: Path, sentinel: object) -> None:
    rows = [{**TABLE_ROW, "key": f"k{n}", "preference": sentinel} for n in range(2)]
    with pytest.raises(InputError, match=r"t\.jsonl: row 1: preference"):
        read_preferences(written(tmp_path / "t.jsonl", rows))


def test_d14_a_truth_value_in_a_csv_table_is_refused_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("judge,model,baseline,index,preference,len_1,len_2\nj,m,b,0,True,5,5\n")
    with pytest.raises(InputError, match="row 1: preference"):
        read_preferences(tmp_path / "t.csv")


@pytest.mark.parametrize("sentinel", [7, 2.5, 0.5, "2", True, [1]])
def test_d14_a_sentinel_in_an_annotations_file_is_refused_with_its_row(tmp_path: Path, sentinel: object) -> None:
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps([{**FILE_ROW, "preference": 1.5}, {**FILE_ROW, "preference": sentinel}]))
    with pytest.raises(InputError, match='row 2: field "preference": expected 0, a number from 1 to 2, or null'):
        read_judgments(path)


def test_d14_an_infinite_preference_is_refused_by_every_reader(tmp_path: Path) -> None:
    rows = [{**TABLE_ROW, **FILE_ROW, "key": "k", "preference": float("inf")}]
    with pytest.raises(InputError, match="row 1: preference: expected 0, a number from 1 to 2"):
        read_preferences(written(tmp_path / "t.jsonl", rows))
    with pytest.raises(InputError, match='a.jsonl:1: field "preference": expected 0, a number from 1 to 2'):
        read_judgments(written(tmp_path / "a.jsonl", rows))
    (tmp_path / "t.csv").write_text("judge,model,baseline,index,preference,len_1,len_2\nj,m,b,0,inf,5,5\n")
    with pytest.raises(InputError, match="row 1: preference"):
        read_preferences(tmp_path / "t.csv")


def test_d14_a_failed_call_is_missing_and_never_a_number(tmp_path: Path) -> None:
    rows = [{**FILE_ROW, "instruction": f"i{code}", "preference": code} for code in (-1, None)]
    path = written(tmp_path / "annotations.jsonl", rows)
    assert [one.preference for one in read_judgments(path).verdicts] == [None, None]


@pytest.mark.parametrize("wrong", [-1.0, 1.5, 7.0, float("inf")])
def test_d14_and_d15_statistics_take_nothing_outside_zero_to_one(wrong: float) -> None:
    with pytest.raises(StatsError, match="preference.*, of instruction '0001', is .*, outside"):
        sample_of([0.5, wrong])


@pytest.mark.parametrize("firth", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_d15_a_fraction_is_a_weighted_win_and_a_weighted_loss(seed: int, firth: bool) -> None:
    sample = draw(seed, 120).sample
    design, fractions = np.column_stack([np.ones(120), length_term(lengths_of(sample))]), sample.preference
    whole = fit_logistic(design, fractions, firth=firth)
    split = fit_logistic(
        np.vstack([design, design]),
        np.concatenate([np.ones(120), np.zeros(120)]),
        weights=np.concatenate([fractions, 1 - fractions]),
        firth=firth,
    )
    assert split.coefficients == pytest.approx(whole.coefficients, abs=1e-9)


# --- D-16 to D-19: rows that move, vanish, lack something or come twice


def some_annotations() -> list[Annotation]:
    """Both orders and two repeats of 40 instructions, with failures, rules, categories and costs."""
    generator = np.random.default_rng(16)
    rows = []
    for place in range(160):
        number, order, repeat = place // 4, BOTH_ORDERS[place % 2], place // 2 % 2
        failed = number % 9 == 0 and order == Order.BASELINE_FIRST
        row = judged(
            f"k{number:03d}",
            None if failed else float(generator.random()),
            order=order,
            repeat=repeat,
            served="s",
            failure="silent" if number < 18 else "no label",
            category=("coding", "math")[number % 2],
            candidate_chars=100 + 37 * number % 500,
            rule="candidate_empty" if number % 7 == 0 else None,
        )
        rows.append(dataclasses.replace(row, cost=float(generator.random())))
    return rows


def hash_of(annotations: Sequence[Annotation]) -> str:
    boards = build_boards(entries_of_annotations(annotations), Recipe(replicates=20))
    return hashlib.sha256(boards_json(boards).encode()).hexdigest()


def test_d16_row_order_changes_no_byte_of_a_board_of_annotations() -> None:
    rows = some_annotations()
    orders = [np.random.default_rng(seed).permutation(len(rows)) for seed in range(8)]
    assert {hash_of([rows[place] for place in order]) for order in orders} == {hash_of(rows)}


def test_d16_row_order_changes_no_byte_where_reasons_of_failure_are_equally_frequent() -> None:
    rows = [judged("a", None, failure="silent"), judged("b", None, failure="no label"), judged("c", 1.0)]
    assert hash_of(rows) == hash_of(rows[::-1])


def test_d16_row_order_changes_no_byte_of_a_board_of_a_table(tmp_path: Path) -> None:
    sample = draw(17, 60).sample
    rows = [
        {**TABLE_ROW, "key": key, "preference": 1 + preference, "len_1": 9000, "len_2": 9000 + length}
        for key, preference, length in zip(sample.keys, sample.preference, lengths_of(sample), strict=True)
    ]
    shuffled = [rows[place] for place in np.random.default_rng(0).permutation(60)]
    documents = set()
    for some in (rows, rows[::-1], shuffled):
        groups = read_preferences(written(tmp_path / "t.jsonl", some))
        documents.add(boards_json(build_boards(entries_of_table(groups), Recipe())))
    assert len(documents) == 1


@settings(max_examples=25)
@given(st.permutations(range(60)))
def test_d16_row_order_changes_no_bit_of_the_estimate(order: list[int]) -> None:
    drawn = draw(26, 60, difficulty=0.8)
    rows = np.array(order)
    shuffled = sample_of(
        drawn.sample.preference[rows],
        lengths_of(drawn.sample)[rows],
        keys=[drawn.sample.keys[row] for row in order],
    )
    for difficulty in (None, drawn.difficulty):
        one, other = (length_controlled_win_rate(s, difficulty=difficulty) for s in (drawn.sample, shuffled))
        assert one.estimate == other.estimate
        assert one.coefficients == other.coefficients
        assert one.measured.influence.tobytes() == other.measured.influence.tobytes()


@pytest.mark.parametrize("binary", [False, True], ids=["soft", "binary"])
def test_d17_dropping_any_single_row_changes_little(binary: bool) -> None:
    drawn = draw(27, 100, difficulty=0.8, binary=binary)
    value, stderr, _, _ = numbers(lc(drawn.sample, drawn.difficulty))
    for row in range(100):
        changed = value_of(lc(without(drawn.sample, row), drawn.difficulty))
        assert abs(changed - value) <= 6 * stderr / 10, row


@pytest.mark.parametrize("model", ["claude-2.1", "NullModel", "vicuna-7b"])
def test_d17_dropping_a_published_row_moves_the_rate_by_that_rows_influence(
    model: str, real_samples: Mapping[str, Sample]
) -> None:
    # a single verdict may weigh more than six standard deviations of them, but nothing else comes with it
    sample = real_samples[model]
    controlled = length_controlled_win_rate(sample)
    value, stderr, _, _ = numbers(controlled.estimate)
    influence = controlled.measured.influence / sample.n
    for row in (0, 1, sample.n - 1, *np.argsort(np.abs(influence))[-30:].tolist()):
        moved = value_of(lc(without(sample, row))) - value
        assert abs(moved + influence[row]) <= stderr / math.sqrt(sample.n), row


def test_d18_difficulty_that_does_not_cover_every_instruction_is_left_out_with_a_note() -> None:
    drawn = draw(22, 100, difficulty=0.8)
    partial = {key: value for key, value in drawn.difficulty.items() if key != "0042"}
    row = build_row(entry_of(drawn.sample), Recipe(), background=of_values(partial, None))
    assert row.lc.notes == ("difficulty known for 99 of 100 instructions: term left out",)
    assert numbers(row.lc) == numbers(lc(drawn.sample))
    # the row says which terms there were
    assert list(row_document(row)["coefficients"]) == ["intercept", "length"]
    whole = build_row(entry_of(drawn.sample), Recipe(), background=of_values(drawn.difficulty, None))
    assert list(row_document(whole)["coefficients"]) == ["intercept", "length", "difficulty"]


def test_d18_instructions_of_ones_own_need_no_difficulty() -> None:
    drawn = draw(23, 60)
    estimate = lc(drawn.sample, {"another instruction": 1.0})
    assert estimate.notes == ("difficulty known for 0 of 60 instructions: term left out",)
    assert estimate.value == lc(drawn.sample).value


@pytest.mark.parametrize("with_difficulty", [False, True])
def test_d19_the_whole_set_twice_is_the_same_evidence(with_difficulty: bool) -> None:
    drawn = draw(28, 90, difficulty=0.8)
    doubled = sample_of(
        np.tile(drawn.sample.preference, 2),
        np.tile(lengths_of(drawn.sample), 2),
        keys=[*drawn.sample.keys, *(f"again {key}" for key in drawn.sample.keys)],
        clusters=[*drawn.sample.keys, *drawn.sample.keys],
    )
    known = {**drawn.difficulty, **{f"again {key}": value for key, value in drawn.difficulty.items()}}
    for prior in (None, TYPICAL):
        one, two = (
            length_controlled_win_rate(sample, difficulty=known if with_difficulty else None, prior=prior).estimate
            for sample in (drawn.sample, doubled)
        )
        assert numbers(two) == pytest.approx(numbers(one), abs=1e-9)
        assert two.n == one.n == 90
    assert numbers(raw(doubled)) == pytest.approx(numbers(raw(drawn.sample)), abs=1e-9)


# --- D-20 to D-24: models, orders and judges


def test_d20_the_baseline_itself_is_fifty_by_definition() -> None:
    row = build_row(entry_of(draw(29, 50).sample, model="b"), Recipe())
    assert numbers(row.lc) == (50, 0, 50, 50)
    assert status(row.lc) == "degraded(identical)"


def test_d20_identical_answers_are_ties_by_rule_and_counted() -> None:
    rows = [judged(f"k{n:02d}", 0.5, rule="identical", candidate_chars=400 + n, baseline_chars=400) for n in range(40)]
    (entry,) = entries_of_annotations(rows)
    row = build_row(entry, Recipe())
    assert (row.lc.value, row.raw.estimate.value) == (50, 50)
    assert row.lc.status.kind == StatusKind.DEGRADED
    assert row_document(row)["rules"] == {"identical": 40}
    assert "40 identical" in rows_text([row])


def test_d21_orders_that_disagree_make_a_tie_and_are_counted() -> None:
    agreed = [judged("same", 1.0, order=order) for order in BOTH_ORDERS]
    opposed = [judged("other", float(won), order=order) for won, order in enumerate(BOTH_ORDERS)]
    (entry,) = entries_of_annotations([*agreed, *opposed])
    assert dict(zip(entry.sample.keys, entry.sample.preference, strict=True)) == {"same": 1.0, "other": 0.5}
    assert entry.sample.n_inconsistent == 1
    assert "orders disagree on" in rows_text([build_row(entry, Recipe())])


def test_d21_a_judge_that_always_takes_the_first_is_fifty_with_a_position_effect_of_a_hundred() -> None:
    keys = [f"{n:02d}" for n in range(40) for _ in BOTH_ORDERS]
    orders = [order.value for _ in range(40) for order in BOTH_ORDERS]
    preference = np.array([float(order == Order.CANDIDATE_FIRST.value) for order in orders])
    sample = build_sample(keys, preference, orders=orders)
    assert (raw(sample).value, sample.n_inconsistent) == (50, 40)
    position = variance_components(keys, orders, clusters=keys, preference=preference).position
    value, _, lower, upper = numbers(position)
    assert value == pytest.approx(100)
    assert 80 < lower <= value <= upper


def test_d21_one_order_alone_measures_no_position_effect_and_says_so() -> None:
    keys = keys_for(40)
    one = variance_components(keys, [Order.BASELINE_FIRST.value] * 40, clusters=keys, preference=np.full(40, 0.7))
    assert one.position.value is None
    assert "order" in one.position.status.reason


@pytest.mark.parametrize("changed", [{"judge": "k"}, {"digest": "e"}, {"baseline": "c"}])
def test_d22_judges_prompts_and_baselines_are_never_averaged(changed: dict[str, Any]) -> None:
    rows = [judged(f"{n}", 1.0) for n in range(3)] + [judged(f"{n}", 0.0, **changed) for n in range(3)]
    boards = build_boards(entries_of_annotations(rows), Recipe())
    assert sorted(value_of(board.rows[0].raw.estimate) for board in boards) == [0, 100]


def test_d22_another_version_of_the_judge_gets_a_row_of_its_own() -> None:
    rows = [judged("1", 1.0, served="judge-v1"), judged("2", 0.0, served="judge-v2")]
    assert [(one.served_as, one.sample.n, one.sample.n_missing) for one in entries_of_annotations(rows)] == [
        ("judge-v1", 1, 1),
        ("judge-v2", 1, 1),
    ]


def test_d22_probabilities_and_single_draws_are_refused_in_one_mean() -> None:
    rows = [judged("1", 0.8, reading=Reading.WEIGHTED), judged("2", 1.0, reading=Reading.SAMPLED)]
    (entry,) = entries_of_annotations(rows)
    row = build_row(entry, Recipe())
    assert row.raw.estimate.value is None
    assert status(row.raw.estimate).startswith("not_estimable(mixed: 1 verdicts are weighted by log-probabilities")
    assert build_row(entry, Recipe(allow_mixed=True)).raw.estimate.value == pytest.approx(90)


def test_d23_models_with_different_instructions_are_compared_on_the_common_ones() -> None:
    first = sample_of([1.0, 0.0, 1.0, 1.0, NAN, 0.0], keys=list("abcdef"))
    second = sample_of([0.0, 0.0, 1.0, 0.5, 1.0], keys=list("abcdz"))
    samples = common(first, second)
    assert samples[0].keys == samples[1].keys == tuple("abcd")
    difference = paired_difference(win_rate(samples[0]), win_rate(samples[1]), samples=samples)
    # differences 1, 0, 0, 0.5
    assert difference.value == pytest.approx(37.5)
    assert difference.n == 4
    assert difference.stderr == pytest.approx(100 * np.std([1, 0, 0, 0.5], ddof=1) / 2)


def equal_models(seed: int, models: int = 20, n: int = 100) -> tuple[list[Measured], list[Sample]]:
    verdicts = (np.random.default_rng([24, seed]).random((models, n)) < 0.5).astype(float)
    samples = [sample_of(row) for row in verdicts]
    return [win_rate(sample) for sample in samples], samples


@pytest.fixture(scope="module")
def equal() -> list[tuple[list[Measured], list[Sample]]]:
    return [equal_models(seed) for seed in range(100)]


def test_d24_the_best_of_twenty_equal_models_is_not_called_the_best(
    equal: list[tuple[list[Measured], list[Sample]]],
) -> None:
    alone = 0
    for board in equal[:50]:
        ranges = [one for one in rank_intervals(*board) if one is not None]
        alone += any((one.lower, one.upper) == (1, 1) for one in ranges)
        assert max(one.upper for one in ranges if one.rank == 1) > 10
    assert alone == 0


@pytest.mark.usefixtures("frozen_garbage")
def test_d24_of_twenty_equal_models_holms_method_rarely_flags_one_as_better_than_the_baseline(
    equal: list[tuple[list[Measured], list[Sample]]],
) -> None:
    flagged = naive = 0
    for measured, _ in equal:
        estimates = [one.estimate for one in measured]
        ahead = [dataclasses.replace(one, value=value_of(one) - 50) for one in estimates]
        p_values = [p_value(one) for one in ahead]
        flagged += any(p is not None and p < 0.05 for p in holm(p_values))
        naive += any(p is not None and p < 0.05 for p in p_values)
    # 100 boards at 5 % have a standard error of 2.2 points
    assert flagged <= 11 < 40 < naive


# --- D-25 to D-27: errors


# 300 sets have a standard error of 1.3 points; benchmarks/coverage.py runs 2,000
@pytest.mark.parametrize(
    ("n", "intercept", "difficulty"),
    [(50, -0.4, 0.0), (200, -0.4, 0.0), (805, -0.4, 0.0), (200, -2.2, 0.9), (805, -0.4, 0.9)],
)
def test_d25_nineteen_of_twenty_intervals_hold_the_truth_and_the_rest_miss_it_on_both_sides(
    n: int, difficulty: float, intercept: float
) -> None:
    sets = 300
    drawn = [draw([n, seed], n, difficulty=difficulty, intercept=intercept) for seed in range(sets)]
    estimates = [numbers(lc(one.sample, one.difficulty if difficulty else None)) for one in drawn]
    truth = drawn[0].lc_win_rate
    above = sum(lower > truth for *_, lower, _ in estimates)
    below = sum(upper < truth for *_, upper in estimates)
    assert 0.925 <= 1 - (above + below) / sets <= 0.98
    # a gate at the truth passes where the interval lies above it
    assert above / sets <= 0.055


@pytest.mark.parametrize("n", [50, 200, 805])
def test_d25_nineteen_of_twenty_raw_intervals_hold_the_truth(n: int) -> None:
    held = sum(
        covered(raw(sample_of(np.random.default_rng([25, n, seed]).beta(0.4, 0.6, n))), 40.0) for seed in range(300)
    )
    # 300 sets have a standard error of 1.3 points
    assert 0.92 <= held / 300 <= 0.98


def test_d25_two_orders_of_one_question_are_one_cluster() -> None:
    drawn = [draw_arena([25, seed], 200) for seed in range(200)]
    held = sum(covered(raw(one.sample), one.win_rate) for one in drawn)
    # 200 sets have a standard error of 1.5 points
    assert 0.91 <= held / 200 <= 0.985


@pytest.mark.parametrize(("n", "deviation"), [(1050, 0.33), (2400, 0.5)], ids=["weighted", "binary"])
def test_d26_a_half_width_of_two_points_needs_a_thousand_weighted_or_twice_as_many_binary_verdicts(
    n: int, deviation: float
) -> None:
    _, _, lower, upper = numbers(raw(sample_of(0.5 + np.where(np.arange(n) % 2 == 0, deviation, -deviation))))
    assert (upper - lower) / 2 == pytest.approx(2, abs=0.03)


def test_d26_a_gate_passes_above_the_interval_fails_below_it_and_says_nothing_inside() -> None:
    sample = draw(3, 805).sample
    _, _, lower, upper = numbers(lc(sample))
    outcomes = [gated(sample, minimum).outcome for minimum in (lower - 0.01, lower + 0.01, upper - 0.01, upper + 0.01)]
    assert outcomes == [Outcome.PASSED, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE, Outcome.FAILED]
    # without a history to tell length from difficulty nothing passes so near to the interval
    alone = decide(entry_of(sample), Estimators(Recipe()), Rule(minimum=lower - 0.01), benchmark="bench")
    assert alone.outcome == Outcome.INCONCLUSIVE


def test_d27_without_repeats_every_row_says_that_noise_was_not_measured() -> None:
    (entry,) = entries_of_annotations([judged(f"{n}", n % 2) for n in range(4)])
    assert "not measured" in rows_text([build_row(entry, Recipe())])


def test_d27_with_repeats_the_noise_is_measured() -> None:
    generator = np.random.default_rng(27)
    rows = [judged(f"{n}", float(generator.random() < 0.6), repeat=repeat) for n in range(60) for repeat in range(2)]
    (entry,) = entries_of_annotations(rows)
    text = rows_text([build_row(entry, Recipe())])
    assert "not measured" not in text
    assert "repeats disagree" in text


# --- D-28 to D-30: numbers


def test_d28_predictors_up_to_a_million_and_beyond_give_certainties_without_a_warning() -> None:
    eta = np.array([-1e308, -1e6, -710.0, -40.0, 0.0, 40.0, 710.0, 1e6, 1e308])
    assert expit(eta) == pytest.approx([0, 0, 0, 0, 0.5, 1, 1, 1, 1], abs=1e-15)
    assert expit(np.array([5e-324, -5e-324])).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("factor", [1e-310, 1e-200, 1e6, 1e200, 1e303])
def test_d28_the_unit_of_length_does_not_matter_up_to_the_limits_of_a_float(factor: float) -> None:
    sample = draw(5, 200).sample
    scaled = sample_of(sample.preference, factor * lengths_of(sample))
    assert numbers(lc(scaled)) == pytest.approx(numbers(lc(sample)), abs=1e-6)


def test_d28_lengths_that_are_out_of_all_proportion_are_fitted_or_refused_without_a_warning() -> None:
    sample = draw(5, 200).sample
    length = lengths_of(sample)
    third = np.arange(200) % 3 == 0
    assert lc(sample_of(sample.preference, np.where(third, 1e-300, 1e290) * length)).value is not None
    assert_refused(lc(sample_of(sample.preference, 1.7e308 * np.sign(length))), "lengths unknown")


def test_d28_preferences_beside_zero_and_one_are_fitted_without_a_warning() -> None:
    sample = draw(5, 200).sample
    edge = sample.preference.copy()
    edge[:60] = np.repeat([5e-324, 1e-300, 1 - 2**-53], 20)
    rounded = np.where(edge < 1e-9, 0.0, np.where(edge > 1 - 1e-9, 1.0, edge))
    length = lengths_of(sample)
    assert numbers(lc(sample_of(edge, length))) == pytest.approx(numbers(lc(sample_of(rounded, length))), abs=1e-9)
    assert value_of(lc(sample_of(np.full(200, 5e-324), length))) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_d28_weights_of_any_size_are_relative(size: float) -> None:
    sample = draw(5, 200).sample
    heavy = build_sample(
        sample.keys, sample.preference, length_difference=lengths_of(sample), weight=np.full(200, size)
    )
    assert numbers(lc(heavy)) == pytest.approx(numbers(lc(sample)), abs=1e-6)
    with pytest.raises(StatsError, match="weight.* is not a positive number"):
        build_sample(sample.keys, sample.preference, weight=np.full(200, 5e-324))


def random_problem(seed: int) -> tuple[Floats, Floats, Floats]:
    """A design with an intercept, outcomes of four kinds (binary, separated, fractions, quarters), and weights."""
    generator = np.random.default_rng([30, seed])
    n, p = int(generator.integers(8, 25)), int(generator.integers(1, 4))
    design = np.column_stack([np.ones(n), *np.tanh(generator.normal(0, 1.5, (p - 1, n)))])
    chance = expit(design @ generator.normal(0, 1.5, p))
    outcome = (
        (generator.random(n) < chance).astype(float),
        (design[:, -1] > 0).astype(float),
        generator.beta(2 * chance, 2 * (1 - chance)),
        np.round(4 * generator.beta(chance, 1 - chance)) / 4,
    )[seed % 4]
    weights = generator.choice([0.5, 1.0, 3.0], n) if seed % 3 == 0 else np.ones(n)
    return design, outcome, weights


@pytest.mark.parametrize("seed", range(40))
def test_d29_a_fit_has_a_vanishing_gradient(seed: int) -> None:
    design, outcome, weights = random_problem(seed)
    fit = fit_logistic(design, outcome, weights=weights)
    mu = expit(design @ fit.coefficients)
    curvature = weights * mu * (1 - mu)
    leverage = curvature * np.einsum(
        "ij,jk,ik->i", design, np.linalg.inv(design.T @ (curvature[:, None] * design)), design
    )
    gradient = design.T @ (weights * (outcome - mu) + leverage * (0.5 - mu))
    assert np.abs(gradient).max() <= TOLERANCE
    assert fit.iterations < logistic.MAX_ITERATIONS


def test_d29_a_regression_that_does_not_converge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "MAX_ITERATIONS", 1)
    assert_refused(lc(draw(1, 50).sample), "the regression did not converge in 1 steps")


def precise_fit(design: Floats, outcome: Floats, weights: Floats, *, start: Floats | None = None) -> Floats:
    """The maximum of the penalised likelihood in 50 digits, by derivatives of the log-determinant itself."""
    p = design.shape[1]
    pairs = [(j, k) for j in range(p) for k in range(p)]
    with mpmath.workdps(50):
        rows = [
            ([mpmath.mpf(float(x)) for x in row], mpmath.mpf(float(y)), mpmath.mpf(float(w)))
            for row, y, w in zip(design, outcome, weights, strict=True)
        ]
        beta = [mpmath.mpf(float(one)) for one in (np.zeros(p) if start is None else start)]
        for iteration in range(500):
            score = [mpmath.mpf(0)] * p
            information = mpmath.zeros(p, p)
            slopes = [mpmath.zeros(p, p) for _ in range(p)]
            for x, y, w in rows:
                mu = 1 / (1 + mpmath.exp(-mpmath.fdot(x, beta)))
                spread = w * mu * (1 - mu)
                for j, k in pairs:
                    curvature = spread * x[j] * x[k]
                    information[j, k] += curvature
                    for r in range(p):
                        slopes[r][j, k] += curvature * (1 - 2 * mu) * x[r]
                score = [s + w * (y - mu) * one for s, one in zip(score, x, strict=True)]
            inverse = mpmath.inverse(information)
            gradient = [score[r] + sum(inverse[j, k] * slopes[r][j, k] for j, k in pairs) / 2 for r in range(p)]
            step = [mpmath.fdot(inverse[j, :], gradient) for j in range(p)]
            largest = max(map(abs, step))
            # where few rows carry a covariate, whole steps swing about the top
            share = 1 / max(1, largest) if iteration < 40 else mpmath.mpf(1) / 2
            beta = [one + share * size for one, size in zip(beta, step, strict=True)]
            if largest < mpmath.mpf(10) ** -12:
                return np.array([float(one) for one in beta])
    raise AssertionError("the precise fit did not converge")


# from zero, the first 1,000 of these problems were solved once: no coefficient was off by more than 2.3e-11
@pytest.mark.parametrize("part", range(4))
def test_d30_the_fit_is_that_of_an_independent_implementation_in_fifty_digits(part: int) -> None:
    for seed in range(50 * part, 50 * part + 50):
        design, outcome, weights = random_problem(seed)
        found = fit_logistic(design, outcome, weights=weights).coefficients
        # most start where they should end, which takes a tenth of the time
        precise = precise_fit(design, outcome, weights, start=None if seed % 10 == 1 else found)
        assert found == pytest.approx(precise, abs=1e-9), seed


def test_d30_firths_estimates_of_separated_published_data_are_those_of_logistf_and_of_fifty_digits() -> None:
    # Heinze and Schemper 2002, Statistics in Medicine 21: coefficients as by R's logistf and brglm2, which stop at
    # about 1e-7; standard errors as in Kosmidis and Firth's vignette of brglm2
    design, outcome = endometrial()
    fit = fit_logistic(design, outcome)
    assert fit.coefficients == pytest.approx([3.77455951, 2.92927330, -0.03475175, -2.60416387], abs=1e-6)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx([1.48869, 1.55076, 0.03957, 0.77602], abs=1e-5)
    assert fit.coefficients == pytest.approx(precise_fit(design, outcome, np.ones(79)), abs=1e-9)
