"""Finds answers that decline or say nothing: empty answers, refusals, and texts that answer no question."""

import re
import unicodedata
from collections.abc import Sequence

from evalkit.auditing.checks import Bounds, Check, paired_check, skipped, told
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.refusals import says_nothing, worded_refusal
from evalkit.auditing.words import words
from evalkit.text import BLANK, trimmed, without_blanks
from evalkit.types import Example, Output, OutputSet

# a longer answer that begins like a refusal usually helps in the end
_LONGEST_WORDS, _LONGEST_CHARS = 100, 700
_SHORT_WORDS = 15
# twice as many, because some characters may be invisible
_READ_CHARS = 2 * _LONGEST_CHARS
# a stock answer has at most this many words or characters, and at least this many instructions get it
_STOCK_WORDS, _STOCK_CHARS, _STOCK_INSTRUCTIONS, _STOCK_SHARE = 12, 400, 5, 0.01
_BLANK = re.compile(f"[{BLANK}]+")
_PREFIX = re.compile(r"\A[\W_]*(?:answer|response|output|assistant|ai|model|a) ?: ?")
_MARKS = re.compile(r"[\W_]*")
# words that can be the right answer to many instructions
_CLOSED = re.compile(
    "yes|no|true|false|none|nothing|both|neither|either|correct|incorrect|right|wrong|agree|disagree|positive|negative|"
    "neutral|entailment|contradiction|maybe|same|different|similar|valid|invalid|sí|si|oui|non|ja|nein|da|nie|tak|да|нет|"
    "是|否|对|错|はい|いいえ|네|아니요|sim|não"
)

DECLINES = "declines"


def declines_check(
    candidate: OutputSet, baseline: OutputSet | None, limits: AuditLimits, *, refused: Sequence[bool] | None = None
) -> Check:
    """Check whether a model declines more often than the baseline does, on the instructions that both have.

    An instruction that is rightly refused makes both models decline. Without a baseline, every answer that declines
    counts.

    Args:
        refused: `declining` of the candidate's outputs, where that is known already.
    """
    bounds = Bounds(warn=limits.max_declines)
    found = declining(candidate.outputs, candidate.examples) if refused is None else refused
    mine = dict(zip((output.key for output in candidate.outputs), found, strict=True))
    theirs = {} if baseline is None else _by_key(baseline)
    if baseline is not None:
        mine = {key: declined for key, declined in mine.items() if key in theirs}
    n = len(mine)
    if n < limits.min_outputs:
        return skipped(DECLINES, bounds, f"{n} answers, at least {limits.min_outputs} needed")
    return paired_check(
        DECLINES,
        mine,
        None if baseline is None else theirs,
        bounds=bounds,
        says=lambda count, n: told(count, n, "declines or is empty", "decline or are empty"),
    )


def _by_key(outputs: OutputSet) -> dict[str, bool]:
    """True for each instruction, by key, that the model declines; the first of several answers counts."""
    found: dict[str, bool] = {}
    for output, declined in zip(outputs.outputs, declining(outputs.outputs, outputs.examples), strict=True):
        found.setdefault(output.key, declined)
    return found


def declining(outputs: Sequence[Output], examples: Sequence[Example]) -> list[bool]:
    """True for each answer that declines or is empty in any of its turns; False for one too long to be kept."""
    stock = _stock([output.text for output in outputs], [example.instruction for example in examples])
    return [
        output.oversize_chars is None and (again or output.empty or _any_turn(output, example))
        for output, example, again in zip(outputs, examples, stock, strict=True)
    ]


def declines(text: str, instruction: str) -> bool:
    """True if a text declines or says nothing by its wording; a short text alone does not, since it may be right."""
    if not without_blanks(text):
        return True
    if len(" ".join(text.split())) > _READ_CHARS:
        return False
    bare = _PREFIX.sub("", _plain(text), count=1)
    # from the first letter or digit to the last
    said = trimmed(bare, _MARKS)
    if not said:
        return not _shows(bare)
    if len(said) > _LONGEST_CHARS:
        return False
    if says_nothing(said):
        return said not in _plain(instruction)
    n_words = len(words(said))
    if n_words > _LONGEST_WORDS or said.startswith("yes"):
        return False
    found = worded_refusal(said, short=n_words <= _SHORT_WORDS)
    return found is not None and found not in _plain(instruction)


def _shows(marks: str) -> bool:
    """True if signs without letters and digits may be an answer: a picture, a sum, an empty set or an empty list."""
    signs = (mark for mark in marks if not mark.isascii())
    return marks in ("{}", "[]") or any(unicodedata.category(mark) in ("So", "Sm", "Sc") for mark in signs)


def _any_turn(output: Output, example: Example) -> bool:
    return any(
        declines(text, example.turns[min(turn, len(example.turns) - 1)]) for turn, text in enumerate(output.texts)
    )


def _plain(text: str) -> str:
    """The text folded in case, with straight apostrophes, and with a single blank for each run of blanks."""
    return _BLANK.sub(" ", text.casefold().replace("\u2019", "'").replace("`", "'")).strip()


def _stock(texts: Sequence[str], instructions: Sequence[str]) -> list[bool]:
    """True for each stock answer: a short text that many instructions get, with no word of the instruction.

    Answers that can be right for many instructions, such as yes, no, a number or a letter, are not stock answers.
    """
    # a longer text has too many words to be a stock answer
    forms = [tuple(words(text)) if len(text) <= _STOCK_CHARS else () for text in texts]
    asked_by: dict[tuple[str, ...], set[str]] = {}
    for form, instruction in zip(forms, instructions, strict=True):
        if _is_stock(form):
            asked_by.setdefault(form, set()).add(instruction)
    least = max(_STOCK_INSTRUCTIONS, _STOCK_SHARE * len(texts))
    stock = {form for form, asked in asked_by.items() if len(asked) >= least}
    return [
        form in stock and not set(form) & set(words(instruction))
        for form, instruction in zip(forms, instructions, strict=True)
    ]


def _is_stock(form: tuple[str, ...]) -> bool:
    telling = [word for word in form if len(word) > 1 and not word.isdecimal() and not _CLOSED.fullmatch(word)]
    return bool(telling) and len(form) <= _STOCK_WORDS
