"""How near judging comes to what the endpoint allows, against the mock judge of the tests on the same machine.

    python benchmarks/annotate.py [--peer-python PYTHON] [--rounds 3] [--large 100000]

Figures stand as ratios to the ideal: the fewest rounds of full concurrency times the latency. `judging` is from the
first question planned to the last reply committed, of the peer from the call to its return; `whole` is the process with
its start and its files. The peer is measured where PYTHON can import alpaca_eval (extra `bench`). The mock judge runs
on the same cores, so on few cores the throughput is a lower bound.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rig import MockJudge, mock_judge, write_judge, write_outputs

PEER = """
import json, sys, time
from pathlib import Path
folder, n_workers = Path(sys.argv[1]), int(sys.argv[2])
config = folder / "peer"
config.mkdir(exist_ok=True)
fenced = "<<<{0} 0\\n{{{1}}}\\n0 {0}>>>"
(config / "prompt.txt").write_text(
    "<|im_start|>user\\n" + fenced.format("instruction", "instruction")
    + "\\nThe answer labelled K:\\n" + fenced.format("first", "output_1")
    + "\\nThe answer labelled T:\\n" + fenced.format("second", "output_2") + "\\n<|im_end|>"
)
(config / "configs.yaml").write_text(f'''
peer:
  prompt_template: "{config}/prompt.txt"
  fn_completions: "openai_completions"
  completions_kwargs: {{model_name: "mock", max_tokens: 50, temperature: 0, num_procs: {n_workers}}}
  fn_completion_parser: "regex_parser"
  completion_parser_kwargs: {{outputs_to_match: {{1: '\\\\[\\\\[K\\\\]\\\\]', 2: '\\\\[\\\\[T\\\\]\\\\]'}}}}
  batch_size: 1
''')
from alpaca_eval.annotators import PairwiseAnnotator
annotator = PairwiseAnnotator(annotators_config=str(config / "configs.yaml"), caching_path=None)
started = time.perf_counter()
rows = annotator.annotate_head2head(
    outputs_1=json.loads((folder / "base.json").read_text()), outputs_2=json.loads((folder / "cand.json").read_text())
)
print(time.perf_counter() - started)
assert sum(row["preference"] in (1, 2) for row in rows) == len(rows), "the peer read no verdicts"
"""


@dataclass(frozen=True)
class Measured:
    """One process: seconds of judging, of wall and processor time, the most memory in MB, verdicts, and memory as it
    judged.
    """

    judging: float
    wall: float
    cpu: float
    peak: float
    n: int
    samples: tuple[tuple[int, float], ...]


def main() -> None:
    arguments = read_arguments()
    peer = arguments.peer_python
    has_peer = subprocess.run([peer, "-c", "import alpaca_eval"], capture_output=True, check=False).returncode == 0
    print("| what | ours | ideal | ratio | alpaca_eval | ratio |\n|---|---:|---:|---:|---:|---:|")
    for latency, concurrency in ((0.5, 64), (0.5, 256)):
        ideal = math.ceil(805 / concurrency) * latency
        ours = [measured(805, latency, concurrency) for _ in range(arguments.rounds)]
        theirs = peer_seconds(peer, 805, latency, concurrency) if has_peer else (None, None)
        what = f"805 at {latency * 1000:.0f} ms, {concurrency} in flight, s"
        row(f"{what}: judging", statistics.median(one.judging for one in ours), ideal, theirs[0])
        row(f"{what}: whole", statistics.median(one.wall for one in ours), ideal, theirs[1])
    ours = [measured(20_000, 0.05, 256) for _ in range(arguments.rounds)]
    rate = statistics.median(one.n / one.judging for one in ours)
    print(f"| verdicts a second, committed, at 50 ms and 256 in flight | {rate:.0f} | 5120 | {rate / 5120:.2f} | | |")
    cpu = statistics.median(1000 * one.cpu / one.n for one in ours)
    print(f"| processor time a verdict, ms | {cpu:.2f} | | | | |", flush=True)
    small, large = measured(20_000, 0.02, 256), measured(arguments.large, 0.02, 256)
    rates = [one.n / one.judging for one in (small, large)]
    print(f"| {large.n:,} at 20 ms: verdicts a second beside those of 20,000 | {rates[1]:.0f} | {rates[0]:.0f} | "
          f"{rates[1] / rates[0]:.2f} | | |")  # fmt: skip
    print(f"| memory at most, MB | {large.peak:.0f} | | | | |")
    print(f"| memory growth while judging, kB a verdict | {slope(large):.3f} | 0 | | | |")


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, default=100_000)
    return parser.parse_args()


def measured(n: int, latency: float, concurrency: int) -> Measured:
    with scene(n, latency) as (folder, judge):
        command = [sys.executable, "-m", "evalkit", "annotate", str(folder / "cand.json")]
        command += ["--baseline", str(folder / "base.json"), "--judge", str(folder / "judge.yaml")]
        command += ["--results", str(folder / "results"), "--concurrency", str(concurrency)]
        started = time.perf_counter()
        with (folder / "said").open("w") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said)
            samples: list[tuple[int, float]] = []
            watching = threading.Thread(target=watch, args=(process.pid, judge, samples))
            watching.start()
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        watching.join()
        text = (folder / "said").read_text()
        if status != 0 or f"{n} of {n} instructions" not in text:
            raise SystemExit(f"evalkit failed:\n{text[-2000:]}")
        run = json.loads((folder / "results" / "cand" / "judge" / "run.json").read_text())
        return Measured(
            run["seconds"], wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, n, tuple(samples)
        )


def watch(pid: int, judge: MockJudge, samples: list[tuple[int, float]]) -> None:
    """Bytes of the ledger and MB of memory, once a second until the process ends."""
    while True:
        try:
            resident = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        except OSError:
            return
        if resident is None:
            return
        written = judge.ledger_path.stat().st_size if judge.ledger_path.exists() else 0
        samples.append((written, int(resident.group(1)) / 1024))
        time.sleep(1)


def slope(run: Measured) -> float:
    """Memory growth in kB a verdict between a fifth and nine tenths of the judging."""
    whole = max(size for size, _ in run.samples)
    inner = [(size / whole * run.n, resident) for size, resident in run.samples if 0.2 * whole < size < 0.9 * whole]
    fit = statistics.linear_regression([verdicts for verdicts, _ in inner], [resident for _, resident in inner])
    return fit.slope * 1024


def peer_seconds(python: str, n: int, latency: float, concurrency: int) -> tuple[float, float]:
    """Seconds of the peer's judging and of its whole process."""
    with scene(n, latency) as (folder, judge):
        environment = {
            **os.environ,
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": judge.url,
            "OPENAI_API_BASE": judge.url,
        }
        started = time.perf_counter()
        command = [python, "-c", PEER, str(folder), str(concurrency)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"alpaca_eval failed:\n{done.stderr[-2000:]}")
        return float(done.stdout.split()[-1]), time.perf_counter() - started


@contextmanager
def scene(n: int, latency: float) -> Iterator[tuple[Path, MockJudge]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with mock_judge(folder / "mock", latency=latency) as judge:
            write_judge(folder, judge.url)
            write_outputs(folder, "base", n)
            write_outputs(folder, "cand", n, seed=1)
            yield folder, judge


def row(what: str, ours: float, ideal: float, theirs: float | None) -> None:
    peer = "not installed" if theirs is None else f"{theirs:.2f}"
    ratio = "" if theirs is None else f"{theirs / ideal:.1f}x"
    print(f"| {what} | {ours:.2f} | {ideal:.2f} | {ours / ideal:.2f}x | {peer} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
