"""Turn plots into markup that a page may hold: only shapes, texts and classes."""

import re
from xml.etree import ElementTree

from markupsafe import Markup

_ELEMENTS = {"svg", "g", "defs", "clipPath", "title", "desc", "path", "rect", "line", "circle", "text", "use"}
_ATTRIBUTES = {
    *("id", "class", "role", "viewBox", "href", "transform", "clip-path"),
    *("x", "y", "width", "height", "d", "x1", "x2", "y1", "y2", "cx", "cy", "r"),
    *("fill", "fill-opacity", "opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray"),
    *("stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
    *("font-size", "font-style", "font-weight", "text-anchor", "pointer-events"),
    "{http://www.w3.org/XML/1998/namespace}space",
}
_NAMESPACE = re.compile(r"^\{[^}]*\}")
_LOCAL = re.compile(r"#[A-Za-z_][\w.-]*")
# an id or a reference to an id; quotes in texts are escaped, so that no text matches
_ID = re.compile(r"""( id="| href="#|="url\(#)([^")]+)""")
_REFERENCE = re.compile(r"url\((?P<target>[^)]*)\)", re.IGNORECASE)


def checked(svg: str) -> Markup:
    """Return the drawing as markup, unless it holds anything that could do more than be seen.

    Raises:
        ValueError: the drawing holds an element, an attribute or a reference that no drawing needs.
    """
    # only our own plots come here, and a document type with its entities is refused
    if "<!" in svg or "<?" in svg:
        raise ValueError("a drawing holds a declaration")
    for element in ElementTree.fromstring(svg).iter():  # noqa: S314
        _check(element)
    return Markup(svg)  # noqa: S704


def apart(svg: str, prefix: str) -> str:
    """Prefix the ids of a drawing, so that no other drawing of the page has them."""
    return _ID.sub(lambda found: f"{found[1]}{prefix}-{found[2]}", svg)


def _check(element: ElementTree.Element) -> None:
    name = _bare(element.tag)
    if name not in _ELEMENTS:
        raise ValueError(f"a drawing holds the element {name}")
    for attribute, value in element.attrib.items():
        if attribute not in _ATTRIBUTES:
            raise ValueError(f"a drawing holds the attribute {attribute}")
        targets = [found["target"] for found in _REFERENCE.finditer(value)]
        targets += [value] if attribute == "href" else []
        if not all(_LOCAL.fullmatch(target) for target in targets):
            raise ValueError(f"a drawing refers to {value}")


def _bare(name: str) -> str:
    return _NAMESPACE.sub("", name)
