"""The values that pass from step to step: outputs, comparisons, annotations, estimates. All frozen."""

import datetime
from collections.abc import Callable, Mapping
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
    """One model's answer to one instruction, one text per turn.

    `oversize_chars` is the length of an answer that is too long to be judged; such an answer has no texts. Nor has one
    with a `failure`, the reason why there is no answer, which differs from an empty one. `measures` are numbers that
    describe the answer, by name: its headers, lists, tokens, or whatever its source counted.
    """

    key: str
    model: str
    texts: tuple[str, ...]
    oversize_chars: int | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    failure: str | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(self.texts)

    @property
    def empty(self) -> bool:
        """True if there is no answer to the last turn, which is the one that is judged."""
        return not self.texts or not self.texts[-1].strip()

    @property
    def chars(self) -> int | None:
        """Length in code points; None where there is no answer."""
        if self.oversize_chars is not None:
            return self.oversize_chars
        return len(self.text) if self.texts else None


@dataclass(frozen=True, slots=True)
class OutputSet:
    """One model's answers with their instructions, in the order of the source; keys may repeat until paired.

    `notes` describe content of the source that the outputs lack.
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


@dataclass(frozen=True, slots=True)
class Grading:
    """One output that is graded by itself."""

    example: Example
    output: Output

    @property
    def key(self) -> str:
        return self.example.key


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An instruction that a model is to answer, up to some turn, with its own answers to the turns before."""

    example: Example
    earlier: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.example.key


Subject = Comparison | Grading


class Order(Enum):
    """The answer that the judge is shown first; an answer that is graded by itself is shown alone."""

    BASELINE_FIRST = "baseline_first"
    CANDIDATE_FIRST = "candidate_first"
    ALONE = "alone"


BOTH_ORDERS = (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST)


@dataclass(frozen=True, slots=True)
class Labels:
    """The judge's names for the answer shown first, for the one shown second and, where allowed, for a tie."""

    first: str
    second: str
    tie: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a judge: a comparison or a grading, order, labels, the code of the fence around judged text, the
    number of the repeat, and the number of earlier tries without a readable verdict. Without `fenced`, texts are shown
    bare.
    """

    subject: Subject
    order: Order
    labels: Labels
    nonce: str
    repeat: int = 0
    reask: int = 0
    fenced: bool = True

    @property
    def shown(self) -> tuple[Output, ...]:
        """The answers in the order in which the judge sees them."""
        if isinstance(self.subject, Grading):
            return (self.subject.output,)
        both = (self.subject.baseline, self.subject.candidate)
        return both if self.order == Order.BASELINE_FIRST else both[::-1]


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that decides a reply; `key` is its digest and the reply's name in the store.

    A judge's request has its `question`; a model that is asked for an answer gets messages only.
    """

    key: str
    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, Any]
    question: Question | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A judge's reply. `top_logprobs` holds the likeliest tokens of each position with their log-probabilities.

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
    """Any client that answers a chat request."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer, or raise RetryableError, RejectedRequest or EndpointRefused."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A client that holds connections or processes until it is closed."""

    async def close(self) -> None: ...


class Reading(Enum):
    """The way a verdict was read: as the reply states it, weighted by log-probabilities, stated by a reply whose
    log-probabilities were asked for and are missing, or taken as a number from another tool's record.
    """

    STATED = "stated"
    WEIGHTED = "weighted"
    SAMPLED = "sampled"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Preference:
    """Probability that the answer shown first is the better one; 0.5 is a tie. A judge may say that it is much better:
    a `strong` verdict.
    """

    p_first: float
    reading: Reading = Reading.STATED
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Rating:
    """A grade on a scale from `low` to `high`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Unparsed:
    """The reply holds no verdict, which is neither a loss nor a tie."""

    reason: str


Verdict = Preference | Rating | Unparsed


@dataclass(frozen=True, slots=True, eq=False)
class InProcess:
    """The parts of a judge or a model that are objects of this process; no file describes them and no store keeps them.

    `client` answers the requests, and `endpoint` is its name in the keys of replies; a client that does not `ask` is
    given texts, not a rendered prompt. Where `run` is not empty, it enters the keys too, so that no later run finds the
    replies. `parser` reads the replies. A part that is None is the one that the configuration names.
    """

    client: Client | None = None
    endpoint: str = ""
    asks: bool = True
    run: str = ""
    parser: Callable[[ChatReply, Labels], Verdict] | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens."""

    input: float
    output: float

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """The cost in US dollars."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The requests and tokens that an endpoint may be sent in a minute; None sets no limit."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass(frozen=True, slots=True)
class Tls:
    """Files in PEM form: further authorities to trust, and this side's own certificate."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A model behind an endpoint: its name, its address and its parameters. `digest` names what decides its answers;
    `system` is sent to it before an instruction. `in_process` holds those parts that are objects of this process.
    `file` is where it was read from, seen from the current folder; None if it was shipped or made in Python.
    """

    name: str
    client: str
    model: str
    description: str = ""
    system: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    base_url: str | None = None
    key_variable: str = "OPENAI_API_KEY"
    key_header: str = "Authorization"
    # a key may stand in them
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: Tls = Tls()
    plain_http: bool = False
    timeout: float = 300.0
    rates: RateLimits = RateLimits()
    server: Mapping[str, Any] = field(default_factory=dict)
    prices: Prices | None = None
    notice: str | None = None
    digest: str = ""
    in_process: InProcess | None = field(default=None, compare=False, repr=False)
    file: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig(ModelConfig):
    """A judge: a model, its task and the parser of its replies.

    It `asks` for a `pair`'s winner or for a `grade`. With `labels`, answers are called by these instead of by drawn
    ones; without `fence`, texts are shown bare, as foreign prompts have them.
    """

    parser: str
    asks: str = "pair"
    prompt: str | None = None
    prompt_text: str | None = None
    parser_options: Mapping[str, Any] = field(default_factory=dict)
    answer_schema: Mapping[str, str] = field(default_factory=dict)
    answer_form: str = "json_schema"
    orders: str = "one"
    tie: str | None = None
    labels: tuple[str, ...] = ()
    fence: bool = True
    reasks: int = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one verdict: what is compared or graded, in which order and repeat, and where the reply lies.

    `rule` decides without a judge (`identical`, `candidate_empty`, `baseline_empty`); `recorded` is a verdict that
    another tool left as a number: P(candidate beats baseline), or a grade; `failure` says why no question can be asked;
    otherwise `reply_key` names the reply in the store and `labels` reads it. Lengths are code points and contain the
    blanks around the texts, `baseline_blanks` and `candidate_blanks`; these are None where only a length is known. An
    answer that is graded alone has an empty `baseline`. `order` is None where a file does not give it, as for a mean
    over both orders; a place in a store has one.
    """

    benchmark: str
    model: str
    baseline: str
    judge: str
    digest: str
    key: str
    cluster: str
    category: str | None
    order: Order | None
    repeat: int
    baseline_chars: int
    candidate_chars: int | None
    labels: Labels | None = None
    reply_key: str | None = None
    rule: str | None = None
    failure: str | None = None
    recorded: float | None = None
    turn: int = 1
    baseline_measures: Mapping[str, float] = field(default_factory=dict)
    candidate_measures: Mapping[str, float] = field(default_factory=dict)
    baseline_blanks: int | None = None
    candidate_blanks: int | None = None

    @property
    def question(self) -> str:
        """The question's name without the number of its turn."""
        return self.key.removesuffix(f":{self.turn}")

    @property
    def decided_alone(self) -> bool:
        """True if a rule or a failure decides every order."""
        return self.rule is not None or self.failure is not None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A verdict with the swap undone: `preference` is P(candidate beats baseline), `rating` the grade of an answer
    shown alone; or neither and a `failure`.

    `cost` is in US dollars, None for a judge without prices and where nothing was asked.
    """

    slot: Slot
    preference: float | None
    failure: str | None = None
    reply: ChatReply | None = None
    reading: Reading | None = None
    cost: float | None = None
    rating: Rating | None = None
    strong: bool = False


class StatusKind(Enum):
    OK = "ok"
    DEGRADED = "degraded"
    NOT_ESTIMABLE = "not_estimable"


@dataclass(frozen=True, slots=True)
class Status:
    """The reliability of a number, with the reason when it is not fully reliable."""

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


class Severity(Enum):
    """The effect of a finding: a warning, or a refusal of the outputs."""

    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that an audit found in a model's outputs, in one sentence that holds its own figures.

    `check` names the check, `count` of `n` outputs have the fault, and `keys` are the first instructions of these.
    """

    check: str
    severity: Severity
    reason: str
    count: int
    n: int
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discount:
    """Answers for which a judge's word may not be enough: those to all `keys`, of which the finding of `check` tells.

    A verdict on one of them is certain only as far as `worth`: 0.5 for a copy of the baseline's answer, 0 for an answer
    that may be none.
    """

    check: str
    worth: float
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """The findings on a model's outputs before they are judged; `checks` are those that could be made.

    `discounts` go with the warnings that a gate decides on; audits of earlier versions have none.
    """

    n: int
    checks: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    discounts: tuple[Discount, ...] = ()

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == Severity.FAIL)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == Severity.WARN)


@dataclass(frozen=True, slots=True)
class Group:
    """One model under one judge, whose places a run fills."""

    benchmark: str
    digest: str
    baseline: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRun:
    """A run that showed a model's number or decided on it, and what it was measured on.

    `outputs`, `baseline_outputs` and `questions` are the digests of the texts as `DataDigests` has them, and `origin`
    that of the verdicts. `verdicts` is the name under which the verdicts are kept. `at` is in UTC. The `command` showed
    `shown`, its number by the `metric`. `label` is the user's name for the release, and `commit` the hexadecimal name
    of the commit that was checked out. A gate's `outcome` goes with the `rule` that it decided by.
    """

    group: Group
    judge: str
    served_as: str
    outputs: str
    baseline_outputs: str | None
    questions: str
    origin: str
    verdicts: str
    at: datetime.datetime
    command: str
    metric: str
    shown: Estimate
    label: str | None = None
    commit: str | None = None
    outcome: str | None = None
    rule: str | None = None


class PromptMode(Enum):
    """The way answers are shown to a judge: fenced under drawn labels, bare or under fixed labels as foreign prompts
    have it, not at all to a judge without a prompt, or by an unknown prompt.
    """

    HARDENED = "hardened"
    COMPAT = "compat"
    NONE = "none"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class DataDigests:
    """SHA-256 of what is judged: the questions, the baseline's outputs where there are any, the candidate's."""

    questions: str
    baseline: str | None
    candidate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """The record of what decided one model's places under one judge.

    `plan` is the digest under which the places lie. `prompt` and `parameters` are SHA-256, the latter of all that is
    sent or read by, besides the prompt and the parser's name. `prices` and `evalkit`, the version, are those of the run
    that laid them out last. `cluster` is the field that declared which instructions depend on each other. Without a
    field, `near_duplicates` says whether near-duplicates were looked for; it is None in plans of earlier versions.
    """

    plan: str
    benchmark: str
    model: str
    baseline: str
    judge: str
    judge_digest: str
    judge_model: str
    endpoint: str
    prompt_mode: PromptMode
    prompt: str | None
    parser: str
    parameters: str
    orders: str
    seed: int
    repeats: int
    limit: int | None
    shortcut: bool
    intersect: bool
    by_turn: bool
    data: DataDigests
    evalkit: str
    prices: Prices | None = None
    audit: Audit | None = None
    cluster: str | None = None
    near_duplicates: bool | None = None
