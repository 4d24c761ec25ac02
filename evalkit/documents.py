"""Read JSON and YAML strictly: one clear error that names the place, and nothing ambiguous accepted."""

import codecs
import contextlib
import io
import json
import math
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from evalkit.errors import ConfigError, InputError

MAX_YAML_BYTES = 1_000_000
TOO_DEEP = "JSON nested too deeply. Expected an array of flat objects"

_SHOWN = 60
# the first two bytes of half of a surrogate pair
_BEGUN_HALVES = {bytes((0xED, second)) for second in range(0xA0, 0xC0)}


def parse_json(text: str, where: str, *, raw_lines: bool = False) -> Any:
    """Parse a JSON text; with `raw_lines`, strings may hold line breaks and other control characters as they are.

    Raises:
        InputError: not JSON, a repeated key, NaN or Infinity, a number too long to read, or nesting too deep.
    """
    return _decoded(RAW_LINES if raw_lines else STRICT, text, where)


def parse_row(text: str, where: str) -> Any:
    """Parse the JSON text of a row, in which numbers may be NaN and Infinity, as many writers of tables leave them.

    Raises:
        InputError: not JSON, a repeated key, or nesting too deep.
    """
    return _decoded(ROWS, text, where)


def _decoded(decoder: json.JSONDecoder, text: str, where: str) -> Any:
    if text.startswith("\ufeff"):
        raise InputError(f"{where}: not valid JSON at line 1 column 1: Unexpected UTF-8 BOM")
    try:
        return decoder.decode(text)
    except RecursionError:
        raise InputError(f"{where}: {TOO_DEEP}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InputError(f"{where}: not valid JSON at {place}: {error.msg}{json_cure(text, error.pos)}") from None
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


def json_cure(text: str, position: int) -> str:
    """The advice on what JSON has not, beginning with a stop; empty where none is known."""
    before, after = text[:position].rstrip()[-1:], text[position:].lstrip()
    if before == "," and after[:1] in ("]", "}"):
        return f". Remove the comma before {after[0]!r}"
    if after[:1] == "," and after[1:].lstrip()[:1] in ("]", "}"):
        return f". Remove the comma before {after[1:].lstrip()[0]!r}"
    if after.startswith(("//", "/*", "#")):
        return ". JSON has no comments: remove them"
    if after.startswith("'"):
        return ". JSON puts texts in double quotes; json.dumps writes it in Python"
    if after.startswith(("None", "True", "False")):
        return ". JSON has null, true and false; json.dumps writes it in Python"
    return ""


def read_text(path: Path) -> str:
    """A file's text as UTF-8, with or without a byte order mark.

    Raises:
        InputError: missing, a folder, unreadable or not UTF-8.
    """
    return decode(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    with open_file(path) as file:
        return file.read()


@contextlib.contextmanager
def open_file(path: Path) -> Iterator[io.BufferedReader]:
    """A file's bytes, to be read piece by piece.

    Raises:
        InputError: missing, a folder or unreadable, now or while it is read.
    """
    try:
        file = open(path, "rb", opener=_at_once)  # noqa: SIM115 (a Path takes no opener; closed below)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder. Name a file in it") from None
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            _check_plain(path.stat().st_mode, path)
        raise _unreadable(path, error) from None
    with file:
        _check_plain(os.fstat(file.fileno()).st_mode, path)
        try:
            yield file
        except OSError as error:
            raise _unreadable(path, error) from None


def decode(content: bytes, where: str, *, offset: int = 0, halves: bool = False) -> str:
    """Bytes as UTF-8 text without a byte order mark; `offset` is where in the file they begin.

    With `halves`, half of a surrogate pair is read as it is, as some programs write it.

    Raises:
        InputError: the bytes are not UTF-8; the message names the first wrong one.
    """
    return "".join(decode_pieces([content], where, offset=offset, halves=halves))


def decode_pieces(pieces: Iterable[bytes], where: str, *, offset: int = 0, halves: bool = False) -> Iterator[str]:
    """The text of bytes that come piece by piece, wherever they are cut, as `decode` gives it.

    Raises:
        InputError: the bytes are not UTF-8; the message names the first wrong one.
    """
    rest, errors = b"", "surrogatepass" if halves else "strict"
    for piece in pieces:
        content = rest + piece
        try:
            text, used = codecs.utf_8_decode(content, errors, False)  # noqa: FBT003 (more may follow)
        except UnicodeDecodeError as error:
            if not halves or content[error.start :] not in _BEGUN_HALVES:
                raise _not_utf_8(where, offset + error.start) from None
            text, used = codecs.utf_8_decode(content[: error.start], errors, False)  # noqa: FBT003
        yield text.removeprefix("\ufeff") if offset == 0 else text
        offset, rest = offset + used, content[used:]
    if rest:
        raise _not_utf_8(where, offset)


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping with unique keys and no aliases.

    Raises:
        ConfigError: anything else.
    """
    content = read_bytes(path)
    if len(content) > MAX_YAML_BYTES:
        raise ConfigError(f"{path}: {len(content)} bytes, more than the {MAX_YAML_BYTES} a setting file may have")
    return parse_yaml(decode(content, str(path)), str(path))


def parse_yaml(text: str, path: str) -> dict[str, Any]:
    """Parse a YAML mapping as `read_yaml` does; `path` begins the messages.

    Raises:
        ConfigError: it is not one.
    """
    try:
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 (a SafeLoader subclass)
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply") from None
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}:" if error.problem_mark else ""
        raise ConfigError(f"{path}:{line} {error.problem}") from None
    except Exception as error:  # noqa: BLE001 (a value that does not fit its tag makes the library raise anything)
        raise ConfigError(f"{path}: not valid YAML: {type(error).__name__}: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise ConfigError(f"{path}: expected a mapping of settings, found {kind_of(document)}")
    return document


def kind_of(value: object) -> str:
    """The kind of a JSON or YAML value, in the reader's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"{str(value).lower()} (a truth value)"
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names.get(type(value), type(value).__name__)


def _at_once(path: str, flags: int) -> int:
    """Open a pipe without the wait for a writer, and a terminal without making it this process's own."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _check_plain(mode: int, path: Path) -> None:
    """Refuse what is no file: it may never end, and readers go through a file more than once."""
    kinds = {stat.S_ISFIFO: "a pipe", stat.S_ISSOCK: "a socket", stat.S_ISCHR: "a device", stat.S_ISBLK: "a disk"}
    for test, kind in kinds.items():
        if test(mode):
            raise InputError(f"{path}: is {kind}. Save what it gives into a file, and name that")


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")


def _not_utf_8(where: str, byte: int) -> InputError:
    return InputError(f"{where}: not UTF-8 text (byte {byte}). Save the file as UTF-8")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {repeated[:_SHOWN]!r} stands twice in one object")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"number {text[:20]} is too large")
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)
RAW_LINES = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite, strict=False
)
ROWS = json.JSONDecoder(object_pairs_hook=_unique)


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader that refuses aliases (a small file can unfold to gigabytes) and repeated keys (the last would win)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "expected a mapping", node.start_mark)
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} is read as {kind_of(key)}; put it in quotes", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)
