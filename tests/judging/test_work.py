"""What is laid out for judges that grade, and for conversations that are judged turn by turn."""

import dataclasses

import pytest

from evalkit.engine.task import Pending
from evalkit.errors import ConfigError, InputError
from evalkit.formats.alpaca_eval import Recording
from evalkit.judge_spec.config import digest, read_judge
from evalkit.judging.layout import NO_BASELINE, NO_OUTPUT, Options
from evalkit.judging.requests import LOWEST
from evalkit.judging.work import Work, plan_all
from evalkit.store import Store
from evalkit.types import Example, JudgeConfig, Order, Output, OutputSet
from tests.builders import output_set

GRADER, COMPARER = read_judge("mt_bench_grade"), read_judge("mt_bench_pair")
BY_TURN = Options("bench", by_turn=True)
QUESTIONS = tuple(
    Example(str(number), (f"First of {number}", f"Second of {number}"), "writing", cluster=str(number))
    for number in range(81, 101)
)


def conversations(model: str, *, questions: tuple[Example, ...] = QUESTIONS) -> OutputSet:
    """Two turns of answers to each question."""
    outputs = tuple(
        Output(one.key, model, tuple(f"{model} on {turn}" for turn in one.turns), measures={"tokens": 5.0})
        for one in questions
    )
    return OutputSet(model, f"{model}.jsonl", questions, outputs)


def changed(outputs: OutputSet, key: str, **changes: object) -> OutputSet:
    """The same set with one output changed."""
    replaced = [
        dataclasses.replace(one, **changes) if one.key == key else one  # type: ignore[arg-type]
        for one in outputs.outputs
    ]
    return dataclasses.replace(outputs, outputs=tuple(replaced))


def planned(
    candidate: OutputSet,
    config: JudgeConfig = GRADER,
    *,
    baseline: OutputSet | None = None,
    options: Options = BY_TURN,
    questions: tuple[Example, ...] | None = None,
) -> Work:
    (work,) = plan_all(baseline, [candidate], [config], options, secret=b"s", questions=questions)
    return work


def compared(candidate: OutputSet, *, options: Options = BY_TURN, baseline: OutputSet | None = None) -> Work:
    return planned(candidate, COMPARER, baseline=baseline or conversations("base"), options=options)


def by_key(work: Work) -> dict[str, list[Pending]]:
    found: dict[str, list[Pending]] = {}
    for place in work.places():
        found.setdefault(place.slot.key, []).append(place)
    return found


def test_a_grading_judge_needs_no_baseline_and_files_its_grades_under_none() -> None:
    work = planned(output_set("cand", ["one", "two"]), options=Options("bench", repeats=2))
    assert (work.baseline, work.group.baseline) == ("", "")
    places = list(work.places())
    assert [(one.slot.key, one.slot.order, one.slot.repeat) for one in places] == [
        ("k000", Order.ALONE, 0), ("k000", Order.ALONE, 1), ("k001", Order.ALONE, 0), ("k001", Order.ALONE, 1),
    ]  # fmt: skip
    assert {one.slot.baseline for one in places} == {""}


def test_each_turn_is_graded_under_a_key_of_its_own_and_all_turns_are_one_cluster() -> None:
    places = by_key(planned(conversations("cand")))
    assert list(places)[:4] == ["81:1", "81:2", "82:1", "82:2"]
    (first,), (second,) = places["81:1"], places["81:2"]
    assert (first.slot.turn, second.slot.turn) == (1, 2)
    assert first.slot.cluster == second.slot.cluster != places["82:1"][0].slot.cluster
    assert len({one.slot.cluster for (one,) in places.values()}) == len(QUESTIONS)
    assert first.slot.candidate_measures != second.slot.candidate_measures == {"tokens": 5.0}


def test_without_turns_a_conversation_is_graded_as_a_whole() -> None:
    places = by_key(planned(conversations("cand"), options=Options("bench")))
    assert list(places) == [one.key for one in QUESTIONS]
    assert {one.slot.turn for (one,) in places.values()} == {2}


def test_a_turn_without_an_answer_is_missing_and_the_turn_before_it_is_graded() -> None:
    candidate = changed(conversations("cand"), "83", texts=("only the first",))
    (first,), (second,) = (by_key(planned(candidate))[key] for key in ("83:1", "83:2"))
    assert first.subject is not None and first.slot.failure is None
    assert (second.subject, second.slot.failure, second.slot.candidate_chars) == (None, NO_OUTPUT, None)
    assert second.slot.cluster == first.slot.cluster


def test_a_question_without_any_answer_is_missing_at_every_turn() -> None:
    candidate = conversations("cand", questions=QUESTIONS[1:])
    places = by_key(planned(candidate, questions=QUESTIONS))
    assert [places[key][0].slot.failure for key in ("81:1", "81:2", "82:1")] == [NO_OUTPUT, NO_OUTPUT, None]
    assert len(places) == 40


def test_an_answer_too_long_to_be_judged_is_a_failure_at_every_turn() -> None:
    candidate = changed(conversations("cand"), "83", texts=(), oversize_chars=10**7)
    places = by_key(planned(candidate))
    for key in ("83:1", "83:2"):
        (place,) = places[key]
        assert place.subject is None and "10,000,000 characters" in str(place.slot.failure)
    for place in [*by_key(compared(candidate))["83:1"], *by_key(compared(candidate))["83:2"]]:
        assert place.subject is None and "10,000,000 characters" in str(place.slot.failure)


def test_an_empty_second_answer_gets_the_lowest_grade_for_its_turn_alone() -> None:
    candidate = changed(conversations("cand"), "83", texts=("fine", "\n"))
    places = by_key(planned(candidate))
    assert [places[key][0].slot.rule for key in ("83:1", "83:2")] == [None, LOWEST]


def test_a_limit_takes_whole_conversations_and_the_same_for_every_model_and_kind_of_judge() -> None:
    options = dataclasses.replace(BY_TURN, limit=6, seed=3)
    works = [
        planned(conversations("cand"), options=options, questions=QUESTIONS),
        planned(conversations("other"), options=options, questions=QUESTIONS),
        compared(conversations("cand"), options=options),
    ]
    keys = [set(by_key(work)) for work in works]
    assert keys[0] == keys[1] == keys[2]
    assert len(keys[0]) == 12
    assert {key.split(":")[0] for key in keys[0] if key.endswith(":1")} == {
        key.split(":")[0] for key in keys[0] if key.endswith(":2")
    }


def test_a_pair_judge_meets_both_turns_in_the_same_order_and_half_of_each() -> None:
    config = dataclasses.replace(COMPARER, orders="one", digest="one")
    places = by_key(planned(conversations("cand"), config, baseline=conversations("base")))
    orders = {key: place.slot.order for key, (place,) in places.items()}
    assert all(orders[f"{one.key}:1"] == orders[f"{one.key}:2"] for one in QUESTIONS)
    assert list(orders.values()).count(Order.BASELINE_FIRST) == len(QUESTIONS)


def test_a_pair_judge_is_shown_each_turn_with_those_before_it() -> None:
    places = by_key(compared(conversations("cand")))
    assert [len(places[key]) for key in ("81:1", "81:2")] == [2, 2]
    for key, texts in (("81:1", 1), ("81:2", 2)):
        for place in places[key]:
            assert place.subject is not None
            assert len(place.subject.example.turns) == place.slot.turn == texts
            content = compared(conversations("cand")).pose(place).request.messages[0].content
            assert content.count("base on") == content.count("cand on") == texts


def test_where_the_baseline_did_not_get_to_a_turn_there_is_no_verdict_but_a_place_beside_the_others() -> None:
    short = changed(conversations("base"), "83", texts=("only the first",))
    work = compared(conversations("cand"), baseline=short)
    places = by_key(work)
    assert [place.slot.failure for place in places["83:1"]] == [None, None]
    (missing,) = places["83:2"]
    assert (missing.subject, missing.slot.failure) == (None, NO_BASELINE)
    assert (missing.slot.baseline, missing.slot.order) == ("base", work.plan.first_order["83:2"])


def test_where_the_candidate_did_not_get_to_a_turn_that_is_what_is_told() -> None:
    for baseline in (conversations("base"), changed(conversations("base"), "83", texts=("one",))):
        candidate = changed(conversations("cand"), "83", texts=("only the first",))
        (missing,) = by_key(compared(candidate, baseline=baseline))["83:2"]
        assert (missing.slot.failure, missing.slot.baseline) == (NO_OUTPUT, "base")


def test_every_place_of_a_work_belongs_to_its_group() -> None:
    short = changed(conversations("base"), "83", texts=("one",))
    partial = changed(conversations("cand"), "84", texts=("one",))
    for work in (compared(partial, baseline=short), planned(partial)):
        for place in work.places():
            slot = place.slot
            assert (slot.benchmark, slot.digest, slot.baseline, slot.model) == dataclasses.astuple(work.group)


def test_judges_that_compare_and_judges_that_grade_share_a_run() -> None:
    works = plan_all(conversations("base"), [conversations("cand")], [GRADER, COMPARER], BY_TURN, secret=b"s")
    assert [work.baseline for work in works] == ["", "base"]
    assert [len(list(work.places())) for work in works] == [40, 80]
    assert works[0].keys == works[1].keys


def test_a_judge_that_compares_needs_a_baseline() -> None:
    with pytest.raises(
        ConfigError, match="judge 'mt_bench_pair' compares answers and needs a baseline. Give --baseline"
    ):
        planned(conversations("cand"), COMPARER)


def test_a_recording_of_comparisons_is_not_taken_for_grades() -> None:
    recording = Recording("annotations.json", "someone", {})
    with pytest.raises(ConfigError, match="judge 'mt_bench_grade' grades, and --replay takes comparisons"):
        plan_all(None, [conversations("cand")], [GRADER], BY_TURN, secret=b"s", recording=recording)


def test_answers_to_none_of_the_questions_are_refused() -> None:
    with pytest.raises(InputError, match=r"other\.json: has no answer to any of the questions"):
        planned(output_set("other", ["a"]), questions=QUESTIONS)


def test_an_answer_to_another_instruction_of_the_same_key_is_not_graded() -> None:
    questions = (dataclasses.replace(QUESTIONS[0], turns=("First of 81", "Edited since")), *QUESTIONS[1:])
    with pytest.raises(InputError, match=r"cand\.jsonl: key '81' has another instruction than its question"):
        planned(conversations("cand"), questions=questions)


def test_of_several_answers_to_a_question_the_first_is_graded_only_when_asked_for() -> None:
    cand = conversations("cand")
    again = dataclasses.replace(cand.outputs[0], texts=("another", "answer"))
    twice = dataclasses.replace(cand, examples=(*cand.examples, QUESTIONS[0]), outputs=(*cand.outputs, again))
    with pytest.raises(InputError, match=r"cand\.jsonl: holds several answers to question '81'"):
        planned(twice)
    work = planned(twice, options=dataclasses.replace(BY_TURN, intersect=True))
    assert work.answered["81:2"][2] == dataclasses.replace(cand.outputs[0], key="81:2")


@pytest.mark.parametrize("config", [GRADER, COMPARER])
def test_a_question_that_is_called_like_a_turn_of_another_one_is_refused(config: JudgeConfig) -> None:
    questions = (*QUESTIONS, Example("81:2", ("Only one turn",), cluster="81:2"))
    base, cand = conversations("base", questions=questions), conversations("cand", questions=questions)
    with pytest.raises(InputError, match="'81:2' names a question as well as a turn of another one"):
        planned(cand, config, baseline=base)
    assert planned(cand, config, baseline=base, options=Options("bench")).keys[-1] == "81:2"


def test_two_different_judges_of_one_name_are_refused() -> None:
    other = dataclasses.replace(GRADER, parameters={"temperature": 1})
    judges = [GRADER, dataclasses.replace(other, digest=digest(other))]
    with pytest.raises(ConfigError, match="two different judges are called 'mt_bench_grade'"):
        plan_all(None, [conversations("cand")], judges, BY_TURN, secret=b"s")


@pytest.mark.parametrize(
    "change",
    [
        {"texts": ("first", "edited")},
        {"measures": {"tokens": 6.0}},
        {"texts": ("only the first",)},
        {"texts": (), "oversize_chars": 10**7},
    ],
)
def test_a_plan_is_named_by_all_that_its_places_hold(change: dict[str, object]) -> None:
    whole = conversations("cand")
    assert planned(whole).digest == planned(conversations("cand")).digest
    assert planned(changed(whole, "83", **change)).digest != planned(whole).digest
    assert compared(changed(whole, "83", **change)).digest != compared(whole).digest
    changed_baseline = changed(conversations("base"), "83", **change)
    assert compared(whole, baseline=changed_baseline).digest != compared(whole).digest


def test_a_plan_is_named_by_references_and_by_how_turns_are_taken() -> None:
    referenced = tuple(dataclasses.replace(one, reference=("r", "r")) for one in QUESTIONS)
    digests = {
        planned(conversations("cand")).digest,
        planned(conversations("cand"), options=Options("bench")).digest,
        planned(conversations("cand", questions=referenced)).digest,
        planned(conversations("cand"), dataclasses.replace(GRADER, name="another")).digest,
    }
    assert len(digests) == 4


def test_an_answer_that_is_measured_anew_is_laid_out_anew(store: Store) -> None:
    for measures in ({"tokens": 5.0}, {"tokens": 6.0}):
        work = planned(changed(conversations("cand"), "83", measures=measures))
        store.open_places(work.config, work.group, work.digest, (place.slot for place in work.places()))
        found = store.answered_for(work.group, work.digest, ["83:2"])
        assert [place.candidate_measures for place, _, _ in found] == [measures]
