"""MT-Bench's layout of labels: two conversations with two models, of which a turn was compared."""

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.conversation import read_answered
from evalkit.formats.human.row import LabelledRow, Said, fields_in, models_in, one_label
from evalkit.formats.human.texts import list_in, with_texts, within_limit
from evalkit.formats.instructions import instruction_key
from evalkit.formats.records import Record
from evalkit.formats.verdicts import optional_turn

CONVERSATIONS = ("conversation_a", "conversation_b")
# the second where a user names the column
_LABELS = ("winner", "label")


def mt_bench(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """A row with two conversations, `winner`, and the number of the turn that was compared."""
    models = models_in(record)
    label = next((name for name in _LABELS if name in record.fields), _LABELS[0])
    yield conversation_row(record, notes, models=models, said=one_label(record, label, models))


def conversation_row(
    record: Record, notes: AnswerNotes, *, models: tuple[str, str], said: Sequence[Said], item: str | None = None
) -> LabelledRow:
    """A row on two conversations up to the turn in the field `turn`, or on the whole of them.

    All turns of a conversation are in the cluster of its first instruction.

    Raises:
        InputError: a conversation is none, is too short, or asks something else than the other.
    """
    spelled = {name: list_in(record, name) for name in CONVERSATIONS if name in record.fields}
    whole = with_texts(Record(record.where, {**record.fields, **spelled}), CONVERSATIONS, notes, chats=CONVERSATIONS)
    turn = optional_turn(Record(record.where, {"turn": _number(record.fields.get("turn"))}))
    (asked, first), (other, second) = (_up_to(whole, name, turn) for name in CONVERSATIONS)
    if asked != other:
        raise InputError(
            f'{record.where}: fields "conversation_a" and "conversation_b" ask different questions up to the turn '
            "that was compared. Give two answers to the same question"
        )
    within_limit(record, CONVERSATIONS[0], "\n\n".join(asked))
    return LabelledRow(
        record,
        asked,
        (first, second),
        tuple(said),
        models,
        cluster=instruction_key(asked[0]),
        fields={**fields_in(record, (*CONVERSATIONS, *_LABELS)), **({} if item is None else {"item": item})},
        item=item,
    )


def _up_to(record: Record, name: str, turn: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The questions and the answers up to a turn."""
    messages = record.fields[name]
    if not isinstance(messages, list) or not messages:
        found = "an empty list" if messages == [] else kind_of(messages)
        raise InputError(f'{record.where}: field "{name}": expected the messages of a conversation, found {found}')
    try:
        answer = read_answered(Record(record.where, {"messages": messages}))
    except InputError as error:
        raise InputError(str(error).replace('field "messages', f'field "{name}', 1)) from None
    assert answer is not None and answer.asked is not None
    texts = answer.texts or ()
    last = len(texts) if turn is None else turn
    if len(texts) < last:
        raise InputError(f'{record.where}: field "{name}": holds {len(texts)} answer(s), and turn {last} was compared')
    return answer.asked[:last], texts[:last]


def _number(value: Any) -> Any:
    """A number that a table holds as text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 5 else value
