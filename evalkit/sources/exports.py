"""Writes the content of a store: imported files as they were, and verdicts in other tools' formats."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from evalkit.boards import Board, BoardRow, DifficultySource, Recipe, build_boards, entries_of_annotations
from evalkit.catalog import read_known
from evalkit.errors import InputError, StoreError, UnknownName
from evalkit.files import safe_name
from evalkit.formats import (
    FORMATS,
    ForeignFile,
    JudgedTexts,
    Layout,
    Stored,
    game_rows,
    pair_rows,
    row_of_ours,
    score_rows,
    single_rows,
    table_rows,
    table_schema,
    to_text,
    write_annotations,
    write_board,
    write_foreign,
    write_rows,
)
from evalkit.sources.export_folder import ExportFolder, export_folder
from evalkit.sources.stored import Scope, answered_by_key, imported_texts, stored_verdicts
from evalkit.store import DocumentName, Store, documents, records
from evalkit.text import plural

TABLE_NAME = "verdicts"
_JUDGMENTS = "model_judgment"
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Exported:
    """The written files: the number of records of each file, and notes."""

    files: Mapping[Path, int]
    notes: tuple[str, ...] = ()


def export_documents(
    store: Store,
    format: str,  # noqa: A002 (the word for it)
    folder: Path,
    *,
    kind: str | None = None,
    name: str | None = None,
) -> Exported:
    """Write imported files back, field by field as they were, as FOLDER/KIND/NAME.

    Args:
        name: the path of the file, or the last part of it, with its ending or without.

    Raises:
        InputError: no file was imported, or two would be written to one path.
        UnknownName: no such format, kind or name.
    """
    if format not in FORMATS:
        if format in WRITERS:
            raise InputError(f"{format} is for verdicts. Name their benchmark with --benchmark NAME, or export table")
        raise UnknownName("format", format, {*FORMATS, *WRITERS})
    if kind is not None and kind not in FORMATS[format]:
        raise UnknownName(f"kind of {format}", kind, FORMATS[format])
    kept = [
        (document, heading) for document, heading in documents(store, format=format) if kind in (None, document.kind)
    ]
    if not kept:
        what = format if kind is None else f"{format} ({kind})"
        raise InputError(f"{store.where}: holds no file of {what}. Bring some in with evalkit import {format} FILES")
    layouts = {document: _layout(store, document, heading) for document, heading in kept}
    chosen = {
        document: layout for document, layout in layouts.items() if name is None or name in _names(document, layout)
    }
    if name is not None and not chosen:
        raise UnknownName("file", name, {document.name for document, _ in kept})
    files = {}
    for document, path in _places(export_folder(store, folder), chosen).items():
        file = ForeignFile(
            document.format, document.kind, document.name, chosen[document], tuple(records(store, document))
        )
        write_foreign(file, path)
        files[path] = len(file.records)
    return Exported(files)


def export_verdicts(store: Store, format: str, folder: Path, wanted: Scope) -> Exported:  # noqa: A002
    """Write the store's verdicts of a benchmark in another tool's format.

    Raises:
        InputError: there are no verdicts, or the format cannot hold them.
        UnknownName: no such format, judge or model.
    """
    if format not in WRITERS:
        if format in FORMATS:
            raise InputError(f"verdicts are written as {', '.join(WRITERS)}. Name one of these instead of {format}")
        raise UnknownName("format", format, WRITERS)
    verdicts = list(stored_verdicts(store, wanted))
    if not verdicts:
        by = "" if wanted.judge is None else f" by judge {wanted.judge!r}"
        others = [name for name in store.benchmarks() if name != wanted.benchmark]
        cure = (
            f"It has some for {', '.join(others)}: add --benchmark {others[0]}"
            if others
            else "Run evalkit annotate or evalkit import first"
        )
        raise InputError(f"{store.where}: holds no verdicts{by} for benchmark {wanted.benchmark!r}. {cure}")
    return WRITERS[format](store, verdicts, export_folder(store, folder))


def _names(document: DocumentName, layout: Layout) -> set[str]:
    whole, last = document.name, document.name.rpartition("/")[2]
    return {whole, last, whole.removesuffix(layout.suffix or ""), last.removesuffix(layout.suffix or "")}


def _layout(store: Store, document: DocumentName, heading: Mapping[str, Any]) -> Layout:
    try:
        layout = Layout(**{**heading, "columns": tuple(heading["columns"])})
        _ = layout.suffix
    except (TypeError, KeyError):
        raise StoreError(
            f"{store.where}: {document.kind} {document.name!r} has an unknown layout. Import it again"
        ) from None
    return layout


def _places(folder: ExportFolder, layouts: Mapping[DocumentName, Layout]) -> dict[DocumentName, Path]:
    """A path for each file, inside the folder whatever the file's name is."""
    taken: dict[Path, DocumentName] = {}
    for document, layout in layouts.items():
        *above, last = [part for part in document.name.split("/") if part] or [document.kind]
        suffix = layout.suffix or ""
        path = folder.file(*map(safe_name, (document.kind, *above)), safe_name(last.removesuffix(suffix)) + suffix)
        if path in taken:
            raise _together(document, taken[path], path)
        taken[path] = document
    for path, document in taken.items():
        if above_it := next((parent for parent in path.parents if parent in taken), None):
            raise _together(document, taken[above_it], above_it)
    return {document: path for path, document in taken.items()}


def _together(first: DocumentName, other: DocumentName, path: Path) -> InputError:
    return InputError(f"{first.name!r} and {other.name!r} would both be written to {path}. Name one with --name")


def _mt_bench(_: Store, verdicts: Sequence[Stored], folder: ExportFolder) -> Exported:
    files = {}
    for judge, mine in _by(verdicts, lambda verdict: verdict[0].slot.judge).items():
        compared = [verdict for verdict in mine if verdict[0].slot.baseline]
        graded = [verdict for verdict in mine if not verdict[0].slot.baseline]
        for kind, rows in (("single", list(single_rows(graded))), ("pair", list(pair_rows(compared)))):
            if rows:
                files[folder.file(_JUDGMENTS, f"{safe_name(judge)}_{kind}.jsonl")] = rows
    return Exported(_write_lines(files))


def _arena_hard(_: Store, verdicts: Sequence[Stored], folder: ExportFolder) -> Exported:
    compared = [verdict for verdict in verdicts if verdict[0].slot.baseline]
    n_graded = len(verdicts) - len(compared)
    if not compared:
        raise InputError(
            "these verdicts are grades, and Arena-Hard's files hold comparisons. Write mt_bench or parquet"
        )
    files = {
        folder.file(_JUDGMENTS, safe_name(judge), f"{safe_name(model)}.jsonl"): list(game_rows(mine))
        for (judge, model), mine in _by(compared, _judge_and_model).items()
    }
    notes = (f"{n_graded} grades are left out: Arena-Hard's files hold comparisons",) if n_graded else ()
    return Exported(_write_lines(files), notes)


def _inspect(_: Store, verdicts: Sequence[Stored], folder: ExportFolder) -> Exported:
    files = {
        folder.file(safe_name(judge), f"{safe_name(model)}.jsonl"): list(score_rows(mine))
        for (judge, model), mine in _by(verdicts, _judge_and_model).items()
    }
    return Exported(_write_lines(files))


def _alpaca_eval(store: Store, verdicts: Sequence[Stored], folder: ExportFolder) -> Exported:
    entries = entries_of_annotations(annotation for annotation, _ in verdicts)
    boards = build_boards(
        [entry for entry in entries if not entry.graded], Recipe(difficulty=DifficultySource.AUTO, known=read_known())
    )
    imported = imported_texts(store)
    files = {}
    n_bare = 0
    for (judge, model), mine in _by(verdicts, _judge_and_model).items():
        path = folder.file(safe_name(model), safe_name(judge), "annotations.json")
        answered = answered_by_key(mine, imported)
        write_annotations(path, (annotation for annotation, _ in mine), answered, clusters=_shared(mine))
        rows = {(annotation.slot.baseline, annotation.slot.key) for annotation, _ in mine}
        n_bare += sum(not _has_texts(answered.get(key), baseline) for baseline, key in rows)
        files[path] = len(rows)
    for board in boards:
        path = folder.file("leaderboard.csv" if len(boards) == 1 else f"leaderboard_{_board_name(board)}.csv")
        write_board(path, [row_of_ours(_values(row)) for row in board.rows])
        files[path] = len(board.rows)
    notes = (
        (f"{plural(n_bare, 'row lacks', 'rows lack')} texts that the store does not hold; parquet needs none",)
        if n_bare
        else ()
    )
    return Exported(files, notes)


def _shared(verdicts: Sequence[Stored]) -> dict[str, str]:
    """The clusters of several questions each, by key of a question; a cluster is named after its first question."""
    questions: dict[str, set[str]] = {}
    slots = [annotation.slot for annotation, _ in verdicts]
    for slot in slots:
        questions.setdefault(slot.cluster, set()).add(slot.question)
    names = {cluster: min(own) for cluster, own in questions.items() if len(own) > 1}
    return {slot.key: names[slot.cluster] for slot in slots if slot.cluster in names}


def _has_texts(answered: JudgedTexts | None, baseline: str) -> bool:
    return answered is not None and answered[2] is not None and (answered[1] is not None or not baseline)


def _parquet(_: Store, verdicts: Sequence[Stored], folder: ExportFolder) -> Exported:
    return _table(verdicts, "parquet", folder.file(f"{TABLE_NAME}.parquet"))


def _datasets(_: Store, verdicts: Sequence[Stored], folder: ExportFolder) -> Exported:
    return _table(verdicts, "saved", folder.file(TABLE_NAME))


def _table(verdicts: Sequence[Stored], container: str, path: Path) -> Exported:
    rows = table_rows(annotation for annotation, _ in verdicts)
    write_rows(rows, Layout(container, schema=to_text(table_schema(rows))), path)
    return Exported({path: len(rows)})


def _write_lines(files: Mapping[Path, Sequence[Mapping[str, Any]]]) -> dict[Path, int]:
    """Write rows as JSON lines, after all of them could be made."""
    for path, rows in files.items():
        write_rows(rows, Layout("lines"), path)
    return {path: len(rows) for path, rows in files.items()}


def _board_name(board: Board) -> str:
    return "_".join(safe_name(name) for name in (board.judge, board.served_as, board.baseline) if name)


def _values(row: BoardRow) -> dict[str, Any]:
    """The columns of a board of AlpacaEval's."""
    return {
        "model": row.entry.model,
        "win_rate": row.raw.estimate.value,
        "win_rate_stderr": row.raw.estimate.stderr,
        "lc_win_rate": row.lc.value,
        "discrete_win_rate": row.discrete,
        "n_wins": row.counts.wins,
        "n_losses": row.counts.losses,
        "n_ties": row.counts.ties,
        "n_total": row.entry.sample.n,
        "avg_length": row.entry.avg_length,
    }


def _by(verdicts: Iterable[Stored], key: Callable[[Stored], K]) -> dict[K, list[Stored]]:
    groups: dict[K, list[Stored]] = {}
    for verdict in verdicts:
        groups.setdefault(key(verdict), []).append(verdict)
    return groups


def _judge_and_model(verdict: Stored) -> tuple[str, str]:
    return verdict[0].slot.judge, verdict[0].slot.model


WRITERS: dict[str, Callable[[Store, Sequence[Stored], ExportFolder], Exported]] = {
    "alpaca_eval": _alpaca_eval,
    "mt_bench": _mt_bench,
    "arena_hard": _arena_hard,
    "inspect": _inspect,
    "parquet": _parquet,
    "datasets": _datasets,
}
