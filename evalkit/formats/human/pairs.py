"""The layouts that hold an instruction, two answers and a label in a row."""

import re
from collections.abc import Iterator

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.human.row import (
    MODELS,
    LabelledRow,
    Said,
    fields_in,
    models_in,
    one_label,
)
from evalkit.formats.human.texts import asked_with, instruction_in, list_in, with_texts
from evalkit.formats.human.winners import winner
from evalkit.formats.records import Record

OUTPUTS = ("output_1", "output_2")
RESPONSES = ("response1", "response2")
SIDES = ("response_A", "response_B")
_LABELS = ("label", "winner")
_PERSON = re.compile(r"annotator_?[0-9]+")


def alpaca_farm(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """A row with `preference`."""
    yield _pair(record, notes, "instruction", OUTPUTS, one_label(record, "preference"), ("preference",))


def plain(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """A row with `label` or `winner`, which may be the name of a model."""
    label = next((name for name in _LABELS if name in record.fields), _LABELS[0])
    models = models_in(record)
    yield _pair(record, notes, "instruction", OUTPUTS, one_label(record, label, models), _LABELS, models=models)


def llmbar(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """A row with `label`, whose instruction is called `input` in the set's own files."""
    asked = "instruction" if "instruction" in record.fields else "input"
    yield _pair(record, notes, asked, OUTPUTS, one_label(record, "label"), ("label",))


def judge_bench(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """A row with `question`, `response_A`, `response_B` and a label such as `A>B`; one model gave both answers."""
    yield _pair(record, notes, "question", SIDES, one_label(record, "label"), ("label",), models=MODELS)


def panda_lm(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """A row with a list of people's labels, or with a column for each person."""
    sides = OUTPUTS if OUTPUTS[0] in record.fields else RESPONSES
    columns = people_columns(record)
    people = tuple(Said(name, winner(record.fields[name], _place(record, name))) for name in columns)
    said = people or listed_labels(record, "annotators")
    compared = str(record.fields.get("cmp_key", "")).split("_")
    models = (compared[0], compared[1]) if len(compared) == 2 and all(compared) else None
    yield _pair(record, notes, "instruction", sides, said, columns, models=models)


def people_columns(record: Record) -> tuple[str, ...]:
    """The columns `annotator1`, `annotator2` and so on, of which each holds one person's labels."""
    return tuple(name for name in record.fields if _PERSON.fullmatch(name))


def listed_labels(record: Record, name: str) -> tuple[Said, ...]:
    """The labels of several people in a list; their places name nobody.

    Raises:
        InputError: the field holds no list, or an empty one, or a label that is none.
    """
    value = list_in(record, name)
    if not isinstance(value, list):
        raise InputError(f"{_place(record, name)}: expected a list of labels, found {kind_of(value)}")
    if not value:
        raise InputError(f"{_place(record, name)}: expected a label of at least one person, found an empty list")
    return tuple(Said(None, winner(said, f'{record.where}: field "{name}[{n}]"')) for n, said in enumerate(value))


def _pair(
    record: Record,
    notes: AnswerNotes,
    asked: str,
    sides: tuple[str, str],
    said: tuple[Said, ...],
    used: tuple[str, ...],
    *,
    models: tuple[str, str] | None = None,
) -> LabelledRow:
    whole = with_texts(record, (*asked_with(record, asked), *sides), notes)
    texts = whole.fields
    return LabelledRow(
        record,
        (instruction_in(whole, asked),),
        ((texts[sides[0]],), (texts[sides[1]],)),
        said,
        models or models_in(record),
        fields=fields_in(record, (asked, "input", "annotators", *sides, *used)),
    )


def _place(record: Record, name: str) -> str:
    return f'{record.where}: field "{name}"'
