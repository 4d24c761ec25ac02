"""From two output sets to annotations: pair, plan, send what is not stored yet, read the verdicts."""

import dataclasses
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.clients.base import Endpoint
from evalkit.clients.builtin import client_kind
from evalkit.clients.replay import ENDPOINT as REPLAY_ENDPOINT
from evalkit.clients.replay import RecordedKey, ReplayClient
from evalkit.config import digest
from evalkit.engine.limits import Limits
from evalkit.engine.runner import Progress, Watcher, send
from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import RecordedReply, Recording, infer_order
from evalkit.formats.outputs import instruction_key
from evalkit.judge import (
    Plan,
    Planned,
    annotate_all,
    balanced_orders,
    candidate_preference,
    plan_comparison,
    plan_missing,
    plan_question,
)
from evalkit.pairing import Pairing, pair_common, pair_exactly
from evalkit.parsers import find_parser
from evalkit.store import Store
from evalkit.types import (
    Annotation,
    ChatReply,
    ChatRequest,
    Client,
    Comparison,
    JudgeConfig,
    Order,
    Output,
    OutputSet,
    Question,
    Unparsed,
)

NO_OUTPUT = "no output for this instruction"
NOT_RECORDED = "the recording has no reply for this instruction"
OTHER_TEXTS = "the recording judged other answers"
NO_ORDER = "the recorded reply gives the recorded preference in neither order"


@dataclass(frozen=True, slots=True)
class Options:
    """How a run asks, whatever the judge. `limit` picks that many instructions by `seed`; with `intersect`, what has
    no partner is counted instead of refused.
    """

    benchmark: str = "alpaca_eval"
    repeats: int = 1
    seed: int = 0
    limit: int | None = None
    intersect: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A judge and all that it is to be asked about one candidate; `replies` are recorded ones that stand in for it."""

    config: JudgeConfig
    planned: tuple[Planned, ...]
    candidate: OutputSet
    replies: dict[RecordedKey, ChatReply] | None = None

    @property
    def requests(self) -> dict[str, ChatRequest]:
        """What must be answered, by key; equal questions are asked once."""
        return {one.request.key: one.request for one in self.planned if one.request is not None}

    def open_client(self) -> Client:
        return client_kind(self.config.client).open(self.config) if self.replies is None else ReplayClient(self.replies)


@dataclass(frozen=True, slots=True)
class Annotated:
    """A run's verdicts and what it took."""

    annotations: tuple[Annotation, ...]
    progress: Progress


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
    works = []
    for candidate in candidates:
        pairing = pair_common(baseline, candidate) if options.intersect else pair_exactly(baseline, candidate)
        _check_name(baseline, candidate, pairing)
        for config in judges:
            if recording is None:
                works.append(plan_live(baseline, pairing, config, candidate, options, secret))
            else:
                works.append(plan_replay(baseline, pairing, config, candidate, options, recording))
    return works


def _check_name(baseline: OutputSet, candidate: OutputSet, pairing: Pairing) -> None:
    """A model is worth fifty against itself by definition, so another one must not go by its name."""
    differ = any(one.baseline.texts != one.candidate.texts for one in pairing.comparisons)
    if candidate.model == baseline.model and differ:
        raise InputError(
            f"{candidate.source}: the model is called {candidate.model!r} like the baseline of {baseline.source}, "
            "but its answers differ. Give one of them another name in the field generator"
        )


def plan_live(
    baseline: OutputSet, pairing: Pairing, config: JudgeConfig, candidate: OutputSet, options: Options, secret: bytes
) -> Work:
    """What a judge is to be asked about a candidate."""
    endpoint = client_kind(config.client).endpoint(config)
    plan = _plan(baseline, options, secret)
    chosen = _chosen(baseline, options)
    planned = [
        one
        for comparison in pairing.comparisons
        if comparison.key in chosen
        for one in plan_comparison(comparison, config, endpoint, plan)
    ]
    return Work(config, (*planned, *_unanswered(pairing, config, candidate.model, plan, chosen)), candidate)


def plan_replay(
    baseline: OutputSet,
    pairing: Pairing,
    config: JudgeConfig,
    candidate: OutputSet,
    options: Options,
    recording: Recording,
) -> Work:
    """The same with recorded replies in the judge's stead: orders and labels are those of the recording."""
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
    replayed = dataclasses.replace(replayed, digest=digest(replayed))
    plan = _plan(baseline, options, b"")
    chosen = _chosen(baseline, options)
    replies: dict[RecordedKey, ChatReply] = {}
    planned: list[Planned] = []
    for comparison in pairing.comparisons:
        if comparison.key not in chosen:
            continue
        by_rule = plan_comparison(comparison, replayed, REPLAY_ENDPOINT, plan)
        if by_rule[0].request is None:
            planned += by_rule
            continue
        found, failure = _recorded_questions(comparison, recording, replayed)
        for question, recorded in found:
            replies[comparison.key, question.order, question.repeat] = recorded.reply
            planned.append(plan_question(question, replayed, recorded_endpoint(recorded), plan))
        if failure is not None:
            planned.append(
                plan_missing(
                    comparison.example, comparison.baseline, comparison.candidate, replayed, plan, failure=failure
                )
            )
    return Work(
        replayed, (*planned, *_unanswered(pairing, replayed, candidate.model, plan, chosen)), candidate, replies
    )


def annotate(work: Work, store: Store, *, limits: Limits, watch: Watcher = lambda _: None) -> Annotated:
    """Fill every place: from the store where it holds the reply, by asking where it does not.

    Raises:
        ConfigError: a key is missing; nothing was sent.
        EndpointRefused: the endpoint answers nobody; what was replied before is kept.
    """
    requests = work.requests
    stored = store.replies(requests)
    waiting = [request for key, request in requests.items() if key not in stored]
    progress = Progress(len(requests), stored=len(stored), cost=0.0 if work.config.prices else None)
    client = work.open_client() if waiting else None
    asked = [one.asked for one in work.planned]
    store.record(work.config, asked)
    if client is not None:
        progress = send(
            waiting, client, store, limits=limits, progress=progress, prices=work.config.prices, watch=watch
        )
    # read back what was sent, as what counts is what the store holds
    replies = {**stored, **store.replies(request.key for request in waiting)}
    failures = store.failures(request.key for request in waiting if request.key not in replies)
    answered = [(one, replies.get(one.reply_key or ""), failures.get(one.reply_key or "")) for one in asked]
    return Annotated(tuple(annotate_all(answered, work.config)), progress)


def _plan(baseline: OutputSet, options: Options, secret: bytes) -> Plan:
    # orders are dealt over the whole benchmark, so that every model meets the same ones
    orders = balanced_orders({example.key for example in baseline.examples}, seed=options.seed)
    return Plan(options.benchmark, orders, options.repeats, secret)


def _chosen(baseline: OutputSet, options: Options) -> set[str]:
    """The keys to judge, the same for every model; halves of both orders alike."""
    keys = list(dict.fromkeys(example.key for example in baseline.examples))
    if options.limit is None or options.limit >= len(keys):
        return set(keys)
    orders = balanced_orders(keys, seed=options.seed)
    first = [key for key in orders if orders[key] == Order.BASELINE_FIRST]
    second = [key for key in orders if orders[key] == Order.CANDIDATE_FIRST]
    half = min(len(first), options.limit // 2)
    return {*first[:half], *second[: options.limit - half]}


def _unanswered(pairing: Pairing, config: JudgeConfig, model: str, plan: Plan, chosen: set[str]) -> list[Planned]:
    return [
        plan_missing(example, output, Output(example.key, model, ()), config, plan, failure=NO_OUTPUT)
        for example, output in pairing.unanswered
        if example.key in chosen
    ]


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


def recorded_endpoint(recorded: RecordedReply) -> Endpoint:
    """A recording is a source of its own for every reply: an edited one must not be served from the store."""
    said = repr((recorded.labels, recorded.reply)).encode("utf-8", "surrogatepass")
    return Endpoint(f"{REPLAY_ENDPOINT.name}:{hashlib.sha256(said).hexdigest()[:16]}", asks=False)


def _preference(recorded: RecordedReply, config: JudgeConfig, order: Order) -> float | None:
    verdict = find_parser(config.parser, config.parser_options)(recorded.reply, recorded.labels)
    return None if isinstance(verdict, Unparsed) else candidate_preference(verdict, order)
