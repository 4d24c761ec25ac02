"""Gathers entries from all kinds of verdicts: the store, annotation files and folders, tables of preferences."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.auditing import AuditLimits
from evalkit.boards import CATEGORY, DATASET, Aggregation, Backing, Entry, entries_of_annotations, entries_of_table
from evalkit.errors import InputError, UnknownName
from evalkit.formats import Rows, Source, detect, saved_dataset
from evalkit.judge_spec import judge_names, read_judge, scale
from evalkit.provenance import check_annotations
from evalkit.sources.files import JudgedFile, Needs, NumberTable, SourceFile, read_file
from evalkit.sources.imports import JUDGED, find_files
from evalkit.sources.lengths import with_lengths
from evalkit.sources.read_verdicts import ReadVerdicts, read_verdicts
from evalkit.sources.recorded import annotations_of
from evalkit.sources.tied import clusters_of_files, tie
from evalkit.store import Store, statistics
from evalkit.types import JudgeConfig

ANNOTATIONS = ("annotations.json", "annotations.json.gz")


def entries_of_files(
    sources: Sequence[Source],
    *,
    judge: str | None = None,
    aggregation: Aggregation = Aggregation(),
    limits: AuditLimits = AuditLimits(),
) -> list[Entry]:
    """The entries of files and values, whose answers are audited by these limits; of a folder, those of every
    annotations file in it.

    Raises:
        InputError: a source is missing, of an unknown kind, edited since its row was written, or holds no such judge.
    """
    return entries_of(read_sources(sources, aggregation, limits=limits), judge=judge, aggregation=aggregation)


def read_sources(
    sources: Sequence[Source], aggregation: Aggregation, *, texts: bool = False, limits: AuditLimits = AuditLimits()
) -> tuple[SourceFile, ...]:
    """The content of files and values; of a folder, that of every annotations file in it.

    Args:
        texts: whether the texts are kept, which only a report shows.
        limits: those of the audit of the answers.

    Raises:
        InputError: a source is missing, of an unknown kind, or edited since its row was written.
    """
    by_dataset = DATASET in aggregation.by and CATEGORY not in aggregation.by
    needs = Needs(clusters=aggregation.cluster, categories=DATASET if by_dataset else None, texts=texts, audits=limits)
    paths = [path for source in sources for path in files_of(source)]
    for path in paths:
        if isinstance(path, Path) and path.name in ANNOTATIONS:
            check_annotations(path)
    return tuple(read_file(path, needs) for path in paths)


def entries_of(
    files: Sequence[SourceFile], *, judge: str | None = None, aggregation: Aggregation = Aggregation()
) -> list[Entry]:
    """The entries of files that were read.

    Raises:
        InputError: they hold no verdicts, or none of the judge.
    """
    clusters = clusters_of_files(files)
    shipped = frozenset(judge_names())
    # several files may have verdicts of one judge
    notice_of = functools.cache(lambda name: read_judge(name).notice if name in shipped else None)
    scale_of = functools.cache(lambda name: scale(read_judge(name)) if name in shipped else None)
    entries = [
        entry
        for file in files
        for entry in _entries(
            file, aggregation, Backing(clusters=clusters[file.path], notice_of=notice_of, scale_of=scale_of)
        )
    ]
    if files and not entries:
        raise InputError(f"{files[0].path}: holds no verdicts{_of_categories(aggregation)}")
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
    own: Sequence[JudgeConfig] = (),
    read: ReadVerdicts | None = None,
) -> list[Entry]:
    """The entries of a store; a judge that was changed between runs has entries of its own for each form.

    Args:
        own: judges of this process, whose parsers may be functions that no store keeps.
        read: the verdicts, where they were read before.

    Raises:
        InputError: the store holds nothing for the benchmark.
        UnknownName: no such judge in the store.
    """
    known = judges_of(store, own)
    chosen = [config for config in known if judge in (None, config.name)]
    if judge is not None and not chosen:
        raise UnknownName("judge", judge, {config.name for config in known})
    annotations = (
        annotation
        for config in chosen
        for _, _, annotation in read_verdicts(store, config, benchmark=benchmark, read=read)
    )
    notices = {config.name: config.notice for config in chosen}
    scales = {config.name: scale(config) for config in chosen}
    backing = Backing(plans=store.plans(benchmark=benchmark), notice_of=notices.get, scale_of=scales.get)
    entries = entries_of_annotations(with_lengths(store, annotations), aggregation, backing)
    if not entries:
        raise InputError(
            f"{store.where}: holds no verdicts for benchmark {benchmark!r}{_of_categories(aggregation)}"
            f"{_cure(store, benchmark, aggregation)}"
        )
    return entries


def _cure(store: Store, benchmark: str, aggregation: Aggregation) -> str:
    """The advice where a benchmark has no verdicts: to name another that has some, or to judge first."""
    if aggregation.categories:
        return ""
    judged = sorted({filling.benchmark for filling in statistics(store).filling} - {benchmark})
    if not judged:
        return ". Run evalkit annotate first"
    return f". It has some for {', '.join(judged)}: add --benchmark {judged[0]}, or run evalkit annotate first"


def judges_of(store: Store, own: Sequence[JudgeConfig]) -> list[JudgeConfig]:
    """The judges of a store, the latest first, with the parsers of those that are at hand in this process."""
    # by digest and nothing else of theirs: another name of the same judge stays another name
    parsers = {config.digest: config.in_process for config in own if config.in_process is not None}
    return [replace(config, in_process=parsers.get(config.digest)) for config in store.judges()]


def files_of(source: Source) -> list[Source]:
    """The files whose verdicts make a source's boards; rows that were given as a value are one.

    Raises:
        InputError: a folder that holds none.
    """
    if isinstance(source, Rows) or not source.is_dir() or saved_dataset(source):
        return [source]
    written = sorted(path for name in ANNOTATIONS for path in source.rglob(name))
    found: list[Source] = [*written] or [path for path in find_files(source) if detect(path) in JUDGED]
    if not found:
        raise InputError(f"{source}: holds no file of verdicts")
    return found


def _of_categories(aggregation: Aggregation) -> str:
    return f" of category {' or '.join(map(repr, aggregation.categories))}" if aggregation.categories else ""


def _entries(file: SourceFile, aggregation: Aggregation, backing: Backing) -> list[Entry]:
    if isinstance(file, NumberTable) and not (aggregation.pool or aggregation.categories):
        return entries_of_table(file.groups, aggregation, backing)
    assert backing.clusters is not None
    verdicts = annotations_of(tie(file.judgments, backing.clusters))
    audits = file.audits if isinstance(file, JudgedFile) else backing.audits
    return entries_of_annotations(verdicts, aggregation, replace(backing, audits=audits))
