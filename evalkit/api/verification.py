"""Computes a written row again from the store's raw replies, and reports the differences."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from evalkit import __version__
from evalkit.boards import (
    UNTAUGHT,
    Backing,
    BoardRow,
    Entry,
    Lengths,
    Pinned,
    beside,
    build_row,
    entries_of_annotations,
)
from evalkit.catalog import find_benchmark, read_known
from evalkit.documents import parse_json, read_text
from evalkit.errors import ConfigError, EvalkitError, InputError
from evalkit.judge_spec import scale
from evalkit.judging import annotate_all, judge_facts
from evalkit.provenance import (
    ANNOTATIONS,
    LENGTH_TAUGHT,
    ROW_FILE,
    SEAL,
    STYLE_TAUGHT,
    Computation,
    Difficulties,
    annotations_digest,
    learned_again,
    read_computation,
    rests_on_models,
    seal_fits,
    stored_document,
    written_background,
)
from evalkit.sources import entries_of_store
from evalkit.stats import LENGTH, HistoryFile
from evalkit.store import Store, damage_of
from evalkit.types import Annotation, Group, JudgeConfig, PlanRecord

_AGAIN = "Run evalkit annotate again: what is stored is not asked again"
_JUDGE = ("judge_digest", "judge_model", "endpoint", "prompt_sha256", "prompt_mode", "parser", "parameters_sha256")
# another version of evalkit is not a difference while the numbers agree; the files' own digests are checked separately
_UNCOMPARED = {("evalkit",), ("provenance", "evalkit"), ("provenance", ANNOTATIONS), ("provenance", SEAL)}
# fields that rows lack which were written before evalkit looked for near-duplicates
_ADDED = {("design_effect",), ("between_sources",), ("provenance", "cluster"), ("provenance", "near_duplicates")}
_DEPENDENCE = "dependence"
_ABSENT = "nothing"
_ANNOTATIONS_FILE = "annotations.json"
_CONTENT = ("the row says", "its content gives")
# the path of a field: the names of the objects that it lies in, and its own
_Path = tuple[str, ...]


class Disagreement(Enum):
    """The reason why a row and the store disagree."""

    EDITED = "the file was edited"
    NUMBER = "the number was edited"
    VERDICTS = "the verdicts are others"
    REPLIES = "the replies are others"
    JUDGE = "the judge or its prompt is another"
    DATA = "the data are others"
    LABELS = "the labels are others"
    PLAN = "another plan"
    DAMAGED = "damaged in the store"
    ABSENT = "not in the store"
    VERSION = "computed by another version of evalkit"
    OLDER = "computed by an earlier method"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A field, with its value in the file and in the store as JSON; `between` are other words for these two."""

    field: str
    said: str
    found: str
    cause: Disagreement
    between: tuple[str, str] = ("the file says", "the store gives")

    def __str__(self) -> str:
        says, gives = self.between
        return f"{self.field}: {says} {self.said}, {gives} {self.found} ({self.cause.value})"


@dataclass(frozen=True, slots=True)
class Verified:
    """A row and its fields that do not follow from the store; `row` and `sha256` are the store's, where it gives them.

    `n_verdicts` counts orders and repeats one by one.
    """

    model: str
    judge: str
    differences: tuple[Mismatch, ...]
    n_verdicts: int = 0
    sha256: str | None = None
    notes: tuple[str, ...] = ()
    row: BoardRow | None = field(default=None, compare=False, repr=False)

    @property
    def equal(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Verification:
    """The verified rows of some files, and the reasons why others could not be verified at all."""

    rows: tuple[Verified, ...]
    refused: tuple[InputError, ...]


def verify_files(path: Path, store: Store, *, difficulty: Difficulties | None = None) -> Verification:
    """Verify a file of rows or, for a folder, every such file below it.

    Raises:
        InputError: there is no such file.
        StoreError: the store cannot be read.
    """
    files = sorted(path.rglob(ROW_FILE)) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path}: holds no {ROW_FILE}. Run evalkit annotate first")
    rows: list[Verified] = []
    refused: list[InputError] = []
    for file in files:
        try:
            rows += _verify_file(file, store, difficulty)
        except InputError as error:
            refused.append(error)
    return Verification(tuple(rows), tuple(refused))


def verify_row(document: Any, store: Store, *, difficulty: Difficulties | None = None) -> Verified:
    """Compute a row of `row.json` again from the raw replies, read once more, and compare every field of it.

    Args:
        difficulty: the values that the row was computed with, if it was.

    Raises:
        InputError: not a row of a run, such as rows of other tools' files and of a store of an earlier layout; or a row
            that cannot be computed by itself.
        StoreError: the store cannot be read.
    """
    provenance = _provenance(document)
    group = Group(*(str(document.get(name) or "") for name in ("benchmark", "judge_digest", "baseline", "model")))
    edited = [] if seal_fits(document) else [_edited(provenance, "another digest")]
    try:
        verified = _verify(document, group, store, difficulty)
    except InputError as error:
        if not edited:
            raise
        return _unlike(document, [_edited(provenance, str(error))])
    return replace(verified, differences=(*edited, *verified.differences))


def _verify_file(path: Path, store: Store, difficulty: Difficulties | None) -> Iterator[Verified]:
    found = parse_json(read_text(path), str(path))
    if found == []:
        raise InputError(f"{path}: holds no row. {_AGAIN}")
    for document in found if isinstance(found, list) else [found]:
        try:
            verified = verify_row(document, store, difficulty=difficulty)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        beside = path.with_name(_ANNOTATIONS_FILE)
        said, digest = document["provenance"].get(ANNOTATIONS), annotations_digest(beside) if beside.is_file() else None
        if digest not in (None, said):
            edited = Mismatch(_ANNOTATIONS_FILE, _json(said), _json(digest), Disagreement.EDITED, _CONTENT)
            verified = replace(verified, differences=(*verified.differences, edited))
        yield verified


def _verify(document: dict[str, Any], group: Group, store: Store, difficulty: Difficulties | None) -> Verified:
    if damaged := damage_of(store, group):
        named = [(f"{damage.table} {damage.key}", "sound", "damaged") for damage in damaged]
        return _unlike(
            document, [Mismatch(*mismatch, Disagreement.DAMAGED, ("it should be", "and is")) for mismatch in named]
        )
    config = next((judge for judge in store.judges() if judge.digest == group.digest), None)
    answered = list(store.answered_of(group))
    if config is None or not answered:
        whose = f"verdicts of {group.model!r} under {group.digest}"
        return _unlike(document, [Mismatch("model", whose, _ABSENT, Disagreement.ABSENT)])
    plan = store.plan_of(group)
    if plan is None:
        raise InputError(f"{store.where} has no provenance of the plan: an earlier evalkit judged it. {_AGAIN}")
    annotations = list(annotate_all(answered, replace(config, prices=plan.prices)))
    backing = Backing(plans={group: plan}, scale_of={config.name: scale(config)}.get)
    row, taught = _row(document, annotations, backing, store, difficulty)
    if row is None:
        part = Mismatch("part", _json(document.get("part")), _ABSENT, Disagreement.ABSENT)
        return _unlike(document, [part])
    found = stored_document(row, benchmark=group.benchmark)
    if _DEPENDENCE not in document:
        del found[_DEPENDENCE]
    notes = (*_version_notes(document, plan), *_length_notes(row, annotations), *taught)
    differences = [*_judge_differences(plan, config), *_differences(document, found)]
    older = [mismatch for mismatch in differences if mismatch.cause == Disagreement.OLDER]
    return Verified(
        model=group.model,
        judge=config.name,
        differences=tuple(mismatch for mismatch in differences if mismatch.cause != Disagreement.OLDER),
        n_verdicts=sum(
            annotation.preference is not None or annotation.rating is not None for annotation in annotations
        ),
        sha256=found["sha256"],
        notes=(*notes, *(f"older method: {mismatch}" for mismatch in older)),
        row=row,
    )


def _row(
    document: dict[str, Any],
    annotations: Sequence[Annotation],
    backing: Backing,
    store: Store,
    difficulty: Difficulties | None,
) -> tuple[BoardRow | None, list[str]]:
    """The row of the document's part, None where the store has no such part; and notes on its background."""
    made = read_computation(document, difficulty=difficulty)
    try:
        entries = entries_of_annotations(annotations, made.aggregation, backing)
        entry = next(
            (candidate for candidate in entries if (candidate.served_as or None) == document.get("part")), None
        )
        if entry is None:
            return None, []
        if _DEPENDENCE not in document:
            # rows of earlier versions do not mention dependence, and neither do their notes
            entry = replace(entry, dependence=None)
        taught, notes = _pinned_backgrounds(document, entry, made, store, difficulty)
        row = build_row(entry, made.recipe, background=taught.length, style_background=taught.style, slices=made.slices)
        return row, notes
    except EvalkitError as error:
        raise InputError(f"cannot be computed: {error}") from error


def _pinned_backgrounds(
    document: dict[str, Any], entry: Entry, made: Computation, store: Store, difficulty: Difficulties | None
) -> tuple[Pinned, list[str]]:
    """The background of the row, learned again from the same source, or as written where that is gone."""
    provenance = document["provenance"]
    if LENGTH_TAUGHT not in provenance:
        # rows of the earlier method were computed from their own verdicts alone
        return Pinned(UNTAUGHT, UNTAUGHT), []
    known = read_known(_own_histories(document))
    if isinstance(difficulty, HistoryFile):
        known = replace(known, files=(difficulty, *known.files))
    written = [provenance[LENGTH_TAUGHT], provenance.get(STYLE_TAUGHT)]
    group = _beside(entry, made, store) if any(map(rests_on_models, written)) else [entry]
    found, notes = [], []
    for background, controls in zip(written, ((LENGTH,), made.recipe.controls), strict=True):
        again = learned_again(background, entry, group, known=known, controls=controls)
        if again is None:
            notes.append(
                "the models or the history that taught this row are gone or have changed: its number was recomputed "
                "from the verdicts and from the figures in the row itself"
            )
            again = written_background(background)
        if again is None:
            raise InputError("provenance: background: not a background that this evalkit can read")
        found.append(again)
    return Pinned(*found), list(dict.fromkeys(notes))


def said_by_row(path: Path, name: str) -> str | None:
    """A text of a written row, as its benchmark, model or judge; None where it says nothing.

    Raises:
        InputError: the file cannot be read.
    """
    document = parse_json(read_text(path), str(path))
    first = document[0] if isinstance(document, list) and document else document
    said = first.get(name) if isinstance(first, dict) else None
    return said if isinstance(said, str) and said.strip() else None


def _own_histories(document: Mapping[str, Any]) -> list[Path]:
    """The history that the row's benchmark names, if there still is a benchmark of that name."""
    try:
        named = find_benchmark(str(document.get("benchmark"))).history
    except ConfigError:
        return []
    return [] if named is None else [Path(named)]


def _beside(entry: Entry, made: Computation, store: Store) -> list[Entry]:
    """The store's entries under the same judge and baseline, gathered as the row's own entry was."""
    assert entry.plan is not None
    entries = entries_of_store(store, benchmark=entry.plan.benchmark, judge=entry.judge, aggregation=made.aggregation)
    return beside(entries, entry)


def _differences(said: dict[str, Any], found: dict[str, Any]) -> Iterator[Mismatch]:
    """Compare field by field, except fields that an evalkit of another version does not have."""
    ours, theirs = dict(_fields(found)), dict(_fields(said))
    other_version = said["provenance"].get("evalkit") != __version__
    paths = [path for path in {**theirs, **ours} if path not in _UNCOMPARED]
    paths = [path for path in paths if path in theirs or path not in _ADDED]
    unlike = [path for path in paths if theirs.get(path) != ours.get(path)]
    if other_version:
        unlike = [path for path in unlike if path in theirs and path in ours]
    older_method = LENGTH_TAUGHT not in said["provenance"]
    if older_method:
        # fields that this method adds are not in rows of the earlier one
        unlike = [path for path in unlike if path in theirs]
    follows = _follows(unlike, other_version=other_version, older_method=older_method)
    for path in unlike:
        said_there, found_here = (fields.get(path, _ABSENT) for fields in (theirs, ours))
        yield Mismatch(".".join(path), said_there, found_here, _cause(path, follows))


def _follows(unlike: Sequence[_Path], *, other_version: bool, older_method: bool) -> Disagreement:
    """The reason why numbers differ: their inputs differ, or else the number or the version does."""
    causes = {_cause(path, Disagreement.NUMBER) for path in unlike}
    for cause in (
        Disagreement.DATA,
        Disagreement.JUDGE,
        Disagreement.PLAN,
        Disagreement.REPLIES,
        Disagreement.VERDICTS,
    ):
        if cause in causes:
            return cause
    if older_method:
        return Disagreement.OLDER
    return Disagreement.VERSION if other_version else Disagreement.NUMBER


def _cause(path: _Path, of_numbers: Disagreement) -> Disagreement:
    if path[:1] != ("provenance",):
        return of_numbers
    named = path[1] if len(path) > 1 else ""
    if named == "data_sha256":
        return Disagreement.DATA
    if named in _JUDGE:
        return Disagreement.JUDGE
    return {"verdicts_sha256": Disagreement.VERDICTS, "replies_sha256": Disagreement.REPLIES}.get(
        named, Disagreement.PLAN
    )


def _judge_differences(plan: PlanRecord, config: JudgeConfig) -> Iterator[Mismatch]:
    """The differences between the judge that the store holds and the judge that the plan was made for."""
    for name, value in judge_facts(config).items():
        planned = getattr(plan, name)
        if planned != value:
            between = ("the plan says", "the judge in the store has")
            yield Mismatch(f"judge {config.name}: {name}", str(planned), str(value), Disagreement.JUDGE, between)


def _fields(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, str]]:
    """Every field by its path, as JSON; a list is one field. Paths stay tuples, because joined paths could collide."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _fields(item, (*path, str(key)))
    else:
        yield path, _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _provenance(document: Any) -> dict[str, Any]:
    provenance = document.get("provenance") if isinstance(document, dict) else None
    if not isinstance(provenance, dict):
        raise InputError(f"has no provenance, so its inputs are unknown. {_AGAIN}")
    if provenance.get("plan") is None:
        raise InputError("its verdicts come from another tool or an earlier evalkit, and no replies are behind them")
    if SEAL not in provenance:
        raise InputError(f"is a row of a board, whose rank depends on others. Verify the model's row.json. {_AGAIN}")
    return provenance


def _edited(provenance: Mapping[str, Any], why: str) -> Mismatch:
    return Mismatch(f"provenance.{SEAL}", _json(provenance[SEAL]), why, Disagreement.EDITED, _CONTENT)


def _unlike(document: Mapping[str, Any], differences: Sequence[Mismatch]) -> Verified:
    return Verified(str(document.get("model")), str(document.get("judge")), tuple(differences))


def _version_notes(document: Mapping[str, Any], plan: PlanRecord) -> tuple[str, ...]:
    written = document["provenance"].get("evalkit")
    others = {str(version) for version in (written, plan.evalkit) if version != __version__}
    return tuple(f"computed by evalkit {version}; this is {__version__}" for version in sorted(others))


def _length_notes(row: BoardRow, annotations: Sequence[Annotation]) -> tuple[str, ...]:
    """The note that an older row was recomputed by an earlier rule of lengths, if the rule changes its lengths."""
    blank = any(annotation.slot.candidate_blanks or annotation.slot.baseline_blanks for annotation in annotations)
    if row.entry.aggregation.lengths != Lengths.CHARACTERS or row.entry.graded or not blank:
        return ()
    return ("recomputed by the rule of earlier versions: lengths count the blanks around an answer",)
