"""Draws the rooms of the package and what each imports, from the code, into rooms.svg beside this file.

Usage: `python -m docs.pictures.rooms`. An arrow that other arrows imply is left out.
"""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from docs.structure import folder_imports, modules

PICTURE = Path(__file__).with_name("rooms.svg")
_WIDTH, _ROW, _MARGIN = 900, 72, 20
_BOX_WIDTH, _BOX_HEIGHT = 118, 34


def main() -> None:
    PICTURE.write_text(drawn(), encoding="utf-8")


def drawn() -> str:
    """The picture as svg: a row a layer, the command line at the top."""
    needs = rooms()
    layers = layers_of(needs)
    places = {
        room: (_WIDTH * (place + 1) / (len(layer) + 1), _MARGIN + _ROW * (len(layers) - 1 - level) + _BOX_HEIGHT / 2)
        for level, layer in enumerate(layers)
        for place, room in enumerate(layer)
    }
    height = 2 * _MARGIN + _ROW * (len(layers) - 1) + _BOX_HEIGHT
    arrows = [
        _arrow(places[room], places[target])
        for room, targets in sorted(without_implied(needs).items())
        for target in sorted(targets)
    ]
    boxes = [_box(room, *places[room]) for room in sorted(places)]
    title = "The rooms of evalkit, each with arrows to the rooms that it imports from"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" font-size="14"'
            ' font-family="system-ui, sans-serif">',
            f"<title>{escape(title)}</title>",
            "<style>rect{fill:#fff;stroke:#456}text{fill:#123}path{fill:none;stroke:#89a}"
            "@media(prefers-color-scheme:dark){rect{fill:#1d232b;stroke:#9ab}text{fill:#e6edf3}path{stroke:#678}}</style>",
            *arrows,
            *boxes,
            "</svg>\n",
        ]
    )


def rooms() -> dict[str, set[str]]:
    """The folders of the package, and the folders that each imports from."""
    found = modules()
    folders = {name.partition(".")[0] for name in found if "." in name}
    return {room: targets & folders for room, targets in folder_imports(found).items() if room in folders}


def layers_of(needs: Mapping[str, set[str]]) -> list[list[str]]:
    """The rooms in layers: each imports from lower layers only. The ground is first.

    Raises:
        ValueError: rooms import each other in a circle.
    """
    layers: list[list[str]] = []
    below: set[str] = set()
    while len(below) < len(needs):
        layer = sorted(room for room, targets in needs.items() if room not in below and targets <= below)
        if not layer:
            raise ValueError(f"a circle of imports: {', '.join(sorted(needs.keys() - below))}")
        layers.append(layer)
        below |= set(layer)
    return layers


def without_implied(needs: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The imports without those that follow from others."""
    reach: dict[str, set[str]] = {}
    for layer in layers_of(needs):
        for room in layer:
            reach[room] = set().union(*({target, *reach[target]} for target in needs[room]))
    return {
        room: {one for one in targets if not any(one in reach[other] for other in targets)}
        for room, targets in needs.items()
    }


def _box(room: str, x: float, y: float) -> str:
    left, top = x - _BOX_WIDTH / 2, y - _BOX_HEIGHT / 2
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="6"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle">{escape(room)}</text>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x, top), (below, bottom) = start, end
    top, bottom = top + _BOX_HEIGHT / 2, bottom - _BOX_HEIGHT / 2
    bend = (bottom - top) / 2
    return (
        f'<path d="M{x:.0f} {top:.0f}C{x:.0f} {top + bend:.0f} {below:.0f} {bottom - bend:.0f} {below:.0f} {bottom:.0f}'
        f'm-4 -6l4 6l4 -6"/>'
    )


if __name__ == "__main__":
    main()
