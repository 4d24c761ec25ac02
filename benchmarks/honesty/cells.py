"""The benchmark's cells, each with a process, a number of instructions, a source of difficulty and a promise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks.honesty.forms import Counting, InvertedU, LogRatio, Step
from benchmarks.honesty.judges import FIRST, REASONING, WEIGHTED, Judge, Normal
from benchmarks.honesty.processes import BALANCED, QUARTER, STRATA, TENTH, THIN, Missing, Process, Spoiled, Stratum
from benchmarks.honesty.promises import Kind
from benchmarks.honesty.sources import Source
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE, Metric

SIZES = (50, 200, 805)
LARGER = (200, 805)
ALONE, BOARD, APART = Source.ALONE, Source.BOARD_20, Source.APART
# with the short baseline of the first AlpacaEval, most answers are longer than the baseline's
LONGER = (BALANCED, Stratum("75 %", 0.75), Stratum("90 %", 0.9), Stratum("97 %", 0.97))
ONE_SIDED = Stratum("all shorter", 0.0)
TWO = (BALANCED, TENTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: `beyond` marks a cell outside what is promised; `looks` is for a gate that looks after every batch."""

    process: Process
    name: str
    n: int
    source: Source
    kind: Kind
    metric: Metric = LC_WIN_RATE
    beyond: bool = False
    looks: bool = False

    @property
    def title(self) -> str:
        return f"{self.name}, n={self.n}, {self.source.value}"

    def worlds(self, runs: int) -> int:
        """Return the number of draws for about `runs` rows; each draw of a board gives several rows."""
        return runs if self.source == Source.ALONE else -(-runs // 8)


def all_cells() -> list[Cell]:
    return [*_calibrated(), *_own(), *_departures(), *_rare(), *_adversarial(), *_dependent(), *_hostile()]


def _cells(
    name: str,
    process: Process,
    kind: Kind,
    *,
    sizes: tuple[int, ...] = LARGER,
    sources: tuple[Source, ...] = (ALONE, BOARD),
    beyond: bool = False,
) -> Iterator[Cell]:
    for source in sources:
        for n in sizes:
            yield Cell(process=process, name=name, n=n, source=source, kind=kind, beyond=beyond)


def _calibrated() -> Iterator[Cell]:
    """The three judges as calibrated, without changes."""
    for judge, strata in ((WEIGHTED, STRATA), (FIRST, LONGER), (REASONING, STRATA)):
        process = Process(judge=judge, strata=strata)
        yield from _cells(judge.name, process, Kind.CALIBRATED, sizes=SIZES)
        yield from _cells(judge.name, process, Kind.CALIBRATED, sources=(APART,))
    yield from _cells("six models", Process(), Kind.CALIBRATED, sources=(Source.BOARD_6,))


def _symmetric(judge: Judge = WEIGHTED) -> Judge:
    """The judge without a modulus, and with model levels for which most rates are far from 0 and 100 %."""
    return replace(_even(judge, Normal(0.0, 0.0)), level=Normal(-0.4, 0.8))


def _even(judge: Judge, modulus: Normal) -> Judge:
    """The judge with the same distribution of the modulus for balanced models and for all others."""
    return replace(judge, modulus=modulus, balanced_modulus=modulus)


def _own() -> Iterator[Cell]:
    plain = replace(_symmetric(), difficulty=0.0, interaction=0.0, confounding=Normal(0.0, 0.0), baseline_easiness=0.0)
    yield from _cells("own form", Process(judge=plain), Kind.OWN, sizes=SIZES, sources=(ALONE,))
    unconfounded = replace(plain, difficulty=WEIGHTED.difficulty)
    yield from _cells("own form, difficulty", Process(judge=unconfounded), Kind.OWN, sizes=SIZES)


def _departures() -> Iterator[Cell]:
    """One departure from the regression's form at a time, with the confounding of real boards unless set otherwise."""
    symmetric = _symmetric()
    kind = Kind.CALIBRATED
    # an earlier fit to AlpacaEval 2.0: 2.41 where the answer is shorter and 0.05 where it is longer
    uneven = replace(_even(symmetric, Normal(-1.18, 0.2)), slope=Normal(1.23, 0.2))
    yield from _cells("asymmetric 2.41 / 0.05", Process(judge=uneven), kind, sources=(ALONE, BOARD, APART))
    yield from _cells("confounded r=0.17", Process(confounding=0.17), kind, sources=(ALONE, BOARD, APART))
    for sd in (0.4, 1.2):
        yield from _cells(f"interactions sd {sd:g}", Process(interaction=sd, strata=TWO), kind)
    yield from _cells("log ratio", Process(judge=symmetric, form=LogRatio(), strata=TWO), kind)
    yield from _cells("step at 2x", Process(judge=symmetric, form=Step(2.0), strata=TWO), kind)
    yield from _cells("slopes by instruction", Process(judge=symmetric, slopes=1.0, strata=TWO), kind)
    tails = Process(judge=symmetric, confounding=0.0, tails=2.0, strata=TWO)
    yield from _cells("heavy-tailed lengths", tails, kind)
    yield from _cells("two orders, position", Process(position=0.5, strata=TWO), kind)


def _rare() -> Iterator[Cell]:
    """Rates near 0 or 100 % under a nearly binary judge, with one number of instructions and with many looks."""
    judge = replace(_symmetric(), dispersion=0.95, difficulty=1.0)
    for metric, name in ((WIN_RATE, "rare, raw"), (LC_WIN_RATE, "rare, LC")):
        process = Process(judge=judge, strata=tuple(Stratum(f"LC {one} %", 0.5, one) for one in (2, 3, 4)))
        for n in SIZES:
            yield Cell(process=process, name=name, n=n, source=ALONE, kind=Kind.RARE, metric=metric)
    process = Process(judge=judge, strata=tuple(Stratum(f"LC {one} %", 0.5, one) for one in (2, 5, 50, 95)))
    for metric, name in ((WIN_RATE, "sequential, raw"), (LC_WIN_RATE, "sequential, LC")):
        yield Cell(process=process, name=name, n=805, source=ALONE, kind=Kind.SEQUENTIAL, metric=metric, looks=True)


def _adversarial() -> Iterator[Cell]:
    kind = Kind.ADVERSARIAL
    for r in (-0.5, -0.25, 0.25, 0.5):
        # if all answers are shorter, the correlation of length with easiness cannot be that strong
        strata = (BALANCED, QUARTER, TENTH, THIN if abs(r) > 0.25 else ONE_SIDED)
        process = Process(judge=_symmetric(), confounding=r, strata=strata)
        beyond = abs(r) > 0.25
        yield from _cells(f"confounded r={r:+g}", process, kind, sizes=SIZES, sources=(ALONE,), beyond=beyond)
        yield from _cells(f"confounded r={r:+g}", process, kind, sources=(BOARD, APART), beyond=beyond)
    yield from _cells("inverted U", Process(judge=_symmetric(), form=InvertedU(2.4), strata=TWO), kind)
    yield from _cells("one-sided", Process(strata=(ONE_SIDED,)), kind, sources=(ALONE, BOARD, APART))
    counting = replace(_symmetric(), difficulty=0.0, level=Normal(0.0, 0.0), dispersion=1.0)
    process = Process(judge=counting, form=Counting(), confounding=0.0, interaction=0.0, strata=(BALANCED, TENTH, THIN))
    yield from _cells("counts characters", process, kind, sizes=SIZES, sources=(ALONE,))
    # 9.7 times 0.3, the standard deviation of slopes that was once assumed
    dislike = Process(offset=-2.91)
    yield from _cells("dislikes length", dislike, kind, sources=(ALONE, APART))
    lost = {"at random": Missing(at_random=0.1), "of losses": Missing(of_losses=0.1)}
    for name, missing in lost.items():
        yield from _cells(f"missing 10 % {name}", Process(missing=missing, strata=TWO), kind, sizes=(805,))


def _dependent() -> Iterator[Cell]:
    # with the texts, near-copies can be found and made clusters; without the texts, they cannot be detected
    found = Process(copies=5, declared=True, strata=TWO)
    yield from _cells("near-copies in fives, found", found, Kind.CALIBRATED)
    yield from _cells("near-copies in fives, no texts", replace(found, declared=False), Kind.ADVERSARIAL)
    sources = Process(sources=0.6, strata=TWO)
    yield from _cells("random sources", sources, Kind.ADVERSARIAL)
    yield from _cells("random sources, declared", replace(sources, declared=True), Kind.ADVERSARIAL, sources=(ALONE,))


def _hostile() -> Iterator[Cell]:
    """Candidates with a part of bad answers, under a judge without a length effect.

    If the lengths of bad answers differ from those of good ones, the multiple correlation of quality with the length
    terms is 0.28 to 0.66.
    """
    honest = replace(_symmetric(), slope=Normal(0.0, 0.05), level=Normal(0.8, 0.1), difficulty=1.0)
    spoiled = {
        "45 % short refusals": Spoiled(0.45, 4.0, -2.5),
        "half bad and short": Spoiled(0.5, 2.5, -1.0),
        "half bad and padded": Spoiled(0.5, 2.5, 1.0),
        "half bad, of the baseline's length": Spoiled(0.5, 2.5, 0.0),
        "evenly bad": Spoiled(0.5, 2.5, None),
    }
    for name, part in spoiled.items():
        # a bad part with the baseline's lengths resembles the rest of the answers only where the rest is balanced
        strata = (BALANCED,) if part.shift == 0.0 else (BALANCED, QUARTER)
        process = Process(judge=honest, confounding=0.0, spoiled=part, strata=strata)
        beyond = part.shift is not None
        yield from _cells(name, process, Kind.ADVERSARIAL, sources=(ALONE, APART), beyond=beyond)
