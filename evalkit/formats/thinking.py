"""Finds what a model's answer holds besides the answer: its thinking, tokens of its chat template, a failed call."""

import re
from dataclasses import dataclass

from evalkit.formats.conversation import FAILED_CALL

_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "seed:think")
# the marks around a model's thinking, by what opens it and what closes it
_MARKS = (
    *((f"<{name}>", f"</{name}>") for name in _NAMES),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
)
_FINAL = re.compile(r"\s*(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>")
_TOKEN = re.compile(
    r"<\|[a-zA-Z][a-zA-Z0-9_]{1,39}\|>|<｜[^｜<>]{1,40}｜>|</?(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|<eos>|<bos>"
    r"|</s>\s*\Z"
)
# what harnesses write in place of an answer, and nothing else begins with
_FAILED = re.compile(r"\$(?:API_)?ERROR\$\Z|\*\*API REQUEST ERROR\*\*|API_ERROR_OUTPUT\Z")
# how clients spell an error; an answer may begin like it
_LIKELY_FAILED = re.compile(
    r"(?:Error code: [45][0-9]{2}\b|(?:Rate limit|Timeout|APIError|HTTP ?Error)\b)[^\n]{0,400}\Z"
)


@dataclass(frozen=True, slots=True)
class Thought:
    """An answer without the thinking before it; `unfinished` where the text broke off before the answer began."""

    answer: str
    unfinished: bool = False


def without_thinking(text: str, instruction: str) -> Thought | None:
    """The answer behind the thinking that a text begins with; None where it begins with none.

    A text may lack the opening mark, which some chat templates put into the prompt. Marks that the instruction itself
    speaks of are left.
    """
    rest, found = text, False
    while (step := _step(rest, instruction)) is not None:
        found = True
        if step.unfinished:
            return step
        rest = step.answer
    return Thought(rest) if found else None


def _step(text: str, instruction: str) -> Thought | None:
    begun = text.lstrip()
    for opening, closing in _MARKS:
        if closing not in begun and not begun.startswith(opening):
            continue
        if opening in instruction or closing in instruction:
            continue
        thought, closed, answer = begun.partition(closing)
        if not begun.startswith(opening) and (opening in thought or _quoted(thought)):
            continue
        if not closed:
            return Thought("", unfinished=True)
        final = _FINAL.match(answer)
        return Thought(answer[final.end() :] if final else answer.lstrip())
    return None


def _quoted(before: str) -> bool:
    """True if what follows stands in code."""
    return before.count("```") % 2 == 1 or before.endswith("`")


def chat_token(text: str, instruction: str) -> str | None:
    """The first token of a chat template in an answer; None where there is none that the instruction does not hold."""
    found = (match.group().strip() for match in _TOKEN.finditer(text))
    return next((token for token in found if token not in instruction), None)


def failed_call(text: str) -> bool:
    """True if a harness wrote that a call failed, where an answer should stand."""
    said = text.strip()
    return said == FAILED_CALL or _FAILED.match(said) is not None


def likely_failed_call(text: str) -> bool:
    """True if a text looks like the message of a failed call, which an answer could be as well."""
    return _LIKELY_FAILED.match(text.strip()) is not None
