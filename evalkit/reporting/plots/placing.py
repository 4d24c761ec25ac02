"""Place names beside their points so that no name covers anything."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# directions in the order of preference: beside a point, between, above and below it, then finer steps between these
_DEGREES = (0, 180, 45, 315, 135, 225, 90, 270, 15, 345, 30, 330, 165, 195, 150, 210, 60, 300, 120, 240, 75, 285)
_ANGLES = tuple(math.radians(degree) for degree in _DEGREES)
_REACHES = (5.0, 9.0, 15.0, 22.0, 30.0, 40.0, 52.0)
_PADDING = 1.5
# the cost of a name on a thin line, in units of distance
_LINE_COST = 14.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle from (left, bottom) to (right, top)."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box", padding: float = 0.0) -> bool:
        return (
            self.left - padding < other.right
            and other.left - padding < self.right
            and self.bottom - padding < other.top
            and other.bottom - padding < self.top
        )

    def holds(self, other: "Box") -> bool:
        return (
            self.left <= other.left
            and self.bottom <= other.bottom
            and other.right <= self.right
            and other.top <= self.top
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """A name's box, and the end of the leader, a line from its point; None if the name is close enough without one."""

    box: Box
    leader: tuple[float, float] | None


def place_names(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    *,
    within: Box,
    radius: float,
    lines: Sequence[Box] = (),
) -> list[Spot | None]:
    """Return a place for each name, the most important name first; None for a name for which no room is left.

    A name covers no point and no other name, and no leader crosses a name; names avoid thin `lines` if that is cheap.

    Args:
        points: the points in the order of their importance.
        sizes: the width and height of each name, in the units of the points.
        radius: the radius of a point.
    """
    dots = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in points]
    placed: list[Spot | None] = []
    leaders: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for index, (point, size) in enumerate(zip(points, sizes, strict=True)):
        taken = [spot.box for spot in placed if spot is not None]
        others = [*dots[:index], *dots[index + 1 :]]
        best: tuple[float, Spot] | None = None
        for effort, place in _candidates(point, size, radius):
            cost = effort + _LINE_COST * sum(place.box.meets(line) for line in lines)
            if best is not None and cost >= best[0]:
                continue
            if within.holds(place.box) and _free(place, point, taken, others, leaders):
                best = (cost, place)
        placed.append(None if best is None else best[1])
        if best is not None and best[1].leader is not None:
            leaders.append((point, best[1].leader))
    return placed


def _candidates(point: tuple[float, float], size: tuple[float, float], radius: float) -> Iterator[tuple[float, Spot]]:
    """Yield places with their costs, within each reach the cheapest first: beside the point, then around it."""
    for reach in _REACHES:
        for preference, angle in enumerate(_ANGLES):
            toward = (math.cos(angle), math.sin(angle))
            x, y = (place + (radius + reach) * part for place, part in zip(point, toward, strict=True))
            # the box touches (x, y) with the side or corner that faces the point
            left = x - size[0] * (1 - _step(toward[0])) / 2
            bottom = y - size[1] * (1 - _step(toward[1])) / 2
            box = Box(left, bottom, left + size[0], bottom + size[1])
            yield reach + 0.4 * preference, Spot(box, _leader(point, box) if reach > _REACHES[1] else None)


def _leader(point: tuple[float, float], box: Box) -> tuple[float, float]:
    """Return the end of a line from the point: at the name's first or last letter, or above or below the name."""
    middle = (box.bottom + box.top) / 2
    if box.left > point[0]:
        return box.left - _PADDING, middle
    if box.right < point[0]:
        return box.right + _PADDING, middle
    return point[0], box.bottom if middle > point[1] else box.top


def _step(part: float) -> float:
    """Return -1, 0 or 1 for the main directions, and a value between for directions between."""
    return max(-1.0, min(1.0, 2 * part if abs(part) < 0.5 else math.copysign(1.0, part)))


def _free(
    place: Spot,
    point: tuple[float, float],
    taken: Sequence[Box],
    dots: Sequence[Box],
    leaders: Sequence[tuple[tuple[float, float], tuple[float, float]]],
) -> bool:
    if any(place.box.meets(box, _PADDING) for box in taken) or any(place.box.meets(dot, _PADDING) for dot in dots):
        return False
    if any(_crosses(start, end, place.box) for start, end in leaders):
        return False
    if place.leader is None:
        return True
    return not any(_crosses(point, place.leader, box) for box in (*taken, *dots)) and not any(
        _cross(point, place.leader, start, end) for start, end in leaders
    )


def _crosses(start: tuple[float, float], end: tuple[float, float], box: Box) -> bool:
    """True if a line passes through a box (Liang and Barsky)."""
    enter, leave = 0.0, 1.0
    for axis, low, high in ((0, box.left, box.right), (1, box.bottom, box.top)):
        way = end[axis] - start[axis]
        if way == 0:
            if not low < start[axis] < high:
                return False
            continue
        near, far = sorted(((low - start[axis]) / way, (high - start[axis]) / way))
        enter, leave = max(enter, near), min(leave, far)
    return enter < leave


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """True if two lines have a point in common, except for ends that only touch."""

    def side(p: tuple[float, float], q: tuple[float, float], r: tuple[float, float]) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
