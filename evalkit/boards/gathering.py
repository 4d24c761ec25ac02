"""Gathers verdicts into entries, from annotations or from tables of preferences."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evalkit.auditing import Clusters, audit_lengths
from evalkit.boards.entries import (
    CATEGORY,
    DATASET,
    PERCENT,
    Aggregation,
    Dependence,
    Entry,
    Judging,
    Lengths,
    Origin,
    Verdicts,
)
from evalkit.errors import InputError
from evalkit.stats import Combine, Floats, Sample, build_sample, self_disagreement, variance_components
from evalkit.text import plural
from evalkit.types import Annotation, Audit, ChatReply, Group, PlanRecord, Reading, Slot

if TYPE_CHECKING:
    from evalkit.formats import PreferenceGroup

TURN = "turn"
SLICES = (TURN, CATEGORY, DATASET)
CHARS = "chars"
# rounded as rows are stored: another machine may compute other last digits
DECIMALS_DIGESTED = 9


def without_notice(_: str) -> str | None:
    """Give no notice about any judge."""
    return None


def without_scale(_: str) -> tuple[float, float] | None:
    """Know no judge's scale."""
    return None


@dataclass(frozen=True, slots=True)
class Backing:
    """The records behind verdicts besides the verdicts themselves.

    `plans` decided which questions were asked, and hold the audits of the outputs. `audits` by model and baseline are
    the audits of the texts behind verdicts without a plan, and `clusters` gives the clusters of such verdicts.
    `notice_of` gives the notice that a reader of any number must know of the judge of this name, and `scale_of` the
    lowest and the highest grade that it may give, for a row without any.
    """

    plans: Mapping[Group, PlanRecord] = field(default_factory=dict)
    audits: Mapping[tuple[str, str], Audit] = field(default_factory=dict)
    clusters: Clusters | None = None
    notice_of: Callable[[str], str | None] = without_notice
    scale_of: Callable[[str], tuple[float, float] | None] = without_scale

    def notices(self, judge: str) -> tuple[str, ...]:
        """The notices of a judge, or of all judges that are pooled under this name."""
        told = (self.notice_of(name) for name in judge.split(" + "))
        return tuple(notice for notice in told if notice is not None)


def entries_of_annotations(
    annotations: Iterable[Annotation],
    aggregation: Aggregation = Aggregation(),
    backing: Backing = Backing(),
) -> list[Entry]:
    """An entry for each model, judge and baseline; one for each served model where the endpoint changed it."""
    gathered: dict[tuple[str, ...], _Columns] = {}
    for annotation in annotations:
        slot = annotation.slot
        if aggregation.categories and slot.category not in aggregation.categories:
            continue
        judged_by = ("", "") if aggregation.pool else (slot.judge, slot.digest)
        key = (*judged_by, slot.baseline, slot.model)
        gathered.setdefault(key, _Columns(slot, aggregation, backing)).add(annotation)
    return [entry for _, columns in sorted(gathered.items()) for entry in columns.entries()]


def entries_of_table(
    groups: "Iterable[PreferenceGroup]",
    aggregation: Aggregation = Aggregation(),
    backing: Backing = Backing(),
) -> list[Entry]:
    """An entry for each group; each instruction is its own cluster unless the backing has clusters."""
    entries, clusters = [], backing.clusters
    for group in groups:
        sample = build_sample(
            group.keys,
            group.preference,
            length_difference=group.candidate_chars - group.baseline_chars,
            baseline_length=group.baseline_chars,
            measures=group.measures,
            clusters=None if clusters is None else [clusters.names.get(key, key) for key in group.keys],
        )
        entry = Entry(
            model=group.model,
            judge=group.judge,
            baseline=group.baseline,
            sample=sample,
            avg_length=float(group.candidate_chars.mean()),
            failures=_without_verdict(group.preference),
            judging=Judging(notices=backing.notices(group.judge)),
            slices=_categories(group, sample) if CATEGORY in _kinds(aggregation.by) else {},
            aggregation=aggregation,
            audit=audit_lengths(group.candidate_chars.astype(np.int64).tolist()),
            dependence=None if clusters is None else _dependence(group.keys, clusters),
        )
        entries.append(entry)
    return entries


def _dependence(keys: Sequence[str], clusters: Clusters) -> Dependence:
    named = {clusters.names.get(key, key) for key in keys}
    return Dependence(len(set(keys)), len(named), clusters.field, clusters.looked)


def _categories(group: "PreferenceGroup", sample: Sample) -> dict[str, Sample]:
    keys: dict[str, set[str]] = {}
    # a table without categories has an empty column of them
    for key, category in zip(group.keys, group.categories, strict=False):
        if category is not None:
            keys.setdefault(category, set()).add(key)
    return {f"{CATEGORY} {name}": sample.restricted(keys[name]) for name in sorted(keys)}


# a measure's values by row, the candidate's and the baseline's
_Pair = tuple[dict[int, float], dict[int, float]]


@dataclass(slots=True)
class _Columns:
    """One model's annotations under one judge as columns: texts and replies are not kept."""

    first: Slot
    aggregation: Aggregation
    backing: Backing
    judges: dict[str, str] = field(default_factory=dict)
    scales: set[tuple[float, float]] = field(default_factory=set)
    weights: list[float] = field(default_factory=list)
    strong: list[bool] = field(default_factory=list)
    chars: tuple[list[float | None], list[float | None]] = field(default_factory=lambda: ([], []))
    blanks: list[tuple[int, int]] = field(default_factory=list)
    whole_lengths: int = 0
    turns: list[int] = field(default_factory=list)
    categories: list[str | None] = field(default_factory=list)
    measures: dict[str, _Pair] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    clusters: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    repeats: list[int] = field(default_factory=list)
    preferences: list[float | None] = field(default_factory=list)
    differences: list[float | None] = field(default_factory=list)
    failures: list[str | None] = field(default_factory=list)
    readings: list[Reading | None] = field(default_factory=list)
    served: list[str | None] = field(default_factory=list)
    costs: list[float | None] = field(default_factory=list)
    replied: list[bool] = field(default_factory=list)
    # digests only: the replies themselves are not kept
    said: list[bytes] = field(default_factory=list)
    tokens: list[tuple[int, int] | None] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    repeated: bool = False

    def add(self, annotation: Annotation) -> None:
        slot, reply = annotation.slot, annotation.reply
        self.keys.append(slot.key)
        # mostly the same text, which need not be held twice
        self.clusters.append(slot.key if slot.cluster == slot.key else slot.cluster)
        self.repeated = self.repeated or slot.repeat > 0
        self.judges[slot.digest] = slot.judge
        order = "" if slot.order is None else slot.order.value
        # pooled judges are averaged as orders are: each must have answered
        self.orders.append(f"{order} {slot.digest}" if self.aggregation.pool else order)
        self.preferences.append(self._share(annotation))
        self.weights.append(self.aggregation.strong_weight if annotation.strong else 1.0)
        self.strong.append(annotation.strong)
        self.chars[0].append(slot.candidate_chars)
        self.chars[1].append(slot.baseline_chars)
        self.turns.append(slot.turn)
        self.categories.append(slot.category)
        self._measure(slot)
        self.failures.append(annotation.failure)
        self.readings.append(annotation.reading)
        self.served.append(None if reply is None else reply.model)
        self.costs.append(annotation.cost)
        self.replied.append(reply is not None)
        self.repeats.append(slot.repeat)
        self.said.append(b"" if reply is None else _reply_digest(slot, reply))
        self.tokens.append(_tokens(reply))
        self._add_blanks(slot)
        if slot.candidate_chars is None:
            self.differences.append(None)
        else:
            candidate, baseline = self.blanks[-1]
            self.differences.append(slot.candidate_chars - candidate - (slot.baseline_chars - baseline))
            self.lengths[slot.key] = slot.candidate_chars
        if slot.rule is not None:
            self.rules[slot.rule] += 1

    def _share(self, annotation: Annotation) -> float | None:
        """The preference, or the grade as a share of its scale."""
        rating = annotation.rating
        if rating is None:
            return annotation.preference
        self.scales.add((rating.low, rating.high))
        return (rating.value - rating.low) / (rating.high - rating.low)

    def _add_blanks(self, slot: Slot) -> None:
        """Record how many blanks are taken off the lengths of both answers."""
        known = (slot.candidate_blanks or 0, slot.baseline_blanks or 0)
        self.blanks.append(known if self.aggregation.lengths == Lengths.TEXT else (0, 0))
        if slot.candidate_chars is not None and slot.candidate_blanks is None and slot.failure is None:
            self.whole_lengths += 1

    def _measure(self, slot: Slot) -> None:
        row = len(self.keys) - 1
        for side, measures in enumerate((slot.candidate_measures, slot.baseline_measures)):
            for name, value in measures.items():
                self.measures.setdefault(name, ({}, {}))[side][row] = value

    def entries(self) -> list[Entry]:
        names = sorted({name for name in self.served if name is not None})
        # several judges are several models
        if self.aggregation.pool or len(names) < 2:
            return [self._entry("", self.preferences, self.failures)]
        return [self._part(name) for name in names]

    def _part(self, name: str) -> Entry:
        """The entry of one served model; the verdicts that another model gave are missing from it."""
        others = [served not in (None, name) for served in self.served]
        preferences = [
            None if other else preference for preference, other in zip(self.preferences, others, strict=True)
        ]
        failures = [
            f"answered as {served}" if other else failure
            for failure, served, other in zip(self.failures, self.served, others, strict=True)
        ]
        return self._entry(name, preferences, failures)

    def _entry(self, served_as: str, preferences: Sequence[float | None], failures: Sequence[str | None]) -> Entry:
        preference = _floats(preferences)
        # where a reply has no token counts its cost is unknown, and so is the total cost
        mine = [not served_as or served == served_as for served in self.served]
        read = [row for row, counts in enumerate(mine) if counts and self.replied[row]]
        costs, tokens = [self.costs[row] for row in read], [self.tokens[row] for row in read]
        readings = [
            reading for reading, value in zip(self.readings, preferences, strict=True) if reading and value is not None
        ]
        judges = sorted(self.judges.items(), key=lambda known: (known[1], known[0]))
        judge, digest = " + ".join(name for _, name in judges), " + ".join(digest for digest, _ in judges)
        model, baseline = self.first.model, self.first.baseline
        plan = self.backing.plans.get(Group(self.first.benchmark, digest, baseline, model))
        return Entry(
            model=model,
            judge=judge,
            baseline=baseline,
            sample=self._sample(preference, range(len(self.keys))),
            avg_length=sum(self.lengths.values()) / len(self.lengths) if self.lengths else None,
            digest=digest,
            served_as=served_as,
            rules=dict(sorted(self.rules.items())),
            failures=_by_frequency(failure for failure in failures if failure is not None),
            judging=Judging(
                readings=dict(sorted(Counter(reading.value for reading in readings).items())),
                cost=sum(cost for cost in costs if cost is not None) if costs and None not in costs else None,
                served=tuple(sorted({name for name in self.served if name is not None})),
                self_disagreement=(
                    self_disagreement(self.keys, self.orders, self.clusters, preference) if self.repeated else None
                ),
                components=(
                    None
                    if self.aggregation.pool
                    else variance_components(self.keys, self.orders, clusters=self.clusters, preference=preference)
                ),
                replies=len(read),
                tokens=_total(tokens),
                notices=(*self.backing.notices(judge), *self._repeats(plan)),
                whole_lengths=self.whole_lengths,
            ),
            scale=self._scale(),
            slices={
                name: self._sample(preference, rows)
                for kind in _kinds(self.aggregation.by)
                for name, rows in sorted(self._rows_by(kind).items())
            },
            verdicts=self._verdicts(preference) if self.first.baseline else None,
            aggregation=self.aggregation,
            origin=self._origin(preferences),
            plan=plan,
            audit=self._audit(plan),
            dependence=self._dependence(plan),
        )

    def _repeats(self, plan: PlanRecord | None) -> tuple[str, ...]:
        """A notice on verdicts that repeat others, where no run of ours planned them."""
        n = sum(repeat > 0 for repeat in self.repeats)
        if plan is not None or not n:
            return ()
        return (
            f"{self.first.model}: {plural(n, 'verdict')} of {len(self.repeats)} repeat{'s' * (n == 1)} another of the "
            "same judge on the same instruction, and the mean of these counts",
        )

    def _audit(self, plan: PlanRecord | None) -> Audit:
        """The audit of the outputs, or of their lengths where no texts were audited."""
        if plan is not None and plan.audit is not None:
            return plan.audit
        known = self.backing.audits.get((self.first.model, self.first.baseline))
        return audit_lengths(list(self.lengths.values())) if known is None else known

    def _dependence(self, plan: PlanRecord | None) -> Dependence:
        questions = {key.removesuffix(f":{turn}") for key, turn in zip(self.keys, self.turns, strict=True)}
        clusters = self.backing.clusters
        if plan is not None:
            declared, looked = plan.cluster, plan.near_duplicates
        elif clusters is not None:
            declared, looked = clusters.field, clusters.looked
        else:
            declared, looked = self.aggregation.cluster, None
        return Dependence(len(questions), len(set(self.clusters)), declared, looked)

    def _origin(self, preferences: Sequence[float | None]) -> Origin:
        rows = sorted(range(len(self.keys)), key=lambda row: (self.keys[row], self.orders[row], self.repeats[row]))
        verdicts, replies = hashlib.sha256(), hashlib.sha256()
        for row in rows:
            share = preferences[row]
            verdict = [None if share is None else round(float(share), DECIMALS_DIGESTED), self.strong[row]]
            place = [self.keys[row], self.orders[row], self.repeats[row], self.clusters[row], self.categories[row]]
            lengths = [self.turns[row], self.chars[0][row], self.chars[1][row]]
            # without blanks to take off, the digest stays that of earlier versions
            lengths += self.blanks[row] if any(self.blanks[row]) else ()
            verdicts.update(json.dumps([*place, *lengths, *verdict]).encode())
            replies.update(self.said[row])
        return Origin(verdicts.hexdigest(), replies.hexdigest() if any(self.said) else None)

    def _verdicts(self, preference: Floats) -> Verdicts:
        rows = range(len(self.keys))
        measures = {name: self._measured(name, rows) for name in sorted(self.measures)}
        measures[CHARS] = self._lengths_of_text(0), self._lengths_of_text(1)
        return Verdicts(tuple(self.keys), preference, np.array(self.strong), measures)

    def _lengths_of_text(self, side: int) -> Floats:
        return _floats(self.chars[side]) - np.array([blanks[side] for blanks in self.blanks], dtype=np.float64)

    def _measured(self, name: str, rows: Sequence[int]) -> tuple[Floats, Floats]:
        candidate, baseline = self.measures[name]
        return _floats(candidate.get(row) for row in rows), _floats(baseline.get(row) for row in rows)

    def _scale(self) -> tuple[float, float]:
        if self.first.baseline:
            return PERCENT
        if len(self.scales) > 1:
            named = ", ".join(f"{low:g} to {high:g}" for low, high in sorted(self.scales))
            raise InputError(f"model {self.first.model!r}: grades on different scales cannot be averaged: {named}")
        return next(iter(self.scales), None) or self.backing.scale_of(self.first.judge) or PERCENT

    def _rows_by(self, kind: str) -> dict[str, list[int]]:
        """Rows by turn or by category."""
        values = self.turns if kind == TURN else self.categories
        rows: dict[str, list[int]] = {}
        for row, value in enumerate(values):
            if value is not None:
                rows.setdefault(f"{kind} {value}", []).append(row)
        return rows

    def _sample(self, preference: Floats, rows: Sequence[int]) -> Sample:
        """The sample of some rows."""
        weighted = any(self.weights[row] != 1.0 for row in rows)
        return build_sample(
            [self.keys[row] for row in rows],
            preference[rows],
            length_difference=None if self.first.baseline == "" else _floats(self.differences[row] for row in rows),
            baseline_length=None if self.first.baseline == "" else self._lengths_of_text(1)[list(rows)],
            clusters=[self.clusters[row] for row in rows],
            orders=[self.orders[row] for row in rows],
            weight=_floats(self.weights[row] for row in rows) if weighted else None,
            measures={name: self._measured(name, rows) for name in sorted(self.measures) if self.first.baseline},
            # grades have no orders that could agree
            combine=self.aggregation.combine if self.first.baseline else Combine.MEAN,
        )


def _kinds(by: Sequence[str]) -> list[str]:
    """The kinds of parts that scores are split by, each once, whichever of its names was used."""
    return list(dict.fromkeys(CATEGORY if kind == DATASET else kind for kind in by))


def _reply_digest(slot: Slot, reply: ChatReply) -> bytes:
    """A digest of every part of a reply that a number can depend on."""
    said = [slot.reply_key, reply.text, reply.top_logprobs, reply.finish_reason, reply.model]
    return hashlib.sha256(json.dumps([*said, reply.prompt_tokens, reply.completion_tokens]).encode()).digest()


def _tokens(reply: ChatReply | None) -> tuple[int, int] | None:
    if reply is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return reply.prompt_tokens, reply.completion_tokens


def _total(tokens: Sequence[tuple[int, int] | None]) -> tuple[int, int] | None:
    known = [count for count in tokens if count is not None]
    if not known or len(known) < len(tokens):
        return None
    return sum(prompt for prompt, _ in known), sum(completion for _, completion in known)


def _without_verdict(preference: Floats) -> dict[str, int]:
    missing = int(np.isnan(preference).sum())
    return {"no verdict recorded": missing} if missing else {}


def _by_frequency(reasons: Iterable[str]) -> dict[str, int]:
    """Counts of the reasons, the most frequent first; the result does not depend on the order of the reasons."""
    return dict(sorted(Counter(reasons).items(), key=lambda pair: (-pair[1], pair[0])))


def _floats(values: Iterable[float | int | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
