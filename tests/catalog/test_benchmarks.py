"""Benchmarks as files: what is read, what is refused, and where questions and baseline answers come from."""

from pathlib import Path

import pytest

from evalkit.assets import names
from evalkit.catalog.benchmarks import (
    CACHE_VARIABLE,
    QUESTIONS_FILE,
    REFERENCE_ANSWERS_FILE,
    Benchmark,
    baseline_source,
    benchmark_names,
    cache_folder,
    questions_source,
    read_benchmark,
    reference_answers_source,
)
from evalkit.catalog.families import find_family
from evalkit.errors import ConfigError, EvalkitError, UnknownName
from evalkit.judge_spec.config import judge_names


def own_benchmark(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", benchmark_names())
def test_every_shipped_benchmark_reads(name: str) -> None:
    benchmark = read_benchmark(name)
    assert benchmark.name == name
    assert benchmark.description
    for source in (benchmark.baseline_outputs, benchmark.questions, benchmark.reference_answers):
        assert source is None or source.startswith("hf:") or Path(source).is_file()
    assert find_family(benchmark.style)
    assert benchmark.judge in (None, *judge_names())
    assert benchmark.reference in (None, *names("leaderboards/human", ".csv"))


def test_the_outputs_of_a_benchmark_lie_relative_to_its_file(tmp_path: Path) -> None:
    path = own_benchmark(tmp_path, "description: d\nbaseline: b\nbaseline_outputs: ../elsewhere/b.json\n")
    assert read_benchmark(str(path)).baseline_outputs == str(tmp_path.parent / "elsewhere" / "b.json")


def test_a_hub_name_of_a_benchmark_stays_as_it_is(tmp_path: Path) -> None:
    path = own_benchmark(tmp_path, "description: d\nbaseline: b\nbaseline_outputs: hf:a/b/c.json\nreference: r\n")
    benchmark = read_benchmark(str(path))
    assert (benchmark.baseline_outputs, benchmark.reference) == ("hf:a/b/c.json", "r")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("baseline: b\n", "missing key 'description'"),
        ("description: d\nbaseline: b\nbaselin_outputs: x\n", "unknown key 'baselin_outputs'."),
        ("description: d\nbaseline: NO\n", "baseline: expected text, found false (a truth value). Put it in quotes"),
        ("description: d\nbaseline: b\nreference: 2024-03-29\n", "reference: expected text, found date."),
        ("description: d\nbaseline: b\nbaseline_outputs: [a]\n", "baseline_outputs: expected text, found a list."),
        ("description: d\nbaseline: [a, b]\n", "baseline: expected text, found a list."),
        ("description: d\nbaseline: {math: 1}\n", "baseline: expected a model's name by category, found 'math': 1"),
        ("description: d\nquestions: 3\n", "questions: expected text, found a number. Put it in quotes"),
        ('description: d\nquestions: "a\\0b"\n', "questions: not a path that a file can have"),
        ("description: d\njudge: [a]\n", "judge: expected text, found a list."),
        ("description: d\nreference_categories: math\n", "reference_categories: expected a list of texts, found text"),
        ("description: d\nreference_categories: [1]\n", "reference_categories: expected a list of texts, found a list"),
        ('description: d\nquestions: ""\n', "questions: expected something, found nothing. Leave the key out"),
        ("description: d\nbaseline: {}\n", "baseline: expected something, found nothing. Leave the key out"),
        ("", "expected a mapping of settings, found null"),
    ],
)
def test_a_wrong_benchmark_is_refused_with_file_and_key(tmp_path: Path, text: str, reason: str) -> None:
    path = own_benchmark(tmp_path, text)
    with pytest.raises(EvalkitError) as error:
        read_benchmark(str(path))
    assert isinstance(error.value, ConfigError)
    assert str(error.value).startswith(f"{path}: {reason}")
    assert len(str(error.value).splitlines()) == 1


def test_an_unknown_benchmark_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown benchmark 'exampel'\. Did you mean 'example'\?"):
        read_benchmark("exampel")


def test_a_benchmark_with_outputs_on_this_machine_needs_no_baseline() -> None:
    source = baseline_source(read_benchmark("example"), None)
    assert Path(str(source)).is_file()


def test_nothing_is_fetched_from_a_hub_unless_named() -> None:
    benchmark = read_benchmark("alpaca_eval")
    with pytest.raises(ConfigError) as error:
        baseline_source(benchmark, None)
    assert "Give --baseline FILE, or --baseline gpt4_1106_preview to load hf:" in str(error.value)
    assert baseline_source(benchmark, "gpt4_1106_preview") == benchmark.baseline_outputs


def test_a_benchmark_without_outputs_asks_for_a_file(tmp_path: Path) -> None:
    benchmark = read_benchmark(str(own_benchmark(tmp_path, "description: d\nbaseline: b\n")))
    with pytest.raises(ConfigError, match=r"no baseline outputs on this machine\. Give --baseline FILE$"):
        baseline_source(benchmark, None)
    assert baseline_source(benchmark, "b") == "b"


def test_the_baseline_that_the_user_names_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert baseline_source(read_benchmark("alpaca_eval"), "mine.json") == "mine.json"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt4_1106_preview").write_text("a file of that name", encoding="utf-8")
    assert baseline_source(read_benchmark("alpaca_eval"), "gpt4_1106_preview") == "gpt4_1106_preview"


ALL = """\
description: d
style: mt_bench
judge: my_judge
baseline: {math: one, coding: one, writing: two}
questions: questions.jsonl
reference_answers: ../answers.jsonl
category: kind
key: id
reference_categories: [math]
"""


def test_a_benchmark_says_what_is_asked_and_how_it_is_judged(tmp_path: Path) -> None:
    assert read_benchmark(str(own_benchmark(tmp_path, ALL))) == Benchmark(
        "mine",
        "d",
        style="mt_bench",
        judge="my_judge",
        baseline={"math": "one", "coding": "one", "writing": "two"},
        questions=str(tmp_path / "questions.jsonl"),
        reference_answers=str(tmp_path.parent / "answers.jsonl"),
        category="kind",
        key="id",
        reference_categories=("math",),
    )


@pytest.mark.parametrize(
    ("line", "baselines"),
    [("baseline: b", ("b",)), ("", ()), ("baseline: {math: one, coding: one, writing: two}", ("one", "two"))],
)
def test_every_baseline_is_named_once(tmp_path: Path, line: str, baselines: tuple[str, ...]) -> None:
    assert read_benchmark(str(own_benchmark(tmp_path, f"description: d\n{line}\n"))).baselines == baselines


def test_all_baselines_of_a_benchmark_are_asked_for(tmp_path: Path) -> None:
    benchmark = read_benchmark(str(own_benchmark(tmp_path, ALL)))
    with pytest.raises(ConfigError, match=r"no baseline outputs on this machine\. Give --baseline FILE$"):
        baseline_source(benchmark, None)
    assert baseline_source(benchmark, "one") == "one"


ON_HUB = "description: d\nquestions: hf:a/b/q.jsonl\nreference_answers: hf:a/b/r.jsonl\n"


def test_questions_lie_where_the_user_says_or_beside_the_benchmark(tmp_path: Path) -> None:
    benchmark = read_benchmark(str(own_benchmark(tmp_path, ALL)))
    assert questions_source(benchmark, None) == str(tmp_path / "questions.jsonl")
    assert questions_source(benchmark, "other.jsonl") == "other.jsonl"
    assert reference_answers_source(benchmark) == str(tmp_path.parent / "answers.jsonl")


def test_a_benchmark_without_questions_leaves_them_to_the_outputs(tmp_path: Path) -> None:
    benchmark = read_benchmark(str(own_benchmark(tmp_path, "description: d\n")))
    assert questions_source(benchmark, None) is None
    assert reference_answers_source(benchmark) is None


def test_questions_on_a_hub_are_read_from_the_cached_copy_and_never_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    benchmark = read_benchmark(str(own_benchmark(tmp_path, ON_HUB)))
    with pytest.raises(ConfigError) as error:
        questions_source(benchmark, None)
    assert "its questions are not on this machine. Give --questions FILE, or run evalkit benchmarks fetch mine" in str(
        error.value
    )
    assert reference_answers_source(benchmark) is None
    folder = cache_folder(benchmark)
    folder.mkdir(parents=True)
    for name in (QUESTIONS_FILE, REFERENCE_ANSWERS_FILE):
        (folder / name).write_text("{}\n", encoding="utf-8")
    assert questions_source(benchmark, None) == str(tmp_path / "cache" / "mine" / QUESTIONS_FILE)
    assert reference_answers_source(benchmark) == str(tmp_path / "cache" / "mine" / REFERENCE_ANSWERS_FILE)


def test_the_cache_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark = Benchmark("mine", "d")
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder(benchmark) == tmp_path / "xdg" / "evalkit" / "mine"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder(benchmark) == tmp_path / "home" / ".cache" / "evalkit" / "mine"
