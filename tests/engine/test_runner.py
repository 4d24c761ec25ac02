import random
from collections.abc import Sequence

import pytest

from evalkit.clients.base import Endpoint
from evalkit.config import read_judge
from evalkit.engine.limits import Limits
from evalkit.engine.runner import Progress, send
from evalkit.errors import EndpointRefused, RejectedRequest, RetryableError, StoreError
from evalkit.judge import Plan, balanced_orders, plan_comparison
from evalkit.pairing import pair_exactly
from evalkit.store import Store
from evalkit.types import ChatReply, ChatRequest, Prices
from tests.builders import output_set
from tests.scripted import ScriptedClient, first_wins

QUICK = Limits(concurrency=4, attempts=3, first_pause=0.001, longest_pause=0.002)
CONFIG = read_judge("longest")


def questions(store: Store, n: int) -> list[ChatRequest]:
    pairing = pair_exactly(output_set("base", ["b"] * n), output_set("cand", [f"c{i}" for i in range(n)]))
    plan = Plan("bench", balanced_orders((one.key for one in pairing.comparisons), seed=0), 1, store.secret)
    places = [
        one
        for comparison in pairing.comparisons
        for one in plan_comparison(comparison, CONFIG, Endpoint("test", asks=False), plan)
    ]
    return [one.request for one in places if one.request is not None]


def ask(client: ScriptedClient, requests: Sequence[ChatRequest], store: Store, *, limits: Limits = QUICK) -> Progress:
    start = Progress(len(requests), cost=0.0)
    return send(requests, client, store, limits=limits, progress=start, prices=Prices(1.0, 10.0))


def test_every_reply_is_in_the_store_when_the_run_ends(store: Store) -> None:
    requests = questions(store, 50)
    progress = ask(ScriptedClient(), requests, store)
    assert progress.replied == 50
    assert len(store.replies(request.key for request in requests)) == 50


def test_no_more_is_under_way_than_the_limit_and_no_less_where_there_is_work(store: Store) -> None:
    client = ScriptedClient(delay=0.002)
    ask(client, questions(store, 40), store)
    assert client.most_at_once == QUICK.concurrency


def test_tokens_are_counted_and_priced(store: Store) -> None:
    progress = ask(ScriptedClient(), questions(store, 10), store)
    assert (progress.prompt_tokens, progress.completion_tokens) == (10_000, 1_000)
    assert progress.cost == pytest.approx(10 * (1000 * 1.0 + 100 * 10.0) / 1e6)


def test_a_passing_failure_is_tried_again(store: Store) -> None:
    seen: set[str] = set()

    def fails_once(request: ChatRequest) -> ChatReply:
        if request.key not in seen:
            seen.add(request.key)
            raise RetryableError("busy")
        return first_wins(request)

    client = ScriptedClient(fails_once)
    progress = ask(client, questions(store, 10), store)
    assert (progress.replied, progress.failed, len(client.asked)) == (10, 0, 20)


@pytest.mark.parametrize(("error", "sends"), [(RetryableError("busy"), 3), (RejectedRequest("too long"), 1)])
def test_a_lasting_failure_is_recorded_with_its_reason_and_the_rest_goes_on(
    store: Store, error: Exception, sends: int
) -> None:
    requests = questions(store, 10)
    hopeless = requests[3].key

    def fails(request: ChatRequest) -> ChatReply:
        if request.key == hopeless:
            raise error
        return first_wins(request)

    client = ScriptedClient(fails)
    progress = ask(client, requests, store)
    assert (progress.replied, progress.failed) == (9, 1)
    assert len(client.asked) == 9 + sends
    assert hopeless not in store.replies(request.key for request in requests)


def test_an_endpoint_that_refuses_everybody_stops_the_run_and_what_was_paid_is_kept(store: Store) -> None:
    requests = questions(store, 40)
    client = ScriptedClient()

    def out_of_money(request: ChatRequest) -> ChatReply:
        if len(client.asked) > 12:
            raise EndpointRefused("insufficient_quota")
        return first_wins(request)

    client.script = out_of_money
    with pytest.raises(EndpointRefused, match="insufficient_quota"):
        ask(client, requests, store)
    assert len(store.replies(request.key for request in requests)) == 12
    assert len(client.asked) <= 12 + QUICK.concurrency


def test_a_limit_on_requests_stops_at_the_limit(store: Store) -> None:
    client = ScriptedClient(delay=0.001)
    progress = ask(client, questions(store, 40), store, limits=Limits(concurrency=4, max_requests=10))
    assert len(client.asked) == 10
    assert progress.replied == 10
    assert progress.stopped == "--max-requests reached"


def test_a_limit_on_cost_overshoots_by_what_is_under_way_at_most(store: Store) -> None:
    client = ScriptedClient(delay=0.001)
    progress = ask(client, questions(store, 40), store, limits=Limits(concurrency=4, max_cost=0.01))
    assert progress.stopped == "--max-cost reached"
    assert progress.cost is not None
    assert 0.01 <= progress.cost <= 0.01 + 4 * 0.002


def test_a_limit_reached_with_the_last_request_stops_nothing(store: Store) -> None:
    progress = ask(ScriptedClient(), questions(store, 10), store, limits=Limits(concurrency=4, max_requests=10))
    assert progress.replied == 10
    assert progress.stopped is None


def test_a_store_that_cannot_be_written_ends_the_spending(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(*_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(store, "put", disk_full)
    client = ScriptedClient(delay=0.001)
    with pytest.raises(StoreError, match="disk full"):
        ask(client, questions(store, 100), store)
    assert len(client.asked) <= 2 * QUICK.concurrency


def test_pauses_double_up_to_the_longest_and_are_jittered() -> None:
    limits = Limits(first_pause=1.0, longest_pause=4.0)
    generator = random.Random(1)
    for attempt, longest in enumerate((1.0, 2.0, 4.0, 4.0)):
        pauses = [limits.pause(attempt, generator) for _ in range(200)]
        assert longest / 2 <= min(pauses) < longest * 0.6
        assert longest * 0.9 < max(pauses) <= longest
