"""Reads the texts of a row of labels, where JSON may hold a truth value or a number in a text's place."""

import ast
import contextlib
import hashlib
import json
import math
import warnings
from collections.abc import Sequence
from typing import Any

from evalkit.documents import kind_of, parse_json
from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.conversation import read_instruction
from evalkit.formats.instructions import MAX_OUTPUT_CHARS
from evalkit.formats.records import Record, whole_text

_SCALAR = "hold a truth value or a number where a text belongs, which is read as JSON writes it"
_CURE = "Give the text, or leave the row out"


def comparison_key(instruction: str, first: str, second: str) -> str:
    """Sixteen hex digits of the digest of an instruction and both answers in their order, as they are judged."""
    # the lengths say where one text ends and the next begins
    whole = f"{len(instruction)} {len(first)} {instruction}{first}{second}"
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def stands_first(text: str, other: str, instruction: str) -> bool:
    """True if the first of two answers comes first in an order that is drawn from the texts, whichever was named first.

    >>> stands_first("a", "b", "Which?"), stands_first("b", "a", "Which?")
    (True, False)
    """
    drawn = int(comparison_key(instruction, *sorted((text, other))), 16) % 2 == 0
    return (text <= other) == drawn


def with_texts(record: Record, names: Sequence[str], notes: AnswerNotes, *, chats: Sequence[str] = ()) -> Record:
    """The record with texts in the named fields; those of `chats` may be lists of texts or of messages instead.

    Raises:
        InputError: a field is missing, null, an object, or a list where none may be; the message names it.
    """
    found, scalars = dict(record.fields), False
    for name in names:
        if name not in found:
            record.text(name)
        if name in chats and isinstance(found[name], list):
            parts = [_part(record, f"{name}[{number}]", part) for number, part in enumerate(found[name])]
            found[name], told = [part for part, _ in parts], any(scalar for _, scalar in parts)
        else:
            found[name], told = _text(record, name, found[name])
        scalars = scalars or told
    if scalars:
        notes.count(_SCALAR, record)
    return Record(record.where, found)


def list_in(record: Record, name: str) -> Any:
    """The value of a field, where a table may spell a list as JSON or as Python writes it.

    Raises:
        InputError: a text begins as a list does and is none.
    """
    value = record.fields.get(name)
    if not isinstance(value, str) or not value.lstrip().startswith("["):
        return value
    place = f'{record.where}: field "{name}"'
    with contextlib.suppress(InputError):
        return parse_json(value, place)
    try:
        with warnings.catch_warnings():
            # Python warns of a backslash that escapes nothing
            warnings.simplefilter("ignore")
            return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise InputError(f"{place}: expected a list, as JSON or Python writes it") from None


def asked_with(record: Record, name: str) -> tuple[str, ...]:
    """The fields of an instruction: its own, and `input` where the row has one, as in Alpaca's data."""
    added = None if name == "input" else record.fields.get("input")
    return (name,) if added is None or added != added else (name, "input")


def instruction_in(record: Record, name: str) -> str:
    """The instruction in a field that holds text, with the field `input` that belongs to it.

    Raises:
        InputError: it is longer than can be judged.
    """
    asked = asked_with(record, name)
    if len(asked) == 1:
        return within_limit(record, name, record.text(name))
    fields = {own: record.fields[own] for own in asked}
    return within_limit(record, name, "\n\n".join(read_instruction(Record(record.where, fields), name)))


def within_limit(record: Record, name: str, instruction: str) -> str:
    """The instruction in a field, if it is short enough to be judged.

    Raises:
        InputError: it is longer.
    """
    if len(instruction) > MAX_OUTPUT_CHARS:
        raise InputError(
            f'{record.where}: field "{name}": {len(instruction)} characters, more than the {MAX_OUTPUT_CHARS} '
            "that can be judged"
        )
    return instruction


def _part(record: Record, place: str, part: Any) -> tuple[Any, bool]:
    """A text of a list, or a message with its text, and whether it was a truth value or a number."""
    if not isinstance(part, dict):
        return _text(record, place, part)
    holds = "value" if "from" in part and "content" not in part else "content"
    if isinstance(part.get(holds), list | dict):
        # the parts of a message, which the reader of chats joins or refuses
        return part, False
    text, scalar = _text(record, f"{place}.{holds}", part.get(holds))
    return {**part, holds: text}, scalar


def _text(record: Record, place: str, value: Any) -> tuple[str, bool]:
    if isinstance(value, str):
        return whole_text(value), False
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return json.dumps(value), True
    found = "null" if isinstance(value, float) else kind_of(value)
    raise InputError(f'{record.where}: field "{place}": expected text, found {found}. {_CURE}')
