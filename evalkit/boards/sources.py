"""Entries from wherever verdicts lie: the store, annotation files and folders, tables of preferences."""

from collections.abc import Sequence
from pathlib import Path

from evalkit.boards.entries import Entry, entries_of_annotations, entries_of_recorded, entries_of_table
from evalkit.errors import InputError, UnknownName
from evalkit.formats.alpaca_eval import read_verdicts
from evalkit.formats.table import read_preferences
from evalkit.judge import annotate_all
from evalkit.store import Store

TABLES = (".parquet", ".csv")
ANNOTATIONS = ("annotations.json", "annotations.json.gz")


def entries_of_files(sources: Sequence[Path], *, judge: str | None = None) -> list[Entry]:
    """The entries of files; of a folder, those of every annotations file in it.

    Raises:
        InputError: a source is missing, of an unknown kind or holds no such judge.
    """
    entries = [entry for source in sources for path in _files(source) for entry in _read(path)]
    if judge is None:
        return entries
    chosen = [entry for entry in entries if entry.judge == judge]
    if not chosen:
        raise UnknownName("judge", judge, {entry.judge for entry in entries})
    return chosen


def entries_of_store(store: Store, *, benchmark: str, judge: str | None = None) -> list[Entry]:
    """The entries of a store; a judge that was changed between runs has entries of its own for each form.

    Raises:
        InputError: the store holds nothing for the benchmark.
        UnknownName: no such judge in the store.
    """
    known = store.judges()
    chosen = [config for config in known if judge in (None, config.name)]
    if judge is not None and not chosen:
        raise UnknownName("judge", judge, {config.name for config in known})
    annotations = (
        annotation
        for config in chosen
        for annotation in annotate_all(store.answered(config.digest, benchmark=benchmark), config)
    )
    entries = entries_of_annotations(annotations)
    if not entries:
        raise InputError(f"{store.where}: holds no verdicts for benchmark {benchmark!r}. Run evalkit annotate first")
    return entries


def _files(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    found = sorted(path for name in ANNOTATIONS for path in source.rglob(name))
    if not found:
        raise InputError(f"{source}: holds no {' or '.join(ANNOTATIONS)}")
    return found


def _read(path: Path) -> list[Entry]:
    return (
        entries_of_table(read_preferences(path)) if path.suffix in TABLES else entries_of_recorded(read_verdicts(path))
    )
