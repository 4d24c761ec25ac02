"""The values that pass from step to step: outputs, comparisons, annotations, estimates. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Example:
    """One instruction of a benchmark; `key` joins it to outputs, `turns` is what the user says in order.

    Examples of one `cluster` are not independent, as the turns of a conversation; without one the instruction's text
    is the cluster. `reference` is a right answer to each turn, where there is one.
    """

    key: str
    turns: tuple[str, ...]
    category: str | None = None
    cluster: str | None = None
    reference: tuple[str, ...] = ()

    @property
    def instruction(self) -> str:
        return "\n\n".join(self.turns)


@dataclass(frozen=True, slots=True)
class Output:
    """One model's answer to one instruction, a text a turn.

    `oversize_chars` is the length of an answer that is too long to be judged; such an answer has no texts. `measures`
    are numbers that describe the answer, by name: its headers, lists, tokens, or whatever its source counted.
    """

    key: str
    model: str
    texts: tuple[str, ...]
    oversize_chars: int | None = None
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "\n\n".join(self.texts)

    @property
    def empty(self) -> bool:
        return not self.text.strip()

    @property
    def chars(self) -> int | None:
        """Length in code points; None where there is no answer."""
        if self.oversize_chars is not None:
            return self.oversize_chars
        return len(self.text) if self.texts else None


@dataclass(frozen=True, slots=True)
class OutputSet:
    """One model's answers with their instructions, in the order of the source; keys may repeat until paired.

    `notes` say what the source held and the outputs do not.
    """

    model: str
    source: str
    examples: tuple[Example, ...]
    outputs: tuple[Output, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both outputs for one instruction."""

    example: Example
    baseline: Output
    candidate: Output

    @property
    def key(self) -> str:
        return self.example.key


class Order(Enum):
    """Whose answer the judge is shown first."""

    BASELINE_FIRST = "baseline_first"
    CANDIDATE_FIRST = "candidate_first"


@dataclass(frozen=True, slots=True)
class Labels:
    """What the judge calls the answer shown first, the one shown second and, where allowed, a tie."""

    first: str
    second: str
    tie: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One comparison as it is put to a judge: order, labels, the fence around judged text, which repeat, and how often
    it was asked before without a readable verdict.
    """

    comparison: Comparison
    order: Order
    labels: Labels
    nonce: str
    repeat: int = 0
    reask: int = 0

    @property
    def first(self) -> Output:
        return self.comparison.baseline if self.order == Order.BASELINE_FIRST else self.comparison.candidate

    @property
    def second(self) -> Output:
        return self.comparison.candidate if self.order == Order.BASELINE_FIRST else self.comparison.baseline


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that decides a reply; `key` is its digest and the reply's name in the store."""

    key: str
    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, Any]
    question: Question


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a judge said. `top_logprobs` holds the likeliest tokens of each position with their log-probabilities.

    `body` is the endpoint's answer to the letter; it is written to the store, and not read back with the reply.
    """

    text: str
    top_logprobs: tuple[tuple[tuple[str, float], ...], ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model: str | None = None
    seconds: float | None = None
    fingerprint: str | None = None
    body: str | None = field(default=None, compare=False, repr=False)


class Client(Protocol):
    """Anything that answers a chat request."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer, or raise RetryableError, RejectedRequest or EndpointRefused."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A client that holds connections or processes until it is closed."""

    async def close(self) -> None: ...


class Reading(Enum):
    """How a preference was read: as the reply states it, weighted by log-probabilities, or stated by a reply whose
    log-probabilities were asked for and are missing.
    """

    STATED = "stated"
    WEIGHTED = "weighted"
    SAMPLED = "sampled"


@dataclass(frozen=True, slots=True)
class Preference:
    """Probability that the answer shown first is the better one; 0.5 is a tie."""

    p_first: float
    reading: Reading = Reading.STATED


@dataclass(frozen=True, slots=True)
class Rating:
    """A grade on a scale from `low` to `high`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Unparsed:
    """The reply holds no verdict. Neither a loss nor a tie."""

    reason: str


Verdict = Preference | Rating | Unparsed


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens."""

    input: float
    output: float

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """US dollars."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Rates:
    """How much an endpoint may be asked in a minute, requests and tokens; None sets no limit."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM form: who else to trust, and what this side shows of itself."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """A judge: who answers, what it is asked and how its reply is read. `digest` names all of it."""

    name: str
    client: str
    model: str
    parser: str
    description: str = ""
    prompt: str | None = None
    prompt_text: str | None = None
    parser_options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answer_schema: Mapping[str, str] = field(default_factory=dict)
    answer_form: str = "json_schema"
    orders: str = "one"
    tie: str | None = None
    reasks: int = 2
    base_url: str | None = None
    key_variable: str = "OPENAI_API_KEY"
    key_header: str = "Authorization"
    headers: Mapping[str, str] = field(default_factory=dict)
    tls: Tls = Tls()
    plain_http: bool = False
    timeout: float = 300.0
    rates: Rates = Rates()
    server: Mapping[str, Any] = field(default_factory=dict)
    prices: Prices | None = None
    notice: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A place for one verdict: what is compared, in which order and repeat, and where the reply lies.

    `rule` decides without a judge (`identical`, `candidate_empty`, `baseline_empty`); `failure` says why nothing can
    be asked at all; otherwise `reply_key` names the reply in the store and `labels` reads it. Lengths are code points.
    """

    benchmark: str
    model: str
    baseline: str
    judge: str
    digest: str
    key: str
    cluster: str
    category: str | None
    order: Order
    repeat: int
    baseline_chars: int
    candidate_chars: int | None
    labels: Labels | None = None
    reply_key: str | None = None
    rule: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A verdict with the swap undone: `preference` is P(candidate beats baseline), or None and a `failure`.

    `cost` is in US dollars, None for a judge without prices and where nothing was asked.
    """

    asked: Asked
    preference: float | None
    failure: str | None = None
    reply: ChatReply | None = None
    reading: Reading | None = None
    cost: float | None = None


class StatusKind(Enum):
    OK = "ok"
    DEGRADED = "degraded"
    NOT_ESTIMABLE = "not_estimable"


@dataclass(frozen=True, slots=True)
class Status:
    """How far a number can be trusted, with the reason when not fully."""

    kind: StatusKind
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value}({self.reason})" if self.reason else self.kind.value


OK = Status(StatusKind.OK)


def degraded(reason: str) -> Status:
    return Status(StatusKind.DEGRADED, reason)


def not_estimable(reason: str) -> Status:
    return Status(StatusKind.NOT_ESTIMABLE, reason)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its sampling error; `value` is None exactly when the status is not estimable.

    The interval is None as well then, and for formulas that have none.
    """

    value: float | None
    stderr: float | None
    lower: float | None
    upper: float | None
    n: int
    status: Status = OK
    notes: tuple[str, ...] = ()

    @classmethod
    def refused(cls, reason: str, *, n: int) -> "Estimate":
        return cls(None, None, None, None, n, not_estimable(reason))
