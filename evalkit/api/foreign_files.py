"""Brings other tools' files into the store, and writes them and verdicts in other tools' formats."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.api.door import front_door, in_keywords
from evalkit.api.keywords import Data, optional_source, optional_text, several
from evalkit.api.python_judges import JudgeLike, judge_config, judge_name
from evalkit.api.result import Tabular, frame_of
from evalkit.catalog import find_benchmark
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.formats import FORMATS, read_questions
from evalkit.sources import (
    LEADERBOARDS,
    Exported,
    Imported,
    ImportOptions,
    Scope,
    export_documents,
    export_verdicts,
    find_files,
)
from evalkit.sources import import_files as import_all
from evalkit.store import open_store, shown_url, store_exists, store_url
from evalkit.text import plural, printable

if TYPE_CHECKING:
    import pandas as pd

# the format of files that each show theirs
ANY = "auto"
JUDGES_FOLDER = "judges"
# kinds of files by the names that `records` gives them
_LEADERBOARDS = {f"{name} leaderboard" for name in LEADERBOARDS}
_ANSWERS = {"alpaca_eval outputs", "mt_bench answer", "arena_hard answer"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImportedFiles(Tabular):
    """The content that an import brought into the store."""

    imported: Imported

    @property
    def records(self) -> Mapping[str, int]:
        """The numbers of records by kind of file."""
        return self.imported.records

    @property
    def verdicts(self) -> Mapping[str, int]:
        """The numbers of verdicts by judge."""
        return self.imported.verdicts

    @property
    def failures(self) -> Mapping[str, int]:
        """The numbers of records without a verdict by judge."""
        return self.imported.failures

    @property
    def judges(self) -> tuple[Path, ...]:
        """The written files of the evaluators that became judges."""
        return self.imported.judges

    @property
    def seen(self) -> Mapping[str, str]:
        """The commands that show what was brought, by what they show."""
        shown = {f"{name}'s boards": f"evalkit leaderboard --benchmark {name}" for name in self.imported.benchmarks}
        if not _LEADERBOARDS.isdisjoint(self.records):
            shown["the published rows"] = "evalkit store published"
        if not _ANSWERS.isdisjoint(self.records):
            shown["the answers beside others"] = "evalkit annotate FILE --baseline MODEL, with the name of their model"
        return shown

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the details that were lost."""
        return tuple(map(in_keywords, self.imported.notes))

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each kind of file, and for each judge with verdicts."""
        kinds = [
            {"kind": kind, "judge": None, "records": n, "verdicts": None, "failures": None}
            for kind, n in self.records.items()
        ]
        judges = [
            {"judge": judge, "verdicts": self.verdicts.get(judge, 0), "failures": self.failures.get(judge, 0)}
            for judge in {**self.verdicts, **self.failures}
        ]
        return frame_of([*kinds, *judges])

    def to_json(self) -> str:
        document = {
            "records": dict(self.records),
            "verdicts": dict(self.verdicts),
            "failures": dict(self.failures),
            "judges": [str(path) for path in self.judges],
            "seen": dict(self.seen),
            "notes": list(self.imported.notes),
        }
        return json.dumps(document, indent=2)

    def __str__(self) -> str:
        lines = [f"imported {kind}: {plural(n, 'record')}" for kind, n in self.records.items()]
        for judge in {**self.verdicts, **self.failures}:
            line = f"judge {judge}: {plural(self.verdicts.get(judge, 0), 'verdict')}"
            failed = self.failures.get(judge, 0)
            lines.append(f"{line}, {plural(failed, 'record')} without a verdict" if failed else line)
        lines += [f"wrote judge {path}" for path in self.judges]
        lines += [f"see {what}: {command}" for what, command in self.seen.items()]
        return "\n".join(map(printable, lines))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExportedFiles(Tabular):
    """The files that an export wrote."""

    exported: Exported

    @property
    def files(self) -> Mapping[Path, int]:
        """The number of records of each written file."""
        return self.exported.files

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the details that the format cannot hold."""
        return self.exported.notes

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each written file with the number of its records."""
        return frame_of(self._documents())

    def to_json(self) -> str:
        return json.dumps({"files": self._documents(), "notes": list(self.notes)}, indent=2)

    def _documents(self) -> list[dict[str, object]]:
        return [{"path": str(path), "records": n} for path, n in self.files.items()]

    def __str__(self) -> str:
        return "\n".join(printable(f"wrote {path}: {plural(n, 'record')}") for path, n in self.files.items())


@front_door
def import_files(
    *files: str | PathLike[str],
    format: str = ANY,  # noqa: A002 (the word for it)
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | Sequence[JudgeLike] | None = None,
    baseline: str | None = None,
    questions: Data | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> ImportedFiles:
    """Bring other tools' files into the store.

    Every record is kept to the letter, for `export_files`. Verdicts appear on boards under the judge that gave them. A
    folder with an evaluator's configs.yaml becomes a judge in the folder `judges` of `results`.

    Args:
        files: outputs, judgments, boards, evaluators, logs, tables, or folders of them.
        format: `alpaca_eval`, `mt_bench`, `arena_hard`, `inspect`, `table`, or `auto` to tell it from each file.
        benchmark: the benchmark under which the verdicts are filed; by default the format's.
        judge: a judge, or several, under which the verdicts of the judge of the same name are filed.
        baseline: the name of the baseline where a file does not give one.
        questions: the question set of which the categories of the questions are taken.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder of the store and of judges.

    Returns:
        The numbers of imported records and verdicts. `frame` has a row for each kind of file and for each judge.

    Raises:
        InputError: a file is missing or wrong; the message names file, row and field.
        ConfigError: there is no such format, judge or benchmark.

    Example:
        >>> import evalkit as ek
        >>> ek.import_files("alpaca_eval/results", benchmark="alpaca_eval").frame
    """
    if format not in (ANY, *FORMATS):
        raise UnknownName("format", format, (ANY, *FORMATS))
    wanted = None if format == ANY else format
    paths = [path for file in files for path in find_files(Path(file), format=wanted)]
    asked = optional_source(questions, "questions")
    named: tuple[JudgeLike, ...] = several(judge)
    options = ImportOptions(
        benchmark=optional_text(benchmark),
        format=wanted,
        baseline=baseline,
        judges=[judge_config(given) for given in named],
        questions=() if asked is None else read_questions(asked),
    )
    with open_store(store_url(store, Path(results))) as opened:
        return ImportedFiles(import_all(opened, paths, options, judges_folder=Path(results) / JUDGES_FOLDER))


@front_door
def export_files(
    format: str,  # noqa: A002 (the word for it)
    *,
    out: str | PathLike[str],
    kind: str | None = None,
    name: str | None = None,
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | None = None,
    model: str | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> ExportedFiles:
    """Write imported files as they were, field by field, or a benchmark's verdicts in another tool's format.

    Args:
        format: `alpaca_eval`, `mt_bench`, `arena_hard`, `inspect` or `table` for imported files; for verdicts
            `alpaca_eval`, `mt_bench`, `arena_hard`, `inspect`, `parquet` or `datasets`.
        out: the folder to write into.
        kind: only imported files of this kind, such as `annotations`.
        name: only the imported file that lay here, or was called so.
        benchmark: the benchmark whose verdicts are written instead of imported files.
        judge: only this judge's verdicts.
        model: only the verdicts on this model.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The written files. `frame` has a row for each.

    Raises:
        InputError: there is no store, or nothing in it to write, or the format cannot hold it.
        ConfigError: a name is unknown, or a keyword would be ignored.

    Example:
        >>> import evalkit as ek
        >>> ek.export_files("parquet", out="tables", benchmark="example").frame
    """
    url = store_url(store, Path(results))
    named = judge_name(judge)
    _check(
        verdicts=benchmark is not None,
        of_files={"--kind": kind, "--name": name},
        of_verdicts={"--judge": named, "--model": model},
    )
    if not store_exists(url):
        raise InputError(f"{shown_url(url)}: no store yet. Run evalkit import or evalkit annotate first")
    with open_store(url) as opened:
        if benchmark is None:
            return ExportedFiles(export_documents(opened, format, Path(out), kind=kind, name=name))
        scope = Scope(find_benchmark(str(benchmark)).name, named, model)
        return ExportedFiles(export_verdicts(opened, format, Path(out), scope))


def _check(*, verdicts: bool, of_files: Mapping[str, str | None], of_verdicts: Mapping[str, str | None]) -> None:
    """Raise a ConfigError for an option that the export would ignore."""
    ignored = of_files if verdicts else of_verdicts
    given = next((option for option, value in ignored.items() if value is not None), None)
    if given is not None and not verdicts:
        raise ConfigError(f"{given} chooses among verdicts. Say of which benchmark with --benchmark NAME")
    if given is not None:
        raise ConfigError(f"{given} chooses among imported files, and --benchmark among verdicts. Give one of them")
