"""Small samples for the statistics' tests: made by hand, or drawn from a model whose true answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from evalkit.stats.arena_compat import Games
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.covariates import CURVATURE, DIFFICULTY, LONGER, LONGER_BALANCED, SHORTER, SHORTER_BALANCED
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats, Sample, build_sample
from evalkit.types import Estimate

LENGTH_SD = 500.0


def keys_for(n: int) -> list[str]:
    return [f"{index:04d}" for index in range(n)]


def sample_of(
    preference: Sequence[float] | Floats,
    length: Sequence[float] | Floats | None = None,
    *,
    keys: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    baseline_length: Sequence[float] | Floats | None = None,
) -> Sample:
    """One verdict an instruction, in one order; `length` is candidate minus baseline."""
    return build_sample(
        keys_for(len(preference)) if keys is None else keys,
        np.asarray(preference, dtype=float),
        length_difference=None if length is None else np.asarray(length, dtype=float),
        clusters=clusters,
        baseline_length=None if baseline_length is None else np.asarray(baseline_length, dtype=float),
    )


def prior_of(
    names: Sequence[str],
    mean: Sequence[float],
    *,
    spread: Sequence[float] | Floats,
    error: Sequence[float] | Floats | None = None,
    form: Floats | None = None,
) -> CoefficientPrior:
    """A prior of which deviations are given as standard deviations of single coefficients, or as covariances."""
    k = len(names)

    def covariance(deviations: Sequence[float] | Floats | None) -> Floats:
        given = np.zeros((k, k)) if deviations is None else np.asarray(deviations, dtype=float)
        return np.diag(given**2) if given.ndim == 1 else given

    return CoefficientPrior(
        tuple(names), np.asarray(mean, dtype=float), covariance(spread), covariance(error), covariance(form)
    )


# a judge with one slope of length, by which its models differ by 0.3, as by the weight of difficulty
TYPICAL = prior_of(
    (SHORTER, LONGER, DIFFICULTY),
    (1.8, 1.8, 0.9),
    spread=0.09 * np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
)


def alternating(n: int, size: float = 300.0) -> Floats:
    """As many answers longer than the baseline's as shorter, by the same number of characters."""
    return size * np.where(np.arange(n) % 2 == 0, 1.0, -1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A drawn sample with what its generating model knows: difficulties by key and the true answer in percent."""

    sample: Sample
    difficulty: dict[str, float]
    lc_win_rate: float


def draw(
    seed: int | Sequence[int],
    n: int,
    *,
    intercept: float = -0.4,
    length: float = 1.2,
    difficulty: float = 0.0,
    binary: bool = False,
) -> Drawn:
    """Verdicts from log-odds intercept + length * tanh(difference / 500) + difficulty * a standard normal.

    Verdicts are beta draws around that chance, as of a judge that gives probabilities, with an error of position that
    keeps their mean; `binary` ones are wins and losses.
    """
    generator = np.random.default_rng(seed)
    differences = generator.normal(150, LENGTH_SD, n).round()
    difficulties = generator.normal(size=n)
    chance = expit(intercept + length * np.tanh(differences / LENGTH_SD) + difficulty * difficulties)
    if binary:
        verdicts = (generator.random(n) < chance).astype(float)
    else:
        soft = generator.beta(chance, 1 - chance)
        verdicts = soft + 0.5 * generator.uniform(-1, 1, n) * np.minimum(soft, 1 - soft)
    sample = sample_of(verdicts, differences)
    nodes, shares = _normal_nodes()
    truth = 100 * float(expit(intercept + difficulty * nodes) @ shares)
    return Drawn(sample, dict(zip(sample.keys, difficulties.tolist(), strict=True)), truth)


@cache
def _normal_nodes() -> tuple[Floats, Floats]:
    nodes, shares = np.polynomial.hermite_e.hermegauss(80)
    return nodes, shares / shares.sum()


def mirrored(sample: Sample) -> Sample:
    """The same verdicts with candidate and baseline swapped."""
    length = None if sample.length_difference is None else -sample.length_difference
    return sample_of(1 - sample.preference, length, keys=sample.keys)


def mirrored_prior(prior: CoefficientPrior) -> CoefficientPrior:
    """What the prior says of the same models with candidate and baseline swapped.

    The two slopes change their roles, and a curvature changes its sign.
    """
    roles = {
        SHORTER: LONGER,
        LONGER: SHORTER,
        SHORTER_BALANCED: LONGER_BALANCED,
        LONGER_BALANCED: SHORTER_BALANCED,
    }
    places = [prior.names.index(roles.get(name, name)) for name in prior.names]
    block = np.ix_(places, places)
    sign = np.array([-1.0 if name == CURVATURE else 1.0 for name in prior.names])
    matrices = (np.outer(sign, sign) * one[block] for one in (prior.spread, prior.error, prior.form))
    return CoefficientPrior(prior.names, sign * prior.mean[places], *matrices)


def numbers(estimate: Estimate) -> tuple[float, float, float, float]:
    """Value, standard error and interval of an estimate that has them."""
    assert estimate.value is not None
    assert estimate.stderr is not None
    assert estimate.lower is not None
    assert estimate.upper is not None
    return estimate.value, estimate.stderr, estimate.lower, estimate.upper


def value_of(estimate: Estimate) -> float:
    assert estimate.value is not None
    return estimate.value


def alpaca_sample(rows: pd.DataFrame) -> Sample:
    """A sample from rows of preferences.parquet: codes 1 to 2, 0 a tie, NaN without a verdict."""
    preference = rows["preference"].replace({0.0: 1.5}).to_numpy(float) - 1
    difference = rows["len_2"].to_numpy(float) - rows["len_1"].to_numpy(float)
    return build_sample(
        [f"{index:06d}" for index in rows["index"]],
        preference,
        length_difference=difference,
        baseline_length=rows["len_1"].to_numpy(float),
    )


@dataclass(frozen=True, slots=True, eq=False)
class DrawnArena:
    """Five-way verdicts in two orders as a sample and as games, with the true answers in percent."""

    sample: Sample
    games: Games
    win_rate: float
    controlled_win_rate: float


ARENA_CONTROLS = ("length", "headers", "lists")
_LEVEL, _SLOPES = 0.2, (0.9, 0.4, 0.6)
_TIES, _STRONG = 0.08, 0.5


def draw_arena(seed: int | Sequence[int], n: int) -> DrawnArena:
    """Two games an instruction that share the instruction's own chance; decided ones are strong half of the time.

    The weighted mean verdict is expit(0.2 + 0.9 * length + 0.4 * headers + 0.6 * lists) in the covariates of these
    controls, given which an instruction's chance is a beta draw; the position moves both orders apart.
    """
    generator = np.random.default_rng(seed)
    length, measures, chance = _arena_answers(generator, n)
    # of verdicts that count, some are ties: the others have to be decided the more clearly
    ties = _TIES / (_TIES + (1 - _TIES) * (1 + 2 * _STRONG))
    chance = (chance - ties / 2) / (1 - ties)
    own = generator.beta(0.7 * chance, 0.7 * (1 - chance))
    shift = 0.4 * np.minimum(own, 1 - own)
    by_order = np.concatenate([own + shift, own - shift])
    won = generator.random(2 * n) < by_order
    tied = generator.random(2 * n) < _TIES
    preference = np.where(tied, 0.5, won.astype(float))
    strong = ~tied & (generator.random(2 * n) < _STRONG)
    sample = build_sample(
        keys_for(n) * 2,
        preference,
        length_difference=np.tile(length, 2),
        orders=["x"] * n + ["y"] * n,
        weight=np.where(strong, 3.0, 1.0),
        measures={name: (np.tile(a, 2), np.tile(b, 2)) for name, (a, b) in measures.items()},
    )
    games = Games(np.zeros(2 * n, dtype=np.int64), preference, strong)
    return DrawnArena(sample, games, _arena_win_rate(), 100 * float(expit(np.array(_LEVEL))))


def _arena_answers(generator: np.random.Generator, n: int) -> tuple[Floats, dict[str, tuple[Floats, Floats]], Floats]:
    """Length differences, measures, and the mean verdict they bring about."""
    length = generator.normal(150, LENGTH_SD, n).round()
    counts = [generator.poisson(mean, (2, n)).astype(float) for mean in (1.5, 5.0)]
    terms = [np.tanh(length / LENGTH_SD), *((a - b) / (a + b + 1) for a, b in counts)]
    eta = _LEVEL + sum(slope * term for slope, term in zip(_SLOPES, terms, strict=True))
    return length, dict(zip(ARENA_CONTROLS[1:], ((a, b) for a, b in counts), strict=True)), expit(eta)


@cache
def _arena_win_rate() -> float:
    # to a fiftieth of a point
    return 100 * float(_arena_answers(np.random.default_rng(0), 1_000_000)[2].mean())
