"""A judge at work: comparisons into questions and requests, replies into annotations."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from evalkit.clients.base import Endpoint
from evalkit.errors import ConfigError
from evalkit.parsers import find_parser
from evalkit.prompting import ask, render
from evalkit.types import (
    Annotation,
    Asked,
    ChatReply,
    ChatRequest,
    Comparison,
    Example,
    JudgeConfig,
    Labels,
    Message,
    Order,
    Output,
    Preference,
    Question,
    Rating,
    Reading,
    Unparsed,
    Verdict,
)

KEY_VERSION = 1
# where an endpoint counts no tokens itself
CHARS_PER_TOKEN = 4.0
UNASKED = "not judged yet"

RULE_PREFERENCES = {"identical": 0.5, "candidate_empty": 0.0, "baseline_empty": 1.0}


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a verdict; `comparison` is what is to be asked, None where a rule or a failure fills the place."""

    asked: Asked
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Posed:
    """A place whose question is put: the request, and the place that its reply will fill."""

    asked: Asked
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run asks: who is shown first, how often, and the secret that fences are drawn from.

    With `shortcut`, identical answers are a tie without a question.
    """

    benchmark: str
    first_order: Mapping[str, Order]
    repeats: int
    secret: bytes
    shortcut: bool = True


def balanced_orders(keys: Iterable[str], *, seed: int) -> dict[str, Order]:
    """For each instruction who is shown first: half of them the baseline, the same for every model."""
    shuffled = sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    half = len(shuffled) // 2
    return {key: Order.BASELINE_FIRST if place < half else Order.CANDIDATE_FIRST for place, key in enumerate(shuffled)}


def plan_comparison(comparison: Comparison, config: JudgeConfig, plan: Plan) -> list[Place]:
    """Every verdict that a judge owes on one comparison.

    Identical answers are a tie and an empty answer loses, by rule and without a request.
    """
    first = plan.first_order[comparison.key]
    failure = _oversize(comparison)
    if failure is not None:
        return [plan_missing(comparison.example, comparison.baseline, comparison.candidate, config, plan, failure)]
    rule = _rule(comparison)
    if rule is not None and (plan.shortcut or rule != "identical"):
        asked = _asked(comparison.example, comparison.baseline, comparison.candidate, config, plan, first)
        return [Place(dataclasses.replace(asked, rule=rule))]
    orders = (first,) if config.orders == "one" else (first, _other(first))
    return [plan_place(comparison, config, plan, order, repeat) for order in orders for repeat in range(plan.repeats)]


def plan_place(comparison: Comparison, config: JudgeConfig, plan: Plan, order: Order, repeat: int) -> Place:
    """The place of one question."""
    asked = _asked(comparison.example, comparison.baseline, comparison.candidate, config, plan, order, repeat)
    return Place(asked, comparison)


def plan_missing(
    example: Example, baseline: Output, candidate: Output, config: JudgeConfig, plan: Plan, failure: str
) -> Place:
    """The place of a verdict that cannot be had; a candidate without an answer has no length."""
    asked = _asked(example, baseline, candidate, config, plan, plan.first_order[example.key])
    return Place(dataclasses.replace(asked, failure=failure))


def pose(place: Place, config: JudgeConfig, endpoint: Endpoint, plan: Plan, *, reask: int = 0) -> Posed:
    """Put the question of a place; each `reask` has labels and a fence of its own."""
    assert place.comparison is not None
    order, repeat = place.asked.order, place.asked.repeat
    question = ask(place.comparison, order, repeat=repeat, secret=plan.secret, tie=config.tie, reask=reask)
    return pose_question(place, question, config, endpoint)


def pose_question(place: Place, question: Question, config: JudgeConfig, endpoint: Endpoint) -> Posed:
    """The same with a question that is given."""
    request = build_request(question, config, endpoint)
    return Posed(dataclasses.replace(place.asked, labels=question.labels, reply_key=request.key), request)


def build_request(question: Question, config: JudgeConfig, endpoint: Endpoint) -> ChatRequest:
    """Render the prompt and name the request by everything that decides its reply."""
    messages = _messages(question, config) if endpoint.asks else ()
    parameters = {**config.parameters, **_answer_format(config, question.labels)}
    decisive = [
        KEY_VERSION,
        endpoint.name,
        config.model,
        parameters,
        [[message.role, message.content] for message in messages],
        question.comparison.example.instruction,
        question.first.text,
        question.second.text,
        question.order.value,
        question.repeat,
        *([question.reask] if question.reask else []),
    ]
    key = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    return ChatRequest(key, config.model, messages, parameters, question)


def _messages(question: Question, config: JudgeConfig) -> tuple[Message, ...]:
    if config.prompt_text is None:
        raise ConfigError(f"judge {config.name!r}: a client of kind {config.client!r} needs a prompt")
    try:
        return render(config.prompt_text, question)
    except ConfigError as error:
        raise ConfigError(f"judge {config.name!r}: {error}") from None


def annotate_all(
    answered: Iterable[tuple[Asked, ChatReply | None, str | None]], config: JudgeConfig
) -> Iterator[Annotation]:
    """Annotations of places with their replies, or with the reason why there is none."""
    parser = find_parser(config.parser, config.parser_options)
    for asked, reply, failure in answered:
        if asked.rule is not None:
            yield Annotation(asked, RULE_PREFERENCES[asked.rule])
        elif reply is None or asked.labels is None:
            yield Annotation(asked, None, asked.failure or failure or UNASKED)
        else:
            yield _annotation(asked, reply, parser(reply, asked.labels), config)


def _annotation(asked: Asked, reply: ChatReply, verdict: Verdict, config: JudgeConfig) -> Annotation:
    cost = _cost(reply, config)
    if isinstance(verdict, Unparsed):
        return Annotation(asked, None, verdict.reason, reply, cost=cost)
    reading = verdict.reading if isinstance(verdict, Preference) else Reading.STATED
    return Annotation(asked, candidate_preference(verdict, asked.order), None, reply, reading, cost)


def _cost(reply: ChatReply, config: JudgeConfig) -> float | None:
    """US dollars where the endpoint counted tokens: a guess has no place beside a number that was."""
    if config.prices is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return config.prices.cost(reply.prompt_tokens, reply.completion_tokens)


def tokens(reply: ChatReply, *, prompt_tokens: int) -> tuple[int, int]:
    """Tokens in and out as the endpoint counted them; where it did not, what was estimated and four characters each."""
    prompt = prompt_tokens if reply.prompt_tokens is None else reply.prompt_tokens
    said = reply.completion_tokens
    return prompt, round(len(reply.text) / CHARS_PER_TOKEN) if said is None else said


def candidate_preference(verdict: Preference | Rating, order: Order) -> float:
    """P(candidate beats baseline); a pairwise judge's rating grades how far it prefers the answer shown first."""
    if isinstance(verdict, Rating):
        first = (verdict.value - verdict.low) / (verdict.high - verdict.low)
    else:
        first = verdict.p_first
    return first if order == Order.CANDIDATE_FIRST else 1.0 - first


def _oversize(comparison: Comparison) -> str | None:
    for whose, output in (("the baseline's", comparison.baseline), ("the", comparison.candidate)):
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


def _asked(
    example: Example,
    baseline: Output,
    candidate: Output,
    config: JudgeConfig,
    plan: Plan,
    order: Order,
    repeat: int = 0,
) -> Asked:
    return Asked(
        benchmark=plan.benchmark,
        model=candidate.model,
        baseline=baseline.model,
        judge=config.name,
        digest=config.digest,
        key=example.key,
        cluster=hashlib.sha256(example.instruction.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        category=example.category,
        order=order,
        repeat=repeat,
        baseline_chars=baseline.chars or 0,
        candidate_chars=candidate.chars,
    )


def _other(order: Order) -> Order:
    return Order.CANDIDATE_FIRST if order == Order.BASELINE_FIRST else Order.BASELINE_FIRST


def _answer_format(config: JudgeConfig, labels: Labels) -> dict[str, object]:
    """The schema that the endpoint is told to keep to, as a response format or as a tool to call; empty without one."""
    if not config.answer_schema:
        return {}
    names = [label for label in (labels.first, labels.second, labels.tie) if label]
    kinds: dict[str, object] = {"text": {"type": "string"}, "label": {"type": "string", "enum": names}}
    schema = {
        "type": "object",
        "properties": {name: kinds[kind] for name, kind in config.answer_schema.items()},
        "required": list(config.answer_schema),
        "additionalProperties": False,
    }
    if config.answer_form == "tool":
        tool = {"name": "verdict", "description": "State the verdict on the two answers.", "parameters": schema}
        choice = {"type": "function", "function": {"name": "verdict"}}
        return {"tools": [{"type": "function", "function": tool}], "tool_choice": choice}
    named = {"name": "verdict", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": named}}
