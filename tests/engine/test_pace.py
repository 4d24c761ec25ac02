import dataclasses
import random
import re

import pytest

from evalkit.engine.limits import Limits
from evalkit.engine.pace import Pace
from evalkit.types import RateLimits

LIMITS = Limits(concurrency=16, attempts=5, first_pause=0.5, longest_pause=8.0)


def pace(rates: RateLimits | None = None) -> Pace:
    return Pace(LIMITS, rates or RateLimits(), random.Random(1), now=0.0)


def test_at_first_everything_may_be_sent_at_once() -> None:
    assert (pace().room, pace().wait(0.0)) == (16, 0.0)


def test_requests_are_spaced_so_that_no_minute_has_more_than_allowed() -> None:
    paced, now, sends = pace(RateLimits(requests_per_minute=120)), 0.0, []
    for _ in range(300):
        now += paced.wait(now)
        paced.sent(now, 10)
        sends.append(now)
    assert max(sum(start <= one < start + 60 for one in sends) for start in sends) == 120


def test_a_pause_earns_no_burst_afterwards() -> None:
    paced = pace(RateLimits(requests_per_minute=60))
    paced.sent(100.0, 10)
    assert paced.wait(100.0) == pytest.approx(1.0)


def test_tokens_are_spaced_by_what_was_used_not_by_what_was_guessed() -> None:
    paced = pace(RateLimits(tokens_per_minute=6000))
    paced.sent(0.0, 100)
    assert paced.wait(0.0) == pytest.approx(1.0)
    paced.answered(sent=0.5, more_tokens=200)
    assert paced.wait(0.5) == pytest.approx(2.5)


def test_nobody_asks_before_the_longest_time_that_the_endpoint_named() -> None:
    paced = pace()
    paced.turned_away(10.0, 3.0)
    paced.turned_away(10.1, 20.0)
    paced.turned_away(10.2, 1.0)
    assert 20.1 <= paced.wait(10.0) <= 20.1 + 0.25


def test_a_wait_is_never_shorter_than_half_a_second() -> None:
    paced = pace()
    paced.turned_away(10.0, 0.001)
    assert 0.5 <= paced.wait(10.0) <= 0.75


def test_after_being_turned_away_one_asks_then_half_as_many_as_before_and_slowly_more() -> None:
    paced = pace()
    for when in (10.0, 10.0, 10.1):
        paced.turned_away(when, 1.0)
    rooms = [paced.room]
    for _ in range(9):
        paced.answered(sent=12.0)
        rooms.append(paced.room)
    assert rooms == [1, 8, 8, 8, 8, 8, 8, 8, 8, 8]
    for _ in range(200):
        paced.answered(sent=13.0)
    assert paced.room == 16


def test_a_probe_that_is_turned_away_too_leaves_the_room_that_it_probes_for() -> None:
    paced = pace()
    for when in (10.0, 20.0, 30.0):
        paced.turned_away(when, 1.0)
    paced.answered(sent=40.0)
    assert paced.room == 8
    paced.turned_away(50.0, 1.0)
    paced.answered(sent=60.0)
    assert paced.room == 4


def test_waits_that_the_endpoint_does_not_name_double() -> None:
    paced, now, waits = pace(), 0.0, []
    for _ in range(4):
        paced.turned_away(now, None)
        waits.append(paced.wait(now))
        now += waits[-1]
    assert waits == sorted(waits)
    assert waits[-1] > 2.0


def test_failures_in_a_row_open_the_circuit_and_an_answer_closes_it() -> None:
    paced = pace()
    counted = [paced.failed(1.0) for _ in range(6)]
    assert counted == [True] * 4 + [False] * 2
    assert (paced.open, paced.room) == (True, 1)
    assert 0.2 < paced.wait(1.0) <= 0.5
    paced.answered(sent=2.0)
    assert (paced.open, paced.room) == (False, 8)


def test_probes_of_an_outage_are_ever_further_apart_whatever_was_under_way() -> None:
    paced, now, gaps = pace(), 1.0, []
    for _ in range(16):
        paced.failed(now)
    for _ in range(6):
        gaps.append(paced.wait(now))
        now += gaps[-1]
        paced.failed(now)
    assert gaps[0] <= 0.5
    assert gaps[-1] > 4.0
    assert max(gaps) <= 8.0


def test_scattered_failures_are_no_outage() -> None:
    paced = pace()
    for _ in range(50):
        for _ in range(3):
            paced.failed(1.0)
        paced.answered(sent=1.0)
    assert not paced.open


@pytest.mark.parametrize(
    ("answered", "seconds", "hopeless"),
    [(True, 299.0, False), (True, 301.0, True), (False, 9.0, False), (False, 11.0, True)],
)
def test_an_endpoint_that_has_answered_is_given_longer_than_one_that_never_did(
    answered: bool, seconds: float, hopeless: bool
) -> None:
    paced = pace()
    if answered:
        paced.answered(sent=0.0)
    for when in (0.0, 0.0, 0.0, 0.0, seconds):
        paced.failed(when)
    assert (paced.hopeless is not None) == hopeless


def test_a_slow_endpoint_that_turned_one_request_away_is_not_hopeless() -> None:
    paced = pace()
    paced.answered(sent=0.0)
    paced.turned_away(400.0, 1.0)
    assert paced.hopeless is None
    paced.answered(sent=800.0)
    paced.turned_away(1300.0, 1.0)
    assert paced.hopeless is None


def test_answers_to_what_was_under_way_before_a_setback_do_not_end_it() -> None:
    paced = pace()
    paced.turned_away(10.0, 1.0)
    for _ in range(15):
        paced.answered(sent=9.9)
    assert (paced.room, paced.probing) == (1, True)
    paced.answered(sent=11.5)
    assert (paced.room, paced.probing) == (8, False)


def test_a_longer_wait_than_allowed_is_hopeless_at_once() -> None:
    paced = pace()
    paced.turned_away(0.0, float("inf"))
    assert paced.hopeless == "it asks to wait inf seconds, longer than --max-wait 300"


def test_a_pause_that_evalkit_chose_itself_is_not_said_to_be_asked_for() -> None:
    paced = Pace(dataclasses.replace(LIMITS, max_wait=0.001), RateLimits(), random.Random(1), now=0.0)
    paced.turned_away(0.0, None)
    assert re.fullmatch(
        r"it turns requests away, and evalkit's own next pause is \d+ seconds, longer than --max-wait 0.001",
        paced.hopeless or "",
    )


def test_a_quiet_endpoint_with_nothing_to_ask_is_not_hopeless() -> None:
    assert pace().hopeless is None
