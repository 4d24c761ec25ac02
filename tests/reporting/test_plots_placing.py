import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from evalkit.reporting.plots.placing import Box, place_names

AREA = Box(0, 0, 600, 400)
POINTS = st.lists(st.tuples(st.floats(20, 580), st.floats(20, 380)), min_size=1, max_size=25)


def test_a_lone_name_stands_beside_its_point_without_a_leader() -> None:
    (place,) = place_names([(100, 100)], [(50, 10)], within=AREA, radius=3)
    assert place is not None and place.leader is None
    assert (place.box.left, place.box.bottom, place.box.top) == (108, 95, 105)


def test_a_name_at_the_right_edge_turns_to_the_left() -> None:
    (place,) = place_names([(590, 100)], [(50, 10)], within=AREA, radius=3)
    assert place is not None and place.box.right == 582


def test_a_name_avoids_a_thin_line_where_that_is_cheap() -> None:
    line = Box(0, 99, 600, 101)
    (place,) = place_names([(100, 100)], [(50, 10)], within=AREA, radius=3, lines=[line])
    assert place is not None and not place.box.meets(line)


def test_where_no_room_is_left_a_name_is_left_out_and_those_before_it_stay() -> None:
    places = place_names([(300, 200)] * 200, [(80, 10)] * 200, within=AREA, radius=3)
    assert places[0] is not None
    assert any(place is None for place in places)


@given(POINTS)
def test_no_name_covers_a_name_or_a_point_or_leaves_the_area(points: list[tuple[float, float]]) -> None:
    places = place_names(points, [(60, 10)] * len(points), within=AREA, radius=3)
    boxes = [place.box for place in places if place is not None]
    assert all(AREA.holds(box) for box in boxes)
    assert not any(a.meets(b) for a, b in itertools.combinations(boxes, 2))
    for number, place in enumerate(places):
        dots = [Box(x - 3, y - 3, x + 3, y + 3) for other, (x, y) in enumerate(points) if other != number]
        assert place is None or not any(place.box.meets(dot) for dot in dots)


@given(POINTS)
def test_a_leader_ends_at_its_name_and_far_names_have_one(points: list[tuple[float, float]]) -> None:
    for point, place in zip(points, place_names(points, [(60, 10)] * len(points), within=AREA, radius=3), strict=True):
        if place is None:
            continue
        near = (
            min(max(point[0], place.box.left), place.box.right),
            min(max(point[1], place.box.bottom), place.box.top),
        )
        if place.leader is None:
            assert math.dist(point, near) < 25
        else:
            end = place.leader
            assert place.box.left - 2 <= end[0] <= place.box.right + 2
            assert place.box.bottom <= end[1] <= place.box.top
