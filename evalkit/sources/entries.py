"""Entries from wherever verdicts lie: the store, annotation files and folders, tables of preferences."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.auditing.clusters import Clusters
from evalkit.boards.entries import Entry, Lengths
from evalkit.boards.gathering import CATEGORY, DATASET, Aggregation, entries_of_annotations, entries_of_table
from evalkit.errors import InputError, UnknownName
from evalkit.formats.foreign import detect
from evalkit.formats.hub import saved_dataset
from evalkit.formats.judgments import read_judgments
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.table import read_preferences
from evalkit.formats.verdict_table import MARKS
from evalkit.judge_spec.config import judge_names, read_judge
from evalkit.judging.requests import annotate_all
from evalkit.provenance.document import check_annotations, with_plan
from evalkit.sources.audits import audits_beside
from evalkit.sources.imports import JUDGED, find_files
from evalkit.sources.recorded import annotations_of
from evalkit.sources.tied import clusters_of_files, tie
from evalkit.store import Store
from evalkit.types import Group, JudgeConfig

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
    entries = [entry for path in paths for entry in _read(path, aggregation, clusters[path])]
    if sources and not entries:
        raise InputError(f"{sources[0]}: holds no verdicts{_of_categories(aggregation)}")
    chosen = [entry for entry in entries if judge in (None, entry.judge)]
    if judge is not None and not chosen:
        raise UnknownName("judge", judge, {entry.judge for entry in entries})
    shipped = {name: read_judge(name) for name in judge_names() if any(name in _judges(one) for one in chosen)}
    return [_with_notices(one, shipped) for one in chosen]


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
    entries = entries_of_annotations(annotations, aggregation)
    if not entries:
        cure = "" if aggregation.categories else ". Run evalkit annotate first"
        raise InputError(
            f"{store.where}: holds no verdicts for benchmark {benchmark!r}{_of_categories(aggregation)}{cure}"
        )
    plans = store.plans(benchmark=benchmark)
    planned = [with_plan(one, plans.get(Group(benchmark, one.digest, one.baseline, one.model))) for one in entries]
    return [_with_notices(one, {config.name: config for config in chosen}) for one in planned]


def length_notice(entry: Entry) -> str | None:
    """The warning about lengths that an earlier evalkit stored without recording how much of them is blank."""
    if (
        entry.plan is None
        or entry.graded
        or entry.aggregation.lengths == Lengths.CHARACTERS
        or not entry.judging.whole_lengths
    ):
        return None
    return (
        "lengths that an earlier evalkit stored count the blanks around an answer: run evalkit annotate again, which "
        "asks nothing twice"
    )


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


def _with_notices(entry: Entry, known: Mapping[str, JudgeConfig]) -> Entry:
    """The entry with the notices of its judges, as far as these are known, and of its lengths."""
    notices = (*(known[name].notice for name in _judges(entry) if name in known), length_notice(entry))
    told = tuple(notice for notice in notices if notice is not None)
    return replace(entry, judging=replace(entry.judging, notices=told)) if told else entry


def _with_clusters(entry: Entry, clusters: Clusters) -> Entry:
    """The entry with the record of where its clusters come from."""
    assert entry.dependence is not None
    told = replace(entry.dependence, field=clusters.field, looked=clusters.looked)
    return replace(entry, dependence=told)


def _judges(entry: Entry) -> list[str]:
    """The names of the judges, of which pooled ones are several."""
    return entry.judge.split(" + ")


def _of_categories(aggregation: Aggregation) -> str:
    return f" of category {' or '.join(map(repr, aggregation.categories))}" if aggregation.categories else ""


def _read(path: Path, aggregation: Aggregation, clusters: Clusters) -> list[Entry]:
    if path.name in ANNOTATIONS:
        check_annotations(path)
    kind = detect(path)
    if holds_numbers(path) and not (aggregation.pool or aggregation.categories):
        column = DATASET if DATASET in aggregation.by and CATEGORY not in aggregation.by else None
        return entries_of_table(read_preferences(path, category=column), aggregation, clusters=clusters)
    verdicts = list(tie(read_judgments(path), clusters))
    entries = [
        _with_clusters(one, clusters)
        for one in entries_of_annotations(annotations_of(verdicts, benchmark=""), aggregation)
    ]
    if kind != ("alpaca_eval", "annotations"):
        return entries
    audits = audits_beside(path)
    return [replace(one, audit=audits.get((one.model, one.baseline), one.audit)) for one in entries]
