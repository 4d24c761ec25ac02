"""Published tables of judges beside people, each with its source, its date and the labels it was measured on."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit import assets
from evalkit.documents import kind_of, read_yaml
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.formats import PublishedJudge, read_published_judges

PUBLISHED_JUDGES = "leaderboards/judges"
_NOUN = "published table of judges"
_KEYS = ("title", "labels", "date", "source", "note")


@dataclass(frozen=True, slots=True)
class PublishedJudges:
    """A table of judges that somebody published; a text is empty where its header does not say.

    `labels` says in words what the judges were measured on.
    """

    name: str
    rows: tuple[PublishedJudge, ...]
    title: str = ""
    labels: str = ""
    date: str = ""
    source: str = ""
    note: str = ""


def published_judges_names() -> list[str]:
    """The shipped tables of judges, sorted."""
    return assets.names(PUBLISHED_JUDGES, ".csv")


def read_published_judges_table(name: str) -> PublishedJudges:
    """A shipped table by name, or a csv file, with the header of a YAML file of the same name beside it.

    Raises:
        UnknownName: no such table.
        InputError: wrong content of the table.
        ConfigError: no such file, or wrong content of the header.
    """
    path = assets.find(PUBLISHED_JUDGES, name, ".csv", noun=_NOUN)
    header = path.with_suffix(".yaml")
    return published_judges_table(
        name, read_published_judges(path), read_yaml(header) if header.is_file() else {}, where=header
    )


def published_judges_table(
    name: str, rows: Sequence[PublishedJudge], header: Mapping[str, Any], *, where: Path | None = None
) -> PublishedJudges:
    """A table from its rows and its header.

    Raises:
        InputError: there are no rows.
        ConfigError: wrong content of the header.
    """
    if not rows:
        raise InputError(f"{name}: no row holds a number")
    for key, value in header.items():
        if key not in _KEYS:
            raise ConfigError(f"{where or name}: {UnknownName('key', key, _KEYS)}")
        if not (isinstance(value, str) and value.strip()):
            raise ConfigError(f"{where or name}: {key}: expected text, found {kind_of(value)}. Put it in quotes")
    if "date" in header:
        try:
            datetime.date.fromisoformat(header["date"])
        except ValueError:
            raise ConfigError(f"{where or name}: date: expected YYYY-MM-DD, found {header['date'][:40]!r}") from None
    return PublishedJudges(name, tuple(rows), **header)
