"""Takes off what a model thought before it spoke, and the marks of the end of its turn."""

import re
from dataclasses import dataclass

# how models open and close their thoughts
_MARKS = [
    (re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE))
    for opening, closing in (
        *(
            (rf"<{name}(?:\s[^<>]{{0,100}})?>", rf"</{name}\s?>")
            for name in ("think", "thinking", "thoughts?", "reasoning", "seed:think")
        ),
        (r"\[THINK\]", r"\[/THINK\]"),
        ("◁think▷", "◁/think▷"),
        (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
        (r"(?:<\|start\|>assistant)?<\|channel\|>analysis<\|message\|>", r"<\|channel\|>final<\|message\|>"),
    )
]
# what models and their templates end a turn with
ENDS_OF_TURN = (
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|endoftext|>", "<|end_of_text|>", "<|end|>", "<|return|>",
    "<|END_RESPONSE|>", "<|END_OF_TURN_TOKEN|>", "<｜end▁of▁sentence｜>", "<|end▁of▁sentence|>", "</s>",
    "<end_of_turn>", "<eos>",
)  # fmt: skip
_QUOTES = tuple("\"'`“‘«")


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words of a reply once its thoughts are over: none where they are `unfinished`.

    `unopened` is the text before a closing mark that has no opening one: thoughts, unless the mark is quoted.
    """

    text: str
    unopened: str = ""
    unfinished: bool = False


def spoken(text: str) -> Spoken:
    """The words of a reply without its thoughts, which stand at its beginning between their marks.

    The opening mark may be missing, where a server puts it into the prompt. The closing mark then stands once, behind
    no quotation mark and before a blank.
    """
    rest = _without_ends(text)
    opened = False
    while (marks := next((marks for marks in _MARKS if marks[0].match(rest)), None)) is not None:
        opened = True
        closing = marks[1].search(rest)
        if closing is None:
            return Spoken("", unfinished=True)
        rest = _without_ends(rest[closing.end() :])
    return Spoken(rest) if opened else _after_unopened(rest)


def without_ends_of_turn(text: str) -> str:
    """The text without the marks of the end of a turn at its end and the blanks around them, where it has such."""
    rest = text
    while (trimmed := rest.rstrip().rstrip("\ufeff").rstrip()).endswith(ENDS_OF_TURN):
        rest = trimmed[: trimmed.rindex("<")]
    return text if rest is text else rest.rstrip()


def _after_unopened(text: str) -> Spoken:
    ends = [(opening, end) for opening, closing in _MARKS for end in closing.finditer(text)]
    if len(ends) != 1 or ends[0][0].search(text):
        return Spoken(text)
    end = ends[0][1]
    before, after = text[: end.start()], text[end.end() :]
    if before.endswith(_QUOTES) or not (after[:1].isspace() or not after):
        return Spoken(text)
    return Spoken(_without_ends(after), unopened=before, unfinished=not after.strip())


def _without_ends(text: str) -> str:
    """The text without blanks and byte order marks around it and without the marks of the end of a turn."""
    return _trimmed(without_ends_of_turn(_trimmed(text)))


def _trimmed(text: str) -> str:
    return text.strip().strip("\ufeff").strip()
