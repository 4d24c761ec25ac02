"""What answers hold besides the answer: thinking, tokens of chat templates, failed calls."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.failed_calls import failed_call, likely_failed_call
from evalkit.formats.outputs import read_one
from evalkit.formats.rows import Rows
from evalkit.formats.thinking import Thought, chat_token, without_end_of_turn, without_thinking
from evalkit.types import OutputSet

NAMES = ("reasoning", "thought", "thoughts", "reflection", "scratchpad", "analysis")


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
        ("<THINK>Hm.</Think>Yes.", "Yes."),
        ("\ufeff<think >Hm.</think >Yes.", "Yes."),
        *((f"<{name}>\nHm.\n</{name}>\n\nYes.", "Yes.") for name in NAMES),
        ("<Scratchpad>Hm.</scratchpad>Yes.", "Yes."),
        ("&lt;think&gt;Hm.&lt;/think&gt;\nYes.", "Yes."),
        ('<details type="reasoning" done="true">\n<summary>Hm</summary>\n> Hm.\n</details>\nYes.', "Yes."),
        ("<details type='reasoning'>Hm.</details>Yes.", "Yes."),
        ("<thinking>Hm. <reflection>No.</reflection> So.</thinking>Yes.", "Yes."),
        ("<think>a</think>\n<reflection>b</reflection>\nYes.", "Yes."),
        ("<|channel|>analysis<|message|>Hm.<|start|>assistant<|channel|>final<|message|>Yes.", "Yes."),
        ("<|start|>assistant<|channel|>analysis Hm. <|channel|>final Yes.", "Yes."),
        ("analysisThe user asks.assistantfinalYes.", "Yes."),
        ("<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Yes.", "Yes."),
        ("Sure.\n<think>Hm.</think>\nYes.", "Sure.\nYes."),
        ("Let me think about it:\n\n<thinking>Hm.</thinking>\n\nYes.", "Let me think about it:\n\nYes."),
    ],
)
def test_the_thinking_before_an_answer_is_left_out(text: str, answer: str) -> None:
    assert without_thinking(text, "Is it?") == Thought(answer)


def test_thinking_that_breaks_off_leaves_no_answer() -> None:
    assert without_thinking("<think>Hm, so", "Is it?") == Thought("", unfinished=True)
    assert without_thinking("<think>a</think><think>Hm, so", "Is it?") == Thought("", unfinished=True)
    assert without_thinking("Sure.\n<scratchpad>Hm, so", "Is it?") == Thought("", unfinished=True)


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Yes. <think>Hm.</think>",
        "Close it with `</think>`.",
        "```\n</think>\n```",
        "I think </b> so",
        "",
        "Yes.<|end|>",
        "<analysis><item>Hm.</item></analysis>",
        "<analysis>\n<item>",
        "<details><summary>More</summary>Hm.</details>Yes.",
        "The document:\n<analysis>Hm.</analysis>\nThat is all.",
        "```xml\n<think>Hm.</think>\n```",
        "One line.\nAnother.\n<think>Hm.</think>\nYes.",
        "Analysis of the rivers. They are assistants.",
        "analysis",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert without_thinking(text, "Is it?") is None


@pytest.mark.parametrize(
    ("text", "instruction"),
    [
        ("<thinking>Hm.</thinking>Yes.", "Reason inside <thinking> tags."),
        ("<analysis>Hm.</analysis>Yes.", "Begin with <Analysis>...</Analysis>."),
        ("<scratchpad>Hm.</scratchpad>Yes.", "Use `scratchpad` tags for your notes."),
        ("&lt;think&gt;Hm.&lt;/think&gt;Yes.", "Show me <think> and what follows, escaped."),
        ("Sure.\n<think>Hm.</think>Yes.", "Write <think> first."),
    ],
)
def test_marks_that_the_instruction_speaks_of_are_left(text: str, instruction: str) -> None:
    assert without_thinking(text, instruction) is None


@pytest.mark.parametrize(
    "mark",
    ["</s>", "<|eot_id|>", "<|im_end|>", "<end_of_turn>", "<|endoftext|>", "<｜end▁of▁sentence｜>", "<|return|>"],
)
def test_marks_of_the_end_of_a_turn_are_left_out_at_the_end_of_an_answer(tmp_path: Path, mark: str) -> None:
    assert without_end_of_turn(f"Yes.\n{mark}", "Is it?") == "Yes."
    assert without_end_of_turn(f"Yes.{mark}{mark}\n", "Is it?") == "Yes."
    assert without_end_of_turn(f"Yes.{mark} ", f"What is {mark}?") == f"Yes.{mark} "
    assert without_end_of_turn(f"Yes.{mark} No. ", "Is it?") == f"Yes.{mark} No. "
    rows = [row(1, f"<think>Hm.</think>One.{mark}"), row(2, f"Two.{mark}{mark}")]
    for keep_thinking, first in ((False, "One."), (True, "<think>Hm.</think>One.")):
        outputs = read(tmp_path, rows, value=False, keep_thinking=keep_thinking)
        assert [output.text for output in outputs.outputs] == [first, "Two."]
        said = (
            f"2 answer(s), the first in row 1, end with the mark of the end of a turn such as {mark}, which is left out"
        )
        assert any(note.endswith(said) for note in outputs.notes)


@pytest.mark.parametrize(
    "token", ["<|im_end|>", "<|eot_id|>", "<end_of_turn>", "[/INST]", "</s>", "<｜end▁of▁sentence｜>"]
)
def test_tokens_of_chat_templates_are_found(token: str) -> None:
    assert chat_token(f"Yes.{token}", "Is it?") == token
    assert chat_token(f"Yes.{token}", f"What is {token}?") is None
    assert chat_token("a <b> [x] <|> </span> <s>old</s> price", "Is it?") is None


@pytest.mark.parametrize(
    "text",
    [
        "$ERROR$", " $ERROR$\n", "$API_ERROR$", "$ error $", "**API REQUEST ERROR** Reason: timeout.", "API_ERROR",
        "**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**", "#ERROR#", "[ERROR]",
        "[error]", "<error>", "<error/>", "**ERROR**", "API_ERROR_OUTPUT",
    ],
)  # fmt: skip
def test_error_marks_are_failed_calls(text: str) -> None:
    assert failed_call(text)
    assert failed_call(text, "Is it?")


def test_other_texts_and_marks_that_are_asked_for_are_no_failed_calls() -> None:
    texts = (
        "",
        "The mark is $ERROR$.",
        "Error code: 429 - rate limit",
        "ERROR",
        "[ERROR] means failure.",
        "# Error #1",
    )
    assert not any(map(failed_call, texts))
    assert not failed_call("[ERROR]", "Answer [error] if the sum is wrong.")


@pytest.mark.parametrize(
    "text",
    [
        "Error code: 429 - {'error': {'message': 'slow down'}}", "Error: 429 Too Many Requests", "HTTP Error 503",
        "openai.RateLimitError: Error code: 429 - {'error': 1}", "RateLimitError: slow down", "502 Bad Gateway",
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool: Read timed out.", '{"error": {"message": "x"}}',
        '{\n  "error": {\n    "code": 500\n  }\n}', '{"type": "error", "error": {"message": "x"}}',
        "Traceback (most recent call last):\n  File \"x.py\"\nKeyError: 'choices'", "Request timed out.",
        "Connection error.", "None", "nan", "NaN", "null", "ERROR", "<error>slow down</error>",
        "Error: Rate limit reached", "[ERROR] request failed",
    ],
)  # fmt: skip
def test_messages_of_failed_calls_are_told_from_answers(text: str) -> None:
    assert likely_failed_call(text)
    assert not failed_call(text)


@pytest.mark.parametrize(
    "text",
    [
        "Errors happen.", "Error code: 404 means\n\nthat there is no such page.", "None of them.", "Null is nothing.",
        "Tracebacks show where a program failed.", '{"errors": 3}', "Not found in any book.", "429 people came.",
        "Timeouts are set in seconds.\nUse 30.", "ValueError: what int raises for a text.",
    ],
)  # fmt: skip
def test_answers_that_speak_of_errors_are_answers(text: str) -> None:
    assert not likely_failed_call(text)


def test_a_word_that_is_asked_for_is_an_answer() -> None:
    assert not likely_failed_call("None", "Say None if there is none.")


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
