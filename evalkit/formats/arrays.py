"""Reads JSON piece by piece: arrays element by element, and texts that break off."""

import json
import re
from collections.abc import Iterator
from typing import Any

from evalkit.documents import ROWS, TOO_DEEP, json_cure, kind_of
from evalkit.errors import InputError

_AHEAD = 8
_BLANK = re.compile(r"[ \t\n\r]*")
# a text cut behind one of these may end inside a number, a literal or an escape, which a scanner would misread
_UNFINISHED = "\\+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def parse_array(pieces: Iterator[str], where: str) -> Iterator[Any]:
    """The elements of the array in a JSON text that comes in pieces, or its values, if several follow each other.

    Raises:
        InputError: content that `parse_row` refuses, or JSON that is one value and not an array.
    """
    text = _Text(pieces, where)
    if text.peek() != "[":
        yield from _values(text, where)
        return
    text.skip()
    if text.peek() != "]":
        yield text.value()
    while text.peek() == ",":
        text.skip()
        # many writers leave a comma behind the last element
        if text.peek() != "]":
            yield text.value()
    if text.peek() != "]":
        raise text.refusal("Expecting ',' delimiter")
    text.skip()
    text.expect_end()


def _values(text: "_Text", where: str) -> Iterator[Any]:
    """The objects of a text that holds JSON lines under another name."""
    first = text.value()
    if not isinstance(first, dict) or text.peek() != "{":
        text.expect_end()
        raise InputError(f"{where}: expected an array of objects, found {kind_of(first)}{_cure(first)}")
    yield first
    while text.peek() == "{":
        yield text.value()
    text.expect_end()


def _cure(value: object) -> str:
    """The cure for a mapping that holds one array of objects; empty for other values."""
    inside = value.items() if isinstance(value, dict) else ()
    found = [name for name, part in inside if isinstance(part, list) and part and isinstance(part[0], dict)]
    return f". Write the array in {found[0][:40]!r} alone into the file" if len(found) == 1 else ""


def breaks_off(text: str) -> bool:
    """True if a text is the valid beginning of a JSON value, and not the whole of it."""
    begun = text.strip().rstrip(_UNFINISHED)
    try:
        ROWS.raw_decode(begun)
    except json.JSONDecodeError as error:
        return _unfinished(error)
    except (ValueError, RecursionError):
        return False
    return False


def _unfinished(error: json.JSONDecodeError) -> bool:
    return error.pos == len(error.doc) or error.msg.startswith("Unterminated string")


class _Text:
    """The unread part of a JSON text: text is added at its end, and text that was read is dropped."""

    def __init__(self, pieces: Iterator[str], where: str) -> None:
        self._pieces = pieces
        self._where = where
        self._text = ""
        self._at = 0
        self._held_back = ""
        self._line = 1
        self._column = 1

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        self._skip_blank()
        while self._at == len(self._text) and self._grow():
            self._skip_blank()
        return self._text[self._at : self._at + 1]

    def skip(self) -> None:
        self._at += 1

    def value(self) -> Any:
        """The value that begins at the next character.

        Raises:
            InputError: it is not a value, or not strict JSON.
        """
        while True:
            self._skip_blank()
            try:
                value, self._at = ROWS.raw_decode(self._text, self._at)
            except RecursionError:
                raise InputError(f"{self._where}: {TOO_DEEP}") from None
            except json.JSONDecodeError as error:
                if not _unfinished(error) or not self._grow():
                    raise self.refusal(error.msg, error.pos) from None
            except ValueError as error:
                raise InputError(f"{self._where}: {error}") from None
            else:
                return value

    def expect_end(self) -> None:
        if self.peek():
            raise self.refusal("Extra data")

    def refusal(self, reason: str, position: int | None = None) -> InputError:
        position = self._at if position is None else position
        line, column = self._place(position)
        offset = position - self._at
        # what is wrong shows in the next characters, wherever the pieces are cut
        while len(self._text) - self._at - offset < _AHEAD and self._grow():
            pass
        cure = json_cure(self._text[self._at :], offset)
        return InputError(f"{self._where}: not valid JSON at line {line} column {column}: {reason}{cure}")

    def _skip_blank(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        assert blank is not None
        self._at = blank.end()

    def _grow(self) -> bool:
        """Read on; False when there is nothing left.

        At least as much is added as is left to read, so that a long value, which is read again each time, costs no
        more than twice its length in all.
        """
        left = self._text[self._at :]
        added, size = [self._held_back], 0
        for piece in self._pieces:
            added.append(piece)
            size += len(piece)
            if size > len(left) and piece.rstrip(_UNFINISHED):
                fresh = "".join(added)
                solid = len(fresh.rstrip(_UNFINISHED))
                break
        else:
            fresh = "".join(added)
            solid = len(fresh)
        if solid:
            self._line, self._column = self._place(self._at)
            self._text, self._at, self._held_back = left + fresh[:solid], 0, fresh[solid:]
        return solid > 0

    def _place(self, position: int) -> tuple[int, int]:
        """Line and column of a position in the unread part."""
        line_start = self._text.rfind("\n", 0, position) + 1
        if line_start:
            return self._line + self._text.count("\n", 0, position), position - line_start + 1
        return self._line, self._column + position
