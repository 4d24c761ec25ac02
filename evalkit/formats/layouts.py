"""The layouts of records in a file or folder, and how to read and write them back without loss."""

import contextlib
import csv
import gzip
import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any

from evalkit.documents import decode, read_text
from evalkit.errors import InputError
from evalkit.files import replacing, write_text
from evalkit.formats import hub
from evalkit.formats.inspect_log import EVAL_SUFFIX, parse_log, read_members
from evalkit.formats.lossless import from_json, from_text, rows_of, table_of, to_json, to_text
from evalkit.formats.records import SURROGATE, Record, first_mark, holds_lines, open_unzipped, read_records
from evalkit.formats.rows import Rows, Source

EVALUATOR_CONFIGS = ("configs.yaml", "config.yaml")
JsonRows = Iterable[Mapping[str, Any]]

_SUFFIXES = {"array": ".json", "object": ".json", "lines": ".jsonl", "csv": ".csv", "parquet": ".parquet"}
_FOLDERS = ("saved", "folder")
_TEXT_SUFFIXES = (".yaml", ".txt")
_MOST_TEXTS = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of records in a file: an `array`, an `object` or `lines` of JSON, `csv`, `parquet`, an inspect
    `archive`, a dataset that was `saved`, a `folder` of texts, or `rows` given as a value, which are not written.

    `columns` is the header of a csv, `schema` that of a table as text, and `split` the name of a saved dataset's only
    split.
    """

    container: str
    gzip: bool = False
    columns: tuple[str, ...] = ()
    schema: str | None = None
    split: str | None = None

    @property
    def suffix(self) -> str | None:
        """The ending of such a file's name; None for a folder."""
        if self.container in _FOLDERS:
            return None
        return EVAL_SUFFIX if self.container == "archive" else _SUFFIXES[self.container] + ".gz" * self.gzip


def layout_of(path: Source) -> Layout:
    """Detect the layout of a file from its name and its first character.

    Raises:
        InputError: the file is missing, empty or of an unknown kind.
    """
    if isinstance(path, Rows):
        return Layout("rows")
    if os.path.isdir(path):  # unlike Path.is_dir it takes any name
        if any(os.path.isfile(path / name) for name in EVALUATOR_CONFIGS):
            return Layout("folder")
        if hub.saved_dataset(path):
            return Layout("saved")
        raise InputError(f"{path}: is a folder without {EVALUATOR_CONFIGS[0]} and no saved dataset. Name a file in it")
    if not os.path.exists(path):
        raise InputError(f"{path}: no such file")
    if path.suffix == EVAL_SUFFIX:
        return Layout("archive")
    zipped = path.suffix == ".gz"
    suffix = Path(path.stem).suffix if zipped else path.suffix
    if suffix in (".json", ".jsonl"):
        return Layout(_json_container(path, lines=suffix == ".jsonl"), gzip=zipped)
    container = next((name for name, known in _SUFFIXES.items() if known == suffix), None)
    if container is None:
        known = ", ".join(dict.fromkeys(_SUFFIXES.values()))
        raise InputError(f"{path}: unknown kind of file. Known: {known}, each also with .gz, and {EVAL_SUFFIX}")
    return Layout(container, gzip=zipped)


def first_fields(path: Source, layout: Layout) -> Mapping[str, Any]:
    """The first record of a file of records, or of rows that were given as a value.

    Raises:
        InputError: wrong content; the message names file and row.
    """
    if isinstance(path, Rows):
        return next(path.records()).fields
    if layout.container == "object":
        return _object(path)
    first = next(hub.read_saved(path) if layout.container == "saved" else read_records(path), None)
    if first is None:
        raise InputError(f"{path}: the dataset holds no rows")
    return first.fields


def read_rows(path: Path, layout: Layout) -> tuple[Layout, JsonRows]:
    """Read the records of a file as JSON, and its layout with everything needed to write them back.

    Raises:
        InputError: wrong content; the message names file and row.
    """
    if layout.container == "folder":
        return layout, _texts(path)
    if layout.container == "archive":
        return layout, (to_json(Record(str(path), {"name": name, "value": part})) for name, part in read_members(path))
    if layout.container == "object":
        return layout, [to_json(Record(str(path), _object(path)))]
    if layout.container in ("parquet", "saved"):
        table, split = _saved_table(path) if layout.container == "saved" else (_parquet_table(path), None)
        return replace(layout, schema=to_text(table.schema), split=split), rows_of(table, str(path))
    records = [to_json(record) for record in read_records(path)]
    columns = tuple(records[0]) if layout.container == "csv" else ()
    return replace(layout, columns=columns), records


def write_rows(records: JsonRows, layout: Layout, path: Path) -> None:
    """The inverse of `read_rows`.

    Raises:
        InputError: the name does not end as such a file's does, or the file cannot be written.
    """
    suffix = layout.suffix
    if suffix is None:
        _write_folder(records, layout, path)
        return
    if not path.name.endswith(suffix):
        raise InputError(f"{path}: these records are written to a file whose name ends in {suffix}")
    with replacing(path) as text:
        # bytes are written below the text layer: the old file is replaced in one step all the same
        raw = text.buffer
        if layout.gzip:
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as zipped:
                _write(records, layout, zipped, path)
        else:
            _write(records, layout, raw, path)


def _json_container(path: Path, *, lines: bool) -> str:
    """The container that the content shows: an array may be named as lines, and lines as an array."""
    with open_unzipped(path) as file:
        mark = first_mark(file)
        if not mark:
            raise InputError(f"{path}: the file is empty")
        if mark == "[":
            return "array"
        return "lines" if lines or holds_lines(file) else "object"


def _object(path: Path) -> dict[str, Any]:
    with open_unzipped(path) as file:
        value = parse_log(decode(file.read(), str(path)), str(path))
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected an array of objects or an object")
    return value


def _parquet_table(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_unzipped(path) as file:
        try:
            return pq.ParquetFile(io.BytesIO(file.read())).read()
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            said = " ".join(str(error).split())[:200]
            raise InputError(f"{path}: not a Parquet file: {said}") from None


def _saved_table(path: Path) -> tuple[Any, str | None]:
    """A saved dataset's table with the library's own description of its columns, and the name of its only split."""
    import datasets

    try:
        loaded = datasets.load_from_disk(str(path))
        split = None
        if isinstance(loaded, datasets.DatasetDict):
            # several were refused when the first row was read
            split, loaded = next(iter(loaded.items()))
        table = loaded.with_format("arrow")[:]
        return table.cast(loaded.features.arrow_schema), split
    except Exception as error:  # noqa: BLE001 (a damaged folder makes the library raise anything)
        raise InputError(f"{path}: cannot be loaded as a dataset: {' '.join(str(error).split())[:200]}") from None


def _texts(path: Path) -> Iterator[Mapping[str, Any]]:
    """The configuration and the prompts of an evaluator, by their path in its folder."""
    found = list(islice((file for file in path.rglob("*") if file.suffix in _TEXT_SUFFIXES), _MOST_TEXTS + 1))
    if len(found) > _MOST_TEXTS:
        raise InputError(f"{path}: holds more than {_MOST_TEXTS} texts, as no evaluator does. Name its own folder")
    for file in sorted(found):
        yield to_json(Record(str(file), {"path": file.relative_to(path).as_posix(), "text": read_text(file)}))


def _write(records: JsonRows, layout: Layout, out: IO[bytes] | gzip.GzipFile, path: Path) -> None:
    if layout.container == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table_of(records, from_text(layout.schema or ""), str(path)), out)
    elif layout.container == "archive":
        with zipfile.ZipFile(out, "w") as archive:
            for record in records:
                # a fixed date, so that the same log gives the same archive
                archive.writestr(zipfile.ZipInfo(record["name"]), _line(record["value"]), zipfile.ZIP_DEFLATED)
    else:
        for piece in _csv(records, layout.columns) if layout.container == "csv" else _json(records, layout.container):
            out.write(piece.encode())


def _json(records: JsonRows, container: str) -> Iterator[str]:
    before, between, after = {"array": ("[\n", ",\n", "\n]\n"), "lines": ("", "\n", "\n")}.get(
        container, ("", "", "\n")
    )
    yield before
    for number, record in enumerate(records):
        yield between * bool(number) + _line(record)
    yield after


def _line(value: Any) -> str:
    plain = from_json({"": value})[""]
    line = json.dumps(plain, ensure_ascii=False)
    # half of a surrogate pair can be written as an escape only
    return json.dumps(plain) if not line.isascii() and SURROGATE.search(line) else line


def _csv(records: JsonRows, columns: tuple[str, ...]) -> Iterator[str]:
    rows = [columns, *(tuple(record[name] for name in columns) for record in records)]
    buffer = io.StringIO(newline="")
    # a writer quotes only the marks that end its own lines
    returns = any("\r" in text for row in rows for text in row)
    writer = csv.writer(buffer, lineterminator="\r\n" if returns else "\n")
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _write_folder(records: JsonRows, layout: Layout, path: Path) -> None:
    if os.path.lexists(path):
        raise InputError(f"{path}: is there already. Remove it, or name another folder")
    if layout.container == "saved":
        _save(records, layout, path)
        return
    for record in records:
        inside = PurePosixPath(record["path"])
        if inside.is_absolute() or ".." in inside.parts or inside.suffix not in _TEXT_SUFFIXES:
            raise InputError(f"{path}: {record['path'][:100]!r} is not a path inside the folder of an evaluator")
        write_text(path / inside, record["text"])


def _save(records: JsonRows, layout: Layout, path: Path) -> None:
    import datasets

    table = table_of(records, from_text(layout.schema or ""), str(path))
    whole = datasets.Dataset(datasets.table.InMemoryTable(table))
    saved = whole if layout.split is None else datasets.DatasetDict({layout.split: whole})
    try:
        with _silent():
            saved.save_to_disk(str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Turn off the library's own progress bars."""
    import datasets

    drawn = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if drawn:
            datasets.enable_progress_bars()
