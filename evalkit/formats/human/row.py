"""One row of a file of labels: the texts that were judged, and what is said of them."""

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.human.winners import winner_in
from evalkit.formats.names import checked_name
from evalkit.formats.records import Record

MODELS = ("output_1", "output_2")
# columns that name the person, or the judge, behind a row's label
PEOPLE = ("annotator", "judge", "annotator_index", "annotator_id")
_PAIRS_OF_MODELS = (("generator_1", "generator_2"), ("model_1", "model_2"), ("model_a", "model_b"))
_CATEGORIES = ("category", "dataset", "scenario", "subset")
# columns that say what a comparison is, whatever kind their values have
_KNOWN = ("turn", "datasplit", "source", *_CATEGORIES)
# what judges leave beside the labels
_OF_JUDGES = ("judge_name", "raw_completion", "judgments")
_NO_FIELDS = {*PEOPLE, *_OF_JUDGES, *(name for names in _PAIRS_OF_MODELS for name in names)}
_LONGEST_FIELD = 80
_LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Said:
    """The label of one person, or of one judge: P(second answer better), None where the row has no label.

    `person` is None where the row does not name one.
    """

    person: str | None
    preference: float | None


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A row with two answers, which hold a text for each turn; without texts, `item` names the comparison.

    `fields` are the row's further columns, and `cluster` is what it depends on, the instruction where it is None.
    """

    record: Record
    turns: tuple[str, ...]
    answers: tuple[tuple[str, ...], tuple[str, ...]]
    said: tuple[Said, ...]
    models: tuple[str, str] = MODELS
    cluster: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    item: str | None = None


def models_in(record: Record) -> tuple[str, str]:
    """The names of both models, where a row has them.

    Raises:
        InputError: a name is no text, or looks like a key.
    """
    for names in _PAIRS_OF_MODELS:
        if names[0] not in record.fields:
            continue
        found = [record.optional_name(name) for name in names]
        if found[0] and found[1]:
            first, second = (sys.intern(checked_name(name or "", record.where)) for name in found)
            return first, second
    return MODELS


def person_in(record: Record) -> str | None:
    """The name of the person or the judge in a row; a list of texts, as MT-Bench has it, is one name.

    Raises:
        InputError: the name is neither a text nor a whole number.
    """
    return next((name_of_person(record, name) for name in PEOPLE if name in record.fields), None)


def name_of_person(record: Record, name: str) -> str | None:
    value = record.fields[name]
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        value = " ".join(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None or value != value or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str):
        raise InputError(f'{record.where}: field "{name}": expected the name of a person, found {kind_of(value)}')
    return sys.intern(checked_name(value.strip(), record.where))


def one_label(record: Record, name: str, models: tuple[str, str] | None = None) -> tuple[Said, ...]:
    """The label in a field, with the person whose it is."""
    return (Said(person_in(record), winner_in(record, name, models=models)),)


def fields_in(record: Record, used: Collection[str]) -> dict[str, str]:
    """The short texts in a row's other columns, by which numbers can be split."""
    found = {}
    for name, value in record.fields.items():
        if name not in used and name not in _NO_FIELDS and (text := _short(name, value)):
            found[sys.intern(name)] = text
    return found


def category_in(fields: Mapping[str, str]) -> str | None:
    """The category of a comparison, by whichever of its columns names one."""
    return next((fields[name] for name in _CATEGORIES if name in fields), None)


def _short(name: str, value: Any) -> str | None:
    if isinstance(value, str):
        text = value.strip()
        return text if len(text) <= _LONGEST_FIELD and text.isprintable() else None
    if name in _KNOWN and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return str(int(value) if value == int(value) else value)
    return None
