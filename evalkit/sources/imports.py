"""Other tools' files into the store: every record to the letter, and every verdict as a place on a board."""

import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from evalkit.catalog.benchmarks import read_benchmark
from evalkit.errors import InputError
from evalkit.formats.arena_hard import BASELINE_V01
from evalkit.formats.evaluators import convert_evaluator, write_judge
from evalkit.formats.foreign import ForeignFile, detect, read_foreign
from evalkit.formats.hub import saved_dataset
from evalkit.formats.judgments import read_judgments
from evalkit.formats.layouts import EVALUATOR_CONFIGS, first_fields, layout_of
from evalkit.formats.verdicts import ForeignVerdict
from evalkit.judge_spec.config import read_judge
from evalkit.sources.recorded import PLAN, Filed, JudgeKind, file_verdict, judge_configs, judge_kind
from evalkit.sources.tied import clusters_of_files, tie
from evalkit.store import Batch, Store
from evalkit.store.documents import DocumentName, write_document
from evalkit.types import Example, Group, JudgeConfig

# kinds of files that hold verdicts
JUDGED = {
    ("alpaca_eval", "annotations"),
    ("arena_hard", "judgment"),
    ("inspect", "log"),
    ("mt_bench", "pair"),
    ("mt_bench", "single"),
}
BENCHMARKS = {"alpaca_eval": "alpaca_eval", "arena_hard": "arena_hard_v0.1", "mt_bench": "mt_bench"}
# of verdicts whose benchmark nobody names
ELSEWHERE = "imported"
TABLE = ("table", "rows")
_PREFERENCES = {"judge", "model", "baseline", "preference"}
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a file does not say of itself: the benchmark and baseline of its verdicts, their judges and questions."""

    benchmark: str | None = None
    format: str | None = None
    baseline: str | None = None
    judges: Sequence[JudgeConfig] = ()
    questions: Sequence[Example] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What was brought in: records by kind of file, verdicts and failures by judge, judges' files, and what to know."""

    records: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    judges: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def find_files(path: Path, *, format: str | None = None) -> list[Path]:  # noqa: A002 (the word for it)
    """The file itself; of a folder, the files, evaluators and saved datasets in it.

    Raises:
        InputError: the folder holds none.
    """
    if not path.is_dir() or _one(path):
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        whole = sorted(one for one in folders if _one(here / one))
        folders[:] = sorted(set(folders) - set(whole))
        found += [here / name for name in whole]
        found += [here / name for name in sorted(names) if _readable(here / name, format)]
    if not found:
        raise InputError(f"{path}: holds no file of {format or 'a known format'}")
    return found


def import_files(store: Store, paths: Sequence[Path], options: ImportOptions, *, judges_folder: Path) -> Imported:
    """Bring files into the store. What was imported before for the same model under the same judge is replaced.

    Args:
        judges_folder: where evaluators become judges of ours.

    Raises:
        InputError: naming file, row and field, or two files that would be kept under one name. Nothing is filed then;
            files before it may have been kept.
        ConfigError: an evaluator does what no judge of ours does; no such benchmark.
    """
    paths = list(dict.fromkeys(paths))
    _check_names(paths)
    named = None if options.benchmark is None else read_benchmark(options.benchmark).name
    evaluators = [path for path in paths if options.format in (None, "alpaca_eval") and _evaluator(path)]
    converted = {path: convert_evaluator(path) for path in evaluators}
    # everything that can be wrong with a verdict shows before anything is written
    verdicts = _tied(paths, [(path, *found) for path in paths for found in _verdicts(path, options, named)])
    written = {path: write_judge(one, judges_folder) for path, one in converted.items()}
    known = {config.name: config for config in options.judges}
    # recorded verdicts know it by the evaluator's name, and whoever asks it from now on by that of its file
    known |= {one.name: read_judge(str(written[path])) for path, one in converted.items()}
    counts: Counter[str] = Counter()
    for path in paths:
        file = converted[path].original if path in converted else read_foreign(path, format=options.format)
        counts[f"{file.format} {file.kind}"] += _keep(store, file, path)
    filed = _file(store, verdicts, judge_configs((one for _, one in verdicts), known))
    read = Counter(one.slot.judge for one in filed if one.slot.failure is None)
    failed = Counter(one.slot.judge for one in filed if one.slot.failure is not None)
    notes = [f"{one.name}: {note}" for one in converted.values() for note in one.notes]
    return Imported(dict(counts), dict(read), dict(failed), tuple(written.values()), (*notes, *_doubts(filed)))


def _doubts(filed: Sequence[Filed]) -> Iterator[str]:
    """What was lost of the verdicts on their way."""
    weak = sum(one.verdict.strong and one.slot.recorded is not None for one in filed)
    if weak:
        yield f"{weak} strong verdicts count like others: their judge has no word for them"
    off = Counter(one.slot.judge for one in filed if one.verdict.failure is None and one.slot.failure is not None)
    for judge, n in off.items():
        yield (
            f"judge {judge}: {n} grades are outside its scale and count as missing. Give the scale with --judge "
            f"{judge}.yaml, a judge that asks for a grade"
        )


def _one(path: Path) -> bool:
    """Whether a folder is one thing: an evaluator or a saved dataset."""
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
    """Where a file lay, without a way out of a folder."""
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


def _verdicts(path: Path, options: ImportOptions, named: str | None) -> list[tuple[str, ForeignVerdict]]:
    """The verdicts of a file, each with its benchmark; none where it holds no verdicts."""
    kind = TABLE if options.format == TABLE[0] else detect(path)
    if kind not in JUDGED and not (kind == TABLE and first_fields(path, layout_of(path)).keys() >= _PREFERENCES):
        return []
    found = read_judgments(path, baseline=options.baseline, questions=options.questions)
    return [(named or _benchmark(kind[0], one), one) for one in found]


def _benchmark(format: str, verdict: ForeignVerdict) -> str:  # noqa: A002 (the word for it)
    """The benchmark that a verdict is of, as far as its file tells."""
    if format == "arena_hard" and verdict.baseline != BASELINE_V01:
        return "arena_hard_v2"
    return BENCHMARKS.get(format, ELSEWHERE)


def _tied(paths: Sequence[Path], found: Sequence[tuple[Path, str, ForeignVerdict]]) -> list[tuple[str, ForeignVerdict]]:
    """The verdicts with the clusters of their instructions; near-duplicates are looked for in all files together."""
    judged = {path for path, _, _ in found}
    clusters = clusters_of_files([path for path in paths if path in judged])
    return [(benchmark, one) for path, benchmark, each in found for one in tie([each], clusters[path])]


def _file(
    store: Store, verdicts: Iterable[tuple[str, ForeignVerdict]], configs: Mapping[JudgeKind, JudgeConfig]
) -> list[Filed]:
    """File every verdict under its judge; those of one model under one judge make a plan."""
    filed = [file_verdict(one, configs[judge_kind(one)], benchmark=benchmark) for benchmark, one in verdicts]
    groups: dict[Group, list[Filed]] = {}
    for one in filed:
        slot = one.slot
        groups.setdefault(Group(slot.benchmark, slot.digest, slot.baseline, slot.model), []).append(one)
    by_digest = {config.digest: config for config in configs.values()}
    for group, of_group in groups.items():
        plan = f"{PLAN} {_digest(of_group)}"
        store.open_places(by_digest[group.digest], group, plan, (one.slot for one in of_group))
        replies = [(one.request, one.reply) for one in of_group if one.request is not None and one.reply is not None]
        for start in range(0, len(replies), _AT_ONCE):
            store.commit(Batch(replies=replies[start : start + _AT_ONCE]))
    return filed


def _digest(filed: Sequence[Filed]) -> str:
    said = [[one.slot.key, one.slot.order.value, one.slot.repeat, one.slot.recorded, one.slot.failure,
             one.slot.reply_key, *_tie(one)] for one in filed]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _tie(filed: Filed) -> list[str]:
    """The cluster of a question that others share; None for a question alone, as earlier versions stored it."""
    return [filed.slot.cluster] if filed.slot.cluster != filed.verdict.key else []
