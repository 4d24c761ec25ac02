"""A run may be killed at any point: nothing acknowledged is lost, and the end is that of a run left alone.

These are samples of what `benchmarks/kills.py` does in full.
"""

import random
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kills import POINTS, Scene, billed_again, printed_hash
from tests.rig import MockJudge, mock_judge, write_outputs
from tests.zygote import Zygote

KILLS = 10
COMMAND = ["annotate", "--baseline", "base.json", "--judge", "judge.yaml", "--verbose"]


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[MockJudge]:
    with mock_judge(tmp_path / "judge", latency=0.02) as started:
        yield started


def test_kills_at_random_times_lose_nothing_and_change_nothing(
    zygote: Zygote, judge: MockJudge, tmp_path: Path
) -> None:
    scene = Scene.lay(zygote, judge, tmp_path, n=300, concurrency=16)
    started = time.monotonic()
    whole = scene.finish("whole")
    seconds = time.monotonic() - started
    before = len(judge.ledger())
    generator = random.Random(7)
    for _ in range(KILLS):
        running = scene.start("killed")
        time.sleep(generator.uniform(0.05, seconds / 3))
        running.kill()
        running.wait()
        scene.check("killed")
    last = scene.start("killed")
    assert last.wait() == 0, last.said
    assert printed_hash(last) == whole
    assert billed_again(judge, before) <= KILLS * scene.concurrency


def test_the_next_run_says_how_much_may_have_been_billed_twice(zygote: Zygote, tmp_path: Path) -> None:
    # those that are under way at the kill take so long that nobody can come too late for it
    slow = [{"when": {"after": 50, "count": 16}, "do": {"delay": 1.5}}]
    with mock_judge(tmp_path / "judge", latency=0.02, script=slow) as judge:
        scene = Scene.lay(zygote, judge, tmp_path, n=200, concurrency=16)
        running = scene.start("killed")
        while judge.n_billed < 50:
            time.sleep(0.01)
        running.kill()
        running.wait()
        again = scene.start("killed")
        assert again.wait() == 0
        said = re.search(
            r"note: at most (\d+) requests? w(?:as|ere) under way when an earlier run was killed", again.said
        )
        assert said is not None, again.said
        # until what was under way is billed
        time.sleep(1.5)
        assert billed_again(judge) <= int(said.group(1)) <= 16


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_loses_nothing_and_changes_nothing(
    zygote: Zygote, judge: MockJudge, tmp_path: Path, point: str
) -> None:
    scene = Scene.lay(zygote, judge, tmp_path, n=12, concurrency=4)
    whole = scene.finish("whole")
    before, fired = len(judge.ledger()), 0
    for number in (1, 2, 3, 11):
        name = f"{point}-{number}"
        running = scene.start(name, fault=f"{point}:{number}:kill9")
        status = running.wait()
        assert status in (0, -signal.SIGKILL), running.said
        fired += status != 0
        scene.check(name)
        assert scene.finish(name) == whole
        assert billed_again(judge, before) <= scene.concurrency
        before = len(judge.ledger())
        assert not list((tmp_path / name).rglob("*.part"))
    assert fired >= 2


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_that_share_a_store_pay_for_every_verdict_once(
    zygote: Zygote, judge: MockJudge, tmp_path: Path, processes: int
) -> None:
    scene = Scene.lay(zygote, judge, tmp_path, n=200, concurrency=8)
    running = [scene.start("shared") for _ in range(processes)]
    assert [one.wait() for one in running] == [0] * processes, [one.said for one in running]
    assert judge.n_billed == 200
    assert billed_again(judge) == 0


def test_when_processes_that_share_a_store_are_killed_the_others_finish(
    zygote: Zygote, judge: MockJudge, tmp_path: Path
) -> None:
    scene = Scene.lay(zygote, judge, tmp_path, n=200, concurrency=8)
    running = [scene.start("shared") for _ in range(4)]
    time.sleep(0.6)
    for one in running[:2]:
        one.kill()
    statuses = [one.wait() for one in running]
    assert statuses[2:] == [0, 0], [one.said for one in running[2:]]
    assert judge.n_billed <= 200 + 2 * 8
    scene.check("shared")


def test_two_models_are_judged_at_once_in_one_store_in_a_folder_with_an_odd_name(
    zygote: Zygote, judge: MockJudge, tmp_path: Path
) -> None:
    folder = tmp_path / ("odd näme 🙂 " + "x" * 100)
    folder.mkdir()
    scene = Scene.lay(zygote, judge, folder, n=60, concurrency=4)
    write_outputs(folder, "other", 60, seed=2)
    running = [
        zygote.start([*COMMAND[:1], f"{model}.json", *COMMAND[1:], "--results", "results"], cwd=folder)
        for model in ("cand", "other")
    ]
    assert [one.wait() for one in running] == [0, 0], [one.said for one in running]
    assert judge.n_billed == 120
    assert len(scene.stored("results")) == 120
