"""Battles from votes, and from comparisons with baselines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.boards.entries import Entry
from evalkit.boards.pick import each_once, one_judge
from evalkit.errors import StatsError
from evalkit.formats import Votes
from evalkit.stats import Battles, Ints, build_battles


@dataclass(frozen=True, slots=True, eq=False)
class CollectedBattles:
    """Battles, the clusters that make them dependent, and the number of rows that were left out, by reason."""

    battles: Battles
    clustered_by: str | None
    left_out: dict[str, int]


def battles_of_entries(
    entries: Sequence[Entry], *, judge: str | None = None, clustered: bool = True
) -> CollectedBattles:
    """Battles of candidates against their baselines, clustered by instruction.

    Raises:
        InputError: several judges and none chosen.
        StatsError: nothing is left to be rated.
    """
    return battles_of([], entries, judge=judge, clustered=clustered)


def battles_of(
    votes: Sequence[Votes], entries: Sequence[Entry], *, judge: str | None = None, clustered: bool = True
) -> CollectedBattles:
    """Battles of votes and of candidates against their baselines, under one judge.

    Raises:
        InputError: several judges and none chosen.
        StatsError: nothing is left to be rated.
    """
    compared = [entry for entry in entries if not entry.graded]
    return _gathered(votes, each_once(one_judge(compared, judge)), clustered=clustered)


def _votes(entry: Entry, *, clustered: bool) -> Votes:
    sample = entry.sample
    n = sample.n
    models = (entry.model,) if entry.model == entry.baseline else (entry.model, entry.baseline)
    return Votes(
        source=entry.model,
        models=models,
        a=np.zeros(n, dtype=np.int64),
        b=np.full(n, len(models) - 1, dtype=np.int64),
        outcome=sample.preference,
        cluster=sample.cluster if clustered else None,
        clusters=sample.clusters,
        cluster_column="instruction" if clustered else None,
        n_undecided=sample.n_missing,
    )


def _gathered(voted: Sequence[Votes], entries: Sequence[Entry], *, clustered: bool) -> CollectedBattles:
    # models whose outputs failed the audit are not rated
    passed = [entry for entry in entries if not entry.refused]
    votes = [*voted, *(_votes(entry, clustered=clustered) for entry in passed)]
    if not votes:
        why = "the sources hold grades only" if not entries else "an audit refused the outputs of every model"
        raise StatsError(f"no comparisons: {why}")
    models, places = _joined([source.models for source in votes])
    a = np.concatenate([place[source.a] for place, source in zip(places, votes, strict=True)])
    b = np.concatenate([place[source.b] for place, source in zip(places, votes, strict=True)])
    outcome = np.concatenate([source.outcome for source in votes])
    cluster = _clusters(votes)
    style = {name: np.concatenate([source.style[name] for source in votes]) for name in votes[0].style}
    fought = a != b
    if not fought.all():
        a, b, outcome = a[fought], b[fought], outcome[fought]
        cluster = None if cluster is None else cluster[fought]
        style = {name: values[fought] for name, values in style.items()}
    present = np.zeros(len(models), dtype=bool)
    present[a] = present[b] = True
    place = np.cumsum(present) - 1
    kept = [model for model, occurs in zip(models, present.tolist(), strict=True) if occurs]
    battles = build_battles(kept, a=place[a], b=place[b], outcome=outcome, cluster=cluster, covariates=style)
    left_out = {
        "battles without a verdict": sum(source.n_undecided for source in votes),
        "battles of a model against itself": int((~fought).sum()),
        "models without a single verdict": len(models) - len(kept),
        "models whose outputs an audit refused": len(entries) - len(passed),
    }
    columns = sorted({source.cluster_column for source in votes if source.cluster_column})
    by = " and ".join(columns) if battles.n_clusters < battles.n else None
    return CollectedBattles(battles, by, {reason: n for reason, n in left_out.items() if n})


def _joined(names: Sequence[Sequence[str]]) -> tuple[list[str], list[Ints]]:
    """All names sorted, and for each list the indices of its names among them."""
    known = sorted({name for group in names for name in group})
    place = {name: index for index, name in enumerate(known)}
    return known, [np.array([place[name] for name in group], dtype=np.int64) for group in names]


def _clusters(votes: Sequence[Votes]) -> Ints | None:
    """Clusters of all sources: rows with the same column and name share one, and a row without a name is its own."""
    if all(source.cluster is None for source in votes):
        return None
    if len(votes) == 1:
        return votes[0].cluster
    known, places = _joined([[f"{source.cluster_column}\0{name}" for name in source.clusters] for source in votes])
    parts, used = [], len(known)
    for place, source in zip(places, votes, strict=True):
        n = len(source.a)
        parts.append(used + np.arange(n) if source.cluster is None else place[source.cluster])
        used += n
    return np.concatenate(parts)
