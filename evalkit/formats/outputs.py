"""Model outputs in AlpacaEval's layout: instruction, output, generator and optionally dataset."""

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from evalkit.errors import InputError
from evalkit.formats import hub
from evalkit.formats.records import SUFFIXES, Record, read_records
from evalkit.types import Example, Output, OutputSet

# in code points: some 250,000 tokens of English and more of other scripts, beyond the context of most judges and beyond
# what any of them reads with care
MAX_OUTPUT_CHARS = 1_000_000


def instruction_key(instruction: str) -> str:
    """Sixteen hex digits of the instruction's digest, its name everywhere."""
    return hashlib.sha256(instruction.encode("utf-8")).hexdigest()[:16]


def read_outputs(sources: Iterable[str], *, key: str | None = None, like: OutputSet | None = None) -> list[OutputSet]:
    """Output sets by model, in order of first appearance; several sources of one model are joined.

    A null is an empty answer. Of an answer longer than MAX_OUTPUT_CHARS only the length is kept. JSON lines that break
    off inside the last one give the rows before it, and a note.

    Args:
        sources: files, folders saved by `datasets`, or `hf:` names.
        key: the field that joins outputs to instructions; a digest of the instruction by default.
        like: a set whose examples are shared where they are equal, so that each instruction is held once.

    Raises:
        InputError: naming file, row and field.
    """
    known = {} if like is None else {example.key: example for example in like.examples}
    gathered: dict[str, list[tuple[str, Example, Output]]] = {}
    notes: dict[str, list[str]] = {}
    for source in sources:
        notes[source] = []
        for record in _records(source, notes[source].append):
            example, output = _parse(record, source, key, known)
            gathered.setdefault(output.model, []).append((source, example, output))
    found = []
    for model, rows in gathered.items():
        origins = list(dict.fromkeys(source for source, _, _ in rows))
        examples = tuple(example for _, example, _ in rows)
        outputs = tuple(output for _, _, output in rows)
        noted = tuple(note for source in origins for note in notes[source])
        found.append(OutputSet(model, ", ".join(origins), examples, outputs, noted))
    return found


def read_one(sources: Sequence[str], *, key: str | None = None) -> OutputSet:
    """The output set of sources that must hold a single model's answers.

    Raises:
        InputError: several models.
    """
    sets = read_outputs(sources, key=key)
    if len(sets) != 1:
        names = ", ".join(one.model for one in sets[:5])
        raise InputError(f"{', '.join(sources)}: expected the outputs of one model, found {len(sets)}: {names}")
    return sets[0]


def _records(source: str, on_torn: Callable[[str], None]) -> Iterator[Record]:
    if source.startswith(hub.PREFIX):
        return hub.read_hub(source)
    path = Path(source)
    return hub.read_saved(path) if hub.saved_dataset(path) else read_records(path, on_torn=on_torn)


def _parse(record: Record, source: str, key: str | None, known: Mapping[str, Example]) -> tuple[Example, Output]:
    instruction = record.text("instruction")
    if len(instruction) > MAX_OUTPUT_CHARS:
        raise InputError(
            f'{record.where}: field "instruction": {len(instruction)} characters, more than the {MAX_OUTPUT_CHARS} '
            "that can be judged"
        )
    name = instruction_key(instruction) if key is None else _explicit_key(record, key)
    model = record.optional_text("generator") or stem(source)
    example = Example(name, (instruction,), record.optional_text("dataset"))
    if (same := known.get(name)) == example:
        example = same
    return example, _output(record, example.key, sys.intern(model))


def _output(record: Record, key: str, model: str) -> Output:
    # null must not become the text "None", and a file that lacks the field has no answers at all
    text = (record.optional_text("output") or "") if "output" in record.fields else record.text("output")
    if len(text) > MAX_OUTPUT_CHARS:
        return Output(key, model, (), oversize_chars=len(text))
    return Output(key, model, (text,))


def stem(source: str) -> str:
    """A file's name without its known endings: a dot may well be part of a model's name."""
    name = Path(source).name.removesuffix(".gz")
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def _explicit_key(record: Record, field: str) -> str:
    value = record.fields.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return record.text(field)
