"""Human reference rankings: a csv of model and score, and one file of aliases that joins spellings."""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from evalkit import assets
from evalkit.documents import read_text
from evalkit.errors import InputError, UnknownName

FOLDER = "leaderboards/human"
ALIASES = "aliases"
_SCORE_COLUMNS = ("score", "rating")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Reference:
    """Scores by canonical model name, with where and when they come from."""

    name: str
    scores: Mapping[str, float]
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Shared:
    """A model of a board that the reference knows, under both names."""

    model: str
    canonical: str
    score: float


def reference_names() -> list[str]:
    """The shipped references, sorted."""
    return [name for name in assets.names(FOLDER, ".csv") if name != ALIASES]


def read_reference(name: str) -> Reference:
    """A shipped reference by name, or a csv file with the columns model and score (or rating).

    Raises:
        InputError: a column is missing or a score is no number.
    """
    if name == ALIASES:
        raise UnknownName("reference", name, reference_names())
    path = assets.find(FOLDER, name, ".csv", noun="reference")
    rows = _rows(path)
    column = next((column for column in _SCORE_COLUMNS if column in rows[0]), None)
    if column is None or "model" not in rows[0]:
        raise InputError(f"{path}: expected the columns model and score, found {', '.join(rows[0])}")
    scores: dict[str, float] = {}
    for number, row in enumerate(rows, start=1):
        if row["model"] in scores:
            raise InputError(f"{path}: row {number}: model {row['model']!r} stands twice")
        # float() alone would take 1_0 for 10, and the digits of other scripts
        scores[row["model"]] = float(row[column]) if _NUMBER.fullmatch(row[column].strip()) else math.nan
        if not math.isfinite(scores[row["model"]]):
            raise InputError(f"{path}: row {number}: {column}: expected a number, found {row[column]!r}")
    return Reference(path.name.removesuffix(".csv"), scores, rows[0].get("source", ""), rows[0].get("date", ""))


def read_aliases() -> dict[str, str]:
    """Canonical names by spelling."""
    return {row["alias"]: row["model"] for row in _rows(assets.folder(FOLDER) / f"{ALIASES}.csv")}


def shared_models(models: Iterable[str], reference: Reference, aliases: Mapping[str, str]) -> list[Shared]:
    """The models that the reference knows, each of its models once: an explicit alias goes before an equal spelling."""
    found: dict[str, Shared] = {}
    for model in sorted(models, key=lambda model: (model not in aliases, model)):
        canonical = aliases.get(model, model)
        if canonical in reference.scores and canonical not in found:
            found[canonical] = Shared(model, canonical, reference.scores[canonical])
    return list(found.values())


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path), newline="")))
    except csv.Error as error:
        raise InputError(f"{path}: not valid CSV: {error}") from None
    if not rows:
        raise InputError(f"{path}: the file holds no rows")
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise InputError(f"{path}: row {number}: not as many fields as the header has")
    return rows
