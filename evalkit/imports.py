"""Other tools' files into the store: every record to the letter, and every verdict as a place on a board."""

import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from evalkit.config import read_judge
from evalkit.errors import InputError
from evalkit.formats.arena_hard import BASELINE_V01
from evalkit.formats.evaluators import convert_evaluator, write_judge
from evalkit.formats.foreign import ForeignFile, detect, read_foreign
from evalkit.formats.hub import saved_dataset
from evalkit.formats.judgments import read_judgments
from evalkit.formats.layouts import EVALUATOR_CONFIGS, Layout
from evalkit.formats.verdicts import ForeignVerdict
from evalkit.recorded import PLAN, Filed, file_verdict, judge_configs
from evalkit.store import Batch, Group, Store
from evalkit.store.documents import DocumentName, write_document
from evalkit.types import Example, JudgeConfig

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
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class How:
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


def import_files(store: Store, paths: Sequence[Path], how: How, *, judges_folder: Path) -> Imported:
    """Bring files into the store. What was imported before for the same model under the same judge is replaced.

    Args:
        judges_folder: where evaluators become judges of ours.

    Raises:
        InputError: naming file, row and field; what stood before it is in the store.
        ConfigError: an evaluator does what no judge of ours does.
    """
    folders = [path for path in paths if path.is_dir() and not saved_dataset(path)]
    converted = [convert_evaluator(folder) for folder in folders]
    written = tuple(write_judge(one, judges_folder) for one in converted)
    own = [_named(read_judge(str(path)), one.name) for path, one in zip(written, converted, strict=True)]
    counts: Counter[str] = Counter()
    verdicts: list[tuple[str, ForeignVerdict]] = []
    for path in paths:
        file = read_foreign(path, format=how.format)
        counts[f"{file.format} {file.kind}"] += _keep(store, file, path)
        if (file.format, file.kind) in JUDGED or _preferences(file):
            found = read_judgments(path, baseline=how.baseline, questions=how.questions)
            verdicts += [(how.benchmark or _benchmark(file, one), one) for one in found]
    filed = _file(store, verdicts, judge_configs((one for _, one in verdicts), [*how.judges, *own]))
    read = Counter(one.asked.judge for one in filed if one.asked.failure is None)
    failed = Counter(one.asked.judge for one in filed if one.asked.failure is not None)
    notes = [f"{one.name}: {note}" for one in converted for note in one.notes]
    lost = sum(one.verdict.strong and one.asked.recorded is not None for one in filed)
    if lost:
        notes.append(f"{lost} strong verdicts count like others: their replies do not say what was recorded")
    return Imported(dict(counts), dict(read), dict(failed), written, tuple(notes))


def _one(path: Path) -> bool:
    """Whether a folder is one thing: an evaluator or a saved dataset."""
    return saved_dataset(path) or any((path / name).is_file() for name in EVALUATOR_CONFIGS)


def _readable(path: Path, wanted: str | None) -> bool:
    try:
        found, _ = detect(path)
    except InputError:
        return False
    return found == wanted or (wanted is None and found != "table")


def _named(config: JudgeConfig, name: str) -> JudgeConfig:
    """The judge under the evaluator's own name, by which its verdicts know it."""
    return dataclasses.replace(config, name=name)


def _keep(store: Store, file: ForeignFile, path: Path) -> int:
    name = DocumentName(file.format, file.kind, document_name(path, file.layout))
    return write_document(store, name, dataclasses.asdict(file.layout), file.records)


def document_name(path: Path, layout: Layout) -> str:
    """Where a file lay, without its ending and without a way out of a folder."""
    plain = path.name.removesuffix(layout.suffix or "")
    parts = [part for part in PurePath(os.path.normpath(path.parent)).parts if part not in (path.anchor, "..", ".")]
    return "/".join((*parts, plain))


def _preferences(file: ForeignFile) -> bool:
    first: Mapping[str, Any] = file.records[0] if file.records else {}
    return file.format == "table" and {"judge", "model", "baseline", "preference"} <= first.keys()


def _benchmark(file: ForeignFile, verdict: ForeignVerdict) -> str:
    """The benchmark that a verdict is of, as far as its file tells."""
    if file.format == "arena_hard" and verdict.baseline != BASELINE_V01:
        return "arena_hard_v2"
    return BENCHMARKS.get(file.format, ELSEWHERE)


def _file(
    store: Store, verdicts: Iterable[tuple[str, ForeignVerdict]], configs: Mapping[str, JudgeConfig]
) -> list[Filed]:
    """File every verdict under its judge; those of one model under one judge make a plan."""
    filed = [file_verdict(one, configs[one.judge], benchmark=benchmark) for benchmark, one in verdicts]
    groups: dict[Group, list[Filed]] = {}
    for one in filed:
        asked = one.asked
        groups.setdefault(Group(asked.benchmark, asked.digest, asked.baseline, asked.model), []).append(one)
    by_digest = {config.digest: config for config in configs.values()}
    for group, of_group in groups.items():
        plan = f"{PLAN} {_digest(of_group)}"
        store.open_places(by_digest[group.digest], group, plan, (one.asked for one in of_group))
        replies = [(one.request, one.reply) for one in of_group if one.request is not None and one.reply is not None]
        for start in range(0, len(replies), _AT_ONCE):
            store.commit(Batch(replies=replies[start : start + _AT_ONCE]))
    return filed


def _digest(filed: Sequence[Filed]) -> str:
    said = [[one.asked.key, one.asked.order.value, one.asked.repeat, one.asked.recorded, one.asked.failure,
             one.asked.reply_key] for one in filed]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
