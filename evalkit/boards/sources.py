"""Entries from wherever verdicts lie: the store, annotation files and folders, tables of preferences."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.boards.audits import audits_beside
from evalkit.boards.entries import Entry
from evalkit.boards.gathering import Gathering, entries_of_annotations, entries_of_table
from evalkit.errors import InputError, UnknownName
from evalkit.formats.foreign import detect
from evalkit.formats.hub import saved_dataset
from evalkit.formats.judgments import read_judgments
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.table import read_preferences
from evalkit.formats.verdict_table import MARKS
from evalkit.imports import JUDGED, find_files
from evalkit.judge import annotate_all
from evalkit.provenance import check_annotations, with_plan
from evalkit.recorded import annotations_of
from evalkit.store import Group, Store

TABLES = (".parquet", ".csv")
PREFERENCE = "preference"
ANNOTATIONS = ("annotations.json", "annotations.json.gz")


def entries_of_files(
    sources: Sequence[Path],
    *,
    judge: str | None = None,
    how: Gathering = Gathering(),  # noqa: B008
) -> list[Entry]:
    """The entries of files; of a folder, those of every annotations file in it.

    Raises:
        InputError: a source is missing, of an unknown kind, edited since its row was written, or holds no such judge.
    """
    entries = [entry for source in sources for path in _files(source) for entry in _read(path, how)]
    if sources and not entries:
        raise InputError(f"{sources[0]}: holds no verdicts{_of_categories(how)}")
    if judge is None:
        return entries
    chosen = [entry for entry in entries if entry.judge == judge]
    if not chosen:
        raise UnknownName("judge", judge, {entry.judge for entry in entries})
    return chosen


def entries_of_store(
    store: Store,
    *,
    benchmark: str,
    judge: str | None = None,
    how: Gathering = Gathering(),  # noqa: B008
) -> list[Entry]:
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
    entries = entries_of_annotations(annotations, how)
    if not entries:
        cure = "" if how.categories else ". Run evalkit annotate first"
        raise InputError(f"{store.where}: holds no verdicts for benchmark {benchmark!r}{_of_categories(how)}{cure}")
    plans = store.plans(benchmark=benchmark)
    return [with_plan(one, plans.get(Group(benchmark, one.digest, one.baseline, one.model))) for one in entries]


def _of_categories(how: Gathering) -> str:
    return f" of category {' or '.join(map(repr, how.categories))}" if how.categories else ""


def _files(source: Path) -> list[Path]:
    if not source.is_dir() or saved_dataset(source):
        return [source]
    found = sorted(path for name in ANNOTATIONS for path in source.rglob(name))
    found = found or [path for path in find_files(source) if detect(path) in JUDGED]
    if not found:
        raise InputError(f"{source}: holds no file of verdicts")
    return found


def _read(path: Path, how: Gathering) -> list[Entry]:
    if path.name in ANNOTATIONS:
        check_annotations(path)
    kind = detect(path)
    if kind == ("table", "rows") and path.suffix in TABLES:
        names = first_fields(path, layout_of(path)).keys()
        # of many thousand rows, where each is a comparison's only one, columns are read
        if PREFERENCE in names and not names >= MARKS and not (how.pool or how.categories):
            return entries_of_table(read_preferences(path))
    entries = entries_of_annotations(annotations_of(read_judgments(path), benchmark=""), how)
    if kind != ("alpaca_eval", "annotations"):
        return entries
    audits = audits_beside(path)
    return [replace(one, audit=audits.get((one.model, one.baseline), one.audit)) for one in entries]
