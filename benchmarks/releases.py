"""How often a category of an unchanged model is said to have moved, and how often a worse one is found.

Usage: `python -m benchmarks.releases [DRAWS]` draws two releases with six categories for each row, 400 times by
default, in some minutes. The last columns are for a model that is worse in one category by 15 points.
"""

import gc
import sys
from collections.abc import Callable

import numpy as np

from evalkit.boards.entries import Entry
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.boards.releases import build_series
from evalkit.stats.sample import Floats, build_sample
from tests.boards.kept import kept_line

CATEGORIES = "abcdef"
SIZES = (8, 25, 130)
WORSE = 0.15
DRAWS = 400
Draw = Callable[[np.random.Generator, Floats], Floats]


def wins(generator: np.random.Generator, chance: Floats) -> Floats:
    """Wins and losses."""
    found: Floats = (generator.random(len(chance)) < chance).astype(np.float64)
    return found


def shares(generator: np.random.Generator, chance: Floats) -> Floats:
    """Probabilities of a judge that is rarely sure."""
    found: Floats = generator.beta(4 * chance, 4 * (1 - chance))
    return found


def five_way(generator: np.random.Generator, chance: Floats) -> Floats:
    """Verdicts in five steps, many of them ties."""
    found: Floats = np.round(4 * generator.beta(3 * chance, 3 * (1 - chance))) / 4
    return found


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    # statsmodels would collect garbage for each correction
    gc.collect = lambda *_: 0
    print(f"{'verdicts':10} {'in each':7}  moved %  moved %, worse by {100 * WORSE:.0f} points  and another %")
    for draw in (wins, shares, five_way):
        for size in SIZES:
            generator = np.random.default_rng(size)
            calm = [_moved(draw, size, 0.0, generator) for _ in range(draws)]
            worse = [_moved(draw, size, WORSE, generator) for _ in range(draws)]
            alarms, found, others = (
                100 * float(np.mean(some))
                for some in (
                    [bool(names) for names in calm],
                    ["a" in names for names in worse],
                    [bool(set(names) - {"a"}) for names in worse],
                )
            )
            print(f"{draw.__name__:10} {size:7}  {alarms:7.1f}  {found:25.1f}  {others:13.1f}", flush=True)


def _moved(draw: Draw, size: int, fall: float, generator: np.random.Generator) -> tuple[str, ...]:
    """The categories that are said to have moved; the model has become worse in the first."""
    n = size * len(CATEGORIES)
    keys = [f"{number:04d}" for number in range(n)]
    names = {key: CATEGORIES[number // size] for number, key in enumerate(keys)}
    # the difficulty of the instructions, which both releases share
    chance = generator.uniform(0.2, 0.9, n)
    later = chance - fall * (np.arange(n) < size)
    entries = [
        Entry("m", "j", "b", build_sample(keys, draw(generator, some)), avg_length=None) for some in (chance, later)
    ]
    runs, texts = kept_line(entries, categories=names)
    (series,) = build_series(runs, texts, [], Recipe(metric=WIN_RATE))
    change = series.releases[1].change
    assert change is not None
    return change.moved


if __name__ == "__main__":
    main()
