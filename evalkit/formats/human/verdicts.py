"""Reads the verdicts of judges in files of other tools and ours, with the texts or the items that they are on."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import read_preference
from evalkit.formats.alpaca_verdicts import row_reply
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.human.items import ItemLabels
from evalkit.formats.human.layout import layout_of_labels, with_columns
from evalkit.formats.human.pairs import OUTPUTS, SIDES
from evalkit.formats.human.reading import records_of
from evalkit.formats.human.row import PEOPLE, name_of_person
from evalkit.formats.human.texts import asked_with, instruction_in, list_in, with_texts
from evalkit.formats.human.winners import shown, winner
from evalkit.formats.records import Record
from evalkit.formats.rows import Source
from evalkit.formats.verdicts import NO_VERDICT
from evalkit.types import BOTH_ORDERS, Order

_OTHER_ORDER = dict(zip(BOTH_ORDERS, BOTH_ORDERS[::-1], strict=True))


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """One verdict as its file has it: on an instruction and two answers, or under the `name` of an item or our key.

    `preference` is P(the file's second answer is better), None where there is a `failure`.
    """

    judge: str | None
    preference: float | None
    texts: tuple[str, str, str] | None = None
    name: str | None = None
    order: Order | None = None
    failure: str | None = None
    reply: str | None = None

    def turned(self) -> "RecordedVerdict":
        """The same verdict on the answers in the other order."""
        order = None if self.order is None else _OTHER_ORDER[self.order]
        preference = None if self.preference is None else 1.0 - self.preference
        return replace(self, order=order, preference=preference)


def verdicts_in(source: str | Source, columns: Mapping[str, str], notes: AnswerNotes) -> Iterator[RecordedVerdict]:
    """The verdicts of a source, in its order.

    Raises:
        InputError: wrong content; the message names the row and the field.
    """
    items, records = records_of(source)
    if items is not None:
        yield from _of_items(items, source)
        return
    first = next(records, None)
    if first is None:
        raise InputError(f"{source}: holds no rows")
    named = with_columns(first, columns)
    rows = (with_columns(record, columns) for record in chain([first], records))
    if {"judgments", *SIDES} <= named.fields.keys():
        for record in rows:
            yield from _of_judge_bench(record, notes)
    elif "preference" in named.fields and ({"instruction", *OUTPUTS} <= named.fields.keys() or "key" in named.fields):
        yield from (_of_alpaca(record, notes) for record in rows)
    else:
        layout = layout_of_labels(named.fields, source, columns)
        for record in rows:
            for row in layout.read(record, notes):
                texts = ("\n\n".join(row.turns), "\n\n".join(row.answers[0]), "\n\n".join(row.answers[1]))
                yield from (_verdict_of(one.person, one.preference, texts=texts) for one in row.said)


def _verdict_of(judge: str | None, preference: float | None, **told: Any) -> RecordedVerdict:
    return RecordedVerdict(judge, preference, failure=NO_VERDICT if preference is None else None, **told)


def _of_items(items: ItemLabels, source: str | Source) -> Iterator[RecordedVerdict]:
    for judge, labels in items.items():
        for item, label in labels.items():
            yield _verdict_of(judge, winner(label, f"{source}: item {shown(item)}"), name=item)


def _of_judge_bench(record: Record, notes: AnswerNotes) -> Iterator[RecordedVerdict]:
    """The verdicts on a pair: the first with the answer A shown first, the second with B shown first."""
    fields = with_texts(record, ("question", *SIDES), notes).fields
    texts = (fields["question"], fields[SIDES[0]], fields[SIDES[1]])
    judgments = list_in(record, "judgments")
    if not isinstance(judgments, list) or not 1 <= len(judgments) <= len(BOTH_ORDERS):
        found = f"{len(judgments)} of them" if isinstance(judgments, list) else kind_of(judgments)
        raise InputError(f'{record.where}: field "judgments": expected one or two judgments, found {found}')
    for number, (order, said) in enumerate(zip(BOTH_ORDERS, judgments, strict=False)):
        place = Record(f"{record.where}: judgments[{number}]", said if isinstance(said, dict) else {})
        inside = place.fields.get("judgment")
        detail = Record(place.where, inside if isinstance(inside, dict) else {})
        judge = detail.optional_name("judge_model") or record.optional_name("judge_name")
        second_shown = _by_scores(detail)
        if second_shown is None:
            second_shown = winner(place.fields.get("decision"), f'{place.where}: field "decision"')
        shown = _verdict_of(
            judge, second_shown, texts=texts, order=BOTH_ORDERS[0], reply=detail.optional_text("response")
        )
        # the verdict is on the answers as they were shown
        yield shown if order == BOTH_ORDERS[0] else replace(shown.turned(), texts=texts)


def _by_scores(detail: Record) -> float | None:
    """P(the answer shown second is better) by the two scores of a reward model; None where there are none."""
    scores = detail.fields.get("scores")
    if scores is None:
        return None
    numbers = [one for one in scores if isinstance(one, int | float) and not isinstance(one, bool)
               and math.isfinite(one)] if isinstance(scores, list) else []  # fmt: skip
    if not isinstance(scores, list) or len(numbers) != len(scores) or len(scores) != len(SIDES):
        raise InputError(f'{detail.where}: field "scores": expected two numbers')
    ahead = float(numbers[1]) - float(numbers[0])
    small = math.exp(-abs(ahead))
    return 1.0 / (1.0 + small) if ahead >= 0 else small / (1.0 + small)


def _of_alpaca(record: Record, notes: AnswerNotes) -> RecordedVerdict:
    """A row of annotations: AlpacaEval's, or ours, whose key may be that of a comparison."""
    fields = {**record.fields, "preference": _as_number(record.fields.get("preference"))}
    preference = read_preference(Record(record.where, fields))
    key = fields.get("key")
    # null is an empty answer in such rows
    plain = Record(record.where, {**fields, **{name: "" for name in OUTPUTS if fields.get(name) is None}})
    texts = None
    if fields.get("instruction") is not None:
        whole = with_texts(plain, (*asked_with(plain, "instruction"), *OUTPUTS), notes)
        texts = (instruction_in(whole, "instruction"), whole.fields[OUTPUTS[0]], whole.fields[OUTPUTS[1]])
    order, reply = row_reply(record)
    return RecordedVerdict(
        next((name_of_person(record, name) for name in PEOPLE if name in record.fields), None),
        preference,
        texts,
        key if isinstance(key, str) else None,
        order if order in BOTH_ORDERS else None,
        None if preference is not None else record.optional_text("failure") or NO_VERDICT,
        reply,
    )


def _as_number(value: Any) -> Any:
    """A number that a table holds as text; anything else as it is."""
    if not isinstance(value, str) or not value.strip():
        return value
    try:
        return float(value)
    except ValueError:
        return value
