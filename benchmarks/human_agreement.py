"""How often 95 % intervals of a judge's agreement with people hold the truth, and how long each number takes.

Usage: `python -m benchmarks.human_agreement` simulates 1,000 data sets a row, of 100, 350 and 1,400 comparisons whose
instructions repeat one to eight times, in some minutes; with `--speed` it times every function on 100,000 comparisons
instead; with `--libraries` it compares alpha and kappa with krippendorff and scikit-learn on data sets drawn at random.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from functools import partial

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

from evalkit.stats.people.agreement import agreement_both_decided, agreement_decided, human_agreement
from evalkit.stats.people.alt_test import alt_test
from evalkit.stats.people.bias_variance import judge_bias, judge_variance
from evalkit.stats.people.ceiling import ceiling, of_ceiling, people_against_rest
from evalkit.stats.people.excess import excess_preference
from evalkit.stats.people.model_rates import model_rates
from evalkit.stats.people.reliability import Measurement, cohen_kappa, krippendorff_alpha
from evalkit.stats.people.rules import AgreementRule
from evalkit.types import Estimate
from tests.stats.people.drawn_people import PROCESSES, Drawn, Process

SIZES = (100, 350, 1400)
# the truth is the number in a draw this large
POPULATION = 1_000_000
LARGE = 100_000
Statistic = Callable[[Drawn], Estimate]

ONE_PERSON: Mapping[str, Statistic] = {
    "half": lambda drawn: human_agreement(drawn.panel, drawn.verdict).estimate,
    "decided": lambda drawn: agreement_decided(drawn.panel, drawn.verdict).estimate,
    "both decided": lambda drawn: agreement_both_decided(drawn.panel, drawn.verdict).estimate,
    "excess": lambda drawn: excess_preference(drawn.panel, drawn.verdict, drawn.longer).excess,
    "kappa": lambda drawn: cohen_kappa(drawn.panel, drawn.verdict),
}
SEVERAL: Mapping[str, Statistic] = {
    "ceiling": lambda drawn: ceiling(drawn.panel, AgreementRule.HALF).estimate,
    "of ceiling": lambda drawn: of_ceiling(drawn.panel, drawn.verdict, AgreementRule.HALF),
    "alpha": lambda drawn: krippendorff_alpha(drawn.panel),
    "alpha, interval": lambda drawn: krippendorff_alpha(drawn.panel, Measurement.INTERVAL),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=1000, help="simulated data sets a row")
    parser.add_argument("--speed", action="store_true", help="time each function instead")
    parser.add_argument("--libraries", action="store_true", help="compare alpha and kappa with the libraries instead")
    arguments = parser.parse_args()
    if arguments.speed:
        measure_speed()
    elif arguments.libraries:
        compare_with_libraries(arguments.sets)
    else:
        simulate(arguments.sets)


def simulate(sets: int) -> None:
    print(f"{'process':24} {'rate':>4} {'n':>5} {'number':15} {'truth':>7} covered %  below %  above %  refused")
    for place, process in enumerate(PROCESSES):
        statistics = {**ONE_PERSON, **(SEVERAL if process.people > 1 else {})}
        population = process.draw(np.random.default_rng([place, 0]), POPULATION)
        truths = {name: statistic(population).value for name, statistic in statistics.items()}
        for n in SIZES:
            drawn = [process.draw(np.random.default_rng([place, n, index]), n) for index in range(sets)]
            for name, statistic in statistics.items():
                print(_line(process, n, name, truths[name], [statistic(one) for one in drawn]), flush=True)


def _line(process: Process, n: int, name: str, truth: float | None, estimates: list[Estimate]) -> str:
    assert truth is not None
    ends = [(one.lower, one.upper) for one in estimates if one.lower is not None and one.upper is not None]
    below = sum(upper < truth for _, upper in ends) / len(ends)
    above = sum(lower > truth for lower, _ in ends) / len(ends)
    shares = f"{100 * (1 - below - above):9.1f} {100 * below:8.1f} {100 * above:8.1f} {len(estimates) - len(ends):8}"
    return f"{process.name:24} {process.rate:4} {n:5} {name:15} {truth:7.3f} {shares}"


def compare_with_libraries(sets: int) -> None:
    """The largest differences of alpha and kappa from their libraries' values."""
    worst = {"alpha": 0.0, "alpha, interval": 0.0, "kappa": 0.0}
    process = Process("three people with ties", 0.6, people=3, ties=True)
    for index in range(sets):
        drawn = process.draw(np.random.default_rng([1, index]), 60)
        table = drawn.panel.said.reshape(-1, 3).T
        for name, measurement in (("alpha", Measurement.NOMINAL), ("alpha, interval", Measurement.INTERVAL)):
            theirs = krippendorff.alpha(reliability_data=table, level_of_measurement=measurement.value)
            worst[name] = max(worst[name], abs(_value(krippendorff_alpha(drawn.panel, measurement)) - theirs))
        majority = np.sign(np.median(table, axis=0) - 0.5).astype(int)
        theirs = cohen_kappa_score(np.sign(drawn.verdict - 0.5).astype(int), majority)
        worst["kappa"] = max(worst["kappa"], abs(_value(cohen_kappa(drawn.panel, drawn.verdict)) - theirs))
    for name, difference in worst.items():
        print(f"{name:15} at most {difference:.1e} from its library in {sets} sets")


def measure_speed() -> None:
    drawn = Process("three people with ties", 0.7, people=3, ties=True).draw(np.random.default_rng(1), LARGE)
    panel, verdict = drawn.panel, drawn.verdict
    rows, repeats = np.repeat(np.arange(LARGE), 3), np.random.default_rng(2).random(3 * LARGE)
    first, second = np.random.default_rng(3).integers(0, 8, (2, LARGE))
    every: dict[str, Callable[[], object]] = {
        **{name: partial(statistic, drawn) for name, statistic in {**ONE_PERSON, **SEVERAL}.items()},
        "against rest": lambda: people_against_rest(panel),
        "bias": lambda: judge_bias(panel, rows, repeats),
        "variance": lambda: judge_variance(panel, rows, repeats),
        "alt-test": lambda: alt_test(panel, verdict),
        "models": lambda: model_rates(panel, verdict, first_models=first, second_models=second),
    }
    for call in every.values():  # what is imported on the first call is not of interest
        call()
    for name, call in every.items():
        start = time.perf_counter()
        call()
        print(f"{name:15} {time.perf_counter() - start:6.2f} s for {LARGE:,} comparisons of three people")


def _value(estimate: Estimate) -> float:
    assert estimate.value is not None
    return estimate.value


if __name__ == "__main__":
    main()
