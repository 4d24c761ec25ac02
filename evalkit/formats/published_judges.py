"""Reads published tables of judges beside people, in the layout of AlpacaEval's table of annotators."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import InputError
from evalkit.formats.names import checked_name
from evalkit.formats.records import Record, names_of, read_records

_NAMES = ("annotator", "", "Unnamed: 0")
PARSED = "# parsed"
# the ways in which tables write that there is no number
_NOTHING = ("", "-", "nan", "none", "n/a")


class AlpacaColumn(NamedTuple):
    """One of AlpacaEval's columns: the measure of ours in it, its limits, and the factor from ours to theirs."""

    measure: str
    least: float
    most: float
    factor: float = 1.0


ALPACA_COLUMNS: Mapping[str, AlpacaColumn] = {
    "Human agreement": AlpacaColumn("human_agreement", 0, 100),
    "Price [$/1000 examples]": AlpacaColumn("price_per_1000", 0, math.inf),
    "Time [seconds/1000 examples]": AlpacaColumn("seconds_per_1000", 0, math.inf),
    "Spearman corr.": AlpacaColumn("spearman", -1, 1),
    "Pearson corr.": AlpacaColumn("pearson", -1, 1),
    "Bias": AlpacaColumn("bias", 0, 100),
    "Variance": AlpacaColumn("variance", 0, 100),
    "Proba. prefer longer": AlpacaColumn("prefers_longer", 0, 1, 0.01),
    "Proba. prefer lists": AlpacaColumn("prefers_lists", 0, 1, 0.01),
    "Proba. prefer 1": AlpacaColumn("prefers_first", 0, 1, 0.01),
}


@dataclass(frozen=True, slots=True)
class PublishedJudge:
    """One judge's line: its numbers by the names of our measures, shares in percent, and its count of verdicts."""

    name: str
    numbers: Mapping[str, float]
    n_verdicts: int


def read_published_judges(path: Path) -> tuple[PublishedJudge, ...]:
    """The judges of a table in a file, as `published_judges` gives those of records.

    Raises:
        InputError: wrong content; the message names file, row and column.
    """
    return published_judges(read_records(path))


def published_judges(records: Iterable[Record]) -> tuple[PublishedJudge, ...]:
    """The judges of a published table in their order; one without any number is left out.

    Raises:
        InputError: wrong content; the message names row and column.
    """
    judges: dict[str, PublishedJudge] = {}
    for record in records:
        judge = _judge(record)
        if judge.name in judges:
            raise InputError(f"{record.where}: annotator {judge.name[:60]!r} stands twice. Keep one row for each")
        judges[judge.name] = judge
    return tuple(judge for judge in judges.values() if judge.numbers)


def _judge(record: Record) -> PublishedJudge:
    column = next((name for name in _NAMES if name in record.fields), None)
    if column is None or PARSED not in record.fields or not record.fields.keys() & ALPACA_COLUMNS.keys():
        raise InputError(
            f"{record.where}: is not a row of a table of judges: expected annotator, {PARSED} and a number such as "
            f"Human agreement, found {names_of(record.fields)}"
        )
    name = checked_name(record.name(column), record.where)
    if not name:
        raise InputError(f"{record.where}: the annotator has no name")
    parsed = _number(record, PARSED, 0, math.inf)
    if parsed is None or parsed % 1:
        raise InputError(f"{record.where}: {PARSED}: expected the number of verdicts, found {record.fields[PARSED]!r}")
    numbers = {}
    for theirs, (ours, least, most, factor) in ALPACA_COLUMNS.items():
        value = _number(record, theirs, least, most)
        if value is not None:
            numbers[ours] = value / factor
    return PublishedJudge(name, numbers, int(parsed))


def _number(record: Record, name: str, least: float, most: float) -> float | None:
    given = record.fields.get(name)
    if given is None or (isinstance(given, str) and given.strip().lower() in _NOTHING):
        return None
    try:
        number = math.inf if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.inf
    if math.isnan(number):
        return None
    if not math.isfinite(number) or not least <= number <= most:
        wanted = f"a number from {least:g} to {most:g}" if math.isfinite(most) else f"a number of {least:g} or more"
        raise InputError(f"{record.where}: {name}: expected {wanted}, found {str(given)[:40]!r}")
    return number
