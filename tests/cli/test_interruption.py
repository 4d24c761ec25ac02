"""A run that is stopped keeps every reply that had arrived, says how to go on, and the next one goes on from there."""

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from evalkit.processes import running as alive
from tests.kills import Scene, billed_again
from tests.rig import mock_judge
from tests.zygote import Running, Zygote, open_zygote

STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}


def wait_for(scene: Scene, n: int) -> None:
    until = time.monotonic() + 60
    while len(scene.judge.ledger()) < n and time.monotonic() < until:
        time.sleep(0.01)


def ended(running: Running, since: float) -> tuple[int, float]:
    """The exit status, and how many seconds it took."""
    status = running.wait()
    return status, time.monotonic() - since


@pytest.mark.parametrize("sent", list(STATUS))
def test_a_stopped_run_keeps_what_had_arrived(zygote: Zygote, tmp_path: Path, sent: signal.Signals) -> None:
    with mock_judge(tmp_path / "judge", latency=0.1) as judge:
        scene = Scene.lay(zygote, judge, tmp_path, n=150, concurrency=4)
        running = scene.start("stopped")
        wait_for(scene, 20)
        running.kill(sent)
        seen = len(judge.ledger())
        assert running.wait() == STATUS[sent]
        billed = judge.n_billed
        assert billed <= seen + 2 * 4, "what was under way when it was stopped, and what was sent before it noticed"
        match = re.search(r"error: interrupted: (\d+) done, (\d+) were under way", running.said)
        assert match is not None, running.said
        assert "run the same command again to continue" in running.said
        assert [line[:16] for line in running.said.splitlines() if not line.startswith("note: ")] == [
            "evalkit: error: "
        ]
        assert int(match.group(1)) + int(match.group(2)) >= billed
        assert len(scene.stored("stopped")) == billed, "what was under way arrived and was committed"
        scene.finish("stopped")
        assert judge.n_billed == 150
        assert billed_again(judge) == 0


def test_a_run_is_interrupted_where_the_tests_are_a_background_job(tmp_path: Path) -> None:
    """A shell starts a job in the background with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with open_zygote() as zygote, mock_judge(tmp_path / "judge", latency=0.05) as judge:
            scene = Scene.lay(zygote, judge, tmp_path, n=150, concurrency=2)
            running = scene.start("stopped")
            wait_for(scene, 2)
            running.kill(signal.SIGINT)
            assert running.wait() == 130
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_test_that_waited_too_long_leaves_the_zygote_to_the_next(
    zygote: Zygote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mock_judge(tmp_path / "judge", latency=8.0) as judge:
        scene = Scene.lay(zygote, judge, tmp_path, n=2, concurrency=1)
        hanging = scene.start("hanging")

        def wait_for_a_second() -> int:
            threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            return hanging.wait()

        def give_up(number: int, frame: object) -> None:
            raise TimeoutError

        before = signal.signal(signal.SIGUSR1, give_up)
        try:
            with pytest.raises(TimeoutError):
                wait_for_a_second()
        finally:
            signal.signal(signal.SIGUSR1, before)
    assert zygote.run(["--version"], cwd=tmp_path).out.read_text().startswith("evalkit")
    assert not alive(hanging.pid)


def test_what_takes_too_long_is_given_up_after_a_few_seconds(zygote: Zygote, tmp_path: Path) -> None:
    slow = [{"when": {"after": 20}, "do": {"delay": 60}}]
    with mock_judge(tmp_path / "judge", latency=0.01, script=slow) as judge:
        scene = Scene.lay(zygote, judge, tmp_path, n=60, concurrency=8)
        running = scene.start("stopped")
        wait_for(scene, 20)
        # until eight are under way, on a busy machine too
        time.sleep(1.0)
        now = time.monotonic()
        running.kill(signal.SIGINT)
        status, seconds = ended(running, now)
        assert status == 130
        assert 3.0 < seconds < 30, "and not after the minute that the answers would take"
        assert "8 were under way" in running.said
        assert len(scene.stored("stopped")) == 20


def test_a_second_signal_gives_up_at_once(zygote: Zygote, tmp_path: Path) -> None:
    slow = [{"when": {"after": 20}, "do": {"delay": 60}}]
    with mock_judge(tmp_path / "judge", latency=0.01, script=slow) as judge:
        scene = Scene.lay(zygote, judge, tmp_path, n=60, concurrency=8)
        running = scene.start("stopped")
        wait_for(scene, 20)
        time.sleep(1.0)
        now = time.monotonic()
        running.kill(signal.SIGTERM)
        time.sleep(0.2)
        running.kill(signal.SIGTERM)
        status, seconds = ended(running, now)
        assert status == 143
        assert seconds < 3.0, "after one signal what is under way has three seconds"
        assert len(scene.stored("stopped")) == 20


def test_a_suspended_run_goes_on_and_changes_nothing_that_others_have_done(zygote: Zygote, tmp_path: Path) -> None:
    with mock_judge(tmp_path / "judge", latency=0.05) as judge:
        scene = Scene.lay(zygote, judge, tmp_path, n=60, concurrency=4)
        whole = scene.finish("whole")
        running = scene.start("suspended")
        time.sleep(0.4)
        running.kill(signal.SIGSTOP)
        time.sleep(0.5)
        running.kill(signal.SIGCONT)
        assert running.wait() == 0, running.said
        assert whole in running.said
