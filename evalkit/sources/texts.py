"""The texts behind keys, instructions and answers, where a source has them."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from evalkit.formats import Source, texts_in
from evalkit.sources.entries import ANNOTATIONS, files_of
from evalkit.sources.stored import Scope, answered_by_key, imported_texts, stored_verdicts
from evalkit.store import Store


def texts_of_files(sources: Sequence[Source], keys: AbstractSet[str]) -> dict[str, str]:
    """Instructions by key from files of verdicts; only those that are found."""
    return _instructions((path for source in sources for path in files_of(source)), keys)


def texts_of_store(store: Store, wanted: Scope, keys: AbstractSet[str], *, results: Path) -> dict[str, str]:
    """Instructions by key from the judges' prompts, from imported files and, because offline judges get no prompt, from
    the annotations among the results; only those that are found.
    """
    answered = answered_by_key(stored_verdicts(store, wanted), imported_texts(store))
    examples = {key: answered[key][0] for key in keys if key in answered}
    found = {key: example.instruction for key, example in examples.items() if example is not None}
    return {**_instructions(written_annotations(results), keys - found.keys()), **found}


def written_annotations(results: Path) -> Iterator[Path]:
    """The files of annotations among the results."""
    return (path for name in ANNOTATIONS for path in sorted(results.rglob(name)))


def _instructions(paths: Iterator[Source], keys: AbstractSet[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    while len(found) < len(keys) and (path := next(paths, None)) is not None:
        for texts in texts_in(path):
            if texts.instruction is not None:
                found.update((key, texts.instruction) for key in texts.keys if key in keys)
    return found
