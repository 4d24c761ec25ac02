"""Model outputs in AlpacaEval's layout: instruction, output, generator and optionally dataset."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from evalkit.errors import InputError
from evalkit.formats import hub
from evalkit.formats.records import SUFFIXES, Record, read_records
from evalkit.types import Example, Output, OutputSet


def instruction_key(instruction: str) -> str:
    """Sixteen hex digits of the instruction's digest, its name everywhere."""
    return hashlib.sha256(instruction.encode("utf-8")).hexdigest()[:16]


def read_outputs(sources: Iterable[str], *, key: str | None = None) -> list[OutputSet]:
    """Output sets by model, in order of first appearance; several sources of one model are joined.

    Args:
        sources: files, folders saved by `datasets`, or `hf:` names.
        key: the field that joins outputs to instructions; a digest of the instruction by default.

    Raises:
        InputError: naming file, row and field.
    """
    gathered: dict[str, list[tuple[str, Example, Output]]] = {}
    for source in sources:
        for record in _records(source):
            example, output = _parse(record, source, key)
            gathered.setdefault(output.model, []).append((source, example, output))
    return [
        OutputSet(
            model,
            ", ".join(dict.fromkeys(source for source, _, _ in rows)),
            tuple(example for _, example, _ in rows),
            tuple(output for _, _, output in rows),
        )
        for model, rows in gathered.items()
    ]


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


def _records(source: str) -> list[Record]:
    if source.startswith(hub.PREFIX):
        return hub.read_hub(source)
    path = Path(source)
    return hub.read_saved(path) if hub.saved_dataset(path) else read_records(path)


def _parse(record: Record, source: str, key: str | None) -> tuple[Example, Output]:
    instruction = record.text("instruction")
    name = instruction_key(instruction) if key is None else _explicit_key(record, key)
    model = record.optional_text("generator") or stem(source)
    example = Example(name, (instruction,), record.optional_text("dataset"))
    return example, Output(name, model, (record.text("output"),))


def stem(source: str) -> str:
    """A file's name without its known endings: a dot may well be part of a model's name."""
    name = Path(source).name.removesuffix(".gz")
    return next((name.removesuffix(suffix) for suffix in SUFFIXES if name.endswith(suffix)), name)


def _explicit_key(record: Record, field: str) -> str:
    value = record.fields.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return record.text(field)
