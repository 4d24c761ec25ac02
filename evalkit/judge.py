"""A judge at work: comparisons into questions and requests, replies into annotations."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
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
    Unparsed,
)

KEY_VERSION = 1
UNASKED = "not judged yet"

RULE_PREFERENCES = {"identical": 0.5, "candidate_empty": 0.0, "baseline_empty": 1.0}


@dataclass(frozen=True, slots=True)
class Planned:
    """A place for a verdict and, unless a rule or a failure fills it, the request that does."""

    asked: Asked
    request: ChatRequest | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run asks: who is shown first, how often, and the secret that fences are drawn from."""

    benchmark: str
    first_order: Mapping[str, Order]
    repeats: int
    secret: bytes


def balanced_orders(keys: Iterable[str], *, seed: int) -> dict[str, Order]:
    """For each instruction who is shown first: half of them the baseline, the same for every model."""
    shuffled = sorted(keys, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    half = len(shuffled) // 2
    return {key: Order.BASELINE_FIRST if place < half else Order.CANDIDATE_FIRST for place, key in enumerate(shuffled)}


def plan_comparison(comparison: Comparison, config: JudgeConfig, endpoint: Endpoint, plan: Plan) -> list[Planned]:
    """Every verdict that a judge owes on one comparison.

    Identical answers are a tie and an empty answer loses, by rule and without a request.
    """
    first = plan.first_order[comparison.key]
    rule = _rule(comparison)
    if rule is not None:
        return [
            Planned(
                _asked(
                    comparison.example, comparison.baseline, comparison.candidate, config, plan, first, 0, rule=rule
                ),
                None,
            )
        ]
    orders = (first,) if config.orders == "one" else (first, _other(first))
    planned = []
    for order in orders:
        for repeat in range(plan.repeats):
            question = ask(comparison, order, repeat=repeat, secret=plan.secret, tie=config.tie)
            planned.append(plan_question(question, config, endpoint, plan))
    return planned


def plan_question(question: Question, config: JudgeConfig, endpoint: Endpoint, plan: Plan) -> Planned:
    """The place and the request of one question."""
    request = build_request(question, config, endpoint)
    comparison = question.comparison
    asked = _asked(
        comparison.example,
        comparison.baseline,
        comparison.candidate,
        config,
        plan,
        question.order,
        question.repeat,
        labels=question.labels,
        reply_key=request.key,
    )
    return Planned(asked, request)


def plan_missing(
    example: Example, baseline: Output, candidate: Output, config: JudgeConfig, plan: Plan, *, failure: str
) -> Planned:
    """The place of a verdict that cannot be had; a candidate without texts has no length."""
    order = plan.first_order[example.key]
    return Planned(_asked(example, baseline, candidate, config, plan, order, 0, failure=failure), None)


def build_request(question: Question, config: JudgeConfig, endpoint: Endpoint) -> ChatRequest:
    """Render the prompt and name the request by everything that decides its reply."""
    messages = _messages(question, config) if endpoint.asks else ()
    parameters = {**config.parameters, **_response_format(config.answer_schema, question.labels)}
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
    answered: Sequence[tuple[Asked, ChatReply | None, str | None]], config: JudgeConfig
) -> list[Annotation]:
    """Annotations of places with their replies, or with the reason why there is none."""
    parser = find_parser(config.parser, config.parser_options)
    annotations = []
    for asked, reply, failure in answered:
        if asked.rule is not None:
            annotations.append(Annotation(asked, RULE_PREFERENCES[asked.rule]))
        elif reply is None or asked.labels is None:
            annotations.append(Annotation(asked, None, asked.failure or failure or UNASKED))
        else:
            verdict = parser(reply, asked.labels)
            if isinstance(verdict, Unparsed):
                annotations.append(Annotation(asked, None, verdict.reason, reply))
            else:
                annotations.append(Annotation(asked, candidate_preference(verdict, asked.order), None, reply))
    return annotations


def candidate_preference(verdict: Preference | Rating, order: Order) -> float:
    """P(candidate beats baseline); a pairwise judge's rating grades how far it prefers the answer shown first."""
    if isinstance(verdict, Rating):
        first = (verdict.value - verdict.low) / (verdict.high - verdict.low)
    else:
        first = verdict.p_first
    return first if order == Order.CANDIDATE_FIRST else 1.0 - first


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
    repeat: int,
    *,
    labels: Labels | None = None,
    reply_key: str | None = None,
    rule: str | None = None,
    failure: str | None = None,
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
        baseline_chars=len(baseline.text),
        candidate_chars=len(candidate.text) if candidate.texts else None,
        labels=labels,
        reply_key=reply_key,
        rule=rule,
        failure=failure,
    )


def _other(order: Order) -> Order:
    return Order.CANDIDATE_FIRST if order == Order.BASELINE_FIRST else Order.BASELINE_FIRST


def _response_format(schema: Mapping[str, str], labels: Labels) -> dict[str, object]:
    """The JSON schema that the endpoint is told to keep to; empty for judges without one."""
    if not schema:
        return {}
    names = [label for label in (labels.first, labels.second, labels.tie) if label]
    kinds: dict[str, object] = {"text": {"type": "string"}, "label": {"type": "string", "enum": names}}
    return {
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "verdict",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {name: kinds[kind] for name, kind in schema.items()},
                    "required": list(schema),
                    "additionalProperties": False,
                },
            },
        }
    }
