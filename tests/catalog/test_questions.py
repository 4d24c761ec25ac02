"""Questions and baselines of a benchmark, from wherever they lie."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from evalkit.catalog import questions as module
from evalkit.catalog.benchmarks import Benchmark, cache_folder, read_benchmark
from evalkit.catalog.questions import fetch_questions, load_baseline, load_questions, merge_baselines
from evalkit.errors import ConfigError, InputError
from evalkit.formats.records import Record
from evalkit.types import Example, Output, OutputSet


def questions_file(folder: Path) -> Path:
    rows = [
        {"question_id": 1, "category": "math", "turns": ["1 + 1?", "And 2 + 2?"], "reference": ["2", "4"]},
        {"question_id": 2, "category": "writing", "turns": ["Write.", "Again."], "reference": ["a", "b"]},
    ]
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def benchmark(folder: Path, more: str = "") -> Benchmark:
    path = folder / "mine.yaml"
    path.write_text(f"description: Mine.\n{more}")
    return read_benchmark(str(path))


def test_a_users_question_file_becomes_a_benchmark_with_one_yaml(tmp_path: Path) -> None:
    questions_file(tmp_path)
    found = load_questions(benchmark(tmp_path, "style: mt_bench\nquestions: questions.jsonl\n"), None)
    assert found is not None
    assert [(one.key, one.category, len(one.turns)) for one in found] == [("1", "math", 2), ("2", "writing", 2)]


def test_reference_answers_are_for_their_categories_only(tmp_path: Path) -> None:
    questions_file(tmp_path)
    found = load_questions(benchmark(tmp_path, "questions: questions.jsonl\nreference_categories: [math]\n"), None)
    assert found is not None
    assert [one.reference for one in found] == [("2", "4"), ()]


def test_a_category_that_is_to_have_references_and_has_no_questions_is_refused(tmp_path: Path) -> None:
    path = questions_file(tmp_path)
    mine = benchmark(tmp_path, "questions: questions.jsonl\nreference_categories: [math, Writing]\n")
    said = "reference_categories: unknown category 'Writing'. Did you mean 'writing'? Known: math, writing"
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_questions(mine, None)
    assert load_questions(mine, str(path)) is not None, "a part of the questions may lack it"


def test_without_questions_of_its_own_a_benchmark_leaves_them_to_the_outputs(tmp_path: Path) -> None:
    assert load_questions(benchmark(tmp_path), None) is None


def test_questions_on_a_hub_are_fetched_only_when_asked_and_then_lie_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    mine = benchmark(tmp_path, "questions: hf:somebody/questions\n")
    asked = []

    def read_hub(name: str) -> list[Record]:
        asked.append(name)
        rows = [json.loads(line) for line in questions_file(tmp_path).read_text().splitlines()]
        return [Record(f"{name}: row {number}", row) for number, row in enumerate(rows, start=1)]

    monkeypatch.setattr(module, "read_hub", read_hub)
    with pytest.raises(ConfigError, match=r"not on this machine.*evalkit benchmarks fetch mine"):
        load_questions(mine, None)
    assert asked == []
    (path,) = fetch_questions(mine)
    assert path == cache_folder(mine) / "questions.jsonl"
    found = load_questions(mine, None)
    assert found is not None and len(found) == 2
    assert asked == ["hf:somebody/questions"]


def test_what_has_nothing_on_a_hub_has_nothing_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has nothing on a hub"):
        fetch_questions(benchmark(tmp_path))


def answers(model: str, *categories: str) -> OutputSet:
    examples = tuple(Example(str(n), (f"Question {n}",), category) for n, category in enumerate(categories))
    outputs = tuple(Output(one.key, model, (f"{model} on {one.key}",)) for one in examples)
    return OutputSet(model, f"{model}.json", examples, outputs)


def test_each_category_is_compared_with_its_own_baseline() -> None:
    merged = merge_baselines(
        [answers("a", "math", "writing"), answers("b", "math", "writing")], {"math": "a", "writing": "b"}
    )
    assert merged.model == "a + b"
    assert [(one.text, one.model) for one in merged.outputs] == [("a on 0", "a + b"), ("b on 1", "a + b")]


def test_the_order_of_the_files_makes_no_other_baseline() -> None:
    files = [answers("a", "math", "writing"), answers("b", "math", "writing")]
    by_category = {"writing": "b", "math": "a", "poetry": "c"}
    assert {merge_baselines(one, by_category).model for one in (files, files[::-1])} == {"b + a"}


def test_a_baseline_that_answers_a_question_twice_is_refused() -> None:
    one = answers("a", "math")
    twice = dataclasses.replace(one, examples=one.examples * 2, outputs=(*one.outputs, Output("0", "a", ("other",))))
    with pytest.raises(InputError, match=r"a\.json: holds several answers to question '0'"):
        merge_baselines([twice, answers("b", "math")], {"math": "a"})


def test_baselines_that_answered_different_instructions_under_one_key_are_refused() -> None:
    one, other = answers("a", "math"), answers("b", "math")
    other = dataclasses.replace(other, examples=(Example("0", ("Another question",), "math"),))
    with pytest.raises(InputError, match=r"b\.json: key '0' stands for two instructions"):
        merge_baselines([one, other], {"math": "a"})


def test_a_benchmarks_own_answers_must_be_those_of_every_categorys_baseline(tmp_path: Path) -> None:
    rows = [{"instruction": one, "output": "x", "generator": "a", "dataset": one} for one in ("math", "writing")]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    mine = benchmark(tmp_path, "baseline: {math: a, writing: b}\nbaseline_outputs: a.json\n")
    with pytest.raises(ConfigError, match="no answer of 'b', the baseline of 'writing'"):
        load_baseline(mine, [])
    assert load_baseline(mine, [str(tmp_path / "a.json")]).model == "a", "the user's own choice"


def test_a_category_without_a_baseline_is_named() -> None:
    with pytest.raises(ConfigError, match="category 'poetry' has no baseline. Known: math"):
        merge_baselines([answers("a", "poetry")], {"math": "a"})
    with pytest.raises(ConfigError, match="no answer of 'b', the baseline of 'math'"):
        merge_baselines([answers("a", "math")], {"math": "b"})


def test_several_baselines_need_a_benchmark_that_tells_them_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has one baseline, and --baseline names 2"):
        load_baseline(benchmark(tmp_path, "baseline: a\n"), ["a.json", "b.json"])
