"""Published tables that were imported, with our own models at their places among the published ones."""

from collections.abc import Iterable, Mapping, Sequence

from evalkit.boards import METRICS, BoardRow
from evalkit.catalog import PublishedTable
from evalkit.formats import PublishedRow
from evalkit.reporting.neighbours import HERE, NOTHING, PUBLISHED, published_length, short_name
from evalkit.reporting.tables import values_table
from evalkit.text import percent, printable


def published_text(tables: Sequence[PublishedTable], own: Mapping[str, Sequence[BoardRow]]) -> str:
    """Return each table as text, the best first, with our own rows at the places of their numbers.

    Args:
        own: our rows by benchmark.
    """
    shown = []
    for table in tables:
        titles = {metric.name: metric.title for metric in METRICS if metric.name in table.metrics}
        lines = [_published_cells(row, titles) for row in table.rows]
        lines += [_own_cells(row, titles) for row in own.get(table.benchmark or "", ())]
        lines.sort(key=lambda line: (line[0] is None, -(line[0] or 0.0)))
        numbered = [{"place": str(place), **cells} for place, (_, cells) in enumerate(lines, start=1)]
        names = [other.name for other in tables]
        shown.append(f"{printable(short_name(table.name, names))}, as imported\n{values_table(numbered)}")
    return "\n".join(shown)


def _published_cells(row: PublishedRow, titles: Mapping[str, str]) -> tuple[float | None, dict[str, str]]:
    values = {name: row.numbers[name].value if name in row.numbers else None for name in titles}
    cells = {
        "model": printable(row.model),
        **{titles[name]: percent(value) for name, value in values.items()},
        "n": NOTHING if row.n is None else str(row.n),
        "avg chars": published_length(row),
        "from": PUBLISHED,
    }
    return _first(values.values()), cells


def _own_cells(row: BoardRow, titles: Mapping[str, str]) -> tuple[float | None, dict[str, str]]:
    known = {metric.name: controlled.estimate.value for metric, controlled in row.numbers.items()}
    values = {name: known.get(name) for name in titles}
    length = row.entry.avg_length
    cells = {
        "model": printable(row.entry.model),
        **{titles[name]: percent(value) for name, value in values.items()},
        "n": str(row.entry.sample.n),
        "avg chars": NOTHING if length is None else f"{length:.0f}",
        "from": printable(f"{HERE}, by {row.entry.judge}"),
    }
    return _first(values.values()), cells


def _first(values: Iterable[float | None]) -> float | None:
    return next((value for value in values if value is not None), None)
