"""Reads the verdicts of any foreign file of judgments."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.errors import InputError
from evalkit.formats.alpaca_verdicts import row_scale, row_verdict
from evalkit.formats.arena_hard import game_verdicts
from evalkit.formats.conversation import ID_FIELDS, id_field, read_id
from evalkit.formats.foreign import Kind, detect
from evalkit.formats.inspect_log import read_log, score_verdicts
from evalkit.formats.mt_bench import SCALE, pair_verdicts, single_verdicts
from evalkit.formats.outputs import source_records, stem
from evalkit.formats.records import Record
from evalkit.formats.repeats import JudgedOnce, each_once
from evalkit.formats.rows import Source
from evalkit.formats.table import KEY_COLUMNS, NUMBER_COLUMNS, TEXT_COLUMNS, PreferenceGroup, read_preferences
from evalkit.formats.verdict_table import MARKS, table_scale, table_verdicts
from evalkit.formats.verdicts import (
    NO_VERDICT,
    UNNAMED_JUDGE,
    count_repeats,
    optional_number,
    recorded,
    with_categories,
)
from evalkit.formats.votes import NEEDED
from evalkit.types import Annotation, Example, Order, Rating

# tables have checks of their own
_ROWS_OF_VERDICTS = {
    ("alpaca_eval", "annotations"),
    ("arena_hard", "judgment"),
    ("mt_bench", "pair"),
    ("mt_bench", "single"),
}
_KINDS_OF_NAMES = ("_single", "_pair")
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Judgments:
    """The verdicts of a file; `scale` is that of all grades in it, where its format has one."""

    verdicts: tuple[Annotation, ...]
    scale: tuple[float, float] | None = None


def read_judgments(
    path: Source, *, judge: str | None = None, baseline: str | None = None, questions: Sequence[Example] = ()
) -> Judgments:
    """The verdicts of a file of MT-Bench, Arena-Hard, AlpacaEval or inspect_ai, or of a table of preferences; all but
    those of inspect_ai may be rows that were given as a value.

    Args:
        judge: the judge's name where the file does not give it; by default taken from the file's name.
        baseline: the baseline's name where the file does not give it.
        questions: give the verdicts' categories by key.

    Raises:
        InputError: the file holds no verdicts, or wrong ones; the message names the row and the field.
    """
    kind = detect(path)
    if isinstance(path, Path) and kind == ("inspect", "log"):
        found = Judgments(tuple(score_verdicts(read_log(path))))
    else:
        found = judgments_of(tuple(source_records(path)), kind, path, judge=judge, baseline=baseline)
    return replace(found, verdicts=tuple(with_categories(found.verdicts, questions))) if questions else found


def judgments_of(
    records: Sequence[Record], kind: Kind, path: Source, *, judge: str | None = None, baseline: str | None = None
) -> Judgments:
    """The verdicts in the records of a file of that kind, as `read_judgments` reads them.

    Raises:
        InputError: as for `read_judgments`; or a record stands twice, which would count twice.
    """
    if kind in _ROWS_OF_VERDICTS:
        records = list(each_once(records))
    verdicts, scale = _verdicts(records, kind, path, judge or _judge_of(path), baseline)
    return Judgments(tuple(verdicts), scale)


def _verdicts(
    records: Sequence[Record], kind: Kind, path: Source, judge: str | None, baseline: str | None
) -> tuple[Iterable[Annotation], tuple[float, float] | None]:
    if kind == ("mt_bench", "single"):
        return single_verdicts(records, judge=judge), SCALE
    if kind == ("mt_bench", "pair"):
        return pair_verdicts(records, judge=judge), None
    if kind == ("arena_hard", "judgment"):
        return game_verdicts(records, judge=judge, baseline=baseline), None
    if kind == ("alpaca_eval", "annotations"):
        return _one_for_each(records), _common(map(row_scale, records))
    if kind == ("table", "rows"):
        names = records[0].fields.keys()
        if names >= MARKS:
            return table_verdicts(records), _common(map(table_scale, records))
        if "preference" in names:
            return preference_verdicts(read_preferences(path, records=records)), None
        if {"model", "score"} <= names and not names.isdisjoint(ID_FIELDS):
            return count_repeats(_score(record, judge) for record in records), SCALE
    raise InputError(f"{path}: holds no verdicts: {_what_it_holds(records[0], kind)}")


def _what_it_holds(record: Record, kind: Kind) -> str:
    """The kind of a file without verdicts, and of a table the columns that it should have."""
    found = f"its records are those of {kind[0]} ({kind[1]})"
    if kind != ("table", "rows"):
        return found
    names = ", ".join(name[:_SHOWN] for name in list(record.fields)[:12])
    return (
        f"{found} with the columns {names}. Votes between two models, for evalkit ratings, have {', '.join(NEEDED)}; "
        f"preferences have {', '.join(TEXT_COLUMNS)}, {KEY_COLUMNS[1]} and {', '.join(NUMBER_COLUMNS)}; grades have "
        "question_id, model and score. Rename the columns"
    )


def _one_for_each(records: Iterable[Record]) -> Iterator[Annotation]:
    """The verdicts of annotations, which have one row for an instruction unless they say who was shown first."""
    judged = JudgedOnce()
    for record in records:
        verdict = row_verdict(record)
        slot = verdict.slot
        place = (slot.key, slot.judge, slot.model, slot.baseline, slot.order)
        judged.add(record, place, judge=slot.judge, model=slot.model)
        yield verdict


def _common(scales: Iterable[tuple[float, float] | None]) -> tuple[float, float] | None:
    """The one scale that rows tell; None where they tell several, each of which its grades have too."""
    told = set(scales) - {None}
    return told.pop() if len(told) == 1 else None


def _judge_of(path: Source) -> str | None:
    name = stem(path.name)
    return next((name.removesuffix(kind) for kind in _KINDS_OF_NAMES if name.endswith(kind)), None)


def _score(record: Record, judge: str | None) -> Annotation:
    """A verdict from a row of a table of grades, on MT-Bench's scale; csv holds numbers as text."""
    key = read_id(record, id_field(record) or ID_FIELDS[0])
    said = record.fields["score"]
    try:
        score = float(said or "nan") if isinstance(said, str) else optional_number(record, "score")
    except ValueError:
        found = repr(str(said)[:40])
        raise InputError(f'{record.where}: field "score": expected a number or nothing, found {found}') from None
    missing = score is None or math.isnan(score) or score == -1
    if not missing and score is not None and not SCALE[0] <= score <= SCALE[1]:
        raise InputError(f'{record.where}: field "score": {score:g} is outside the scale from 1 to 10')
    return recorded(
        key=key,
        cluster=key,
        judge=record.optional_name("judge") or judge or UNNAMED_JUDGE,
        model=record.name("model"),
        category=record.optional_name("category"),
        order=Order.ALONE,
        rating=None if missing or score is None else Rating(score, *SCALE),
        failure=NO_VERDICT if missing else None,
    )


def preference_verdicts(groups: Iterable[PreferenceGroup]) -> Iterator[Annotation]:
    """The numbers of a table as single verdicts."""
    for group in groups:
        rows = zip(group.keys, group.preference, group.baseline_chars, group.candidate_chars, strict=True)
        for row, (key, preference, baseline_chars, candidate_chars) in enumerate(rows):
            missing = math.isnan(preference)
            yield recorded(
                key=key,
                cluster=key,
                judge=group.judge,
                model=group.model,
                baseline=group.baseline,
                category=group.categories[row] if group.categories else None,
                preference=None if missing else float(preference),
                failure=NO_VERDICT if missing else None,
                chars=(int(baseline_chars), int(candidate_chars)),
                measures=(_measured(group, row, side=1), _measured(group, row, side=0)),
            )


def _measured(group: PreferenceGroup, row: int, *, side: int) -> dict[str, float]:
    values = ((name, float(both[side][row])) for name, both in group.measures.items())
    return {name: value for name, value in values if not math.isnan(value)}
