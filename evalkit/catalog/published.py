"""Published leaderboards: tables of scores, each with its source, its date, and the judge and baseline behind it."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit import assets
from evalkit.documents import kind_of, read_yaml
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.formats import PublishedRow, read_published_rows

PUBLISHED = "leaderboards/published"
_TEXTS = ("benchmark", "title", "judge", "baseline", "date", "source", "note")
_KEYS = (*_TEXTS, "judges", "instructions", "formulas")
# AlpacaEval names the file of a leaderboard after its judge
_JUDGE_OF_FILE = re.compile(r"(?P<judge>.+)_leaderboard(\.csv)?")
_EVEN = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class PublishedTable:
    """A table of published scores; a text is empty, and a number None, where its header does not say.

    `judge` names the judge for people. `judges` are the names under which evalkit files verdicts of that judge, with
    its own prompt: only boards of one of these can be compared with the table. `baseline` is None for answers that were
    graded alone. `instructions` is the number that every model answered. `formulas` are the names of the estimators
    that repeat the numbers of a metric, where they are another tool's own. `benchmark` is None for a table that fits
    any.
    """

    name: str
    rows: tuple[PublishedRow, ...]
    benchmark: str | None = None
    title: str = ""
    judge: str = ""
    judges: tuple[str, ...] = ()
    baseline: str | None = None
    instructions: int | None = None
    formulas: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    source: str = ""
    note: str = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics that any row has a number for."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.numbers))


def published_names() -> list[str]:
    """The shipped published tables, sorted."""
    return assets.names(PUBLISHED, ".csv")


def published_of(benchmark: str) -> Iterator[PublishedTable]:
    """The shipped tables of a benchmark, in the order of their names."""
    for name in published_names():
        # the header is small, and tells whether the table is worth reading
        if read_yaml(_header_of(assets.folder(PUBLISHED) / f"{name}.csv")).get("benchmark") == benchmark:
            yield read_published(name)


def read_published(name: str) -> PublishedTable:
    """A shipped table by name, or a csv file, with the header of a YAML file of the same name beside it.

    Raises:
        UnknownName: no such table.
        InputError: wrong content of the table.
        ConfigError: wrong content of the header.
    """
    bare = not ("/" in name or "\\" in name or name.endswith(".csv"))
    if bare and name not in published_names():
        raise UnknownName("published table", name, published_names())
    path = assets.find(PUBLISHED, name, ".csv", noun="published table")
    header = _header_of(path)
    # a file that came with evalkit is named by its name, and any other by its path
    called = name.removesuffix(".csv") if bare else str(path)
    return published_table(
        called, read_published_rows(path), read_yaml(header) if header.is_file() else {}, where=header
    )


def published_table(
    name: str, rows: Sequence[PublishedRow], header: Mapping[str, Any], *, where: Path | None = None
) -> PublishedTable:
    """A table from its rows and its header.

    What the header leaves out is taken from the table, where it says it: the baseline is the only model that scores 50
    exactly and without error, the date is the latest of the rows, and AlpacaEval's files are named after their judge.

    Raises:
        InputError: there are no rows.
        ConfigError: wrong content of the header.
    """
    _check_header(header, where or name)
    if not rows:
        raise InputError(f"{name}: no row holds a number")
    graded = all(row.numbers.keys() == {"score"} for row in rows)
    known = dict(header)
    judge = _JUDGE_OF_FILE.fullmatch(name.rsplit("/", 1)[-1])
    if judge is not None and not known.keys() & {"judge", "judges"}:
        known |= {"judge": judge["judge"], "judges": [judge["judge"]]}
    if "judges" in known:
        known["judges"] = tuple(known["judges"])
    known.setdefault("baseline", None if graded else _even(rows))
    known.setdefault("formulas", rows[0].formulas)
    known.setdefault("date", max(row.date for row in rows))
    known.setdefault("source", Path(name).name)
    return PublishedTable(name, tuple(rows), **known)


def _header_of(path: Path) -> Path:
    return path.with_suffix(".yaml")


def _even(rows: Iterable[PublishedRow]) -> str | None:
    """The model whose numbers are all 50, without error: the baseline against itself; None unless there is one."""
    found = [
        row.model
        for row in rows
        if all(number.value == _EVEN for number in row.numbers.values())
        and any(number.stderr == 0 or number.lower == number.upper == _EVEN for number in row.numbers.values())
    ]
    return found[0] if len(found) == 1 else None


def _check_header(header: Mapping[str, Any], where: Path | str) -> None:
    for key, value in header.items():
        if key not in _KEYS:
            raise ConfigError(f"{where}: {UnknownName('key', key, _KEYS)}")
        if key in _TEXTS and not (isinstance(value, str) and value.strip()):
            raise ConfigError(f"{where}: {key}: expected text, found {kind_of(value)}. Put it in quotes")
    judges = header.get("judges", [])
    if not isinstance(judges, list) or not all(isinstance(judge, str) for judge in judges):
        raise ConfigError(f"{where}: judges: expected a list of names, found {kind_of(judges)}")
    formulas = header.get("formulas", {})
    if not isinstance(formulas, dict) or not all(isinstance(text, str) for pair in formulas.items() for text in pair):
        raise ConfigError(f"{where}: formulas: expected an estimator's name by metric, found {kind_of(formulas)}")
    instructions = header.get("instructions", 1)
    if not isinstance(instructions, int) or isinstance(instructions, bool) or instructions < 1:
        raise ConfigError(f"{where}: instructions: expected a whole number above 0, found {instructions!r}")
    if "date" in header:
        try:
            datetime.date.fromisoformat(header["date"])
        except ValueError:
            raise ConfigError(f"{where}: date: expected YYYY-MM-DD, found {header['date'][:40]!r}") from None
