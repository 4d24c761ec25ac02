"""A name that would be markup, and a check that a notebook shows it as text."""

from evalkit.api.result import Tabular
from tests.reporting.test_tables import HOSTILE

NAME = f"<img src=x onerror=alert(1)>{HOSTILE}"


def shown_as_text(result: Tabular) -> bool:
    """True if the table of a result names the hostile model and holds no markup and no control character of it."""
    shown = result._repr_html_()
    return "&lt;img src=x" in shown and "<img" not in shown and "\x1b" not in shown
