"""Write drawings as svg in the reader's colours: as a file of its own, or as a part of a page that sets the colours."""

import re
from collections.abc import Mapping, Set
from html import escape
from typing import Protocol
from xml.etree import ElementTree

from matplotlib.figure import Figure

from evalkit.reporting.plots.frame import EDGE, TITLE_GID, TITLE_LINE
from evalkit.reporting.plots.palette import DARK, role_of
from evalkit.reporting.plots.style import rendered

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# the id that matplotlib gives to the background of a figure
_GROUND = "patch_1"
_KEPT_EDGE = 0.05
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_LINK = f"{{{_XLINK}}}href"
_PAINTS = ("fill", "stroke")
# these are dropped, since the root element and the reader's own font decide them
_DROPPED = ("font-family", "font-stretch", "font-variant")
_REFERENCE = re.compile(r"url\(#([^)]+)\)|#(.+)")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_COORDINATES = ("d", "x", "y", "width", "height", "transform")


class Drawing(Protocol):
    """The parts of a plot that svg is written from."""

    @property
    def figure(self) -> Figure: ...
    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def tips(self) -> Mapping[str, str]: ...


def plot_svg(drawing: Drawing, *, page: bool) -> str:
    """Return an svg element whose colours are classes, with a title, a description and texts on hover.

    A file holds its colours for a light background as attributes, and those for a dark background in a style sheet
    that follows the reader's choice. A page defines `ek-fill-ROLE` and `ek-stroke-ROLE` in its own style sheet and
    allows no other style; the page writes the title above the drawing and leaves room around it.
    """
    # the parsed text is safe, since this function has just rendered it
    drawn = ElementTree.fromstring(rendered(drawing.figure, "svg", salt=drawing.name))  # noqa: S314
    writer = _Writer(drawing, page=page, used=_referenced(drawn))
    body = "".join(writer.element(child) for child in drawn)
    head = f"<title>{escape(drawing.title)}</title><desc>{escape(drawing.description)}</desc>"
    if page:
        return f'<svg viewBox="{_cut(drawn)}" role="img" {_LINES}>{head}{body}</svg>'
    size = f'width="{drawn.get("width")}" height="{drawn.get("height")}" viewBox="{drawn.get("viewBox")}"'
    spaces = f'xmlns="{_SVG}" xmlns:xlink="{_XLINK}"'
    style = f"<style>{_dark(writer.classes)}</style>"
    return f'<svg {spaces} {size} role="img" font-family="{FONTS}" {_LINES}>{head}{style}{body}</svg>\n'


_LINES = 'stroke-linejoin="round" stroke-linecap="butt"'


class _Writer:
    """Writes elements of matplotlib's svg with presentation attributes instead of styles."""

    def __init__(self, drawing: Drawing, *, page: bool, used: set[str]) -> None:
        self._tips = drawing.tips
        self._prefix = f"ek-{drawing.name}-"
        self._page = page
        self._used = used
        self.classes: set[str] = set()

    def element(self, element: ElementTree.Element) -> str:
        tag = element.tag.removeprefix(f"{{{_SVG}}}")
        name = element.get("id", "")
        if tag in {"style", "metadata"} or (self._page and (name == _GROUND or name.startswith(TITLE_GID))):
            return ""
        inside = "".join(self.element(child) for child in element)
        text = escape(element.text or "") if tag == "text" else ""
        tip = self._tips.get(name)
        if tip is not None:
            inside = f"<title>{escape(tip)}</title>{inside}"
        if tag in {"g", "defs"} and not inside:
            return ""
        attributes = self._attributes(element)
        # a group with a tip is kept, since its tip would else belong to the whole picture
        if tag == "g" and not attributes and tip is None:
            return inside
        words = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        return f"<{tag}{words}>{text}{inside}</{tag}>" if text or inside else f"<{tag}{words}/>"

    def _attributes(self, element: ElementTree.Element) -> dict[str, str]:
        found: dict[str, str] = {}
        classes: list[str] = []
        styles = [part.split(":", 1) for part in element.get("style", "").split(";") if ":" in part]
        plain = [(name, value) for name, value in element.items() if name != "style"]
        for name, value in [*plain, *((name.strip(), value.strip()) for name, value in styles)]:
            role = role_of(value) if name in _PAINTS else None
            if role is not None:
                classes.append(f"ek-{name}-{role}")
            if name not in _DROPPED and not (role is not None and self._page):
                found.update(self._attribute(name, value))
        if classes:
            self.classes.update(classes)
            found["class"] = " ".join(classes)
        return found

    def _attribute(self, name: str, value: str) -> dict[str, str]:
        if name == "id":
            return {"id": f"{self._prefix}{value}"} if value in self._used else {}
        if name == _LINK:
            return {"href" if self._page else "xlink:href": f"#{self._prefix}{value[1:]}"}
        if name == "clip-path":
            return {name: value.replace("url(#", f"url(#{self._prefix}")}
        if name == "font-size":
            return {name: value.removesuffix("px")}
        if name == "transform" and value.startswith("rotate(-0 "):
            return {}
        if name in _COORDINATES:
            value = _LONG_NUMBER.sub(lambda match: f"{float(match[0]):.2f}", " ".join(value.split()))
        return {name: value}


def _referenced(root: ElementTree.Element) -> set[str]:
    """Return the ids that the drawing refers to."""
    values = [value for element in root.iter() for name, value in element.items() if name in {_LINK, "clip-path"}]
    matches = [match for match in map(_REFERENCE.fullmatch, values) if match is not None]
    return {match[1] or match[2] for match in matches}


def _cut(drawn: ElementTree.Element) -> str:
    """Return the view box of a figure without its title and with narrower edges."""
    titles = sum(element.get("id", "").startswith(TITLE_GID) for element in drawn.iter())
    left, top, width, height = (float(number) for number in drawn.get("viewBox", "").split())
    edge, lines = 72 * (EDGE - _KEPT_EDGE), 72 * TITLE_LINE * titles
    numbers = (left + edge, top + edge + lines, width - 2 * edge, height - edge - lines)
    return " ".join(f"{number:g}" for number in numbers)


def _dark(classes: Set[str]) -> str:
    """Return a style sheet with the colours for a dark background, on screens only."""
    rules = [f".{name}{{{name.split('-')[1]}:{DARK[name.split('-')[2]]}}}" for name in sorted(classes)]
    return f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}"
