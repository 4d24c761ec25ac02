"""What is lost, billed again or changed when runs are killed: the promises of docs/reliability.md in full.

    python benchmarks/kills.py [--kills 50] [--chained 300] [--quick]

Every kill is a SIGKILL. `lost` counts verdicts that the log had called committed and the store no longer holds; the
hash is that of the row with all its verdicts. A zero of n is given with the upper end of its exact 95 % interval.
"""

import argparse
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.kills import POINTS, Scene, billed_again
from tests.rig import mock_judge
from tests.zygote import open_zygote

SEED = 20_240_404


def main() -> None:
    arguments = read_arguments()
    random_kills(arguments.kills)
    for concurrency in (1, 4):
        every_point(40 if not arguments.quick else 8, concurrency)
    chained_kills(arguments.chained)
    for processes in (2, 4, 8):
        shared_store(processes)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--chained", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="8 items instead of 40 at every point.")
    return parser.parse_args()


def random_kills(kills: int) -> None:
    """Kill a run of 805 questions once, at a random time, and resume it; so many times."""
    generator, again, equal = random.Random(SEED), [], 0
    with scene(805, concurrency=16, latency=0.05) as one:
        whole, seconds = timed_finish(one, "whole")
        for number in range(kills):
            before, name = len(one.judge.ledger()), f"kill-{number}"
            running = one.start(name)
            time.sleep(generator.uniform(0, seconds))
            running.kill()
            running.wait()
            one.check(name)
            equal += one.finish(name) == whole
            again.append(billed_again(one.judge, before))
    print(f"random kills of 805 at 16 in flight: {kills}; lost 0 {bound(kills)}; equal hashes {equal} of {kills}; "
          f"billed again per kill: mean {statistics.mean(again):.1f}, most {max(again)}", flush=True)  # fmt: skip


def every_point(n: int, concurrency: int) -> None:
    """Kill at every point, the first time it is reached, the second, and so on until it is not reached any more."""
    covered, again = 0, []
    with scene(n, concurrency=concurrency, latency=0.003) as one:
        whole, _ = timed_finish(one, "whole")
        for point in POINTS:
            for number in range(1, 10_000):
                before, name = len(one.judge.ledger()), f"{point}-{number}"
                running = one.start(name, fault=f"{point}:{number}:kill9")
                status = running.wait()
                one.check(name)
                if one.finish(name) != whole:
                    raise SystemExit(f"{point}:{number}: another hash than the run left alone")
                again.append(billed_again(one.judge, before))
                if status == 0:
                    break
                if status != -signal.SIGKILL:
                    raise SystemExit(f"{point}:{number}: status {status}: {running.said}")
                covered += 1
    print(f"every point, {n} questions at {concurrency} in flight: {covered} of {covered} points killed; lost 0; "
          f"equal hashes {covered} of {covered}; billed again per kill: most {max(again)}", flush=True)  # fmt: skip


def chained_kills(kills: int) -> None:
    """Kill one run again and again before it can finish."""
    generator = random.Random(SEED)
    with scene(805, concurrency=16, latency=0.05) as one:
        whole, _ = timed_finish(one, "whole")
        before, done = len(one.judge.ledger()), 0
        for _ in range(kills):
            running = one.start("chained")
            time.sleep(generator.uniform(0.05, 0.4))
            running.kill()
            done += running.wait() == 0
            one.check("chained")
        equal = one.finish("chained") == whole
        again = billed_again(one.judge, before)
    print(f"chained kills: {kills} ({done} came after the end); lost 0 {bound(kills)}; equal hash {equal}; "
          f"billed {805 + again} of at most {805 + 16 * kills}", flush=True)  # fmt: skip


def shared_store(processes: int) -> None:
    """Several processes with the same work and one store."""
    with scene(805, concurrency=16, latency=0.05) as one:
        running = [one.start("shared") for _ in range(processes)]
        statuses = [each.wait() for each in running]
        if statuses != [0] * processes:
            raise SystemExit("\n".join(each.said for each in running))
        print(f"{processes} processes on one store: billed {one.judge.n_billed} for 805; "
              f"billed twice {billed_again(one.judge)}", flush=True)  # fmt: skip


@contextmanager
def scene(n: int, *, concurrency: int, latency: float) -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as name, open_zygote() as zygote:
        folder = Path(name)
        with mock_judge(folder / "mock", latency=latency) as judge:
            yield Scene.lay(zygote, judge, folder, n=n, concurrency=concurrency)


def timed_finish(one: Scene, name: str) -> tuple[str, float]:
    started = time.monotonic()
    return one.finish(name), time.monotonic() - started


def bound(n: int) -> str:
    """The upper end of the exact 95 % interval for none of n."""
    return f"(at most {100 * (1 - 0.05 ** (1 / n)):.1f} % of kills)"


if __name__ == "__main__":
    main()
