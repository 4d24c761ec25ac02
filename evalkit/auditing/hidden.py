"""Finds invisible characters: tags, blanks without width, marks that turn the direction, controls."""

import re
import unicodedata
from collections.abc import Iterator

from evalkit.text import INVISIBLE

_HIDDEN = re.compile(f"[{INVISIBLE}]")
_TAG_END = "\U000e007f"
_BLACK_FLAG = "\U0001f3f4"
_JOINERS = "\u200c\u200d"
_DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
# scripts without spaces, in which a blank without width lets a line be broken
_BREAKING = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_SELECTORS = range(0xFE00, 0xFE10)
_MORE_SELECTORS = range(0xE0100, 0xE01F0)


def hidden(text: str) -> list[str]:
    """The characters of a text that show nothing and serve no purpose at their place.

    A purpose is served by joiners between letters of scripts that join and in emoji, marks of direction in texts that
    run both ways, selectors after their base, flags, soft hyphens in words and one byte order mark at the beginning.
    """
    found = [match for match in _HIDDEN.finditer(text) if match.start() or match.group() != "\ufeff"]
    if not found:
        return []
    flags = set(_in_flags(text))
    turns = bool(_RIGHT_TO_LEFT.search(text))
    return [
        match.group()
        for match in found
        if match.start() not in flags and not _at_work(text, match.start(), both_ways=turns)
    ]


def _in_flags(text: str) -> Iterator[int]:
    """Indices of the tags that make a flag of a region."""
    start = text.find(_BLACK_FLAG)
    while start >= 0:
        end = start + 1
        while end < len(text) and end - start <= 8 and "\U000e0020" <= text[end] < _TAG_END:
            end += 1
        if end > start + 1 and text[end : end + 1] == _TAG_END:
            yield from range(start + 1, end + 1)
        start = text.find(_BLACK_FLAG, start + 1)


def _at_work(text: str, place: int, *, both_ways: bool) -> bool:
    letter = text[place]
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    code = ord(letter)
    if letter in _JOINERS:
        return _joins(before) and (_joins(after) or letter == "\u200c" or not after or after.isspace())
    if letter in _DIRECTIONS:
        return both_ways
    if letter == "\u200b":
        return bool(_BREAKING.match(before) or _BREAKING.match(after))
    if letter == "\u00ad":
        return before.isalpha() and after.isalpha()
    if code in _SELECTORS:
        if before == "" or before.isspace() or _HIDDEN.match(before):
            return False
        # one of these letters is a picture too, and Chinese letters have variants
        return not before.isalpha() or before == "\u2139" or _HAN.match(before) is not None
    if code in _MORE_SELECTORS:
        return _HAN.match(before) is not None
    return False


_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def _joins(letter: str) -> bool:
    """True if a joiner may stand beside it: a letter or mark beyond Latin, Greek and Cyrillic, or a picture."""
    if not letter or ord(letter) < 0x0530:
        return False
    category = unicodedata.category(letter)
    return category[0] in "LM" or category in {"So", "Sk"} or ord(letter) in _SELECTORS
