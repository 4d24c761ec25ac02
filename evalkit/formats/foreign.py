"""Reads files of other benchmarks and writes them back without loss: their format, their records and their layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import InputError, UnknownName
from evalkit.formats.inspect_log import EVAL_SUFFIX
from evalkit.formats.layouts import Layout, first_fields, layout_of, read_rows, write_rows
from evalkit.formats.outputs import stem
from evalkit.formats.rows import Source

# a format and a kind of file that it has, as in FORMATS
Kind = tuple[str, str]
# the kinds of files that each format has
FORMATS: Mapping[str, tuple[str, ...]] = {
    "alpaca_eval": ("outputs", "annotations", "leaderboard", "evaluator"),
    "mt_bench": ("question", "answer", "reference_answer", "single", "pair", "leaderboard"),
    "arena_hard": ("question", "answer", "judgment", "leaderboard"),
    "inspect": ("log",),
    "table": ("rows",),
}


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """A foreign file's content; `records` are values that any JSON writer takes, see `formats.lossless`."""

    format: str
    kind: str
    name: str
    layout: Layout
    records: tuple[Mapping[str, Any], ...] = field(repr=False)


def detect(path: Source) -> Kind:
    """Detect the format and the kind of a file, or of rows given as a value, from the fields of its first record.

    Raises:
        InputError: not a file of rows, or not readable.
    """
    layout = layout_of(path)
    if layout.container == "folder":
        return "alpaca_eval", "evaluator"
    if layout.container == "archive":
        return "inspect", "log"
    return _kind(first_fields(path, layout), layout.container, path)


def read_foreign(path: Path, *, format: str | None = None) -> ForeignFile:  # noqa: A002 (the word for it)
    """Read the records of a file in order, with everything needed to write it back.

    Args:
        format: one of FORMATS; detected from the first record by default. Every file can be read as a `table`.

    Raises:
        InputError: wrong content, named by file and row; a file of another format.
    """
    if format is not None and format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    found, kind = detect(path)
    if format == "table":
        found, kind = "table", "rows"
    if format not in (None, found):
        raise InputError(f"{path}: is not a file of {format}; its records are those of {found} ({kind})")
    layout, records = read_rows(path, layout_of(path))
    return ForeignFile(found, kind, stem(path.name).removesuffix(EVAL_SUFFIX), layout, tuple(records))


def write_foreign(file: ForeignFile, path: Path) -> None:
    """Write a file back, field by field as it was read.

    Raises:
        InputError: the name does not end as such a file's does, or the file cannot be written.
    """
    write_rows(file.records, file.layout, path)


def _kind(fields: Mapping[str, Any], container: str, path: Source) -> tuple[str, str]:
    has = fields.keys()
    if container == "object":
        return ("inspect", "log") if {"eval", "status"} <= has else ("table", "rows")
    answers = {"question_id", "choices"} <= has
    choices = fields.get("choices")
    answer = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    # its first edition has objects where MT-Bench has texts
    arena = _of_objects(fields.get("turns")), _of_objects(answer.get("turns"))
    right = any("reference_answer" in name for name in _names(path))
    kinds = (
        ("arena_hard", "judgment", "games" in has),
        ("arena_hard", "answer", {"uid", "messages"} <= has or (answers and arena[1])),
        ("arena_hard", "question", {"uid", "prompt"} <= has or ("question_id" in has and arena[0])),
        ("mt_bench", "pair", {"model_1", "model_2"} <= has and not has.isdisjoint(("g1_winner", "winner"))),
        ("mt_bench", "single", {"question_id", "model", "judgment", "score"} <= has),
        ("mt_bench", "reference_answer" if right else "answer", answers),
        ("mt_bench", "question", {"question_id", "turns"} <= has),
        ("alpaca_eval", "annotations", {"output_2", "generator_2"} <= has and not has.isdisjoint(_VERDICTS)),
        ("alpaca_eval", "outputs", {"instruction", "output"} <= has),
        ("alpaca_eval", "leaderboard", {"win_rate", "standard_error"} <= has and container == "csv"),
        ("arena_hard", "leaderboard", {"model", "score", "rating_q025", "rating_q975"} <= has and container == "csv"),
        ("mt_bench", "leaderboard", "MT-bench (score)" in has and container == "csv"),
    )
    return next(((name, kind) for name, kind, fits in kinds if fits), ("table", "rows"))


def _names(path: Source) -> tuple[str, ...]:
    return (path.name, path.parent.name) if isinstance(path, Path) else (path.name,)


# rows of ours that were graded alone have a rating
_VERDICTS = ("preference", "rating")


def _of_objects(turns: object) -> bool:
    return isinstance(turns, Sequence) and bool(turns) and isinstance(turns[0], dict)
