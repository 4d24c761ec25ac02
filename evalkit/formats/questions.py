"""Reads question sets: those of MT-Bench, Arena-Hard and AlpacaEval, and a user's own."""

from collections.abc import Iterator, Mapping

from evalkit.errors import InputError
from evalkit.formats.conversation import ID_FIELDS, id_field, read_answered, read_id, read_instruction, read_turns
from evalkit.formats.instructions import MAX_OUTPUT_CHARS, instruction_key
from evalkit.formats.outputs import field_value, source_records
from evalkit.formats.records import Record
from evalkit.formats.rows import Source
from evalkit.types import Example

TEXT_FIELDS = ("turns", "prompt", "instruction", "question")
# Arena-Hard's second edition divides its categories
CATEGORY_FIELDS = ("subcategory", "category", "dataset")


def read_questions(
    source: str | Source,
    *,
    key: str | None = None,
    category: str | None = None,
    references: str | Source | None = None,
) -> tuple[Example, ...]:
    """Read the questions of a source in its order; each is a cluster of its own.

    Args:
        source: a file, a folder saved by `datasets`, an `hf:` name, or rows that were given as a value.
        key: the field that names a question; by default the first of ID_FIELDS that is there, else a digest of the
            instruction.
        category: the field that names its category; by default the first of CATEGORY_FIELDS that is there.
        references: right answers in MT-Bench's layout, which replace those in the questions themselves.

    Raises:
        InputError: wrong content, or a repeated question; the message names file, row and field.
    """
    right = {} if references is None else dict(_references(references))
    examples: dict[str, Example] = {}
    for record in source_records(source):
        example = _example(record, key, category, right)
        if example.key in examples:
            raise InputError(
                f"{record.where}: question {example.key!r} stands twice. Keep one, or give each its own id"
            )
        examples[example.key] = example
    if not examples:
        raise InputError(f"{source}: holds no questions")
    if right and right.keys().isdisjoint(examples):
        raise InputError(f"{references}: holds an answer to none of the questions of {source}")
    return tuple(examples.values())


def read_question_field(source: str | Source, name: str, *, key: str | None = None) -> dict[str, str | None]:
    """The values of a field in a source's questions, by the key of each question.

    Raises:
        InputError: the field is missing; the message names the source and its fields; or as in `read_questions`.
    """
    return {_example(record, key, None, {}).key: field_value(record, name) for record in source_records(source)}


def read_right_answers(record: Record, name: str = "reference") -> tuple[str, ...]:
    """The right answers to the turns in a field that may be missing; a turn without one has an empty text.

    Raises:
        InputError: the field holds neither text nor a list of texts.
    """
    value = record.fields.get(name)
    if isinstance(value, list):
        found = tuple(read_turns(Record(record.where, {name: value}), name)) if value else ()
    else:
        found = (record.optional_text(name) or "",)
    return found if any(text.strip() for text in found) else ()


def _example(record: Record, key: str | None, category: str | None, right: Mapping[str, tuple[str, ...]]) -> Example:
    turns = read_instruction(record, _text_field(record))
    chars = sum(map(len, turns))
    if chars > MAX_OUTPUT_CHARS:
        raise InputError(f"{record.where}: {chars} characters, more than the {MAX_OUTPUT_CHARS} that can be judged")
    named = key or id_field(record)
    name = instruction_key("\n\n".join(turns)) if named is None else read_id(record, named)
    reference = right.get(name) or read_right_answers(record)
    if len(reference) > len(turns):
        raise InputError(f"{record.where}: {len(reference)} reference answers to {len(turns)} turn(s)")
    return Example(name, turns, _category(record, category), cluster=name, reference=reference)


def _text_field(record: Record) -> str:
    found = next((name for name in TEXT_FIELDS if record.fields.get(name) is not None), None)
    if found is None:
        names = ", ".join(repr(name[:40]) for name in list(record.fields)[:8]) or "no fields"
        raise InputError(
            f"{record.where}: holds no question. Expected a field {', '.join(TEXT_FIELDS)}, with an id in "
            f"{', '.join(ID_FIELDS)} where there is one. Found: {names}"
        )
    return found


def _category(record: Record, category: str | None) -> str | None:
    if category is not None:
        return record.text(category)
    return next(filter(None, (record.optional_text(name) for name in CATEGORY_FIELDS)), None)


def _references(source: str | Source) -> Iterator[tuple[str, tuple[str, ...]]]:
    for record in source_records(source):
        answered = read_answered(record)
        if answered is not None and answered.texts is not None and answered.key is not None:
            yield answered.key, answered.texts
        elif answered is None:
            yield read_id(record, id_field(record) or ID_FIELDS[0]), read_right_answers(record)
