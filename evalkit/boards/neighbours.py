"""Published rows that stand beside a board's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.catalog import PublishedTable
from evalkit.formats import PublishedRow


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Rows of one published table that stand beside a board, in the order of their numbers in the board's metric.

    They have no rank, and no statistic of the board uses them. `apart` are the reasons for which their numbers cannot
    be compared with those of the board; it is empty where they can. `same` are the board's own models by the names that
    the table has for them.
    """

    table: PublishedTable
    rows: tuple[PublishedRow, ...]
    apart: tuple[str, ...] = ()
    same: Mapping[str, str] = field(default_factory=dict)
