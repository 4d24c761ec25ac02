"""What is sent, how much at once, what is tried again, and what stops a run."""

import asyncio
import dataclasses
from collections.abc import Callable

import pytest

from evalkit.api.keywords import limits_of
from evalkit.engine.limits import Limits
from evalkit.engine.progress import Progress
from evalkit.engine.runner import run_all
from evalkit.engine.source import Source
from evalkit.errors import (
    EndpointRefused,
    Forbidden,
    InputError,
    RateLimited,
    RejectedRequest,
    RetryableError,
    StoreError,
)
from evalkit.judge_spec import parsers
from evalkit.store import Batch, Claimed, Store
from evalkit.types import ChatReply, ChatRequest, InProcess, Labels, RateLimits, Verdict
from tests.builders import question_of
from tests.engine.runs import JUDGE, QUICK, keys, run, stored, work
from tests.engine.simulated_loop import SimulatedLoop
from tests.scripted import ScriptedClient, first_wins


def test_every_reply_is_in_the_store_when_the_run_ends(store: Store, client: ScriptedClient) -> None:
    asked = work(store, 50)
    assert run(store, asked).total.replied == 50
    assert stored(store, [asked]) == 50


def test_no_more_is_under_way_than_the_limit_and_no_less_where_there_is_work(
    store: Store, client: ScriptedClient
) -> None:
    client.delay = 0.002
    run(store, work(store, 40))
    assert client.most_at_once == QUICK.concurrency


def test_the_limit_holds_where_replies_come_at_once(store: Store, client: ScriptedClient) -> None:
    run(store, work(store, 40))
    assert client.most_at_once <= QUICK.concurrency


def test_tokens_are_counted_and_priced(store: Store, client: ScriptedClient) -> None:
    progress = run(store, work(store, 10)).total
    assert (progress.prompt_tokens, progress.completion_tokens) == (10_000, 1_000)
    assert progress.cost == pytest.approx(10 * (1000 * 1.0 + 100 * 10.0) / 1e6)


def test_several_models_and_judges_share_one_limit_and_have_counts_of_their_own(
    store: Store, client: ScriptedClient
) -> None:
    client.delay = 0.001
    other = dataclasses.replace(JUDGE, name="other", digest="other", parameters={"seed": 1})
    ran = run(store, work(store, 10), work(store, 20, model="second"), work(store, 10, config=other))
    assert [progress.replied for progress in ran.progress] == [10, 20, 10]
    assert ran.total.replied == 40
    assert client.most_at_once == QUICK.concurrency


def test_a_question_that_two_models_share_is_asked_once(store: Store, client: ScriptedClient) -> None:
    twin = dataclasses.replace(work(store, 10), candidate=work(store, 10, model="twin").candidate)
    ran = run(store, work(store, 10), twin)
    assert len(client.asked) == 10
    assert [(progress.replied, progress.stored) for progress in ran.progress] == [(10, 0), (0, 10)]


def test_a_passing_failure_is_tried_again(store: Store, client: ScriptedClient) -> None:
    seen: set[str] = set()

    def fails_once(request: ChatRequest) -> ChatReply:
        if request.key not in seen:
            seen.add(request.key)
            raise RetryableError("torn", billed=True)
        return first_wins(request)

    client.script = fails_once
    progress = run(store, work(store, 10), limits=dataclasses.replace(QUICK, concurrency=1)).total
    assert (progress.replied, progress.failed, len(client.asked), progress.maybe_billed) == (10, 0, 20, 10)


@pytest.mark.parametrize(("error", "sends"), [(RetryableError("busy"), 3), (RejectedRequest("too long"), 1)])
def test_a_lasting_failure_is_recorded_with_its_reason_and_the_rest_goes_on(
    store: Store, client: ScriptedClient, error: Exception, sends: int
) -> None:
    asked = work(store, 10)
    hopeless = keys(asked)[3]

    def fails(request: ChatRequest) -> ChatReply:
        if request.key == hopeless:
            raise error
        return first_wins(request)

    client.script = fails
    progress = run(store, asked).total
    assert (progress.replied, progress.failed) == (9, 1)
    assert len(client.asked) == 9 + sends
    assert hopeless not in store.replies(keys(asked))
    assert str(error) in store.failures([hopeless])[hopeless]


def test_being_turned_away_is_no_failed_attempt(store: Store, client: ScriptedClient) -> None:
    def busy(request: ChatRequest) -> ChatReply:
        if len(client.asked) < 3:
            raise RateLimited("429", retry_after=0.001)
        return first_wins(request)

    client.script = busy
    progress = run(store, work(store, 2), limits=dataclasses.replace(QUICK, attempts=1, concurrency=1)).total
    assert (progress.replied, progress.failed, progress.turned_away) == (2, 0, 2)


def test_an_unreadable_reply_is_asked_again_with_other_labels_and_every_reply_is_kept(
    store: Store, client: ScriptedClient
) -> None:
    def unreadable_at_first(request: ChatRequest) -> ChatReply:
        return first_wins(request) if question_of(request).reask == 2 else ChatReply("Both have their merits.")

    client.script = unreadable_at_first
    asked = work(store, 5)
    progress = run(store, asked).total
    assert (progress.replied, progress.reasked, len(client.asked)) == (5, 10, 15)
    assert len({question_of(request).nonce for request in client.asked}) == 15
    again = run(store, asked).total
    assert (len(client.asked), again.stored) == (15, 5)


def test_a_judge_that_stays_unreadable_is_asked_so_often_and_no_more(store: Store, client: ScriptedClient) -> None:
    client.script = lambda _: ChatReply("Both have their merits.")
    asked, patient = work(store, 5), dataclasses.replace(QUICK, stop=False)
    progress = run(store, asked, limits=patient).total
    assert (progress.replied, progress.reasked) == (5, 10)
    run(store, asked, limits=patient)
    assert len(client.asked) == 15


def test_an_endpoint_that_refuses_everybody_stops_the_run_and_what_was_paid_is_kept(
    store: Store, client: ScriptedClient
) -> None:
    asked = work(store, 40)

    def out_of_money(request: ChatRequest) -> ChatReply:
        if len(client.asked) > 12:
            raise EndpointRefused("insufficient_quota")
        return first_wins(request)

    client.script = out_of_money
    with pytest.raises(EndpointRefused, match="insufficient_quota"):
        run(store, asked)
    assert stored(store, [asked]) == 12
    assert len(client.asked) <= 12 + QUICK.concurrency


def test_an_endpoint_that_rejects_every_request_stops_the_run(store: Store, client: ScriptedClient) -> None:
    def rejects(_: ChatRequest) -> ChatReply:
        raise RejectedRequest("unknown parameter 'logprobs'")

    client.script = rejects
    with pytest.raises(EndpointRefused, match="rejects every request: unknown parameter"):
        run(store, work(store, 100))
    assert len(client.asked) == 12


def test_an_endpoint_that_is_down_for_a_while_is_probed_and_costs_no_verdict(
    store: Store, client: ScriptedClient
) -> None:
    def restarts(request: ChatRequest) -> ChatReply:
        if 20 <= len(client.asked) < 45:
            raise RetryableError("no connection")
        return first_wins(request)

    client.script = restarts
    progress = run(store, work(store, 60)).total
    assert (progress.replied, progress.failed) == (60, 0)


def test_an_outage_in_a_small_run_is_probed_as_well(store: Store, client: ScriptedClient) -> None:
    def down(_: ChatRequest) -> ChatReply:
        error = RetryableError("503")
        error.answered = True
        raise error

    client.script = down
    limits = dataclasses.replace(QUICK, concurrency=16, attempts=5, first_pause=0.5, longest_pause=30.0)
    total = run_all([work(store, 16)], store, limits=limits, loop_factory=SimulatedLoop).total
    assert total.stopped is not None
    assert len(client.asked) < 16 + 8


def test_an_endpoint_that_never_answers_stops_the_run_soon_and_says_so(store: Store, client: ScriptedClient) -> None:
    def refuses(_: ChatRequest) -> ChatReply:
        raise RetryableError("no connection")

    client.script = refuses
    limits = dataclasses.replace(QUICK, first_wait=0.05, first_pause=0.01, longest_pause=0.01)
    progress = run(store, work(store, 100), limits=limits).total
    assert progress.stopped is not None
    assert "api: it has given no answer for" in progress.stopped
    assert len(client.asked) < 60


@pytest.mark.parametrize("answered", [False, True], ids=["no connection", "503"])
@pytest.mark.parametrize("n", [1, 40])
def test_a_server_that_loads_its_model_is_waited_for_as_long_as_the_user_says(
    store: Store, client: ScriptedClient, n: int, answered: bool
) -> None:
    client.script, limits = loading(60.0, answered=answered), limits_of(max_wait=120)
    total = run_all([work(store, n)], store, limits=limits, loop_factory=SimulatedLoop).total
    assert (total.replied, total.failed, total.stopped) == (n, 0, None)
    assert len(client.asked) < 2 * n + 30


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (False, "api: it has given no answer for {} seconds. The last attempt: Loading model"),
        (True, "api: it has given no usable reply for {} seconds. The last answer: Loading model"),
    ],
)
def test_an_endpoint_that_never_answers_is_given_up_soon_with_its_last_words(
    store: Store, client: ScriptedClient, answered: bool, said: str
) -> None:
    client.script = loading(600.0, answered=answered)
    total = run_all([work(store, 40)], store, limits=limits_of(), loop_factory=SimulatedLoop).total
    assert total.stopped in [said.format(seconds) for seconds in range(10, 40)]


def loading(seconds: float, *, answered: bool) -> Callable[[ChatRequest], ChatReply]:
    """A script that fails for so many seconds."""

    def script(request: ChatRequest) -> ChatReply:
        if asyncio.get_running_loop().time() < seconds:
            error = RetryableError("Loading model")
            error.answered = answered
            raise error
        return first_wins(request)

    return script


def test_an_answer_that_cannot_be_used_is_asked_for_as_often_as_one_without_a_verdict(
    store: Store, client: ScriptedClient
) -> None:
    asked = work(store, 20)
    met = keys(asked)[3]

    def torn(request: ChatRequest) -> ChatReply:
        if request.key == met:
            error = RetryableError("torn", billed=True)
            error.answered = error.as_success = True
            raise error
        return first_wins(request)

    client.script = torn
    progress = run(store, asked, limits=dataclasses.replace(QUICK, attempts=5)).total
    assert (progress.replied, progress.failed, len(client.asked)) == (19, 1, 19 + 1 + JUDGE.reasks)
    assert store.failures([met])[met] == "torn (3 attempts)"


def test_an_endpoint_that_forbids_a_request_before_it_answers_others_goes_on_when_it_does(store: Store) -> None:
    class Slow(ScriptedClient):
        async def complete(self, request: ChatRequest) -> ChatReply:
            if request.key == first:
                raise Forbidden("403: blocked")
            await asyncio.sleep(5.0)
            return await super().complete(request)

    own = InProcess(Slow(), "slow")
    config = dataclasses.replace(JUDGE, client="python", in_process=own, digest="slow")
    asked = work(store, 30, config=config)
    first = keys(asked)[0]
    total = run_all([asked], store, limits=Limits(), loop_factory=SimulatedLoop).total
    assert (total.replied, total.failed) == (29, 1)


def test_an_endpoint_that_forbids_everything_ends_the_run_with_the_requests_under_way(
    store: Store, client: ScriptedClient
) -> None:
    def forbids(_: ChatRequest) -> ChatReply:
        raise Forbidden("403: Forbidden")

    client.script, client.delay = forbids, 0.1
    with pytest.raises(EndpointRefused, match="403: Forbidden"):
        run_all([work(store, 60)], store, limits=Limits(), loop_factory=SimulatedLoop)
    # a judge of which nothing could be read yet has few requests under way
    assert len(client.asked) == 4


def test_a_key_that_is_taken_away_in_a_run_ends_it(store: Store, client: ScriptedClient) -> None:
    def forbids_later(request: ChatRequest) -> ChatReply:
        if len(client.asked) > 30:
            raise Forbidden("403: Forbidden")
        return first_wins(request)

    client.script, client.delay = forbids_later, 0.1
    with pytest.raises(EndpointRefused, match="403: Forbidden"):
        run_all([work(store, 200)], store, limits=Limits(), loop_factory=SimulatedLoop)
    assert len(client.asked) <= 30 + 20 + 16


def test_a_wait_longer_than_allowed_stops_the_run(store: Store, client: ScriptedClient) -> None:
    def come_back_tomorrow(_: ChatRequest) -> ChatReply:
        raise RateLimited("429", retry_after=86_400)

    client.script = come_back_tomorrow
    progress = run(store, work(store, 100)).total
    assert progress.stopped == "api: it asks to wait 86,400 seconds, longer than --max-wait 300. The last attempt: 429"
    assert len(client.asked) <= QUICK.concurrency


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_question_that_is_always_turned_away_costs_no_other_its_verdict(
    store: Store, client: ScriptedClient, concurrency: int
) -> None:
    asked = work(store, 60)
    hopeless = keys(asked)[0]

    def too_long_for_the_rate(request: ChatRequest) -> ChatReply:
        if request.key == hopeless:
            raise RateLimited("429: request too large")
        return first_wins(request)

    client.script = too_long_for_the_rate
    limits = dataclasses.replace(QUICK, concurrency=concurrency)
    ran = run_all([asked], store, limits=limits, loop_factory=SimulatedLoop)
    assert (ran.total.replied, ran.total.failed, ran.total.stopped) == (59, 1, None)
    assert "turned away 25 times while others were answered" in store.failures([hopeless])[hopeless]


def test_questions_that_always_fail_at_the_end_are_failures_and_no_outage(store: Store, client: ScriptedClient) -> None:
    asked = work(store, 30)
    hopeless = set(keys(asked)[-3:])

    def fails(request: ChatRequest) -> ChatReply:
        if request.key in hopeless:
            error = RetryableError("500: oops")
            error.answered = True
            raise error
        return first_wins(request)

    client.script = fails
    for expected in (27, 0):
        client.asked.clear()
        total = run_all([asked], store, limits=QUICK, loop_factory=SimulatedLoop).total
        assert (total.replied, total.failed, total.stopped) == (expected, 3, None)
        assert sum(request.key in hopeless for request in client.asked) == 3 * QUICK.attempts


def test_answers_without_a_reply_are_charged_and_count_against_the_limit(store: Store, client: ScriptedClient) -> None:
    def thinks_and_says_nothing(_: ChatRequest) -> ChatReply:
        if len(client.asked) % 2:
            return first_wins(client.asked[-1])
        error = RejectedRequest("the reply used up its tokens")
        error.usage = (1000, 4000)
        raise error

    client.script = thinks_and_says_nothing
    progress = run(store, work(store, 100), limits=Limits(concurrency=1, max_cost=0.5)).total
    assert progress.stopped == "--max-cost reached"
    assert progress.cost == pytest.approx(0.5, abs=0.05)
    assert len(client.asked) == pytest.approx(0.5 / 0.0215, abs=2)


def test_a_fault_of_a_plug_in_ends_the_run_and_costs_nothing_that_was_under_way(
    store: Store, client: ScriptedClient
) -> None:
    asked = work(store, 40)
    client.delay = 0.01

    def has_a_bug(request: ChatRequest) -> ChatReply:
        if request.key == keys(asked)[5]:
            raise KeyError("typo")
        return first_wins(request)

    client.script = has_a_bug
    with pytest.raises(KeyError, match="typo"):
        run(store, asked)
    assert stored(store, [asked]) == len(client.asked) - 1


def test_a_parser_that_fails_does_not_cost_the_reply(
    store: Store, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: ChatReply, __: Labels) -> Verdict:
        raise ZeroDivisionError

    monkeypatch.setitem(parsers.BUILTIN, "broken", broken)
    asked = work(store, 4, config=dataclasses.replace(JUDGE, parser="broken"))
    with pytest.raises(ZeroDivisionError):
        run(store, asked)
    assert stored(store, [asked]) == len(client.asked) == 4


def test_a_client_that_cancels_itself_is_tried_again(store: Store, client: ScriptedClient) -> None:
    def cancelled_once(request: ChatRequest) -> ChatReply:
        if len(client.asked) == 3:
            raise asyncio.CancelledError
        return first_wins(request)

    client.script = cancelled_once
    assert run(store, work(store, 10)).total.replied == 10


def test_a_client_that_answers_with_nothing_is_named(store: Store, client: ScriptedClient) -> None:
    client.script = lambda _: None  # type: ignore[assignment,return-value]
    with pytest.raises(TypeError, match="the client of judge 'pairwise_label' answered with None"):
        run(store, work(store, 3))


def test_whatever_ends_a_commit_ends_the_run(store: Store, client: ScriptedClient) -> None:
    client.script = lambda _: ChatReply("[[K]]", (((b"K", -0.1),),))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not JSON serializable"):
        run(store, work(store, 10))


def test_a_model_cannot_be_judged_twice_by_one_judge_in_one_run(store: Store, client: ScriptedClient) -> None:
    with pytest.raises(InputError, match="'cand' is to be judged twice"):
        run(store, work(store, 3), work(store, 4))
    assert client.asked == []


def test_a_run_cannot_be_started_from_a_coroutine(store: Store, client: ScriptedClient) -> None:
    async def start() -> None:
        run(store, work(store, 3))

    with pytest.raises(RuntimeError, match="call it from a thread"):
        asyncio.run(start())
    assert list(store.answered(JUDGE.digest, benchmark="bench")) == []


def test_a_watcher_whose_terminal_went_away_ends_nothing(store: Store, client: ScriptedClient) -> None:
    def gone(_: Progress) -> None:
        raise OSError("Input/output error")

    assert run_all([work(store, 10)], store, limits=QUICK, watch=gone).total.replied == 10


def test_nothing_to_do_is_no_error(store: Store) -> None:
    assert run(store).total.total == 0


def test_a_limit_on_requests_stops_at_the_limit(store: Store, client: ScriptedClient) -> None:
    client.delay = 0.001
    progress = run(store, work(store, 40), limits=Limits(concurrency=4, max_requests=10)).total
    assert len(client.asked) == 10
    assert progress.replied == 10
    assert progress.stopped == "--max-requests reached"


def test_a_limit_on_requests_takes_nothing_away_that_is_stored(store: Store, client: ScriptedClient) -> None:
    run(store, work(store, 30), work(store, 30, model="third"))
    renamed = dataclasses.replace(JUDGE, name="renamed")
    again = [work(store, 30, model=model, config=renamed) for model in ("cand", "second", "third")]
    ran = run(store, *again, limits=dataclasses.replace(QUICK, max_requests=0))
    assert [progress.stored for progress in ran.progress] == [30, 0, 30]
    assert ran.total.stopped == "--max-requests reached"


def test_a_limit_on_cost_overshoots_by_what_is_under_way_at_most(store: Store, client: ScriptedClient) -> None:
    client.delay = 0.001
    progress = run(store, work(store, 40), limits=Limits(concurrency=4, max_cost=0.01)).total
    assert progress.stopped == "--max-cost reached"
    assert progress.cost is not None
    assert 0.01 <= progress.cost <= 0.01 + 4 * 0.002


def test_a_limit_on_time_stops_the_run(store: Store, client: ScriptedClient) -> None:
    client.delay = 0.01
    progress = run(store, work(store, 400), limits=Limits(concurrency=4, max_minutes=0.1 / 60)).total
    assert progress.stopped == "--max-minutes reached"
    assert 0 < progress.replied < 400


def test_a_limit_reached_with_the_last_request_stops_nothing(store: Store, client: ScriptedClient) -> None:
    progress = run(store, work(store, 10), limits=Limits(concurrency=4, max_requests=10)).total
    assert progress.replied == 10
    assert progress.stopped is None


def test_requests_are_spread_over_the_minute_as_the_endpoint_allows(store: Store, client: ScriptedClient) -> None:
    slow = dataclasses.replace(JUDGE, rates=RateLimits(requests_per_minute=6000))
    progress = run(store, work(store, 31, config=slow)).total
    assert progress.replied == 31
    assert progress.seconds >= 30 * 0.01


def test_a_store_that_cannot_be_written_ends_the_spending(
    store: Store, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = store.commit

    def fails_on_replies(batch: Batch) -> Claimed:
        if batch.replies:
            raise StoreError("the disk is gone")
        return commit(batch)

    monkeypatch.setattr(store, "commit", fails_on_replies)
    client.delay = 0.001
    with pytest.raises(StoreError, match="the disk is gone"):
        run(store, work(store, 100))
    assert len(client.asked) <= 2 * QUICK.concurrency


def test_a_disk_that_fills_up_takes_what_is_under_way_from_the_room_set_aside(
    store: Store, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = work(store, 100)
    monkeypatch.setenv("EVALKIT_FAULT", "before_commit:12:enospc")
    client.delay = 0.001
    with pytest.raises(StoreError, match="No space left on device"):
        run(store, asked)
    # every reply that arrived was committed, the one whose commit failed at first among them
    assert stored(store, [asked]) == len(client.asked) < 100


def test_after_a_limit_no_prompts_pile_up(
    store: Store, client: ScriptedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[int] = []
    refill = Source.refill

    async def watched(source: Source) -> None:
        await refill(source)
        waiting.append(len(source.ready))

    monkeypatch.setattr(Source, "refill", watched)
    run(store, work(store, 600), limits=dataclasses.replace(QUICK, max_requests=2))
    assert max(waiting) <= 256
    assert len(client.asked) == 2
