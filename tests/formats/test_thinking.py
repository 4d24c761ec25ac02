"""What answers hold besides the answer: thinking, tokens of chat templates, failed calls."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.outputs import read_one
from evalkit.formats.rows import Rows
from evalkit.formats.thinking import Thought, chat_token, failed_call, likely_failed_call, without_thinking
from evalkit.types import OutputSet


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>\nHm.\n</think>\n\nYes.", "Yes."),
        ("\n<thinking>Hm.</thinking>Yes.", "Yes."),
        ("Hm, so yes.\n</think>\n\nYes.", "Yes."),
        ("<think>a <think>b</think>\nYes.", "Yes."),
        ("<think>a</think>\n<think>b</think>\nYes.", "Yes."),
        ("<think></think>Yes.", "Yes."),
        ("[THINK]Hm.[/THINK]Yes.", "Yes."),
        ("◁think▷Hm.◁/think▷Yes.", "Yes."),
        ("<seed:think>Hm.</seed:think>Yes.", "Yes."),
        ("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.", "Yes."),
        ("<think>Hm.</think>", ""),
    ],
)
def test_the_thinking_before_an_answer_is_left_out(text: str, answer: str) -> None:
    assert without_thinking(text, "Is it?") == Thought(answer)


def test_thinking_that_breaks_off_leaves_no_answer() -> None:
    assert without_thinking("<think>Hm, so", "Is it?") == Thought("", unfinished=True)
    assert without_thinking("<think>a</think><think>Hm, so", "Is it?") == Thought("", unfinished=True)


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Yes. <think>Hm.</think>",
        "Close it with `</think>`.",
        "```\n</think>\n```",
        "I think </b> so",
        "",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_thinking(text, "Is it?") is None


def test_marks_that_the_instruction_speaks_of_are_left() -> None:
    assert without_thinking("<thinking>Hm.</thinking>Yes.", "Reason inside <thinking> tags.") is None


@pytest.mark.parametrize(
    "token", ["<|im_end|>", "<|eot_id|>", "<end_of_turn>", "[/INST]", "</s>", "<｜end▁of▁sentence｜>"]
)
def test_tokens_of_chat_templates_are_found(token: str) -> None:
    assert chat_token(f"Yes.{token}", "Is it?") == token
    assert chat_token(f"Yes.{token}", f"What is {token}?") is None
    assert chat_token("a <b> [x] <|> </span> <s>old</s> price", "Is it?") is None


def test_error_marks_are_told_from_answers() -> None:
    assert all(map(failed_call, ("$ERROR$", " $ERROR$\n", "$API_ERROR$", "**API REQUEST ERROR** Reason: timeout.")))
    assert not any(map(failed_call, ("", "The mark is $ERROR$.", "Error code: 429 - rate limit")))
    assert likely_failed_call("Error code: 429 - {'error': {'message': 'slow down'}}")
    assert not likely_failed_call("Errors happen.")
    assert not likely_failed_call("Error code: 404 means\n\nthat there is no such page.")


def row(number: int, output: str) -> dict[str, Any]:
    return {"instruction": f"Question {number}?", "output": output, "generator": "m"}


ROWS = [
    row(1, "<think>Hm.</think>One."),
    row(2, "Two."),
    row(3, "<think>Three, because"),
    row(4, "$ERROR$"),
    row(5, "Five.<|im_end|>"),
    row(6, "Error code: 429 - rate limit"),
    row(7, "se\ud83dven"),
]


def read(tmp_path: Path, rows: list[dict[str, Any]], *, value: bool, **options: Any) -> OutputSet:
    path = tmp_path / "o.json"
    path.write_text(json.dumps(rows))
    return read_one([Rows.of(rows, "o") if value else str(path)], **options)


@pytest.mark.parametrize("value", [False, True])
def test_each_is_counted_with_the_place_of_the_first(tmp_path: Path, value: bool) -> None:
    outputs = read(tmp_path, ROWS, value=value)
    texts = [(output.texts, output.failure) for output in outputs.outputs]
    assert texts[0] == (("One.",), None)
    assert texts[2] == (("",), None)
    assert texts[3] == ((), "answer is a failed call")
    assert texts[6] == (("se\ufffdven",), None)
    said = [note.removeprefix(f"{outputs.source}: ") for note in outputs.notes]
    assert [text.split(",")[:2] for text in said] == [
        ["1 answer(s)", f" the first in row {number}"] for number in (1, 3, 4, 5, 6, 7)
    ]
    assert "begin with thinking, which is left out. Keep it with --keep-thinking" in said[0]
    assert "such as <|im_end|>" in said[3]


def test_thinking_is_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    outputs = read(tmp_path, ROWS[:3], value=False, keep_thinking=True)
    assert [output.text for output in outputs.outputs] == [one["output"] for one in ROWS[:3]]
    assert outputs.notes == ()


def test_a_file_of_failed_calls_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="all 1 answers are failed calls. Answer the questions again"):
        read(tmp_path, [ROWS[3]], value=False)
