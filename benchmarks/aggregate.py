"""How often the intervals of aggregates hold the truth, under a process that none of the methods assumes.

Usage: `python -m benchmarks.aggregate` takes some minutes. Each model has its own level on each board; instructions are
heavy-tailed in difficulty and suit some models better than others; verdicts are wins, ties and losses. The truth is the
aggregate of boards with 200,000 instructions. A row counts models over all draws; `ok` is the share of numbers whose
status is ok, of which the coverage is.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from evalkit.stats import AggregateMethod, Part, aggregate, build_sample, win_rate
from evalkit.stats.sample import Floats
from evalkit.types import StatusKind
from tests.stats.test_aggregate import drawn_boards, true_values

LARGE = 200_000


@dataclass(frozen=True, slots=True)
class Setting:
    """Models and boards: the instructions of each board, and the standard deviations of the models' levels overall and
    on each board, in log-odds; in near ties every second model is as good as the one before it.
    """

    name: str
    models: int
    instructions: tuple[int, ...]
    spread: float
    near_ties: bool = False


SETTINGS = (
    Setting("4 models, 3 small boards", 4, (48, 48, 80), 1.5),
    Setting("8 models, the three families", 8, (805, 500, 80), 0.8),
    Setting("8 models, near ties", 8, (805, 500, 80), 0.8, near_ties=True),
    Setting("20 models, five boards", 20, (200, 200, 200, 100, 100), 0.6),
    Setting("6 models that hardly differ", 6, (150, 150), 0.05),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=200)
    options = parser.parse_args()
    print(f"{'setting':30} {'method':10} coverage %    ok %  mean width")
    for setting in SETTINGS:
        for method in AggregateMethod:
            held, ok, width = simulate(setting, method, draws=options.draws)
            shown = f"{100 * held:10.1f}" if ok else f"{'-':>10}"
            print(f"{setting.name:30} {method.value:10} {shown}  {100 * ok:6.1f}  {width:10.2f}", flush=True)


def simulate(setting: Setting, method: AggregateMethod, *, draws: int) -> tuple[float, float, float]:
    """Return the coverage of the numbers that are ok, their share, and their intervals' mean width."""
    rng = np.random.default_rng(7)
    skills = setting.spread * (
        rng.normal(size=(setting.models, 1)) + 0.5 * rng.normal(size=(setting.models, len(setting.instructions)))
    )
    if setting.near_ties:
        skills[1::2] = skills[::2] + rng.normal(0, 0.02, size=skills[::2].shape)
    truth = true_values(method, drawn_boards(rng, skills, LARGE))
    held, widths, n_ok = 0, [], 0
    for _ in range(draws):
        parts = [
            _part(drawn_boards(rng, skills[:, [place]], n)[0], f"board {place}")
            for place, n in enumerate(setting.instructions)
        ]
        for one, true in zip(aggregate(parts, method).estimates, truth, strict=True):
            if one.status.kind != StatusKind.OK or one.lower is None or one.upper is None:
                continue
            n_ok += 1
            held += one.lower <= true <= one.upper
            widths.append(one.upper - one.lower)
    return held / max(n_ok, 1), n_ok / (draws * setting.models), float(np.mean(widths)) if widths else float("nan")


def _part(verdicts: Floats, benchmark: str) -> Part:
    samples = tuple(build_sample(range(len(row)), row) for row in verdicts)
    return Part(benchmark, tuple(map(win_rate, samples)), samples)


if __name__ == "__main__":
    main()
