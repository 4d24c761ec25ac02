"""Models under judgment whose answer from a gate is known."""

from dataclasses import replace

import numpy as np

from evalkit.boards.background import Background, HistorySource
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import Recipe
from evalkit.boards.rates import Estimators
from evalkit.gating.decide import decide
from evalkit.gating.rule import Decision, Rule
from evalkit.stats.sample import Floats, Sample
from evalkit.types import Audit
from tests.stats.stat_samples import alternating, sample_of

# says no more than a model's own verdicts
OWN = Background(HistorySource.FILE, judge="judge", models=44, name="own")
AT_FIFTY = Rule(minimum=50.0)


def verdicts(mean: float, n: int, *, missing: int = 0) -> Sample:
    """Half of the verdicts 0.1 above the mean, half below; half of the answers longer; the last ones missing."""
    preference: Floats = mean + 0.1 * np.where(np.arange(n) // 2 % 2 == 0, 1.0, -1.0)
    preference[n - missing :] = np.nan
    return sample_of(preference, alternating(n))


def entry(sample: Sample, model: str = "candidate", *, baseline: str = "baseline", audit: Audit | None = None) -> Entry:
    return Entry(model, "judge", baseline, sample, avg_length=1000.0, audit=audit)


def held(one: Entry, rule: Rule = AT_FIFTY, *, against: Entry | None = None) -> Decision:
    """The gate's decision on raw rates and rates at equal length, as though a history stood behind them."""
    rates = Estimators(Recipe(metric=rule.metric, confidence=rule.confidence), OWN, OWN)
    return decide(one, rates, rule, benchmark="made", against=against, audit=one.audit)


def renamed(one: Entry, model: str) -> Entry:
    return replace(one, model=model)
