"""Finds blanks that make an answer longer and say nothing: those around its text, and long runs inside it."""

import re
from collections.abc import Sequence

from evalkit.text import BLANK, without_blanks

# blanks as characters and as HTML writes them
_RUN = re.compile(rf"(?:[{BLANK}]|&(?:nbsp|emsp|ensp|thinsp|zwnj|zwj|shy|#160|#xa0);|<br ?/?>){{3,}}", re.IGNORECASE)
# two blanks are enough to separate words, lines and paragraphs
_NEEDED = 2
# the largest part of an answer that blanks take in tables, and in code, whose lines begin with them
_PART, _INDENTED_PART = 1 / 3, 1 / 2
_LEAST = 100


def padding(texts: Sequence[str]) -> int:
    r"""The number of padding characters: blanks around the text of a turn, and all but two of each run inside it.

    >>> padding(["Yes.   \n"]), padding(["one    two", " three"]), padding(["def f():\n    return 1"])
    (4, 3, 3)
    """
    return sum(sum(_padding(text)) for text in texts)


def padded(texts: Sequence[str]) -> bool:
    """True if padding is a large part of an answer, and a hundred characters or more; a blank answer is not padded."""
    found = [_padding(text) for text in texts]
    chars = sum(map(len, texts))
    plain, indents = sum(plain for plain, _ in found), sum(indents for _, indents in found)
    much = plain >= max(_LEAST, _PART * chars) or plain + indents >= max(_LEAST, _INDENTED_PART * chars)
    return much and any(map(without_blanks, texts))


def _padding(text: str) -> tuple[int, int]:
    """The padding around a text and within its lines, and the padding between its lines."""
    said = without_blanks(text)
    runs = [run.group() for run in _RUN.finditer(said)]
    indents = sum(len(run) - _NEEDED for run in runs if run.startswith(("\n", "\r")))
    within = sum(len(run) - _NEEDED for run in runs) - indents
    return len(text) - len(said) + within, indents
