"""Rows of named fields out of JSON, JSON lines, CSV and Parquet files, each with the place it was read from."""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import decode, kind_of, parse_json, read_bytes
from evalkit.errors import InputError

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class Record:
    """One row and where it stands, ready to begin an error message with."""

    where: str
    fields: dict[str, Any]

    def text(self, name: str) -> str:
        """A field that must be text.

        Raises:
            InputError: missing, of another kind, or not valid Unicode.
        """
        if name not in self.fields:
            raise InputError(f'{self.where}: field "{name}": missing. Found: {_names(self.fields)}')
        value = self.fields[name]
        if not isinstance(value, str):
            cure = ' Write "" for an answer that is empty' if value is None else ""
            raise InputError(f'{self.where}: field "{name}": expected text, found {kind_of(value)}.{cure}')
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(
                f'{self.where}: field "{name}": character {error.start + 1} is half of a surrogate pair '
                f"(U+{ord(value[error.start]):04X}), not valid Unicode. Replace it, with U+FFFD for example"
            ) from None
        return value

    def optional_text(self, name: str) -> str | None:
        """A field that may be missing, null or NaN."""
        value = self.fields.get(name)
        return None if value is None or value != value else self.text(name)


def read_records(path: Path) -> list[Record]:
    """All rows of a file, told apart by its suffix; `.gz` may follow any.

    Raises:
        InputError: missing, empty, of an unknown kind, or not what its suffix says.
    """
    suffixes = path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]
    suffix = suffixes[0] if suffixes else ""
    if path.is_dir():
        raise InputError(f"{path}: is a folder. Name a file in it, or a dataset folder written by `datasets`")
    content = read_bytes(path)
    if path.suffix == ".gz":
        content = _unzip(content, path)
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: unknown kind of file. Known: {', '.join(SUFFIXES)}, each also with .gz")
    if not content.strip():
        raise InputError(f"{path}: the file is empty")
    reader = {".json": _json, ".jsonl": _json_lines, ".csv": _csv, ".parquet": _parquet}[suffix]
    records = list(reader(content, path))
    if not records:
        raise InputError(f"{path}: the file holds no rows")
    return records


def _json(content: bytes, path: Path) -> Iterator[Record]:
    document = parse_json(decode(content, str(path)), str(path))
    if not isinstance(document, list):
        raise InputError(f"{path}: expected an array of objects, found {kind_of(document)}")
    for number, fields in enumerate(document, start=1):
        yield _record(fields, f"{path}: row {number}")


def _json_lines(content: bytes, path: Path) -> Iterator[Record]:
    # not str.splitlines: it would also split at U+2028, which JSON allows inside a text
    for number, line in enumerate(decode(content, str(path)).split("\n"), start=1):
        if line.strip():
            where = f"{path}:{number}"
            yield _record(parse_json(line, where), where)


def _csv(content: bytes, path: Path) -> Iterator[Record]:
    import pyarrow
    import pyarrow.csv

    text = decode(content, str(path))
    if text.count('"') % 2:
        raise InputError(f"{path}: not valid CSV: a quotation is not closed")
    names = next(csv.reader(io.StringIO(text)), [])
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{path}: column {repeated[0]!r} stands twice in the header")
    try:
        # unlike others it refuses rows that are longer or shorter than the header, and sets no limit to a field
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pyarrow.csv.ReadOptions(block_size=len(content) + 1, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
            ),
        )
    except (pyarrow.ArrowException, ValueError) as error:
        raise InputError(f"{path}: not valid CSV: {_counted_from_one(str(error))}") from None
    for number, fields in enumerate(table.to_pylist(), start=1):
        yield _record(fields, f"{path}: row {number}")


def _counted_from_one(message: str) -> str:
    """A reader's complaint in one line, its row number without the header."""
    line = " ".join(message.split())
    return re.sub(r"Row #(\d+)", lambda match: f"row {int(match.group(1)) - 1}", line)[:200]


def _parquet(content: bytes, path: Path) -> Iterator[Record]:
    import pyarrow
    import pyarrow.parquet

    try:
        rows = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from None
    for number, fields in enumerate(rows, start=1):
        yield _record(fields, f"{path}: row {number}")


def _record(fields: Any, where: str) -> Record:
    if not isinstance(fields, dict):
        raise InputError(f"{where}: expected an object, found {kind_of(fields)}")
    return Record(where, fields)


def _unzip(content: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a gzip file: {error}") from None


def _names(fields: dict[str, Any]) -> str:
    return ", ".join(json.dumps(name) for name in list(fields)[:8]) or "no fields"
