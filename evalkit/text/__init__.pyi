from .blanks import BLANK, INVISIBLE, blanks_around, trimmed, without_blanks
from .markdown import count_list_items, count_markdown, read_markdown_counts
from .numbers import (
    DECIMALS_STORED,
    chosen,
    count,
    distinct,
    estimate_document,
    estimate_numbers,
    interval,
    level,
    named,
    percent,
    plural,
    short_interval,
    stored,
)
from .safe import markdown_cell, printable, spreadsheet_cell
from .short import shortened
from .thoughts import ENDS_OF_TURN, Spoken, spoken, without_ends_of_turn
from .width import cut, fill, fold, fold_hanging, shorten, width

__all__ = [
    "BLANK",
    "DECIMALS_STORED",
    "ENDS_OF_TURN",
    "INVISIBLE",
    "Spoken",
    "blanks_around",
    "chosen",
    "count",
    "count_list_items",
    "count_markdown",
    "cut",
    "distinct",
    "estimate_document",
    "estimate_numbers",
    "fill",
    "fold",
    "fold_hanging",
    "interval",
    "level",
    "markdown_cell",
    "named",
    "percent",
    "plural",
    "printable",
    "read_markdown_counts",
    "short_interval",
    "shorten",
    "shortened",
    "spoken",
    "spreadsheet_cell",
    "stored",
    "trimmed",
    "width",
    "without_blanks",
    "without_ends_of_turn",
]
