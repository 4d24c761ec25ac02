"""How often a gate passes, fails or cannot tell a model of a known LC win rate, and what looking early saves.

Usage: `python -m benchmarks.gate [DATA]`. Instructions are drawn with replacement from a real model's verdicts and
lengths in DATA/alpaca_eval/preferences.parquet, whose log-odds are shifted until the LC win rate of all of them is the
wanted one; without the file they are synthetic verdicts of about the same variance. Once with verdicts as they are and
once with each replaced by a win or a loss of that probability. All decisions are the gate's own. Fifteen minutes on one
core; `--runs` makes it shorter.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.boards.entries import Entry
from evalkit.boards.metrics import Recipe
from evalkit.boards.rates import Estimators
from evalkit.gating.decide import decide
from evalkit.gating.rule import Decision, Outcome, Rule, Spent
from evalkit.gating.sequential import rule_of_look
from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.covariates import length_term
from evalkit.stats.logistic import expit, fit_logistic
from evalkit.stats.power import Effort, Level, Spread, gate_power
from evalkit.stats.sample import Floats, Sample
from tests.stats.stat_samples import draw

JUDGE, MODEL = "weighted_alpaca_eval_gpt4_turbo", "FuseChat-Qwen-2.5-7B-Instruct"
N, BATCH, THRESHOLD = 805, 50, 50.0
GATE_TRUTHS = (45, 48, 49, 50, 51, 52, 53, 55)
SEQUENCE_TRUTHS = (45, 50, 52, 55, 60)
RULE = Rule(minimum=THRESHOLD)


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Preferences and length differences to draw from, shape (n,); `decided` ones are drawn as wins and losses."""

    name: str
    preference: Floats
    length: Floats
    decided: bool = False

    @property
    def lc_win_rate(self) -> float:
        """Of all of it, in percent: what the estimate goes to with ever more instructions drawn from it."""
        design = np.column_stack([np.ones(len(self.length)), length_term(self.length)])
        fit = fit_logistic(design, self.preference, firth=False)
        return 100 * float(expit(fit.coefficients[0]))

    def shifted(self, lc_win_rate: float) -> "Population":
        """With log-odds moved by the same everywhere so that this is its LC win rate."""
        odds = np.clip(self.preference, 1e-4, 1 - 1e-4)
        odds = np.log(odds / (1 - odds))
        low, high = -10.0, 10.0
        for _ in range(50):
            middle = (low + high) / 2
            moved = replace(self, preference=expit(odds + middle))
            low, high = (middle, high) if moved.lc_win_rate < lc_win_rate else (low, middle)
        return moved

    def draw(self, generator: np.random.Generator, n: int) -> Sample:
        rows = generator.integers(len(self.length), size=n)
        preference = self.preference[rows]
        if self.decided:
            preference = (generator.random(n) < preference).astype(np.float64)
        return _sample(preference, self.length[rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--runs", type=int, default=2000, help="simulated models a row")
    arguments = parser.parse_args()
    weighted = read_population(arguments.data)
    print(f"verdicts: {weighted.name}, {arguments.runs} runs a row, {N} instructions a run, threshold {THRESHOLD:g}")
    for population in (replace(weighted, name="weighted"), replace(weighted, name="decided", decided=True)):
        gate_outcomes(population, arguments.runs)
        sequences(population, arguments.runs)


def read_population(data: Path) -> Population:
    path = data / "alpaca_eval" / "preferences.parquet"
    if not path.exists():
        drawn = draw(7, N, intercept=0.0, length=1.0).sample
        assert drawn.length_difference is not None
        return Population("synthetic", drawn.preference, drawn.length_difference)
    verdicts = pd.read_parquet(path)
    rows = verdicts[(verdicts["judge"] == JUDGE) & (verdicts["model"] == MODEL)].dropna(subset=["preference"])
    preference = rows["preference"].replace({0.0: 1.5}).to_numpy(float) - 1
    return Population(MODEL, preference, (rows["len_2"] - rows["len_1"]).to_numpy(float))


def gate_outcomes(population: Population, runs: int) -> None:
    """Shares of runs by outcome, beside the power that is printed and the gate on the bare estimate."""
    print(f"\n{'verdicts':9} true LC  passed %  printed %  failed %  cannot tell %  estimate passes %  sd  mean se")
    board = spread(population.shifted(THRESHOLD))
    for truth in GATE_TRUTHS:
        shifted = population.shifted(truth)
        found = [hold(shifted.draw(np.random.default_rng((truth, run)), N), RULE) for run in range(runs)]
        values, errors = (np.array([getattr(one.estimate, name) for one in found]) for name in ("value", "stderr"))
        gate = Level(threshold=THRESHOLD / 100, at=THRESHOLD / 100)
        printed = gate_power(truth / 100, gate=gate, spread=board, effort=Effort(n=N))
        passed, failed, neither = shares([one.outcome for one in found])
        print(
            f"{population.name:9} {truth:7} {passed:9.1f} {100 * printed:10.1f} {failed:9.1f} {neither:14.1f} "
            f"{100 * (values >= THRESHOLD).mean():18.1f} {values.std():5.2f} {errors.mean():7.2f}",
            flush=True,
        )


def hold(sample: Sample, rule: Rule, spent: Spent | None = None) -> Decision:
    """The decision that `evalkit gate` comes to."""
    entry = Entry("candidate", "judge", "baseline", sample, avg_length=None)
    rates = Estimators(Recipe(metric=rule.metric, confidence=rule.confidence))
    return decide(entry, rates, rule, benchmark="simulated", spent=spent)


def shares(outcomes: list[Outcome]) -> tuple[float, float, float]:
    """Percent that passed, that failed, and the rest."""
    passed, failed = (100 * outcomes.count(one) / len(outcomes) for one in (Outcome.PASSED, Outcome.FAILED))
    return passed, failed, 100 - passed - failed


def spread(population: Population) -> Spread:
    """Of one instruction in the LC win rate, as a board of all the population's instructions has it."""
    if population.decided:
        population = Population("", *_decided(population))
    estimate = length_controlled_win_rate(_sample(population.preference, population.length)).estimate
    assert estimate.stderr is not None
    return Spread(instruction=(estimate.stderr / 100) ** 2 * estimate.n)


def _decided(population: Population) -> tuple[Floats, Floats]:
    """Wins and losses of ten of each instruction."""
    preference, length = np.tile(population.preference, 10), np.tile(population.length, 10)
    return (np.random.default_rng(1).random(len(preference)) < preference).astype(np.float64), length


def sequences(population: Population, runs: int) -> None:
    """How a gate that looks after every batch decides, and what share of the judgments it does without."""
    print(f"\n{'verdicts':9} true LC  passed %  failed %  cannot tell %  misses truth %  saved: median %  mean %")
    for truth in SEQUENCE_TRUTHS:
        shifted = population.shifted(truth)
        ends = [_run(shifted.draw(np.random.default_rng((99, truth, run)), N), truth) for run in range(runs)]
        passed, failed, neither = shares([one.outcome for one in ends])
        saved = np.array([1 - one.n / N for one in ends])
        print(
            f"{population.name:9} {truth:7} {passed:9.1f} {failed:9.1f} {neither:14.1f} "
            f"{100 * np.mean([one.missed for one in ends]):15.1f} {100 * np.median(saved):15.1f} "
            f"{100 * saved.mean():7.1f}",
            flush=True,
        )


@dataclass(frozen=True, slots=True)
class End:
    """Where a run ended, and whether any interval until then missed the truth."""

    outcome: Outcome
    n: int
    missed: bool


def _run(sample: Sample, truth: float) -> End:
    missed = False
    for decision in looks(sample):
        estimate = decision.estimate
        if estimate.lower is not None and estimate.upper is not None:
            missed = missed or not estimate.lower <= truth <= estimate.upper
        if decision.outcome in (Outcome.PASSED, Outcome.FAILED):
            break
    return End(decision.outcome, decision.n, missed)


def looks(sample: Sample) -> Iterator[Decision]:
    """The decision after every batch."""
    assert sample.length_difference is not None
    for look, n in enumerate([*range(BATCH, sample.n, BATCH), sample.n], start=1):
        so_far = _sample(sample.preference[:n], sample.length_difference[:n])
        spent = Spent(instructions=n, of=sample.n, looks=look, confidence=RULE.confidence)
        yield hold(so_far, rule_of_look(RULE, spent, n=n), spent)


def _sample(preference: Floats, length: Floats) -> Sample:
    n = len(preference)
    return Sample(tuple(map(str, range(n))), np.arange(n), preference, length)


if __name__ == "__main__":
    main()
