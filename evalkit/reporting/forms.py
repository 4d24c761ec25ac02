"""The formats in which boards are written, by name."""

from collections.abc import Callable, Mapping, Sequence

from evalkit.boards import Board, Overview
from evalkit.reporting.latex import boards_latex
from evalkit.reporting.markup.boards import boards_html
from evalkit.reporting.markup.overview import overview_html
from evalkit.reporting.overview import overview_csv, overview_json, overview_markdown, overview_text
from evalkit.reporting.tables import boards_markdown, boards_text
from evalkit.reporting.values import boards_csv, boards_json

TABLE = "table"
FORMS: Mapping[str, Callable[[Sequence[Board]], str]] = {
    TABLE: boards_text,
    "csv": boards_csv,
    "json": boards_json,
    "markdown": boards_markdown,
    "latex": boards_latex,
    "html": boards_html,
}
OVERVIEW_FORMS: Mapping[str, Callable[[Overview], str]] = {
    TABLE: overview_text,
    "csv": overview_csv,
    "json": overview_json,
    "markdown": overview_markdown,
    "html": overview_html,
}
