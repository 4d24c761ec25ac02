"""The formats in which boards are written, by name."""

from collections.abc import Callable, Mapping, Sequence

from evalkit.boards import Board
from evalkit.reporting.bibtex import boards_bibtex
from evalkit.reporting.latex import boards_latex
from evalkit.reporting.markup.boards import boards_html
from evalkit.reporting.model_card import boards_model_card
from evalkit.reporting.tables import boards_markdown, boards_text
from evalkit.reporting.tidy import boards_tidy
from evalkit.reporting.values import boards_csv, boards_json

TABLE = "table"
FORMS: Mapping[str, Callable[[Sequence[Board]], str]] = {
    TABLE: boards_text,
    "csv": boards_csv,
    "csv-tidy": boards_tidy,
    "json": boards_json,
    "markdown": boards_markdown,
    "latex": boards_latex,
    "html": boards_html,
    "model-card": boards_model_card,
    "bibtex": boards_bibtex,
}
