"""Entries from wherever verdicts lie: the store, annotation files and folders, tables of preferences."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.boards.entries import Entry
from evalkit.boards.gathering import CATEGORY, DATASET, Aggregation, Backing, entries_of_annotations, entries_of_table
from evalkit.errors import InputError, UnknownName
from evalkit.formats.foreign import detect
from evalkit.formats.hub import saved_dataset
from evalkit.formats.judgments import read_judgments
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.table import read_preferences
from evalkit.formats.verdict_table import MARKS
from evalkit.judge_spec.config import judge_names, read_judge
from evalkit.judging.requests import annotate_all
from evalkit.provenance.document import check_annotations
from evalkit.sources.audits import audits_beside
from evalkit.sources.imports import JUDGED, find_files
from evalkit.sources.recorded import annotations_of
from evalkit.sources.tied import clusters_of_files, tie
from evalkit.store import Store

TABLES = (".parquet", ".csv")
PREFERENCE = "preference"
ANNOTATIONS = ("annotations.json", "annotations.json.gz")


def entries_of_files(
    sources: Sequence[Path],
    *,
    judge: str | None = None,
    aggregation: Aggregation = Aggregation(),
) -> list[Entry]:
    """The entries of files; of a folder, those of every annotations file in it.

    Raises:
        InputError: a source is missing, of an unknown kind, edited since its row was written, or holds no such judge.
    """
    paths = [path for source in sources for path in files_of(source)]
    clusters = clusters_of_files(paths, aggregation.cluster)
    shipped = frozenset(judge_names())
    # a judge may stand in many files
    notice_of = functools.cache(lambda name: read_judge(name).notice if name in shipped else None)
    entries = [
        entry
        for path in paths
        for entry in _read(path, aggregation, Backing(clusters=clusters[path], notice_of=notice_of))
    ]
    if sources and not entries:
        raise InputError(f"{sources[0]}: holds no verdicts{_of_categories(aggregation)}")
    chosen = [entry for entry in entries if judge in (None, entry.judge)]
    if judge is not None and not chosen:
        raise UnknownName("judge", judge, {entry.judge for entry in entries})
    return chosen


def entries_of_store(
    store: Store,
    *,
    benchmark: str,
    judge: str | None = None,
    aggregation: Aggregation = Aggregation(),
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
    notices = {config.name: config.notice for config in chosen}
    backing = Backing(plans=store.plans(benchmark=benchmark), notice_of=notices.get)
    entries = entries_of_annotations(annotations, aggregation, backing)
    if not entries:
        cure = "" if aggregation.categories else ". Run evalkit annotate first"
        raise InputError(
            f"{store.where}: holds no verdicts for benchmark {benchmark!r}{_of_categories(aggregation)}{cure}"
        )
    return entries


def files_of(source: Path) -> list[Path]:
    """The files whose verdicts make a source's boards.

    Raises:
        InputError: a folder that holds none.
    """
    if not source.is_dir() or saved_dataset(source):
        return [source]
    found = sorted(path for name in ANNOTATIONS for path in source.rglob(name))
    found = found or [path for path in find_files(source) if detect(path) in JUDGED]
    if not found:
        raise InputError(f"{source}: holds no file of verdicts")
    return found


def holds_numbers(path: Path) -> bool:
    """Whether a file is a table of many thousand rows, perhaps, each a comparison's only one: columns are read."""
    if detect(path) != ("table", "rows") or path.suffix not in TABLES:
        return False
    names = first_fields(path, layout_of(path)).keys()
    return PREFERENCE in names and not names >= MARKS


def _of_categories(aggregation: Aggregation) -> str:
    return f" of category {' or '.join(map(repr, aggregation.categories))}" if aggregation.categories else ""


def _read(path: Path, aggregation: Aggregation, backing: Backing) -> list[Entry]:
    if path.name in ANNOTATIONS:
        check_annotations(path)
    if holds_numbers(path) and not (aggregation.pool or aggregation.categories):
        column = DATASET if DATASET in aggregation.by and CATEGORY not in aggregation.by else None
        return entries_of_table(read_preferences(path, category=column), aggregation, backing)
    assert backing.clusters is not None
    verdicts = list(tie(read_judgments(path), backing.clusters))
    if detect(path) == ("alpaca_eval", "annotations"):
        backing = replace(backing, audits=audits_beside(path))
    return entries_of_annotations(annotations_of(verdicts, benchmark=""), aggregation, backing)
