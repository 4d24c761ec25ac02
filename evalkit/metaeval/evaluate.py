"""Measures judges beside people and controls, and ranks them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from evalkit.metaeval.judge_name import JudgeName
from evalkit.metaeval.labels import LabelTable
from evalkit.metaeval.numbers import judge_numbers, people_numbers, stated_of
from evalkit.metaeval.parts import parts_of
from evalkit.metaeval.row import JudgeRow, RowKind
from evalkit.metaeval.settings import EvaluationSettings
from evalkit.metaeval.table import JudgeTable
from evalkit.metaeval.verdicts import JudgeVerdicts
from evalkit.stats import (
    Measured,
    Sample,
    build_sample,
    effective_votes,
    paired_difference,
    rank_intervals,
    reliability_bins,
    risk_curve,
    win_rate,
)
from evalkit.types import Estimate, StatusKind

PEOPLE = "people"
# the number of judges from which on they are told how many votes they are
_JURY = 3


def evaluate(labels: LabelTable, judged: Sequence[JudgeVerdicts], settings: EvaluationSettings) -> JudgeTable:
    """Measure every judge and control, and the people beside each other."""
    rows = [_row(labels, verdicts, settings) for verdicts in judged]
    rows = _with_excess_ranks(_with_ranks(rows, labels, judged, settings))
    judges = sorted((row for row in rows if row.kind == RowKind.JUDGE), key=_by_agreement)
    controls = sorted((row for row in rows if row.kind == RowKind.CONTROL), key=_by_agreement)
    people = JudgeRow(JudgeName(PEOPLE), RowKind.PEOPLE, people_numbers(labels, settings), judged=labels.n, missing=0)
    return JudgeTable(labels, (*judges, people, *controls), settings, _votes(labels, judged, settings))


def _votes(labels: LabelTable, judged: Sequence[JudgeVerdicts], settings: EvaluationSettings) -> Estimate | None:
    judges = [one.mean for one in judged if not one.judge.control]
    if len(judges) < _JURY:
        return None
    return effective_votes(labels.panel, judges, confidence=settings.confidence)


def _row(labels: LabelTable, verdicts: JudgeVerdicts, settings: EvaluationSettings) -> JudgeRow:
    control = verdicts.judge.control
    stated = stated_of(labels, verdicts)
    numbers = judge_numbers(labels, verdicts, settings)
    return JudgeRow(
        verdicts.judge,
        RowKind.CONTROL if control else RowKind.JUDGE,
        numbers,
        judged=verdicts.judged,
        missing=labels.n - verdicts.judged,
        bins=reliability_bins(stated) if numbers["ece"].estimate.value is not None else (),
        curve=risk_curve(stated) if numbers["aurc"].estimate.value is not None else None,
        parts={} if control else {field: parts_of(labels, verdicts, field, settings) for field in settings.by},
        failures=verdicts.failures,
        only_sides=verdicts.only_sides,
    )


def _by_agreement(row: JudgeRow) -> tuple[bool, float, str]:
    value = row.estimate("human_agreement").value
    return value is None, -(value or 0.0), row.judge.name


def _with_ranks(
    rows: Sequence[JudgeRow], labels: LabelTable, judged: Sequence[JudgeVerdicts], settings: EvaluationSettings
) -> list[JudgeRow]:
    """The rows with their places by agreement, and the judges' leads over the best control on common comparisons."""
    samples = [agreement_sample(labels, verdicts) for verdicts in judged]
    measured = [win_rate(sample, confidence=settings.confidence) for sample in samples]
    ranks = rank_intervals(measured, samples, confidence=settings.confidence)
    ranked = [replace(row, rank=rank) for row, rank in zip(rows, ranks, strict=True)]
    controls = [place for place, row in enumerate(ranked) if row.kind == RowKind.CONTROL]
    best = min(controls, key=lambda place: _by_agreement(ranked[place]), default=None)
    if best is None:
        return ranked
    return [
        row
        if row.kind == RowKind.CONTROL
        else replace(
            row,
            best_control=ranked[best].judge.name,
            ahead=_ahead(samples[place], samples[best], settings.confidence),
        )
        for place, row in enumerate(ranked)
    ]


def agreement_sample(labels: LabelTable, verdicts: JudgeVerdicts) -> Sample:
    """A judge's agreement with the opinions on each comparison that it judged, which weighs as its opinions do."""
    panel, verdict = labels.panel, verdicts.mean
    each = panel.opinions_each
    agreed = np.bincount(
        panel.comparison, weights=1 - np.abs(verdict[panel.comparison] - panel.said), minlength=labels.n
    )
    rows = np.isfinite(verdict) & (each > 0)
    return build_sample(
        np.flatnonzero(rows),
        np.clip(agreed[rows] / each[rows], 0.0, 1.0),
        clusters=panel.cluster[rows],
        weight=each[rows].astype(np.float64),
    )


def _ahead(judge: Sample, control: Sample, confidence: float) -> Estimate:
    keys = frozenset(judge.keys) & frozenset(control.keys)
    pair = [sample.restricted(keys) for sample in (judge, control)]
    measured: list[Measured] = [win_rate(sample, confidence=confidence) for sample in pair]
    return paired_difference(*measured, samples=pair, names=("judge", "control"), confidence=confidence)


def _with_excess_ranks(rows: Sequence[JudgeRow]) -> list[JudgeRow]:
    """The rows with their places by the distance of their preference for longer answers from people's."""
    known: Mapping[int, float] = {
        place: abs(excess.value)
        for place, excess in ((place, row.estimate("excess_longer")) for place, row in enumerate(rows))
        if excess.value is not None and excess.status.kind != StatusKind.NOT_ESTIMABLE
    }
    return [
        replace(row, excess_rank=1 + sum(other < known[place] for other in known.values())) if place in known else row
        for place, row in enumerate(rows)
    ]
