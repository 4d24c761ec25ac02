"""Questions and answers turn by turn, in the layouts of MT-Bench, Arena-Hard and evalkit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.records import Record

ID_FIELDS = ("question_id", "uid", "prompt_id", "id")
# stands in place of an answer or a judgment where the call of a model failed
FAILED_CALL = "$ERROR$"


@dataclass(frozen=True, slots=True)
class Answer:
    """One record of a model's answers; `asked` is None where the record does not hold the question, `texts` None where
    the call failed.
    """

    key: str
    model: str | None
    asked: tuple[str, ...] | None
    texts: tuple[str, ...] | None
    metadata: Mapping[str, Any]
    n_samples: int = 1


def read_answered(record: Record, *, key: str | None = None) -> Answer | None:
    """The answer in a record of MT-Bench's or Arena-Hard's layout; None for a record of another layout.

    Args:
        key: the field that names the question.

    Raises:
        InputError: a field is missing or of a wrong kind; the message names its place.
    """
    if isinstance(record.fields.get("choices"), list):
        return _of_choices(record, key)
    if isinstance(record.fields.get("messages"), list):
        return _of_messages(record, key)
    return None


def read_turns(record: Record, name: str) -> tuple[str, ...]:
    """A field that is a text, or a list with a text, or an object with a text as `content`, for each turn.

    Raises:
        InputError: the field holds anything else, or no turn.
    """
    value = record.fields.get(name)
    if not isinstance(value, list):
        return (record.text(name),)
    return texts_of(record, name, value)


def texts_of(record: Record, place: str, turns: Sequence[Any]) -> tuple[str, ...]:
    """The texts of turns that are texts or objects with a text as `content`.

    Raises:
        InputError: a turn is anything else, or there is none.
    """
    if not turns:
        raise InputError(f'{record.where}: field "{place}": expected a text for each turn, found an empty list')
    return tuple(
        text_at(record, f"{place}[{turn}]", said.get("content") if isinstance(said, dict) else said)
        for turn, said in enumerate(turns)
    )


def text_at(record: Record, place: str, value: object) -> str:
    """A value inside a record that must be text.

    Raises:
        InputError: the value is of another kind; the message names its place.
    """
    return Record(record.where, {place: value}).text(place)


def read_id(record: Record, name: str) -> str:
    """A field that is a text or a whole number, as text.

    Raises:
        InputError: the field holds anything else.
    """
    value = record.fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return record.text(name)


def write_id(key: str) -> int | str:
    """The inverse of `read_id`: whole numbers are written as such."""
    return int(key) if key.isascii() and key.isdigit() and key == str(int(key[:18])) else key


def id_field(record: Record) -> str | None:
    """The name of the field that names the question; None where there is no such field."""
    return next((name for name in ID_FIELDS if record.fields.get(name) is not None), None)


def without_mark(text: str) -> str:
    """A judge's text changed so that it is not taken for a failed call, whatever it quotes."""
    return text.replace(FAILED_CALL, FAILED_CALL.strip("$"))


def object_at(record: Record, place: str, value: object) -> dict[str, Any]:
    """A value inside a record that must be an object.

    Raises:
        InputError: the value is of another kind; the message names its place.
    """
    if not isinstance(value, dict):
        raise InputError(f'{record.where}: field "{place}": expected a mapping, found {kind_of(value)}')
    return value


def _of_choices(record: Record, key: str | None) -> Answer:
    choices = record.fields["choices"]
    if not choices:
        raise InputError(f'{record.where}: field "choices": expected an answer, found an empty list')
    turns = object_at(record, "choices[0]", choices[0]).get("turns")
    if not isinstance(turns, list):
        raise InputError(f'{record.where}: field "choices[0].turns": expected a list, found {kind_of(turns)}')
    texts = texts_of(record, "choices[0].turns", turns)
    return Answer(
        key=read_id(record, key or id_field(record) or ID_FIELDS[0]),
        model=record.optional_text("model_id"),
        asked=None,
        texts=None if FAILED_CALL in texts else texts,
        metadata=_metadata(record),
        n_samples=len(choices),
    )


def _of_messages(record: Record, key: str | None) -> Answer:
    asked: list[str] = []
    texts: list[str] = []
    for place, role, text in _messages(record):
        if role not in ("user", "assistant"):
            continue
        if (role == "user") != (len(asked) == len(texts)):
            raise InputError(f'{record.where}: field "{place}": user and assistant do not take turns')
        (asked if role == "user" else texts).append(text)
    if not texts:
        raise InputError(f'{record.where}: field "messages": holds no answer of an assistant')
    return Answer(
        key=read_id(record, key or id_field(record) or ID_FIELDS[1]),
        model=record.optional_text("model"),
        asked=tuple(asked),
        texts=None if FAILED_CALL in texts else tuple(texts),
        metadata=_metadata(record),
    )


def _messages(record: Record) -> Iterator[tuple[str, str, str]]:
    """Place, role and text of each message."""
    for number, message in enumerate(record.fields["messages"]):
        place = f"messages[{number}]"
        fields = object_at(record, place, message)
        said = fields.get("content")
        text = said.get("answer") if isinstance(said, dict) else said
        yield place, text_at(record, f"{place}.role", fields.get("role")), text_at(record, f"{place}.content", text)


def _metadata(record: Record) -> Mapping[str, Any]:
    found = record.fields.get("metadata", record.fields.get("conv_metadata"))
    return found if isinstance(found, dict) else {}
