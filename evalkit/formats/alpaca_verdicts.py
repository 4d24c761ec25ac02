"""Reads the verdicts in rows of annotations, AlpacaEval's and ours."""

import json
from collections.abc import Mapping
from typing import Any

from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import BLANKS, CLUSTER, LENGTHS, RECORDED_LABELS, raw_choices, read_preference
from evalkit.formats.conversation import read_instruction, text_at
from evalkit.formats.instructions import instruction_key
from evalkit.formats.records import Record
from evalkit.formats.verdicts import NO_VERDICT, UNNAMED_JUDGE, optional_number, optional_turn, recorded
from evalkit.text import blanks_around, count_markdown
from evalkit.types import Annotation, Order, Rating


def row_verdict(record: Record) -> Annotation:
    """The preference or the grade of a row, which is the mean over its replies.

    Raises:
        InputError: wrong content; the message names the row and the field.
    """
    # a table of both kinds has all columns in every row
    compared = "rating" not in record.fields or (
        optional_number(record, "rating") is None and isinstance(record.fields.get("generator_1"), str)
    )
    return _preference(record) if compared else _grade(record)


def _preference(record: Record) -> Annotation:
    texts = _answers(record)
    key, turn = _question(record)
    preference = read_preference(record)
    order, reply = row_reply(record)
    return recorded(
        key=key,
        turn=turn,
        cluster=record.optional_text(CLUSTER),
        judge=record.optional_text("annotator") or UNNAMED_JUDGE,
        model=record.text("generator_2"),
        baseline=record.text("generator_1"),
        category=record.optional_text("dataset"),
        order=order,
        preference=preference,
        failure=NO_VERDICT if preference is None else None,
        reply=reply,
        chars=(_length(record, LENGTHS[0], texts[0]), _length(record, LENGTHS[1], texts[1])),
        blanks=(_blanks(record, BLANKS[0], texts[0]), _blanks(record, BLANKS[1], texts[1])),
        measures=(count_markdown(texts[0] or ""), count_markdown(texts[1] or "")),
    )


def _answers(record: Record) -> tuple[str | None, str | None]:
    """The baseline's and the candidate's answer; None in a row of ours that was written without texts.

    Elsewhere a null answer is an empty one.
    """
    for name in ("output_1", "output_2"):
        if name not in record.fields:
            record.text(name)
    known = record.optional_text("output_1"), record.optional_text("output_2")
    bare = record.fields.get("instruction") is None and "key" in record.fields
    return known if bare else (known[0] or "", known[1] or "")


def _length(record: Record, name: str, text: str | None) -> int | None:
    if text is not None:
        return len(text)
    said = optional_number(record, name)
    if said is not None and (said != int(said) or not 0 <= said <= 2**53):
        raise InputError(f'{record.where}: field "{name}": expected a length in characters, found {said:g}')
    return None if said is None else int(said)


def _grade(record: Record) -> Annotation:
    key, turn = _question(record)
    rating, scale = optional_number(record, "rating"), row_scale(record)
    if rating is not None and (scale is None or not scale[0] <= rating <= scale[1]):
        raise InputError(f'{record.where}: field "rating": {rating:g} has no scale. Give the ends of one in "scale"')
    answer = record.optional_text("output_2")
    return recorded(
        key=key,
        turn=turn,
        cluster=record.optional_text(CLUSTER),
        judge=record.optional_text("annotator") or UNNAMED_JUDGE,
        model=record.text("generator_2"),
        category=record.optional_text("dataset"),
        order=Order.ALONE,
        rating=None if rating is None or scale is None else Rating(rating, *scale),
        failure=(record.optional_text("failure") or NO_VERDICT) if rating is None else None,
        chars=(None, _length(record, LENGTHS[1], answer)),
        measures=({}, count_markdown(answer or "")),
    )


def row_scale(record: Record) -> tuple[float, float] | None:
    """The ends of the scale of a row's grade, which a row without a grade may tell too."""
    ends = record.fields.get("scale")
    if not isinstance(ends, list) or len(ends) != 2:
        return None
    low, high = (optional_number(Record(record.where, {"scale": end}), "scale") for end in ends)
    return None if low is None or high is None or not low < high else (low, high)


def _question(record: Record) -> tuple[str, int | None]:
    """The question's own name and the turn, in rows of ours on a conversation; else the instruction's digest."""
    turn = optional_turn(record) if "key" in record.fields else None
    if record.fields.get("instruction") is None and isinstance(key := record.fields.get("key"), str):
        # a row without texts is known by its key, which shows the turn of a conversation
        split = turn is not None and key.endswith(f":{turn}")
        return record.text("key").removesuffix(f":{turn}") if split else record.text("key"), turn if split else None
    if turn is None:
        return instruction_key("\n\n".join(read_instruction(record))), None
    return record.text("key").removesuffix(f":{turn}"), turn


def _blanks(record: Record, name: str, text: str | None) -> int | None:
    """The number of blank characters of an answer; our rows have a field for answers whose turns are joined."""
    # a table has fractions where only some rows have the number
    said = optional_number(record, name)
    if said is None:
        return None if text is None else blanks_around([text])
    chars = _length(record, LENGTHS[BLANKS.index(name)], text) or 0
    if said != int(said) or not 0 <= said <= chars:
        raise InputError(f'{record.where}: field "{name}": expected how many of the {chars} characters are blanks')
    return int(said)


def row_reply(record: Record) -> tuple[Order | None, str | None]:
    """The order and the text of the reply behind a row; None where there are several or where they are unknown."""
    entries = raw_choices(record.fields)
    if len(entries) != 1:
        return None, None
    (raw,) = entries
    named = record.fields.get("referenced_models")
    first = named.get(RECORDED_LABELS.first) if isinstance(named, dict) else None
    orders: dict[object, Order] = {"output_1": Order.BASELINE_FIRST, "output_2": Order.CANDIDATE_FIRST}
    orders |= {order.value: order for order in Order}
    found = first if isinstance(first, str) else raw.get("order")
    return orders.get(found) if isinstance(found, str) else None, _reply_text(record, raw)


def _reply_text(record: Record, raw: Mapping[str, Any]) -> str | None:
    message = raw.get("message")
    said = message.get("content") if isinstance(message, dict) else raw.get("text")
    if isinstance(said, str):
        return text_at(record, "raw_completion", said)
    # the arguments of a tool call are the object itself
    return None if "message" in raw or "text" in raw else json.dumps(raw)
