"""Splits texts into words, or into pairs of letters in scripts without spaces between words."""

import re
from itertools import pairwise

# Thai to Myanmar, Khmer, kana, Han and Hangul, whose words take many endings
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_RUN = re.compile(r"[^\W_]+")
_UNSPACED_LETTER = re.compile(f"[{_UNSPACED}]")
_PIECE = re.compile(rf"([{_UNSPACED}]+)|[^\W_{_UNSPACED}]+")


def words(text: str) -> list[str]:
    """The words of a text in order, folded in case."""
    folded = text.casefold()
    if folded.isascii() or not _UNSPACED_LETTER.search(folded):
        return _RUN.findall(folded)
    found: list[str] = []
    for match in _PIECE.finditer(folded):
        run = match.group()
        if match.group(1) is None or len(run) == 1:
            found.append(run)
        else:
            found += map("".join, pairwise(run))
    return found


def folded(text: str) -> str:
    """A text in which neither case nor the kind and number of blanks matter."""
    return " ".join(text.casefold().split())
