"""Questions and answers turn by turn, in the layouts of MT-Bench, Arena-Hard, the hub's chats and evalkit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.records import Record

ID_FIELDS = ("question_id", "uid", "prompt_id", "id")
# stands in place of an answer or a judgment where the call of a model failed
FAILED_CALL = "$ERROR$"


# fields that hold a chat, and the words of its messages in one of them
_CHATS = ("messages", "conversations", "conversation")
_SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant", "model": "assistant"}
_HEADINGS = {
    "system": "System message", "developer": "System message", "user": "User", "assistant": "Assistant", "tool": "Tool",
    "function": "Tool",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One record of a model's answers; `key` is None where the record names no question, `asked` where it does not hold
    the question, `texts` where the call failed.

    `system` is True if a system message was left out of the question.
    """

    key: str | None
    model: str | None
    asked: tuple[str, ...] | None
    texts: tuple[str, ...] | None
    metadata: Mapping[str, Any]
    n_samples: int = 1
    system: bool = False


def read_answered(record: Record, *, key: str | None = None) -> Answer | None:
    """The answer in a record of MT-Bench's or Arena-Hard's layout; None for a record of another layout.

    Args:
        key: the field that names the question.

    Raises:
        InputError: a field is missing or of a wrong kind; the message names its place.
    """
    if isinstance(record.fields.get("choices"), list):
        return _of_choices(record, key)
    chat = next((name for name in _CHATS if isinstance(record.fields.get(name), list)), None)
    return None if chat is None else _of_messages(record, chat, key)


def read_turns(record: Record, name: str) -> tuple[str, ...]:
    """A field that is a text, or a list with a text, or an object with a text as `content`, for each turn.

    Messages of a chat keep their roles: what the system says, and earlier answers, are part of the turn behind them.

    Raises:
        InputError: the field holds anything else, or no turn; or the last message is not the user's.
    """
    value = record.fields.get(name)
    if not isinstance(value, list):
        return (record.text(name),)
    if any(isinstance(said, dict) and said.get("role") not in (None, "user") for said in value):
        return _turns_of_chat(record, name, value)
    return texts_of(record, name, value)


def read_instruction(record: Record, name: str = "instruction") -> tuple[str, ...]:
    """The turns of an instruction, to which the field `input` belongs, as in Alpaca's data.

    Raises:
        InputError: as for `read_turns`.
    """
    turns = read_turns(record, name)
    added = record.fields.get("input")
    if len(turns) != 1 or not isinstance(added, str) or not added.strip():
        return turns
    if " ".join(added.split()) in " ".join(turns[0].split()):
        return turns
    return (f"{turns[0]}\n\n{record.text('input')}",)


def _turns_of_chat(record: Record, name: str, messages: Sequence[Any]) -> tuple[str, ...]:
    """The texts before the model at each turn that it was to answer, beyond its own answers."""
    turns: list[str] = []
    before: list[str] = []
    said = [_message(record, f"{name}[{number}]", message) for number, message in enumerate(messages)]
    for (_, role, text), following in zip(said, [*said[1:], None], strict=True):
        told = f"{_HEADINGS[role]}:\n{text}"
        if role != "user" or (following is not None and following[1] != "user"):
            before.append(told)
        else:
            turns.append("\n\n".join([*before, told]) if before else text)
            before = []
    if before or not turns:
        raise InputError(
            f'{record.where}: field "{name}": ends with a message of the {said[-1][1]}, and the model is to answer '
            "one of the user. Leave out what follows it"
        )
    return tuple(turns)


def texts_of(record: Record, place: str, turns: Sequence[Any]) -> tuple[str, ...]:
    """The texts of turns that are texts or objects with a text as `content`.

    Raises:
        InputError: a turn is anything else, or there is none.
    """
    if not turns:
        raise InputError(f'{record.where}: field "{place}": expected a text for each turn, found an empty list')
    return tuple(
        text_at(record, f"{place}[{turn}]", _joined(said.get("content")) if isinstance(said, dict) else said)
        for turn, said in enumerate(turns)
    )


def _joined(content: object) -> object:
    """The text of a message that comes in parts; anything else as it is."""
    if not isinstance(content, list) or not content:
        return content
    parts = [part.get("text") if isinstance(part, dict) and part.get("type", "text") == "text" else None
             for part in content]  # fmt: skip
    return "".join(filter(None, parts)) if all(isinstance(part, str) for part in parts) else content


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
    # null is an empty answer, as in every layout
    texts = texts_of(record, "choices[0].turns", ["" if turn is None else turn for turn in turns])
    return Answer(
        key=read_id(record, key or id_field(record) or ID_FIELDS[0]),
        model=record.optional_text("model_id"),
        asked=None,
        texts=None if FAILED_CALL in texts else texts,
        metadata=_metadata(record),
        n_samples=len(choices),
    )


def _of_messages(record: Record, chat: str, key: str | None) -> Answer:
    asked: list[str] = []
    texts: list[str] = []
    system: list[str] = []
    for number, message in enumerate(record.fields[chat]):
        place, role, text = _message(record, f"{chat}[{number}]", message)
        if role not in ("user", "assistant"):
            system.append(f"{_HEADINGS[role]}:\n{text}")
            continue
        if (role == "user") != (len(asked) == len(texts)):
            raise InputError(f'{record.where}: field "{place}": user and assistant do not take turns')
        (asked if role == "user" else texts).append(text)
    if not texts:
        raise InputError(f'{record.where}: field "{chat}": holds no answer of an assistant')
    named = key or id_field(record)
    if named is None and system:
        # a question that is known by its text is all that the model was told
        asked[0] = "\n\n".join([*system, f"{_HEADINGS['user']}:\n{asked[0]}"])
    return Answer(
        key=None if named is None else read_id(record, named),
        model=record.optional_text("model") or record.optional_text("generator"),
        asked=tuple(asked),
        texts=None if FAILED_CALL in texts else tuple(texts),
        metadata=_metadata(record),
        system=named is not None and bool(system),
    )


def _message(record: Record, place: str, message: object) -> tuple[str, str, str]:
    """Place, role and text of a message."""
    fields = object_at(record, place, message)
    shares = "from" in fields and "role" not in fields
    role = text_at(record, f"{place}.role", fields.get("from" if shares else "role"))
    role = _SPEAKERS.get(role, role)
    if role not in _HEADINGS:
        known = ", ".join(_HEADINGS)
        raise InputError(f'{record.where}: field "{place}.role": expected one of {known}, found {role[:40]!r}')
    said = _joined(fields.get("value" if shares else "content"))
    text = said.get("answer") if isinstance(said, dict) else said
    # null is an empty answer, as in every layout
    text = "" if text is None and role == "assistant" and not fields.get("tool_calls") else text
    return place, role, text_at(record, f"{place}.content", text)


def _metadata(record: Record) -> Mapping[str, Any]:
    found = record.fields.get("metadata", record.fields.get("conv_metadata"))
    return found if isinstance(found, dict) else {}
