"""A judge that nobody has read yet gets few questions until a reply can be read, and is stopped if none can."""

import dataclasses
from collections.abc import Callable

import pytest

from evalkit.engine.limits import Limits
from evalkit.engine.runner import Ran, run_all
from evalkit.engine.trial import AT_ONCE, MOST_FRUITLESS
from evalkit.errors import EndpointRefused, RejectedRequest, RetryableError
from evalkit.formats import read_reply
from evalkit.judging.work import Work
from evalkit.store import Store
from evalkit.types import ChatReply, ChatRequest, JudgeConfig
from tests.engine.runs import JUDGE, work
from tests.engine.simulated_loop import SimulatedLoop
from tests.scripted import ScriptedClient, first_wins

LIMITS = Limits(concurrency=16)
STOPPED = (
    f"pairwise_label: none of its first {MOST_FRUITLESS} requests brought a verdict. The last reply reads "
    "'Both have\\nmerits.': "
    "no [[label]] alone on the last line, which reads 'merits.'"
)
OTHER = dataclasses.replace(JUDGE, name="other", digest="other", model="other")


def undecided(_: ChatRequest) -> ChatReply:
    return ChatReply("Both have\nmerits.")


def run(store: Store, *works: Work, limits: Limits = LIMITS) -> Ran:
    return run_all(works, store, limits=limits, loop_factory=SimulatedLoop)


def with_reasks(reasks: int) -> JudgeConfig:
    return dataclasses.replace(JUDGE, reasks=reasks)


@pytest.mark.parametrize("reasks", [0, 1, 2, 20])
@pytest.mark.parametrize("concurrency", [1, 3, 16, 300])
def test_a_judge_without_a_readable_reply_is_stopped_after_a_few(
    store: Store, client: ScriptedClient, reasks: int, concurrency: int
) -> None:
    client.script, client.delay = undecided, 1.0
    ran = run(store, work(store, 400, config=with_reasks(reasks)), limits=Limits(concurrency=concurrency))
    assert len(client.asked) == MOST_FRUITLESS
    assert client.most_at_once == min(AT_ONCE, concurrency)
    assert (ran.total.stopped, ran.total.unread) == (STOPPED, True)
    assert ran.progress[0] == ran.total


def test_the_first_readable_reply_opens_the_judge_up(store: Store, client: ScriptedClient) -> None:
    client.delay = 1.0
    ran = run(store, work(store, 160))
    assert ran.total.stopped is None and ran.total.replied == 160
    assert client.most_at_once == 16
    # four at first, and sixteen at a time from then on
    assert ran.total.seconds <= 1.0 + 160 / 16


def test_a_judge_that_is_read_now_and_then_goes_on(store: Store, client: ScriptedClient) -> None:
    client.script = lambda request: first_wins(request) if len(client.asked) == MOST_FRUITLESS else undecided(request)
    ran = run(store, work(store, 40, config=with_reasks(0)))
    assert (ran.total.stopped, ran.total.replied, len(client.asked)) == (None, 40, 40)


def test_without_stop_a_judge_goes_on_and_opens_up(store: Store, client: ScriptedClient) -> None:
    client.script, client.delay = undecided, 1.0
    ran = run(store, work(store, 100, config=with_reasks(0)), limits=dataclasses.replace(LIMITS, stop=False))
    assert (ran.total.stopped, ran.total.replied, client.most_at_once) == (None, 100, 16)


@pytest.mark.parametrize("reason", ["abort", "cancelled", "error", "timeout"])
def test_a_judge_whose_replies_are_all_broken_off_is_stopped_and_its_endpoint_refuses_nothing(
    store: Store, client: ScriptedClient, reason: str
) -> None:
    broken = {"message": {"content": "partial"}, "finish_reason": reason}
    client.script = lambda _: read_reply({"choices": [broken], "model": "m"}, body="{}", seconds=0.0)
    stopped = run(store, work(store, 100)).total.stopped
    assert stopped is not None and stopped.endswith(f"The last answer: the provider broke the reply off: {reason}")
    assert len(client.asked) == MOST_FRUITLESS


def test_the_reason_of_a_stop_has_no_full_stop_of_its_own(store: Store, client: ScriptedClient) -> None:
    def filtered(_: ChatRequest) -> ChatReply:
        raise RejectedRequest("400: Please modify your prompt and retry.", of_this_request=True)

    client.script = filtered
    stopped = run(store, work(store, 100)).total.stopped
    assert stopped is not None and stopped.endswith("modify your prompt and retry")


def test_a_judge_with_a_verdict_in_the_store_is_not_held_back(store: Store, client: ScriptedClient) -> None:
    run(store, work(store, 1, model="earlier"))
    client.script, client.delay, client.most_at_once = undecided, 1.0, 0
    ran = run(store, work(store, 100, config=with_reasks(0)))
    assert (ran.total.stopped, ran.total.replied, client.most_at_once) == (None, 100, 16)


def test_unreadable_replies_in_the_store_are_no_evidence_for_a_judge(store: Store, client: ScriptedClient) -> None:
    client.script = undecided
    run(store, work(store, 4, config=with_reasks(0), model="earlier"))
    assert len(client.asked) == 4
    ran = run(store, work(store, 100, config=with_reasks(0)))
    assert (ran.total.unread, len(client.asked)) == (True, 4 + MOST_FRUITLESS)


def test_a_stopped_judge_leaves_the_others_of_its_endpoint_alone(store: Store, client: ScriptedClient) -> None:
    client.script = lambda request: undecided(request) if request.model == JUDGE.model else first_wins(request)
    ran = run(store, work(store, 100), work(store, 60, config=OTHER), work(store, 50, model="second"))
    assert [progress.stopped for progress in ran.progress] == [STOPPED, None, STOPPED]
    assert [progress.done for progress in ran.progress] == [0, 60, 0]
    assert len(client.asked) == MOST_FRUITLESS + 60


def test_a_stopped_judge_goes_on_in_the_next_run_once_its_replies_can_be_read(
    store: Store, client: ScriptedClient
) -> None:
    client.script = undecided
    run(store, work(store, 40))
    client.script = first_wins
    ran = run(store, work(store, 40))
    assert (ran.total.stopped, ran.total.done) == (None, 40)


def test_failures_of_the_endpoint_say_nothing_about_a_judge(store: Store, client: ScriptedClient) -> None:
    def torn_at_first(request: ChatRequest) -> ChatReply:
        if len(client.asked) <= 2 * MOST_FRUITLESS:
            raise RetryableError("torn")
        return first_wins(request)

    client.script = torn_at_first
    ran = run(store, work(store, 40), limits=Limits(concurrency=16, first_wait=600, max_wait=600))
    assert (ran.total.stopped, ran.total.replied) == (None, 40)


def filtered() -> Exception:
    return RejectedRequest("400: the prompt was filtered", of_this_request=True)


def no_choices() -> Exception:
    error = RetryableError("the reply has no choices", billed=True)
    error.answered = error.as_success = True
    return error


@pytest.mark.parametrize("failure", [filtered, no_choices])
@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_judge_that_brings_no_reply_is_stopped_as_early(
    store: Store, client: ScriptedClient, failure: Callable[[], Exception], concurrency: int
) -> None:
    def fails(_: ChatRequest) -> ChatReply:
        raise failure()

    client.script = fails
    limits = Limits(concurrency=concurrency, first_wait=600)
    stopped = run(store, work(store, 400), limits=limits).total.stopped
    said = (
        f"pairwise_label: none of its first {MOST_FRUITLESS} requests brought a verdict. The last answer: {failure()}"
    )
    assert (stopped, len(client.asked)) == (said, MOST_FRUITLESS)


def test_without_stop_a_judge_goes_on_whose_prompts_are_all_filtered(store: Store, client: ScriptedClient) -> None:
    def fails(_: ChatRequest) -> ChatReply:
        raise filtered()

    client.script = fails
    total = run(store, work(store, 150), limits=dataclasses.replace(LIMITS, stop=False)).total
    assert (total.stopped, total.failed, len(client.asked)) == (None, 150, 150)


def test_an_endpoint_that_rejects_all_first_requests_for_their_form_ends_the_run(
    store: Store, client: ScriptedClient
) -> None:
    def rejects(_: ChatRequest) -> ChatReply:
        raise RejectedRequest("400: unknown parameter")

    client.script = rejects
    with pytest.raises(EndpointRefused, match="rejects every request: 400: unknown parameter"):
        run(store, work(store, 100))
    assert len(client.asked) == MOST_FRUITLESS


def test_a_judge_whose_replies_fail_in_several_ways_is_stopped_by_all_of_them(
    store: Store, client: ScriptedClient
) -> None:
    ways: list[Callable[[], Exception]] = [filtered, no_choices, lambda: RejectedRequest("400: too long")]

    def fails(request: ChatRequest) -> ChatReply:
        if len(client.asked) % 4 == 0:
            return undecided(request)
        raise ways[len(client.asked) % 4 - 1]()

    client.script = fails
    ran = run(store, work(store, 100), limits=Limits(concurrency=16, first_wait=600))
    assert (ran.total.unread, len(client.asked)) == (True, MOST_FRUITLESS)
