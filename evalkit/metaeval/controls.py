"""Judges that look at no content: what a measured judge has to beat."""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np

from evalkit.metaeval.judge_name import JudgeName
from evalkit.metaeval.labels import LabelTable
from evalkit.metaeval.verdicts import JudgeVerdicts
from evalkit.stats import Floats

LONGEST, SHORTEST, RANDOM, FIRST, ALWAYS_TIE = "longest", "shortest", "random", "first", "always tie"


def control_verdicts(labels: LabelTable) -> tuple[JudgeVerdicts, ...]:
    """The verdicts of every control, which no rule for equal or empty answers overrides.

    Those that go by length are left out for a file without texts.
    """
    return tuple(
        _verdicts(name, rate(labels), labels)
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


def _verdicts(name: str, preference: Floats, labels: LabelTable) -> JudgeVerdicts:
    return JudgeVerdicts(
        JudgeName(name, control=True),
        labels.n,
        comparison=np.arange(labels.n),
        second_first=np.zeros(labels.n, dtype=bool),
        ordered=np.ones(labels.n, dtype=bool),
        asked=np.ones(labels.n, dtype=bool),
        repeat=np.zeros(labels.n, dtype=np.int64),
        preference=preference,
    )
