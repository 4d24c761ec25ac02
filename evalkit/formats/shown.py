"""Reads the texts that a judge was shown back from its prompt: our fences, and MT-Bench's and Arena-Hard's marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.judge_spec import judged_texts
from evalkit.types import Message

_FENCE = re.compile(r"<<<instruction(?:_1)? (\S+)\n")
_FIELD = re.compile(r"(instruction|first|second|answer)(?:_[0-9]+)?")
_SIDES = ("first", "second", "answer")

_OPEN, _CLOSE = r"(?:\[|<\|)", r"(?:\]|\|>)"
_QUESTION = re.compile(
    rf"{_OPEN}(?:User Question|Question|User Prompt){_CLOSE}\n(.*?)\n\n{_OPEN}The Start of ", re.DOTALL
)
# up to the last end mark of that name: an answer may quote one
_ANSWERS = tuple(
    re.compile(
        rf"{_OPEN}The Start of Assistant{name}'s (Answer|Conversation with User){_CLOSE}\n(.*)\n"
        rf"{_OPEN}The End of Assistant{name}'s \1{_CLOSE}",
        re.DOTALL,
    )
    for name in ("(?: A)?", " B")
)
_TURN = re.compile(r"### User:\n(.*?)\n\n### Assistant(?: [AB])?:\n(.*?)(?=\n\n### User:\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """The instruction and the answers in the order in which they were shown, one text per turn."""

    instruction: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]


def shown_to_judge(messages: Sequence[Message]) -> Shown | None:
    """The texts in a prompt; None where it marks them in no known way."""
    for message in messages:
        # nothing but the prompt's own words stands before the first fence
        if match := _FENCE.search(message.content):
            return _fenced(tuple(messages), match.group(1))
    found = (_marked(message.content) for message in messages)
    return next((result for result in found if result is not None), None)


def _fenced(messages: tuple[Message, ...], code: str) -> Shown | None:
    turns: dict[str, list[str]] = {}
    for name, text in judged_texts(messages, re.escape(code)).items():
        # the texts come in the order of the turns
        if match := _FIELD.fullmatch(name):
            turns.setdefault(match.group(1), []).append(text)
    if "instruction" not in turns:
        return None
    return Shown(tuple(turns["instruction"]), tuple(tuple(turns[side]) for side in _SIDES if side in turns))


def _marked(prompt: str) -> Shown | None:
    answers = [match for pattern in _ANSWERS if (match := pattern.search(prompt))]
    if not answers:
        return None
    if answers[0].group(1) != "Answer":
        said = [_TURN.findall(match.group(2).strip("\n")) for match in answers]
        asked = tuple(question for question, _ in said[0])
        return Shown(asked, tuple(tuple(answer for _, answer in turns) for turns in said)) if asked else None
    question = _QUESTION.search(prompt)
    return Shown((question.group(1),), tuple((match.group(2),) for match in answers)) if question else None
