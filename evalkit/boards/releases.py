"""A model's number by release: the changes from one to the next, also by category, and the number of looks."""

import datetime
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

import numpy as np

from evalkit.boards.comparison import slice_differences
from evalkit.boards.entries import CATEGORY, Entry
from evalkit.boards.kept import decode_verdicts
from evalkit.boards.metrics import SCORE, Metric, Recipe
from evalkit.boards.rates import Difference, Estimators, learn
from evalkit.boards.release_choice import WHOLE_CHAIN, ReleaseChoice, partial_reasons
from evalkit.stats import Rung, climb, common, expected_largest, significant
from evalkit.types import Estimate, ReleaseRun

# of two sets of instructions, a look at the one is a look at the other if they share this much of the smaller one
SHARED = 0.5
SAME_OUTPUTS = "the same outputs"
_COMMIT = 7
_OFF_THE_LADDER = Rung(None, None, None, improves=False)


@dataclass(frozen=True, slots=True)
class Looks:
    """The number of different outputs whose numbers were shown on the same `instructions`, and the user's `budget`.

    `lift` is how far above its true number the best of so many equally good releases is expected, in points; None where
    no error of a change is known.
    """

    n: int
    instructions: int
    budget: int | None = None
    lift: float | None = None

    @property
    def used_up(self) -> bool:
        """True if the budget leaves no further look."""
        return self.budget is not None and self.n >= self.budget


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseChange:
    """The change of a number from the release before, on the `n` instructions that both have a verdict on.

    `categories` are the changes by category in the metric `categories_metric`, with p-values adjusted for their number;
    `moved` names those that changed significantly. Where both releases have the `same_outputs`, the change is 0 and
    nothing is estimated.
    """

    difference: Difference
    n: int
    categories: Mapping[str, Difference]
    categories_metric: Metric
    moved: tuple[str, ...]
    same_outputs: bool = False

    @property
    def significant(self) -> bool:
        return significant(self.difference.estimate)


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """A model's outputs at a time, with every run that measured them, its `estimate` and its place on the ladder.

    `same_as` names an earlier release with the same outputs. `partial` says why it is not a measurement of all
    instructions. A release that is not `compared` has no place in the chain of changes and on the ladder. It has no
    `change`, and neither has the first one.
    """

    name: str
    runs: tuple[ReleaseRun, ...]
    entry: Entry
    estimate: Estimate
    rung: Rung
    change: ReleaseChange | None = None
    same_as: str | None = None
    partial: str | None = None
    compared: bool = True

    @property
    def at(self) -> datetime.datetime:
        """The time of the first run, in UTC."""
        return self.runs[0].at

    @property
    def label(self) -> str | None:
        return _last(run.label for run in self.runs)

    @property
    def commit(self) -> str | None:
        """The commit of the first run: later ones may measure the same outputs when other commits are checked out."""
        return self.runs[0].commit

    @property
    def decision(self) -> ReleaseRun | None:
        """The last run of a gate."""
        return next((run for run in reversed(self.runs) if run.outcome is not None), None)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """All releases of a model under one judge, in one form and against one baseline, the earliest first."""

    benchmark: str
    model: str
    judge: str
    digest: str
    served_as: str
    baseline: str
    metric: Metric
    confidence: float
    releases: tuple[Release, ...]
    looks: Looks

    @property
    def group(self) -> tuple[str, str, str]:
        """The judge's digest, the served model and the baseline, as those of a board."""
        return self.digest, self.served_as, self.baseline

    @property
    def compared(self) -> tuple[Release, ...]:
        """The releases in the chain of changes: each is compared with the one before it."""
        return tuple(release for release in self.releases if release.compared)

    @property
    def best(self) -> Release:
        """The release that no later one improved on by more than a step of the ladder."""
        return next(release for release in reversed(self.releases) if release.rung.improves)


def build_series(
    runs: Sequence[ReleaseRun],
    verdicts: Mapping[str, str],
    others: Sequence[Entry],
    recipe: Recipe,
    *,
    budget: int | None = None,
    choice: ReleaseChoice = WHOLE_CHAIN,
) -> list[Series]:
    """The series of one model on one benchmark, the one that was measured last first.

    Looks are counted over all runs, whichever releases are chosen.

    Args:
        runs: those of the model, the earliest first.
        verdicts: the kept texts by their names.
        others: entries of the benchmark, from which difficulty and the effect of length are learned.

    Raises:
        UnknownName: a control that no answer has a measure for, or a release that there is not.
        ConfigError: no release is chosen.
        StatsError: a history cannot be learned.
    """
    looked = {run.verdicts: _asked(decode_verdicts(verdicts[run.verdicts], run)) for run in runs}
    grouped: dict[tuple[str, str, str], list[ReleaseRun]] = {}
    for run in runs:
        grouped.setdefault((run.group.digest, run.served_as, run.group.baseline), []).append(run)
    found = []
    lines = [_Line.of(mine, verdicts) for mine in sorted(grouped.values(), key=lambda some: some[-1].at, reverse=True)]
    chosen = choice.chosen(
        [[(name, runs[0].at) for name, runs in zip(one.names, one.runs, strict=True)] for one in lines]
    )
    for one, shown in zip(lines, chosen, strict=True):
        if shown:
            keys = looked[one.runs[shown[-1]][-1].verdicts]
            looks = Looks(looks_at(keys, [(run.outputs, looked[run.verdicts]) for run in runs]), len(keys), budget)
            found.append(_series(one, shown, others, recipe, looks, partial=choice.partial))
    return found


def looks_at(keys: Collection[str], looked: Sequence[tuple[str, Collection[str]]]) -> int:
    """The number of different outputs that were measured on these instructions, or on half of them or more.

    Args:
        looked: the outputs of each run with the keys of its instructions.
    """
    wanted = set(keys)
    return len({outputs for outputs, theirs in looked if _same(wanted, set(theirs))})


def _same(first: set[str], second: set[str]) -> bool:
    least = min(len(first), len(second))
    return least > 0 and len(first & second) >= SHARED * least


def _asked(entry: Entry) -> frozenset[str]:
    return frozenset((*entry.sample.keys, *entry.sample.missing))


@dataclass(frozen=True, slots=True)
class _Line:
    """All releases under one judge, in one form and against one baseline, the earliest first."""

    runs: Sequence[Sequence[ReleaseRun]]
    names: Sequence[str]
    entries: Sequence[Entry]

    @classmethod
    def of(cls, runs: Sequence[ReleaseRun], verdicts: Mapping[str, str]) -> "_Line":
        grouped = _by_release(runs)
        return cls(
            grouped, _names(grouped), [decode_verdicts(verdicts[mine[-1].verdicts], mine[-1]) for mine in grouped]
        )


def _series(
    line: _Line, shown: Sequence[int], others: Sequence[Entry], recipe: Recipe, looks: Looks, *, partial: bool
) -> Series:
    reasons = partial_reasons(line.entries, line.names)
    # where all are partial, they are all that there is
    chain = [number for number in shown if partial or reasons[number] is None] or list(shown)
    last = line.entries[chain[-1]]
    beside = [entry for entry in others if entry.group[1:] == last.group[1:] and entry.model != last.model]
    rates = learn([last, *beside], recipe)
    metric = SCORE if last.graded else recipe.metric
    pairs = _Pairs(line.names, [mine[-1] for mine in line.runs], line.entries, rates, metric)
    changes = {after: pairs.change(after, before) for before, after in pairwise(chain)}
    rungs = climb(len(chain), lambda first, second: pairs.lead(chain[first], chain[second]))
    places = {
        number: rung if rung.best is None else replace(rung, best=shown.index(chain[rung.best]))
        for number, rung in zip(chain, rungs, strict=True)
    }
    releases = [
        Release(
            name=line.names[number],
            runs=tuple(line.runs[number]),
            entry=line.entries[number],
            estimate=_estimate(line.entries[number], rates, metric),
            rung=places.get(number, _OFF_THE_LADDER),
            change=changes.get(number),
            same_as=_earlier(line.runs, line.names, number),
            partial=reasons[number],
            compared=number in places,
        )
        for number in shown
    ]
    return Series(
        benchmark=line.runs[-1][-1].group.benchmark,
        model=last.model,
        judge=last.judge,
        digest=last.digest,
        served_as=last.served_as,
        baseline=last.baseline,
        metric=metric,
        confidence=recipe.confidence,
        releases=tuple(releases),
        looks=replace(looks, lift=_lift(looks.n, list(changes.values()))),
    )


def _by_release(runs: Sequence[ReleaseRun]) -> list[list[ReleaseRun]]:
    """Runs in a row of the same outputs; another label begins a release as other outputs do."""
    found: list[list[ReleaseRun]] = []
    for run in runs:
        before = found[-1] if found else []
        label = _last(one.label for one in before)
        if before and before[-1].outputs == run.outputs and (run.label is None or label in (None, run.label)):
            before.append(run)
        else:
            found.append([run])
    return found


def _names(grouped: Sequence[Sequence[ReleaseRun]]) -> list[str]:
    """A name of its own for each release: its label, else its commit, else its number."""
    names: list[str] = []
    for number, mine in enumerate(grouped, start=1):
        commit = mine[0].commit
        name = _last(run.label for run in mine) or (commit[:_COMMIT] if commit else f"#{number}")
        names.append(name if name not in names else f"{name} #{number}")
    return names


def _last(values: Iterable[str | None]) -> str | None:
    """The last value that is not missing."""
    known = [value for value in values if value is not None]
    return known[-1] if known else None


def _earlier(grouped: Sequence[Sequence[ReleaseRun]], names: Sequence[str], number: int) -> str | None:
    """The name of the first release with the same outputs; None for the first itself."""
    mine = grouped[number][0].outputs
    first = next(place for place, other in enumerate(grouped) if other[0].outputs == mine)
    return None if first == number else names[first]


def _estimate(entry: Entry, rates: Estimators, metric: Metric) -> Estimate:
    if entry.refused:
        return Estimate.refused("its outputs failed the audit", n=entry.sample.n_clusters)
    return rates.measure(entry, entry.sample)[metric].estimate


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Releases that are compared with each other."""

    names: Sequence[str]
    runs: Sequence[ReleaseRun]
    entries: Sequence[Entry]
    rates: Estimators
    metric: Metric
    known: dict[tuple[int, int], Difference] = field(default_factory=dict)

    def lead(self, first: int, second: int) -> Estimate:
        """The lead of one release over another."""
        return self._difference(first, second).estimate

    def change(self, after: int, before: int) -> ReleaseChange:
        """The change of one release from another."""
        pair = (self.entries[after], self.entries[before])
        n = common(pair[0].sample, pair[1].sample)[0].n
        found = self._difference(after, before)
        same = self._same_outputs(after, before)
        if same or self._unlike(after, before):
            return ReleaseChange(found, n, {}, self.metric, (), same_outputs=same)
        metric, parts = slice_differences(pair, self.rates, self.metric, names=(self.names[after], self.names[before]))
        categories = {name.removeprefix(f"{CATEGORY} "): part for name, part in parts.items()}
        least = 1 - self.rates.recipe.confidence
        moved = tuple(name for name, part in categories.items() if part.adjusted is not None and part.adjusted < least)
        return ReleaseChange(found, n, categories, metric, moved)

    def _difference(self, first: int, second: int) -> Difference:
        """The difference of two releases, computed once."""
        if (first, second) not in self.known:
            self.known[first, second] = self._computed(first, second)
        return self.known[first, second]

    def _computed(self, first: int, second: int) -> Difference:
        pair = (self.entries[first], self.entries[second])
        samples = common(pair[0].sample, pair[1].sample)
        if reason := self._unlike(first, second):
            refused = Estimate.refused(reason, n=samples[0].n_clusters)
            return Difference(refused, refused, refused)
        if self._same_outputs(first, second):
            # verdicts that were asked twice may differ, and the model did not change
            none = Estimate(0.0, None, None, None, samples[0].n_clusters, notes=(SAME_OUTPUTS,))
            return Difference(none, none, none)
        return self.rates.differences(pair, samples, names=(self.names[first], self.names[second]))[self.metric]

    def _same_outputs(self, first: int, second: int) -> bool:
        return self.runs[first].outputs == self.runs[second].outputs and not self._unlike(first, second)

    def _unlike(self, first: int, second: int) -> str:
        """The reason why the verdicts on two releases cannot be compared; empty where they can."""
        pair, runs = (self.entries[first], self.entries[second]), (self.runs[first], self.runs[second])
        for entry, name in zip(pair, (self.names[first], self.names[second]), strict=True):
            if entry.refused:
                return f"the outputs of {name} failed the audit"
        samples = common(pair[0].sample, pair[1].sample)
        if not samples[0].n:
            return "no instruction in common"
        if pair[0].scale != pair[1].scale:
            return "the judge's scale changed"
        if runs[0].questions == runs[1].questions and runs[0].baseline_outputs != runs[1].baseline_outputs:
            return "the baseline's answers changed"
        one, other = (sample.baseline_length for sample in samples)
        # where the instructions differ the digests tell nothing, but other answers mostly have other lengths
        if one is not None and other is not None and not np.array_equal(one, other, equal_nan=True):
            return "the baseline's answers changed"
        return ""


def _lift(looks: int, changes: Sequence[ReleaseChange]) -> float | None:
    """The expected excess of the best of equally good releases.

    Errors that all releases share lift none above the others: the error of a change is the root of two times what each
    has of its own.
    """
    errors = [change.difference.estimate.stderr for change in changes]
    known = [error for error in errors if error is not None and error > 0]
    return expected_largest(looks) * median(known) / math.sqrt(2) if known and looks > 1 else None
