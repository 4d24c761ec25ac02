"""How often a gate of several rules passes or fails a model wrongly, beside the same gate without a correction.

Usage: `python -m benchmarks.gate_rules [DATA]`. Two benchmarks are drawn with replacement from a real model's verdicts
and lengths, as in `benchmarks.gate`; without the file they are synthetic. On each there are two rules about the same
verdicts, on the LC win rate and on the raw win rate, so that the rules of one benchmark depend on each other. The
thresholds are the numbers of all of it, moved by as many points as a row says: 0 is a model exactly at the threshold,
and 8 one far above. All decisions are the gate's own, as though a history of the judge stood behind them. Ten minutes
on one core; `--runs` makes it shorter.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.gate import Population, read_population
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE, Metric
from evalkit.gating.joint import Deciding, decide_jointly
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.stats.sample import Sample
from tests.gating.entries import entry, held

N, CONFIDENCE, METRICS = 400, 0.95, (LC_WIN_RATE, WIN_RATE)
# points that each of the four numbers lies above its threshold: LC and raw on the first benchmark, then on the second
AT, FAR = 0.0, 8.0
ROWS = {
    "all at their thresholds": (AT, AT, AT, AT),
    "one at its threshold": (AT, FAR, FAR, FAR),
    "one of each benchmark": (AT, FAR, AT, FAR),
    "one 3 points below": (-3.0, FAR, FAR, FAR),
    "all far above": (FAR, FAR, FAR, FAR),
}


@dataclass(frozen=True, slots=True)
class Shares:
    """Percent of runs that the gate passes, that it fails, and that it would fail without a correction."""

    passed: float
    failed: float
    uncorrected: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--runs", type=int, default=2000, help="simulated models a row")
    arguments = parser.parse_args()
    population = read_population(arguments.data)
    benchmarks = (population.shifted(50.0), replace(population, decided=True).shifted(55.0))
    print(f"verdicts: {population.name}, {arguments.runs} runs a row, {N} instructions a benchmark")
    print(f"{'numbers':26} passed %  failed %  failed without correction %")
    for name, above in ROWS.items():
        found = gates(benchmarks, above, arguments.runs)
        print(f"{name:26} {found.passed:8.2f} {found.failed:9.2f} {found.uncorrected:27.2f}", flush=True)


def gates(benchmarks: Sequence[Population], above: Sequence[float], runs: int) -> Shares:
    """The outcomes of gates with these numbers so many points above their thresholds."""
    truths = [truth for one in benchmarks for truth in (one.lc_win_rate, 100 * float(one.preference.mean()))]
    limits = [truth - more for truth, more in zip(truths, above, strict=True)]
    outcomes, alone = [], []
    for run in range(runs):
        generator = np.random.default_rng((17, run))
        samples = [one.draw(generator, N) for one in benchmarks]
        rules = [
            deciding(samples[place // 2], METRICS[place % 2], limit, name=str(place))
            for place, limit in enumerate(limits)
        ]
        joint = decide_jointly(rules, confidence=CONFIDENCE)
        outcomes.append(joint.outcome)
        # a rule that fails by itself was tested at a stricter level
        alone.append(any(one.outcome == Outcome.FAILED or one.adjusted is not None for one in joint.decisions))
    passed, failed = (100 * outcomes.count(one) / runs for one in (Outcome.PASSED, Outcome.FAILED))
    return Shares(passed, failed, 100 * sum(alone) / runs)


def deciding(sample: Sample, metric: Metric, limit: float, *, name: str) -> Deciding:
    """A rule on a sample's number, at any confidence."""

    def decided(confidence: float) -> Decision:
        return held(entry(sample), Rule(name=name, metric=metric, minimum=limit, confidence=confidence))

    return decided


if __name__ == "__main__":
    main()
