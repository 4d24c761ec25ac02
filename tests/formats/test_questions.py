"""Question sets of the benchmarks and of users, keyed by their ids."""

import json
from pathlib import Path
from typing import Any

import datasets
import pytest

from evalkit.errors import InputError
from evalkit.formats.instructions import instruction_key
from evalkit.formats.questions import read_questions
from evalkit.types import Example
from tests.conftest import REAL_DATA

Row = dict[str, Any]
MT_BENCH: list[Row] = [
    {"question_id": 81, "category": "writing", "turns": ["Write.", "Again."]},
    {"question_id": 101, "category": "math", "turns": ["Add.", "More."], "reference": ["3", ""]},
]


def saved(path: Path, rows: list[Row]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def refusal(source: str, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        read_questions(source, **options)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_mt_benchs_questions_have_turns_and_references(tmp_path: Path) -> None:
    assert read_questions(saved(tmp_path / "q.jsonl", MT_BENCH)) == (
        Example("81", ("Write.", "Again."), "writing", cluster="81"),
        Example("101", ("Add.", "More."), "math", cluster="101", reference=("3", "")),
    )


@pytest.mark.parametrize(
    ("row", "example"),
    [
        (
            {"question_id": "ab", "category": "arena-hard-v0.1", "cluster": "c", "turns": [{"content": "Do."}]},
            Example("ab", ("Do.",), "arena-hard-v0.1", cluster="ab"),
        ),
        (
            {"uid": "ab", "category": "hard_prompt", "subcategory": "coding", "prompt": "Do."},
            Example("ab", ("Do.",), "coding", cluster="ab"),
        ),
        ({"uid": "ab", "category": "hard_prompt", "prompt": "Do."}, Example("ab", ("Do.",), "hard_prompt", "ab")),
        (
            {"instruction": "Do.", "dataset": "koala"},
            Example(instruction_key("Do."), ("Do.",), "koala", instruction_key("Do.")),
        ),
        ({"id": 7, "question": "Do."}, Example("7", ("Do.",), None, "7")),
        ({"prompt_id": 7, "prompt": ["Do.", "Go."]}, Example("7", ("Do.", "Go."), None, "7")),
        ({"id": "a", "question": "Do.", "reference": "Done."}, Example("a", ("Do.",), None, "a", ("Done.",))),
        ({"id": "a", "question": "Do.", "reference": None}, Example("a", ("Do.",), None, "a")),
        ({"id": "a", "question": "Do.", "reference": []}, Example("a", ("Do.",), None, "a")),
    ],
    ids=["arena 0.1", "arena 2", "no subcategory", "alpaca", "own", "hub", "reference", "null", "no reference"],
)
def test_each_layout_is_told_by_its_fields(tmp_path: Path, row: Row, example: Example) -> None:
    assert read_questions(saved(tmp_path / "q.jsonl", [row])) == (example,)


def test_fields_can_be_named(tmp_path: Path) -> None:
    source = saved(tmp_path / "q.jsonl", [{"id": 1, "nr": 5, "topic": "x", "category": "y", "prompt": "Do."}])
    assert read_questions(source, key="nr", category="topic") == (Example("5", ("Do.",), "x", cluster="5"),)


@pytest.mark.parametrize("name", ["q.json", "q.csv", "q.parquet", "saved"])
def test_the_kind_of_file_does_not_matter(tmp_path: Path, name: str) -> None:
    rows = datasets.Dataset.from_list([{"id": "a", "prompt": "Do.", "category": "x"}])
    path = tmp_path / name
    write = {"q.json": rows.to_pandas().to_json, "q.csv": rows.to_csv, "q.parquet": rows.to_parquet}
    if name == "saved":
        rows.save_to_disk(str(path))
    elif name == "q.json":
        path.write_text(json.dumps(rows.to_list()))
    else:
        write[name](str(path))
    assert read_questions(str(path)) == (Example("a", ("Do.",), "x", cluster="a"),)


def test_reference_answers_come_from_a_second_source_first(tmp_path: Path) -> None:
    answers = [
        {"question_id": 101, "choices": [{"index": 0, "turns": ["three", "four"]}]},
        {"question_id": 999, "choices": [{"index": 0, "turns": ["of another set"]}]},
    ]
    source = saved(tmp_path / "q.jsonl", MT_BENCH)
    found = read_questions(source, references=saved(tmp_path / "a.jsonl", answers))
    assert [example.reference for example in found] == [(), ("three", "four")]
    said = refusal(source, references=saved(tmp_path / "b.jsonl", answers[1:]))
    assert said.startswith(f"{tmp_path / 'b.jsonl'}: holds an answer to none of the questions")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": 1, "text": "x"}, "holds no question. Expected a field turns, prompt, instruction, question"),
        ({"id": 1, "prompt": 3}, 'field "prompt": expected text, found a number'),
        ({"id": 1, "prompt": []}, 'field "prompt": expected a text for each turn, found an empty list'),
        ({"id": 1, "turns": ["a", None]}, 'field "turns[1]": expected text, found null'),
        ({"id": 1.5, "prompt": "x"}, 'field "id": expected text, found a number'),
        ({"id": 1, "prompt": "x", "category": 4}, 'field "category": expected text, found a number'),
        ({"id": 1, "prompt": "x", "reference": ["a", "b"]}, "2 reference answers to 1 turn(s)"),
        ({"id": 1, "prompt": "x" * 1_000_001}, "1000001 characters, more than the 1000000 that can be judged"),
    ],
)
def test_a_row_that_is_no_question_is_refused_with_its_place(tmp_path: Path, row: Row, reason: str) -> None:
    source = saved(tmp_path / "q.jsonl", [{"id": 0, "prompt": "y"}, row])
    assert refusal(source).startswith(f"{source}:2: {reason}")


def test_a_question_that_stands_twice_is_refused(tmp_path: Path) -> None:
    source = saved(tmp_path / "q.jsonl", [MT_BENCH[0], MT_BENCH[0]])
    assert refusal(source) == f"{source}:2: question '81' stands twice. Keep one, or give each its own id"


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the published question sets are not beside this checkout")
def test_the_published_sets_are_read_whole() -> None:
    mt_bench = read_questions(
        str(REAL_DATA / "mt_bench" / "question.jsonl"),
        references=str(REAL_DATA / "mt_bench" / "reference_answer_gpt-4.jsonl"),
    )
    assert len(mt_bench) == 80
    assert {len(example.turns) for example in mt_bench} == {2}
    # 30 answers of the second source, 39 of the questions' own
    assert sum(bool(example.reference) for example in mt_bench) == 40
    arena = read_questions(str(REAL_DATA / "arena_hard" / "question_v2.0.jsonl"))
    counts = {name: sum(example.category == name for example in arena) for name in ("coding", "math")}
    assert (len(arena), counts) == (750, {"coding": 253, "math": 247})
    assert len(read_questions(str(REAL_DATA / "arena_hard" / "question_v0.1.jsonl"))) == 500
