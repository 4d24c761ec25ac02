"""One model under one judge, gathered from annotations, recorded files or tables: what a board row is computed from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evalkit.formats.alpaca_eval import RecordedVerdict
from evalkit.stats.noise import self_disagreement
from evalkit.stats.sample import Floats, Sample, build_sample
from evalkit.types import Annotation, Asked, Estimate, Reading

if TYPE_CHECKING:
    from evalkit.formats.table import PreferenceGroup


@dataclass(frozen=True, slots=True, eq=False)
class Judging:
    """How the verdicts came about: how they were read, what they cost, which models the endpoint said it served.

    `self_disagreement` is the share in percent of repeated questions that got another answer; None without repeats.
    """

    readings: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    served: tuple[str, ...] = ()
    self_disagreement: Estimate | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """`rules` counts instructions decided without a judge, `failures` the reasons of missing verdicts.

    `part` names the served model whose verdicts these are, where the endpoint changed it among one model's verdicts.
    """

    model: str
    judge: str
    baseline: str
    sample: Sample
    avg_length: float | None
    digest: str = ""
    part: str = ""
    rules: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    judging: Judging = field(default_factory=Judging)

    @property
    def group(self) -> tuple[str, str, str, str]:
        """Rows can be ranked against each other only under the same judge and baseline."""
        return self.judge, self.digest, self.part, self.baseline

    @property
    def mixed(self) -> bool:
        """Whether probabilities and single draws stand side by side in one mean."""
        return {Reading.WEIGHTED.value, Reading.SAMPLED.value} <= self.judging.readings.keys()


def entries_of_annotations(annotations: Iterable[Annotation]) -> list[Entry]:
    """An entry for each model, judge and baseline; one for each served model where the endpoint changed it."""
    gathered: dict[tuple[str, str, str, str], _Columns] = {}
    for one in annotations:
        asked = one.asked
        key = (asked.judge, asked.digest, asked.baseline, asked.model)
        gathered.setdefault(key, _Columns(asked)).add(one)
    return [entry for _, columns in sorted(gathered.items()) for entry in columns.entries()]


def entries_of_recorded(verdicts: Iterable[RecordedVerdict]) -> list[Entry]:
    gathered: dict[tuple[str, str, str], list[RecordedVerdict]] = {}
    for one in verdicts:
        gathered.setdefault((one.judge, one.baseline, one.model), []).append(one)
    return [_of_recorded(rows) for _, rows in sorted(gathered.items())]


def entries_of_table(groups: "Iterable[PreferenceGroup]") -> list[Entry]:
    return [
        Entry(
            model=group.model,
            judge=group.judge,
            baseline=group.baseline,
            sample=build_sample(
                group.keys, group.preference, length_difference=group.candidate_chars - group.baseline_chars
            ),
            avg_length=float(group.candidate_chars.mean()),
            failures=_without_verdict(group.preference),
        )
        for group in groups
    ]


@dataclass(slots=True)
class _Columns:
    """One model's annotations under one judge as columns: texts and replies are not kept."""

    first: Asked
    keys: list[str] = field(default_factory=list)
    clusters: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    preferences: list[float | None] = field(default_factory=list)
    differences: list[float | None] = field(default_factory=list)
    failures: list[str | None] = field(default_factory=list)
    readings: list[Reading | None] = field(default_factory=list)
    served: list[str | None] = field(default_factory=list)
    costs: list[float | None] = field(default_factory=list)
    replied: list[bool] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    repeated: bool = False

    def add(self, annotation: Annotation) -> None:
        asked, reply = annotation.asked, annotation.reply
        self.keys.append(asked.key)
        # mostly the same text, which need not be held twice
        self.clusters.append(asked.key if asked.cluster == asked.key else asked.cluster)
        self.repeated = self.repeated or asked.repeat > 0
        self.orders.append(asked.order.value)
        self.preferences.append(annotation.preference)
        self.failures.append(annotation.failure)
        self.readings.append(annotation.reading)
        self.served.append(None if reply is None else reply.model)
        self.costs.append(annotation.cost)
        self.replied.append(reply is not None)
        if asked.candidate_chars is None:
            self.differences.append(None)
        else:
            self.differences.append(asked.candidate_chars - asked.baseline_chars)
            self.lengths[asked.key] = asked.candidate_chars
        if asked.rule is not None:
            self.rules[asked.rule] += 1

    def entries(self) -> list[Entry]:
        names = sorted({name for name in self.served if name is not None})
        if len(names) < 2:
            return [self._entry("", self.preferences, self.failures)]
        return [self._part(name) for name in names]

    def _part(self, name: str) -> Entry:
        """The entry of one served model: what another one answered is missing from it."""
        others = [served not in (None, name) for served in self.served]
        preferences = [None if other else one for one, other in zip(self.preferences, others, strict=True)]
        failures = [
            f"answered as {served}" if other else one
            for one, served, other in zip(self.failures, self.served, others, strict=True)
        ]
        return self._entry(name, preferences, failures)

    def _entry(self, part: str, preferences: Sequence[float | None], failures: Sequence[str | None]) -> Entry:
        preference = _floats(preferences)
        # of a reply whose tokens nobody counted the cost is not known, and so it is of the sum
        mine = [not part or served == part for served in self.served]
        costs = [cost for cost, counts, read in zip(self.costs, mine, self.replied, strict=True) if counts and read]
        readings = [one for one, value in zip(self.readings, preferences, strict=True) if one and value is not None]
        return Entry(
            model=self.first.model,
            judge=self.first.judge,
            baseline=self.first.baseline,
            sample=build_sample(
                self.keys,
                preference,
                length_difference=_floats(self.differences),
                clusters=self.clusters,
                orders=self.orders,
            ),
            avg_length=sum(self.lengths.values()) / len(self.lengths) if self.lengths else None,
            digest=self.first.digest,
            part=part,
            rules=dict(sorted(self.rules.items())),
            failures=dict(Counter(one for one in failures if one is not None).most_common()),
            judging=Judging(
                readings=dict(sorted(Counter(one.value for one in readings).items())),
                cost=sum(cost for cost in costs if cost is not None) if costs and None not in costs else None,
                served=tuple(sorted({name for name in self.served if name is not None})),
                self_disagreement=(
                    self_disagreement(self.keys, self.orders, self.clusters, preference) if self.repeated else None
                ),
            ),
        )


def _of_recorded(rows: Sequence[RecordedVerdict]) -> Entry:
    preference = _floats(row.preference for row in rows)
    return Entry(
        model=rows[0].model,
        judge=rows[0].judge,
        baseline=rows[0].baseline,
        sample=build_sample(
            [row.key for row in rows],
            preference,
            length_difference=_floats(row.candidate_chars - row.baseline_chars for row in rows),
        ),
        avg_length=sum(row.candidate_chars for row in rows) / len(rows),
        failures=_without_verdict(preference),
    )


def _without_verdict(preference: Floats) -> dict[str, int]:
    missing = int(np.isnan(preference).sum())
    return {"no verdict recorded": missing} if missing else {}


def _floats(values: Iterable[float | int | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
