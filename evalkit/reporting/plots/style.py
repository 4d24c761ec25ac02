"""Draw figures with our own settings whatever the user's settings are, and to the same bytes every time."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from evalkit.reporting.plots.palette import LIGHT

SMALL = 8.0
TEXT = 9.0
TITLE = 12.5

_DOTS_PER_INCH = 200
# names are never parsed as formulas, and svg keeps text as text
_SETTINGS: dict[str, Any] = {
    "text.parse_math": False,
    "text.usetex": False,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT,
    "text.color": LIGHT["ink"],
    "axes.unicode_minus": True,
    "axes.facecolor": "none",
    "axes.edgecolor": LIGHT["muted"],
    "axes.labelcolor": LIGHT["muted"],
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
    "figure.facecolor": LIGHT["surface"],
    "savefig.facecolor": "auto",
    "savefig.bbox": None,
    "savefig.transparent": False,
    "svg.fonttype": "none",
    "pdf.fonttype": 3,
    "path.simplify": False,
}
# no figure holds the time at which it was written
_WITHOUT_DATE: dict[str, dict[str, None]] = {
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "pdf": dict.fromkeys(("CreationDate", "Creator", "Producer")),
    "png": dict.fromkeys(("Software",)),
}


@contextmanager
def drawing(**settings: Any) -> Iterator[None]:
    """Apply our own settings until the block ends, also over those of a matplotlibrc file."""
    chosen: Any = {name: value for name, value in matplotlib.rcParamsDefault.items() if not name.startswith("backend")}
    chosen |= _SETTINGS | settings
    with warnings.catch_warnings(), matplotlib.rc_context(chosen):
        # png and pdf draw boxes for a name in a script that the font lacks; in svg the name stays readable
        warnings.filterwarnings("ignore", message=r"(?s).*missing from font")
        yield


def rendered(figure: Figure, form: str, *, salt: str) -> bytes:
    """Return a figure as svg, png or pdf, with the same bytes for the same figure."""
    buffer = io.BytesIO()
    with drawing(**{"svg.hashsalt": salt}):
        figure.savefig(buffer, format=form, dpi=_DOTS_PER_INCH, metadata=_WITHOUT_DATE[form])
    return buffer.getvalue()
