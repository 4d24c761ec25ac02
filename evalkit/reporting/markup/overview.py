"""Write an overview of several benchmarks as an HTML table: a page of its own, or a part of another page."""

from evalkit.boards import Overview
from evalkit.reporting.markup.boards import fragment, whole_page
from evalkit.reporting.overview import overview_columns, overview_notes, overview_title

_TEMPLATE = "overview.html.jinja"


def overview_html(overview: Overview) -> str:
    """Return a page without scripts, which loads nothing and is dark if the reader prefers that."""
    return whole_page(_TEMPLATE, title=overview_title(overview), **_values(overview))


def overview_fragment(overview: Overview) -> str:
    """Return the table with its style, in the colours of the page around it."""
    return fragment(_TEMPLATE, **_values(overview))


def _values(overview: Overview) -> dict[str, object]:
    return {
        "caption": overview_title(overview),
        "columns": overview_columns(overview),
        "tables": [],
        "notes": overview_notes(overview),
    }
