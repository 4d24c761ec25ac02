"""Reads models' outputs in AlpacaEval's, MT-Bench's and Arena-Hard's layouts, detected by the fields of each record."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.files import write_text
from evalkit.formats import hub
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.conversation import ID_FIELDS, Answer, read_answered, read_turns
from evalkit.formats.failed_calls import failed_call, likely_failed_call
from evalkit.formats.instructions import (
    MAX_OUTPUT_CHARS,
    KnownExamples,
    answered_example,
    example_of,
    instruction_key,
    known_examples,
    shared_example,
)
from evalkit.formats.names import checked_name
from evalkit.formats.records import SUFFIXES, SURROGATE, Record, names_of, read_records
from evalkit.formats.rows import Rows, Source
from evalkit.formats.thinking import chat_token, without_end_of_turn, without_thinking
from evalkit.text import count_markdown, read_markdown_counts
from evalkit.types import Example, Output, OutputSet

# numbers that name a row and do not describe its answer
_NAMES = {*ID_FIELDS, "index", "idx", "turn"}
_SEVERAL = "hold several samples, of which the first is read"
_FAILED = "are failed calls and count as missing"
_FAILURE = "answer is a failed call"
_LIKELY = "look like messages of failed calls and are judged as answers. Answer these questions again"
_THINKING = "begin with thinking, which is left out. Keep it with --keep-thinking"
_UNFINISHED = "are thinking that breaks off, and count as empty. Give the model more tokens"
_TOKENS = "hold tokens of a chat template such as {mark}, which a judge reads too. Mend the template or the stop tokens"
_ENDS = "end with the mark of the end of a turn such as {mark}, which is left out"
_SURROGATES = "hold half of a surrogate pair, which is read as U+FFFD"
_BY_TEXT = (
    "have another id or other white space or unseen characters than the baseline's, and are matched by the "
    "instruction's text"
)
# what other tools call the fields, in the order in which a file is most likely to use them
_OTHER_NAMES = {
    "instruction": ("prompt", "question", "query", "input", "problem"),
    "output": ("response", "answer", "completion", "generation", "prediction", "text"),
    "generator": ("model", "model_name", "model_id"),
}
_SYSTEM = "were given under a system message, which no judge is shown"


def read_outputs(
    sources: Iterable[str | Source],
    *,
    key: str | None = None,
    like: OutputSet | None = None,
    questions: Sequence[Example] | None = None,
    keep_thinking: bool = False,
) -> list[OutputSet]:
    """Output sets by model, in order of first appearance; several sources of one model are joined.

    A null is an empty answer. For an answer longer than MAX_OUTPUT_CHARS only the length is kept. JSON lines that break
    off inside the last one give the rows before it, and a note; failed calls, which are not answers, count as missing,
    and samples after the first and a model's thinking before its answers are left out, each with a note.

    Args:
        sources: files, folders saved by `datasets`, `hf:` names, or rows that were given as values.
        key: the field that joins outputs to instructions; a digest of the instruction by default, and the question's
            id in the layouts of MT-Bench and Arena-Hard.
        like: a set whose examples are shared where they are equal, so that each instruction is held once.
        questions: questions, which outputs without their instructions need; others are joined to them by `key`, else
            by the instruction's text.
        keep_thinking: whether answers keep the thinking that they begin with.

    Raises:
        InputError: wrong content; the message names file, row and field.
    """
    known = known_examples(questions, like)
    gathered: dict[str, list[tuple[str | Source, Example, Output]]] = {}
    notes: dict[str | Source, list[str]] = {}
    for source in sources:
        notes[source] = []
        for _, example, output in _read_answers(source, key, known, notes[source].append, keep_thinking=keep_thinking):
            gathered.setdefault(output.model, []).append((source, example, output))
    found = []
    for model, rows in gathered.items():
        origins = list(dict.fromkeys(source for source, _, _ in rows))
        examples = tuple(example for _, example, _ in rows)
        outputs = tuple(output for _, _, output in rows)
        noted = tuple(note for source in origins for note in notes[source])
        found.append(OutputSet(model, ", ".join(map(str, origins)), examples, outputs, noted))
    return found


def read_output_field(
    source: str | Source, name: str, *, key: str | None = None, questions: Sequence[Example] | None = None
) -> dict[str, str | None]:
    """The values of a field in a source's records, by the key of the instruction that each record answers.

    Raises:
        InputError: the field is missing; the message names the source and its fields; or as in `read_outputs`.
    """
    known = known_examples(questions, None)
    found: dict[str, str | None] = {}
    for record, example, _ in _read_answers(source, key, known, lambda _: None):
        found.setdefault(example.key, field_value(record, name))
    return found


def field_value(record: Record, name: str) -> str | None:
    """The value of a record's field as the name of a group; None for null, which tables have for an empty cell.

    Raises:
        InputError: the record has no such field, or the field holds neither text nor a number.
    """
    if name not in record.fields:
        there = ", ".join(repr(field[:40]) for field in list(record.fields)[:12]) or "none"
        raise InputError(f"{record.where}: no field {name!r} to cluster by. Fields there are: {there}")
    value = record.fields[name]
    if value is None or value != value:
        return None
    if isinstance(value, str | int | float):
        return str(value)
    raise InputError(f'{record.where}: field "{name}": expected text or a number to cluster by, found {kind_of(value)}')


def read_one(
    sources: Sequence[str | Source],
    *,
    key: str | None = None,
    questions: Sequence[Example] | None = None,
    keep_thinking: bool = False,
) -> OutputSet:
    """Read the output set of sources that must hold a single model's answers.

    Raises:
        InputError: several models.
    """
    sets = read_outputs(sources, key=key, questions=questions, keep_thinking=keep_thinking)
    if len(sets) != 1:
        where = ", ".join(map(str, sources))
        names = ", ".join(outputs.model for outputs in sets[:5])
        raise InputError(f"{where}: expected the outputs of one model, found {len(sets)}: {names}")
    return sets[0]


def source_records(source: str | Source, *, on_torn: Callable[[str], None] | None = None) -> Iterator[Record]:
    """The rows of a file, a folder saved by `datasets`, an `hf:` name or a value, as `read_records` gives them.

    Raises:
        InputError: wrong content; the message names the source, and the row where one is wrong.
    """
    if isinstance(source, Rows):
        return source.records()
    if str(source).startswith(hub.PREFIX):
        return hub.read_hub(str(source))
    path = Path(source)
    return hub.read_saved(path) if hub.saved_dataset(path) else read_records(path, on_torn=on_torn)


@dataclass(frozen=True, slots=True)
class Asked:
    """One instruction that a source answers: the digest of its text, or of its id where it has no text, and the key
    by which it is joined; None where the record does not have the field of the key.
    """

    digest: str
    key: str | None


def read_asked(source: str | Source, *, key: str | None = None) -> Iterator[Asked]:
    """The instructions that a source's records answer; records that name none are left out.

    Args:
        key: the field that joins outputs to instructions, as for `read_outputs`.

    Raises:
        InputError: the source cannot be read.
    """
    for record in source_records(source):
        fields = record.fields
        apart = "output" not in fields and (isinstance(fields.get("choices"), list) or "messages" in fields)
        text = _asked_text(fields)
        named = key if key is not None else next((name for name in ID_FIELDS if fields.get(name) is not None), None)
        own = None if named is None or fields.get(named) is None else str(fields[named])
        if text is None and (not apart or own is None):
            continue
        digest = instruction_key(own or "" if text is None else text)
        yield Asked(digest, own if apart or key is not None else digest)


def _asked_text(fields: Mapping[str, Any]) -> str | None:
    """The text of an instruction, its turns joined; None where the record holds none."""
    said = fields.get("instruction")
    if said is None and isinstance(fields.get("messages"), list):
        said = [part for part in fields["messages"] if isinstance(part, Mapping) and part.get("role") == "user"]
    turns = said if isinstance(said, list | tuple) else [said]
    parts = [part.get("content") if isinstance(part, Mapping) else part for part in turns]
    texts = [part for part in parts if isinstance(part, str)]
    return "\n\n".join(texts) if texts and len(texts) == len(parts) else None


def stem(source: str) -> str:
    """A file's name without its known endings: a dot may well be part of a model's name."""
    name = Path(source).name.removesuffix(".gz")
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def _read_answers(
    source: str | Source,
    key: str | None,
    known: KnownExamples,
    note: Callable[[str], None],
    *,
    keep_thinking: bool = False,
) -> Iterator[tuple[Record, Example, Output]]:
    """Read every record with the instruction that it answers, and the answer."""
    named = source.name if isinstance(source, Rows) else stem(str(source))
    tally = AnswerNotes(str(source))
    some = False
    for record, answered in _told_apart(source_records(source, on_torn=note), key):
        if answered is None:
            own = example_of(record, key, known)
            model = record.optional_name("generator")
            texts: tuple[str, ...] | None = _texts(record)
        else:
            own = answered_example(record, answered, known)
            model, texts = answered.model, answered.texts
            if answered.n_samples > 1:
                tally.count(_SEVERAL, record)
            if answered.system:
                tally.count(_SYSTEM, record)
        example = shared_example(own, key, known)
        if example.key != own.key:
            tally.count(_BY_TEXT, record)
        model = sys.intern(
            checked_name(model, record.where) if model else checked_name(named, "the name of a file of outputs")
        )
        checked_name(example.category or "", record.where)
        ended = None if texts is None else _without_ends(texts, example, record, tally)
        if ended is None or any(failed_call(text, example.instruction) for text in ended):
            tally.count(_FAILED, record)
            yield record, example, Output(example.key, model, (), failure=_FAILURE)
            continue
        some = True
        shown = ended if keep_thinking else _answers(ended, example, record, tally)
        _look(shown, example, record, tally)
        metadata = answered.metadata if answered is not None else record.fields.get("metadata")
        # counts that a source made are of the whole text
        counted = metadata if shown == texts else None
        yield record, example, _output(record, example, model, shown, counted, () if answered else (key,))
    if not some and _FAILED in tally.found:
        raise InputError(
            f"{source}: all {tally.found[_FAILED][0]} answers are failed calls. Answer the questions again"
        )
    for said in tally.notes():
        note(said)


def _told_apart(records: Iterable[Record], key: str | None) -> Iterator[tuple[Record, Answer | None]]:
    """The records, each with its answer, which is None in AlpacaEval's layout.

    Raises:
        InputError: a record has the fields of outputs under other names.
    """
    for record in records:
        answered = None if "output" in record.fields else read_answered(record, key=key)
        if answered is None and (cure := _cure_of_names(record, key)) is not None:
            raise InputError(cure)
        yield record, answered


def _cure_of_names(record: Record, key: str | None) -> str | None:
    """The refusal of a row that has the fields of outputs under other names; None for any other row."""
    if "output" in record.fields or ("instruction" not in record.fields and key in record.fields):
        return None
    other = {
        name: next((called for called in others if called in record.fields), None)
        for name, others in _OTHER_NAMES.items()
        if name not in record.fields
    }
    if other.get("output") is None:
        return None
    missing = next(iter(other))
    renamed = ", ".join(f"{called} to {name}" for name, called in other.items() if called is not None)
    return f'{record.where}: field "{missing}": missing. Found: {names_of(record.fields)}. Rename {renamed}'


def _texts(record: Record) -> tuple[str, ...]:
    """The answer of a record of AlpacaEval's layout, turn by turn."""
    value = record.fields.get("output")
    if isinstance(value, list) and not isinstance(record.fields.get("instruction"), str):
        return read_turns(record, "output")
    # null must not become the text "None", and a file that lacks the field has no answers at all
    return ((record.optional_text("output") or "") if "output" in record.fields else record.text("output"),)


def _without_ends(texts: tuple[str, ...], example: Example, record: Record, tally: AnswerNotes) -> tuple[str, ...]:
    """The answers without the marks of the end of a turn at their ends."""
    found = tuple(without_end_of_turn(text, example.instruction) for text in texts)
    if found != texts:
        ends = "".join(text[len(rest) :] for text, rest in zip(texts, found, strict=True))
        tally.count(_ENDS, record, mark=ends.split()[0])
    return found


def _answers(texts: tuple[str, ...], example: Example, record: Record, tally: AnswerNotes) -> tuple[str, ...]:
    """The answers without the thinking that they begin with."""
    found = [without_thinking(text, example.instruction) for text in texts]
    if any(thought is not None and not thought.unfinished for thought in found):
        tally.count(_THINKING, record)
    if any(thought is not None and thought.unfinished for thought in found):
        tally.count(_UNFINISHED, record)
    return tuple(text if thought is None else thought.answer for text, thought in zip(texts, found, strict=True))


def _look(texts: tuple[str, ...], example: Example, record: Record, tally: AnswerNotes) -> None:
    """Count the answers that hold something besides an answer."""
    token = next(filter(None, (chat_token(text, example.instruction) for text in texts)), None)
    if token is not None:
        tally.count(_TOKENS, record, mark=token)
    if any(likely_failed_call(text, example.instruction) for text in texts):
        tally.count(_LIKELY, record)
    if any("\ufffd" in text for text in (*texts, *example.turns)) and _holds_surrogate(record.fields):
        tally.count(_SURROGATES, record)


def _holds_surrogate(value: object) -> bool:
    if isinstance(value, str):
        return SURROGATE.search(value) is not None
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_holds_surrogate, parts))


def _output(
    record: Record,
    example: Example,
    model: str,
    texts: tuple[str, ...],
    metadata: object,
    columns: tuple[str | None, ...],
) -> Output:
    """The answer with its measures; those in columns where a layout has such, whose key is named then."""
    output = _measured(record, example, model, texts, metadata)
    if not columns or output.oversize_chars is not None:
        return output
    found = _columns(record, columns[0])
    return Output(output.key, model, output.texts, measures={**output.measures, **found}) if found else output


def _measured(record: Record, example: Example, model: str, texts: tuple[str, ...], metadata: object) -> Output:
    if len(texts) > len(example.turns):
        raise InputError(f"{record.where}: {len(texts)} answers to the {len(example.turns)} turn(s) of its instruction")
    text = texts[0] if len(texts) == 1 else "\n\n".join(texts)
    if len(text) > MAX_OUTPUT_CHARS:
        return Output(example.key, model, (), oversize_chars=len(text))
    measures = count_markdown(text)
    if metadata and isinstance(metadata, dict):
        try:
            measures |= read_markdown_counts(_without_nulls(metadata))
        except InputError as error:
            raise InputError(f"{record.where}: metadata: {error}") from None
    return Output(example.key, model, texts, measures=measures)


def _without_nulls(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata without nulls, which a table has in every row for values that only some rows have."""
    return {
        name: {kind: n for kind, n in value.items() if n is not None} if isinstance(value, dict) else value
        for name, value in metadata.items()
    }


def _columns(record: Record, key: str | None) -> dict[str, float]:
    """The numbers in the source's record beside the answer."""
    found = {}
    for name, value in record.fields.items():
        if not isinstance(value, int | float) or isinstance(value, bool) or name == key or name in _NAMES:
            continue
        try:
            number = float(value)
        except OverflowError:
            raise InputError(f'{record.where}: field "{name[:40]}": a number too large to compute with') from None
        # NaN is how tables write a missing value
        if math.isfinite(number):
            found[name] = number
    return found


def output_rows(outputs: OutputSet) -> list[dict[str, Any]]:
    """The outputs as records in AlpacaEval's layout, with lists of texts where there are several turns."""
    rows: list[dict[str, Any]] = []
    for example, output in zip(outputs.examples, outputs.outputs, strict=True):
        several = len(example.turns) > 1
        rows.append(
            {
                **({} if example.cluster is None else {"id": example.key}),
                "instruction": list(example.turns) if several else example.instruction,
                "output": list(output.texts) if several else output.text,
                "generator": outputs.model,
                **({} if example.category is None else {"dataset": example.category}),
            }
        )
    return rows


def write_outputs(path: Path, outputs: OutputSet) -> None:
    """Write outputs for `read_outputs`, as `output_rows` gives them."""
    write_text(path, json.dumps(output_rows(outputs), indent=2, ensure_ascii=True) + "\n")
