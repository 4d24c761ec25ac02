"""Files as other tools and people write them: each is read right, or refused in one line that names the place."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.errors import EvalkitError
from evalkit.formats.judgments import read_judgments
from evalkit.formats.outputs import read_one, read_outputs
from evalkit.formats.records import read_records
from evalkit.formats.rows import Rows, Source
from evalkit.formats.votes import read_votes

Row = dict[str, Any]
ASKED = ("Why is it so?", "What, then; how?")
SAID = ("Because.", 'So "it" is;\nthus.')
PLAIN: list[Row] = [{"instruction": asked, "output": said} for asked, said in zip(ASKED, SAID, strict=True)]
USER, ASSISTANT = "user", "assistant"


def chat(asked: object, said: object, *before: Row) -> list[Row]:
    return [*before, {"role": USER, "content": asked}, {"role": ASSISTANT, "content": said}]


def each(row: Callable[[str, str], Row]) -> list[Row]:
    return [row(asked, said) for asked, said in zip(ASKED, SAID, strict=True)]


def array(rows: list[Row]) -> bytes:
    return json.dumps(rows).encode()


def lines(rows: list[Row], end: str = "\n") -> bytes:
    return "".join(json.dumps(row) + end for row in rows).encode()


def table(rows: list[Row], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def parquet(rows: list[Row]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


PARTS = each(lambda a, b: {"messages": chat([{"type": "text", "text": a}], [{"type": "text", "text": b}])})
SHARED = each(lambda a, b: {"conversations": [{"from": "human", "value": a}, {"from": "gpt", "value": b}]})
LMSYS = each(lambda a, b: {"conversation_id": a, "model": "x", "conversation": chat(a, b), "turn": 1})
INPUT = [{"instruction": "Why is", "input": "it so?", "output": SAID[0]}, PLAIN[1]]
OUTPUTS: dict[str, tuple[str, bytes]] = {
    "array": ("a.json", array(PLAIN)),
    "lines with CRLF": ("a.jsonl", lines(PLAIN, "\r\n")),
    "lines under .json": ("a.json", lines(PLAIN)),
    "an array under .jsonl": ("a.jsonl", json.dumps(PLAIN, indent=2).encode()),
    "a comma behind the last row": ("a.json", array(PLAIN)[:-1] + b",\n]"),
    "a byte order mark": ("a.json", b"\xef\xbb\xbf" + array(PLAIN)),
    "packed": ("a.jsonl.gz", gzip.compress(lines(PLAIN))),
    "a sheet with semicolons": ("a.csv", table(PLAIN, ";", "utf-8-sig")),
    "a sheet that names its delimiter": ("a.csv", b"sep=;\r\n" + table(PLAIN, ";")),
    "a sheet with tabs, packed": ("a.csv.gz", gzip.compress(table(PLAIN, "\t"))),
    "blanks in the header": ("a.csv", table([{f" {name} ": value for name, value in row.items()} for row in PLAIN])),
    "chats without ids": ("a.jsonl", lines(each(lambda a, b: {"messages": chat(a, b)}))),
    "chats in parquet": ("a.parquet", parquet(each(lambda a, b: {"messages": chat(a, b)}))),
    "messages in parts": ("a.jsonl", lines(PARTS)),
    "ShareGPT": ("a.json", array(SHARED)),
    "LMSYS-Chat": ("a.jsonl", lines(LMSYS)),
    "an instruction as messages": (
        "a.json",
        array(each(lambda a, b: {"instruction": [{"role": USER, "content": a}], "output": b})),
    ),
    "Alpaca's input": ("a.json", array([{**row, "instruction": row["instruction"]} for row in INPUT])),
    "numbers that are none": ("a.json", array([{**row, "score": float("nan"), "cost": float("inf")} for row in PLAIN])),
    "thinking": ("a.json", array([{**row, "output": f"<think>x</think>{row['output']}"} for row in PLAIN])),
}  # fmt: skip


def asked_in(source: Source | str) -> tuple[list[str], list[str]]:
    found = read_one([source])
    return [" ".join(one.instruction.split()) for one in found.examples], [one.text for one in found.outputs]


@pytest.mark.parametrize("shape", list(OUTPUTS))
def test_outputs_of_every_shape_are_read_right(tmp_path: Path, shape: str) -> None:
    name, content = OUTPUTS[shape]
    path = tmp_path / name
    path.write_bytes(content)
    assert asked_in(str(path)) == ([*ASKED], [*SAID])
    # the same rows as a value
    assert asked_in(Rows.of([record.fields for record in read_records(path)], "a")) == ([*ASKED], [*SAID])


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "comments": ("a.json", b"// mine\n" + array(PLAIN), ": Expecting value. JSON has no comments"),
    "Python's quotes": ("a.jsonl", repr(PLAIN[0]).encode(), "JSON puts texts in double quotes; json.dumps writes it"),
    "a comma in an object": ("a.json", b'[{"instruction": "x",}]', "Remove the comma before '}'"),
    "rows over several lines": ("a.jsonl", b'{\n"a": 1\n}\n', ":1: not valid JSON"),
    "a mapping around the rows": ("a.json", json.dumps({"data": PLAIN}).encode(), "expected an array of objects"),
    "columns": ("a.json", b'{"instruction": ["a"], "output": ["b"]}', "expected an array of objects"),
    "no gzip": ("a.json.gz", array(PLAIN), ": not a gzip file"),
    "packed without a name for it": ("a.json", gzip.compress(array(PLAIN)), "not UTF-8 text (byte 1)"),
    "UTF-16": ("a.csv", table(PLAIN, "\t", "utf-16"), ": not UTF-8 text (byte 0). Save the file as UTF-8"),
    "another kind": ("a.tsv", table(PLAIN, "\t"), ": unknown kind of file. Known: .json, .jsonl, .csv, .parquet"),
    "prompt and completion": (
        "a.jsonl",
        lines([{"prompt": "a", "completion": "b"}]),
        'field "instruction": missing. Found: "prompt", "completion"',
    ),
    "a picture": (
        "a.jsonl",
        lines([{"messages": chat([{"type": "image_url"}, {"type": "text", "text": "?"}], "A cat.")}]),
        'field "messages[0].content": expected text, found a list',
    ),
    "a call of a tool": (
        "a.jsonl",
        lines([{"messages": [*chat("?", None)[:1], {"role": ASSISTANT, "content": None, "tool_calls": [{}]}]}]),
        'field "messages[1].content": expected text, found null',
    ),
    "an answer begun for the model": (
        "a.json",
        array([{"instruction": chat("?", "Sure"), "output": "x"}]),
        'field "instruction": ends with a message of the assistant, and the model is to answer one of the user',
    ),
    "an unknown role": (
        "a.json",
        array([{"instruction": [{"role": "narrator", "content": "?"}], "output": "x"}]),
        'field "instruction[0].role": expected one of system, developer, user',
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", list(REFUSED))
def test_outputs_of_other_shapes_are_refused_in_one_line(tmp_path: Path, shape: str) -> None:
    name, content, said = REFUSED[shape]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EvalkitError) as error:
        read_one([str(path)])
    message = str(error.value)
    assert message.startswith(str(path)) and said in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("value", [False, True])
def test_what_the_system_and_earlier_answers_say_is_part_of_the_instruction(tmp_path: Path, value: bool) -> None:
    system = {"role": "system", "content": "Be brief."}
    rows: list[Row] = [
        {"instruction": [system, {"role": USER, "content": "Why?"}], "output": "x"},
        {"instruction": [*chat("Hi.", "Hello."), {"role": USER, "content": "Why?"}], "output": "x"},
        {"instruction": [system, {"role": USER, "content": "1"}, {"role": USER, "content": "2"}], "output": ["x", "y"]},
        {"messages": chat("Why?", "x", system)},
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines(rows))
    found = read_one([Rows.of(rows, "a") if value else str(path)])
    brief = "System message:\nBe brief.\n\nUser:\n"
    assert [example.turns for example in found.examples] == [
        (f"{brief}Why?",),
        ("User:\nHi.\n\nAssistant:\nHello.\n\nUser:\nWhy?",),
        (f"{brief}1", "2"),
        (f"{brief}Why?",),
    ]


@pytest.mark.parametrize("other", [{"id": 7}, {"instruction": f" {ASKED[0]}\n"}, {"instruction": "Why is  it so?"}])
def test_answers_are_matched_by_text_where_ids_or_white_space_differ(other: Row) -> None:
    baseline = read_one([Rows.of(PLAIN, "base")])
    row = {"messages": chat(ASKED[0], SAID[0]), **other} if "id" in other else {**PLAIN[0], **other}
    assert read_one([Rows.of([row], "c")]).outputs[0].key != baseline.outputs[0].key
    (joined,) = read_outputs([Rows.of([row], "c")], like=baseline)
    assert joined.examples[0] is baseline.examples[0]
    assert joined.outputs[0].key == baseline.outputs[0].key
    (note,) = joined.notes
    assert note.endswith("and are matched by the instruction's text")


ANNOTATED: Row = {
    "instruction": "Why?", "output_1": "a", "generator_1": "b", "output_2": "c", "generator_2": "m", "annotator": "j",
}  # fmt: skip
VERDICTS: dict[str, tuple[str, list[Row], list[float | None]]] = {
    "AlpacaEval with a NaN": ("a.json", [{**ANNOTATED, "preference": float("nan")}], [None]),
    "AlpacaEval with an empty cell": ("a.json", [{**ANNOTATED, "preference": ""}], [None]),
    "AlpacaEval with a null answer": ("a.json", [{**ANNOTATED, "output_1": None, "preference": 2.0}], [1.0]),
    "AlpacaEval with half a character": ("a.json", [{**ANNOTATED, "output_1": "\ud83d", "preference": 1.0}], [0.0]),
    "FastChat's pairs with a null winner": (
        "x_pair.jsonl",
        [{"question_id": 1, "model_1": "m", "model_2": "b", "g1_winner": None, "g2_winner": "model_1", "judge": "j"}],
        [None, 1.0],
    ),
    "Arena-Hard with a game that is null": (
        "m.jsonl",
        [{"uid": "1", "model": "m", "judge": "j", "games": [None, {"score": "A>B", "judgment": "[[A>B]]"}]}],
        [None, 1.0],
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", list(VERDICTS))
@pytest.mark.parametrize("value", [False, True])
def test_one_bad_field_costs_one_verdict(tmp_path: Path, shape: str, value: bool) -> None:
    name, rows, preferences = VERDICTS[shape]
    path = tmp_path / name
    path.write_bytes(lines(rows) if name.endswith("l") else array(rows))
    found = read_judgments(Rows.of(rows, name) if value else path).verdicts
    assert [one.preference for one in found] == preferences


@pytest.mark.parametrize("score", ["", " ", None, float("nan")])
def test_an_empty_grade_is_missing(tmp_path: Path, score: object) -> None:
    row = {"question_id": 1, "model": "m", "judge": "j", "judgment": "Hm.", "score": score, "turn": 1}
    path = tmp_path / "j_single.jsonl"
    path.write_bytes(lines([row, {**row, "question_id": 2, "score": 7}]))
    assert [one.rating and one.rating.value for one in read_judgments(path).verdicts] == [None, 7.0]


def test_votes_of_lmsys_are_read_from_a_sheet(tmp_path: Path) -> None:
    rows = [{"model_a": "x", "model_b": "y", "winner": "model_a"}, {"model_a": "y", "model_b": "x", "winner": "x"}]
    path = tmp_path / "votes.csv"
    path.write_bytes(table(rows, ";", "utf-8-sig"))
    assert read_votes(path).outcome.tolist() == [1.0, 0.0]


def test_a_length_without_end_is_refused_with_its_row(tmp_path: Path) -> None:
    row = {"judge": "j", "model": "m", "baseline": "b", "key": "k", "preference": 1.5, "len_1": 5, "len_2": "inf"}
    path = tmp_path / "t.csv"
    path.write_bytes(table([row]))
    with pytest.raises(EvalkitError, match="row 1: len_2: expected a length in characters, found 'inf'"):
        read_judgments(path)
