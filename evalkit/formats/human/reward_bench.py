"""RewardBench's layouts of labels: a chosen and a rejected answer, or lists of both."""

import re
from collections.abc import Iterator
from typing import Any

from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.conversation import read_answered, read_turns
from evalkit.formats.human.labelled import FIRST, SECOND
from evalkit.formats.human.row import MODELS, LabelledRow, Said, fields_in
from evalkit.formats.human.texts import stands_first, with_texts, within_limit
from evalkit.formats.names import checked_name
from evalkit.formats.records import Record

SIDES = ("chosen", "rejected")
_MODELS = ("chosen_model", "rejected_model")
# the two prompts of one question in the subset of ties
_TIES = re.compile(r"(?:ref|tied):(.+)", re.DOTALL)


def reward_bench(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """Every chosen answer of a row against every rejected one; which of both stands first is drawn from their texts."""
    names = ("prompt", *SIDES)
    whole = with_texts(record, names, notes, chats=names)
    turns = read_turns(whole, "prompt")
    asked = within_limit(record, "prompt", "\n\n".join(turns))
    fields = fields_in(record, (*names, *_MODELS))
    models = {
        side: checked_name(record.optional_name(name) or "", record.where)
        for side, name in zip(SIDES, _MODELS, strict=True)
    }
    chosen, rejected = (_answers(whole, side) for side in SIDES)
    for better in chosen:
        for worse in rejected:
            first = stands_first(better, worse, asked)
            told = (models["chosen"], models["rejected"]) if all(models.values()) else None
            yield LabelledRow(
                record,
                turns,
                ((better,), (worse,)) if first else ((worse,), (better,)),
                (Said(None, FIRST if first else SECOND),),
                MODELS if told is None else told if first else told[::-1],
                cluster=_cluster(record.fields.get("id")),
                fields=fields,
            )


def _answers(record: Record, side: str) -> list[str]:
    value = record.fields[side]
    if isinstance(value, str):
        return [value]
    if not value:
        raise InputError(f'{record.where}: field "{side}": expected an answer, found an empty list')
    if not any(isinstance(part, dict) for part in value):
        return list(value)
    # a chat, whose last message is the answer
    try:
        answer = read_answered(Record(record.where, {"messages": _with_question(value)}))
    except InputError as error:
        raise InputError(str(error).replace('field "messages', f'field "{side}', 1)) from None
    if answer is None or not answer.texts:
        raise InputError(f'{record.where}: field "{side}": holds no answer of an assistant')
    return [answer.texts[-1]]


def _with_question(messages: list[Any]) -> list[Any]:
    """The messages, before which a question stands where they begin with the answer."""
    first = messages[0]
    answers = isinstance(first, dict) and first.get("role") == "assistant"
    return [{"role": "user", "content": ""}, *messages] if answers else messages


def _cluster(name: Any) -> str | None:
    """The question of both prompts in the subset of ties; None for any other prompt, which is its own."""
    found = _TIES.fullmatch(name) if isinstance(name, str) else None
    return f"ties:{found.group(1)}" if found else None
