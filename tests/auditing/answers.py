"""Honest answers to start from, and sets that are made of them."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from evalkit.types import Example, Finding, Output, OutputSet, Severity

EXAMPLES = Path(__file__).parents[2] / "examples" / "outputs"
SHIPPED = ("baseline", "careful", "terse", "wordy")
# so many in a hundred answers: one more than the default limit allows, and one less
TOO_MANY, FEW_ENOUGH = 6, 4

_SUBJECTS = ("violin", "glacier", "tomato", "compiler", "senate", "orchid", "comet", "tax", "sonnet", "bridge")
_ASPECTS = ("history", "care", "cost", "origin", "structure", "decline", "repair", "export", "naming", "safety")


def outputs_of(
    texts: Sequence[str], *, model: str = "candidate", instructions: Sequence[str] | None = None
) -> OutputSet:
    asked = INSTRUCTIONS if instructions is None else instructions
    examples = tuple(Example(f"k{n:03d}", (text,)) for n, text in enumerate(asked[: len(texts)]))
    outputs = tuple(Output(one.key, model, (text,)) for one, text in zip(examples, texts, strict=True))
    return OutputSet(model, f"{model}.json", examples, outputs)


def shipped(model: str) -> OutputSet:
    rows = json.loads((EXAMPLES / f"{model}.json").read_text(encoding="utf-8"))
    texts, asked = [row["output"] for row in rows], [row["instruction"] for row in rows]
    return outputs_of(texts, model=model, instructions=asked)


def altered(texts: Sequence[str], count: int, change: Callable[[str], str]) -> list[str]:
    """The texts, the first `count` of them changed."""
    return [change(text) if place < count else text for place, text in enumerate(texts)]


def deranged(texts: Sequence[str]) -> list[str]:
    """Every text at another's place."""
    return [*texts[11:], *texts[:11]]


def found(findings: Sequence[Finding]) -> dict[str, Severity]:
    return {one.check: one.severity for one in findings}


def _answer(subject: str, aspect: str, seed: str) -> str:
    """Phrases in a random order: words stand in the order of a language, and no two answers say the same."""
    chosen = random.Random(seed)
    said = chosen.sample(_PHRASES, 13)
    said[chosen.randrange(13)] += f" {subject}"
    said[chosen.randrange(13)] += f" {aspect}"
    return f"The {aspect} of a {subject} {' '.join(said)}."


_PHRASES = tuple(
    f"{who} {does} it"
    for who in (
        "people",
        "experts",
        "many",
        "few",
        "neighbours",
        "travellers",
        "children",
        "writers",
        "others",
        "cooks",
    )
    for does in ("often said", "rarely knew", "would find", "never saw", "may like", "once made")
)

INSTRUCTIONS = [f"Tell me about the {aspect} of a {subject}." for subject in _SUBJECTS for aspect in _ASPECTS]
HONEST = [_answer(subject, aspect, f"{subject} {aspect}") for subject in _SUBJECTS for aspect in _ASPECTS]
BASELINE = [_answer(subject, aspect, f"baseline {subject} {aspect}") for subject in _SUBJECTS for aspect in _ASPECTS]
