"""A benchmark's questions and baseline answers, from the user's files, this machine's copies or, when named, a hub."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.catalog.benchmarks import (
    BASELINE_FILE,
    QUESTIONS_FILE,
    REFERENCE_ANSWERS_FILE,
    Benchmark,
    baseline_source,
    cache_folder,
    questions_source,
    reference_answers_source,
)
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.files import write_text
from evalkit.formats import PREFIX, Rows, read_hub, read_one, read_questions
from evalkit.types import Example, Output, OutputSet


def load_questions(benchmark: Benchmark, given: str | Rows | None) -> tuple[Example, ...] | None:
    """Load the benchmark's questions; None where it leaves them to the outputs.

    Args:
        given: a source to read instead of the benchmark's own.

    Raises:
        ConfigError: they are on a hub only, or none is of a category that is to have references.
        InputError: wrong content; the message names file, row and field.
    """
    source = questions_source(benchmark, given)
    if source is None:
        return None
    questions = read_questions(
        source, key=benchmark.key, category=benchmark.category, references=reference_answers_source(benchmark)
    )
    with_reference = benchmark.reference_categories
    if not with_reference:
        return questions
    found = {example.category for example in questions}
    # a file that the user names may be a part of the set
    if given is None and (unknown := [name for name in with_reference if name not in found]):
        raise ConfigError(
            f"benchmark {benchmark.name!r}: reference_categories: "
            f"{UnknownName('category', unknown[0], sorted(filter(None, found)))}"
        )
    return tuple(
        example if example.category in with_reference else dataclasses.replace(example, reference=())
        for example in questions
    )


def fetch_questions(benchmark: Benchmark) -> list[Path]:
    """Load a benchmark's questions and reference answers from the hub into this machine's cache; return the files
    written.

    Raises:
        ConfigError: the benchmark has nothing on a hub.
        InputError: not found or not reachable.
    """
    wanted = ((benchmark.questions, QUESTIONS_FILE), (benchmark.reference_answers, REFERENCE_ANSWERS_FILE))
    on_hub = [(source, name) for source, name in wanted if source is not None and source.startswith(PREFIX)]
    if not on_hub:
        raise ConfigError(f"benchmark {benchmark.name!r} has nothing on a hub")
    return [_kept(source, cache_folder(benchmark) / name) for source, name in on_hub]


def fetch_baseline(benchmark: Benchmark) -> Path:
    """Load the answers of a benchmark's baseline from the hub into this machine's cache; return the file written.

    Raises:
        ConfigError: the benchmark's baseline is not on a hub.
        InputError: not found or not reachable.
    """
    source = benchmark.baseline_outputs
    if source is None or not source.startswith(PREFIX):
        raise ConfigError(f"benchmark {benchmark.name!r}: its baseline is not on a hub")
    return _kept(source, cache_folder(benchmark) / BASELINE_FILE)


def _kept(source: str, path: Path) -> Path:
    rows = [json.dumps(record.fields, ensure_ascii=True, default=str) for record in read_hub(source)]
    write_text(path, "".join(f"{row}\n" for row in rows))
    return path


def load_baseline(
    benchmark: Benchmark,
    given: Sequence[str | Rows],
    *,
    key: str | None = None,
    questions: Sequence[Example] | None = None,
    keep_thinking: bool = False,
) -> OutputSet:
    """Load the answers that candidates are compared with: one model's, or those of each category's baseline.

    Args:
        given: files, names or values, several where categories have baselines of their own; the benchmark's own by
            default.
        keep_thinking: whether answers keep the thinking that they begin with.

    Raises:
        ConfigError: nothing is named and nothing is on this machine, or a category has no baseline.
        InputError: wrong content; the message names file, row and field.
    """
    sources = [baseline_source(benchmark, source) for source in given] or [baseline_source(benchmark, None)]
    # a named file stands in for all of them; the benchmark's own files must have an answer for every category
    if len(sources) == 1 and (given or len(benchmark.baselines) < 2):
        return read_one(sources, key=key, questions=questions, keep_thinking=keep_thinking)
    if not isinstance(benchmark.baseline, Mapping):
        raise ConfigError(f"benchmark {benchmark.name!r} has one baseline, and --baseline names {len(sources)}")
    sets = [read_one([source], key=key, questions=questions, keep_thinking=keep_thinking) for source in sources]
    return merge_baselines(sets, benchmark.baseline)


def merge_baselines(sets: Sequence[OutputSet], by_category: Mapping[str, str]) -> OutputSet:
    """Merge the baselines into one set in which each question has the answer of its category's baseline.

    Raises:
        ConfigError: a category has no baseline, or its baseline's answers are missing.
        InputError: a model answers a question twice, or one key stands for two instructions.
    """
    by_model: dict[str, dict[str, Output]] = {}
    examples: dict[str, Example] = {}
    for outputs in sets:
        answers = by_model.setdefault(outputs.model, {})
        for example, output in zip(outputs.examples, outputs.outputs, strict=True):
            if examples.setdefault(example.key, example).turns != example.turns:
                raise InputError(f"{outputs.source}: key {example.key!r} stands for two instructions")
            if answers.setdefault(example.key, output) is not output:
                raise InputError(f"{outputs.source}: holds several answers to question {example.key!r}. Keep one")
    wanted: dict[str, str] = {}
    for key, example in examples.items():
        model = by_category.get(example.category or "")
        if model is None:
            known = ", ".join(sorted(by_category))
            raise ConfigError(f"question {key!r}: category {example.category!r} has no baseline. Known: {known}")
        if key not in by_model.get(model, {}):
            raise ConfigError(f"question {key!r}: no answer of {model!r}, the baseline of {example.category!r}")
        wanted[key] = model
    # in the benchmark's order: files in another order are the same baseline
    used = set(wanted.values())
    name = " + ".join(model for model in dict.fromkeys(by_category.values()) if model in used)
    return OutputSet(
        name,
        ", ".join(outputs.source for outputs in sets),
        tuple(examples.values()),
        tuple(dataclasses.replace(by_model[model][key], model=name) for key, model in wanted.items()),
        tuple(note for outputs in sets for note in outputs.notes),
    )
