"""The names of the numbers of a judge beside people; `numbers` computes them."""

from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """What a number counts in."""

    PERCENT = "percent"
    POINTS = "points"
    PLAIN = "plain"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class JudgeMeasure:
    """A number of a judge: its `name` in files, its `title` for people, its unit, and the title of its group.

    A `main` number stands in the table on a terminal; files and pages have every one.
    """

    name: str
    title: str
    unit: Unit
    group: str
    main: bool = False


_AGREEMENT, _PREFERENCES, _STEADINESS = "Agreement with people", "Preferences beside people's", "Steadiness"
_CALIBRATION, _SELECTIVE = "Stated probabilities", "Answering where it is sure"
_MODELS, _EFFORT = "Ranking of the models", "Cost"

# in the order in which tables show them
MEASURES = (
    JudgeMeasure("human_agreement", "agreement", Unit.PERCENT, _AGREEMENT, main=True),
    JudgeMeasure("of_ceiling", "of ceiling", Unit.PERCENT, _AGREEMENT, main=True),
    JudgeMeasure("excess_longer", "excess longer", Unit.POINTS, _PREFERENCES, main=True),
    JudgeMeasure("agreement_decided", "decided", Unit.PERCENT, _AGREEMENT, main=True),
    JudgeMeasure("agreement_three_way", "three-way", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("agreement_both_decided", "both decided", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("ceiling", "ceiling", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("against_majority", "with the majority", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("people_against_rest", "people with the rest", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("kappa", "kappa", Unit.PLAIN, _AGREEMENT, main=True),
    JudgeMeasure("alpha", "alpha", Unit.PLAIN, _AGREEMENT),
    JudgeMeasure("alpha_interval", "alpha (interval)", Unit.PLAIN, _AGREEMENT),
    JudgeMeasure("alt_winning_rate", "annotators replaced", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("alt_advantage", "advantage", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("bias", "bias", Unit.PERCENT, _AGREEMENT),
    JudgeMeasure("variance", "variance", Unit.PERCENT, _STEADINESS),
    JudgeMeasure("prefers_longer", "takes longer", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_longer", "people: longer", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("excess_lists", "excess lists", Unit.POINTS, _PREFERENCES),
    JudgeMeasure("prefers_lists", "takes lists", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_lists", "people: lists", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("excess_first", "excess first", Unit.POINTS, _PREFERENCES, main=True),
    JudgeMeasure("prefers_first", "takes first", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_first", "people: first", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("excess_own", "excess own", Unit.POINTS, _PREFERENCES),
    JudgeMeasure("prefers_own", "takes own family", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_own", "people: its family", Unit.PERCENT, _PREFERENCES),
    JudgeMeasure("position_effect", "position", Unit.POINTS, _STEADINESS),
    JudgeMeasure("inconsistent", "changes with order", Unit.PERCENT, _STEADINESS, main=True),
    JudgeMeasure("brier", "Brier", Unit.PLAIN, _CALIBRATION),
    JudgeMeasure("log_loss", "log loss", Unit.PLAIN, _CALIBRATION),
    JudgeMeasure("ece", "ECE", Unit.PLAIN, _CALIBRATION, main=True),
    JudgeMeasure("ece_equal_mass", "ECE (equal mass)", Unit.PLAIN, _CALIBRATION),
    JudgeMeasure("temperature", "temperature", Unit.PLAIN, _CALIBRATION),
    JudgeMeasure("aurc", "AURC", Unit.PLAIN, _SELECTIVE),
    JudgeMeasure("e_aurc", "E-AURC", Unit.PLAIN, _SELECTIVE),
    JudgeMeasure("right_at_half", "right at half", Unit.PERCENT, _SELECTIVE),
    JudgeMeasure("coverage_at_risk", "coverage at risk", Unit.PERCENT, _SELECTIVE),
    JudgeMeasure("spearman", "Spearman", Unit.PLAIN, _MODELS),
    JudgeMeasure("pearson", "Pearson", Unit.PLAIN, _MODELS),
    JudgeMeasure("price_per_1000", "$ per 1,000", Unit.AMOUNT, _EFFORT, main=True),
    JudgeMeasure("seconds_per_1000", "seconds per 1,000", Unit.AMOUNT, _EFFORT),
    JudgeMeasure("tokens_per_1000", "tokens per 1,000", Unit.AMOUNT, _EFFORT),
)
