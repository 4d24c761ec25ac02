"""A model's answers to a benchmark's questions, turn by turn, through the same engine and store as verdicts."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.clients import Endpoint, endpoint_of, open_client
from evalkit.engine import Journal, Limits, Pending, Posed, Progress, Watcher, run_all, unwatched, unwritten
from evalkit.errors import ConfigError
from evalkit.formats import CUT, turn_key
from evalkit.judging.requests import KEY_VERSION, cluster
from evalkit.store import Store
from evalkit.text import count_markdown
from evalkit.types import (
    ChatReply,
    ChatRequest,
    Client,
    Example,
    Group,
    Message,
    ModelConfig,
    Order,
    Output,
    OutputSet,
    PlanRecord,
    Slot,
    Unanswered,
)

# the flaws of an answer
CUT_OFF, EMPTY, THINKING = "cut_off", "empty", "thinking"
_CHUNK = 200
# the begin of an answer that thinks aloud, or the end of thoughts whose begin the chat template holds
_THOUGHT = re.compile(
    r"\A\s*(?:<(?:think|thinking|thought|reasoning|seed:think)>|\[THINK\]|\u25c1think\u25b7|<\|channel\|>analysis)|"
    r"</(?:think|thinking|thought|reasoning|seed:think)>|\[/THINK\]|\u25c1/think\u25b7",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answering:
    """One turn of every question that is to be answered: a task for the engine.

    `digest` names the questions of all turns.
    """

    config: ModelConfig
    endpoint: Endpoint
    benchmark: str
    digest: str
    questions: tuple[Unanswered, ...]

    @property
    def group(self) -> Group:
        return Group(self.benchmark, self.config.digest, "", self.config.name)

    @property
    def record(self) -> PlanRecord | None:
        # no number is computed from answers alone
        return None

    @property
    def client_name(self) -> tuple[str, str, str]:
        return self.config.name, self.config.digest, ""

    @property
    def reasks(self) -> int:
        # every reply of a model is its answer
        return 0

    @property
    def on_trial(self) -> bool:
        return False

    def places(self) -> Iterator[Pending]:
        return (Pending(self._slot(question), question) for question in self.questions)

    def pose(self, place: Pending, *, reask: int = 0) -> Posed:
        assert isinstance(place.subject, Unanswered) and reask == 0
        request = self.request(place.subject)
        return Posed(dataclasses.replace(place.slot, reply_key=request.key), request)

    def request(self, question: Unanswered) -> ChatRequest:
        """The conversation so far, with the model's own answers in it."""
        messages = [] if self.config.system is None else [Message("system", self.config.system)]
        turns = question.example.turns[: len(question.earlier) + 1]
        for turn, answer in zip(turns[:-1], question.earlier, strict=True):
            messages += [Message("user", turn), Message("assistant", answer)]
        messages.append(Message("user", turns[-1]))
        said = [[message.role, message.content] for message in messages]
        decisive = ["answer", KEY_VERSION, self.endpoint.name, self.config.model, self.config.parameters, said]
        key = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        return ChatRequest(key, self.config.model, tuple(messages), self.config.parameters)

    def reader(self) -> Callable[[Slot, ChatReply], str | None]:
        return lambda _slot, _reply: None

    def open_client(self) -> Client:
        return open_client(self.config)

    def _slot(self, question: Unanswered) -> Slot:
        turn = len(question.earlier) + 1
        return Slot(
            benchmark=self.benchmark,
            model=self.config.name,
            baseline="",
            judge=self.config.name,
            digest=self.config.digest,
            key=turn_key(question.key, turn),
            cluster=cluster(question.example),
            category=question.example.category,
            order=Order.ALONE,
            repeat=0,
            baseline_chars=0,
            candidate_chars=None,
            turn=turn,
        )


@dataclass(frozen=True, slots=True)
class Generated:
    """A model's answers, the progress of each turn, and by key the reasons why questions have no answer; `abandoned`
    requests were under way in earlier runs that were killed. `flaws` names the questions with an answer that the limit
    of tokens cut off, that is empty, or that holds the model's thinking.
    """

    outputs: OutputSet
    progress: tuple[Progress, ...]
    failures: Mapping[str, str]
    abandoned: int = 0
    flaws: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def stopped(self) -> str | None:
        return next((progress.stopped for progress in self.progress if progress.stopped), None)


def first_turn(config: ModelConfig, questions: Sequence[Example], *, benchmark: str) -> Answering:
    """The first turn of the questions, as a task for the model.

    Raises:
        ConfigError: the model's client judges answers and gives none, or its key is missing.
    """
    endpoint = endpoint_of(config)
    if not endpoint.asks:
        raise ConfigError(f"model {config.name!r}: a client of kind {config.client!r} judges answers and gives none")
    texts = json.dumps(
        [KEY_VERSION, [[example.key, example.turns, example.category, example.cluster] for example in questions]]
    )
    digest = hashlib.sha256(texts.encode()).hexdigest()[:16]
    answering = Answering(config, endpoint, benchmark, digest, tuple(Unanswered(example) for example in questions))
    answering.open_client()
    return answering


def generate(
    first: Answering,
    store: Store,
    *,
    limits: Limits,
    watch: Watcher = unwatched,
    journal: Journal = unwritten,
) -> Generated:
    """Answer every turn of every question, one turn after the other; questions with stored answers are not asked again.

    Raises:
        As `run_all`.
    """
    examples = [question.example for question in first.questions]
    answers: dict[str, tuple[str, ...]] = {example.key: () for example in examples}
    failures: dict[str, str] = {}
    flawed: set[tuple[str, str]] = set()
    progress: list[Progress] = []
    abandoned = 0
    answering = first
    while answering.questions and not (progress and progress[-1].stopped):
        ran = run_all([answering], store, limits=limits, watch=watch, journal=journal)
        progress.append(ran.progress[0])
        limits = limits.after(ran.progress[0])
        abandoned += ran.abandoned
        for key, answer in _answers(answering, store):
            if isinstance(answer, Failed):
                failures.setdefault(key, answer.reason)
            else:
                answers[key] = (*answers[key], answer.text)
                flawed.update((name, key) for name in _flaws(answer))
        answering = _next_turn(answering, answers)
    complete = [example for example in examples if len(answers[example.key]) == len(example.turns)]
    outputs = tuple(_output(example.key, first.config.name, answers[example.key]) for example in complete)
    unasked = {example.key: "not asked yet" for example in examples if len(answers[example.key]) < len(example.turns)}
    return Generated(
        OutputSet(first.config.name, first.endpoint.name, tuple(complete), outputs),
        tuple(progress),
        {**unasked, **failures},
        abandoned,
        {
            name: tuple(example.key for example in complete if (name, example.key) in flawed)
            for name in (CUT_OFF, EMPTY, THINKING)
        },
    )


@dataclass(frozen=True, slots=True)
class Failed:
    """A question without an answer."""

    reason: str


def _answers(answering: Answering, store: Store) -> Iterator[tuple[str, ChatReply | Failed]]:
    """Answers to the turn that the store holds, or why there is none; questions that were not asked are left out."""
    by_place = {turn_key(question.key, len(question.earlier) + 1): question.key for question in answering.questions}
    keys = list(by_place)
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        for slot, reply, failure in store.answered_for(answering.group, answering.digest, chunk):
            if reply is not None:
                yield by_place[slot.key], reply
            elif reason := slot.failure or failure:
                yield by_place[slot.key], Failed(reason)


def _flaws(answer: ChatReply) -> Iterator[str]:
    if answer.finish_reason == CUT:
        yield CUT_OFF
    if not answer.text.strip():
        yield EMPTY
    if _THOUGHT.search(answer.text):
        yield THINKING


def _next_turn(answering: Answering, answers: Mapping[str, tuple[str, ...]]) -> Answering:
    """The following turn; a question that got no answer is not asked any further."""
    asked = len(answering.questions[0].earlier) + 1
    return dataclasses.replace(
        answering,
        questions=tuple(
            Unanswered(question.example, answers[question.key])
            for question in answering.questions
            if len(question.example.turns) > asked and len(answers[question.key]) == asked
        ),
    )


def _output(key: str, model: str, texts: tuple[str, ...]) -> Output:
    return Output(key, model, texts, measures=count_markdown("\n\n".join(texts)))
