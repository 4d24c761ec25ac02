"""The names of the numbers of a judge beside people; `numbers` computes them."""

from dataclasses import dataclass
from enum import Enum


class MeasureUnit(Enum):
    """The unit of a number."""

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
    unit: MeasureUnit
    group: str
    main: bool = False


_AGREEMENT, _PREFERENCES, _STEADINESS = "Agreement with people", "Preferences beside people's", "Steadiness"
_CALIBRATION, _SELECTIVE = "Stated probabilities", "Answering where it is sure"
_MODELS, _EFFORT = "Ranking of the models", "Cost"

# in the order in which tables show them
MEASURES = (
    JudgeMeasure("human_agreement", "agreement", MeasureUnit.PERCENT, _AGREEMENT, main=True),
    JudgeMeasure("of_ceiling", "of ceiling", MeasureUnit.PERCENT, _AGREEMENT, main=True),
    JudgeMeasure("excess_longer", "excess longer", MeasureUnit.POINTS, _PREFERENCES, main=True),
    JudgeMeasure("agreement_decided", "decided", MeasureUnit.PERCENT, _AGREEMENT, main=True),
    JudgeMeasure("agreement_three_way", "three-way", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("agreement_both_decided", "both decided", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("ceiling", "ceiling", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("against_majority", "with the majority", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("people_against_rest", "people with the rest", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("kappa", "kappa", MeasureUnit.PLAIN, _AGREEMENT, main=True),
    JudgeMeasure("alpha", "alpha", MeasureUnit.PLAIN, _AGREEMENT),
    JudgeMeasure("alpha_interval", "alpha (interval)", MeasureUnit.PLAIN, _AGREEMENT),
    JudgeMeasure("alt_winning_rate", "annotators replaced", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("alt_advantage", "advantage", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("bias", "bias", MeasureUnit.PERCENT, _AGREEMENT),
    JudgeMeasure("variance", "variance", MeasureUnit.PERCENT, _STEADINESS),
    JudgeMeasure("prefers_longer", "takes longer", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_longer", "people: longer", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("excess_lists", "excess lists", MeasureUnit.POINTS, _PREFERENCES),
    JudgeMeasure("prefers_lists", "takes lists", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_lists", "people: lists", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("excess_first", "excess first", MeasureUnit.POINTS, _PREFERENCES, main=True),
    JudgeMeasure("prefers_first", "takes first", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_first", "people: first", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("excess_own", "excess own", MeasureUnit.POINTS, _PREFERENCES),
    JudgeMeasure("prefers_own", "takes own family", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("people_prefer_own", "people: its family", MeasureUnit.PERCENT, _PREFERENCES),
    JudgeMeasure("position_effect", "position", MeasureUnit.POINTS, _STEADINESS),
    JudgeMeasure("inconsistent", "changes with order", MeasureUnit.PERCENT, _STEADINESS, main=True),
    JudgeMeasure("brier", "Brier", MeasureUnit.PLAIN, _CALIBRATION),
    JudgeMeasure("log_loss", "log loss", MeasureUnit.PLAIN, _CALIBRATION),
    JudgeMeasure("ece", "ECE", MeasureUnit.PLAIN, _CALIBRATION, main=True),
    JudgeMeasure("ece_equal_mass", "ECE (equal mass)", MeasureUnit.PLAIN, _CALIBRATION),
    JudgeMeasure("temperature", "temperature", MeasureUnit.PLAIN, _CALIBRATION),
    JudgeMeasure("aurc", "AURC", MeasureUnit.PLAIN, _SELECTIVE),
    JudgeMeasure("e_aurc", "E-AURC", MeasureUnit.PLAIN, _SELECTIVE),
    JudgeMeasure("right_at_half", "right at half", MeasureUnit.PERCENT, _SELECTIVE),
    JudgeMeasure("coverage_at_risk", "coverage at risk", MeasureUnit.PERCENT, _SELECTIVE),
    JudgeMeasure("spearman", "Spearman", MeasureUnit.PLAIN, _MODELS),
    JudgeMeasure("pearson", "Pearson", MeasureUnit.PLAIN, _MODELS),
    JudgeMeasure("price_per_1000", "$ per 1,000", MeasureUnit.AMOUNT, _EFFORT, main=True),
    JudgeMeasure("seconds_per_1000", "seconds per 1,000", MeasureUnit.AMOUNT, _EFFORT),
    JudgeMeasure("tokens_per_1000", "tokens per 1,000", MeasureUnit.AMOUNT, _EFFORT),
)
