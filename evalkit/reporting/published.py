"""Published leaderboards that were imported, with our own models at their places among the published ones."""

from collections.abc import Iterable, Mapping, Sequence

from evalkit.boards import LC_WIN_RATE, WIN_RATE, BoardRow
from evalkit.formats import AlpacaRow
from evalkit.reporting.tables import values_table
from evalkit.text import percent, printable

_PUBLISHED = "published"
_NOTHING = "-"


def published_text(boards: Mapping[str, Sequence[AlpacaRow]], own: Sequence[BoardRow]) -> str:
    """Return each leaderboard as a table, the best first, with our own rows at the places of their numbers."""
    tables = []
    for name, rows in boards.items():
        lines = [*map(_published, rows), *map(_own, own)]
        lines.sort(key=lambda line: (line[0] is None, -(line[0] or 0.0)))
        shown = [{"place": str(place), **cells} for place, (_, cells) in enumerate(lines, start=1)]
        tables.append(f"{printable(_short(name, boards))}, as imported\n{values_table(shown)}")
    return "\n".join(tables)


def _short(name: str, names: Iterable[str]) -> str:
    """Return the end of a file's path that no other one has: the store keeps paths without what leads out of a folder,
    so that the whole of one may be no path at all.
    """
    parts = name.split("/")
    tails = ("/".join(parts[-n:]) for n in range(1, len(parts) + 1))
    return next((tail for tail in tails if sum(f"/{other}".endswith(f"/{tail}") for other in names) == 1), name)


def _published(row: AlpacaRow) -> tuple[float | None, dict[str, str]]:
    ranked = row.win_rate if row.length_controlled_winrate is None else row.length_controlled_winrate
    cells = {
        "model": printable(row.model),
        "LC win rate": percent(row.length_controlled_winrate),
        "win rate": percent(row.win_rate),
        "n": _NOTHING if row.n_total is None else str(row.n_total),
        "avg chars": _NOTHING if row.avg_length is None else str(row.avg_length),
        "from": _PUBLISHED,
    }
    return ranked, cells


def _own(row: BoardRow) -> tuple[float | None, dict[str, str]]:
    controlled, raw = (row.measured(metric).estimate.value for metric in (LC_WIN_RATE, WIN_RATE))
    length = row.entry.avg_length
    cells = {
        "model": printable(row.entry.model),
        "LC win rate": percent(controlled),
        "win rate": percent(raw),
        "n": str(row.entry.sample.n),
        "avg chars": _NOTHING if length is None else f"{length:.0f}",
        "from": printable(f"here, by {row.entry.judge}"),
    }
    return raw if controlled is None else controlled, cells
