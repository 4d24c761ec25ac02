"""Asks a judge about one pair of answers, in both orders: the way to try a judge or a prompt."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.api.door import beside_a_loop, front_door
from evalkit.api.keywords import checked_choice
from evalkit.api.python_judges import JudgeLike, judge_config
from evalkit.api.result import Tabular, frame_of
from evalkit.clients import endpoint_of, open_client
from evalkit.errors import ConfigError, Incomplete
from evalkit.judge_spec import ORDERS, parser_of
from evalkit.judging import Plan, candidate_preference, plan_place, pose
from evalkit.text import printable, shortened
from evalkit.types import (
    BOTH_ORDERS,
    ChatReply,
    Client,
    Closing,
    Comparison,
    Example,
    Grading,
    JudgeConfig,
    Labels,
    Message,
    Order,
    Output,
    Rating,
    Subject,
    Unparsed,
)

if TYPE_CHECKING:
    import pandas as pd

FIRST, SECOND, TIE = "first", "second", "tie"
_KEY = "pair"
_SHOWN = 200
_CLOSE_SECONDS = 10.0
# how the table names what the judge saw
_SEEN = {
    Order.CANDIDATE_FIRST: "first answer shown first",
    Order.BASELINE_FIRST: "second answer shown first",
    Order.ALONE: "shown alone",
}


@dataclass(frozen=True, slots=True)
class View:
    """The record of one question to a judge: the prompt, the reply, and the verdict read from it.

    `p_first` is the probability that the first answer is better, whatever the order was; an answer that was graded
    alone has a `grade`, and `answer` says which one it is. Without either, `failure` says why. `cost` is in US dollars.
    """

    order: Order
    messages: tuple[Message, ...]
    labels: Labels | None
    reply: ChatReply
    p_first: float | None = None
    grade: float | None = None
    failure: str | None = None
    answer: str = ""
    cost: float | None = None

    @property
    def seen(self) -> str:
        """The order of the answers in words."""
        return f"{self.answer} answer {_SEEN[self.order]}" if self.answer else _SEEN[self.order]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PairVerdict(Tabular):
    """A judge's verdict on one pair of answers, and what it said in each order."""

    judge: JudgeConfig
    views: tuple[View, ...]

    @property
    def p_first(self) -> float | None:
        """The probability that the first answer is better: the mean of the orders; None if an order has no verdict."""
        found = [view.p_first for view in self.views]
        return None if None in found or not found else sum(p for p in found if p is not None) / len(found)

    @property
    def grades(self) -> tuple[float | None, ...]:
        """The grades of both answers, by a judge that grades; otherwise empty."""
        return tuple(view.grade for view in self.views if view.answer)

    @property
    def verdict(self) -> str | None:
        """`first`, `second` or `tie`; None where an order or a grade is missing."""
        if self.judge.asks == "grade":
            if None in self.grades:
                return None
            first, second = (grade for grade in self.grades if grade is not None)
            return TIE if first == second else FIRST if first > second else SECOND
        if self.p_first is None:
            return None
        return TIE if self.p_first == 0.5 else FIRST if self.p_first > 0.5 else SECOND

    @property
    def consistent(self) -> bool | None:
        """True if the judge prefers the same answer in both orders; None where it saw one order only."""
        sides = [(view.p_first > 0.5) - (view.p_first < 0.5) for view in self.views if view.p_first is not None]
        return len(set(sides)) == 1 if len(sides) == 2 else None

    @property
    def cost(self) -> float | None:
        """The US dollars of all requests; None for a judge without prices."""
        costs = [view.cost for view in self.views]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each order, or for each graded answer."""
        return frame_of(self._rows())

    def raise_for_incomplete(self) -> None:
        """Raise where a reply holds no verdict.

        Raises:
            Incomplete: with the reason of the first such reply.
        """
        missing = next((view for view in self.views if view.failure is not None), None)
        if missing is not None:
            raise Incomplete(f"judge {self.judge.name!r}, {missing.seen}: {missing.failure}")

    def to_json(self) -> str:
        document = {
            "judge": self.judge.name,
            "judge_digest": self.judge.digest,
            "verdict": self.verdict,
            "p_first": self.p_first,
            "grades": list(self.grades),
            "consistent": self.consistent,
            "cost": self.cost,
            "views": self._rows(),
        }
        return json.dumps(document, indent=2)

    def _rows(self) -> list[dict[str, object]]:
        return [
            {
                "seen": view.seen,
                "p_first": view.p_first,
                "grade": view.grade,
                "failure": view.failure,
                "reply": view.reply.text,
                "model": view.reply.model,
                "prompt_tokens": view.reply.prompt_tokens,
                "completion_tokens": view.reply.completion_tokens,
                "cost": view.cost,
                "seconds": view.reply.seconds,
            }
            for view in self.views
        ]

    def __str__(self) -> str:
        width = max(len(view.seen) for view in self.views)
        lines = [f"{printable(self.judge.name)}: {self._sentence()}"]
        for view in self.views:
            said = "no verdict" if view.failure is not None else _number(view)
            lines.append(f"  {view.seen:{width}}  {said:>10}  {printable(shortened(view.reply.text, _SHOWN))}")
            if view.failure is not None:
                lines.append(f"  {'':{width}}  {printable(view.failure)}")
        if self.cost is not None:
            lines.append(f"  {len(self.views)} requests, ${self.cost:.6f}")
        return "\n".join(lines) + "\n"

    def _sentence(self) -> str:
        if self.verdict is None:
            return "no verdict"
        if self.judge.asks == "grade":
            first, second = (f"{grade:g}" for grade in self.grades if grade is not None)
            return f"the first answer gets {first} and the second {second}"
        if self.consistent is False:
            return f"the verdict depends on the order; P(first is better) is {self.p_first:.2f} on average"
        better = {FIRST: "the first answer is better", SECOND: "the second answer is better", TIE: "a tie"}
        return f"{better[self.verdict]}, with P(first is better) = {self.p_first:.2f}"


@front_door
@beside_a_loop
def judge_pair(
    instruction: str | Sequence[str],
    first: str | Sequence[str],
    second: str | Sequence[str],
    *,
    judge: JudgeLike,
    reference: str | Sequence[str] | None = None,
    orders: str = "both",
    client: object | None = None,
    parser: Callable[[ChatReply, Labels], Any] | None = None,
    judge_model: str | None = None,
) -> PairVerdict:
    """Ask a judge which of two answers is better; nothing is stored.

    Args:
        instruction: what the user says; a sequence has the turns of a conversation.
        first: an answer; a sequence has the answer to each turn.
        second: the other answer.
        judge: the name of a shipped judge, a YAML file, or a function; a judge that grades grades both answers.
        reference: the right answer, for a judge whose prompt shows it.
        orders: `both` shows the pair in both orders, and `one` only the first answer first.
        client: an object with `async complete(request)` that answers instead of the judge's client.
        parser: a function that reads the replies instead of the judge's parser.
        judge_model: the model to ask instead of the one that the judge's file names.

    Returns:
        The verdict, with the prompt, the reply, the probability and the cost in each order.

    Raises:
        ConfigError: the judge or its prompt is wrong, or a text is missing.
        ClientError: the endpoint gave no usable reply.

    Example:
        >>> import evalkit as ek
        >>> ek.judge_pair("Name a prime.", "7", "8", judge="surface").verdict
    """
    checked_choice("--orders", orders, ORDERS)
    config = judge_config(judge, model=judge_model, orders=orders, client=client, parser=parser)
    example = Example(
        _KEY, _turns("instruction", instruction), reference=() if reference is None else _texts(reference)
    )
    candidate, baseline = (
        Output(_KEY, name, _turns(name, texts)) for name, texts in ((FIRST, first), (SECOND, second))
    )
    for output in (candidate, baseline):
        if len(output.texts) != len(example.turns):
            raise ConfigError(
                f"{output.model}: {len(output.texts)} answers to the {len(example.turns)} turns of the instruction"
            )
    if config.asks == "grade":
        asked: list[tuple[Subject, Order, str]] = [
            (Grading(example, candidate), Order.ALONE, FIRST),
            (Grading(example, baseline), Order.ALONE, SECOND),
        ]
    else:
        shown = reversed(BOTH_ORDERS) if orders == "both" else (Order.CANDIDATE_FIRST,)
        asked = [(Comparison(example, baseline, candidate), order, "") for order in shown]
    return PairVerdict(config, asyncio.run(_views(config, asked)))


async def _views(config: JudgeConfig, asked: Sequence[tuple[Subject, Order, str]]) -> tuple[View, ...]:
    # fences and labels that nobody can know beforehand, as in a run
    plan = Plan(_KEY, {}, 1, secrets.token_bytes(16))
    client = open_client(config)
    try:
        return tuple(await asyncio.gather(*(_view(config, client, plan, *one) for one in asked)))
    finally:
        if isinstance(client, Closing):
            # the verdicts are there: no client may hide them
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.close(), _CLOSE_SECONDS)


async def _view(config: JudgeConfig, client: Client, plan: Plan, subject: Subject, order: Order, answer: str) -> View:
    posed = pose(plan_place(subject, config, plan, order, 0), config, endpoint_of(config), plan)
    reply = await client.complete(posed.request)
    labels = posed.slot.labels
    assert labels is not None
    verdict = parser_of(config)(reply, labels)
    known = config.prices is not None and reply.prompt_tokens is not None and reply.completion_tokens is not None
    cost = (
        config.prices.cost(reply.prompt_tokens or 0, reply.completion_tokens or 0) if config.prices and known else None
    )
    grade, p_first, failure = None, None, None
    if isinstance(verdict, Unparsed):
        failure = verdict.reason
    elif order != Order.ALONE:
        p_first = candidate_preference(verdict, order)
    elif isinstance(verdict, Rating):
        grade = verdict.value
    else:
        failure = "the reply prefers an answer where a grade was asked for"
    return View(order, posed.request.messages, labels, reply, p_first, grade, failure, answer, cost)


def _number(view: View) -> str:
    return f"{view.p_first:.2f}" if view.grade is None else f"{view.grade:g}"


def _turns(name: str, given: str | Sequence[str]) -> tuple[str, ...]:
    texts = _texts(given) if isinstance(given, str | list | tuple) else ()
    if not texts or not all(isinstance(text, str) for text in texts):
        raise ConfigError(f"{name}: expected a text, or the texts of several turns")
    return texts


def _texts(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
