"""A board beside a reference ranking: the models that both know, and how far both agree on them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.boards.joined import Joined, numbered_models
from evalkit.catalog import Reference, SharedModel, shared_models
from evalkit.formats import Score, ScoreTable
from evalkit.stats import (
    Coefficient,
    Errors,
    Floats,
    Robustness,
    agreement_with_confidence,
    kendall,
    normal_quantile,
    pair_rank_brier,
    pearson,
    robustness,
    separability,
    spearman,
)
from evalkit.types import Estimate

_REACH_95 = normal_quantile(0.975)


@dataclass(frozen=True, slots=True)
class ScorePair:
    """A model on both sides: its score on the board, and its name and score in the reference."""

    score: Score
    canonical: str
    human: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of a board with a reference, and the models that it covers.

    `confident` is the agreement over the pairs that the reference separates. `degraded` are those of `models` whose
    number is degraded. The reference knows the models `left_out`, but they have no number; it does not know the models
    `unknown`. `absent` are the reference's models that the board lacks. `pairs` are the models with both scores, in
    their order.
    """

    reference: Reference
    spearman: Estimate
    kendall: Estimate
    pearson: Estimate
    separability: Estimate
    confident: Estimate
    brier: Estimate
    models: tuple[str, ...]
    degraded: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    pairs: tuple[ScorePair, ...] = ()


@dataclass(frozen=True, slots=True)
class Correlated:
    """One board of several, with the dependence of its correlations on chance and on single models, by coefficient.

    `notes` say what a reader must know of the board's file.
    """

    board: str
    metric: str
    agreement: Agreement
    robustness: Mapping[Coefficient, Robustness]
    notes: tuple[str, ...] = ()


def agree(
    scores: Sequence[Score],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    renamed: Mapping[str, str] | None = None,
    degraded: Collection[str] = (),
) -> Agreement:
    """Compare a board's scores with a reference; rows without a number are named."""
    shared = numbered_models(scores, reference, aliases, renamed=renamed)
    rows = _rows(scores, shared)
    board, human, errors = _columns(rows, shared, reference)
    intervals, theirs = _intervals(rows), _reference_intervals(shared, reference)
    used = tuple(pair.model for pair in shared)
    known = shared_models((score.model for score in scores), reference, aliases, renamed=renamed)
    return Agreement(
        reference,
        spearman=spearman(board, human, errors=errors),
        kendall=kendall(board, human, errors=errors),
        pearson=pearson(board, human, errors=errors),
        separability=separability(intervals),
        confident=agreement_with_confidence(intervals, theirs),
        brier=pair_rank_brier(_means(rows), _variances(rows), human),
        models=used,
        degraded=tuple(model for model in used if model in degraded),
        left_out=tuple(pair.model for pair in known if pair.model not in used),
        unknown=tuple(sorted({score.model for score in scores} - {pair.model for pair in known} - set(used))),
        absent=tuple(sorted(set(reference.scores) - {pair.canonical for pair in known})),
        pairs=tuple(
            ScorePair(row, pair.canonical, pair.score, reference.intervals.get(pair.canonical))
            for row, pair in zip(rows, shared, strict=True)
        ),
    )


def correlate(joined: Joined) -> list[Correlated]:
    """Compare each board with the reference, over the models that it shares with it."""
    return [
        _correlated(table, joined.reference, joined.aliases, names)
        for table, names in zip(joined.tables, joined.renamed, strict=True)
    ]


def _correlated(
    table: ScoreTable, reference: Reference, aliases: Mapping[str, str], renamed: Mapping[str, str]
) -> Correlated:
    shared = numbered_models(table.scores, reference, aliases, renamed=renamed)
    board, human, _ = _columns(_rows(table.scores, shared), shared, reference)
    found = {coefficient: robustness(coefficient, board, human) for coefficient in Coefficient}
    return Correlated(
        table.name,
        table.metric,
        agree(table.scores, reference, aliases, renamed=renamed),
        {coefficient: result for coefficient, result in found.items() if result is not None},
        table.notes,
    )


def _rows(scores: Sequence[Score], shared: Sequence[SharedModel]) -> list[Score]:
    by_model = {score.model: score for score in scores}
    return [by_model[pair.model] for pair in shared]


def _columns(
    rows: Sequence[Score], shared: Sequence[SharedModel], reference: Reference
) -> tuple[Floats, Floats, Errors]:
    """Scores of both sides and their standard errors, 0 where no error is known."""
    bounds = [reference.intervals.get(pair.canonical) for pair in shared]
    human = np.array([0.0 if pair is None else (pair[1] - pair[0]) / 2 / _REACH_95 for pair in bounds])
    return (
        np.array([score.value for score in rows], dtype=np.float64),
        np.array([pair.score for pair in shared], dtype=np.float64),
        (np.nan_to_num(np.sqrt(_variances(rows))), human),
    )


def _variances(rows: Sequence[Score]) -> Floats:
    """Measurement variances: as given, else from a 95 % interval, NaN where unknown."""
    found = []
    for score in rows:
        if score.stderr is not None:
            found.append(score.stderr**2)
        elif score.lower is not None and score.upper is not None:
            found.append(((score.upper - score.lower) / 2 / _REACH_95) ** 2)
        else:
            found.append(np.nan)
    return np.array(found, dtype=np.float64)


def _means(rows: Sequence[Score]) -> Floats:
    return np.array(
        [score.value if score.resampled_mean is None else score.resampled_mean for score in rows], dtype=np.float64
    )


def _intervals(rows: Sequence[Score]) -> Floats:
    """Intervals of the scores, shape (n, 2), NaN where unknown."""
    return np.array([(score.lower, score.upper) for score in rows], dtype=np.float64).reshape(-1, 2)


def _reference_intervals(shared: Sequence[SharedModel], reference: Reference) -> Floats:
    unknown = (np.nan, np.nan)
    bounds = [reference.intervals.get(pair.canonical, unknown) for pair in shared]
    return np.array(bounds, dtype=np.float64).reshape(-1, 2)
