"""Judges, parsers and clients that are Python objects."""

import asyncio
import functools
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evalkit as ek
from tests.conftest import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "outputs"
CAREFUL = EXAMPLE / "careful.json"


@pytest.fixture
def annotate(tmp_path: Path) -> Callable[..., ek.Run]:
    """`annotate` on ten instructions of the shipped example, with a store of its own."""
    return functools.partial(
        ek.annotate, CAREFUL, benchmark="example", results=tmp_path / "results", limit=10, progress=False
    )


def shorter(pair: ek.Pair) -> str:
    return "first" if len(pair.first) < len(pair.second) else "second"


def sent(run: ek.Run) -> int:
    return sum(model.annotated.progress.sent for model in run.runs)


def test_a_function_with_a_version_is_asked_once_and_a_changed_version_anew(annotate: Callable[..., ek.Run]) -> None:
    asked: list[ek.Pair] = []

    def judged(pair: ek.Pair) -> str:
        asked.append(pair)
        return shorter(pair)

    first = annotate(judge=ek.judge(name="shorter", version="1")(judged))
    again = annotate(judge=ek.judge(name="shorter", version="1")(judged))
    assert (sent(first), sent(again), len(asked)) == (10, 0, 10)
    assert str(first) == str(again)
    assert sent(annotate(judge=ek.judge(name="shorter", version="2")(judged))) == 10


def test_without_a_version_every_run_asks_anew_and_says_so(annotate: Callable[..., ek.Run]) -> None:
    runs = [annotate(judge=shorter) for _ in range(2)]
    assert [sent(run) for run in runs] == [10, 10]
    assert "every run asks anew" in runs[0].notes[0]
    # the later run takes the places of the earlier one, so that a board holds the judge once
    assert len(ek.verdicts(benchmark="example", results=runs[0].sources.results)) == 10


def test_what_a_function_is_shown_is_the_pair_in_the_order_of_the_question(annotate: Callable[..., ek.Run]) -> None:
    seen: list[ek.Pair] = []

    @ek.judge(name="looks", version="1", orders="both")
    def looks(pair: ek.Pair) -> float:
        seen.append(pair)
        return 0.75

    run = annotate(judge=looks)
    assert len(seen) == 20
    answers = {record["instruction"]: record["output"] for record in json.loads(CAREFUL.read_text())}
    assert sum(answers[pair.instruction] == pair.first for pair in seen) == 10
    assert all(pair.turns == (ek.Turn(pair.instruction, pair.first, pair.second),) for pair in seen)
    # the swap is undone: a judge that likes the first answer likes neither model
    assert run.rows[0].raw.estimate.value == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("returned", "p_first"),
    [("first", 1.0), ("second", 0.0), ("tie", 0.5), (0.25, 0.25), (1, 1.0), (np.float32(0.5), 0.5), (np.array(1.0), 1)],
)
def test_words_and_probabilities_are_verdicts(returned: object, p_first: float) -> None:
    found = ek.judge_pair("Name a prime.", "7", "8", judge=lambda _: returned, orders="one")
    assert found.p_first == p_first


@pytest.mark.parametrize(
    ("returned", "shown"),
    [
        ("frist", "'frist'"), (None, "None"), (float("nan"), "nan"), (float("inf"), "inf"), (1.5, "1.5"), (-1, "-1"),
        (True, "True"), ([0.5], "[0.5]"), (np.array([1.0, 0.0]), "array"), ({"first": 1}, "{'first': 1}"),
    ],
)  # fmt: skip
def test_nonsense_is_a_missing_verdict_with_its_reason(
    returned: object, shown: str, annotate: Callable[..., ek.Run]
) -> None:
    run = annotate(judge=lambda _: returned)
    (reason,) = run.rows[0].entry.failures
    assert reason.startswith("the function returned ") and shown in reason and "probability" in reason
    with pytest.raises(ek.Incomplete, match="10 of 10 instructions have no verdict"):
        run.raise_for_incomplete()


class Broken:
    """A value whose every method fails."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def item(self) -> float:
        raise KeyError("no number")


class SilentError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("returned", "shown"),
    [
        (10**400, "the function returned 1000"), (Broken(), "the function returned a value of Broken,"),
        (object(), "the function returned <object object>,"), ((x for x in "a"), "returned <generator object <gene"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_read_or_shown_leave_the_run_alone(
    returned: object, shown: str, annotate: Callable[..., ek.Run]
) -> None:
    # an address in a reason would make every reason another one
    (reason,) = annotate(judge=lambda _: returned).rows[0].entry.failures
    assert shown in reason and " at 0x" not in reason


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (SilentError(), "the function raised SilentError"),
        (TimeoutError("the server is slow"), "the function raised TimeoutError: the server is slow"),
        (SystemExit(2), "the function raised SystemExit: 2"),
    ],
)
@pytest.mark.parametrize("waits", [True, False])
def test_unusual_errors_are_reasons_too(
    raised: BaseException, reason: str, *, waits: bool, annotate: Callable[..., ek.Run]
) -> None:
    def judged(pair: ek.Pair) -> str:
        raise raised

    async def awaited(pair: ek.Pair) -> str:
        raise raised

    assert list(annotate(judge=awaited if waits else judged).rows[0].entry.failures) == [reason]


@pytest.mark.parametrize("raised", [SilentError(), SystemExit(2)])
def test_a_parser_that_raises_anything_leaves_its_reply_without_a_verdict(
    raised: BaseException, annotate: Callable[..., ek.Run]
) -> None:
    @ek.parser(name="fails", version="1")
    def fails(reply: ek.ChatReply, labels: ek.Labels) -> str:
        raise raised

    run = annotate(judge="pairwise_json", client=Echo("echo 3"), parser=fails)
    assert run.rows[0].entry.sample.n_missing == 10


def test_what_a_function_raises_is_the_reason_and_the_other_verdicts_stay(annotate: Callable[..., ek.Run]) -> None:
    def fails_once(pair: ek.Pair) -> str:
        if "Python" in pair.instruction:
            raise KeyError("no such word")
        return shorter(pair)

    run = annotate(judge=fails_once, limit=None)
    failures = run.rows[0].entry.failures
    assert list(failures) == ["the function raised KeyError: 'no such word'"]
    assert run.rows[0].entry.sample.n_missing == sum(failures.values()) < 10


def test_a_function_that_always_fails_ends_a_long_run_with_its_error(annotate: Callable[..., ek.Run]) -> None:
    with pytest.raises(
        ek.EvalkitError, match=r"^judge 'lambda' rejects every request: the function raised ZeroDivisionError: division"
    ):
        annotate(judge=lambda _: 1 / 0, limit=None)


def test_no_verdict_is_kept_with_its_reason_and_not_asked_again(annotate: Callable[..., ek.Run]) -> None:
    @ek.judge(name="shy", version="1")
    def shy(pair: ek.Pair) -> str:
        raise ek.NoVerdict("both are wrong")

    runs = [annotate(judge=shy, limit=None) for _ in range(2)]
    assert runs[0].rows[0].entry.failures == {"both are wrong": 48}
    assert [sent(run) for run in runs] == [48, 0]


def test_a_function_that_hangs_is_given_up(annotate: Callable[..., ek.Run]) -> None:
    release = threading.Event()

    @ek.judge(name="sleepy", version="1", timeout=0.1)
    def sleepy(pair: ek.Pair) -> str:
        if "Python" in pair.instruction:
            release.wait(60)
        return "tie"

    started = time.monotonic()
    run = annotate(judge=sleepy, limit=None)
    release.set()
    assert "no result within 0.1 seconds" in run.rows[0].entry.failures
    assert time.monotonic() - started < 30


def test_a_scale_makes_a_function_grade_single_answers(annotate: Callable[..., ek.Run]) -> None:
    @ek.judge(name="grades", version="1", scale=(1, 5))
    def grades(single: ek.Single) -> int:
        assert single.turns == ((single.instruction, single.answer),)
        return 4

    run = annotate(judge=grades)
    assert run.frame.loc[0, "score"] == 4
    found = ek.judge_pair("a", "b", "c", judge=grades)
    assert (found.grades, found.verdict) == ((4.0, 4.0), "tie")
    with pytest.raises(ek.Incomplete, match="expected a grade from 1 to 5"):
        annotate(judge=ek.judge(scale=(1, 5))(lambda _: 7)).raise_for_incomplete()


def test_a_row_without_any_grade_stands_on_the_judges_scale(annotate: Callable[..., ek.Run], tmp_path: Path) -> None:
    @ek.judge(name="grades", version="1", scale=(1, 10))
    def grades(_: ek.Single) -> int:
        raise ek.NoVerdict("no grade")

    run = annotate(judge=grades)
    assert "on a scale from 1 to 10" in str(run) and "lowest 1.00, highest 10.00" in str(run)
    row = ek.leaderboard(results=tmp_path / "results", benchmark="example").boards[0].rows[0]
    assert (row.entry.scale, row.bounds) == ((1, 10), (1, 10))


def test_coroutines_judge_and_run_in_the_loop_of_the_caller(annotate: Callable[..., ek.Run]) -> None:
    loops: set[object] = set()

    async def waits(pair: ek.Pair) -> str:
        loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return "tie"

    async def inside() -> tuple[ek.Run, object]:
        run = await ek.aannotate(CAREFUL, benchmark="example", judge=waits, results=results, limit=10, progress=False)
        return run, asyncio.get_running_loop()

    results = annotate.keywords["results"]  # type: ignore[attr-defined]
    run, loop = asyncio.run(inside())
    assert loops == {loop} and run.rows[0].raw.estimate.value == 50
    assert annotate(judge=waits).rows[0].raw.estimate.value == 50


def test_plain_functions_work_where_a_loop_runs_already(annotate: Callable[..., ek.Run]) -> None:
    async def in_a_notebook() -> ek.Run:
        return annotate(judge=shorter)

    assert sent(asyncio.run(in_a_notebook())) == 10


def test_a_cancelled_caller_ends_its_run(annotate: Callable[..., ek.Run]) -> None:
    results = annotate.keywords["results"]  # type: ignore[attr-defined]
    calls = 0

    async def slow(pair: ek.Pair) -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.05)
        return "tie"

    async def cancelled() -> None:
        judging = asyncio.create_task(
            ek.aannotate(CAREFUL, benchmark="example", judge=slow, results=results, concurrency=1, progress=False)
        )
        while calls < 3:
            await asyncio.sleep(0.01)
        judging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await judging
        before = calls
        await asyncio.sleep(0.5)
        assert calls <= before + 8

    asyncio.run(cancelled())
    assert calls < 40


class Echo:
    """A client that prefers the answer shown first, as a model would say it."""

    def __init__(self, endpoint: str | None = None) -> None:
        if endpoint is not None:
            self.endpoint = endpoint
        self.asked: list[ek.ChatRequest] = []

    async def complete(self, request: ek.ChatRequest) -> str:
        self.asked.append(request)
        assert request.question is not None
        return json.dumps({"explanation": "because", "winner": request.question.labels.first})


def test_an_object_answers_instead_of_the_judges_client(annotate: Callable[..., ek.Run]) -> None:
    client = Echo("echo 1")
    run = annotate(judge="pairwise_json", client=client)
    assert len(client.asked) == 20 and client.asked[0].messages[-1].role == "user"
    assert run.rows[0].raw.estimate.value == 50
    assert sent(annotate(judge="pairwise_json", client=client)) == 0
    assert sent(annotate(judge="pairwise_json", client=Echo())) == 20
    with pytest.raises(ek.ConfigError, match="expected an object with `async complete"):
        annotate(judge="pairwise_json", client=object())


def test_a_function_reads_the_replies_instead_of_the_judges_parser(annotate: Callable[..., ek.Run]) -> None:
    @ek.parser(name="winner", version="1")
    def winner(reply: ek.ChatReply, labels: ek.Labels) -> str:
        if "because" not in reply.text:
            raise ek.NoVerdict("no reason given")
        return "second"

    client = Echo("echo 2")
    run = annotate(judge="pairwise_json", client=client, parser=winner)
    assert {annotation.preference for annotation in run.runs[0].annotated.annotations} == {0.0, 1.0}
    # the run has the function; another process has only the replies
    assert run.leaderboard().rows[0].raw.estimate.value == 50
    decided = ek.gate(
        CAREFUL, minimum=1, metric="win_rate", benchmark="example", judge="pairwise_json", client=client,
        parser=winner, limit=10, results=run.sources.results, progress=False,
    )  # fmt: skip
    assert decided.estimate.value == 50
    with pytest.raises(ek.ConfigError, match="read by the Python function 'winner:1'"):
        ek.leaderboard(benchmark="example", results=run.sources.results)


@pytest.mark.parametrize(
    ("judge", "reason"),
    [
        (ek.judge(name="surface")(shorter), "a shipped judge is called 'surface' already"),
        (ek.judge(name=" ")(shorter), "a judge needs a name"),
        (ek.judge(orders="three")(shorter), "orders: expected one of one, both, found 'three'"),
        (ek.judge(scale=(5, 1))(shorter), "scale: expected a low end and a higher one"),
        (ek.judge(scale=(1, 2, 3))(shorter), r"scale: expected a low end and a higher one, found \(1, 2, 3\)"),  # type: ignore[arg-type]
        (ek.judge(scale=(0, 10**400))(shorter), "scale: expected a low end and a higher one"),
        (ek.judge(timeout="5")(shorter), "timeout: expected seconds, found '5'"),  # type: ignore[call-overload]
        (ek.judge(name=5)(shorter), "judge 5: name: expected text, found 5"),  # type: ignore[call-overload]
        (ek.judge(name="s", version=1)(shorter), "judge 's': version: expected text, found 1"),  # type: ignore[call-overload]
        (ek.judge(name="\ud800")(shorter), "name: expected text"),
        ([lambda _: 0.5, lambda _: 0.4], "two different judges are called 'lambda'"),
        (
            [ek.judge(name="s", version="1")(one) for one in (shorter, lambda _: "tie")],
            "two functions are the judge 's' of the",
        ),
        (7, "judge: expected a name, a path, a function or a JudgeConfig, found int"),
        ("surfac", "unknown judge 'surfac'. Did you mean 'surface'"),
    ],
)
def test_a_wrong_judge_is_one_line(judge: Any, reason: str, annotate: Callable[..., ek.Run]) -> None:
    with pytest.raises(ek.ConfigError, match=reason) as caught:
        annotate(judge=judge)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("decorator", [ek.judge, ek.parser, ek.metric])
def test_a_name_in_place_of_the_function_is_one_line(decorator: Callable[[Any], object]) -> None:
    with pytest.raises(ek.ConfigError, match="expected a function, found 'shorter'. A name goes into @evalkit"):
        decorator("shorter")


def test_a_function_on_another_scale_is_asked_anew(annotate: Callable[..., ek.Run]) -> None:
    def graded(single: ek.Single) -> int:
        return 4

    scales: list[tuple[float, float]] = [(1, 5), (1, 9), (1, 5)]
    assert [sent(annotate(judge=ek.judge(name="g", version="1", scale=scale)(graded))) for scale in scales] == [
        10, 10, 0,
    ]  # fmt: skip


def test_functions_without_a_version_that_are_bound_to_other_values_are_other_judges(
    annotate: Callable[..., ek.Run],
) -> None:
    def bound(value: float) -> Callable[[ek.Pair], float]:
        return lambda _: value

    def with_default(value: float) -> Callable[[ek.Pair], float]:
        def judged(pair: ek.Pair, share: float = value) -> float:
            return share

        return judged

    def given(value: float, pair: ek.Pair) -> float:
        return value

    for make in (bound, with_default, lambda value: functools.partial(given, value)):
        digests = {ek.judge(make(value)).config().digest for value in (0.1, 0.9, 0.9)}
        assert len(digests) == 2


def test_a_judge_stays_a_function_that_can_be_called() -> None:
    judge = ek.judge(name="s", version="1")(shorter)
    assert judge(ek.Pair("i", "a", "bb", None, ())) == "first"
    assert repr(judge) == "<judge 's', version '1'>"


def test_errors_name_keywords_and_the_command_names_options(annotate: Callable[..., ek.Run]) -> None:
    with pytest.raises(ek.ConfigError) as caught:
        annotate(judge=shorter, max_cost=1.0)
    assert str(caught.value) == "max_cost needs the prices of judge 'shorter'. Add prices to its file"
    assert caught.value.for_command == "--max-cost needs the prices of judge 'shorter'. Add prices to its file"


def test_a_client_that_closes_badly_hides_no_verdict() -> None:
    class Unclosable(Echo):
        async def close(self) -> None:
            raise RuntimeError("closed already")

    found = ek.judge_pair("Name a prime.", "7", "8", judge="pairwise_json", client=Unclosable())
    assert found.p_first == 0.5


@pytest.mark.parametrize(
    "reply",
    [ek.ChatReply(5), ek.ChatReply("x", prompt_tokens=-1), ek.ChatReply("x", completion_tokens="many")],  # type: ignore[arg-type]
)
def test_a_reply_of_wrong_content_is_a_missing_verdict(reply: ek.ChatReply, annotate: Callable[..., ek.Run]) -> None:
    class Wrong:
        async def complete(self, request: ek.ChatRequest) -> ek.ChatReply:
            return reply

    (reason,) = annotate(judge="pairwise_json", client=Wrong(), limit=3).rows[0].entry.failures
    assert reason.startswith("complete() of Wrong returned a ChatReply without a text, or with counts")


@pytest.mark.parametrize("judge", ["surface", ek.judge(name="s", version="1")(shorter)])
def test_a_judge_without_a_prompt_takes_no_client(judge: Any, annotate: Callable[..., ek.Run]) -> None:
    with pytest.raises(ek.ConfigError, match="^client: judge 's.*' has no prompt and asks no model. Leave client out$"):
        annotate(judge=judge, client=Echo())


def test_a_parser_gives_verdicts_within_bounds_and_does_not_wait(annotate: Callable[..., ek.Run]) -> None:
    run = annotate(judge="pairwise_json", client=Echo(), parser=lambda reply, labels: ek.Preference(7.0), limit=3)
    assert run.rows[0].entry.sample.n_missing == 3

    async def waits(reply: ek.ChatReply, labels: ek.Labels) -> str:
        return "first"

    with pytest.raises(ek.ConfigError, match="parser 'waits': expected a plain function, found a coroutine function"):
        annotate(judge="pairwise_json", client=Echo(), parser=waits)


def test_a_call_that_names_nothing_to_judge_is_refused() -> None:
    for function in (ek.annotate, ek.forecast):
        with pytest.raises(ek.ConfigError, match="no outputs were given"):
            function(benchmark="example")


def test_the_content_of_a_file_in_place_of_its_path_is_not_repeated(annotate: Callable[..., ek.Run]) -> None:
    with pytest.raises(ek.InputError, match=r"^outputs: expected a path, found a text of \d+ characters$"):
        ek.annotate(CAREFUL.read_text(), benchmark="example")
