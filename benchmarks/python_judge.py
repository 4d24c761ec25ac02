"""Measure the cost of a judge that is a Python function beside the offline judge of the command line, and of an import.

    python benchmarks/python_judge.py [--rounds 7] [--comparisons 805]

Both processes judge the same comparisons in turns, each time with a new store; the function returns a constant. A
ratio over 1 means that the function is slower. `a verdict` is the difference between judging all comparisons and
judging one in ten of them, divided by their number: the start of the process and its files do not count.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.rig import write_outputs

FUNCTION = """
import sys
import evalkit as ek

@ek.judge(name="constant", version="1")
def constant(pair):
    return 0.6

outputs, baseline, results = sys.argv[1:]
print(ek.annotate(outputs, baseline=baseline, judge=constant, results=results, audit="off", progress=False))
"""
IMPORTS = {"evalkit": "import evalkit as ek", "click": "import click"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--comparisons", type=int, default=805)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        sizes = (arguments.comparisons // 10, arguments.comparisons)
        seconds: dict[tuple[str, int], list[float]] = {}
        for turn in range(arguments.rounds):
            for size in sizes:
                for kind, command in commands(folder, size, turn).items():
                    seconds.setdefault((kind, size), []).append(processor_seconds(command))
        imports: dict[str, list[float]] = {}
        for _ in range(5 * arguments.rounds):
            for name, line in IMPORTS.items():
                imports.setdefault(name, []).append(processor_seconds([sys.executable, "-c", line]))
    print("| processor time, median | function | surface | ratio |\n|---|---:|---:|---:|")
    few, many = sizes
    row(f"whole process, {many} comparisons, s", *(statistics.median(seconds[kind, many]) for kind in KINDS))
    each = [
        1000 * (statistics.median(seconds[kind, many]) - statistics.median(seconds[kind, few])) / (many - few)
        for kind in KINDS
    ]
    row("a verdict, ms", *each)
    bare = min(processor_seconds([sys.executable, "-c", "pass"]) for _ in range(5))
    medians = {name: statistics.median(times) for name, times in imports.items()}
    ratio = medians["evalkit"] / medians["click"]
    print(f"\nimport evalkit {1000 * medians['evalkit']:.1f} ms, import click {1000 * medians['click']:.1f} ms, "
          f"ratio {ratio:.2f}; Python alone {1000 * bare:.1f} ms")  # fmt: skip


KINDS = ("function", "surface")


def commands(folder: Path, n: int, turn: int) -> dict[str, list[str]]:
    """The two processes that judge n comparisons, each with results of its own."""
    outputs, baseline = (write_outputs(folder / str(n), model, n) for model in ("candidate", "baseline"))
    results = {kind: str(folder / f"{kind}-{n}-{turn}") for kind in KINDS}
    python, judged = sys.executable, [str(outputs), "--baseline", str(baseline)]
    return {
        "function": [python, "-c", FUNCTION, str(outputs), str(baseline), results["function"]],
        "surface": [
            *(python, "-m", "evalkit", "annotate", *judged),
            *("--judge", "surface", "--results", results["surface"], "--audit", "off"),
        ],
    }


def processor_seconds(command: list[str]) -> float:
    """Processor time of a process that must succeed."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(said.decode()[-2000:])
    return usage.ru_utime + usage.ru_stime


def row(what: str, ours: float, theirs: float) -> None:
    print(f"| {what} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} |")


if __name__ == "__main__":
    main()
