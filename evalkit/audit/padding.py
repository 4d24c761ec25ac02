"""Blanks that make an answer longer and say nothing: around its text, and in long runs within."""

import re
from collections.abc import Sequence

from evalkit.blanks import BLANK, without_blanks

# blanks as they are and as HTML writes them
_RUN = re.compile(rf"(?:[{BLANK}]|&(?:nbsp|emsp|ensp|thinsp|zwnj|zwj|shy|#160|#xa0);|<br ?/?>){{3,}}", re.IGNORECASE)
# as many separate words, lines and paragraphs
_NEEDED = 2
# of an answer, so large a part is more than tables are laid out with, and, where lines begin with it, than code is
_PART, _INDENTED_PART = 1 / 3, 1 / 2
_LEAST = 100


def padding(texts: Sequence[str]) -> int:
    r"""How many characters are blanks around the texts of each turn, or more of a run within one than two.

    >>> padding(["Yes.   \n"]), padding(["one    two", " three"]), padding(["def f():\n    return 1"])
    (4, 3, 3)
    """
    return sum(sum(_padding(text)) for text in texts)


def padded(texts: Sequence[str]) -> bool:
    """Whether a large part of an answer, and a hundred characters, are padding; one that says nothing is empty."""
    found = [_padding(text) for text in texts]
    chars = sum(map(len, texts))
    plain, indents = sum(plain for plain, _ in found), sum(indents for _, indents in found)
    much = plain >= max(_LEAST, _PART * chars) or plain + indents >= max(_LEAST, _INDENTED_PART * chars)
    return much and any(map(without_blanks, texts))


def _padding(text: str) -> tuple[int, int]:
    """Around the text and within its lines, and between lines."""
    said = without_blanks(text)
    runs = [run.group() for run in _RUN.finditer(said)]
    indents = sum(len(run) - _NEEDED for run in runs if run.startswith(("\n", "\r")))
    within = sum(len(run) - _NEEDED for run in runs) - indents
    return len(text) - len(said) + within, indents
