"""One model under one judge, gathered from annotations, recorded files or tables: what a board row is computed from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from evalkit.formats.alpaca_eval import RecordedVerdict
from evalkit.stats.sample import Floats, Sample, build_sample
from evalkit.types import Annotation

if TYPE_CHECKING:
    from evalkit.formats.table import PreferenceGroup


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """`rules` counts instructions decided without a judge, `failures` the reasons of missing verdicts."""

    model: str
    judge: str
    baseline: str
    sample: Sample
    avg_length: float | None
    digest: str = ""
    rules: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def group(self) -> tuple[str, str, str]:
        """Rows can be ranked against each other only under the same judge and baseline."""
        return self.judge, self.digest, self.baseline


def entries_of_annotations(annotations: Iterable[Annotation]) -> list[Entry]:
    """An entry for each model, judge and baseline."""
    gathered: dict[tuple[str, str, str, str], list[Annotation]] = {}
    for one in annotations:
        asked = one.asked
        gathered.setdefault((asked.judge, asked.digest, asked.baseline, asked.model), []).append(one)
    return [_of_annotations(rows) for _, rows in sorted(gathered.items())]


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


def _of_annotations(rows: Sequence[Annotation]) -> Entry:
    first = rows[0].asked
    asked = [row.asked for row in rows]
    lengths = {one.key: one.candidate_chars for one in asked if one.candidate_chars is not None}
    return Entry(
        model=first.model,
        judge=first.judge,
        baseline=first.baseline,
        sample=build_sample(
            [one.key for one in asked],
            _floats(row.preference for row in rows),
            length_difference=_floats(
                None if one.candidate_chars is None else one.candidate_chars - one.baseline_chars for one in asked
            ),
            clusters=[one.cluster for one in asked],
            orders=[one.order.value for one in asked],
        ),
        avg_length=sum(lengths.values()) / len(lengths) if lengths else None,
        digest=first.digest,
        rules=dict(sorted(Counter(one.rule for one in asked if one.rule is not None).items())),
        failures=dict(Counter(row.failure for row in rows if row.failure is not None).most_common()),
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
