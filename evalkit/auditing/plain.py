"""Reads a text as plainly as a person sees it: one form for letters that look alike, and nothing that is invisible."""

import re
import unicodedata

from evalkit.auditing.words import words
from evalkit.text import INVISIBLE

# a longer text is read at its beginning and its end, so that one huge answer does not fill the memory
READ_FIRST, READ_LAST = 20_000, 5_000

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# letters of Cyrillic and Greek, folded in case, that look like a Latin letter in either case
_LOOKS = str.maketrans(
    "авгекмнорстухіјѕһԁԛԝԍյαβεζηικμνορτυχω",
    "abrekmhopctyxijshdqwgjabezhikmvoptyxw",
)
_SIGNS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """The beginning and the end of a text, folded in case, without invisible characters and with one form of letters
    that look alike.

    >>> plain("\u0410\u0440\u0440le\u200b PIE")
    'apple pie'
    """
    return visible(text).translate(_LOOKS)


def visible(text: str) -> str:
    """As `plain`, with the letters of every script as they are."""
    if len(text) > READ_FIRST + READ_LAST:
        text = f"{text[:READ_FIRST]}\n{text[-READ_LAST:]}"
    if text.isascii():
        return text.lower()
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def plain_words(text: str) -> list[str]:
    """The words of a text as it is plainly seen, in order."""
    return words(plain(text))


def squeezed(text: str) -> str:
    """The letters and digits of a text as it is plainly seen: what is left of it in any case and punctuation.

    >>> squeezed("Well,  done!") == squeezed("well done")
    True
    """
    return _SIGNS.sub("", plain(text))
