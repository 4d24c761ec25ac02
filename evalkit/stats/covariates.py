"""The controls of a win rate: for each name, a bounded difference between the two answers to each instruction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.sample import Floats, Sample

LENGTH = "length"
# measures that count occurrences
COUNTS = frozenset({"tokens", "headers", "lists", "bold", "code"})
GROUPS = {"markdown": ("headers", "lists", "bold")}
# the two parts of the length term: one slope where the candidate is shorter, another where it is longer
SHORTER, LONGER = "length_shorter", "length_longer"
# how much the two slopes differ for a model whose answers are as often longer as shorter
SHORTER_BALANCED, LONGER_BALANCED = "length_shorter_balanced", "length_longer_balanced"
# how much the effect of length bends away from two straight lines
CURVATURE = "length_curvature"
# the names of the slopes of length, and of all terms of length
LENGTH_SLOPES = (LENGTH, SHORTER, LONGER)
LENGTH_TERMS = (*LENGTH_SLOPES, CURVATURE)
# below this standard deviation, what the slopes leave of the curvature's column is too small to be fitted
_LEAST_CURVATURE = 0.01
INTERCEPT, DIFFICULTY = "intercept", "difficulty"
# the coefficients that a history of a judge teaches
TAUGHT = (SHORTER, LONGER, SHORTER_BALANCED, LONGER_BALANCED, CURVATURE, DIFFICULTY)
# a proxy for difficulty where no other models are available to estimate it: an instruction that needs a long answer is
# harder than one that needs a word
BASELINE_LENGTH = "baseline_length"
_KEPT = frozenset({INTERCEPT, DIFFICULTY, BASELINE_LENGTH})
MIN_INSTRUCTIONS_A_COEFFICIENT = 10
_MAD_OF_NORMAL = 1.4826
_HUGE = 1e307
# where less than this share of its variance is its own, one part of the length term is collinear with the other part
# and the intercept
_ONE_LINE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The design matrix, shape (n, p), and its column names: intercept, controls, and difficulty or its proxy."""

    names: tuple[str, ...]
    columns: Floats
    notes: tuple[str, ...]

    @property
    def controlled(self) -> list[int]:
        """The indices of the controls' columns, which are zero where the two answers are equal in the controls."""
        return [place for place, name in enumerate(self.names) if name not in _KEPT]

    @property
    def alike(self) -> Floats:
        """The design with the controls' columns set to zero, as for two equal answers to each instruction."""
        at_zero = self.columns.copy()
        at_zero[:, self.controlled] = 0.0
        return at_zero


def control_names(controls: Sequence[str]) -> tuple[str, ...]:
    """Each control once, with groups such as `markdown` replaced by their members.

    Raises:
        StatsError: a control has the name of another term of the regression.
    """
    names = [name for control in controls for name in GROUPS.get(control, (control,))]
    taken = (_KEPT | set(TAUGHT)) & set(names)
    if taken:
        raise StatsError(f"no control can be named {min(taken)!r}: the regression has a term of that name. Rename it")
    return tuple(dict.fromkeys(names))


def control_terms(sample: Sample, names: Sequence[str]) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Covariates of the controls that are not collinear, and notes on the controls that are left out.

    Raises:
        StatsError: a control is unknown, or its difference is the same everywhere.
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
            # two collinear controls are zero together, so one of them is enough
            notes.append(f"{name} is determined by {', '.join(kept)}: left out")
        else:
            kept[name] = term
    return kept, tuple(notes)


def build_design(
    sample: Sample,
    terms: Mapping[str, Floats],
    difficulty: Mapping[str, float] | None,
    prior: CoefficientPrior | None = None,
) -> Design:
    """The regression's columns, including difficulty where it covers every instruction.

    A prior with two slopes of length splits the length term, and a prior with a curvature adds its column. A prior with
    a coefficient of the baseline's length adds that column where the baseline's length is known and varies.

    Raises:
        StatsError: too few instructions for the number of columns, or the columns are linearly dependent.
    """
    known = () if prior is None else prior.names
    columns = {
        INTERCEPT: np.ones(sample.n),
        **(_split(terms, curved=CURVATURE in known) if SHORTER in known else terms),
    }
    notes: tuple[str, ...] = ()
    if difficulty is not None:
        values, note = _difficulty(sample, difficulty)
        if note:
            notes = (f"{note}: term left out",)
        else:
            columns[DIFFICULTY] = values
    if BASELINE_LENGTH in known and (longer := _baseline_length(sample)) is not None:
        columns[BASELINE_LENGTH] = longer
    matrix = np.column_stack(list(columns.values()))
    # a coefficient with a prior needs no instructions of its own
    needed = MIN_INSTRUCTIONS_A_COEFFICIENT * sum(name not in known for name in columns)
    if sample.n_clusters < needed:
        raise StatsError(f"{sample.n_clusters} instructions, at least {needed} needed for {len(columns)} coefficients")
    if np.linalg.matrix_rank(matrix) < len(columns):
        raise StatsError(f"the covariates are linearly dependent: {', '.join(tuple(columns)[1:])}")
    return Design(tuple(columns), matrix, notes)


def split_length(term: Floats) -> tuple[Floats, Floats]:
    """The length term where the candidate is shorter, and where it is longer; zero elsewhere."""
    return np.minimum(term, 0.0), np.maximum(term, 0.0)


def length_curvature(term: Floats) -> Floats:
    """The covariate of curvature: zero where the length term is 0, 1 or -1, and 1/4 halfway between."""
    far = np.abs(term)
    curvature: Floats = far * (1 - far)
    return curvature


def length_balance(shorter: Floats, longer: Floats, weight: Floats) -> Floats:
    """The balance of a model's lengths: 1 where its shorter and longer answers have equal weight, 0 where all answers
    lie on one side.

    Args:
        shorter: the length term where the candidate is shorter, zero elsewhere; instructions on the last axis.
        longer: the term where it is longer.
        weight: weights of the verdicts.
    """
    below, above = (-shorter * weight).sum(axis=-1), (longer * weight).sum(axis=-1)
    total = below + above
    balance: Floats = np.divide(2 * np.minimum(below, above), total, out=np.ones_like(total), where=total > 0)
    return balance


def for_lengths(prior: CoefficientPrior, terms: Mapping[str, Floats], sample: Sample) -> CoefficientPrior:
    """The prior for a model with these lengths, whose slopes depend on how balanced the lengths are."""
    if LENGTH not in terms:
        return prior
    return at_balance(prior, float(length_balance(*split_length(terms[LENGTH]), sample.relative_weight)))


def at_balance(prior: CoefficientPrior, balance: float) -> CoefficientPrior:
    """The prior for a model whose lengths have this balance, from 0 to 1 as `length_balance` gives it."""
    return prior.folded({SHORTER_BALANCED: SHORTER, LONGER_BALANCED: LONGER}, balance)


def _split(terms: Mapping[str, Floats], *, curved: bool) -> dict[str, Floats]:
    """The terms with the length term split into two parts, where there are enough answers in both parts, and with its
    curvature, where there are enough different lengths.
    """
    parts = dict(zip((SHORTER, LONGER), split_length(terms[LENGTH]), strict=True))
    if all(np.ptp(part) > 0 for part in parts.values()):
        together = float(np.corrcoef(parts[SHORTER], parts[LONGER])[0, 1])
        if 1 - together**2 < _ONE_LINE:
            # two distinct lengths determine one slope only
            return dict(terms)
    columns = {name: part for name, part in parts.items() if part.any()}
    if curved:
        curvature = length_curvature(terms[LENGTH])
        others = np.column_stack([np.ones_like(curvature), *columns.values()])
        own = curvature - others @ np.linalg.lstsq(others, curvature, rcond=None)[0]
        if own.std() > _LEAST_CURVATURE:
            columns[CURVATURE] = curvature
    return columns | {name: term for name, term in terms.items() if name != LENGTH}


def _baseline_length(sample: Sample) -> Floats | None:
    """The logarithm of the baseline's length in standard deviations; None where it is unknown or never differs."""
    length = sample.baseline_length
    if length is None or not np.isfinite(length).all() or length.min() < 0:
        return None
    logs = np.log1p(length)
    spread = float(logs.std())
    # differences this small relative to the values are rounding error
    return None if spread <= 1e-9 * max(1.0, float(logs.max())) else (logs - logs.mean()) / spread


def control_term(sample: Sample, name: str) -> Floats | None:
    """A control's covariate in [-1, 1]: 0 for equal answers, positive where the candidate has more.

    A count enters as (a - b) / (a + b + 1), which equals tanh(log((a + 1/2) / (b + 1/2)) / 2): the first header changes
    it more than the twentieth does. The formula needs no estimate of spread, which for things that most answers lack
    would depend on the few answers that have them. Tokens are counts too, and the added 1 hardly changes theirs. Every
    other measure, `length` included, may have any unit and sign; it enters as tanh of the difference over its robust
    standard deviation.

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
    # real measures of an answer are far smaller, and sums and differences of larger values would overflow a float
    if not (np.abs(np.concatenate([candidate, baseline])) < _HUGE).all():
        return None
    return _relative(name, candidate, baseline) if name in COUNTS else length_term(candidate - baseline)


def length_spread(difference: Floats) -> float:
    """Robust standard deviation of length differences: one huge answer does not change it.

    It is 1.4826 times the median absolute deviation from the median; where more than half of the differences are equal,
    the median is taken over the deviations that are not zero.
    """
    deviation = np.abs(difference - np.median(difference))
    return _MAD_OF_NORMAL * float(np.median(deviation) or np.median(deviation[deviation > 0]))


def length_term(difference: Floats) -> Floats:
    """The bounded length covariate, in [-1, 1]; positive where the candidate is longer."""
    if not np.ptp(difference):
        return np.sign(difference)
    # an overflow to infinity gives the covariate's limit, 1 or -1
    with np.errstate(over="ignore"):
        term: Floats = np.tanh(difference / length_spread(difference))
    return term


def _relative(name: str, candidate: Floats, baseline: Floats) -> Floats:
    if candidate.min() < 0 or baseline.min() < 0:
        raise StatsError(f"{name} is negative somewhere, and {name} are counted. Give the measure another name")
    term: Floats = (candidate - baseline) / (candidate + baseline + 1)
    return term


def _difficulty(sample: Sample, difficulty: Mapping[str, float]) -> tuple[Floats, str]:
    """Each row's difficulty, and the reason why it cannot be used; the reason is empty where it can."""
    known = sum(key in difficulty for key in sample.keys)
    if known < sample.n:
        return np.zeros(0), f"difficulty known for {known} of {sample.n} instructions"
    values = np.array([difficulty[key] for key in sample.keys])
    if not np.isfinite(values).all():
        return values, "difficulty is not a number everywhere"
    return values, "" if np.ptp(values) else "difficulty is the same everywhere"
