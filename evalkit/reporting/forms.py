"""The formats in which boards are written, by name."""

from collections.abc import Callable, Mapping, Sequence

from evalkit.boards import Board, Overview
from evalkit.reporting.bibtex import boards_bibtex, overview_bibtex
from evalkit.reporting.latex import boards_latex, overview_latex
from evalkit.reporting.markdown import boards_markdown, overview_markdown
from evalkit.reporting.markup.boards import boards_html
from evalkit.reporting.markup.overview import overview_html
from evalkit.reporting.model_card import boards_model_card, overview_model_card
from evalkit.reporting.overview import overview_csv, overview_json, overview_text, overview_wide
from evalkit.reporting.tables import boards_text
from evalkit.reporting.tidy import boards_tidy, overview_tidy
from evalkit.reporting.values import boards_csv, boards_json

TABLE = "table"
FORMS: Mapping[str, Callable[[Sequence[Board]], str]] = {
    TABLE: boards_text,
    "csv": boards_csv,
    "csv-wide": boards_csv,
    "csv-tidy": boards_tidy,
    "json": boards_json,
    "markdown": boards_markdown,
    "latex": boards_latex,
    "html": boards_html,
    "model-card": boards_model_card,
    "bibtex": boards_bibtex,
}
OVERVIEW_FORMS: Mapping[str, Callable[[Overview], str]] = {
    TABLE: overview_text,
    "csv": overview_csv,
    "csv-wide": overview_wide,
    "csv-tidy": overview_tidy,
    "json": overview_json,
    "markdown": overview_markdown,
    "latex": overview_latex,
    "html": overview_html,
    "model-card": overview_model_card,
    "bibtex": overview_bibtex,
}
