"""A board beside a reference ranking: which models both know, and how far they agree on them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.catalog import Reference, SharedModel, names_by_map, shared_models
from evalkit.errors import InputError
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
    """A model on both sides: its score on the board, and what the reference calls it and gives it."""

    score: Score
    canonical: str
    human: float
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a board and a reference agree, over which models.

    `confident` is the agreement over the pairs that the reference separates. `degraded` are those among `models` whose
    number is marked so; `left_out` the reference knows, but has no number; `unknown` it does not know, and `absent` are
    its own that the board lacks. `pairs` are the models with both scores, in their order.
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
    """One board of several, with what its correlations owe to chance and to single models, by coefficient."""

    board: str
    metric: str
    agreement: Agreement
    robustness: Mapping[Coefficient, Robustness]


def agree(
    scores: Sequence[Score],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    renamed: Mapping[str, str] | None = None,
    degraded: Collection[str] = (),
) -> Agreement:
    """Everything that a board's scores and a reference say of each other; rows without a number are named."""
    shared = _shared(scores, reference, aliases, renamed)
    rows = _rows(scores, shared)
    board, human, errors = _columns(rows, shared, reference)
    intervals, theirs = _intervals(rows), _reference_intervals(shared, reference)
    used = tuple(one.model for one in shared)
    known = shared_models((one.model for one in scores), reference, aliases, renamed=renamed)
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
        left_out=tuple(one.model for one in known if one.model not in used),
        unknown=tuple(sorted({one.model for one in scores} - {one.model for one in known} - set(used))),
        absent=tuple(sorted(set(reference.scores) - {one.canonical for one in known})),
        pairs=tuple(
            ScorePair(row, one.canonical, one.score, reference.intervals.get(one.canonical))
            for row, one in zip(rows, shared, strict=True)
        ),
    )


def correlate(
    tables: Sequence[ScoreTable],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    maps: Sequence[Mapping[str, str]] = (),
) -> list[Correlated]:
    """Each board beside the reference; of several maps the first that knows a model decides.

    Raises:
        InputError: a map fits no board.
    """
    renamed = _renamed(tables, reference, maps)
    return [_correlated(table, reference, aliases, names) for table, names in zip(tables, renamed, strict=True)]


def correlate_common(
    tables: Sequence[ScoreTable],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    maps: Sequence[Mapping[str, str]] = (),
) -> list[Correlated]:
    """Each board beside the reference, over the models that all boards and the reference have a number for.

    Raises:
        InputError: a map fits no board.
    """
    renamed = _renamed(tables, reference, maps)
    shared = [
        {one.canonical: one.model for one in _shared(table.scores, reference, aliases, names)}
        for table, names in zip(tables, renamed, strict=True)
    ]
    common = set.intersection(*map(set, shared)) if shared else set()
    narrowed = Reference(
        reference.name,
        {name: score for name, score in reference.scores.items() if name in common},
        reference.source,
        reference.date,
        reference.intervals,
    )
    # what joined a model before joins it now, whatever else could take its place
    own = [{model: name for name, model in names.items() if name in common} for names in shared]
    return [_correlated(table, narrowed, {}, names) for table, names in zip(tables, own, strict=True)]


def _correlated(
    table: ScoreTable, reference: Reference, aliases: Mapping[str, str], renamed: Mapping[str, str]
) -> Correlated:
    shared = _shared(table.scores, reference, aliases, renamed)
    board, human, _ = _columns(_rows(table.scores, shared), shared, reference)
    found = {coefficient: robustness(coefficient, board, human) for coefficient in Coefficient}
    return Correlated(
        table.name,
        table.metric,
        agree(table.scores, reference, aliases, renamed=renamed),
        {coefficient: one for coefficient, one in found.items() if one is not None},
    )


def _renamed(
    tables: Sequence[ScoreTable], reference: Reference, maps: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """What the maps say of each table's models; the first map that names a model decides."""
    renamed: list[dict[str, str]] = [{} for _ in tables]
    for number, name_map in reversed(list(enumerate(maps, start=1))):
        found = [names_by_map(name_map, [one.model for one in table.scores], reference) for table in tables]
        if not any(found):
            raise InputError(
                f"--map number {number}: leads from no board's models to those of {reference.name} or back"
            )
        for names, more in zip(renamed, found, strict=True):
            names.update(more)
    return renamed


def _shared(
    scores: Sequence[Score], reference: Reference, aliases: Mapping[str, str], renamed: Mapping[str, str] | None
) -> list[SharedModel]:
    return shared_models((one.model for one in scores if one.value is not None), reference, aliases, renamed=renamed)


def _rows(scores: Sequence[Score], shared: Sequence[SharedModel]) -> list[Score]:
    by_model = {one.model: one for one in scores}
    return [by_model[one.model] for one in shared]


def _columns(
    rows: Sequence[Score], shared: Sequence[SharedModel], reference: Reference
) -> tuple[Floats, Floats, Errors]:
    """Scores of both sides and their standard errors, 0 where none is known."""
    bounds = [reference.intervals.get(one.canonical) for one in shared]
    human = np.array([0.0 if pair is None else (pair[1] - pair[0]) / 2 / _REACH_95 for pair in bounds])
    return (
        np.array([one.value for one in rows], dtype=np.float64),
        np.array([one.score for one in shared], dtype=np.float64),
        (np.nan_to_num(np.sqrt(_variances(rows))), human),
    )


def _variances(rows: Sequence[Score]) -> Floats:
    """Of measurement: as given, else from a 95 % interval, NaN where unknown."""
    found = []
    for one in rows:
        if one.stderr is not None:
            found.append(one.stderr**2)
        elif one.lower is not None and one.upper is not None:
            found.append(((one.upper - one.lower) / 2 / _REACH_95) ** 2)
        else:
            found.append(np.nan)
    return np.array(found, dtype=np.float64)


def _means(rows: Sequence[Score]) -> Floats:
    return np.array([one.value if one.resampled_mean is None else one.resampled_mean for one in rows], dtype=np.float64)


def _intervals(rows: Sequence[Score]) -> Floats:
    """Shape (n, 2), NaN where unknown."""
    return np.array([(one.lower, one.upper) for one in rows], dtype=np.float64).reshape(-1, 2)


def _reference_intervals(shared: Sequence[SharedModel], reference: Reference) -> Floats:
    unknown = (np.nan, np.nan)
    bounds = [reference.intervals.get(one.canonical, unknown) for one in shared]
    return np.array(bounds, dtype=np.float64).reshape(-1, 2)
