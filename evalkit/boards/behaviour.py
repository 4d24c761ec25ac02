"""The behaviour of a board's judge: its dependence on the order, its consistency in repeats, and its certainty."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evalkit.boards.build import Board
from evalkit.boards.judged import Transcripts
from evalkit.boards.row import BoardRow
from evalkit.stats import (
    CONFIDENCE,
    Bin,
    Floats,
    Ints,
    RetestBin,
    ShownVerdicts,
    inconsistent_share,
    mean_share,
    position_effect,
    retest_bins,
    stated_bins,
)
from evalkit.types import Annotation, Estimate, Order, Reading

# a verdict beyond this, or as far on the other side, is decided
DECIDED = 0.9
GRADED = "answers were graded alone"
SINGLE_UNKNOWN = "single verdicts are not known"
NO_SECOND = "no question was asked twice"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A judge's verdicts pooled over a board's models, without the models whose outputs failed the audit and without
    the baseline, which is not compared with itself.

    `position` is the points by which the preference for an answer is higher where it is shown first; `inconsistent` is
    the percent of comparisons in both orders that are won in one and lost in the other; `decided` is the percent of
    verdicts above 90 % or below 10 %. `retest` has a bin for each tenth of the stated probabilities; it is empty where
    no question was asked twice, and then `no_retest` says so. `stated` counts verdicts or, with `averaged`,
    instructions whose single verdicts are not known. Grades are taken as percent of their scale. Verdicts by rule are
    not verdicts of the judge and do not count.
    """

    n_models: int
    n_verdicts: int
    position: Estimate
    inconsistent: Estimate
    decided: Estimate
    stated: tuple[Bin, ...]
    retest: tuple[RetestBin, ...] = ()
    no_retest: str = ""
    averaged: bool = False
    readings: Mapping[str, int] = field(default_factory=dict)


def behaviour(board: Board, judged: Transcripts, *, confidence: float = CONFIDENCE) -> Behaviour:
    """Describe the behaviour of a board's judge, with every interval clustered by instruction."""
    rows = [row for row in board.rows if not row.entry.refused and row.entry.model != board.baseline]
    given = _single_statements(board, rows, judged)
    averaged = not len(given.preference)
    told = _averages(rows) if averaged else given
    graded = any(row.entry.graded for row in rows)
    unknown = GRADED if graded else SINGLE_UNKNOWN if averaged else ""
    shown = given.shown()
    retest = retest_bins(given.question, given.cluster, given.preference, confidence=confidence)
    return Behaviour(
        n_models=len(set(told.model.tolist())),
        n_verdicts=len(told.preference),
        position=Estimate.refused(unknown, n=0) if unknown else position_effect(shown, confidence=confidence),
        inconsistent=Estimate.refused(unknown, n=0) if unknown else inconsistent_share(shown, confidence=confidence),
        decided=Estimate.refused(GRADED, n=0) if graded else _decided(told, confidence),
        stated=stated_bins(told.preference),
        retest=retest,
        no_retest="" if retest else SINGLE_UNKNOWN if averaged else NO_SECOND,
        averaged=averaged,
        readings=_readings(rows, told),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Statements:
    """A judge's statements, one row per verdict; grades as shares of their scale. Arrays of shape (n,)."""

    question: Ints
    model: Ints
    cluster: Ints
    orders: tuple[Order | None, ...]
    readings: tuple[Reading | None, ...]
    preference: Floats

    def shown(self) -> ShownVerdicts:
        """The verdicts for which it is known which answer was shown first."""
        kept = np.array([order in (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST) for order in self.orders], dtype=bool)
        first = np.array([order == Order.CANDIDATE_FIRST for order in self.orders], dtype=bool)
        return ShownVerdicts(
            self.question[kept], self.model[kept], self.cluster[kept], first[kept], self.preference[kept]
        )


# the model, the key and the cluster of a verdict, its order, its reading and its value
_Verdict = tuple[str, str, str, Order | None, Reading | None, float]


def _single_statements(board: Board, rows: Sequence[BoardRow], judged: Transcripts) -> _Statements:
    """The single verdicts as they were given."""
    clusters: dict[str, str] = {}
    # an instruction that lacks one of a model's verdicts may have all of another model's
    for sample in (row.entry.sample for row in rows):
        clusters.update(zip(sample.keys, (sample.clusters[number] for number in sample.cluster), strict=True))

    def verdicts() -> Iterator[_Verdict]:
        for entry in (row.entry for row in rows):
            for key, places in judged.given(board, entry.model).items():
                for place in places:
                    said = _statement(place, entry.scale)
                    if said is not None:
                        yield entry.model, key, clusters.get(key, key), place.slot.order, place.reading, said

    return _columns(verdicts())


def _averages(rows: Sequence[BoardRow]) -> _Statements:
    """The means over orders and repeats, which are all that a table of numbers has."""
    return _columns(
        (entry.model, key, entry.sample.clusters[cluster], None, None, float(preference))
        for entry in (row.entry for row in rows)
        for key, cluster, preference in zip(
            entry.sample.keys, entry.sample.cluster, entry.sample.preference, strict=True
        )
    )


def _statement(place: Annotation, scale: tuple[float, float]) -> float | None:
    """The judge's statement in [0, 1]; None where it gave no verdict, or was not asked."""
    if place.slot.rule is not None:
        return None
    if place.rating is None:
        return place.preference
    low, high = scale
    return (place.rating.value - low) / (high - low)


def _columns(verdicts: Iterator[_Verdict]) -> _Statements:
    rows = list(verdicts)
    models, keys, clusters, orders, readings, preference = zip(*rows, strict=True) if rows else ((),) * 6
    return _Statements(
        _numbered(tuple(zip(models, keys, strict=True))),
        _numbered(models),
        _numbered(clusters),
        tuple(orders),
        tuple(readings),
        np.array(preference, dtype=np.float64),
    )


def _numbered(names: Sequence[object]) -> Ints:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _decided(told: _Statements, confidence: float) -> Estimate:
    beyond = (told.preference > DECIDED) | (told.preference < 1 - DECIDED)
    return mean_share(beyond.astype(np.float64), told.cluster, confidence=confidence)


def _readings(rows: Sequence[BoardRow], told: _Statements) -> dict[str, int]:
    """Counts of how verdicts were read, the most frequent way first; from the entries where single ones are unknown."""
    counts = Counter(reading.value for reading in told.readings if reading is not None)
    if not counts:
        for row in rows:
            counts.update(row.entry.judging.readings)
    return dict(counts.most_common())
