"""Plans the slots of verdicts from comparisons and answers, and makes a question and a request for a slot."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.clients import Endpoint
from evalkit.engine import Pending, Posed
from evalkit.errors import ConfigError
from evalkit.judge_spec import ask, five_way_labels, render, scale
from evalkit.text import blanks_around
from evalkit.types import (
    ChatRequest,
    Comparison,
    Example,
    Grading,
    JudgeConfig,
    Labels,
    Message,
    Order,
    Output,
    Question,
    Slot,
    Subject,
)

KEY_VERSION = 1
# the length of an empty answer that is graded alone
LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a run: which answer is shown first, the number of repeats, and the secret that fences are drawn from.

    With `shortcut`, identical answers are a tie without a question. `clusters` maps keys of instructions that depend
    on others to the names of their clusters; every other instruction is a cluster of its own.
    """

    benchmark: str
    first_order: Mapping[str, Order]
    repeats: int
    secret: bytes
    shortcut: bool = True
    clusters: Mapping[str, str] = field(default_factory=dict)


def balanced_orders(keys: Iterable[str], *, seed: int) -> dict[str, Order]:
    """Choose for each instruction who is shown first: the baseline for half of them, the same for every model."""
    shuffled = sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    half = len(shuffled) // 2
    return {key: Order.BASELINE_FIRST if place < half else Order.CANDIDATE_FIRST for place, key in enumerate(shuffled)}


def pick(orders: Mapping[str, Order], limit: int | None) -> set[str]:
    """Pick `limit` instructions, the same for every model, with halves of both orders alike; all without a limit."""
    if limit is None or limit >= len(orders):
        return set(orders)
    first = [key for key in orders if orders[key] == Order.BASELINE_FIRST]
    second = [key for key in orders if orders[key] == Order.CANDIDATE_FIRST]
    half = min(len(first), limit // 2)
    return {*first[:half], *second[: limit - half]}


def plan_comparison(comparison: Comparison, config: JudgeConfig, plan: Plan) -> list[Pending]:
    """Plan every verdict that a judge owes on one comparison.

    Identical answers are a tie and an empty answer loses, by rule and without a request.
    """
    first = plan.first_order[comparison.key]
    failure = _unjudged(("the baseline's", comparison.baseline), ("the", comparison.candidate))
    if failure is not None:
        return [plan_missing(comparison.example, comparison.baseline, comparison.candidate, config, plan, failure)]
    rule = _rule(comparison)
    if rule is not None and (plan.shortcut or rule != "identical"):
        return [Pending(dataclasses.replace(_slot(comparison, config, plan, first), rule=rule))]
    orders = (first,) if config.orders == "one" else (first, _other(first))
    return [plan_place(comparison, config, plan, order, repeat) for order in orders for repeat in range(plan.repeats)]


def plan_grading(grading: Grading, config: JudgeConfig, plan: Plan) -> list[Pending]:
    """Plan every grade that a judge owes on one answer; an empty answer gets the lowest grade, by rule."""
    failure = _unjudged(("the", grading.output))
    if failure is not None:
        return [Pending(dataclasses.replace(_slot(grading, config, plan, Order.ALONE), failure=failure))]
    if grading.output.empty:
        return [Pending(dataclasses.replace(_slot(grading, config, plan, Order.ALONE), rule=LOWEST))]
    return [plan_place(grading, config, plan, Order.ALONE, repeat) for repeat in range(plan.repeats)]


def plan_place(subject: Subject, config: JudgeConfig, plan: Plan, order: Order, repeat: int) -> Pending:
    """The place of one question."""
    return Pending(_slot(subject, config, plan, order, repeat), subject)


def plan_missing(
    example: Example, baseline: Output | None, candidate: Output, config: JudgeConfig, plan: Plan, failure: str
) -> Pending:
    """The place of a verdict that cannot be obtained; a candidate without an answer has no length."""
    if baseline is None:
        slot = _slot(Grading(example, candidate), config, plan, Order.ALONE)
    else:
        slot = _slot(Comparison(example, baseline, candidate), config, plan, plan.first_order[example.key])
    return Pending(dataclasses.replace(slot, failure=failure))


def pose(place: Pending, config: JudgeConfig, endpoint: Endpoint, plan: Plan, *, reask: int = 0) -> Posed:
    """Put the question of a place; each `reask` has labels and a fence of its own."""
    subject, slot = place.subject, place.slot
    assert isinstance(subject, Comparison | Grading) and slot.order is not None
    question = ask(subject, slot.order, repeat=slot.repeat, secret=plan.secret, tie=config.tie, reask=reask)
    if config.labels:
        first, second = config.labels
        question = dataclasses.replace(question, labels=Labels(first, second, config.tie))
    return pose_question(place, dataclasses.replace(question, fenced=config.fence), config, endpoint)


def pose_question(place: Pending, question: Question, config: JudgeConfig, endpoint: Endpoint) -> Posed:
    """Put a given question, as `pose` does."""
    request = build_request(question, config, endpoint)
    return Posed(dataclasses.replace(place.slot, labels=question.labels, reply_key=request.key), request)


def build_request(question: Question, config: JudgeConfig, endpoint: Endpoint) -> ChatRequest:
    """Render the prompt and name the request by everything that decides its reply."""
    messages = _messages(question, config) if endpoint.asks else ()
    turns = len(question.subject.example.turns)
    parameters = {**config.parameters, **_answer_format(config, question.labels)}
    decisive = [
        KEY_VERSION,
        endpoint.name,
        config.model,
        parameters,
        [[message.role, message.content] for message in messages],
        question.subject.example.instruction,
        *(output.text for output in question.shown),
        question.order.value,
        question.repeat,
        *([question.reask] if question.reask else []),
        # the division of texts into turns, which the messages do not show
        *([question.subject.example.turns, [output.texts for output in question.shown]] if turns > 1 else []),
    ]
    key = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    return ChatRequest(key, config.model, messages, parameters, question)


def _messages(question: Question, config: JudgeConfig) -> tuple[Message, ...]:
    if config.prompt_text is None:
        raise ConfigError(f"judge {config.name!r}: a client of kind {config.client!r} needs a prompt")
    try:
        return render(config.prompt_text, question)
    except ConfigError as error:
        raise ConfigError(f"judge {config.name!r}: {_prompt_file(config)}{error}") from None


def _prompt_file(config: JudgeConfig) -> str:
    """The file that holds a judge's prompt, before what is wrong with it; empty for a shipped judge."""
    if config.file is None:
        return ""
    beside = Path(config.file).parent / (config.prompt or "")
    return f"{beside if beside.suffix in ('.jinja', '.yaml') else config.file}: "


def _unjudged(*outputs: tuple[str, Output]) -> str | None:
    """The reason why answers cannot be judged; None where they can."""
    for whose, output in outputs:
        if output.failure is not None:
            return f"{whose} {output.failure}"
        if output.oversize_chars is not None:
            return f"{whose} answer has {output.oversize_chars:,} characters, more than a judge is shown"
    return None


def _rule(comparison: Comparison) -> str | None:
    baseline, candidate = comparison.baseline, comparison.candidate
    if baseline.texts == candidate.texts or (baseline.empty and candidate.empty):
        return "identical"
    if candidate.empty:
        return "candidate_empty"
    return "baseline_empty" if baseline.empty else None


def _slot(subject: Subject, config: JudgeConfig, plan: Plan, order: Order, repeat: int = 0) -> Slot:
    example = subject.example
    baseline, candidate = (
        (None, subject.output) if isinstance(subject, Grading) else (subject.baseline, subject.candidate)
    )
    return Slot(
        benchmark=plan.benchmark,
        model=candidate.model,
        baseline="" if baseline is None else baseline.model,
        judge=config.name,
        digest=config.digest,
        key=example.key,
        cluster=cluster(example, plan.clusters.get(example.key)),
        category=example.category,
        order=order,
        repeat=repeat,
        baseline_chars=0 if baseline is None else baseline.chars or 0,
        candidate_chars=candidate.chars,
        turn=len(example.turns),
        baseline_measures={} if baseline is None else baseline.measures,
        candidate_measures=candidate.measures,
        baseline_blanks=None if baseline is None else _blanks(baseline),
        candidate_blanks=_blanks(candidate),
    )


def _blanks(output: Output) -> int | None:
    """The number of blanks around the texts of all turns; None if the answer has no text or is too long to be kept."""
    return blanks_around(output.texts) if output.texts else None


def cluster(example: Example, name: str | None = None) -> str:
    """The cluster of a row: the named one, else that of its question, else that of its instruction's text."""
    known = example.cluster if name is None else name
    named = example.instruction if known is None else f"cluster {known}"
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _other(order: Order) -> Order:
    return Order.CANDIDATE_FIRST if order == Order.BASELINE_FIRST else Order.BASELINE_FIRST


def _answer_format(config: JudgeConfig, labels: Labels) -> dict[str, object]:
    """The schema that the endpoint must keep to, as a response format or as a tool to call; empty without one."""
    if not config.answer_schema:
        return {}
    names = [label for label in (labels.first, labels.second, labels.tie) if label]
    kinds: dict[str, object] = {
        "text": {"type": "string"},
        "label": {"type": "string", "enum": names},
        "five_way": {"type": "string", "enum": list(five_way_labels(labels))},
    }
    if "grade" in config.answer_schema.values():
        low, high = scale(config)
        kinds["grade"] = {"type": "integer", "minimum": math.ceil(low), "maximum": math.floor(high)}
    schema = {
        "type": "object",
        "properties": {name: kinds[kind] for name, kind in config.answer_schema.items()},
        "required": list(config.answer_schema),
        "additionalProperties": False,
    }
    if config.answer_form == "tool":
        # part of the request's key: other words would ask every question anew
        task = "State the verdict on the two answers." if config.asks == "pair" else "State the grade of the answer."
        tool = {"name": "verdict", "description": task, "parameters": schema}
        choice = {"type": "function", "function": {"name": "verdict"}}
        return {"tools": [{"type": "function", "function": tool}], "tool_choice": choice}
    named = {"name": "verdict", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}
