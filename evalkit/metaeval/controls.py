"""Judges that look at no content: what a measured judge has to beat."""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from evalkit.judging import RULE_PREFERENCES, rule_of
from evalkit.metaeval.judge_name import JudgeName
from evalkit.metaeval.labels import LabelTable
from evalkit.metaeval.verdicts import JudgeVerdicts
from evalkit.stats import Floats
from evalkit.stats.columns import Bools

LONGEST, SHORTEST, RANDOM, FIRST, ALWAYS_TIE = "longest", "shortest", "random", "first", "always tie"


def control_verdicts(labels: LabelTable) -> tuple[JudgeVerdicts, ...]:
    """The verdicts of every control; as for any judge, equal answers are a tie and an empty answer loses by rule.

    Lengths and the controls that need them are left out for a file without texts.
    """
    rules = _rules(labels)
    return tuple(
        _verdicts(name, np.where(np.isfinite(rules), rules, rate(labels)), np.isnan(rules), labels)
        for name, rate in CONTROLS.items()
        if labels.source.texts or name not in (LONGEST, SHORTEST)
    )


def _longest(labels: LabelTable) -> Floats:
    return (np.sign(labels.longer) + 1) / 2


def _shortest(labels: LabelTable) -> Floats:
    return 1 - _longest(labels)


def _random(labels: LabelTable) -> Floats:
    """A toss for each comparison, decided by its key, so that every run tosses the same."""
    return np.array([hashlib.sha256(one.key.encode()).digest()[0] % 2 for one in labels.comparisons], dtype=np.float64)


def _first(labels: LabelTable) -> Floats:
    return np.zeros(labels.n)


def _always_tie(labels: LabelTable) -> Floats:
    return np.full(labels.n, 0.5)


CONTROLS: Mapping[str, Callable[[LabelTable], Floats]] = {
    LONGEST: _longest,
    SHORTEST: _shortest,
    RANDOM: _random,
    FIRST: _first,
    ALWAYS_TIE: _always_tie,
}


def _rules(labels: LabelTable) -> Floats:
    """The verdicts by rule, NaN where no rule decides; shape (c,)."""
    if not labels.source.texts:
        return np.full(labels.n, np.nan)
    found = (rule_of(one.comparison) for one in labels.comparisons)
    return np.array([np.nan if rule is None else RULE_PREFERENCES[rule] for rule in found], dtype=np.float64)


def _verdicts(name: str, preference: Floats, asked: Bools, labels: LabelTable) -> JudgeVerdicts:
    rows = np.arange(labels.n)
    return JudgeVerdicts(
        JudgeName(name, control=True),
        labels.n,
        rows,
        second_first=np.zeros(labels.n, dtype=bool),
        ordered=np.ones(labels.n, dtype=bool),
        asked=asked,
        repeat=np.zeros(labels.n, dtype=np.int64),
        preference=preference,
    )
