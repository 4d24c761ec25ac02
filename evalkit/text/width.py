"""The width of texts in columns of a terminal, and cutting and filling of texts to a width."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_ELLIPSIS = "…"
_INDENT = "  "
# neither the sign of a percentage, nor the upper end of an interval, nor the value of a p begins a line
_BREAK = re.compile(r"(?<!\bp) (?!%|[-+]?[\d.]+\])")
# all cells of a line of a table but the last, or the blanks before a text
_CELLS = re.compile(r"(?:.*  )?")
# the part of a line that these cells may fill, with the last cell folded beside them
_MOST_CELLS = 0.55
_VOWELS_AND_FINALS = range(0x1160, 0x1200)  # Hangul letters that join the one before them
_EMOJI_FORM = "\ufe0f"


def width(text: str) -> int:
    """Columns of a printable text: two for a wide letter, none for one that is drawn on the letter before it.

    >>> [width(text) for text in ("abc", "模型", "e\u0301")]
    [3, 4, 1]
    """
    return len(text) if text.isascii() else sum(columns for _, columns in _clusters(text))


def cut(text: str, most: int) -> str:
    """The text, or as much of it as leaves room for an ellipsis in `most` columns.

    >>> cut("模型模型", 6)
    '模型…'
    """
    return text if width(text) <= most else _head(text, most - 1) + _ELLIPSIS


def shorten(names: Sequence[str], most: int) -> tuple[str, ...]:
    """Names cut at the end or, where that keeps more of them apart, in the middle.

    >>> shorten(("claude-2", "claude-2_concise", "claude-2_verbose"), 8)
    ('claude-2', 'clau…ise', 'clau…ose')
    """
    ends, middles = (tuple(shortener(name, most) for name in names) for shortener in (cut, _cut_middle))
    return middles if len(set(middles)) > len(set(ends)) else ends


def fill(text: str, columns: int, *, left: bool) -> str:
    """The text filled with blanks on its right if it stands `left`, else on its left."""
    blanks = " " * (columns - width(text))
    return text + blanks if left else blanks + text


def fold(text: str, most: int, *, indent: int = len(_INDENT)) -> list[str]:
    """The text in lines of at most `most` columns, broken between words where possible; later lines are indented.

    >>> fold("a judge and a baseline", 11)
    ['a judge and', '  a', '  baseline']
    """
    margin = " " * indent
    lines, line = [], ""
    for place, word in enumerate(_BREAK.split(text)):
        longer = f"{line} {word}" if place else word
        if line.strip() and width(longer) > most:
            lines.append(line.rstrip())
            longer = f"{margin}{word}"
        while width(longer) > most > indent + 1:
            head = _head(longer, most)
            lines.append(head)
            longer = f"{margin}{longer[len(head) :]}"
        line = longer
    return [*lines, line]


def fold_hanging(text: str, most: int) -> list[str]:
    """The text in lines of at most `most` columns; later lines begin where the last cell of a table's line begins.

    A last cell that has little room beside the other cells begins on a line of its own.

    >>> fold_hanging("  note  a judge and a baseline", 22)
    ['  note  a judge and a', '        baseline']
    """
    cells = _CELLS.match(text)
    assert cells is not None
    start, margin = width(cells[0]), len(text) - len(text.lstrip(" ")) + len(_INDENT)
    if width(text) <= most or start < margin:
        return fold(text, most, indent=margin)
    if start <= most * _MOST_CELLS:
        return fold(text, most, indent=start)
    last = " " * margin + text[len(cells[0]) :]
    return [*fold(cells[0].rstrip(" "), most, indent=margin), *fold(last, most, indent=margin)]


def _cut_middle(text: str, most: int) -> str:
    if width(text) <= most:
        return text
    tail = _tail(text, (most - 1) // 2)
    return _head(text, most - 1 - width(tail)) + _ELLIPSIS + tail


def _head(text: str, most: int) -> str:
    """The start of the text that fits."""
    return "".join(_fitting(_clusters(text), most))


def _tail(text: str, most: int) -> str:
    """The end of the text that fits."""
    return "".join(reversed(_fitting(reversed(list(_clusters(text))), most)))


def _fitting(clusters: Iterable[tuple[str, int]], room: int) -> list[str]:
    kept = []
    for letters, columns in clusters:
        if columns > room:
            break
        kept.append(letters)
        room -= columns
    return kept


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """Letters with all marks that are drawn on them, and their columns."""
    letters, columns = "", 0
    for letter in text:
        own = _columns(letter)
        if own and letters:
            yield letters, columns
            letters, columns = "", 0
        letters += letter
        # a symbol that is asked to be shown as an emoji is as wide as one
        columns = max(columns, 2 if letter == _EMOJI_FORM and columns else own)
    if letters:
        yield letters, columns


def _columns(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me"} or ord(letter) in _VOWELS_AND_FINALS:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
