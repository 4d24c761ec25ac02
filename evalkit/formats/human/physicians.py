"""HealthBench's labels of physicians: does an answer meet a criterion, read as a comparison of two statements."""

from collections.abc import Iterator

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.conversation import read_turns
from evalkit.formats.human.labelled import FIRST, SECOND
from evalkit.formats.human.row import LabelledRow, Said, fields_in
from evalkit.formats.human.texts import list_in, stands_first, with_texts, within_limit
from evalkit.formats.instructions import instruction_key
from evalkit.formats.names import checked_name
from evalkit.formats.records import Record

STATEMENTS = ("The answer meets the criterion.", "The answer does not meet the criterion.")
MODELS = ("meets", "does_not_meet")
_ASKED = "{question}\n\nConversation:\n{conversation}\n\nAnswer:\n{answer}\n\nCriterion:\n{criterion}"
_QUESTION = "Does the answer meet the criterion?"
_PEOPLE = "anonymized_physician_ids"


def health_bench(record: Record, notes: AnswerNotes) -> Iterator[LabelledRow]:
    """The statements that the answer meets and does not meet the criterion, in an order drawn from the instruction.

    The instruction is made of the conversation, the answer and the criterion; its cluster is the conversation.
    """
    whole = with_texts(record, ("prompt", "completion", "rubric"), notes, chats=("prompt",))
    conversation = "\n\n".join(read_turns(whole, "prompt"))
    fields = whole.fields
    asked = _ASKED.format(
        question=_QUESTION, conversation=conversation, answer=fields["completion"], criterion=fields["rubric"]
    )
    within_limit(record, "prompt", asked)
    meets_first = stands_first(*STATEMENTS, asked)
    shown, models = (STATEMENTS, MODELS) if meets_first else (STATEMENTS[::-1], MODELS[::-1])
    yield LabelledRow(
        record,
        (asked,),
        ((shown[0],), (shown[1],)),
        tuple(_labels(record, meets_first=meets_first)),
        models,
        cluster=instruction_key(conversation),
        fields=fields_in(record, ("prompt", "completion", "rubric")),
    )


def _labels(record: Record, *, meets_first: bool) -> Iterator[Said]:
    labels = list_in(record, "binary_labels")
    if not isinstance(labels, list) or not labels:
        found = "an empty list" if labels == [] else kind_of(labels)
        raise InputError(f'{record.where}: field "binary_labels": expected a list of labels, found {found}')
    people = list_in(record, _PEOPLE)
    named = isinstance(people, list) and len(people) == len(labels) and all(isinstance(one, str) for one in people)
    for number, label in enumerate(labels):
        if not isinstance(label, bool):
            place = f'{record.where}: field "binary_labels[{number}]"'
            raise InputError(f"{place}: expected true or false, found {kind_of(label)}")
        person = checked_name(people[number], record.where) if named and people is not None else None
        yield Said(person, FIRST if label == meets_first else SECOND)
