"""Processes that generate verdicts with a known true win rate, both raw and at equal length."""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from benchmarks.honesty.forms import Bounded, Form, Slopes
from benchmarks.honesty.judges import BALANCED_SHARE, WEIGHTED, Judge
from benchmarks.honesty.lengths import Habit, Lengths, baseline_loading, draw_noise, lengths_of, measured, population
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats, Sample, build_sample

_LARGE, _SEED = 20_000, 7
# the share of the variance of answers' log lengths that near-copies of an instruction have in common
_COMMON = 0.8
_N_SOURCES = 5
_BINARY = 0.999


@dataclass(frozen=True, slots=True)
class Stratum:
    """Models of one kind: the share of their answers as long as the baseline's, and an LC win rate where one is set."""

    name: str
    share: float
    lc: float | None = None

    @property
    def balanced(self) -> bool:
        return BALANCED_SHARE <= self.share <= 1 - BALANCED_SHARE


BALANCED, QUARTER = Stratum("balanced", 0.5), Stratum("25 %", 0.25)
TENTH, THIN = Stratum("10 %", 0.10), Stratum("3 %", 0.03)
STRATA = (BALANCED, QUARTER, TENTH, THIN)


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A part of the candidate's answers that is bad regardless of the instruction.

    Its log-odds are lower by `drop`, and its log lengths are the baseline's plus `shift`; without a `shift` the bad
    answers are as long as the model's other answers.
    """

    share: float
    drop: float
    shift: float | None


@dataclass(frozen=True, slots=True)
class Missing:
    """The shares of all verdicts, and of the losses, that are removed."""

    at_random: float = 0.0
    of_losses: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """A model's own coefficients.

    `second` is its loading on the second factor, and `confounding` the correlation of its length term with easiness.
    """

    stratum: Stratum
    level: float
    slope: float
    modulus: float
    easiness: float
    second: float
    confounding: float
    spoiled: Spoiled | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A model's verdicts, and its true win rate at equal length in percent."""

    model: Model
    sample: Sample
    lc: float


@dataclass(frozen=True, slots=True, eq=False)
class Instructions:
    """Traits of the instructions, each of shape (n,).

    The traits are, in order: the baseline's standardized log length; the part of easiness that this length does not
    predict; easiness without the sources' levels, these three with unit standard deviation; the second factor; the
    levels of the sources; and the deviations of the slopes. `copy_of` and `source` number groups of instructions.
    """

    baseline: Floats
    hidden: Floats
    easiness: Floats
    second: Floats
    source_level: Floats
    slope: Floats
    copy_of: Floats
    source: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A judge, its models and the departures of both from the estimator's assumptions.

    `confounding` is the correlation of the length term with easiness, the judge's own by default. `interaction` is the
    standard deviation of the models' loadings on a second factor, and `slopes` the standard deviation of slopes over
    instructions. Each instruction has `copies` near-copies in a row, and `sources` is the standard deviation of the
    levels of five sources; if `declared`, the sample has both as clusters. `position` is the increase of the log-odds
    for the answer shown first, with both orders asked. Only candidates have a `spoiled` part of answers and slopes that
    are shifted by `offset`.
    """

    judge: Judge = WEIGHTED
    strata: tuple[Stratum, ...] = STRATA
    form: Form = field(default_factory=Bounded)
    confounding: float | None = None
    interaction: float | None = None
    slopes: float = 0.0
    tails: float | None = None
    copies: int = 1
    sources: float = 0.0
    declared: bool = False
    missing: Missing = Missing()
    position: float = 0.0
    offset: float = 0.0
    spoiled: Spoiled | None = None

    def draw(self, generator: np.random.Generator, n: int, *, history: int, candidates: int) -> list[Drawn]:
        """Draw models on common instructions, the models of the history first."""
        instructions = self._instructions(generator, n)
        models = [self._model(generator, place) for place in range(history)]
        models += [self._candidate(generator, place) for place in range(candidates)]
        return [Drawn(one, self._verdicts(generator, one, instructions), self.lc_win_rate(one)) for one in models]

    def lc_win_rate(self, model: Model) -> float:
        """The model's true LC win rate in percent, over the whole population of instructions."""
        nodes, shares = _normal_nodes()
        variance = (model.easiness * self.judge.difficulty) ** 2 + model.second**2 + self.sources**2
        total = 0.0
        for share, drop in _parts(model):
            for first in (1, -1) if self.position else (0,):
                chance = expit(model.level - drop + first * self.position + np.sqrt(variance) * nodes)
                total += share * float(chance @ shares) / (2 if self.position else 1)
        return 100 * total

    def win_rate(self, model: Model) -> float:
        """The model's true raw win rate in percent, from a large sample with a fixed seed."""
        generator = np.random.default_rng(_SEED)
        instructions = replace(self, copies=1)._instructions(generator, _LARGE)
        lengths, drop = self._lengths(generator, model, instructions)
        return 100 * float(np.mean([expit(one) for one in self._log_odds(model, instructions, lengths, drop)]))

    def _instructions(self, generator: np.random.Generator, n: int) -> Instructions:
        distinct = -(-n // self.copies)
        baseline, hidden, second = generator.normal(size=(3, distinct))
        loading = self._baseline_loading()
        group = np.repeat(np.arange(distinct), self.copies)[:n]
        # a large population has as many sources as instructions, which approximates all possible sources
        source = generator.integers(_N_SOURCES if n < _LARGE else n, size=n)
        levels = self.sources * generator.normal(size=max(_N_SOURCES, n))
        return Instructions(
            baseline=baseline[group],
            hidden=hidden[group],
            easiness=(loading * baseline + np.sqrt(1 - loading**2) * hidden)[group],
            second=second[group],
            source_level=levels[source],
            slope=self.slopes * generator.normal(size=n),
            copy_of=group.astype(np.float64),
            source=source.astype(np.float64),
        )

    def _baseline_loading(self) -> float:
        if self.confounding is None:
            return self.judge.baseline_easiness
        return baseline_loading(self.judge, self.confounding)

    def _model(self, generator: np.random.Generator, place: int) -> Model:
        judge, stratum = self.judge, self.strata[place % len(self.strata)]
        moduli = judge.balanced_modulus if stratum.balanced else judge.modulus
        level, slope, modulus, easiness = (
            float(generator.normal(*one)) for one in (judge.level, judge.slope, moduli, judge.easiness)
        )
        second = float(generator.normal()) * (judge.interaction if self.interaction is None else self.interaction)
        # the draw is made in every process, so that all processes use the same random numbers for the rest
        own = float(generator.normal(*judge.confounding))
        confounding = own if self.confounding is None else self.confounding
        model = Model(stratum, level, slope, modulus, max(0.1, easiness), second, confounding)
        return model if stratum.lc is None else self._levelled(model, stratum.lc)

    def _candidate(self, generator: np.random.Generator, place: int) -> Model:
        model = self._model(generator, place)
        changed = replace(model, slope=model.slope + self.offset, spoiled=self.spoiled)
        return changed if model.stratum.lc is None else self._levelled(changed, model.stratum.lc)

    def _levelled(self, model: Model, lc: float) -> Model:
        """The model with its level set to give this LC win rate."""
        low, high = -20.0, 20.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self.lc_win_rate(replace(model, level=middle)) < lc else (low, middle)
        return replace(model, level=middle)

    def _lengths(
        self, generator: np.random.Generator, model: Model, instructions: Instructions
    ) -> tuple[Lengths, Floats]:
        """Lengths, and how much lower the log-odds are where answers are spoiled."""
        n = len(instructions.baseline)
        habit = Habit(model.stratum.share, self.tails)
        noise = draw_noise(generator, n, self.tails)
        if self.copies > 1:
            common = draw_noise(generator, n, self.tails)[instructions.copy_of.astype(int)]
            noise = np.sqrt(_COMMON) * common + np.sqrt(1 - _COMMON) * noise
        loading = population(self.judge, habit).loading(model.confounding, self._baseline_loading())
        noise = loading * instructions.hidden + np.sqrt(1 - loading**2) * noise
        lengths = lengths_of(self.judge, habit, baseline=instructions.baseline, noise=noise)
        if model.spoiled is None:
            return lengths, np.zeros(n)
        bad = generator.random(n) < model.spoiled.share
        drop: Floats = model.spoiled.drop * bad.astype(np.float64)
        if model.spoiled.shift is None:
            return lengths, drop
        ratio = np.where(bad, model.spoiled.shift + 0.2 * generator.normal(size=n), lengths.log_ratio)
        spread = population(self.judge, habit).spread
        return measured(self.judge, instructions.baseline, ratio, spread=spread), drop

    def _log_odds(self, model: Model, instructions: Instructions, lengths: Lengths, drop: Floats) -> list[Floats]:
        """Log-odds of a win in each order that is asked, shape (n,) each."""
        effect = self.form(lengths, Slopes(model.slope + instructions.slope, model.modulus))
        easy = model.easiness * self.judge.difficulty * instructions.easiness
        odds = model.level - drop + effect + easy + model.second * instructions.second + instructions.source_level
        return [odds + self.position, odds - self.position] if self.position else [odds]

    def _verdicts(self, generator: np.random.Generator, model: Model, instructions: Instructions) -> Sample:
        lengths, drop = self._lengths(generator, model, instructions)
        orders = self._log_odds(model, instructions, lengths, drop)
        verdicts = [self._lose(generator, _judged(generator, expit(one), self.judge.dispersion)) for one in orders]
        keys = [f"{place:04d}" for place in range(len(drop))]
        clusters = None
        if self.declared:
            group = instructions.copy_of if self.copies > 1 else instructions.source
            clusters = [f"{one:g}" for one in group] * len(orders)
        return build_sample(
            keys * len(orders),
            np.concatenate(verdicts),
            length_difference=np.tile(lengths.difference, len(orders)),
            baseline_length=np.tile(lengths.baseline, len(orders)),
            clusters=clusters,
            orders=[str(order) for order in range(len(orders)) for _ in keys],
        )

    def _lose(self, generator: np.random.Generator, verdicts: Floats) -> Floats:
        """The verdicts after removal of the missing ones."""
        chance = np.where(verdicts < 0.5, self.missing.of_losses, 0.0) + self.missing.at_random
        return np.where(generator.random(len(verdicts)) < chance, np.nan, verdicts)


def _parts(model: Model) -> list[tuple[float, float]]:
    """The parts of the answers, each as its share and how much lower its log-odds are."""
    bad = model.spoiled
    return [(1.0, 0.0)] if bad is None else [(1 - bad.share, 0.0), (bad.share, bad.drop)]


def _judged(generator: np.random.Generator, chance: Floats, dispersion: float) -> Floats:
    """Draw verdicts with these means; their variance is `dispersion` times that of a win or loss."""
    if dispersion > _BINARY:
        return (generator.random(len(chance)) < chance).astype(np.float64)
    tosses = 1 / dispersion - 1
    inside = np.clip(chance, 1e-9, 1 - 1e-9)
    return generator.beta(tosses * inside, tosses * (1 - inside))


@cache
def _normal_nodes() -> tuple[Floats, Floats]:
    nodes, shares = np.polynomial.hermite_e.hermegauss(80)
    return nodes, shares / shares.sum()
