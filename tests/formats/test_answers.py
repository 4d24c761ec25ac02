"""Answers in the layouts of MT-Bench and Arena-Hard and in lists of turns, joined to their questions."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.errors import InputError
from evalkit.formats.instructions import instruction_key
from evalkit.formats.outputs import read_one, read_outputs
from evalkit.formats.questions import read_questions
from evalkit.types import Example
from tests.conftest import REAL_DATA

Row = dict[str, Any]
QUESTIONS = (
    Example("81", ("Write.", "Again."), "writing", cluster="81"),
    Example("82", ("Draw.", "Erase."), "art", cluster="82"),
)
METADATA = {
    "token_len": 9,
    "header_count": {"h1": 1, "h2": 2},
    "list_count": {"ordered": 0, "unordered": 4},
    "bold_count": {"**": 1, "__": 1},
}
CHOICES: Row = {
    "question_id": 81, "answer_id": "x", "model_id": "vicuna", "choices": [{"index": 0, "turns": ["One.", "Two."]}],
    "tstamp": 1.5,
}  # fmt: skip
MESSAGES: Row = {
    "uid": "ab", "model": "gpt", "tstamp": 1.5, "metadata": METADATA,
    "messages": [
        {"role": "user", "content": "Do."},
        {"role": "assistant", "content": {"answer": "**Done.**", "thought": "…"}},
    ],
}  # fmt: skip


def saved(path: Path, *rows: Row) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def refusal(source: str, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        read_outputs([source], **options)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_an_answer_of_mt_bench_takes_its_instruction_from_the_questions(tmp_path: Path) -> None:
    outputs = read_one([saved(tmp_path / "a.jsonl", CHOICES)], questions=QUESTIONS)
    assert outputs.model == "vicuna"
    assert outputs.examples[0] is QUESTIONS[0]
    assert outputs.outputs[0].texts == ("One.", "Two.")
    assert outputs.outputs[0].key == "81"


def test_turns_may_be_objects_with_their_content(tmp_path: Path) -> None:
    turns = [{"content": "One.", "token_len": 2}, {"content": "Two.", "token_len": 2}]
    row = {**CHOICES, "choices": [{"index": 0, "turns": turns}], "conv_metadata": METADATA}
    (output,) = read_one([saved(tmp_path / "a.jsonl", row)], questions=QUESTIONS).outputs
    assert output.texts == ("One.", "Two.")
    assert output.measures == {"headers": 3, "lists": 4, "bold": 2, "code": 0, "tokens": 9}


def test_answers_without_what_was_asked_are_refused_with_the_cure(tmp_path: Path) -> None:
    source = saved(tmp_path / "a.jsonl", CHOICES)
    assert refusal(source) == (
        f"{source}:1: the file holds answers without their questions. Name the questions with --questions FILE"
    )
    assert refusal(source, questions=QUESTIONS[1:]).startswith(
        f"{source}:1: question '81' is not among the 1 given ones"
    )


def test_of_several_samples_the_first_is_read_and_the_others_are_noted(tmp_path: Path) -> None:
    row = {**CHOICES, "choices": [{"turns": ["first"]}, {"turns": ["second"]}]}
    outputs = read_one([source := saved(tmp_path / "a.jsonl", row)], questions=QUESTIONS)
    assert outputs.outputs[0].texts == ("first",)
    assert outputs.notes == (
        f"{source}: 1 answer(s), the first in row 1, hold several samples, of which the first is read",
    )


def test_a_failed_call_is_a_missing_answer_and_is_noted(tmp_path: Path) -> None:
    failed = {**CHOICES, "question_id": 82, "choices": [{"turns": ["$ERROR$", "$ERROR$"]}]}
    outputs = read_one([source := saved(tmp_path / "a.jsonl", CHOICES, failed)], questions=QUESTIONS)
    assert [(output.key, output.failure) for output in outputs.outputs] == [
        ("81", None),
        ("82", "answer is a failed call"),
    ]
    assert outputs.notes == (f"{source}: 1 answer(s), the first in row 2, are failed calls and count as missing",)
    assert "all 1 answers are failed calls" in refusal(saved(tmp_path / "b.jsonl", failed), questions=QUESTIONS)


def test_an_answer_of_arena_hard_brings_its_instruction(tmp_path: Path) -> None:
    outputs = read_one([saved(tmp_path / "a.jsonl", MESSAGES)])
    assert outputs.model == "gpt"
    assert outputs.examples == (Example("ab", ("Do.",), cluster="ab"),)
    assert outputs.outputs[0].texts == ("**Done.**",)
    assert outputs.outputs[0].measures["tokens"] == 9
    asked = Example("ab", ("Do.",), "coding", cluster="ab")
    assert read_one([saved(tmp_path / "a.jsonl", MESSAGES)], questions=[asked]).examples[0] is asked


def test_an_answer_to_another_text_keeps_its_own_for_the_pairing_to_refuse(tmp_path: Path) -> None:
    outputs = read_one([saved(tmp_path / "a.jsonl", MESSAGES)], questions=[Example("ab", ("Go.",))])
    assert outputs.examples[0].turns == ("Do.",)


def test_a_conversation_is_read_turn_by_turn_whatever_the_system_says(tmp_path: Path) -> None:
    said = ["system", "user", "assistant", "user", "assistant"]
    row = {"uid": 1, "messages": [{"role": role, "content": f"{n}"} for n, role in enumerate(said)]}
    outputs = read_one([saved(tmp_path / "m.jsonl", row)])
    assert (outputs.model, outputs.examples[0].turns, outputs.outputs[0].texts) == ("m", ("1", "3"), ("2", "4"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**CHOICES, "choices": []}, 'field "choices": expected an answer, found an empty list'),
        ({**CHOICES, "choices": ["x"]}, 'field "choices[0]": expected a mapping, found text'),
        ({**CHOICES, "choices": [{}]}, 'field "choices[0].turns": expected a list, found null'),
        ({**CHOICES, "choices": [{"turns": [4]}]}, 'field "choices[0].turns[0]": expected text, found a number'),
        ({**CHOICES, "choices": [{"turns": ["a"] * 3}]}, "3 answers to the 2 turn(s) of its instruction"),
        ({**CHOICES, "question_id": None}, 'field "question_id": expected text, found null'),
        ({**CHOICES, "model_id": 4}, 'field "model_id": expected text, found a number'),
        ({**MESSAGES, "messages": [{"role": "user", "content": "x"}]}, 'field "messages": holds no answer'),
        ({**MESSAGES, "messages": MESSAGES["messages"][1:]}, 'field "messages[0]": user and assistant do not take'),
        ({**MESSAGES, "messages": ["x"]}, 'field "messages[0]": expected a mapping, found text'),
        ({**MESSAGES, "messages": [{"role": 1, "content": "x"}]}, 'field "messages[0].role": expected text'),
        ({**MESSAGES, "messages": [{"role": "user", "content": {}}]}, 'field "messages[0].content": expected text'),
        ({**MESSAGES, "metadata": {"token_len": "x"}}, "metadata: token_len: 'x' is not a count"),
        ({**MESSAGES, "uid": True}, 'field "uid": expected text, found true'),
    ],
)
def test_a_record_of_a_wrong_kind_is_refused_with_its_place(tmp_path: Path, row: Row, reason: str) -> None:
    source = saved(tmp_path / "a.jsonl", row)
    assert refusal(source, questions=QUESTIONS).startswith(f"{source}:1: {reason}")


class TestListsOfTurns:
    def test_instruction_and_output_may_be_lists_of_texts(self, tmp_path: Path) -> None:
        outputs = read_one([saved(tmp_path / "a.jsonl", {"instruction": ["Hi.", "Bye."], "output": ["1", "2"]})])
        assert outputs.examples == (Example(instruction_key("Hi.\n\nBye."), ("Hi.", "Bye.")),)
        assert outputs.outputs[0].texts == ("1", "2")

    def test_a_conversation_may_end_early_but_has_no_more_answers_than_turns(self, tmp_path: Path) -> None:
        early = read_one([saved(tmp_path / "a.jsonl", {"instruction": ["Hi.", "Bye."], "output": ["1"]})])
        assert early.outputs[0].texts == ("1",)
        source = saved(tmp_path / "a.jsonl", {"instruction": ["Hi."], "output": ["1", "2"]})
        assert refusal(source).startswith(f"{source}:1: 2 answers to the 1 turn(s)")

    def test_the_length_of_all_turns_counts(self, tmp_path: Path) -> None:
        row = {"instruction": ["a", "b"], "output": ["x" * 600_000, "y" * 600_000]}
        (output,) = read_one([saved(tmp_path / "a.jsonl", row)]).outputs
        assert (output.texts, output.oversize_chars) == ((), 1_200_002)


class TestJoinedToQuestions:
    SLOT = (Example("q1", ("Do.",), "x", cluster="q1"), Example("q2", ("Go.",), "y", cluster="q2"))

    def test_outputs_are_joined_by_the_text_of_their_instruction(self, tmp_path: Path) -> None:
        rows = [{"instruction": "Go.", "output": "went", "generator": "m"}]
        outputs = read_one([saved(tmp_path / "a.jsonl", *rows)], questions=self.SLOT)
        assert outputs.examples[0] is self.SLOT[1]
        assert outputs.outputs[0].key == "q2"

    def test_an_unknown_instruction_is_left_to_the_pairing(self, tmp_path: Path) -> None:
        outputs = read_one([saved(tmp_path / "a.jsonl", {"instruction": "?", "output": "!"})], questions=self.SLOT)
        assert outputs.outputs[0].key == instruction_key("?")

    def test_outputs_are_joined_by_a_named_field_and_need_no_instruction_then(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.jsonl", {"id": "q1", "output": "done"})
        assert read_one([source], key="id", questions=self.SLOT).examples[0] is self.SLOT[0]
        assert 'field "instruction": missing' in refusal(source, questions=self.SLOT)

    def test_a_text_that_two_questions_share_needs_the_field(self, tmp_path: Path) -> None:
        twins = (Example("q1", ("Do.",)), Example("q2", ("Do.",)))
        source = saved(tmp_path / "a.jsonl", {"id": "q2", "instruction": "Do.", "output": "done"})
        assert "several questions have this instruction. Name the field" in refusal(source, questions=twins)
        assert read_one([source], key="id", questions=twins).examples[0] is twins[1]


class TestMeasures:
    def test_markdown_is_counted_and_numbers_beside_the_answer_are_kept(self, tmp_path: Path) -> None:
        row = {
            "instruction": "i", "output": "# A\n- **b**", "id": 7, "index": 3, "tokens": 123, "cost": 0.5, "good": True,
            "nothing": None,
        }  # fmt: skip
        (output,) = read_one([saved(tmp_path / "a.jsonl", row)], key="id").outputs
        assert output.measures == {"headers": 1, "lists": 1, "bold": 1, "code": 0, "tokens": 123, "cost": 0.5}

    def test_a_table_writes_nothing_as_nan_and_null(self, tmp_path: Path) -> None:
        path = tmp_path / "a.parquet"
        metadata = [METADATA, {"token_len": None, "header_count": {"h1": 2, "h2": None}}]
        rows = {"instruction": ["i", "j"], "output": ["x", "y"], "tokens": [4.0, float("nan")], "metadata": metadata}
        pq.write_table(pa.table(rows), path)
        first, second = read_one([str(path)]).outputs
        assert (first.measures["tokens"], first.measures["lists"]) == (4, 4)
        assert ("tokens" in second.measures, second.measures["headers"]) == (False, 2)

    def test_a_number_beyond_all_reckoning_is_refused(self, tmp_path: Path) -> None:
        source = saved(tmp_path / "a.jsonl", {"instruction": "i", "output": "o", "n": 10**400})
        assert refusal(source) == f'{source}:1: field "n": a number too large to compute with'


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the published answers are not beside this checkout")
def test_the_published_answers_are_read_whole() -> None:
    asked = read_questions(str(REAL_DATA / "arena_hard" / "question_v0.1.jsonl"))
    answers = read_one([str(REAL_DATA / "arena_hard" / "gpt-4-0314.v0.1.jsonl")], questions=asked)
    assert (answers.model, len(answers.outputs), answers.notes) == ("gpt-4-0314", 500, ())
    known = {example.key: example for example in asked}
    assert all(example is known[example.key] for example in answers.examples)
    turns = read_questions(str(REAL_DATA / "mt_bench" / "question.jsonl"))
    right = read_one([str(REAL_DATA / "mt_bench" / "reference_answer_gpt-4.jsonl")], questions=turns)
    assert (right.model, {len(output.texts) for output in right.outputs}) == ("gpt-4", {2})
