"""Measure how much longer a run takes because a judge starts with four questions until its first reply is read.

    python benchmarks/first_replies.py [--n 320] [--latency 0.5] [--runs 3]

Each run is made twice against the mock judge: with an empty store, and with a store that holds a verdict of the judge,
which is then not held back. The mock judge's ledger tells the time from the first request to the last reply.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rig import REPOSITORY, MockJudge, mock_judge, write_judge, write_outputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=320)
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    print("| concurrency | held back, s | not held back, s | difference, replies' times |\n|---:|---:|---:|---:|")
    for concurrency in (4, 16, 64):
        spans = {known: statistics.median(
            span(arguments.n, arguments.latency, concurrency, known=known) for _ in range(arguments.runs)
        ) for known in (False, True)}  # fmt: skip
        extra = (spans[False] - spans[True]) / arguments.latency
        print(f"| {concurrency} | {spans[False]:.2f} | {spans[True]:.2f} | {extra:.2f} |", flush=True)


def span(n: int, latency: float, concurrency: int, *, known: bool) -> float:
    """Seconds from the first request of a run to its last reply; the store has a verdict of the judge if `known`."""
    with tempfile.TemporaryDirectory() as name, mock_judge(Path(name) / "mock", latency=latency) as judge:
        folder = Path(name)
        write_judge(folder, judge.url)
        if known:
            _judge(folder, judge, n=1, concurrency=1)
        before = len(judge.ledger())
        _judge(folder, judge, n=n, concurrency=concurrency)
        ledger = judge.ledger()[before:]
    assert sum(entry.billed for entry in ledger) == n
    return max(entry.t for entry in ledger) - min(entry.arrived for entry in ledger)


def _judge(folder: Path, judge: MockJudge, *, n: int, concurrency: int) -> None:
    write_outputs(folder, "base", n)
    # another seed gives other answers, so that no reply is stored
    write_outputs(folder, f"cand{n}", n, seed=n)
    command = [
        *(sys.executable, "-m", "evalkit", "annotate", f"cand{n}.json", "--baseline", "base.json"),
        *("--judge", "judge.yaml", "--concurrency", str(concurrency), "--difficulty", "none", "--audit", "off"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": judge.url}
    subprocess.run(command, cwd=folder, check=False, capture_output=True, env=environment)


if __name__ == "__main__":
    main()
