"""The instructions behind keys, where a source has their text."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from evalkit.boards.sources import ANNOTATIONS
from evalkit.formats.foreign import detect
from evalkit.formats.hub import saved_dataset
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.outputs import instruction_key, source_records
from evalkit.imports import JUDGED, find_files
from evalkit.store import Store
from evalkit.verdicts import Wanted, answered_by_key, imported_texts, stored_verdicts

INSTRUCTION = "instruction"


def texts_of_files(sources: Sequence[Path], keys: AbstractSet[str]) -> dict[str, str]:
    """Instructions by key from annotation files and tables that have a field of that name; only what is found."""
    found: dict[str, str] = {}
    for path in (path for source in sources for path in _files(source)):
        if len(found) == len(keys):
            break
        if INSTRUCTION not in first_fields(path, layout_of(path)):
            continue
        for record in source_records(str(path)):
            text = record.optional_text(INSTRUCTION) or ""
            for key in (record.fields.get("key"), instruction_key(text)):
                if isinstance(key, str) and key in keys:
                    found[key] = text
    return found


def texts_of_store(store: Store, wanted: Wanted, keys: AbstractSet[str], *, results: Path) -> dict[str, str]:
    """Instructions by key from what a judge was sent, from imported files and, as offline judges are sent nothing, from
    the annotations among the results; only what is found.
    """
    answered = answered_by_key(stored_verdicts(store, wanted), imported_texts(store))
    examples = {key: answered[key][0] for key in keys if key in answered}
    found = {key: example.instruction for key, example in examples.items() if example is not None}
    written = [path for name in ANNOTATIONS for path in sorted(results.rglob(name))]
    return {**texts_of_files(written, keys - found.keys()), **found}


def _files(source: Path) -> list[Path]:
    if not source.is_dir() or saved_dataset(source):
        return [source]
    return [path for path in find_files(source) if detect(path) in JUDGED]
