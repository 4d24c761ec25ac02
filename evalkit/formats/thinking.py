"""Finds what a model's answer holds besides the answer: its thinking, the marks of its chat template."""

import re
from dataclasses import dataclass

from evalkit.text import ENDS_OF_TURN, without_ends_of_turn

_BLANK = " \t\r\n\f\v\u00a0\ufeff\u200b"
# found far sooner than the marks themselves, which most answers lack
_CLOSING_BEGINS = ("</", "&lt;/", "[/", "◁/", "<|")
# a sentence such as "Sure." on a line of its own
_LEAD_IN = re.compile(r"[^\n<`]{1,80}\n\s*")
_FINAL = re.compile(r"\s*(?:<\|start\|>assistant)?\s*<\|channel\|>final(?:\s*<\|message\|>)?\s*")
_TOKEN = re.compile(
    r"<\|[a-zA-Z][a-zA-Z0-9_]{1,39}\|>|<｜[^｜<>]{1,40}｜>|</?(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>|<eos>|<bos>"
    r"|</s>\s*\Z"
)


@dataclass(frozen=True, slots=True)
class Thought:
    """An answer without the thinking before it; `unfinished` where the text broke off before the answer began."""

    answer: str
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class _Marks:
    """The marks that open and close a model's thinking, and how an instruction speaks of them.

    `closes_alone` where nothing else would have the closing mark, so that some chat templates put the opening one into
    the prompt. `certain` where a text that begins so is thinking even if no answer follows.
    """

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    spoken_of: re.Pattern[str]
    closes_alone: bool = False
    certain: bool = True


def without_thinking(text: str, instruction: str) -> Thought | None:
    """The answer behind the thinking that a text begins with; None where it begins with none.

    A text may lack the opening mark, which some chat templates put into the prompt, and may have one short line before
    it, which stays. Marks that the instruction itself speaks of are left.
    """
    rest, found = text, False
    while (step := _step(rest, instruction)) is not None:
        found = True
        if step.unfinished:
            return step
        rest = step.answer
    return Thought(rest) if found else _behind_lead_in(text, instruction)


def without_end_of_turn(text: str, instruction: str) -> str:
    """A text without the marks of the end of a turn at its end, unless the instruction speaks of one of them."""
    found = without_ends_of_turn(text)
    ended = text[len(found) :]
    spoken_of = any(mark in ended and mark in instruction for mark in ENDS_OF_TURN)
    return text if spoken_of else found


def chat_token(text: str, instruction: str) -> str | None:
    """The first token of a chat template in an answer; None where there is none that the instruction does not hold."""
    found = (match.group().strip() for match in _TOKEN.finditer(text))
    return next((token for token in found if token not in instruction), None)


def _behind_lead_in(text: str, instruction: str) -> Thought | None:
    """The line that a text begins with and the answer behind the thinking that follows the line."""
    lead = _LEAD_IN.match(text.lstrip(_BLANK))
    if lead is None:
        return None
    rest = text.lstrip(_BLANK)[lead.end() :]
    opened = [marks for marks in _MARKS if marks.certain and marks.opening.match(rest)]
    thought = without_thinking(rest, instruction) if opened else None
    if thought is None or thought.unfinished:
        return thought
    return Thought(f"{lead.group()}{thought.answer}")


def _step(text: str, instruction: str) -> Thought | None:
    begun = text.lstrip(_BLANK)
    found = (_thought(begun, marks) for marks in _MARKS if not marks.spoken_of.search(instruction))
    return next((thought for thought in found if thought is not None), None)


def _thought(begun: str, marks: _Marks) -> Thought | None:
    opening = marks.opening.match(begun)
    if opening is None and not (marks.closes_alone and any(begin in begun for begin in _CLOSING_BEGINS)):
        return None
    start = opening.end() if opening else 0
    closing = marks.closing.search(begun, start)
    if closing is None:
        return Thought("", unfinished=True) if opening and marks.certain else None
    before = begun[: closing.start()]
    if opening is None and (marks.opening.search(before) or _quoted(before)):
        return None
    rest = begun[closing.end() :]
    final = _FINAL.match(rest)
    answer = rest[final.end() :] if final else rest.lstrip(_BLANK)
    return Thought(answer) if answer or marks.certain else None


def _quoted(before: str) -> bool:
    """True if what follows stands in code."""
    return before.count("```") % 2 == 1 or before.endswith("`")


def _marks(
    opening: str, closing: str, *, spoken_of: str = "", closes_alone: bool = False, certain: bool = True
) -> _Marks:
    return _Marks(
        re.compile(opening, re.IGNORECASE),
        re.compile(closing, re.IGNORECASE),
        re.compile(spoken_of or f"{opening}|{closing}", re.IGNORECASE),
        closes_alone=closes_alone,
        certain=certain,
    )


def _tag_marks(name: str, *, closes_alone: bool = False, certain: bool = True) -> _Marks:
    opening, closing = _tags(name)
    spoken_of = rf"{opening}|{closing}|\b{name}\b\W{{0,3}}(?:xml\s+)?tags?\b"
    return _marks(opening, closing, spoken_of=spoken_of, closes_alone=closes_alone, certain=certain)


def _tags(name: str, attributes: str = r"(?:\s[^<>]{0,400}?)?") -> tuple[str, str]:
    """The tags of that name, which a page writes with `&lt;` and `&gt;`."""
    return rf"(?:<|&lt;){name}{attributes}\s?(?:>|&gt;)", rf"(?:<|&lt;)/{name}\s?(?:>|&gt;)"


_QUOTE = r"(?:[\"']|&quot;|&#39;)?"
_OF_REASONING = rf"\s[^<>]{{0,400}}?type={_QUOTE}reasoning{_QUOTE}[^<>]{{0,400}}?"
_MARKS = (
    *(
        _tag_marks(name, closes_alone=True)
        for name in ("think", "thinking", "thoughts?", "reasoning", "seed:think", "scratch_?pad")
    ),
    # a document may have these too, and is one where nothing follows
    *(_tag_marks(name, certain=False) for name in ("analysis", "reflections?", "reasoning_content")),
    _marks(*_tags("details", _OF_REASONING), spoken_of="type=.?reasoning"),
    _marks(r"\[THINK\]", r"\[/THINK\]", closes_alone=True),
    _marks("◁think▷", "◁/think▷", closes_alone=True),
    _marks(r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>", closes_alone=True),
    _marks(r"<\|START_THINKING\|>", r"<\|END_THINKING\|>(?:\s*<\|START_RESPONSE\|>)?", closes_alone=True),
    _marks(
        r"(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary)\b"
        r"(?:[^<>]{0,80}(?:<\|constrain\|>[^<>]{0,40})?<\|message\|>)?",
        r"<\|(?:end|call)\|>|(?=(?:<\|start\|>assistant)?\s*<\|channel\|>final\b)",
    ),
    # the same where the marks were taken off as special tokens
    _marks(r"(?-i:analysis(?=[A-Z\W]))", "(?-i:assistantfinal)", spoken_of="assistantfinal", certain=False),
)
