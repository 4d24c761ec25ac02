"""Compares simulated rows with the truth, and summarises many of them with Monte-Carlo errors."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evalkit.gating.rule import Outcome
from evalkit.types import Estimate, StatusKind


@dataclass(frozen=True, slots=True)
class Seen:
    """The estimate of one row, or of the difference of two rows, beside the truth; `world` numbers its draw.

    `outcome` is the decision of a gate whose threshold is exactly the truth.
    """

    world: int
    stratum: str
    estimate: Estimate
    truth: float
    outcome: Outcome | None = None
    sensitivity: float | None = None

    @property
    def ok(self) -> bool:
        return self.estimate.status.kind == StatusKind.OK

    @property
    def covered(self) -> bool:
        lower, upper = self.estimate.lower, self.estimate.upper
        # an interval that ends at 0 or 100 % covers a truth of exactly that, whatever rounding does
        return lower is not None and upper is not None and lower - 1e-9 <= self.truth <= upper + 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over simulated rows and its Monte-Carlo error; None if there was no row to average."""

    value: float | None
    error: float | None = None

    def below(self, limit: float, forgiven: float) -> bool:
        return self.value is not None and self.value + forgiven * (self.error or 0.0) < limit

    def above(self, limit: float, forgiven: float) -> bool:
        return self.value is not None and self.value - forgiven * (self.error or 0.0) > limit


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one stratum: percentages, points for bias and width, correlations for sensitivity.

    Coverage, bias and width are those of `ok` rows; `covered` is the coverage of all rows that have an interval.
    """

    stratum: str
    rows: int
    truth: float
    refused: Figure
    coverage: Figure
    covered: Figure
    bias: Figure
    width: Figure
    passes: Figure
    fails: Figure
    sensitivity: float | None
    pairs: Figure

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> "Group":
        """The group of which `as_json` gave the values.

        Raises:
            TypeError: another version wrote the values.
        """
        figures = {name: Figure(**one) for name, one in values.items() if isinstance(one, dict)}
        return cls(**{**values, **figures})


def groups_of(rows: Sequence[Seen], pairs: Sequence[Seen]) -> list[Group]:
    """Summarise rows and pairs by stratum, in the order in which the strata first occur."""
    names = dict.fromkeys(one.stratum for one in rows)
    return [
        _group(name, [one for one in rows if one.stratum == name], [one for one in pairs if one.stratum == name])
        for name in names
    ]


def _group(stratum: str, rows: Sequence[Seen], pairs: Sequence[Seen]) -> Group:
    ok = [one for one in rows if one.ok]
    gated = [one for one in rows if one.outcome is not None]
    told = [one.sensitivity for one in rows if one.sensitivity is not None]
    return Group(
        stratum=stratum,
        rows=len(rows),
        truth=float(np.mean([one.truth for one in rows])),
        refused=_share(rows, [not one.ok for one in rows]),
        coverage=_share(ok, [one.covered for one in ok]),
        covered=_share(*_with(rows)),
        bias=_mean(ok, [_value(one.estimate) - one.truth for one in ok]),
        width=_mean(ok, [_width(one.estimate) for one in ok]),
        passes=_share(gated, [one.outcome == Outcome.PASSED for one in gated]),
        fails=_share(gated, [one.outcome == Outcome.FAILED for one in gated]),
        sensitivity=float(np.median(told)) if told else None,
        pairs=_share(ok_pairs := [one for one in pairs if one.ok], [one.covered for one in ok_pairs]),
    )


def _with(rows: Sequence[Seen]) -> tuple[list[Seen], list[bool]]:
    """The rows that have an interval, and for each whether the interval covers the truth."""
    held = [one for one in rows if one.estimate.lower is not None]
    return held, [one.covered for one in held]


def _share(rows: Sequence[Seen], hits: Sequence[bool]) -> Figure:
    """The share of hits in percent.

    Its error counts draws and not rows, and is at least the binomial error, so that a share of 0 or 100 has one too.
    """
    found = _mean(rows, [100.0 * hit for hit in hits])
    if found.value is None or found.error is None:
        return found
    guess = (sum(hits) + 1) / (len(hits) + 2)
    return Figure(found.value, max(found.error, 100 * math.sqrt(guess * (1 - guess) / len(hits))))


def _mean(rows: Sequence[Seen], values: Sequence[float]) -> Figure:
    if not rows:
        return Figure(None)
    mean = float(np.mean(values))
    _, place = np.unique([one.world for one in rows], return_inverse=True)
    pulls = np.bincount(place, weights=np.asarray(values) - mean)
    n = len(pulls)
    spread = math.sqrt(float((pulls**2).sum()) * n / max(1, n - 1)) / len(rows)
    return Figure(mean, spread)


def _value(estimate: Estimate) -> float:
    assert estimate.value is not None
    return estimate.value


def _width(estimate: Estimate) -> float:
    assert estimate.lower is not None
    assert estimate.upper is not None
    return estimate.upper - estimate.lower
