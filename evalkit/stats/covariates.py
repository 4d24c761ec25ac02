"""What a win rate is controlled for: by name, a bounded difference between the two answers to each instruction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.logistic import Prior
from evalkit.stats.sample import Floats, Sample

LENGTH = "length"
# numbers of things that are there or not
COUNTS = frozenset({"tokens", "headers", "lists", "bold", "code"})
GROUPS = {"markdown": ("headers", "lists", "bold")}
INTERCEPT, DIFFICULTY = "intercept", "difficulty"
MIN_INSTRUCTIONS_A_COEFFICIENT = 10
_MAD_OF_NORMAL = 1.4826
_HUGE = 1e307


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Columns and their names: the intercept, the controls, difficulty where known; shape (n, p)."""

    names: tuple[str, ...]
    columns: Floats
    notes: tuple[str, ...]

    @property
    def controlled(self) -> list[int]:
        """Which columns are zero where the answers are alike."""
        return [place for place, name in enumerate(self.names) if name not in (INTERCEPT, DIFFICULTY)]

    @property
    def alike(self) -> Floats:
        """The design were the two answers to each instruction alike."""
        at_zero = self.columns.copy()
        at_zero[:, self.controlled] = 0.0
        return at_zero

    def held_by(self, prior: Prior, controls: Sequence[str]) -> Prior:
        """The prior of the columns that are here, of one for the intercept, all `controls` and difficulty."""
        places = {name: place for place, name in enumerate((INTERCEPT, *controls, DIFFICULTY))}
        chosen = [places[name] for name in self.names]
        return Prior(prior.mean[chosen], prior.precision[chosen])


def control_names(controls: Sequence[str]) -> tuple[str, ...]:
    """Each control once, groups such as `markdown` as what they stand for.

    Raises:
        StatsError: a name that is a coefficient's already.
    """
    names = [name for control in controls for name in GROUPS.get(control, (control,))]
    taken = {INTERCEPT, DIFFICULTY} & set(names)
    if taken:
        raise StatsError(f"no control can be named {min(taken)!r}: the regression has a term of that name. Rename it")
    return tuple(dict.fromkeys(names))


def control_terms(sample: Sample, names: Sequence[str]) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Covariates of the controls that can be told apart, and notes on those left out.

    Raises:
        StatsError: a control is unknown, or differs by the same everywhere.
    """
    found = {name: control_term(sample, name) for name in names}
    unknown = [name for name, term in found.items() if term is None]
    if unknown:
        raise StatsError("lengths unknown" if unknown == [LENGTH] else f"{', '.join(unknown)} unknown")
    kept: dict[str, Floats] = {}
    notes = []
    for name, term in found.items():
        assert term is not None
        if not term.any():
            alike = "all answers are equally long" if name == LENGTH else f"answers never differ in {name}: left out"
            notes.append(alike)
        elif np.ptp(term) == 0:
            raise StatsError(f"the {name} difference is the same everywhere")
        elif np.linalg.matrix_rank(np.column_stack([*kept.values(), term])) <= len(kept):
            # of two that say the same one is enough: both are zero together
            notes.append(f"{name} is determined by {', '.join(kept)}: left out")
        else:
            kept[name] = term
    return kept, tuple(notes)


def build_design(sample: Sample, terms: Mapping[str, Floats], difficulty: Mapping[str, float] | None) -> Design:
    """The regression's columns, difficulty among them where it covers every instruction.

    Raises:
        StatsError: too few instructions for so many columns, or the columns are linearly dependent.
    """
    columns = {INTERCEPT: np.ones(sample.n), **terms}
    notes: tuple[str, ...] = ()
    if difficulty is not None:
        values, note = _difficulty(sample, difficulty)
        if note:
            notes = (f"{note}: term left out",)
        else:
            columns[DIFFICULTY] = values
    matrix = np.column_stack(list(columns.values()))
    needed = MIN_INSTRUCTIONS_A_COEFFICIENT * len(columns)
    if sample.n_clusters < needed:
        raise StatsError(f"{sample.n_clusters} instructions, at least {needed} needed for {len(columns)} coefficients")
    if np.linalg.matrix_rank(matrix) < len(columns):
        raise StatsError(f"the covariates are linearly dependent: {', '.join(tuple(columns)[1:])}")
    return Design(tuple(columns), matrix, notes)


def control_term(sample: Sample, name: str) -> Floats | None:
    """A control's covariate in [-1, 1]: 0 for answers that are alike in it, positive where the candidate has more.

    A count is taken relative to both, (a - b) / (a + b + 1). That is tanh(log((a + 1/2) / (b + 1/2)) / 2): the first
    header tells more than the twentieth, and it needs no spread, which for things that most answers lack would be
    decided by the few that have them. Tokens are counts as well, and hardly feel the 1. Everything else, `length` and
    measures of other names, may have any unit and sign: tanh of the difference over its robust spread.

    Returns:
        Shape (n,); None unless the measure is known for every instruction.

    Raises:
        StatsError: a count is negative.
    """
    if name == LENGTH:
        difference = sample.length_difference
        return None if difference is None or not (np.abs(difference) < _HUGE).all() else length_term(difference)
    if name not in sample.measures:
        return None
    candidate, baseline = sample.measures[name]
    # no measure of an answer comes near these, and beyond them sums and differences leave a float's range
    if not (np.abs(np.concatenate([candidate, baseline])) < _HUGE).all():
        return None
    return _relative(name, candidate, baseline) if name in COUNTS else length_term(candidate - baseline)


def length_spread(difference: Floats) -> float:
    """Robust standard deviation of length differences: one huge answer does not change it.

    1.4826 times the median absolute deviation from the median; where more than half of the differences agree, of the
    deviations that are not zero.
    """
    deviation = np.abs(difference - np.median(difference))
    return _MAD_OF_NORMAL * float(np.median(deviation) or np.median(deviation[deviation > 0]))


def length_term(difference: Floats) -> Floats:
    """The bounded length covariate, in [-1, 1]; positive where the candidate is longer."""
    if not np.ptp(difference):
        return np.sign(difference)
    # beyond a float's range is as far as the covariate goes
    with np.errstate(over="ignore"):
        term: Floats = np.tanh(difference / length_spread(difference))
    return term


def _relative(name: str, candidate: Floats, baseline: Floats) -> Floats:
    if candidate.min() < 0 or baseline.min() < 0:
        raise StatsError(f"{name} is negative somewhere, and {name} are counted. Give the measure another name")
    term: Floats = (candidate - baseline) / (candidate + baseline + 1)
    return term


def _difficulty(sample: Sample, difficulty: Mapping[str, float]) -> tuple[Floats, str]:
    """Each row's difficulty, and what is wrong with it."""
    known = sum(key in difficulty for key in sample.keys)
    if known < sample.n:
        return np.zeros(0), f"difficulty known for {known} of {sample.n} instructions"
    values = np.array([difficulty[key] for key in sample.keys])
    if not np.isfinite(values).all():
        return values, "difficulty is not a number everywhere"
    return values, "" if np.ptp(values) else "difficulty is the same everywhere"
