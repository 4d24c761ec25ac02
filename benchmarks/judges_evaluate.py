"""How long the measuring of judges takes beyond imports, and how much memory.

Usage: `python -m benchmarks.judges_evaluate` measures five judges on 1,400 synthetic comparisons, and one judge on
100,000, whose instructions repeat up to four times, with three people each; every row in a process of its own. It
prints the processor's seconds beyond those of imports, wall time, and the largest memory.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CASES = (("1,400 comparisons, five judges", 1400, 5, 3.0), ("100,000 comparisons, one judge", 100_000, 1, 60.0))
_WORDS = ("river", "stone", "paper", "engine", "window", "answer", "because", "number", "little", "better")


def main() -> int:
    print("| case | seconds beyond imports | wall time | at most | memory |")
    print("|---|---:|---:|---:|---:|")
    for title, n, judges, most in CASES:
        with tempfile.TemporaryDirectory() as name:
            labels, verdicts = write_case(Path(name), n, judges)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.judges_evaluate", str(labels), str(verdicts)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found = json.loads(done.stdout)
        print(f"| {title} | {found['cpu']:.1f} s | {found['wall']:.1f} s | {most:g} s | {found['mb']:.0f} MB |")
    return 0


def write_case(folder: Path, n: int, judges: int) -> tuple[Path, Path]:
    """Labels of three people, and the probabilities of some judges on the same comparisons."""
    generator = np.random.default_rng(20261201)
    labels, verdicts = folder / "labels.jsonl", folder / "verdicts.jsonl"
    merit = generator.normal(size=n)
    with labels.open("w") as said, verdicts.open("w") as judged:
        for row in range(n):
            first, second = (
                f"answer {side} {row}: " + " ".join(generator.choice(_WORDS, generator.integers(5, 60)))
                for side in "ab"
            )
            pair = {
                "instruction": f"question {row // int(generator.integers(1, 5))}",
                "output_1": first,
                "output_2": second,
            }
            drawn = merit[row] + generator.normal(size=3)
            people = [0 if abs(value) < 0.3 else 2 if value > 0 else 1 for value in drawn]
            models = {"generator_1": f"m{row % 6}", "generator_2": f"m{(row + 1) % 6}"}
            said.write(json.dumps({**pair, **models, "annotators": people, "topic": f"t{row % 12}"}) + "\n")
            for judge in range(judges):
                p = 1 / (1 + np.exp(-(merit[row] + generator.normal())))
                judged.write(json.dumps({**pair, "annotator": f"judge {judge}", "preference": 1 + float(p)}) + "\n")
    return labels, verdicts


def measure(labels: Path, verdicts: Path) -> None:
    """Measure the judges of a file once the libraries are loaded, and print the cost as JSON."""
    import sklearn.metrics
    import statsmodels.stats.multitest  # noqa: F401

    import evalkit as ek

    assert sklearn.metrics.cohen_kappa_score
    # a small table first, so that everything is imported
    small = labels.read_text().splitlines()[:40]
    few = [json.loads(line) for line in small]
    ek.evaluate_judges(human=few, source=[{**row, "annotator": "j", "preference": 1} for row in _single(few)])
    cpu, wall = time.process_time(), time.perf_counter()
    ek.evaluate_judges(human=labels, source=verdicts).to_json()
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    spent["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(spent))


def _single(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if name != "annotators"} for row in rows]


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        sys.exit(main())
