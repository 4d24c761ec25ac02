"""From two output sets to the places that a judge is to fill, laid out one by one and in the baseline's order."""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
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
    plan_comparison,
    plan_missing,
    plan_place,
    pose,
    pose_question,
)
from evalkit.pairing import Pairing, pair_common, pair_exactly
from evalkit.parsers import find_parser
from evalkit.store import Group
from evalkit.types import Client, Comparison, Example, JudgeConfig, Order, Output, OutputSet, Question, Unparsed

NO_OUTPUT = "no output for this instruction"
NOT_RECORDED = "the recording has no reply for this instruction"
OTHER_TEXTS = "the recording judged other answers"
NO_ORDER = "the recorded reply gives the recorded preference in neither order"


@dataclass(frozen=True, slots=True)
class Options:
    """How a run asks, whatever the judge. `limit` picks that many instructions by `seed`; with `intersect`, what has
    no partner is counted instead of refused; without `shortcut`, identical answers are judged too.
    """

    benchmark: str = "alpaca_eval"
    repeats: int = 1
    seed: int = 0
    limit: int | None = None
    intersect: bool = False
    shortcut: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recorded questions with their replies by instruction key, or the reason why there is none."""

    questions: Mapping[str, tuple[tuple[Question, RecordedReply], ...]]
    failures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Work:
    """A judge and all that it is to be asked about one candidate; with `recorded`, replies that stand in for it.

    `rows` are comparisons, and examples with the baseline's output where the candidate has none. `digest` names the
    plan with the judge's name, all texts and categories: two runs of one digest lay out the same places.
    """

    config: JudgeConfig
    candidate: OutputSet
    baseline: str
    endpoint: Endpoint
    plan: Plan
    digest: str
    rows: tuple[Comparison | tuple[Example, Output], ...]
    recorded: Recorded | None = None

    @property
    def group(self) -> Group:
        return Group(self.plan.benchmark, self.config.digest, self.baseline, self.candidate.model)

    @property
    def keys(self) -> list[str]:
        """The instructions, in the baseline's order."""
        return [row.key if isinstance(row, Comparison) else row[0].key for row in self.rows]

    @property
    def reasks(self) -> int:
        """How often a question is asked again for want of a readable verdict; rules and recordings say the same."""
        return self.config.reasks if self.endpoint.asks else 0

    def places(self) -> Iterator[Place]:
        """Every place, planned as it is taken."""
        for row in self.rows:
            if isinstance(row, Comparison):
                yield from self._places(row)
            else:
                example, output = row
                missing = Output(example.key, self.candidate.model, ())
                yield plan_missing(example, output, missing, self.config, self.plan, NO_OUTPUT)

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
        first = next((place for place in self.places() if place.comparison is not None), None)
        if first is not None:
            self.pose(first)

    def _places(self, comparison: Comparison) -> list[Place]:
        places = plan_comparison(comparison, self.config, self.plan)
        if self.recorded is None or places[0].comparison is None:
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
    baseline: OutputSet,
    candidates: Sequence[OutputSet],
    judges: Sequence[JudgeConfig],
    options: Options,
    *,
    secret: bytes,
    recording: Recording | None = None,
) -> list[Work]:
    """Every judge's work on every candidate; all inputs are checked before anything is asked.

    Raises:
        InputError: a candidate does not match the baseline, and `intersect` was not asked for.
    """
    # orders are dealt over the whole benchmark, so that every model meets the same ones
    orders = balanced_orders({example.key for example in baseline.examples}, seed=options.seed)
    plan = Plan(options.benchmark, orders, options.repeats, secret if recording is None else b"", options.shortcut)
    chosen = _chosen(baseline, orders, options)
    _check_judges(judges)
    works = []
    for candidate in candidates:
        pairing = pair_common(baseline, candidate) if options.intersect else pair_exactly(baseline, candidate)
        _check_name(baseline, candidate, pairing)
        rows = _rows(baseline, pairing, chosen)
        texts = _digest(rows, options)
        for config in judges:
            named = hashlib.sha256(f"{texts} {config.name}".encode()).hexdigest()[:16]
            if recording is None:
                endpoint = client_kind(config.client).endpoint(config)
                works.append(Work(config, candidate, baseline.model, endpoint, plan, named, rows))
            else:
                replayed = _replayed(config, recording)
                recorded = _recorded(rows, recording, replayed)
                works.append(Work(replayed, candidate, baseline.model, REPLAY_ENDPOINT, plan, named, rows, recorded))
    return works


def recorded_endpoint(recorded: RecordedReply) -> Endpoint:
    """A recording is a source of its own for every reply: an edited one must not be served from the store."""
    said = repr((recorded.labels, recorded.reply)).encode("utf-8", "surrogatepass")
    return Endpoint(f"{REPLAY_ENDPOINT.name}:{hashlib.sha256(said).hexdigest()[:16]}", asks=False)


def _check_judges(judges: Sequence[JudgeConfig]) -> None:
    """Verdicts are filed under a judge's digest, so two names for one judge would take each other's places."""
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


def _rows(baseline: OutputSet, pairing: Pairing, chosen: set[str]) -> tuple[Comparison | tuple[Example, Output], ...]:
    """What is to be judged and what cannot be, in the baseline's order."""
    by_key: dict[str, Comparison | tuple[Example, Output]] = {one.key: one for one in pairing.comparisons}
    by_key.update((example.key, (example, output)) for example, output in pairing.unanswered)
    keys = dict.fromkeys(example.key for example in baseline.examples)
    return tuple(by_key[key] for key in keys if key in chosen)


def _chosen(baseline: OutputSet, orders: Mapping[str, Order], options: Options) -> set[str]:
    """The keys to judge, the same for every model; halves of both orders alike."""
    keys = {example.key for example in baseline.examples}
    if options.limit is None or options.limit >= len(keys):
        return keys
    first = [key for key in orders if orders[key] == Order.BASELINE_FIRST]
    second = [key for key in orders if orders[key] == Order.CANDIDATE_FIRST]
    half = min(len(first), options.limit // 2)
    return {*first[:half], *second[: options.limit - half]}


def _digest(rows: Sequence[Comparison | tuple[Example, Output]], options: Options) -> str:
    asked = hashlib.sha256(json.dumps([KEY_VERSION, dataclasses.asdict(options)], sort_keys=True).encode())
    for row in rows:
        example, *outputs = (row.example, row.baseline, row.candidate) if isinstance(row, Comparison) else row
        answers = [[output.texts, output.oversize_chars] for output in outputs]
        texts = [example.key, example.turns, example.category, answers]
        asked.update(json.dumps(texts).encode())
    return asked.hexdigest()[:16]


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


def _recorded(
    rows: Sequence[Comparison | tuple[Example, Output]], recording: Recording, config: JudgeConfig
) -> Recorded:
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
