"""Reads the texts in files of verdicts, and the instruction that each record is about."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.formats.arena_hard import BASELINE_V01
from evalkit.formats.conversation import ID_FIELDS, id_field, read_id
from evalkit.formats.foreign import Kind, detect
from evalkit.formats.instructions import instruction_key
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.outputs import source_records
from evalkit.formats.records import Record
from evalkit.formats.rows import Source
from evalkit.formats.shown import Shown, shown_to_judge
from evalkit.formats.table import row_key
from evalkit.formats.turns import turn_key
from evalkit.formats.verdicts import optional_turn
from evalkit.types import Message

INSTRUCTION = "instruction"
# the fields of AlpacaEval's rows and of tables that may name a model, and the field that holds its answer
_SIDES = ((("generator_1", "baseline"), "output_1"), (("generator_2", "model"), "output_2"))


@dataclass(frozen=True, slots=True)
class Texts:
    """The instruction and the answers of one record, as far as it has them, with its possible keys.

    `question` is the key without the number of a turn.
    """

    keys: tuple[str, ...]
    question: str
    instruction: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


def texts_in(path: Source) -> Iterator[Texts]:
    """The texts in a file of verdicts, by record, from its fields or from the judges' prompts.

    Raises:
        InputError: the file is missing, or an instruction in it is not a text.
    """
    kind = detect(path)
    if kind[0] == "inspect":
        return
    read = _READERS.get(kind, _of_row if INSTRUCTION in first_fields(path, layout_of(path)) else None)
    if read is not None:
        yield from (found for record in source_records(path) if (found := read(record)) is not None)


def texts_of(records: Sequence[Record], kind: Kind) -> Iterator[Texts]:
    """The texts in the records of a file of that kind, as `texts_in` reads them."""
    read = _READERS.get(kind, _of_row if INSTRUCTION in records[0].fields else None)
    return iter(()) if read is None else (found for record in records if (found := read(record)) is not None)


def longest_instructions(texts: Iterable[Texts]) -> dict[str, str]:
    """The instruction of each question, with all its turns."""
    found: dict[str, str] = {}
    for record in texts:
        if record.instruction is not None and len(record.instruction) >= len(found.get(record.question, "")):
            found[record.question] = record.instruction
    return found


def question_of(record: Record) -> str:
    """The key of the instruction that a record of verdicts is about, without the number of a turn.

    Raises:
        InputError: the record names no instruction.
    """
    named, instruction = record.fields.get("key"), record.fields.get(INSTRUCTION)
    if isinstance(named, str):
        return named.removesuffix(f":{_turn(record)}") if "turn" in record.fields else named
    if isinstance(instruction, str):
        return instruction_key(instruction)
    if "index" in record.fields:
        return row_key(record.fields["index"], "index")
    return read_id(record, id_field(record) or ID_FIELDS[0])


def _turn(record: Record) -> Any:
    """The number of the turn, which a table writes as a fraction where only some rows have one."""
    said = record.fields.get("turn", 1)
    return int(said) if isinstance(said, float) and said.is_integer() else said


def _of_row(record: Record) -> Texts:
    instruction = record.optional_text(INSTRUCTION)
    named = record.fields.get("key")
    # our rows name the turn in a field beside the key
    names = (named, turn_key(named, _turn(record))) if isinstance(named, str) else ()
    answers = {}
    for fields, holds in _SIDES:
        model = next((name for field_name in fields if isinstance(name := record.fields.get(field_name), str)), None)
        answer = record.fields.get(holds)
        if model is not None and isinstance(answer, str):
            answers[model] = answer
    digest = () if instruction is None else (instruction_key(instruction),)
    return Texts((*names, *digest), question_of(record), instruction, answers)


def _of_single(record: Record) -> Texts | None:
    return _of_prompt(record, _turn_key(record), record.fields.get("user_prompt"), (record.fields.get("model"),))


def _of_pair(record: Record) -> Texts | None:
    # in the first game model_1 is shown first; the old form has one game and does not say who is shown first
    both = record.fields.get("model_1"), record.fields.get("model_2")
    found = _of_prompt(record, _turn_key(record), record.fields.get("g1_user_prompt"), both)
    return found or _of_prompt(record, _turn_key(record), record.fields.get("user_prompt"), ())


def _of_games(record: Record) -> Texts | None:
    games = record.fields.get("games")
    game = games[0] if isinstance(games, list) and games and isinstance(games[0], dict) else {}
    both = record.fields.get("baseline") or BASELINE_V01, record.fields.get("model")
    key = read_id(record, id_field(record) or ID_FIELDS[1])
    return _of_prompt(record, key, game.get("prompt", game.get("user_prompt")), both)


def _turn_key(record: Record) -> str:
    key, turn = read_id(record, id_field(record) or ID_FIELDS[0]), optional_turn(record)
    return key if turn is None else turn_key(key, turn)


def _of_prompt(record: Record, key: str, prompt: object, models: Sequence[object]) -> Texts | None:
    shown = _texts_of_prompt(prompt)
    if shown is None:
        return None
    answers = {
        model: "\n\n".join(answer)
        for model, answer in zip(models, shown.answers, strict=False)
        if isinstance(model, str)
    }
    return Texts((key,), question_of(record), "\n\n".join(shown.instruction), answers)


def _texts_of_prompt(prompt: object) -> Shown | None:
    said = prompt if isinstance(prompt, list) else [{"content": prompt}]
    texts = [message.get("content") for message in said if isinstance(message, dict)]
    return shown_to_judge([Message("user", text) for text in texts if isinstance(text, str)])


_READERS: dict[tuple[str, str], Callable[[Record], Texts | None]] = {
    ("mt_bench", "single"): _of_single,
    ("mt_bench", "pair"): _of_pair,
    ("arena_hard", "judgment"): _of_games,
}
