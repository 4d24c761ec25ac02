"""From two output sets to the places that a judge is to fill, laid out one by one and in the baseline's order."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalkit.clients.base import Endpoint
from evalkit.clients.builtin import client_kind
from evalkit.clients.replay import ENDPOINT as REPLAY_ENDPOINT
from evalkit.clients.replay import ReplayClient
from evalkit.config import digest
from evalkit.errors import ConfigError, InputError
from evalkit.formats.alpaca_eval import RecordedReply, Recording, infer_order
from evalkit.formats.outputs import instruction_key
from evalkit.judge import (
    KEY_VERSION,
    Place,
    Plan,
    Posed,
    balanced_orders,
    candidate_preference,
    pick,
    plan_comparison,
    plan_grading,
    plan_missing,
    plan_place,
    pose,
    pose_question,
)
from evalkit.pairing import Pairing, pair_common, pair_exactly
from evalkit.parsers import find_parser
from evalkit.store import Group
from evalkit.turns import answer_up_to, split_turns
from evalkit.types import (
    Asked,
    ChatReply,
    Client,
    Comparison,
    Example,
    Grading,
    JudgeConfig,
    Order,
    Output,
    OutputSet,
    Question,
    Unparsed,
)

NO_OUTPUT = "no output for this instruction"
NO_BASELINE = "no output of the baseline for this turn"
NOT_RECORDED = "the recording has no reply for this instruction"
OTHER_TEXTS = "the recording judged other answers"
NO_ORDER = "the recorded reply gives the recorded preference in neither order"


@dataclass(frozen=True, slots=True)
class Options:
    """How a run asks, whatever the judge. `limit` picks that many instructions by `seed`; with `intersect`, what has
    no partner is counted instead of refused; without `shortcut`, identical answers are judged too. With `by_turn`, each
    turn of a conversation is judged.
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
    """An instruction that the candidate did not answer, with the baseline's output where answers are compared; or one
    turn that the baseline did not get to.
    """

    example: Example
    baseline: Output | None
    failure: str = NO_OUTPUT

    @property
    def key(self) -> str:
        return self.example.key


Row = Comparison | Grading | Missing


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recorded questions with their replies by instruction key, or the reason why there is none."""

    questions: Mapping[str, tuple[tuple[Question, RecordedReply], ...]]
    failures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Work:
    """A judge and all that it is to be asked about one candidate; with `recorded`, replies that stand in for it.

    `digest` names the plan with the judge's name, all texts and categories: two runs of one digest lay out the same
    places. `baseline` is empty where answers are graded alone.
    """

    config: JudgeConfig
    candidate: OutputSet
    baseline: str
    endpoint: Endpoint
    plan: Plan
    digest: str
    rows: tuple[Row, ...]
    recorded: Recorded | None = None

    @property
    def group(self) -> Group:
        return Group(self.plan.benchmark, self.config.digest, self.baseline, self.candidate.model)

    @property
    def keys(self) -> list[str]:
        """The instructions, in the baseline's order."""
        return [row.key for row in self.rows]

    @property
    def answered(self) -> dict[str, tuple[Example, Output | None, Output | None]]:
        """Each instruction with the baseline's and the candidate's output, by key."""
        return {row.key: (row.example, *_sides(row)) for row in self.rows}

    @property
    def client_name(self) -> tuple[str, str, str]:
        """One client for all models of a judge; a recording answers for one model only."""
        return self.config.name, self.config.digest, "" if self.recorded is None else self.candidate.model

    @property
    def reasks(self) -> int:
        """How often a question is asked again for want of a readable verdict; rules and recordings say the same."""
        return self.config.reasks if self.endpoint.asks else 0

    def places(self) -> Iterator[Place]:
        """Every place, planned as it is taken."""
        for row in self.rows:
            if isinstance(row, Comparison):
                yield from self._places(row)
            elif isinstance(row, Grading):
                yield from plan_grading(row, self.config, self.plan)
            else:
                nothing = Output(row.key, self.candidate.model, ())
                yield plan_missing(row.example, row.baseline, nothing, self.config, self.plan, row.failure)

    def reader(self) -> Callable[[Asked, ChatReply], bool]:
        """Tells whether a reply holds a verdict."""
        parser = find_parser(self.config.parser, self.config.parser_options)

        def holds_verdict(asked: Asked, reply: ChatReply) -> bool:
            assert asked.labels is not None
            return not isinstance(parser(reply, asked.labels), Unparsed)

        return holds_verdict

    def pose(self, place: Place, *, reask: int = 0) -> Posed:
        """The question of a place.

        Raises:
            ConfigError: the prompt cannot be rendered.
        """
        if self.recorded is None:
            return pose(place, self.config, self.endpoint, self.plan, reask=reask)
        for question, recorded in self.recorded.questions[place.asked.key]:
            if (question.order, question.repeat) == (place.asked.order, place.asked.repeat):
                return pose_question(place, question, self.config, recorded_endpoint(recorded))
        raise AssertionError("a place without its recorded question")

    def open_client(self) -> Client:
        if self.recorded is None:
            return client_kind(self.config.client).open(self.config)
        replies = {
            (key, question.order, question.repeat): one.reply
            for key, questions in self.recorded.questions.items()
            for question, one in questions
        }
        return ReplayClient(replies)

    def check(self) -> None:
        """Show a missing key or a bad prompt before anything is written or sent.

        Raises:
            ConfigError: either.
        """
        self.open_client()
        first = next((place for place in self.places() if place.subject is not None), None)
        if first is not None:
            self.pose(first)

    def _places(self, comparison: Comparison) -> list[Place]:
        places = plan_comparison(comparison, self.config, self.plan)
        if self.recorded is None or places[0].subject is None:
            return places
        failure = self.recorded.failures.get(comparison.key)
        found = [
            plan_place(comparison, self.config, self.plan, question.order, question.repeat)
            for question, _ in self.recorded.questions.get(comparison.key, ())
        ]
        if failure is not None:
            example, baseline, candidate = comparison.example, comparison.baseline, comparison.candidate
            found.append(plan_missing(example, baseline, candidate, self.config, self.plan, failure))
        return found


def plan_all(
    baseline: OutputSet | None,
    candidates: Sequence[OutputSet],
    judges: Sequence[JudgeConfig],
    options: Options,
    *,
    secret: bytes,
    recording: Recording | None = None,
    questions: Sequence[Example] | None = None,
) -> list[Work]:
    """Every judge's work on every candidate; all inputs are checked before anything is asked.

    Args:
        baseline: needed by judges that compare.
        questions: what is to be graded; what each candidate answered by default.

    Raises:
        ConfigError: a judge compares, and there is no baseline.
        InputError: a candidate does not match the baseline, and `intersect` was not asked for.
    """
    _check_judges(judges, baseline, recording)
    works = []
    for candidate in candidates:
        by_kind: dict[str, _Laid] = {}
        for config in judges:
            if config.asks not in by_kind:
                by_kind[config.asks] = (
                    _graded(candidate, questions, options)
                    if config.asks == "grade"
                    else _compared(baseline, candidate, options)
                )
            laid = by_kind[config.asks]
            plan = Plan(
                options.benchmark,
                laid.orders,
                options.repeats,
                secret if recording is None else b"",
                options.shortcut,
            )
            named = hashlib.sha256(f"{laid.digest} {config.name}".encode()).hexdigest()[:16]
            if recording is None:
                endpoint = client_kind(config.client).endpoint(config)
                works.append(Work(config, candidate, laid.baseline, endpoint, plan, named, laid.rows))
            else:
                replayed = _replayed(config, recording)
                recorded = _recorded(laid.rows, recording, replayed)
                works.append(
                    Work(replayed, candidate, laid.baseline, REPLAY_ENDPOINT, plan, named, laid.rows, recorded)
                )
    return works


@dataclass(frozen=True, slots=True)
class _Laid:
    """What is to be judged of one candidate, by all judges that ask alike."""

    baseline: str
    rows: tuple[Row, ...]
    orders: Mapping[str, Order]
    digest: str


def _compared(baseline: OutputSet | None, candidate: OutputSet, options: Options) -> _Laid:
    assert baseline is not None
    # orders are dealt over the whole benchmark, so that every model meets the same ones
    orders = balanced_orders({example.key for example in baseline.examples}, seed=options.seed)
    chosen = pick(orders, options.limit)
    pairing = pair_common(baseline, candidate) if options.intersect else pair_exactly(baseline, candidate)
    _check_name(baseline, candidate, pairing)
    by_key: dict[str, Row] = {one.key: one for one in pairing.comparisons}
    by_key.update((example.key, Missing(example, output)) for example, output in pairing.unanswered)
    # in the baseline's order
    keys = dict.fromkeys(example.key for example in baseline.examples)
    whole = [by_key[key] for key in keys if key in chosen]
    rows = tuple(part for row in whole for part in (_by_turn(row) if options.by_turn else [row]))
    if options.by_turn:
        orders = {part.key: orders[row.key] for row in whole for part in _by_turn(row)}
    return _Laid(baseline.model, rows, orders, _digest(rows, options))


def _graded(candidate: OutputSet, questions: Sequence[Example] | None, options: Options) -> _Laid:
    examples = {example.key: example for example in (candidate.examples if questions is None else questions)}
    chosen = pick(balanced_orders(examples, seed=options.seed), options.limit)
    answers = {output.key: output for output in reversed(candidate.outputs)}
    whole: list[Row] = [
        Grading(example, answers[key]) if key in answers else Missing(example, None)
        for key, example in examples.items()
        if key in chosen
    ]
    if not any(isinstance(row, Grading) for row in whole):
        raise InputError(f"{candidate.source}: has no answer to any of the questions that are to be graded")
    rows = tuple(part for row in whole for part in (_by_turn(row) if options.by_turn else [row]))
    return _Laid("", rows, {}, _digest(rows, options))


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


def recorded_endpoint(recorded: RecordedReply) -> Endpoint:
    """A recording is a source of its own for every reply: an edited one must not be served from the store."""
    said = repr((recorded.labels, recorded.reply)).encode("utf-8", "surrogatepass")
    return Endpoint(f"{REPLAY_ENDPOINT.name}:{hashlib.sha256(said).hexdigest()[:16]}", asks=False)


def _check_judges(judges: Sequence[JudgeConfig], baseline: OutputSet | None, recording: Recording | None) -> None:
    """Verdicts are filed under a judge's digest, so two names for one judge would take each other's places."""
    for config in judges:
        if config.asks == "pair" and baseline is None:
            raise ConfigError(f"judge {config.name!r} compares answers and needs a baseline. Give --baseline FILE")
        if config.asks == "grade" and recording is not None:
            raise ConfigError(f"judge {config.name!r} grades, and --replay takes comparisons. Use evalkit import")
    by_digest: dict[str, str] = {}
    for config in judges:
        other = by_digest.setdefault(config.digest, config.name)
        if other != config.name:
            raise ConfigError(f"the judges {other!r} and {config.name!r} are the same but for their names. Name one")


def _check_name(baseline: OutputSet, candidate: OutputSet, pairing: Pairing) -> None:
    """A model is worth fifty against itself by definition, so another one must not go by its name."""
    differ = any(one.baseline.texts != one.candidate.texts for one in pairing.comparisons)
    if candidate.model == baseline.model and differ:
        raise InputError(
            f"{candidate.source}: the model is called {candidate.model!r} like the baseline of {baseline.source}, "
            "but its answers differ. Give one of them another name in the field generator"
        )


def _digest(rows: Sequence[Row], options: Options) -> str:
    asked = hashlib.sha256(json.dumps([KEY_VERSION, dataclasses.asdict(options)], sort_keys=True).encode())
    for row in rows:
        example = row.example
        answers = [
            [output.texts, output.oversize_chars, sorted(output.measures.items())]
            for output in _sides(row)
            if output is not None
        ]
        failure = row.failure if isinstance(row, Missing) else None
        texts = [example.key, example.turns, example.category, example.cluster, example.reference, answers, failure]
        asked.update(json.dumps(texts).encode())
    return asked.hexdigest()[:16]


def _sides(row: Row) -> tuple[Output | None, Output | None]:
    """The baseline's and the candidate's output."""
    if isinstance(row, Grading):
        return None, row.output
    return row.baseline, row.candidate if isinstance(row, Comparison) else None


def _replayed(config: JudgeConfig, recording: Recording) -> JudgeConfig:
    """The judge with a recording in its endpoint's stead: orders and labels are those of the recording."""
    replayed = dataclasses.replace(
        config,
        client="replay",
        model=recording.annotator,
        prompt=None,
        prompt_text=None,
        parameters={},
        answer_schema={},
        prices=None,
    )
    return dataclasses.replace(replayed, digest=digest(replayed))


def _recorded(rows: Sequence[Row], recording: Recording, config: JudgeConfig) -> Recorded:
    questions: dict[str, tuple[tuple[Question, RecordedReply], ...]] = {}
    failures: dict[str, str] = {}
    for row in rows:
        if isinstance(row, Comparison):
            found, failure = _recorded_questions(row, recording, config)
            questions[row.key] = tuple(found)
            if failure is not None:
                failures[row.key] = failure
    return Recorded(questions, failures)


def _recorded_questions(
    comparison: Comparison, recording: Recording, config: JudgeConfig
) -> tuple[list[tuple[Question, RecordedReply]], str | None]:
    """The questions that the recording answers, or why it answers none."""
    known = recording.replies.get(instruction_key(comparison.example.instruction), ())
    if not known:
        return [], NOT_RECORDED
    texts = (comparison.baseline.text, comparison.candidate.text)
    replies = [one for one in known if (one.baseline_text, one.candidate_text) == texts]
    if not replies:
        return [], OTHER_TEXTS
    found: dict[tuple[Order, int], tuple[Question, RecordedReply]] = {}
    for recorded in replies:
        order = infer_order(recorded, functools.partial(_preference, recorded, config))
        if order is None:
            return [], NO_ORDER
        question = Question(comparison, order, recorded.labels, "", recorded.repeat)
        # of a row that was recorded twice the first counts
        found.setdefault((order, recorded.repeat), (question, recorded))
    return list(found.values()), None


def _preference(recorded: RecordedReply, config: JudgeConfig, order: Order) -> float | None:
    verdict = find_parser(config.parser, config.parser_options)(recorded.reply, recorded.labels)
    return None if isinstance(verdict, Unparsed) else candidate_preference(verdict, order)
