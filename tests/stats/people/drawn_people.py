"""Comparisons drawn from processes whose true numbers are known or can be computed from a very large draw."""

from dataclasses import dataclass

import numpy as np

from evalkit.stats.people.panel import Panel
from evalkit.stats.sample import Floats, Ints

MOST_REPEATS = 8


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel, a judge's verdicts, and the side of the longer answer."""

    panel: Panel
    verdict: Floats
    longer: Floats


@dataclass(frozen=True, slots=True)
class Process:
    """Instructions repeat 1 to 8 times; what is peculiar to one is shared by its comparisons.

    `rate` is the share of comparisons on which the judge knows what people prefer, and `people` how many see each
    comparison. With `informative` the instructions that repeat more often are harder. `soft` verdicts are not 0 or 1.
    """

    name: str
    rate: float
    people: int = 1
    ties: bool = False
    informative: bool = False
    soft: bool = False

    def draw(self, generator: np.random.Generator, n: int) -> Drawn:
        cluster, size = _clusters(generator, n)
        share = self._chance(generator, size)[cluster]
        # the longer answer is on either side, more often on one within an instruction
        longer = np.where(generator.random(n) < generator.beta(2, 2, len(size))[cluster], 1.0, -1.0)
        # how much people like length differs from instruction to instruction too
        liking = generator.beta(6, 4, len(size))[cluster]
        comparison = np.repeat(np.arange(n), self.people)
        person = np.tile(np.arange(self.people), n)
        common = np.where(generator.random(n) < liking, longer, -longer)
        # people follow what is right on a comparison, and each of them errs for themself
        errs = generator.random(len(comparison)) < (0.0 if self.people == 1 else 0.15)
        said = (np.where(errs, -1, 1) * common[comparison] + 1) / 2
        if self.ties:
            said = np.where(generator.random(len(said)) < 0.2, 0.5, said)
        right = generator.random(n) < share
        # where the judge errs, it errs towards length more often than not
        wrong = np.where(generator.random(n) < 0.7, longer, -common)
        verdict = (np.where(right, common, wrong) + 1) / 2
        if self.soft:
            verdict = np.clip(verdict + generator.normal(0, 0.2, n), 0, 1)
        return Drawn(Panel(cluster, comparison, person, said), verdict, longer)

    def _chance(self, generator: np.random.Generator, size: Ints) -> Floats:
        """Each instruction's chance that the judge follows people."""
        strength = 6.0
        mean = np.full(len(size), self.rate)
        if self.informative:
            mean = np.clip(self.rate + 0.06 * (np.mean([1, MOST_REPEATS]) - size) / MOST_REPEATS, 0.02, 0.98)
        return generator.beta(strength * mean, strength * (1 - mean))


PROCESSES = (
    Process("one person", 0.2),
    Process("one person", 0.5),
    Process("one person", 0.85),
    Process("three people with ties", 0.5, people=3, ties=True),
    Process("three people with ties", 0.85, people=3, ties=True),
    Process("hard ones repeat", 0.5, informative=True, ties=True),
    Process("hard ones repeat", 0.85, informative=True),
    Process("soft verdicts", 0.5, people=2, soft=True),
)


def _clusters(generator: np.random.Generator, n: int) -> tuple[Ints, Ints]:
    """The instruction of each of n comparisons, and the number of comparisons of each."""
    size = generator.integers(1, MOST_REPEATS + 1, n)
    size = size[: int(np.searchsorted(np.cumsum(size), n)) + 1]
    size[-1] -= int(size.sum()) - n
    return np.repeat(np.arange(len(size)), size), size
