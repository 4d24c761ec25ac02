"""Imports other tools' files into the store: every record unchanged, and every verdict as a place on a board."""

import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from evalkit.catalog import check_not_mistyped, find_benchmark, foreign
from evalkit.errors import InputError
from evalkit.formats import (
    BASELINE_V01,
    EVALUATOR_CONFIGS,
    ForeignFile,
    Judgments,
    Kind,
    Source,
    convert_evaluator,
    detect,
    first_fields,
    layout_of,
    read_foreign,
    saved_dataset,
    with_categories,
    write_judge,
)
from evalkit.judge_spec import read_judge
from evalkit.sources.files import Needs, SourceFile, read_file
from evalkit.sources.recorded import PLAN, JudgeKind, RecordedJudge, file_verdict, judge_kind, recorded_judges
from evalkit.sources.tied import clusters_of_files, tie
from evalkit.store import Batch, DocumentName, Store, write_document
from evalkit.text import plural
from evalkit.types import Annotation, ChatRequest, Example, Group, JudgeConfig, Slot

# kinds of files that hold verdicts
JUDGED = {
    ("alpaca_eval", "annotations"),
    ("arena_hard", "judgment"),
    ("inspect", "log"),
    ("mt_bench", "pair"),
    ("mt_bench", "single"),
}
BENCHMARKS = {"alpaca_eval": "alpaca_eval", "arena_hard": "arena_hard_v0.1", "mt_bench": "mt_bench"}
# the benchmark of verdicts for which no benchmark is named
ELSEWHERE = "imported"
TABLE = ("table", "rows")
_PREFERENCES = {"judge", "model", "baseline", "preference"}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The facts that files do not state: the benchmark and baseline of their verdicts, their judges and questions."""

    benchmark: str | None = None
    format: str | None = None
    baseline: str | None = None
    judges: Sequence[JudgeConfig] = ()
    questions: Sequence[Example] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """The imported content: records by kind of file, verdicts and failures by judge, judges' files, notes, and the
    benchmarks of the verdicts.
    """

    records: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    judges: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()


def find_files(path: Path, *, format: str | None = None) -> list[Path]:  # noqa: A002 (the word for it)
    """The file itself or, for a folder, the files, evaluators and saved datasets in it.

    Raises:
        InputError: the folder holds no such file.
    """
    if not path.is_dir() or _is_whole(path):
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        whole = sorted(inner for inner in folders if _is_whole(here / inner))
        folders[:] = sorted(set(folders) - set(whole))
        found += [here / name for name in whole]
        found += [here / name for name in sorted(names) if _readable(here / name, format)]
    if not found:
        raise InputError(f"{path}: holds no file of {format or 'a known format'}")
    return found


def import_files(store: Store, paths: Sequence[Path], options: ImportOptions, *, judges_folder: Path) -> Imported:
    """Import files into the store; verdicts replace earlier imports on the same model under the same judge.

    Args:
        judges_folder: folder in which evaluators become judges of ours.

    Raises:
        InputError: wrong content, named by file, row and field, or two files that would be kept under one name.
            Nothing is filed then; files before it may have been kept.
        ConfigError: no judge of ours can do what an evaluator does; no such benchmark.
    """
    paths = list(dict.fromkeys(paths))
    _check_names(paths)
    named = None if options.benchmark is None else _named_benchmark(store, options.benchmark)
    evaluators = [path for path in paths if options.format in (None, "alpaca_eval") and _evaluator(path)]
    converted = {path: convert_evaluator(path) for path in evaluators}
    # all errors in verdicts show before anything is written
    read = _read_verdicts(paths, options, named)
    written = {path: write_judge(evaluator, judges_folder) for path, evaluator in converted.items()}
    known = {config.name: config for config in options.judges}
    # recorded verdicts know the judge by the evaluator's name, and new requests know it by that of its file
    known |= {evaluator.name: read_judge(str(written[path])) for path, evaluator in converted.items()}
    counts: Counter[str] = Counter()
    for path in paths:
        file = converted[path].original if path in converted else read_foreign(path, format=options.format)
        counts[f"{file.format} {file.kind}"] += _keep(store, file, path)
    verdicts = [verdict for file in read for verdict in file.verdicts]
    filed = _file(store, verdicts, recorded_judges(read, known))
    judged = Counter(annotation.slot.judge for annotation in filed if annotation.failure is None)
    failed = Counter(annotation.slot.judge for annotation in filed if annotation.failure is not None)
    notes = [f"{evaluator.name}: {note}" for evaluator in converted.values() for note in evaluator.notes]
    doubts = (*_doubts(verdicts, filed), *_lost(filed))
    benchmarks = tuple(sorted({annotation.slot.benchmark for annotation in filed}))
    judges = tuple(written.values())
    return Imported(dict(counts), dict(judged), dict(failed), judges, (*notes, *doubts), benchmarks)


def _named_benchmark(store: Store, given: str) -> str:
    """The name of the benchmark that is given.

    Raises:
        ConfigError: it looks like a shipped one's mistyped, and the store has none of that name.
    """
    benchmark = find_benchmark(given)
    if benchmark.only_named and given not in store.benchmarks():
        check_not_mistyped(given)
    return benchmark.name


def _doubts(verdicts: Sequence[Annotation], filed: Sequence[Annotation]) -> Iterator[str]:
    """Report the details of the verdicts that were lost on import."""
    weak = sum(annotation.strong and annotation.slot.recorded is not None for annotation in filed)
    if weak:
        yield f"{weak} strong verdicts count as ordinary ones: their judge has no word for them"
    both = zip(verdicts, filed, strict=True)
    off = Counter(
        annotation.slot.judge for given, annotation in both if given.failure is None and annotation.failure is not None
    )
    for judge, n in off.items():
        yield (
            f"judge {judge}: {n} grades are outside its scale and count as missing. Give the scale with --judge "
            f"{judge}.yaml, a judge that asks for a grade"
        )


def _lost(filed: Iterable[Annotation]) -> Iterator[str]:
    """Report for each judge why records have no verdict, by the most frequent reason."""
    reasons: dict[str, Counter[str]] = {}
    for annotation in filed:
        if annotation.failure is not None:
            reasons.setdefault(annotation.slot.judge, Counter())[annotation.failure] += 1
    for judge, counts in reasons.items():
        ((reason, n),) = counts.most_common(1)
        most = "" if len(counts) == 1 else f", most often ({n})"
        yield f"judge {judge}: {plural(counts.total(), 'record')} without a verdict{most}: {reason}"


def _is_whole(path: Path) -> bool:
    """True if a folder is read as a whole: an evaluator or a saved dataset."""
    return saved_dataset(path) or _evaluator(path)


def _evaluator(path: Path) -> bool:
    return any((path / name).is_file() for name in EVALUATOR_CONFIGS)


def _readable(path: Path, wanted: str | None) -> bool:
    try:
        found, _ = detect(path)
    except InputError:
        return False
    return found == wanted or (wanted is None and found != "table")


def _keep(store: Store, file: ForeignFile, path: Path) -> int:
    name = DocumentName(file.format, file.kind, document_name(path))
    return write_document(store, name, dataclasses.asdict(file.layout), file.records)


def document_name(path: Path) -> str:
    """The path of a file, without a way out of a folder."""
    parts = PurePath(os.path.normpath(path)).parts
    return "/".join(part for part in parts if part not in (path.anchor, "..", "."))


def _check_names(paths: Iterable[Path]) -> None:
    taken: dict[str, Path] = {}
    for path in paths:
        other = taken.setdefault(document_name(path), path)
        if other != path:
            raise InputError(
                f"{path}: would be kept under the name of {other}, {document_name(path)!r}. Run evalkit import in a "
                "folder that both lie in"
            )


def _read_verdicts(paths: Sequence[Path], options: ImportOptions, named: str | None) -> list[Judgments]:
    """The verdicts of the files that hold any, with their benchmarks and with the clusters of their instructions;
    near-duplicates are looked for in all files together.
    """
    kinds: dict[Source, Kind] = {path: TABLE if options.format == TABLE[0] else detect(path) for path in paths}
    needs = Needs(baseline=options.baseline)
    judged = [path for path, kind in kinds.items() if kind in JUDGED or _holds_preferences(path, kind)]
    files = [read_file(path, needs, kind=kinds[path]) for path in judged]
    files = [file for file in files if file.judgments.verdicts]
    _check_files(files)
    clusters = clusters_of_files(files)
    return [
        tie(_with_benchmark(file.judgments, kinds[file.path], options, named), clusters[file.path]) for file in files
    ]


def _check_files(files: Iterable[SourceFile]) -> None:
    """Refuse two files with verdicts on the same places, of which one would count for both."""
    taken: dict[tuple[object, ...], Source] = {}
    for file in files:
        for verdict in file.judgments.verdicts:
            slot = verdict.slot
            place = (slot.judge, slot.model, slot.baseline, slot.key, slot.order, slot.repeat)
            other = taken.setdefault(place, file.path)
            if other != file.path:
                raise InputError(
                    f"{file.path}: holds verdicts of {slot.judge[:60]} on {slot.model[:60]} that {other} holds too. "
                    "Name each source once"
                )


def _holds_preferences(path: Source, kind: Kind) -> bool:
    return kind == TABLE and first_fields(path, layout_of(path)).keys() >= _PREFERENCES


def _with_benchmark(judgments: Judgments, kind: Kind, options: ImportOptions, named: str | None) -> Judgments:
    """The verdicts with their benchmarks, and with the categories of the questions."""
    verdicts = with_categories(judgments.verdicts, options.questions)
    told = named or _own_benchmark(judgments, kind[0])
    return dataclasses.replace(judgments, verdicts=tuple(_of_benchmark(verdict, kind[0], told) for verdict in verdicts))


def _own_benchmark(judgments: Judgments, format: str) -> str | None:  # noqa: A002 (the word for it)
    """The benchmark of verdicts on other instructions than those of the format's benchmark; None for these."""
    keys = {verdict.slot.key for verdict in judgments.verdicts}
    return ELSEWHERE if foreign(BENCHMARKS.get(format, ELSEWHERE), keys) else None


def _of_benchmark(verdict: Annotation, format: str, named: str | None) -> Annotation:  # noqa: A002 (the word for it)
    """The verdict with its benchmark: the named one, or as far as the verdict's file gives one."""
    elsewhere = format == "arena_hard" and verdict.slot.baseline != BASELINE_V01
    told = "arena_hard_v2" if elsewhere else BENCHMARKS.get(format, ELSEWHERE)
    return dataclasses.replace(verdict, slot=dataclasses.replace(verdict.slot, benchmark=named or told))


def _file(store: Store, verdicts: Iterable[Annotation], judges: Mapping[JudgeKind, RecordedJudge]) -> list[Annotation]:
    """File every verdict under its judge; the verdicts on one model under one judge make a plan."""
    filed = [file_verdict(verdict, judges[judge_kind(verdict)]) for verdict in verdicts]
    groups: dict[Group, list[Annotation]] = {}
    for annotation in filed:
        slot = annotation.slot
        groups.setdefault(Group(slot.benchmark, slot.digest, slot.baseline, slot.model), []).append(annotation)
    configs = {judge.config.digest: judge.config for judge in judges.values()}
    for group, of_group in groups.items():
        config = configs[group.digest]
        store.open_places(config, group, f"{PLAN} {_digest(of_group)}", (annotation.slot for annotation in of_group))
        replies = [
            (ChatRequest(annotation.slot.reply_key, config.model, (), {}), annotation.reply)
            for annotation in of_group
            if annotation.slot.reply_key is not None and annotation.reply is not None
        ]
        for start in range(0, len(replies), _AT_ONCE):
            store.commit(Batch(replies=replies[start : start + _AT_ONCE]))
    return filed


def _digest(filed: Sequence[Annotation]) -> str:
    slots = [annotation.slot for annotation in filed]
    said = [
        [one.key, one.order and one.order.value, one.repeat, one.recorded, one.failure, one.reply_key, *_tie(one),
         *_category(one)]
        for one in slots
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _category(slot: Slot) -> list[dict[str, str]]:
    """The category of a question; none for one without, as earlier versions stored it."""
    return [] if slot.category is None else [{"category": slot.category}]


def _tie(slot: Slot) -> list[str]:
    """The cluster of a question that others share; none for a question alone, as earlier versions stored it."""
    return [slot.cluster] if slot.cluster not in (slot.question, slot.key) else []
