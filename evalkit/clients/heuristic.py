"""Offline judges that look at the surface of the texts only: for smoke tests and as controls."""

import hashlib
import math
import re
from collections.abc import Callable

from evalkit.clients.base import Endpoint
from evalkit.errors import UnknownName
from evalkit.types import ChatReply, ChatRequest, JudgeConfig, Question

# part of every stored key: a changed heuristic asks anew
VERSION = "1"

_WORD = re.compile(r"[^\W_]+")
_MARKUP = re.compile(r"\*\*|```|^\s*(?:[-*#]|\d+\.)\s", re.MULTILINE)


class HeuristicClient:
    """Answers from the question's texts, as a model would: with a label and, for graded rules, log-probabilities."""

    def __init__(self, rule: Callable[[Question], float]) -> None:
        self._rule = rule

    async def complete(self, request: ChatRequest) -> ChatReply:
        question = request.question
        p_first = self._rule(question)
        labels = question.labels
        choice = labels.first if p_first > 0.5 else labels.second
        if p_first == 0.5 and labels.tie:
            choice = labels.tie
        likely = ((labels.first, _log(p_first)), (labels.second, _log(1 - p_first)))
        return ChatReply(f"[[{choice}]]", (likely,), "stop", 0, 0, request.model)


def open_heuristic(config: JudgeConfig) -> HeuristicClient:
    if config.model not in RULES:
        raise UnknownName("heuristic", config.model, RULES)
    return HeuristicClient(RULES[config.model])


def heuristic_endpoint(_: JudgeConfig) -> Endpoint:
    return Endpoint(f"heuristic:{VERSION}", asks=False)


def surface(question: Question) -> float:
    """Probability that the first answer is better, by length, variety of words, figures and markup.

    Every feature helps with falling returns, as with judges that take a long and tidy answer for a good one.
    """
    advantage = _surface_score(question.first.text) - _surface_score(question.second.text)
    return 1 / (1 + math.exp(-advantage))


def longest(question: Question) -> float:
    first, second = len(question.first.text), len(question.second.text)
    return 0.5 if first == second else float(first > second)


def shortest(question: Question) -> float:
    return 1.0 - longest(question)


def coin(question: Question) -> float:
    """A toss decided by the question's own fence, so that a repeated run tosses the same."""
    return float(hashlib.sha256(question.nonce.encode()).digest()[0] % 2)


def _surface_score(answer: str) -> float:
    words = [word.lower() for word in _WORD.findall(answer)]
    if not words:
        return -4.0
    variety = len(set(words)) / len(words)
    figures = sum(letter.isdigit() for letter in answer) / len(answer)
    markup = len(_MARKUP.findall(answer)) / len(words)
    return math.log1p(len(words)) + 2.0 * variety + math.tanh(20 * figures) + 0.25 * math.tanh(10 * markup)


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -100.0


RULES: dict[str, Callable[[Question], float]] = {
    "surface": surface,
    "longest": longest,
    "shortest": shortest,
    "random": coin,
}
