"""Reads rows of named fields from JSON, JSON lines, CSV and Parquet files, each with the place it was read from."""

import codecs
import contextlib
import csv
import gzip
import io
import json
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import decode, decode_pieces, kind_of, open_file, parse_row
from evalkit.errors import InputError
from evalkit.formats.arrays import breaks_off, parse_array

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")


def named_as_file(name: str) -> bool:
    """True if a name ends as a file of rows does, which no model is called."""
    return name.removesuffix(".gz").endswith(SUFFIXES)


# half of a pair, which no text in a file can hold
SURROGATE = re.compile("[\ud800-\udfff]")

# a spreadsheet's first line, where the decimal comma makes it write another delimiter
_NAMED_DELIMITER = re.compile(r'"?sep=([;,|\t])"?\r?\n', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_OTHER_DELIMITERS = (";", "\t", "|")
_PIECE_BYTES = 1 << 16
# few, because a row may hold megabytes
_ROWS_AT_ONCE = 8
_LARGEST_BLOCK = 2**31 - 1
_SHOWN = 40


def whole_text(text: str) -> str:
    """A text in which half of a surrogate pair is U+FFFD."""
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Record:
    """One row and its place, which begins an error message."""

    where: str
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """A field that must be text, in which half of a surrogate pair is U+FFFD.

        Raises:
            InputError: the field is missing or of another kind.
        """
        if name not in self.fields:
            raise InputError(f'{self.where}: field "{name}": missing. Found: {names_of(self.fields)}')
        value = self.fields[name]
        if not isinstance(value, str):
            raise InputError(f'{self.where}: field "{name}": expected text, found {kind_of(value)}')
        return whole_text(value)

    def optional_text(self, name: str) -> str | None:
        """A field that may be missing, null or NaN, as tables write a missing text.

        Raises:
            InputError: as for `text`.
        """
        value = self.fields.get(name)
        return None if value is None or value != value else self.text(name)

    def name(self, name: str) -> str:
        """A field that must be the name of a model or a judge: text, without the white space that a table may pad it
        with.

        Raises:
            InputError: as for `text`.
        """
        return self.text(name).strip()

    def optional_name(self, name: str) -> str | None:
        """A name that may be missing, null, NaN or blank.

        Raises:
            InputError: as for `text`.
        """
        return (self.optional_text(name) or "").strip() or None


def read_records(path: Path, *, on_torn: Callable[[str], None] | None = None) -> Iterator[Record]:
    """Read the rows of a file one after the other, with the kind told by the suffix; `.gz` may follow any.

    Memory holds one row of JSON and of JSON lines at a time, and one page of each column of Parquet; CSV is read whole.

    Args:
        on_torn: called for JSON lines that break off inside the last one, after the rows before it; without it such a
            file is refused.

    Raises:
        InputError: missing, empty, of an unknown kind, or not what its suffix says; as late as at the row concerned.
    """
    if os.path.isdir(path):  # unlike Path.is_dir it takes any name
        raise InputError(f"{path}: is a folder. Name a file in it, or a dataset folder written by `datasets`")
    suffixes = path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]
    with open_unzipped(path) as file:
        if not suffixes or suffixes[0] not in SUFFIXES:
            raise InputError(f"{path}: unknown kind of file. Known: {', '.join(SUFFIXES)}, each also with .gz")
        if not any(piece.strip() for piece in _pieces(file)):
            raise InputError(f"{path}: the file is empty")
        file.seek(0)
        records = {
            ".json": _json(file, path),
            ".jsonl": _json_lines(file, path, on_torn),
            ".csv": _csv(file, path),
            ".parquet": _parquet(file, path),
        }[suffixes[0]]
        record = None
        for record in records:
            yield record
        if record is None:
            raise InputError(f"{path}: the file holds no rows")


@contextlib.contextmanager
def open_unzipped(path: Path) -> Iterator[io.BufferedIOBase]:
    """The bytes of a file, unpacked if its name ends in `.gz`.

    Raises:
        InputError: the file is missing, or its name ends in `.gz` and it is not a gzip file.
    """
    with open_file(path) as file:
        if path.suffix != ".gz":
            yield file
            return
        try:
            with gzip.open(file) as unzipped:
                yield unzipped
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(f"{path}: not a gzip file: {error}") from None


def _pieces(file: io.BufferedIOBase) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _json(file: io.BufferedIOBase, path: Path) -> Iterator[Record]:
    for number, fields in enumerate(
        parse_array(decode_pieces(_pieces(file), str(path), halves=True), str(path)), start=1
    ):
        yield _record(fields, f"{path}: row {number}")


def _json_lines(file: io.BufferedIOBase, path: Path, on_torn: Callable[[str], None] | None) -> Iterator[Record]:
    if first_mark(file) == "[":
        # an array under the name of lines
        yield from _json(file, path)
        return
    offset, some = 0, False
    # not str.splitlines: it would also split at U+2028, which JSON allows inside a text
    for number, line in enumerate(file, start=1):
        if on_torn is not None and some and _torn(line):
            on_torn(f"{path}: breaks off inside line {number}, which begins at byte {offset} and is left out")
            return
        text = decode(line, str(path), offset=offset, halves=True)
        if text.strip():
            where = f"{path}:{number}"
            yield _record(_line(text, where), where)
            some = True
        offset += len(line)


def first_mark(file: io.BufferedIOBase) -> str:
    """The first character of a file that is no blank, empty where there is none; the file is read from its start
    again.
    """
    file.seek(0)
    found = next((text for piece in _pieces(file) if (text := piece.removeprefix(codecs.BOM_UTF8).strip())), b"")
    file.seek(0)
    return found[:1].decode("latin-1")


def holds_lines(file: io.BufferedIOBase) -> bool:
    """True if the first line of a file is a whole JSON object, and more follows."""
    file.seek(0)
    lines = (line.removeprefix(codecs.BOM_UTF8).strip() for line in file)
    first, second = (next(filter(None, lines), b"") for _ in range(2))
    if not second.startswith(b"{"):
        return False
    with contextlib.suppress(ValueError, RecursionError):
        return isinstance(json.loads(first), dict)
    return False


def _line(text: str, where: str) -> Any:
    try:
        return parse_row(text, where)
    except InputError as error:
        if text.lstrip().startswith("{") and breaks_off(text):
            raise InputError(f"{error}. A row is one line in JSON lines; name a file of one array .json") from None
        raise


def _torn(line: bytes) -> bool:
    """True if a line is the last one and only its beginning was written."""
    if line.endswith(b"\n"):
        return False
    try:
        # a character may be torn as well
        text, _ = codecs.utf_8_decode(line, "strict", False)  # noqa: FBT003
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and breaks_off(text)


def _csv(file: io.BufferedIOBase, path: Path) -> Iterator[Record]:
    import pyarrow
    import pyarrow.csv

    # what reads the columns takes whole characters only
    text = whole_text(decode(file.read(), str(path), halves=True))
    delimiter, text = csv_delimiter(text)
    raw, names = _header(text, path, delimiter)
    content = text.encode()
    try:
        # unlike other readers it refuses rows that are longer or shorter than the header, and sets no limit to a field;
        # by blocks it would refuse a row that is longer than one
        table = pyarrow.csv.read_csv(
            io.BytesIO(content),
            read_options=pyarrow.csv.ReadOptions(block_size=min(len(content) + 1, _LARGEST_BLOCK), use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, delimiter=delimiter),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(raw, pyarrow.string()), strings_can_be_null=False
            ),
        )
        table = table.rename_columns([name.strip() for name in table.column_names]) if raw != names else table
    except (pyarrow.ArrowException, ValueError) as error:
        raise InputError(f"{path}: not valid CSV: {_counted_from_one(str(error))}") from None
    for number, fields in enumerate(_rows(table.to_batches(max_chunksize=_ROWS_AT_ONCE)), start=1):
        yield _record(fields, f"{path}: row {number}")


def csv_delimiter(text: str) -> tuple[str, str]:
    """The delimiter that the header shows, and the text without a line that names it, as spreadsheets write them."""
    if match := _NAMED_DELIMITER.match(text):
        return match.group(1), text[match.end() :]
    header = _QUOTED.sub("", text.lstrip("\r\n").split("\n", 1)[0])
    return next((mark for mark in _OTHER_DELIMITERS if mark in header and "," not in header), ","), text


def _header(text: str, path: Path, delimiter: str) -> tuple[list[str], list[str]]:
    """The names of the columns as they stand, and without the blanks around them."""
    if text.count('"') % 2:
        raise InputError(f"{path}: not valid CSV: a quotation is not closed")
    try:
        raw = next(filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), [])
    except csv.Error as error:
        raise InputError(f"{path}: not valid CSV: the header: {error}") from None
    names = [name.strip() for name in raw]
    _check_once(names, path)
    return raw, names


def _check_once(names: list[str], path: Path) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{path}: column {repeated[0][:_SHOWN]!r} stands twice in the header")


def _counted_from_one(message: str) -> str:
    """A reader's message in one line, with its row number counted without the header."""
    return re.sub(r"Row #(\d+)", lambda match: f"row {int(match.group(1)) - 1}", _one_line(message))


def _parquet(file: io.BufferedIOBase, path: Path) -> Iterator[Record]:
    if path.suffix != ".gz":
        yield from _parquet_rows(file, path)
        return
    # columns are read side by side, and a gzip file goes back only by starting again
    with tempfile.TemporaryFile() as unzipped:
        shutil.copyfileobj(file, unzipped)
        yield from _parquet_rows(unzipped, path)


def _parquet_rows(file: io.BufferedIOBase, path: Path) -> Iterator[Record]:
    import pyarrow
    import pyarrow.parquet

    try:
        # otherwise a column is read whole
        table = pyarrow.parquet.ParquetFile(file, buffer_size=_PIECE_BYTES, pre_buffer=False)
        _check_once(table.schema_arrow.names, path)
        batches = table.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False)
        for number, fields in enumerate(_rows(batches), start=1):
            yield _record(fields, f"{path}: row {number}")
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: not a Parquet file: {_one_line(str(error))}") from None


def _rows(batches: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def _record(fields: Any, where: str) -> Record:
    if not isinstance(fields, dict):
        raise InputError(f"{where}: expected an object, found {kind_of(fields)}")
    return Record(where, fields)


def _one_line(message: str) -> str:
    return " ".join(message.split())[:200]


def names_of(fields: dict[str, Any]) -> str:
    """The first names of fields, for a message."""
    return ", ".join(json.dumps(name[:_SHOWN]) for name in list(fields)[:8]) or "no fields"
