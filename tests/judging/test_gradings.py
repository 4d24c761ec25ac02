"""Grades of conversations, from an endpoint through the store and back."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from evalkit.judge_spec.config import read_judge
from evalkit.judging.annotations import annotate_all
from evalkit.judging.layout import Options
from evalkit.judging.requests import LOWEST
from evalkit.judging.run import Annotated, annotate
from evalkit.judging.work import Work, plan_all
from evalkit.store import Store, open_store
from evalkit.store.upkeep import check, statistics
from evalkit.types import Annotation, ChatReply, Example, JudgeConfig, Output, OutputSet, Prices, Rating, Reading
from tests.builders import question_of
from tests.engine.runs import QUICK
from tests.mock_judge import grade
from tests.rig import MockJudge, mock_judge, write_judge
from tests.scripted import ScriptedClient

SEED = 5
OPTIONS = Options("mt_bench", by_turn=True)
QUESTIONS = tuple(
    Example(
        str(number),
        (f"Solve {number}.", "Now explain it."),
        "math" if number % 2 else "writing",
        cluster=str(number),
        reference=(f"It is {number}.", "By counting.") if number % 2 else (),
    )
    for number in range(81, 89)
)


def conversations(*, leave_out: str | None = None, empty: str | None = None) -> OutputSet:
    """Two turns of answers; one model stopped after its first turn, or said nothing in its second one."""
    outputs = []
    for one in QUESTIONS:
        first, second = f"It is {one.key}.", "" if one.key == empty else f"I counted to {one.key}."
        outputs.append(Output(one.key, "cand", (first,) if one.key == leave_out else (first, second)))
    return OutputSet("cand", "cand.jsonl", QUESTIONS, tuple(outputs))


def run(store: Store, config: JudgeConfig, candidate: OutputSet) -> Annotated:
    (work,) = plan_all(None, [candidate], [config], OPTIONS, secret=store.secret)
    (done,) = annotate([work], store, limits=QUICK)
    return done


def expected(work: Work, key: str) -> Rating:
    """What the mock judge thinks of an answer."""
    example, _, output = work.answered[key]
    assert output is not None
    return Rating(grade(SEED, example.instruction, output.text), 1, 10)


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockJudge]:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with mock_judge(tmp_path / "mock", seed=SEED) as judge:
        yield judge


@pytest.mark.parametrize("kind", ["grade", "grade_json"])
def test_every_turn_is_graded_once_and_read_back_the_same(
    endpoint: MockJudge, tmp_path: Path, kind: Literal["grade", "grade_json"]
) -> None:
    prices = {"input": 1.0, "output": 2.0}
    config = read_judge(str(write_judge(tmp_path, endpoint.url, kind=kind, plain_http=True, prices=prices)))
    candidate = conversations(leave_out="83", empty="84")
    address = f"sqlite:///{tmp_path / 'store.db'}"
    with open_store(address) as store:
        done = run(store, config, candidate)
        first = list(done.annotations)
        assert check(store).sound
    # one of sixteen is missing, and one needs no question
    assert endpoint.n_billed == 14
    assert [one.slot.key for one in first[:3]] == ["81:1", "81:2", "82:1"]
    by_key = {one.slot.key: one for one in first}
    assert by_key["83:2"].failure == "no output for this instruction"
    assert (by_key["84:2"].slot.rule, by_key["84:2"].rating) == (LOWEST, Rating(1, 1, 10))
    graded = [one for one in first if one.reply is not None]
    assert [one.rating for one in graded] == [expected(done.work, one.slot.key) for one in graded]
    assert {one.reading for one in graded} == {Reading.STATED} and all(one.preference is None for one in first)
    assert sum(one.cost or 0 for one in graded) == pytest.approx(done.progress.cost)

    with open_store(address) as store:
        again = run(store, config, candidate)
        assert (endpoint.n_billed, again.progress.stored) == (14, 14)
        assert list(again.annotations) == first
        (known,) = store.judges()
        assert known == dataclasses.replace(config, headers={})
        read = {one.slot.key: one for one in annotate_all(store.answered(known.digest, benchmark="mt_bench"), known)}
        assert read == by_key
        (filling,) = statistics(store).filling
        assert (filling.baseline, filling.n_replied, filling.n_by_rule, filling.n_missing) == ("", 14, 1, 1)


def test_the_right_answer_is_shown_to_the_judge_where_there_is_one(store: Store, client: ScriptedClient) -> None:
    client.script = lambda _: ChatReply("[[7]]")
    run(store, read_judge("mt_bench_grade"), conversations())
    shown = {question_of(one).subject.key: one.messages[-1].content for one in client.asked}
    assert len(shown) == 16
    assert "It is 81." in shown["81:1"] and "By counting." not in shown["81:1"]
    assert "By counting." in shown["81:2"]
    assert "right answer" not in shown["82:2"]


def test_what_holds_no_grade_is_asked_again_and_counts_as_a_failure_in_the_end(
    store: Store, client: ScriptedClient
) -> None:
    def says(text: str) -> list[Annotation]:
        client.script = lambda request: ChatReply("[[8]]" if question_of(request).subject.key == "81:1" else text)
        client.asked.clear()
        return list(run(store, config, conversations()).annotations)

    config = dataclasses.replace(read_judge("mt_bench_grade"), prices=Prices(1.0, 1.0), reasks=2)
    first = says("It deserves an 11: [[11]]")
    assert len(client.asked) == 1 + 15 * 3
    assert [one.rating for one in first].count(Rating(8, 1, 10)) == 1
    assert {one.failure for one in first if one.rating is None} == {
        "no number alone on the last line, which reads 'It deserves an 11: [[11]]'"
    }
    # nothing is asked anew that had its chances
    assert says("[[9]]") == first and client.asked == []


def test_a_grade_is_asked_for_anew_where_an_answer_or_its_reference_was_edited(
    store: Store, client: ScriptedClient
) -> None:
    client.script = lambda _: ChatReply("[[7]]")
    config, candidate = read_judge("mt_bench_grade"), conversations()
    run(store, config, candidate)
    client.asked.clear()
    outputs = (dataclasses.replace(candidate.outputs[0], texts=("It is 81.", "Edited.")), *candidate.outputs[1:])
    run(store, config, dataclasses.replace(candidate, outputs=outputs))
    assert [question_of(one).subject.key for one in client.asked] == ["81:2"]
    client.asked.clear()
    examples = (*candidate.examples[:2], dataclasses.replace(candidate.examples[2], reference=("It is 84.", "So.")))
    run(store, config, dataclasses.replace(candidate, examples=(*examples, *candidate.examples[3:])))
    assert sorted(question_of(one).subject.key for one in client.asked) == ["83:1", "83:2"]
