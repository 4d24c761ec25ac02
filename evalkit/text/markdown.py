"""The markup of an answer: its headers, list items, bold passages and code blocks, counted or read."""

import re
from collections.abc import Mapping

from evalkit.errors import InputError

HEADERS, LISTS, BOLD, CODE, TOKENS = "headers", "lists", "bold", "code", "tokens"

# every pattern reads its text once: none can start again inside what it has passed over
_BLOCK = re.compile("```[^`]*```")
_LINE = re.compile(r"^(?:(#{1,6})|[^\S\n]*(?:[-*+]|\d+\.))\s", re.MULTILINE)
_ITEM = re.compile(r"^[^\S\n]*(?:[-*+•]|\d+[.)])[^\S\n]", re.MULTILINE)
_STARS = re.compile(r"\*\*[^*\n]+\*\*")
_LOW_LINES = re.compile(r"__[^_\n]+__")
_FIELDS = {"token_len": TOKENS, "header_count": HEADERS, "list_count": LISTS, "bold_count": BOLD}


def count_markdown(text: str) -> dict[str, float]:
    r"""Headers of all levels, list items, bold passages and fenced code blocks; blocks hold no markup.

    Reference: Arena-Hard's `add_markdown_info.py`. It also takes a block's text out wherever else it stands, so that a
    block of one letter takes that letter from the whole answer; here a block is taken out where it is.

    >>> count_markdown("# One\n- **two**\n1. three\n```\n# four\n```")
    {'headers': 1.0, 'lists': 2.0, 'bold': 1.0, 'code': 1.0}
    """
    # something stays in the block's place, so that the rest of its line does not begin one
    prose, blocks = _BLOCK.subn("`", text)
    lines = _LINE.findall(prose)
    headers = sum(map(bool, lines))
    bold = len(_STARS.findall(prose)) + len(_LOW_LINES.findall(prose))
    return {HEADERS: float(headers), LISTS: float(len(lines) - headers), BOLD: float(bold), CODE: float(blocks)}


def count_list_items(text: str) -> int:
    r"""The lines that begin as items of a list: with -, *, + or a bullet, or with a number and a stop or bracket.

    Unlike `count_markdown`, which counts as Arena-Hard does, it takes `1)` and bullets for items, and looks into code.

    >>> count_list_items("Buy:\n- milk\n  2) bread\n• salt\n-5 degrees")
    3
    """
    return len(_ITEM.findall(text))


def read_markdown_counts(metadata: Mapping[str, object]) -> dict[str, float]:
    """The same counts, and tokens, from an answer's metadata: a number or numbers by kind in each field that it has.

    Args:
        metadata: as Arena-Hard's `metadata` or `conv_metadata`, `{"token_len": 9, "header_count": {"h1": 1}, ...}`.

    Raises:
        InputError: a field holds something else; the message starts with the field.
    """
    return {
        name: sum((_count(field, value) for value in _parts(metadata[field])), 0.0)
        for field, name in _FIELDS.items()
        if metadata.get(field) is not None
    }


def _parts(found: object) -> list[object]:
    return list(found.values()) if isinstance(found, Mapping) else [found]


def _count(field: str, value: object) -> float:
    # up to where a float holds every whole number: longer than any answer
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 2**53:
        return float(value)
    shown = "a number out of range" if isinstance(value, int) and not isinstance(value, bool) else f"{value!r:.40}"
    raise InputError(f"{field}: {shown} is not a count. It holds a number, or numbers by kind")
