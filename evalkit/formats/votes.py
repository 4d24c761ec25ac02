"""Reads tables of votes between two models, as Chatbot Arena publishes them: model_a, model_b, winner.

The sides may be called left and right, and a winner may be given by its name, or by a column for each outcome.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.documents import kind_of, open_file, parse_json
from evalkit.errors import EvalkitError, InputError
from evalkit.formats.names import check_names
from evalkit.formats.records import Record, csv_delimiter, read_records
from evalkit.formats.rows import Rows, Source

# P(model_a beats model_b)
OUTCOMES = {
    "model_a": 1.0,
    "model_b": 0.0,
    "tie": 0.5,
    "tie (bothbad)": 0.5,
    "tie (both bad)": 0.5,
    "both_bad": 0.5,
    "bothbad": 0.5,
}
# the same in other tools' words, which count where no model of the row is called so
OTHER_WORDS = {
    **dict.fromkeys(("left", "a", "left_model", "model a"), 1.0),
    **dict.fromkeys(("right", "b", "right_model", "model b"), 0.0),
    **dict.fromkeys(("draw", "equal", "both", "neither"), 0.5),
}
NEEDED = ("model_a", "model_b", "winner")
# a column for each outcome, of which one marks the winner, and the winner that it stands for
ONE_HOT = {
    "winner_model_a": "model_a",
    "winner_model_b": "model_b",
    "winner_tie": "tie",
    "winner_tie_bothbad": "tie (bothbad)",
    "winner_tie_(bothbad)": "tie (bothbad)",
}
_MARKED = {**dict.fromkeys(("1", "1.0", "true", "yes"), True), **dict.fromkeys(("0", "0.0", "false", "no", ""), False)}
# other names of these columns, in small letters and with _ between words
_OTHER_NAMES = {
    "model_a": ("left", "left_model", "model_left", "modela"),
    "model_b": ("right", "right_model", "model_right", "modelb"),
}
# columns that make votes depend on each other; the first one that a table has counts
CLUSTERS = ("evaluation_session_id", "instruction", "question_id")
METADATA = "conv_metadata"
# control -> fields of the metadata with {side}, and their inner names
CONTROLS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "tokens": ("sum_assistant_{side}_tokens", ()),
    "headers": ("header_count_{side}", ("h1", "h2", "h3", "h4", "h5", "h6")),
    "lists": ("list_count_{side}", ("ordered", "unordered")),
    "bold": ("bold_count_{side}", ("**", "__")),
}

_BLOCK_BYTES = 1 << 26
_HEADER_CHARS = 1 << 16
_SHOWN = 60

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Votes in the order of the file; arrays of shape (n,), with models and clusters as indices into the names.

    `outcome` is P(a beats b). `cluster` is None where no dependence of votes is known. `style` has (a - b) / (a + b) of
    each control, zero where both have none. Rows without a winner are counted in `n_undecided`.
    """

    source: str
    models: tuple[str, ...]
    a: Ints
    b: Ints
    outcome: Floats
    cluster: Ints | None = None
    clusters: Sequence[str] = ()
    cluster_column: str | None = None
    style: Mapping[str, Floats] = field(default_factory=dict)
    n_undecided: int = 0


def read_votes(
    path: Source, *, cluster: str | None = None, clustered: bool = True, controls: Sequence[str] = ()
) -> Votes:  # fmt: skip
    """Read the votes of a csv, parquet, json or jsonl file, or of rows that were given as a value; from tables only the
    needed columns are read.

    Args:
        cluster: the column that makes votes dependent; the first known one by default, none without `clustered`.
        controls: names of CONTROLS, counted in the column conv_metadata.

    Raises:
        InputError: wrong content; the message names file, row and field.
    """
    raw = _raw_columns(path)
    names = list(raw)
    marks = [] if "winner" in names else [name for name in ONE_HOT if name in names]
    needed = [*NEEDED[:2], *(marks or ["winner"])]
    if missing := [name for name in needed if name not in names]:
        raise InputError(f"{path}: missing column(s) {', '.join(missing)}. Found: {_listed(names)}")
    if cluster is not None and cluster not in names:
        raise InputError(f"{path}: no column {cluster!r} to cluster by. Found: {_listed(names)}")
    if controls and METADATA not in names:
        raise InputError(f"{path}: no column {METADATA!r}, which --control {','.join(controls)} needs")
    if cluster is None and clustered:
        cluster = next((name for name in CLUSTERS if name in names), None)
    wanted = [*needed, *([cluster] if cluster else []), *([METADATA] if controls else [])]
    columns = _read_columns(path, {name: raw[name] for name in wanted})
    if marks:
        columns["winner"] = _marked_winners(path, {name: columns.pop(name) for name in marks})
    return _votes(path, columns, cluster, controls)


def column_names(path: Source) -> list[str]:
    """The columns of a table, or the fields of the first row of another file or value; those of votes by the names that
    Chatbot Arena gives them.

    Raises:
        InputError: the file is missing, empty or not what its suffix says.
    """
    return list(_raw_columns(path))


def _raw_columns(path: Source) -> dict[str, str]:
    """The columns as they are called in the source, by the names that they have here."""
    raw = _names_in(path)
    known = {_plain(name): name for name in reversed(raw)}
    renamed = {name: _named_as(name, known) for name in NEEDED}
    # the sides go by other names together or not at all
    sides = [renamed[name] for name in NEEDED[:2]]
    found = {renamed[name]: name for name in NEEDED if renamed[name] is not None and None not in sides}
    found |= {known[name]: name for name in ONE_HOT if name in known}
    return {found.get(name, name.strip()): name for name in raw}


def _named_as(name: str, known: Mapping[str, str]) -> str | None:
    return next((known[other] for other in (name, *_OTHER_NAMES.get(name, ())) if other in known), None)


def _plain(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").split())


def _names_in(path: Source) -> list[str]:
    if isinstance(path, Rows):
        return path.names
    if path.suffix == ".csv":
        return _csv_form(path)[0]
    if path.suffix == ".parquet":
        import pyarrow.parquet

        with open_file(path) as file:
            return [str(name) for name in _arrow(path, lambda: pyarrow.parquet.read_schema(file)).names]
    return list(next(read_records(path)).fields)


def _csv_form(path: Path) -> tuple[list[str], str, int]:
    """The columns of a csv file, its delimiter, and the number of lines before its header."""
    with open_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        try:
            begun = text.read(_HEADER_CHARS)
            delimiter, rest = csv_delimiter(begun)
            text.seek(0)
            skipped = int(len(rest) < len(begun))
            if skipped:
                text.readline()
            names = next(filter(None, csv.reader(text, delimiter=delimiter)), None)
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 text: {error.reason} ({error.object[error.start]:#04x})") from None
        except csv.Error as error:
            raise InputError(f"{path}: not valid CSV: the header: {error}") from None
    if names is None:
        raise InputError(f"{path}: the file is empty")
    plain = [name.strip() for name in names]
    if repeated := sorted({name for name in plain if plain.count(name) > 1}):
        raise InputError(f"{path}: column {repeated[0][:_SHOWN]!r} stands twice in the header")
    return names, delimiter, skipped


def _read_columns(path: Source, named: Mapping[str, str]) -> dict[str, Any]:
    """Arrow arrays by name.

    Args:
        named: what the columns are called in the source.
    """
    columns = _columns_as_called(path, list(dict.fromkeys(named.values())), dict(named))
    return {name: columns[raw] for name, raw in named.items()}


def _columns_as_called(path: Source, wanted: list[str], named: Mapping[str, str]) -> dict[str, Any]:
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    if isinstance(path, Rows):
        return _columns_of_frame(path, wanted, named)
    if path.suffix == ".csv":
        _, delimiter, skipped = _csv_form(path)
        options = {
            "read_options": pyarrow.csv.ReadOptions(block_size=_BLOCK_BYTES, skip_rows=skipped),
            "parse_options": pyarrow.csv.ParseOptions(newlines_in_values=True, delimiter=delimiter),
            "convert_options": pyarrow.csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pyarrow.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        }
        with open_file(path) as file:
            table = _arrow(path, lambda: pyarrow.csv.read_csv(file, **options))
    elif path.suffix == ".parquet":
        with open_file(path) as file:
            table = _arrow(path, lambda: pyarrow.parquet.read_table(file, columns=wanted))
    else:
        return _columns_of_records(path, wanted, named)
    if not len(table):
        raise InputError(f"{path}: the file holds no rows")
    return {name: table.column(name) for name in wanted}


def _columns_of_frame(rows: Rows, wanted: list[str], named: Mapping[str, str]) -> dict[str, Any]:
    import pyarrow

    if rows.frame is None:
        return _columns_of_records(rows, wanted, named)
    frame = rows.frame
    try:
        return {name: pyarrow.array(frame[name], from_pandas=True) for name in wanted}
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        # objects of several kinds, among which the records name the wrong one
        return _columns_of_records(rows, wanted, named)


def _columns_of_records(path: Source, wanted: list[str], named: Mapping[str, str]) -> dict[str, Any]:
    import pyarrow

    found: dict[str, list[Any]] = {name: [] for name in wanted}
    kinds = {raw: name for name, raw in named.items()}
    for record in path.records() if isinstance(path, Rows) else read_records(path):
        for name, values in found.items():
            values.append(_field(record, name, kinds[name]))
    # metadata stays as it is: rows may have different fields
    return {
        name: values if kinds[name] == METADATA else pyarrow.array(values, pyarrow.string())
        for name, values in found.items()
    }


def _field(record: Record, name: str, kind: str) -> Any:
    if kind == METADATA:
        return record.fields.get(name)
    if kind in NEEDED:
        return record.text(name) if kind != "winner" else record.optional_text(name)
    value = record.fields.get(name)
    if kind in ONE_HOT:
        return None if value is None else str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return record.text(name)


def _marked_winners(path: Source, columns: Mapping[str, Any]) -> Any:
    """The winner of each row as the column that marks it says; None where no column does."""
    import pyarrow

    found: list[str | None] = []
    for number, marks in enumerate(zip(*(column.to_pylist() for column in columns.values()), strict=True), start=1):
        said = ["" if mark is None or mark != mark else str(mark).strip().casefold() for mark in marks]
        named = dict(zip(columns, said, strict=True))
        if wrong := [name for name, mark in named.items() if mark not in _MARKED]:
            found_there = named[wrong[0]][:_SHOWN]
            raise InputError(f"{path}: row {number}: {wrong[0]}: expected 1 or 0, found {found_there!r}")
        winners = [name for name, mark in named.items() if _MARKED[mark]]
        if len(winners) > 1:
            raise InputError(f"{path}: row {number}: {' and '.join(winners)} are marked. Mark one of them")
        found.append(ONE_HOT[winners[0]] if winners else None)
    return pyarrow.array(found, pyarrow.string())


def _votes(path: Source, columns: Mapping[str, Any], cluster: str | None, controls: Sequence[str]) -> Votes:
    winners, winner = _codes(path, "winner", columns["winner"])
    names_a, a = _codes(path, "model_a", columns["model_a"], needed=True)
    names_b, b = _codes(path, "model_b", columns["model_b"], needed=True)
    models = sorted({*names_a, *names_b})
    check_names(models, f"{path}")
    place = {name: index for index, name in enumerate(models)}
    a = np.array([place[name] for name in names_a], dtype=np.int64)[a]
    b = np.array([place[name] for name in names_b], dtype=np.int64)[b]
    clusters, code = ([], None) if cluster is None else _codes(path, cluster, columns[cluster], needed=True)
    style = {name: _style(path, name, columns[METADATA]) for name in controls}
    decided = winner >= 0
    if not decided.any():
        raise InputError(f"{path}: no row has a winner")
    outcome = _outcomes(path, winners, winner, models, (a, b))
    if not decided.all():
        a, b, outcome = a[decided], b[decided], outcome[decided]
        code = None if code is None else code[decided]
        style = {name: values[decided] for name, values in style.items()}
    return Votes(
        source=str(path),
        models=tuple(models),
        a=a,
        b=b,
        outcome=outcome,
        cluster=code,
        clusters=clusters,
        cluster_column=cluster,
        style=style,
        n_undecided=int((~decided).sum()),
    )


def _outcomes(path: Source, winners: list[str], winner: Ints, models: Sequence[str], both: tuple[Ints, Ints]) -> Floats:
    """P(a beats b) of each vote; a winner is given by its side or by its name."""
    known = np.array([OUTCOMES.get(" ".join(said.split()).casefold(), np.nan) for said in winners] or [np.nan])
    outcome = np.where(winner >= 0, known[winner], np.nan)
    for row in np.flatnonzero(np.isnan(outcome) & (winner >= 0)).tolist():
        said = winners[winner[row]].strip()
        sides = [said == models[side[row]].strip() for side in both]
        if any(sides) and not all(sides):
            outcome[row] = float(sides[0])
        elif not any(sides) and said.casefold() in OTHER_WORDS:
            outcome[row] = OTHER_WORDS[said.casefold()]
        else:
            raise InputError(
                f"{path}: row {row + 1}: winner: expected one of {', '.join(OUTCOMES)}, or the name of one of the two "
                f"models, found {said[:_SHOWN]!r}"
            )
    return outcome


def _codes(path: Source, name: str, column: Any, *, needed: bool = False) -> tuple[list[str], Ints]:
    """The distinct texts of a column and each row's index among them, -1 where a text is missing."""
    import pyarrow
    import pyarrow.compute as compute

    known = pyarrow.types
    kind = column.type.value_type if known.is_dictionary(column.type) else column.type
    texts = known.is_string(kind) or known.is_large_string(kind) or known.is_string_view(kind)
    if not (texts or known.is_null(kind) or (name not in NEEDED and known.is_integer(kind))):
        raise InputError(f"{path}: {name}: expected texts, found {kind}"[:200])
    encoded = _arrow(path, lambda: compute.dictionary_encode(compute.cast(column, pyarrow.string())))
    if isinstance(encoded, pyarrow.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = compute.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    said, codes = _without_blanks(_arrow(path, encoded.dictionary.to_pylist), codes)
    if needed and (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        raise InputError(f"{path}: row {row + 1}: {name}: expected a text, found nothing")
    return said, codes


def _without_blanks(texts: list[str], codes: Ints) -> tuple[list[str], Ints]:
    """The texts without the white space that a table may pad them with; a blank one is missing."""
    trimmed = [text.strip() for text in texts]
    if trimmed == texts and "" not in trimmed:
        return texts, codes
    found = list(dict.fromkeys(filter(None, trimmed)))
    place = {text: index for index, text in enumerate(found)}
    # the last one is for rows without a text
    return found, np.array([*(place.get(text, -1) for text in trimmed), -1], dtype=np.int64)[codes]


def _style(path: Source, control: str, metadata: Any) -> Floats:
    a, b = (_amounts(path, control, metadata, side) for side in "ab")
    total = a + b
    return np.divide(a - b, total, out=np.zeros_like(total), where=total > 0)


def _amounts(path: Source, control: str, metadata: Any, side: str) -> Floats:
    """The amounts of a control in one side's answers, by row."""
    import pyarrow

    outer, inner = CONTROLS[control]
    outer = outer.format(side=side)
    if isinstance(metadata, list) or not pyarrow.types.is_struct(metadata.type):
        rows = metadata if isinstance(metadata, list) else metadata.to_pylist()
        amounts = np.array([_amount(value, outer, inner, f"{path}: row {row}") for row, value in enumerate(rows, 1)])
    else:
        amounts = _amounts_of_struct(path, metadata, outer, inner)
    wrong = ~(np.isfinite(amounts) & (amounts >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"{path}: row {row + 1}: {METADATA}.{outer}: expected a count, found none. "
            f"{int(wrong.sum())} rows are like it; leave them out, or control for something else"
        )
    return amounts


def _amounts_of_struct(path: Source, metadata: Any, outer: str, inner: tuple[str, ...]) -> Floats:
    import pyarrow.compute as compute

    def read() -> Any:
        found = compute.struct_field(metadata, outer)
        parts = [compute.struct_field(found, name) for name in inner] or [found]
        return sum(compute.cast(part, "float64").to_numpy() for part in parts)

    amounts: Floats = _arrow(path, read)
    return amounts


def _amount(value: Any, outer: str, inner: tuple[str, ...], where: str) -> float:
    if isinstance(value, str):
        value = parse_json(value, f"{where}: {METADATA}")
    found = value.get(outer) if isinstance(value, dict) else None
    parts: list[Any] = [found.get(name) for name in inner] if inner and isinstance(found, dict) else [found]
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, int | float):
            raise InputError(f"{where}: {METADATA}.{outer}: expected a count, found {kind_of(part)}")
    return float(sum(parts))


def _arrow(path: Source, read: Callable[[], Any]) -> Any:
    """Call a reader of Arrow, with its errors turned into one line."""
    import pyarrow

    try:
        return read()
    except EvalkitError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, OverflowError, KeyError) as error:
        raise InputError(f"{path}: cannot be read: {' '.join(str(error).split())[:200]}") from None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name[:_SHOWN] for name in names[:12])
