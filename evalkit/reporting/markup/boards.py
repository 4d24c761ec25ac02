"""Write boards as HTML tables: a page that is complete in itself, or a part of another page."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.boards import Board, BoardRow
from evalkit.reporting.columns import (
    BELOW,
    Column,
    board_columns,
    board_notes,
    board_title,
    divided,
    row_status,
    slice_columns,
)
from evalkit.reporting.page.axis import Axis, Tick
from evalkit.reporting.page.table import TableLine, board_table

_HERE = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
_INTERVAL = 3
_LABEL_ROOM = 10.0
_EVEN_LABEL = "50"


@dataclass(frozen=True, slots=True)
class _TemplateBoard:
    """The values of a board that the template takes.

    `kinds` are the classes of each row, and `even` is the place at which both sides are equal.
    A line before the row `below` says that this row and those after it are not ranked.
    """

    title: str
    columns: tuple[Column, ...]
    drawn_after: int
    ticks: tuple[Tick, ...]
    even: float | None
    lines: tuple[TableLine, ...]
    kinds: tuple[str, ...]
    below: int | None
    parts: tuple[Column, ...]
    notes: tuple[str, ...]


def boards_html(boards: Sequence[Board]) -> str:
    """Return a page without scripts, which loads nothing and is dark if the reader prefers that."""
    shown = _template_boards(boards)
    return whole_page("table.html.jinja", title=" · ".join(board.title for board in shown) or "no board", boards=shown)


def boards_fragment(boards: Sequence[Board]) -> str:
    """Return the tables with their style, in the colours of the page around them."""
    return fragment("table.html.jinja", boards=_template_boards(boards))


def whole_page(inner: str, *, title: str, **values: object) -> str:
    """Return a page around a template, without scripts; it loads nothing, and its policy allows its own style alone."""
    from markupsafe import Markup

    style = f"{_read('page.css')}{_read('table.css')}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    # the style is made of files of this package, with no markup from anywhere else
    trusted = Markup(style)  # noqa: S704
    return _render(
        "page.html.jinja",
        inner=inner,
        policy=_POLICY.format(style=digest),
        title=title,
        style=trusted,
        inner_style=None,
        **values,
    )


def fragment(template: str, **values: object) -> str:
    """Return a part of another page, with its style."""
    from markupsafe import Markup

    # the style is made of files of this package, with no markup from anywhere else
    return _render(template, inner_style=Markup(_read("table.css")), **values)  # noqa: S704


def _render(template: str, **values: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(below=BELOW, **values)


def _template_boards(boards: Sequence[Board]) -> list[_TemplateBoard]:
    tables = [board_table(board) for board in boards]
    return [
        _TemplateBoard(
            title=board_title(board, boards),
            columns=tuple(board_columns(board)),
            drawn_after=_INTERVAL,
            ticks=_ticks(table.axis),
            even=table.axis.even,
            lines=table.lines,
            kinds=tuple(_kind(board, row) for row in board.rows),
            below=board.n_placed if divided(board) else None,
            parts=tuple(slice_columns(board)),
            notes=tuple(board_notes(board)),
        )
        for board, table in zip(boards, tables, strict=True)
    ]


def _ticks(axis: Axis) -> tuple[Tick, ...]:
    """Return the tick at which both sides are equal, and the ticks that are not too close to it."""
    if axis.even is None:
        return axis.ticks
    others = tuple(tick for tick in axis.ticks if abs(tick.at - axis.even) > _LABEL_ROOM)
    return (Tick(axis.even, _EVEN_LABEL), *others)


def _kind(board: Board, row: BoardRow) -> str:
    """Return the classes of a row: its status, and `first` if it leads the ranking."""
    status = row_status(board, row).replace("_", "-").replace(" ", "-")
    return f"{status} first" if row.rank is not None and row.rank.rank == 1 else status


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
