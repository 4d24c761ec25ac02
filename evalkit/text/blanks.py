"""Characters that add to the length of a text and show nothing: white space and invisible characters."""

import re
from collections.abc import Sequence

# the inside of a character class of characters that are invisible by themselves
INVISIBLE = (
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    "\u00ad\u034f\u115f\u1160\u3164\uffa0\u180e"  # soft hyphen, joiners and fillers that show nothing
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # no width, direction, invisible operators
    "\ufe00-\ufe0f\U000e0000-\U000e0fff"  # variation selectors, tags
)
# these and all characters that are drawn as blank: white space, an empty Braille cell, vowels and marks that are never
# drawn
BLANK = rf"\s{INVISIBLE}\u061c\u17b4\u17b5\u2800\ufff9-\ufffb\U0001d173-\U0001d17a"
_BLANKS = re.compile(f"[{BLANK}]*")


def blanks_around(texts: Sequence[str]) -> int:
    r"""The number of blank characters before and after the texts, all of them together.

    >>> blanks_around(["  two words\n\n", "\u200b"])
    5
    """
    return sum(len(text) - len(without_blanks(text)) for text in texts)


def without_blanks(text: str) -> str:
    """A text without the blanks before and after it."""
    return trimmed(text, _BLANKS)


def trimmed(text: str, characters: re.Pattern[str]) -> str:
    """A text without the characters at both ends that a pattern of any number of single characters matches.

    >>> trimmed("...yes!", re.compile(r"[.!]*"))
    'yes'
    """
    rest = text[_leading(text, characters) :]
    return rest[: len(rest) - _leading(rest[::-1], characters)]


def _leading(text: str, characters: re.Pattern[str]) -> int:
    found = characters.match(text)
    assert found is not None
    return found.end()
