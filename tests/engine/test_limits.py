"""What one run of a command leaves of its limits to the next."""

from evalkit.engine.limits import Limits
from evalkit.engine.progress import Progress


def test_a_run_uses_up_requests_dollars_and_minutes_and_never_more_than_there_are() -> None:
    whole = Limits(concurrency=3, max_requests=10, max_cost=1.0, max_minutes=2.0)
    left = whole.after(Progress(sent=4, cost=0.25, seconds=30.0))
    assert left == Limits(concurrency=3, max_requests=6, max_cost=0.75, max_minutes=1.5)
    used = left.after(Progress(sent=7, cost=2.0, seconds=600.0))
    assert (used.max_requests, used.max_cost, used.max_minutes) == (0, 0.0, 0.0)


def test_a_run_without_prices_leaves_the_cost_and_what_has_no_limit_gets_none() -> None:
    assert Limits(max_cost=1.0).after(Progress(sent=4, seconds=30.0)) == Limits(max_cost=1.0)
