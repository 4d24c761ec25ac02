"""What a win rate is controlled for: by name, a bounded difference between the two answers to each instruction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.sample import Floats, Sample

LENGTH = "length"
# numbers of things that are there or not
COUNTS = frozenset({"tokens", "headers", "lists", "bold", "code"})
GROUPS = {"markdown": ("headers", "lists", "bold")}
# the two parts of the length term: one slope where the candidate is shorter, another where it is longer
SHORTER, LONGER = "length_shorter", "length_longer"
# by how much the two slopes are others for a model whose answers are as often longer as shorter
SHORTER_BALANCED, LONGER_BALANCED = "length_shorter_balanced", "length_longer_balanced"
# the names that the length term may have
LENGTH_TERMS = (LENGTH, SHORTER, LONGER)
INTERCEPT, DIFFICULTY = "intercept", "difficulty"
# stands for difficulty where no other model tells it: what wants a long answer is not as easy as what wants a word
BASELINE_LENGTH = "baseline_length"
_KEPT = frozenset({INTERCEPT, DIFFICULTY, BASELINE_LENGTH})
MIN_INSTRUCTIONS_A_COEFFICIENT = 10
_MAD_OF_NORMAL = 1.4826
_HUGE = 1e307
# below this share of variance of its own, one part of the length term is the other and a level
_ONE_LINE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Columns and their names: the intercept, the controls, and what stands for difficulty; shape (n, p)."""

    names: tuple[str, ...]
    columns: Floats
    notes: tuple[str, ...]

    @property
    def controlled(self) -> list[int]:
        """Which columns are zero where the answers are alike."""
        return [place for place, name in enumerate(self.names) if name not in _KEPT]

    @property
    def alike(self) -> Floats:
        """The design were the two answers to each instruction alike."""
        at_zero = self.columns.copy()
        at_zero[:, self.controlled] = 0.0
        return at_zero


def control_names(controls: Sequence[str]) -> tuple[str, ...]:
    """Each control once, groups such as `markdown` as what they stand for.

    Raises:
        StatsError: a name that is a coefficient's already.
    """
    names = [name for control in controls for name in GROUPS.get(control, (control,))]
    taken = (_KEPT | {SHORTER, LONGER, SHORTER_BALANCED, LONGER_BALANCED}) & set(names)
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


def build_design(
    sample: Sample,
    terms: Mapping[str, Floats],
    difficulty: Mapping[str, float] | None,
    prior: CoefficientPrior | None = None,
) -> Design:
    """The regression's columns, difficulty among them where it covers every instruction.

    A prior that knows two slopes of length splits its term, and one that knows the baseline's length adds that where
    it is known and differs.

    Raises:
        StatsError: too few instructions for so many columns, or the columns are linearly dependent.
    """
    known = () if prior is None else prior.names
    columns = {INTERCEPT: np.ones(sample.n), **(_split(terms) if SHORTER in known else terms)}
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
    # a coefficient that others lead one to expect needs no verdicts of its own
    needed = MIN_INSTRUCTIONS_A_COEFFICIENT * sum(name not in known for name in columns)
    if sample.n_clusters < needed:
        raise StatsError(f"{sample.n_clusters} instructions, at least {needed} needed for {len(columns)} coefficients")
    if np.linalg.matrix_rank(matrix) < len(columns):
        raise StatsError(f"the covariates are linearly dependent: {', '.join(tuple(columns)[1:])}")
    return Design(tuple(columns), matrix, notes)


def split_length(term: Floats) -> tuple[Floats, Floats]:
    """The length term where the candidate is shorter, and where it is longer; zero elsewhere."""
    return np.minimum(term, 0.0), np.maximum(term, 0.0)


def length_balance(shorter: Floats, longer: Floats, weight: Floats) -> Floats:
    """How alike a model's shorter and longer answers weigh: 1 where they do, 0 where all lie on one side.

    Args:
        shorter: the length term where the candidate is shorter, zero elsewhere; instructions on the last axis.
        longer: the term where it is longer.
        weight: of the verdicts.
    """
    below, above = (-shorter * weight).sum(axis=-1), (longer * weight).sum(axis=-1)
    total = below + above
    balance: Floats = np.divide(2 * np.minimum(below, above), total, out=np.ones_like(total), where=total > 0)
    return balance


def for_lengths(prior: CoefficientPrior, terms: Mapping[str, Floats], sample: Sample) -> CoefficientPrior:
    """What a prior says of a model of these lengths: its slopes go with how balanced they are."""
    if LENGTH not in terms:
        return prior
    return at_balance(prior, float(length_balance(*split_length(terms[LENGTH]), sample.relative_weight)))


def at_balance(prior: CoefficientPrior, balance: float) -> CoefficientPrior:
    return prior.folded({SHORTER_BALANCED: SHORTER, LONGER_BALANCED: LONGER}, balance)


def _split(terms: Mapping[str, Floats]) -> dict[str, Floats]:
    """The terms with that of length in its two parts, as far as there are answers in both."""
    parts = dict(zip((SHORTER, LONGER), split_length(terms[LENGTH]), strict=True))
    if all(np.ptp(part) > 0 for part in parts.values()):
        together = float(np.corrcoef(parts[SHORTER], parts[LONGER])[0, 1])
        if 1 - together**2 < _ONE_LINE:
            # two lengths have a line through them, and no more
            return dict(terms)
    return {
        **{name: part for name, part in parts.items() if part.any()},
        **{name: term for name, term in terms.items() if name != LENGTH},
    }


def _baseline_length(sample: Sample) -> Floats | None:
    """The logarithm of the baseline's length in standard deviations; None where it is unknown or never differs."""
    length = sample.baseline_length
    if length is None or not np.isfinite(length).all() or length.min() < 0:
        return None
    logs = np.log1p(length)
    spread = float(logs.std())
    # differences that vanish beside the numbers themselves are rounding
    return None if spread <= 1e-9 * max(1.0, float(logs.max())) else (logs - logs.mean()) / spread


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
