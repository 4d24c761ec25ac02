"""The layout of labels by the name of an item, as the alternative annotator test has it: texts stand elsewhere."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats import hub
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.human.conversations import conversation_row
from evalkit.formats.human.row import MODELS, LabelledRow, Said
from evalkit.formats.human.winners import WORDS, winner
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.names import checked_name
from evalkit.formats.outputs import source_records
from evalkit.formats.records import Record
from evalkit.formats.rows import Rows, Source

# labels by item, by the name of the person or the judge; None where the file names nobody
ItemLabels = Mapping[str | None, Mapping[str, Any]]

# the fields of a dictionary of dictionaries, as formats.rows reads it
_DICTIONARY = {"instruction", "output", "generator"}
_NAMES = ("text_id", "item", "id")
_LONGEST_ITEM = 80
# QUESTION__MODEL__MODEL__TURN
_PARTS = 4


def object_in(source: str | Source) -> dict[str, Any] | None:
    """The object that a file of JSON consists of; None for a file of rows."""
    if isinstance(source, Rows) or str(source).startswith(hub.PREFIX) or Path(source).is_dir():
        return None
    layout = layout_of(Path(source))
    return dict(first_fields(Path(source), layout)) if layout.container == "object" else None


def labels_by_item(whole: Mapping[str, Any]) -> ItemLabels | None:
    """The labels of an object `{person: {item: label}}` or `{item: label}`; None for any other object."""
    values = list(whole.values())
    if values and all(isinstance(value, dict) for value in values):
        plain = all(not isinstance(label, dict | list) for value in values for label in value.values())
        named: dict[str | None, Mapping[str, Any]] = {}
        named.update(whole)
        return named if plain else None
    known = [isinstance(value, str) and value.strip().casefold() in WORDS for value in values]
    return {None: whole} if known and known[0] else None


def labels_in_rows(records: Sequence[Record]) -> ItemLabels | None:
    """The same of a dictionary that was given as a value, which is read as rows; None for any other rows."""
    if not all(record.fields.keys() <= _DICTIONARY and "output" in record.fields for record in records):
        return None
    found: dict[str | None, dict[str, Any]] = {}
    for record in records:
        found.setdefault(record.optional_name("generator"), {})[record.text("instruction")] = record.fields["output"]
    first = next(iter(next(iter(found.values())).values()))
    return found if isinstance(first, str) and first.strip().casefold() in WORDS else None


def rows_of_items(
    labels: ItemLabels, source: str | Source, notes: AnswerNotes, prompts: str | Source | None
) -> Iterator[LabelledRow]:
    """A row for each item, in the order in which the file first names it, with what everybody says of it.

    Args:
        prompts: a file with `conversation_a` and `conversation_b` for each item; without one the rows have no texts.

    Raises:
        InputError: a label is none, or an item has no prompt.
    """
    texts = None if prompts is None else dict(_prompts(prompts))
    if texts is not None and not texts:
        raise InputError(f"{prompts}: holds no prompts of items")
    for item in dict.fromkeys(item for said in labels.values() for item in said):
        where = f"{source}: item {json.dumps(item[:_LONGEST_ITEM])}"
        said = tuple(
            Said(_name(person, where), winner(by_item[item], _place(where, person)))
            for person, by_item in labels.items()
            if item in by_item
        )
        models, cluster, turn = _parts(item)
        if texts is None:
            fields = {"turn": turn} if turn is not None else {}
            yield LabelledRow(Record(where, {}), (), ((), ()), said, models, cluster=cluster, fields=fields, item=item)
            continue
        if item not in texts:
            raise InputError(f"{where}: has no prompt in {prompts}. Give the file that belongs to the labels")
        record = texts[item]
        shown = {**record.fields, **({} if turn is None else {"turn": int(turn)})}
        yield conversation_row(Record(record.where, shown), notes, models=models, said=said, item=item)


def _name(person: str | None, where: str) -> str | None:
    return None if person is None else sys.intern(checked_name(person.strip(), where))


def _place(where: str, person: str | None) -> str:
    return where if person is None else f"{where}: {json.dumps(person[:_LONGEST_ITEM])}"


def _parts(item: str) -> tuple[tuple[str, str], str, str | None]:
    """The models, the question and the turn that an item is named by."""
    parts = item.split("__")
    if len(parts) != _PARTS or not all(parts) or not (parts[-1].isascii() and parts[-1].isdigit()):
        return MODELS, item, None
    question, first, second, turn = parts
    return (checked_name(first, "an item"), checked_name(second, "an item")), question, turn


def _prompts(source: str | Source) -> Iterator[tuple[str, Record]]:
    whole = object_in(source)
    if whole is not None:
        for item, fields in whole.items():
            where = f"{source}: item {json.dumps(item[:_LONGEST_ITEM])}"
            if not isinstance(fields, dict):
                raise InputError(f"{where}: expected a mapping with conversations, found {kind_of(fields)}")
            yield item, Record(where, fields)
        return
    for record in source_records(source):
        name = next((name for name in _NAMES if name in record.fields), _NAMES[0])
        yield record.text(name), record
