"""Calls that are interrupted or cancelled, and what errors of methods say."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.errors import Interrupted
from tests.conftest import REPOSITORY

CAREFUL = REPOSITORY / "examples" / "outputs" / "careful.json"


def test_a_cancelled_caller_waits_for_no_judge_that_hangs(tmp_path: Path) -> None:
    asked, release = threading.Event(), threading.Event()

    @ek.judge(name="hangs", version="1")
    def hangs(pair: ek.Pair) -> str:
        asked.set()
        release.wait(60)
        return "tie"

    async def cancelled() -> None:
        judging = asyncio.create_task(ek.aannotate(CAREFUL, benchmark="example", judge=hangs, results=tmp_path))
        await asyncio.to_thread(asked.wait)
        judging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await judging

    started = time.monotonic()
    asyncio.run(cancelled())
    assert time.monotonic() - started < 20
    release.set()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own answer to SIGINT, which a background job inherits as ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_a_plain_call_inside_a_running_loop_and_keeps_what_arrived(tmp_path: Path) -> None:
    calls = 0

    @ek.judge(name="interrupts", version="1")
    def interrupts(pair: ek.Pair) -> str:
        nonlocal calls
        calls += 1
        if calls == 3:
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        return "tie"

    async def inside() -> None:
        ek.annotate(CAREFUL, benchmark="example", judge=interrupts, results=tmp_path, concurrency=1)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted, match="What had arrived is kept; call the function again to continue"):
        asyncio.run(inside())
    assert signal.getsignal(signal.SIGINT) is before
    assert 3 <= calls < 48
    run = ek.annotate(CAREFUL, benchmark="example", judge=interrupts, results=tmp_path)
    assert run.runs[0].annotated.progress.stored >= 2


def test_the_help_of_a_coroutine_says_that_it_is_awaited() -> None:
    said = ek.aannotate.__doc__ or ""
    assert said.startswith("Do as a coroutine what `annotate` does")
    assert ">>> run = await ek.aannotate(" in said and ek.aannotate.__name__ == "aannotate"


def test_errors_of_methods_name_keywords_in_one_line(tmp_path: Path) -> None:
    @ek.judge(name="hostile", version="1")
    def hostile(pair: ek.Pair) -> str:
        raise ek.NoVerdict("\x1b[31mred\nand more")

    def judged(**options: int) -> ek.Run:
        return ek.annotate(CAREFUL, benchmark="example", judge=hostile, results=tmp_path, **options)  # type: ignore[arg-type]

    with pytest.raises(ek.Incomplete) as stopped:
        judged(max_requests=3).raise_for_incomplete()
    assert str(stopped.value) == "max_requests reached. What was paid is kept; call the function again to continue"
    with pytest.raises(ek.Incomplete) as missing:
        judged().raise_for_incomplete()
    assert str(missing.value).endswith(r"Most often: \u001b[31mred\u000aand more")
