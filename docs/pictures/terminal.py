"""What a terminal shows, as a picture: text with ANSI colours to SVG."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from evalkit.reporting.plots.palette import DARK, LIGHT
from evalkit.text.width import width

_CELL, _LINE, _SIZE, _MARGIN = 8.4, 20, 14, 20
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"
_CODES = re.compile(r"\x1b\[([\d;]*)m")
# runs end where columns end: a viewer may fold spaces, and its font may be of another width
_RUN = re.compile(r"\S+(?: \S+)*")
_COLOURS = {"31": "bad", "32": "good", "33": "warn", "34": "accent", "36": "accent", "2": "muted", "90": "muted"}
_BOLD = "1"


@dataclass(frozen=True, slots=True)
class _Style:
    role: str = "ink"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece of a line that starts at a column."""

    text: str
    column: int
    style: _Style = field(default_factory=_Style)


def terminal_svg(text: str, title: str) -> str:
    """A picture of the text, with its words as words, in light or dark as its reader's screen is."""
    lines = text.rstrip("\n").split("\n")
    columns = max(width(_CODES.sub("", line)) for line in lines)
    size = (round(2 * _MARGIN + columns * _CELL), 2 * _MARGIN + len(lines) * _LINE)
    drawn = [_drawn(run, _MARGIN + (index + 0.75) * _LINE) for index, line in enumerate(lines) for run in _runs(line)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" '
            f'height="{size[1]}" role="img" font-family="{_FONT}" font-size="{_SIZE}">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(_CODES.sub('', text))}</desc>",
            f"<style>{_style()}</style>",
            f'<rect class="surface" x="0.5" y="0.5" width="{size[0] - 1}" height="{size[1] - 1}" rx="8" '
            f'fill="{LIGHT["surface"]}" stroke="{LIGHT["grid"]}"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def _style() -> str:
    """Colours of the dark ground; those of the light one are attributes, which every viewer understands."""
    roles = sorted({"ink", *_COLOURS.values()})
    inks = "".join(f"text.{role}{{fill:{DARK[role]}}}path.{role}{{stroke:{DARK[role]}}}" for role in roles)
    ground = f".surface{{fill:{DARK['surface']};stroke:{DARK['grid']}}}"
    return f"@media (prefers-color-scheme: dark){{{ground}{inks}}}"


def _runs(line: str) -> Iterator[_Run]:
    column, style = 0, _Style()
    for index, piece in enumerate(_CODES.split(line)):
        if index % 2:
            style = _restyled(style, piece.split(";"))
            continue
        for found in _RUN.finditer(piece):
            yield _Run(found[0], column + width(piece[: found.start()]), style)
        column += width(piece)


def _restyled(style: _Style, codes: list[str]) -> _Style:
    for code in codes:
        if code in ("", "0"):
            style = _Style()
        elif code == _BOLD:
            style = _Style(style.role, bold=True)
        elif code in _COLOURS:
            style = _Style(_COLOURS[code], style.bold)
    return style


def _drawn(run: _Run, baseline: float) -> str:
    left, long = _MARGIN + run.column * _CELL, width(run.text) * _CELL
    colour = LIGHT[run.style.role]
    if set(run.text) == {"─"}:
        # a rule of letters has gaps in some fonts
        across = f"M{left:.1f} {baseline - 0.3 * _SIZE:.1f}h{long:.1f}"
        return f'<path class="{run.style.role}" d="{across}" stroke="{colour}"/>'
    weight = ' font-weight="bold"' if run.style.bold else ""
    return (
        f'<text class="{run.style.role}" x="{left:.1f}" y="{baseline:.1f}" textLength="{long:.1f}" '
        f'lengthAdjust="spacingAndGlyphs" fill="{colour}"{weight}>{escape(run.text)}</text>'
    )
