"""Offline judges that use only the surface of the texts: for smoke tests and as controls."""

import hashlib
import math
import re
from collections.abc import Callable

from evalkit.clients.endpoint import Endpoint
from evalkit.errors import RejectedRequest, UnknownName
from evalkit.judge_spec import five_way_labels
from evalkit.types import ChatReply, ChatRequest, JudgeConfig, Labels, ModelConfig, Question

# part of every stored key: a changed heuristic asks again
VERSION = "1"

# the surface of an answer of some eighty words
_MIDDLING = 6.0
_MIDDLING_CHARS = 500
_FIVE_WAY_BOUNDS = (0.8, 0.55, 0.45, 0.2)
_WORD = re.compile(r"[^\W_]+")
_MARKUP = re.compile(r"\*\*|```|^\s*(?:[-*#]|\d+\.)\s", re.MULTILINE)


class HeuristicClient:
    """Answers from the question's texts as a model would, in the parser's form and with log-probabilities."""

    def __init__(self, rule: Callable[[Question], float], say: Callable[[float, Labels], str]) -> None:
        self._rule = rule
        self._say = say

    async def complete(self, request: ChatRequest) -> ChatReply:
        question = request.question
        if question is None:
            raise RejectedRequest("a heuristic judges answers and gives none")
        p_first = self._rule(question)
        labels = question.labels
        likely = ((labels.first, _log(p_first)), (labels.second, _log(1 - p_first)))
        return ChatReply(self._say(p_first, labels), (likely,), "stop", 0, 0, request.model)


def open_heuristic(config: ModelConfig) -> HeuristicClient:
    if config.model not in RULES:
        raise UnknownName("heuristic", config.model, RULES)
    parser = config.parser if isinstance(config, JudgeConfig) else ""
    return HeuristicClient(RULES[config.model], SAYINGS.get(parser, _label))


def heuristic_endpoint(config: ModelConfig) -> Endpoint:
    """The endpoint, named by all that decides replies besides the texts: the form of the reply, and fixed labels."""
    name = f"heuristic:{VERSION}"
    if isinstance(config, JudgeConfig):
        form = [config.parser] if config.parser in SAYINGS else []
        name = ":".join([name, *form, *config.labels])
    return Endpoint(name, asks=False)


def surface(question: Question) -> float:
    """Probability that the first answer is better, by length, variety of words, figures and markup.

    Every feature helps with falling returns, as with judges that take a long and tidy answer for a good one. An answer
    that is graded alone is compared with one of average surface.
    """
    score, other = _scores(question, _surface_score, alone=_MIDDLING)
    return 1 / (1 + math.exp(other - score))


def longest(question: Question) -> float:
    first, second = _scores(question, len, alone=_MIDDLING_CHARS)
    return 0.5 if first == second else float(first > second)


def shortest(question: Question) -> float:
    return 1.0 - longest(question)


def coin(question: Question) -> float:
    """A toss decided by the question's own fence, so that a repeated run tosses the same."""
    return float(hashlib.sha256(question.nonce.encode()).digest()[0] % 2)


def _scores(question: Question, score: Callable[[str], float], *, alone: float) -> tuple[float, float]:
    """The scores of the answers as shown; for a single answer its score and the average one."""
    # the last turn's answer is judged
    first, *rest = (score(output.texts[-1] if output.texts else "") for output in question.shown)
    return first, rest[0] if rest else alone


def _surface_score(answer: str) -> float:
    words = [word.lower() for word in _WORD.findall(answer)]
    if not words:
        return -4.0
    variety = len(set(words)) / len(words)
    figures = sum(map(str.isdigit, answer)) / len(answer)
    markup = len(_MARKUP.findall(answer)) / len(words)
    return math.log1p(len(words)) + 2.0 * variety + math.tanh(20 * figures) + 0.25 * math.tanh(10 * markup)


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -100.0


def _label(p_first: float, labels: Labels) -> str:
    if p_first == 0.5 and labels.tie:
        return f"[[{labels.tie}]]"
    return f"[[{labels.first if p_first > 0.5 else labels.second}]]"


def _five_way(p_first: float, labels: Labels) -> str:
    return f"[[{five_way_labels(labels)[sum(p_first < bound for bound in _FIVE_WAY_BOUNDS)]}]]"


def _grade(p_first: float, _: Labels) -> str:
    """A grade on the scale from 1 to 10 that graders use."""
    return f"[[{1 + round(9 * p_first)}]]"


SAYINGS: dict[str, Callable[[float, Labels], str]] = {"five_way": _five_way, "number": _grade}
RULES: dict[str, Callable[[Question], float]] = {
    "surface": surface,
    "longest": longest,
    "shortest": shortest,
    "random": coin,
}
