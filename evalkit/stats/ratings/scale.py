"""The scale of a rating and its anchor; conversion of win rates against a baseline into ratings and back."""

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.ratings.bradley_terry import BradleyTerry
from evalkit.stats.sample import Floats
from evalkit.types import OK, Estimate, Status, StatusKind, degraded

ELO_PER_LOG_ODDS = 400 / math.log(10)


class Unit(Enum):
    """Log-odds, or points of which 400 are odds of ten to one."""

    STRENGTH = "strength"
    ELO = "elo"

    @property
    def per_log_odds(self) -> float:
        return ELO_PER_LOG_ODDS if self == Unit.ELO else 1.0

    @property
    def middle(self) -> float:
        """The rating of the anchor, or of the mean of all models where there is no anchor."""
        return 1000.0 if self == Unit.ELO else 0.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Ratings in a unit, with `value` for the model `anchor`, or for the mean of all models with bounds without one."""

    unit: Unit = Unit.ELO
    anchor: str | None = None
    value: float | None = None

    @property
    def origin(self) -> float:
        return self.unit.middle if self.value is None else self.value

    def centred(self, fit: BradleyTerry) -> Floats:
        """The map from strengths to differences from the anchor of the scale, shape (m, m).

        Raises:
            StatsError: the anchor has no battles, or no bounds.
        """
        share = np.zeros(fit.m)
        if self.anchor is None:
            share[fit.bounded if fit.bounded.any() else slice(None)] = 1.0
        else:
            share[_place(fit, self.anchor)] = 1.0
        centred: Floats = np.eye(fit.m) - share / share.sum()
        return centred

    def ratings(self, fit: BradleyTerry) -> Floats:
        ratings: Floats = self.origin + self.unit.per_log_odds * (self.centred(fit) @ fit.strengths)
        return ratings


def _place(fit: BradleyTerry, anchor: str) -> int:
    if anchor not in fit.models:
        raise StatsError(f"anchor {anchor[:60]!r} has no battles")
    place = fit.models.index(anchor)
    if place in fit.unbounded:
        raise StatsError(f"anchor {anchor[:60]!r} is {fit.unbounded[place]}. Choose another anchor")
    return place


def rating_from_win_rate(win_rate: Estimate, *, baseline: float = 1000.0, unit: Unit = Unit.ELO) -> Estimate:
    """The rating of a model that has this win rate, in percent, against a baseline of the given rating.

    A bound of 0 or 100 % has no rating and is left out.
    """
    if win_rate.value is None:
        return win_rate
    if not 0 < win_rate.value < 100:
        return Estimate.refused(f"a win rate of {win_rate.value:g} % has no finite rating", n=win_rate.n)
    lower, upper = (_rating(bound, baseline, unit) for bound in (win_rate.lower, win_rate.upper))
    share = win_rate.value / 100
    slope = unit.per_log_odds / (100 * share * (1 - share))
    return Estimate(
        _rating(win_rate.value, baseline, unit),
        None if win_rate.stderr is None else win_rate.stderr * slope,
        lower,
        upper,
        win_rate.n,
        _with_open_end(win_rate, lower, upper),
        win_rate.notes,
    )


def win_rate_from_rating(rating: Estimate, *, baseline: float = 1000.0, unit: Unit = Unit.ELO) -> Estimate:
    """The win rate, in percent, that a rating implies against a baseline of the given rating."""
    if rating.value is None:
        return rating
    value, lower, upper = (
        None if bound is None else 50 * (1 + math.tanh((bound - baseline) / unit.per_log_odds / 2))
        for bound in (rating.value, rating.lower, rating.upper)
    )
    assert value is not None
    slope = value * (100 - value) / 100 / unit.per_log_odds
    stderr = None if rating.stderr is None else rating.stderr * slope
    return Estimate(value, stderr, lower, upper, rating.n, rating.status, rating.notes)


def _rating(percent: float | None, baseline: float, unit: Unit) -> float | None:
    if percent is None or not 0 < percent < 100:
        return None
    return baseline + unit.per_log_odds * math.log(percent / (100 - percent))


def _with_open_end(win_rate: Estimate, lower: float | None, upper: float | None) -> Status:
    open_end = (lower is None and win_rate.lower is not None) or (upper is None and win_rate.upper is not None)
    if win_rate.status.kind != StatusKind.OK or not open_end:
        return win_rate.status
    return degraded("the interval of the win rate reaches 0 or 100 %, which has no rating") if open_end else OK
