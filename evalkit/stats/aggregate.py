"""One number for each model from several boards: mean rank, mean of standardised scores, or Bradley-Terry strength."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.paired import check_measured, cluster_influences, difference_errors, shared_errors
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.ranks import RankInterval
from evalkit.stats.ratings.bradley_terry import pinned, slope_and_information, solve_strengths
from evalkit.stats.ratings.connection import unbounded_models
from evalkit.stats.ratings.joint_ranks import joint_rank_intervals
from evalkit.stats.resample import generator_of
from evalkit.stats.sample import Floats, Sample
from evalkit.stats.winrate import Measured
from evalkit.types import OK, Estimate, Status, StatusKind, degraded, not_estimable

ROUNDS = 2000
ELO_MEAN = 1000.0
FEWEST_MODELS = 3
FEWEST_CLUSTERS = 10
_ELO = 400 / np.log(10)
# two preferences for one instruction that differ by less are rounding error, and a tie
_TIE = 1e-9
# where the variance of the scores on a board is less than this many error variances, it is mostly chance
_CLEAR = 4.0
_DECIMALS = 9
_EVEN = "every instruction gives the same battles"


class AggregateMethod(Enum):
    """The rule by which several boards give one number for each model."""

    MEAN_RANK = "mean-rank"
    Z = "z"
    BT = "bt"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The numbers of all models on one board of a benchmark, in the same order on all boards, higher being better.

    Boards of one `benchmark` share its instructions, which are drawn once for all of them. The `weight` is relative to
    those of the other parts.
    """

    benchmark: str
    measured: tuple[Measured, ...]
    samples: tuple[Sample, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Aggregated:
    """An estimate and a rank for each model, in the order of the parts; all rank intervals hold at once.

    A mean rank is better the lower it is; the other numbers are better the higher they are.
    """

    estimates: tuple[Estimate, ...]
    ranks: tuple[RankInterval | None, ...]


def aggregate(parts: Sequence[Part], method: AggregateMethod, *, confidence: float = CONFIDENCE) -> Aggregated:
    """One number for each model that stands on all boards.

    `mean-rank` is the weighted mean of a model's ranks, tied models sharing theirs. `z` is the weighted mean of its
    scores after each board's are moved to the mean 0 and scaled to the standard deviation 1 over these models. `bt` is
    the Elo rating, with the mean 1000, from a battle between every two models on each instruction, won by the better
    verdict; a part's battles between two models weigh as much as the part, whatever its size.

    Instructions are resampled within each benchmark, the same ones for all models and boards. The intervals of z and bt
    are Student's around the estimate with the standard deviation of the resamples; the mean rank's ends are the
    means of the ranks that the resamples' simultaneous intervals of all differences allow, so that it covers at least
    as often as it says.

    Args:
        parts: at least one board; every model has a number on each.
        confidence: confidence level of the intervals.

    Returns:
        Estimates whose n counts clusters over all benchmarks. Refused where a number on a board has no error, and for
        bt where a model won or lost all battles; degraded where a z rests on a board whose scores hardly differ.

    Raises:
        StatsError: there are fewer than 3 models, they differ between parts, or a weight is not positive.

    Reference: Bradley and Terry 1952, Biometrika 39; Mogstad, Romano, Shaikh and Wilhelm 2024, Review of Economic
    Studies 91, for ranks. The rest is evalkit's own.

    Example:
        >>> from evalkit.stats import AggregateMethod, Part, aggregate, build_sample, win_rate
        >>> samples = [build_sample(range(40), [1] * won + [0] * (40 - won)) for won in (30, 20, 10)]
        >>> part = Part("mine", tuple(map(win_rate, samples)), tuple(samples))
        >>> [one.value for one in aggregate([part], AggregateMethod.MEAN_RANK).estimates]
        [1.0, 2.0, 3.0]
    """
    check_confidence(confidence)
    m = _checked(parts)
    n = sum(len(names) for names in _clusters(parts).values())
    if reason := _without_error(parts):
        refused = Estimate.refused(reason, n=n)
        return Aggregated((refused,) * m, (None,) * m)
    freedom = min(sample.n_clusters for part in parts for sample in part.samples) - 1
    if method == AggregateMethod.MEAN_RANK:
        return _mean_ranks(parts, n, freedom, confidence)
    value, draws, statuses = _z(parts) if method == AggregateMethod.Z else _strengths(parts)
    reach = student_quantile(freedom, (1 + confidence) / 2)
    bounded = np.array([status.kind != StatusKind.NOT_ESTIMABLE for status in statuses])
    error = draws.std(axis=0, ddof=1)
    estimates = tuple(
        Estimate(x, e, x - reach * e, x + reach * e, n, status)
        if known
        else Estimate(None, None, None, None, n, status)
        for x, e, status, known in zip(value.tolist(), error.tolist(), statuses, bounded, strict=True)
    )
    ranks = joint_rank_intervals(
        value, np.cov(draws, rowvar=False), n_clusters=np.full(m, freedom + 1), known=bounded, confidence=confidence
    )
    return Aggregated(estimates, tuple(rank if known else None for rank, known in zip(ranks, bounded, strict=True)))


def _checked(parts: Sequence[Part]) -> int:
    """The number of models of every part."""
    if not parts:
        raise StatsError("there are no boards to aggregate")
    m = len(parts[0].measured)
    if m < FEWEST_MODELS:
        raise StatsError(f"{m} models stand on every board, at least {FEWEST_MODELS} needed")
    for part in parts:
        if len(part.measured) != m:
            raise StatsError(f"{part.benchmark} has {len(part.measured)} models, and {parts[0].benchmark} has {m}")
        if not part.weight > 0 or not np.isfinite(part.weight):
            raise StatsError(f"{part.benchmark}: expected a positive weight, found {part.weight}")
        check_measured(part.measured, part.samples)
        for rate in part.measured:
            if rate.estimate.value is None:
                raise StatsError(f"{part.benchmark}: a model has no number there: {rate.estimate.status.reason}")
    return m


def _without_error(parts: Sequence[Part]) -> str | None:
    """The reason why no interval can be given; None where it can."""
    for part in parts:
        if any(rate.estimate.stderr is None or rate.estimate.lower is None for rate in part.measured):
            return f"a number on {part.benchmark} has no interval"
        if min(sample.n_clusters for sample in part.samples) < FEWEST_CLUSTERS:
            return f"fewer than {FEWEST_CLUSTERS} instructions on {part.benchmark}"
    return None


def _relative_weights(parts: Sequence[Part]) -> Floats:
    weights = np.array([part.weight for part in parts], dtype=np.float64)
    relative: Floats = weights / weights.sum()
    return relative


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Resamples of each benchmark's clusters: the `beyond` of a cluster is how often it was drawn, less one.

    `places` are the clusters' columns of `beyond`, which has the shape (ROUNDS, clusters).
    """

    places: Mapping[str, Mapping[str, int]]
    beyond: Mapping[str, Floats]
    generator: np.random.Generator

    def moves(self, benchmark: str, pulls: Floats) -> Floats:
        """The moves of sums under each resample, from the contribution of each cluster to each sum.

        Args:
            pulls: shape (sums, clusters).

        Returns:
            Shape (ROUNDS, sums).
        """
        moved: Floats = self.beyond[benchmark] @ pulls.T
        return moved


def _drawn(parts: Sequence[Part]) -> _Draws:
    generator = generator_of(np.concatenate([rate.influence for part in parts for rate in part.measured]))
    places = {name: {cluster: at for at, cluster in enumerate(found)} for name, found in _clusters(parts).items()}
    beyond: dict[str, Floats] = {}
    for name, found in places.items():
        times = generator.multinomial(len(found), np.full(len(found), 1 / len(found)), size=ROUNDS)
        beyond[name] = times.astype(np.float64) - 1
    return _Draws(places, beyond, generator)


def _clusters(parts: Sequence[Part]) -> dict[str, list[str]]:
    """The names of each benchmark's clusters, sorted."""
    found: dict[str, set[str]] = {}
    for part in parts:
        found.setdefault(part.benchmark, set()).update(name for sample in part.samples for name in sample.clusters)
    return {name: sorted(clusters) for name, clusters in found.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Errors:
    """The errors of a part's scores, by their origin.

    `pulls` are the clusters' contributions, shape (m, clusters); `alone` are errors that are independent between
    models, shape (m,); `shared` are errors that move all models, shape (m, errors).
    """

    pulls: Floats
    alone: Floats
    shared: Floats

    @property
    def noise(self) -> float:
        """The mean error variance of the scores about their mean: what moves all alike moves no difference."""
        m = len(self.alone)
        apart = [part - part.mean(axis=0) for part in (self.pulls, self.shared)]
        return float(sum((part**2).sum() / m for part in apart) + (1 - 1 / m) * (self.alone**2).mean())

    def moves(self, benchmark: str, drawn: _Draws) -> Floats:
        """The moves of the scores under each resample, shape (ROUNDS, m)."""
        noise = drawn.generator.normal(size=(ROUNDS, len(self.alone) + self.shared.shape[1]))
        alone, shared = np.split(noise, [len(self.alone)], axis=1)
        moved: Floats = drawn.moves(benchmark, self.pulls) + alone * self.alone + shared @ self.shared.T
        return moved


def _errors_of(part: Part, places: Mapping[str, int]) -> _Errors:
    pulls = cluster_influences(part.measured, part.samples, places)
    own = np.array([rate.estimate.stderr for rate in part.measured], dtype=np.float64)
    # an error larger than that of the influences comes from an exact rule, and is independent between models
    beyond = np.maximum(own**2 - (pulls**2).sum(axis=1), 0.0)
    alone = np.sqrt(beyond + np.array([rate.own_error**2 for rate in part.measured]))
    return _Errors(pulls, alone, shared_errors(part.measured))


def _values(part: Part) -> Floats:
    return np.array([rate.estimate.value for rate in part.measured], dtype=np.float64)


def _z(parts: Sequence[Part]) -> tuple[Floats, Floats, list[Status]]:
    """The mean standardised score of each model, its resamples of shape (ROUNDS, m), and its status."""
    drawn = _drawn(parts)
    m = len(parts[0].measured)
    value, moved = np.zeros(m), np.zeros((ROUNDS, m))
    unclear, alike = [], []
    for part, weight in zip(parts, _relative_weights(parts), strict=True):
        scores, errors = _values(part), _errors_of(part, drawn.places[part.benchmark])
        moves = errors.moves(part.benchmark, drawn)
        apart, moves = scores - scores.mean(), moves - moves.mean(axis=1, keepdims=True)
        variance, noise = apart.var(), errors.noise
        if variance <= _CLEAR * noise:
            unclear.append(part.benchmark)
        # the scores of few instructions lie further apart than the models do
        taken = min(noise, variance / _CLEAR)
        spread = np.sqrt(variance - taken)
        if spread == 0:
            alike.append(part.benchmark)
            continue
        z = apart / spread
        value += weight * z
        # what is taken out moves with the variance where it is a share of it
        kept = 1.0 if taken < variance / _CLEAR else 1 - 1 / _CLEAR
        moved += weight * (moves - kept * np.outer(moves @ z, z) / m) / spread
    if alike:
        return value, moved, [not_estimable(f"the scores on {', '.join(alike)} are all alike")] * m
    doubt = f"the scores on {', '.join(dict.fromkeys(unclear))} hardly differ beyond chance"
    return value, moved, [degraded(doubt) if unclear else OK] * m


def _mean_ranks(parts: Sequence[Part], n: int, freedom: int, confidence: float) -> Aggregated:
    """Mean ranks with the ranks that the data allow, from differences that are simultaneous over a model's rivals."""
    drawn = _drawn(parts)
    m = len(parts[0].measured)
    errors = [difference_errors(part.measured, part.samples) for part in parts]
    moves = [_errors_of(part, drawn.places[part.benchmark]).moves(part.benchmark, drawn) for part in parts]
    largest = _largest_differences(moves, errors)
    # bounds on differences in standard errors: on those of one model, and on those of all models at once
    own = np.array([_student(bound, freedom) for bound in np.quantile(largest, confidence, axis=0)])
    joint = np.full(m, _student(float(np.quantile(largest.max(axis=1), confidence)), freedom))
    mean = np.zeros(m)
    ends = {"own": np.zeros((2, m)), "joint": np.zeros((2, m))}
    for part, error, weight in zip(parts, errors, _relative_weights(parts), strict=True):
        scores = _values(part)
        ahead = scores[None, :] - scores[:, None]  # the lead of the column's model over the row's
        mean += weight * (1 + (ahead > 0).sum(axis=1) + ((ahead == 0).sum(axis=1) - 1) / 2)
        for name, reach in (("own", own), ("joint", joint)):
            margin = reach[:, None] * error
            ends[name] += weight * np.array([1 + (ahead > margin).sum(axis=1), m - (-ahead > margin).sum(axis=1)])
    # sums of shares of ranks that are equal may differ in their last digits
    mean, ends = np.round(mean, _DECIMALS), {name: np.round(bounds, _DECIMALS) for name, bounds in ends.items()}
    estimates = tuple(
        Estimate(float(rank), None, float(best), float(worst), n)
        for rank, best, worst in zip(mean, *ends["own"], strict=True)
    )
    best, worst = ends["joint"]
    ranks = tuple(
        RankInterval(
            1 + int((mean < mean[model]).sum()),
            1 + int((worst < best[model]).sum()),
            m - int((best > worst[model]).sum()),
        )
        for model in range(m)
    )
    return Aggregated(estimates, ranks)


def _largest_differences(moves: Sequence[Floats], errors: Sequence[Floats]) -> Floats:
    """The largest of each model's differences from others under each resample, in standard errors; (ROUNDS, m)."""
    m = len(errors[0])
    largest = np.zeros((ROUNDS, m))
    for moved, error in zip(moves, errors, strict=True):
        inverse = np.divide(1.0, error, out=np.zeros_like(error), where=error > 0)
        for model in range(m):
            apart = np.abs(moved - moved[:, [model]]) * inverse[model]
            np.maximum(largest[:, model], apart.max(axis=1), out=largest[:, model])
    return largest


def _student(bound: float, freedom: int) -> float:
    """Student's quantile at the level of a bound that was drawn from normal errors."""
    return student_quantile(freedom, NormalDist().cdf(bound))


def _strengths(parts: Sequence[Part]) -> tuple[Floats, Floats, list[Status]]:
    """Elo ratings with the mean ELO_MEAN, their resamples of shape (ROUNDS, m), and the status of each."""
    drawn = _drawn(parts)
    m = len(parts[0].measured)
    alike = []
    wins, slopes = np.zeros((m, m)), {name: np.zeros((m, len(found))) for name, found in drawn.places.items()}
    for part, weight in zip(parts, _relative_weights(parts), strict=True):
        shares, pulls = _battles(part, drawn.places[part.benchmark])
        if not pulls.any():
            alike.append(part.benchmark)
        wins += weight * shares
        slopes[part.benchmark] += weight * pulls
    unbounded = unbounded_models(wins > 0)
    kept = [model for model in range(m) if model not in unbounded]
    # a model without a number has no place among those with one
    value, draws = np.full(m, -np.inf), np.zeros((ROUNDS, m))
    if kept:
        # a model that won all its battles, or lost all, is infinitely far away and tells nothing about the others
        inner = wins[np.ix_(kept, kept)]
        strengths = solve_strengths(inner[None])[0]
        information = slope_and_information(inner[None], strengths[None])[1][0]
        inverse = np.linalg.inv(pinned(information, len(kept)))
        value[kept] = ELO_MEAN + _ELO * strengths
        for name, pulls in slopes.items():
            draws[:, kept] += _ELO * drawn.moves(name, inverse @ pulls[kept])
    even = degraded(f"{', '.join(alike)}: {_EVEN}") if alike else OK
    return value, draws, [not_estimable(unbounded[model]) if model in unbounded else even for model in range(m)]


def _battles(part: Part, places: Mapping[str, int]) -> tuple[Floats, Floats]:
    """The share of battles that the row's model won against the column's, and what each cluster adds to the slopes.

    Returns:
        Shares of shape (m, m), zero where two models have no instruction in common; slopes of shape (m, clusters).
    """
    keys = {key: at for at, key in enumerate(sorted({key for sample in part.samples for key in sample.keys}))}
    m = len(part.samples)
    verdicts = np.full((m, len(keys)), np.nan)
    cluster = np.zeros(len(keys), dtype=np.int64)
    for model, sample in enumerate(part.samples):
        at = [keys[key] for key in sample.keys]
        verdicts[model, at] = sample.preference
        cluster[at] = np.array([places[name] for name in sample.clusters], dtype=np.int64)[sample.cluster]
    shares, slopes = np.zeros((m, m)), np.zeros((m, len(places)))
    for model in range(m):
        ahead = verdicts[model] - verdicts
        both = ~np.isnan(ahead)
        both[model] = False
        won = np.where(both, (ahead > _TIE) + 0.5 * (np.abs(ahead) <= _TIE), 0.0)
        n = both.sum(axis=1, keepdims=True)
        share = np.divide(won.sum(axis=1, keepdims=True), n, out=np.zeros((m, 1)), where=n > 0)
        shares[model] = share[:, 0]
        pulls = np.divide(np.where(both, won - share, 0.0), n, out=np.zeros_like(won), where=n > 0).sum(axis=0)
        slopes[model] = np.bincount(cluster, weights=pulls, minlength=len(places))
    return shares, slopes
