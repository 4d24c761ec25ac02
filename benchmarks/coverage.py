"""How often 95 % intervals hold the truth, and how the sandwich error compares with the bootstrap on real verdicts.

Usage: `python -m benchmarks.coverage` simulates 2,000 data sets a row in about two minutes; with `--arena` they are
five-way verdicts in two orders, and Arena-Hard's own intervals stand beside; with `--real DATA` it reads all models of
DATA/alpaca_eval/preferences.parquet instead.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.stats.arena_compat import arena_v01, arena_v2
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.controlled_rate import controlled_win_rate, length_controlled_win_rate
from evalkit.stats.covariates import DIFFICULTY, LONGER, SHORTER
from evalkit.stats.history import fit_history
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats, Sample, build_sample
from evalkit.stats.winrate import win_rate
from evalkit.types import Estimate
from tests.stats.stat_samples import ARENA_CONTROLS, alpaca_sample, draw_arena

SIZES = (50, 200, 805)
ARENA_SIZES = (150, 250, 500)
HEADING = f"{'truth':17} {'n':4} {'quantity':9} covered %  below %  above %    bias  mean se  sd  refused  degraded"
# standard deviations of the prior between this model's length coefficient and the typical one
PRIOR_OFF_BY = (0, 1, 2, 8)
# standard deviations of slopes and of weights of difficulty between the models of a judge
PRIOR_SD = 0.3
JUDGE = "weighted_alpaca_eval_gpt4_turbo"


@dataclass(frozen=True, slots=True)
class Truth:
    """Log-odds of a win: intercept + length * tanh(difference / 500) + difficulty * a standard normal."""

    name: str
    intercept: float
    length: float
    difficulty: float

    @property
    def lc_win_rate(self) -> float:
        return 100 * _mean_over_normal(self.intercept, self.difficulty)

    @property
    def win_rate(self) -> float:
        nodes, shares = _normal_nodes()
        terms = np.tanh((LENGTH_MEAN + LENGTH_SD * nodes) / LENGTH_SD)
        rates = [_mean_over_normal(self.intercept + self.length * term, self.difficulty) for term in terms]
        return 100 * float(np.dot(rates, shares))


Drawn = tuple[Sample, dict[str, float]]

LENGTH_MEAN, LENGTH_SD = 150.0, 500.0
# the weak candidate wins and is favoured by length as the median model of AlpacaEval's board
TRUTHS = (
    Truth("even", -0.3, 1.2, 0.0),
    Truth("even, difficulty", -0.3, 1.2, 0.9),
    Truth("weak", -2.2, 1.8, 0.0),
    Truth("weak, difficulty", -2.2, 1.8, 0.9),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=2000, help="simulated data sets a row")
    parser.add_argument("--arena", action="store_true", help="simulate five-way verdicts in two orders instead")
    parser.add_argument("--real", type=Path, metavar="DATA", help="compare with the bootstrap on real verdicts instead")
    arguments = parser.parse_args()
    if arguments.real:
        compare_with_bootstrap(arguments.real)
    elif arguments.arena:
        simulate_arena(arguments.sets)
    else:
        simulate(arguments.sets)


def simulate(sets: int) -> None:
    print(HEADING)
    for truth in TRUTHS:
        for n in SIZES:
            drawn = [_draw(truth, n, np.random.default_rng([n, index])) for index in range(sets)]
            raw = [win_rate(sample).estimate for sample, _ in drawn]
            print(_line(truth.name, n, "raw", raw, truth.win_rate))
            print(_line(truth.name, n, "LC", _controlled(truth, drawn, prior=None), truth.lc_win_rate))
            for deviations in PRIOR_OFF_BY if truth.difficulty else ():
                prior = _prior(truth, off_by=deviations * PRIOR_SD)
                estimates = _controlled(truth, drawn, prior=prior)
                print(_line(truth.name, n, f"LC, {deviations} sd", estimates, truth.lc_win_rate))


def simulate_arena(sets: int) -> None:
    """Ours at nominal 95 %, v0.1 at 95 % and v2 at 90 %."""
    print(HEADING)
    for n in ARENA_SIZES:
        drawn = [draw_arena([n, index], n) for index in range(sets)]
        raw, controlled = drawn[0].win_rate, drawn[0].controlled_win_rate
        rows = {
            "raw": ([win_rate(one.sample).estimate for one in drawn], raw),
            "controls": ([controlled_win_rate(one.sample, ARENA_CONTROLS).estimate for one in drawn], controlled),
            "v0.1, 95": ([arena_v01(one.games)[0] for one in drawn], raw),
            "v2, 90": ([arena_v2(one.games)[0] for one in drawn], raw),
        }
        for quantity, (estimates, true_value) in rows.items():
            print(_line("five-way", n, quantity, estimates, true_value))


def _controlled(truth: Truth, drawn: list[Drawn], *, prior: CoefficientPrior | None) -> list[Estimate]:
    return [
        length_controlled_win_rate(sample, difficulty=difficulty if truth.difficulty else None, prior=prior).estimate
        for sample, difficulty in drawn
    ]


def _prior(truth: Truth, *, off_by: float) -> CoefficientPrior:
    """What a history teaches when this model's length coefficient is `off_by` below the typical one."""
    typical = truth.length + off_by
    # one slope of length: the deviation that a model's two slopes have in common
    spread = PRIOR_SD**2 * np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    nothing = np.zeros((3, 3))
    return CoefficientPrior(
        (SHORTER, LONGER, DIFFICULTY), np.array([typical, typical, truth.difficulty]), spread, nothing, nothing
    )


def compare_with_bootstrap(data: Path) -> None:
    verdicts = pd.read_parquet(data / "alpaca_eval" / "preferences.parquet")
    samples = {str(model): alpaca_sample(rows) for model, rows in verdicts[verdicts["judge"] == JUDGE].groupby("model")}
    history = fit_history(samples)
    print(f"{'model':38} {'LC':>6} {'sandwich':>8} {'bootstrap':>9} {'ratio':>6}  status")
    for model, sample in samples.items():
        difficulty = history.for_model(model, sample)
        plain = length_controlled_win_rate(sample, difficulty=difficulty, prior=history.prior).estimate
        drawn = length_controlled_win_rate(sample, difficulty=difficulty, prior=history.prior, replicates=1000).estimate
        assert plain.value is not None and plain.stderr is not None and drawn.stderr is not None
        ratio = plain.stderr / drawn.stderr
        print(f"{model:38} {plain.value:6.2f} {plain.stderr:8.3f} {drawn.stderr:9.3f} {ratio:6.3f}  {plain.status}")


def _draw(truth: Truth, n: int, generator: np.random.Generator) -> Drawn:
    length = generator.normal(LENGTH_MEAN, LENGTH_SD, n).round()
    difficulty = generator.normal(size=n)
    chance = expit(truth.intercept + truth.length * np.tanh(length / LENGTH_SD) + truth.difficulty * difficulty)
    # a judge that is sure more often than not, as those with token probabilities are
    soft = generator.beta(chance, 1 - chance)
    # an error of position that keeps the mean and the range
    soft = soft + 0.5 * generator.uniform(-1, 1, n) * np.minimum(soft, 1 - soft)
    keys = [f"{index:04d}" for index in range(n)]
    return build_sample(keys, soft, length_difference=length), dict(zip(keys, difficulty.tolist(), strict=True))


def _line(truth: str, n: int, quantity: str, estimates: list[Estimate], true_value: float) -> str:
    known = [one for one in estimates if one.value is not None]
    lower, upper, value, error = (
        np.array([getattr(one, field) for one in known], dtype=float) for field in ("lower", "upper", "value", "stderr")
    )
    below, above = 100 * float((upper < true_value).mean()), 100 * float((lower > true_value).mean())
    degraded = sum(bool(one.status.reason) for one in known)
    return (
        f"{truth:17} {n:<4} {quantity:9} {100 - below - above:9.2f} {below:8.2f} {above:8.2f} "
        f"{value.mean() - true_value:+7.2f} {error.mean():8.2f} {value.std():4.2f} "
        f"{len(estimates) - len(known):8d} {degraded:9d}"
    )


def _mean_over_normal(centre: float, weight: float) -> float:
    nodes, shares = _normal_nodes()
    return float(expit(centre + weight * nodes) @ shares)


def _normal_nodes() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    return nodes, weights / weights.sum()


if __name__ == "__main__":
    main()
