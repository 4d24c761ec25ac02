"""A judge's behaviour, from its verdicts as they were given or, without them, from instructions' means."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.behaviour import GRADED, NO_SECOND, SINGLE_UNKNOWN, Behaviour, behaviour
from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Entry, Judging
from evalkit.boards.judged import Transcripts
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.stats.sample import build_sample
from evalkit.types import BOTH_ORDERS, Annotation, Audit, ChatReply, Finding, Order, Rating, Reading, Severity
from tests.builders import given
from tests.stats.stat_samples import numbers, value_of

Said = Mapping[str, tuple[Annotation, ...]]


def in_orders(candidate_first: float | None, baseline_first: float | None) -> tuple[Annotation, ...]:
    said = {Order.CANDIDATE_FIRST: candidate_first, Order.BASELINE_FIRST: baseline_first}
    return tuple(
        given(None, order, failure="silent") if one is None else given(one, order, reading=Reading.STATED)
        for order, one in said.items()
    )


def entry_of(model: str, said: Said, *, baseline: str = "base", clusters: Mapping[str, str] | None = None) -> Entry:
    rows = [(key, place) for key, places in said.items() for place in places]
    sample = build_sample(
        [key for key, _ in rows],
        np.array([np.nan if place.preference is None else place.preference for _, place in rows]),
        orders=[str(place.slot.order) for _, place in rows],
        clusters=None if clusters is None else [clusters[key] for key, _ in rows],
    )
    readings = {"stated": sum(place.preference is not None for _, place in rows)}
    return Entry(model, "judge", baseline, sample, avg_length=None, digest="d", judging=Judging(readings=readings))


def board_of(*entries: Entry) -> Board:
    (board,) = build_boards(entries, Recipe(metric=WIN_RATE))
    return board


def judged_of(said: Mapping[str, Said], *, baseline: str = "base") -> Transcripts:
    return Transcripts(places={("judge", "d", baseline, model): places for model, places in said.items()})


def found_in(said: Mapping[str, Said]) -> Behaviour:
    return behaviour(board_of(*(entry_of(model, places) for model, places in said.items())), judged_of(said))


def test_a_panel_by_hand() -> None:
    found = found_in(
        {
            "one": {"a": in_orders(0.95, 0.55), "b": in_orders(0.60, 0.40)},
            "other": {"a": in_orders(0.05, 0.05), "b": in_orders(0.30, 0.10)},
        }
    )
    # differences 0.4, 0.2, 0.0 and 0.2
    assert value_of(found.position) == pytest.approx(20)
    assert found.position.n == 2
    assert value_of(found.inconsistent) == 25.0
    # 0.95 and twice 0.05, of eight
    assert value_of(found.decided) == pytest.approx(37.5)
    assert (found.n_models, found.n_verdicts, found.averaged) == (2, 8, False)
    assert sum(one.count for one in found.stated) == 8
    assert [(one.low, one.count) for one in found.retest][:2] == [(0.0, 2), (10.0, 1)]
    assert found.retest[-1].stated == pytest.approx(95)
    assert found.readings == {"stated": 8}


def test_what_a_rule_decided_or_nobody_said_is_no_verdict_of_the_judge() -> None:
    places = in_orders(0.8, 0.6)
    rule = tuple(given(0.5, order, rule="identical") for order in BOTH_ORDERS)
    found = found_in({"one": {"a": places, "b": places, "c": rule, "d": in_orders(0.9, None)}})
    assert found.n_verdicts == 5
    assert value_of(found.position) == pytest.approx(20)


def test_repeats_are_second_verdicts_where_there_is_one_order() -> None:
    places = tuple(given(0.75, Order.BASELINE_FIRST, repeat=repeat) for repeat in range(3))
    said = {f"k{key}": places for key in range(4)}
    found = found_in({"one": said})
    assert found.position.value is None and "both orders" in found.position.status.reason
    (one,) = found.retest
    assert (one.low, one.count, one.stated, value_of(one.again)) == (70.0, 12, 75.0, 75.0)


def test_an_order_dealt_by_chance_tells_of_position_and_of_no_second_verdict() -> None:
    said = {f"k{key}": (in_orders(0.7, 0.5)[key % 2],) for key in range(40)}
    found = found_in({"one": said})
    assert value_of(found.position) == pytest.approx(20)
    assert found.inconsistent.value is None
    assert (found.retest, found.no_retest) == ((), NO_SECOND)


def test_verdicts_whose_order_nobody_knows_still_tell_how_sure_they_are() -> None:
    found = found_in({"one": {f"k{key}": (given(0.95),) for key in range(10)}})
    assert found.position.status.reason == "no verdict tells who was shown first"
    assert found.decided.value == 100.0


def test_models_share_their_instructions_as_clusters() -> None:
    generator = np.random.default_rng(1)
    said = {f"k{key}": in_orders(*generator.random(2)) for key in range(20)}
    once, thrice = found_in({"a": said}), found_in(dict.fromkeys("abc", said))
    for name in ("position", "inconsistent", "decided"):
        assert numbers(getattr(once, name)) == pytest.approx(numbers(getattr(thrice, name)))


def test_turns_of_one_conversation_are_one_cluster() -> None:
    said = {key: in_orders(0.7, 0.5) for key in ("a1", "a2", "b1", "b2")}
    clusters = {key: key[0] for key in said}
    board = board_of(entry_of("one", said, clusters=clusters))
    assert behaviour(board, judged_of({"one": said})).decided.n == 2


def test_outputs_that_an_audit_refused_say_nothing_of_the_judge() -> None:
    fair = {f"k{key}": in_orders(0.7, 0.5) for key in range(5)}
    null = {f"k{key}": in_orders(1.0, 1.0) for key in range(5)}
    audit = Audit(5, ("distinct",), (Finding("distinct", Severity.FAIL, "one answer", 5, 5),))
    board = board_of(entry_of("fair", fair), replace(entry_of("null", null), audit=audit))
    found = behaviour(board, judged_of({"fair": fair, "null": null}))
    assert (found.n_models, found.n_verdicts, found.decided.value) == (1, 10, 0.0)


def test_of_a_table_of_numbers_only_sureness_is_known_by_instruction() -> None:
    said = {f"k{key}": in_orders(0.98, 0.96) for key in range(5)}
    board = board_of(entry_of("one", said), entry_of("base", {key: in_orders(0.5, 0.5) for key in said}))
    found = behaviour(board, Transcripts())
    assert (found.averaged, found.n_models, found.n_verdicts) == (True, 1, 5)
    assert found.decided.value == 100.0
    assert found.stated[-1].count == 5
    assert [found.position.status.reason, found.inconsistent.status.reason, found.no_retest] == [SINGLE_UNKNOWN] * 3


def test_grades_are_shares_of_their_scale_and_have_no_order() -> None:
    grades = tuple(given(None, Order.ALONE, repeat=repeat, rating=Rating(8.0, 1.0, 10.0)) for repeat in range(2))
    places = {f"k{key}": grades for key in range(3)}
    sample = build_sample(sorted(places), np.full(3, 7 / 9))
    graded = Entry("one", "judge", "", sample, avg_length=None, digest="d", scale=(1.0, 10.0))
    found = behaviour(board_of(graded), judged_of({"one": places}, baseline=""))
    assert found.position.status.reason == found.decided.status.reason == GRADED
    (one,) = found.retest
    assert one.stated == value_of(one.again) == pytest.approx(100 * 7 / 9)
    assert found.stated[7].count == 6


def test_a_board_on_which_nothing_was_judged_refuses_everything() -> None:
    found = found_in({"one": {"a": in_orders(None, None)}})
    assert (found.n_models, found.n_verdicts, found.averaged) == (0, 0, True)
    assert found.decided.value is None
    assert sum(one.count for one in found.stated) == 0


def test_an_instruction_that_lacks_a_verdict_of_one_model_is_counted_once() -> None:
    whole = {key: in_orders(0.7, 0.5) for key in ("a", "b", "c")}
    partly = {**whole, "c": in_orders(0.7, None)}
    clusters = {key: f"text of {key}" for key in whole}
    board = board_of(entry_of("one", whole, clusters=clusters), entry_of("two", partly, clusters=clusters))
    assert behaviour(board, judged_of({"one": whole, "two": partly})).decided.n == 3


def test_the_ways_of_reading_are_those_of_the_verdicts_that_are_counted() -> None:
    # a row of a file is one number of its record, and has several verdicts behind it
    said = {f"k{key}": in_orders(0.7, 0.5) for key in range(5)}
    recorded = replace(entry_of("one", said), judging=Judging(readings={"recorded": 5}))
    assert behaviour(board_of(recorded), judged_of({"one": said})).readings == {"stated": 10}
    assert behaviour(board_of(recorded), Transcripts()).readings == {"recorded": 5}


def test_the_baseline_beside_itself_is_no_comparison() -> None:
    said = {f"k{key}": in_orders(0.98, 0.96) for key in range(5)}
    even = {key: (given(0.5, reading=Reading.RECORDED),) for key in said}
    found = behaviour(board_of(entry_of("one", said), entry_of("base", even)), judged_of({"one": said, "base": even}))
    assert (found.n_models, found.n_verdicts, found.decided.value) == (1, 10, 100.0)


def test_a_served_models_board_counts_its_own_verdicts_only() -> None:
    places = tuple(given(p, reply=ChatReply("", model=served)) for p, served in ((0.95, "new"), (0.5, "old")))
    said = {f"k{key}": places for key in range(5)}
    board = replace(board_of(entry_of("one", said)), served_as="new")
    found = behaviour(board, judged_of({"one": said}))
    assert (found.n_verdicts, found.decided.value) == (5, 100.0)
