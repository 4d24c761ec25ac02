"""Lays out the comparisons and gradings of one candidate, turn by turn where asked for, in a fixed order."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.auditing import Clusters
from evalkit.errors import InputError
from evalkit.formats import answer_up_to, split_turns
from evalkit.judging.pairing import Pairing, pair_common, pair_exactly
from evalkit.judging.requests import KEY_VERSION, balanced_orders, pick
from evalkit.types import Comparison, DataDigests, Example, Grading, Order, Output, OutputSet

NO_OUTPUT = "no output for this instruction"
NO_BASELINE = "no output of the baseline for this turn"
NONE = Clusters()


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a run, whatever the judge. `limit` picks that many instructions by `seed`; with `intersect`, answers
    without a partner are counted instead of refused; without `shortcut`, identical answers are judged too. With
    `by_turn`, each turn of a conversation is judged.
    """

    benchmark: str = "alpaca_eval"
    repeats: int = 1
    seed: int = 0
    limit: int | None = None
    intersect: bool = False
    shortcut: bool = True
    by_turn: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """An instruction that the candidate did not answer, with the baseline's output where answers are compared; or a
    turn that the baseline did not reach.
    """

    example: Example
    baseline: Output | None
    failure: str = NO_OUTPUT

    @property
    def key(self) -> str:
        return self.example.key


Row = Comparison | Grading | Missing


@dataclass(frozen=True, slots=True)
class Laid:
    """The rows of one candidate that all judges of one kind are asked about; `clusters` maps their keys to clusters."""

    baseline: str
    rows: tuple[Row, ...]
    orders: Mapping[str, Order]
    digest: str
    data: DataDigests
    clusters: Mapping[str, str] = field(default_factory=dict)


def lay_comparisons(
    baseline: OutputSet | None, candidate: OutputSet, options: Options, clusters: Clusters = NONE
) -> Laid:
    """Lay out every comparison of a candidate with the baseline, in the baseline's order."""
    assert baseline is not None
    # orders are dealt over the whole benchmark, so that every model gets the same ones
    orders = balanced_orders({example.key for example in baseline.examples}, seed=options.seed)
    chosen = pick(orders, options.limit)
    pairing = pair_common(baseline, candidate) if options.intersect else pair_exactly(baseline, candidate)
    _check_name(baseline, candidate, pairing)
    by_key: dict[str, Row] = {comparison.key: comparison for comparison in pairing.comparisons}
    by_key.update((example.key, Missing(example, output)) for example, output in pairing.unanswered)
    # in the baseline's order
    keys = dict.fromkeys(example.key for example in baseline.examples)
    whole = [by_key[key] for key in keys if key in chosen]
    rows = tuple(part for row in whole for part in (_by_turn(row) if options.by_turn else [row]))
    _check_keys(candidate, rows)
    names = _names(whole, options, clusters)
    if options.by_turn:
        orders = {part.key: orders[row.key] for row in whole for part in _by_turn(row)}
    return Laid(baseline.model, rows, orders, _digest(rows, options, names), _digest_data(rows), names)


def lay_gradings(
    candidate: OutputSet, questions: Sequence[Example] | None, options: Options, clusters: Clusters = NONE
) -> Laid:
    """Lay out every answer of a candidate that is to be graded, in the order of the questions."""
    examples = {example.key: example for example in (candidate.examples if questions is None else questions)}
    chosen = pick(balanced_orders(examples, seed=options.seed), options.limit)
    answers = _answers_by_key(candidate, examples, options)
    whole: list[Row] = [
        Grading(example, answers[key]) if key in answers else Missing(example, None)
        for key, example in examples.items()
        if key in chosen
    ]
    if not any(isinstance(row, Grading) for row in whole):
        raise InputError(f"{candidate.source}: has no answer to any of the questions that are to be graded")
    rows = tuple(part for row in whole for part in (_by_turn(row) if options.by_turn else [row]))
    _check_keys(candidate, rows)
    names = _names(whole, options, clusters)
    return Laid("", rows, {}, _digest(rows, options, names), _digest_data(rows), names)


def _names(whole: Sequence[Row], options: Options, clusters: Clusters) -> dict[str, str]:
    """The cluster of each row that has one; a turn is in the cluster of its conversation."""
    return {
        part.key: clusters.names[row.key]
        for row in whole
        if row.key in clusters.names
        for part in (_by_turn(row) if options.by_turn else [row])
    }


def _answers_by_key(candidate: OutputSet, examples: Mapping[str, Example], options: Options) -> dict[str, Output]:
    """The answers to grade: each must answer the question of its key, and a question may have only one."""
    answers: dict[str, Output] = {}
    for example, output in zip(candidate.examples, candidate.outputs, strict=True):
        asked = examples.get(example.key)
        if asked is not None and asked.turns != example.turns:
            raise InputError(f"{candidate.source}: key {example.key!r} has another instruction than its question")
        if answers.setdefault(example.key, output) is not output and not options.intersect:
            raise InputError(
                f"{candidate.source}: holds several answers to question {example.key!r}. "
                "Mend the file, or take the first with --on-mismatch intersect"
            )
    return answers


def _check_keys(candidate: OutputSet, rows: Sequence[Row]) -> None:
    """Refuse keys that name both a turn and a question: a turn's key is its conversation's with a number."""
    known: set[str] = set()
    for row in rows:
        if row.key in known:
            raise InputError(
                f"{candidate.source}: {row.key!r} names a question as well as a turn of another one. Give the "
                "questions other ids"
            )
        known.add(row.key)


def _by_turn(row: Row) -> list[Row]:
    """A row for each turn of the conversation."""
    return [_up_to(row, example) for example in split_turns(row.example)]


def _up_to(row: Row, example: Example) -> Row:
    if isinstance(row, Grading):
        output = answer_up_to(row.output, example)
        return Missing(example, None) if output is None else Grading(example, output)
    if row.baseline is None:
        return Missing(example, None)
    baseline = answer_up_to(row.baseline, example)
    candidate = answer_up_to(row.candidate, example) if isinstance(row, Comparison) else None
    if candidate is None:
        return Missing(example, baseline or Output(example.key, row.baseline.model, ()))
    if baseline is None:
        return Missing(example, Output(example.key, row.baseline.model, ()), NO_BASELINE)
    return Comparison(example, baseline, candidate)


def _check_name(baseline: OutputSet, candidate: OutputSet, pairing: Pairing) -> None:
    """Refuse a candidate with the baseline's name: by definition, a model is worth fifty against itself."""
    differ = any(comparison.baseline.texts != comparison.candidate.texts for comparison in pairing.comparisons)
    if candidate.model == baseline.model and differ:
        raise InputError(
            f"{candidate.source}: the model is called {candidate.model!r} like the baseline of {baseline.source}, "
            "but its answers differ. Give one of them another name in the field generator"
        )


def _digest(rows: Sequence[Row], options: Options, clusters: Mapping[str, str]) -> str:
    # without clusters the digest is that of earlier versions, so that a store keeps the places that it has
    tied = [sorted(clusters.items())] if clusters else []
    asked = hashlib.sha256(json.dumps([KEY_VERSION, dataclasses.asdict(options), *tied], sort_keys=True).encode())
    for row in rows:
        example = row.example
        answers = [_output_fields(output) for output in sides(row) if output is not None]
        failure = row.failure if isinstance(row, Missing) else None
        asked.update(json.dumps([*_question_fields(example), answers, failure]).encode())
    return asked.hexdigest()[:16]


def _digest_data(rows: Sequence[Row]) -> DataDigests:
    questions, baseline, candidate = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    compared = False
    for row in rows:
        questions.update(json.dumps(_question_fields(row.example)).encode())
        for digest, output in zip((baseline, candidate), sides(row), strict=True):
            digest.update(json.dumps([row.key, None if output is None else _output_fields(output)]).encode())
        compared = compared or sides(row)[0] is not None
    return DataDigests(questions.hexdigest(), baseline.hexdigest() if compared else None, candidate.hexdigest())


def _question_fields(example: Example) -> list[object]:
    return [example.key, example.turns, example.category, example.cluster, example.reference]


def _output_fields(output: Output) -> list[object]:
    failed = [] if output.failure is None else [output.failure]
    return [output.texts, output.oversize_chars, sorted(output.measures.items()), *failed]


def sides(row: Row) -> tuple[Output | None, Output | None]:
    """The baseline's and the candidate's output."""
    if isinstance(row, Grading):
        return None, row.output
    return row.baseline, row.candidate if isinstance(row, Comparison) else None
