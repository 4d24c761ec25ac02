"""The results of functions for Python: values that print as the command does and give data frames."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from evalkit.boards import BoardRow
from evalkit.errors import UnknownName
from evalkit.text import printable
from evalkit.types import Estimate

if TYPE_CHECKING:
    # loaded only where a frame is asked for: it takes longer to load than many boards to build
    import pandas as pd

T = TypeVar("T")


class Result(ABC):
    """A result that prints as the command of its name does.

    `to_json` gives the document that the command prints with --json.
    """

    @abstractmethod
    def __str__(self) -> str: ...

    @abstractmethod
    def to_json(self) -> str:
        """The result as one JSON document."""

    def __repr__(self) -> str:
        # a notebook and a prompt show a result as a person reads it
        return str(self).rstrip("\n")


class Tabular(Result):
    """A result with a table."""

    @property
    @abstractmethod
    def frame(self) -> "pd.DataFrame":
        """The result as a data frame; a number that cannot be estimated is missing."""

    def _repr_html_(self) -> str:
        return html_table(self.frame)


def html_table(frame: "pd.DataFrame") -> str:
    """A frame as an HTML table, in which texts from judged files change nothing of the page."""
    from pandas.api.types import is_numeric_dtype

    safe = frame.apply(lambda column: column if is_numeric_dtype(column) else column.map(_harmless))
    return str(safe.to_html(max_rows=_MOST_ROWS, index=False, na_rep=""))


def _harmless(value: object) -> object:
    return printable(value) if isinstance(value, str) else value


_MOST_ROWS = 60
_RANKS = ("rank", "rank_lower", "rank_upper")
_TEXTS = ("audit",)


def frame_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> "pd.DataFrame":
    """A data frame of rows, which may have different columns; a value that a row lacks is missing.

    Args:
        columns: those that come first, and that a frame without rows has as well.
    """
    import pandas as pd

    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    return pd.DataFrame({name: _series(name, [row.get(name) for row in rows]) for name in names})


def _series(name: str, values: Sequence[Any]) -> "pd.Series[Any]":
    """A column of one kind, even if some of its values are missing."""
    import pandas as pd

    present = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in present) or name in _TEXTS:
        return pd.Series(values) if present else pd.Series(values, dtype="object")
    if name in _RANKS or (present and all(type(value) is int for value in present)):
        return pd.Series(values, dtype="int64" if len(present) == len(values) and name not in _RANKS else "Int64")
    if present and not all(isinstance(value, int | float) for value in present):
        return pd.Series(values, dtype="object")
    return pd.Series(values, dtype="float64")


def row_metrics(rows: Sequence[BoardRow], *, judges: bool) -> dict[str, float]:
    """The numbers of rows under the names `model/metric`, or `judge/model/metric` where there are several judges.

    A number that cannot be estimated is left out.
    """
    found: dict[str, float] = {}
    for row in rows:
        prefix = f"{row.entry.judge}/{row.entry.model}" if judges else row.entry.model
        for metric, controlled in row.numbers.items():
            found |= estimate_metrics(f"{prefix}/{metric.name}", controlled.measured.estimate)
        found[f"{prefix}/n"] = float(row.entry.sample.n)
        found[f"{prefix}/n_missing"] = float(row.entry.sample.n_missing)
    return found


def estimate_metrics(name: str, estimate: Estimate) -> dict[str, float]:
    """An estimate with the ends of its interval, as flat numbers; empty where there is no estimate."""
    parts = {name: estimate.value, f"{name}_lower": estimate.lower, f"{name}_upper": estimate.upper}
    return {part: float(value) for part, value in parts.items() if value is not None}


def in_form(value: T, form: str, forms: Mapping[str, Callable[[T], str]]) -> str:
    """The value in a form of the option --format.

    Raises:
        UnknownName: no such form.
    """
    if form not in forms:
        raise UnknownName("form", form, forms)
    return forms[form](value)
