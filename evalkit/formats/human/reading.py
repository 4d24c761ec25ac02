"""Reads files of people's labels in any known layout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.human.gathering import gather
from evalkit.formats.human.items import ItemLabels, labels_by_item, labels_in_rows, object_in, rows_of_items
from evalkit.formats.human.labelled import HumanFile
from evalkit.formats.human.layout import ALT_TEST, HumanLayout, layout_of_labels, notes_of, with_columns
from evalkit.formats.human.row import LabelledRow
from evalkit.formats.outputs import source_records, stem
from evalkit.formats.records import Record
from evalkit.formats.rows import Rows, Source


def read_human(
    source: str | Source,
    *,
    columns: Mapping[str, str] = {},
    name: str | None = None,
    prompts: str | Source | None = None,
    repeats_of_people: bool = False,
) -> HumanFile:
    """The labelled comparisons of a source, in the layout that the fields of its first row show.

    Several people of one comparison are kept apart: those in a list, those whom a column names, and, in a layout that
    has neither, those behind rows that repeat the texts of another.

    Args:
        source: json, jsonl, csv or parquet, each also with .gz, a saved dataset, an `hf:` name, or rows as a value.
        columns: the columns of a table by what they are: `instruction`, `output_1`, `output_2`, `label`, `annotator`,
            `category` and others of `layout.ROLES`.
        name: what the labels are called; the file's name by default.
        prompts: the conversations of labels that name items only.
        repeats_of_people: whether a person may label a comparison again, otherwise than before.

    Raises:
        InputError: wrong content, in one line that names the source, the row, the field and the cure.
    """
    notes = AnswerNotes(str(source), "row(s)")
    found = labels_in(source, columns, notes, prompts)
    layout = found.layout
    gathered = gather(
        found.rows,
        notes,
        own_rows=layout is not None and layout.own_rows,
        listed=layout is not None and layout.listed,
        repeats_of_people=repeats_of_people,
    )
    said = (*(f"{source}: {note}" for note in (*found.notes, *gathered.notes)), *notes.notes())
    return HumanFile(
        name=name or (source.name if isinstance(source, Rows) else stem(str(source))),
        source=str(source),
        layout=ALT_TEST if layout is None else layout.name,
        comparisons=gathered.comparisons,
        named_people=gathered.named,
        texts=layout is not None or prompts is not None,
        notes=said,
    )


@dataclass(frozen=True, slots=True, eq=False)
class LabelsRead:
    """The rows of a source of labels, read as they are asked for; labels by item have no layout of rows."""

    layout: HumanLayout | None
    rows: Iterator[LabelledRow]
    notes: tuple[str, ...] = ()


def labels_in(
    source: str | Source, columns: Mapping[str, str], notes: AnswerNotes, prompts: str | Source | None = None
) -> LabelsRead:
    """The rows of a source of labels.

    Raises:
        InputError: no layout fits, now; a row is wrong, as late as at the row concerned.
    """
    items, records = records_of(source)
    if items is not None:
        return LabelsRead(None, rows_of_items(items, source, notes, prompts))
    if prompts is not None:
        raise InputError(f"{prompts}: prompts belong to labels by item, and {source} holds rows. Leave them out")
    first = next(records, None)
    if first is None:
        raise InputError(f"{source}: holds no rows")
    shown = with_columns(first, columns)
    layout = layout_of_labels(shown.fields, source, columns)
    return LabelsRead(layout, _rows(layout, chain([first], records), columns, notes), notes_of(layout, shown.fields))


def records_of(source: str | Source) -> tuple[ItemLabels | None, Iterator[Record]]:
    """The labels by item that a source holds, or else its rows."""
    whole = object_in(source)
    if whole is not None:
        items = labels_by_item(whole)
        return items, iter(() if items is not None else (Record(str(source), whole),))
    records = source_records(source)
    if isinstance(source, Rows):
        held = list(records)
        return labels_in_rows(held), iter(held)
    return None, records


def _rows(
    layout: HumanLayout, records: Iterator[Record], columns: Mapping[str, str], notes: AnswerNotes
) -> Iterator[LabelledRow]:
    hidden = {column for role, column in columns.items() if role != "category"} - {"turn"}
    for record in records:
        for row in layout.read(with_columns(record, columns), notes):
            fields = {name: value for name, value in row.fields.items() if name not in hidden} if hidden else row.fields
            yield row if fields is row.fields else replace(row, fields=fields)
