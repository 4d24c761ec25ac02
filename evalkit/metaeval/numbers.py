"""Computes every number of a judge, and of the people beside each other."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evalkit.metaeval.labels import LabelTable
from evalkit.metaeval.measures import MEASURES
from evalkit.metaeval.settings import EvaluationSettings
from evalkit.metaeval.singles import shown_verdicts, singles_of
from evalkit.metaeval.verdicts import JudgeVerdicts
from evalkit.stats import (
    AgreementRule,
    Binning,
    Excess,
    Measurement,
    Share,
    Stated,
    against_majority,
    agreement_by,
    alt_test,
    brier_score,
    build_stated,
    ceiling,
    cohen_kappa,
    confidence_error,
    coverage_at_risk,
    excess_preference,
    fit_temperature,
    inconsistent_share,
    judge_bias,
    judge_variance,
    krippendorff_alpha,
    log_loss,
    longer_side,
    model_rates,
    of_ceiling,
    people_against_rest,
    position_effect,
    selective_answering,
)
from evalkit.types import Estimate

NO_TEXTS = "the labels have no texts"
NOT_ASKED = "nobody was asked, or the replies do not tell"
OF_PEOPLE = "this is a number of the people"
OF_JUDGES = "this is a number of a judge"
NUMBERED = "the labels do not say which of them are of one person"
NO_FAMILY = "no family of models is known for this judge"
NO_MODELS = "the labels do not name the models"
_PER = 1000
_RULES = {
    "human_agreement": AgreementRule.HALF,
    "agreement_decided": AgreementRule.DECIDED,
    "agreement_three_way": AgreementRule.THREE_WAY,
    "agreement_both_decided": AgreementRule.BOTH_DECIDED,
}


@dataclass(frozen=True, slots=True)
class JudgeNumber:
    """An estimate, whose n counts instructions, and the number of opinions, comparisons or verdicts behind it."""

    estimate: Estimate
    count: int

    @classmethod
    def of(cls, found: Share | Estimate) -> "JudgeNumber":
        return cls(found, found.n) if isinstance(found, Estimate) else cls(found.estimate, found.n)

    @classmethod
    def refused(cls, reason: str) -> "JudgeNumber":
        return cls(Estimate.refused(reason, n=0), 0)


Numbers = dict[str, JudgeNumber]


def judge_numbers(labels: LabelTable, verdicts: JudgeVerdicts, settings: EvaluationSettings) -> Numbers:
    """Every measure of a judge; what cannot be estimated is refused with the reason."""
    found: dict[str, Share | Estimate] = {}
    for part in (_agreement, _preferences, _steadiness, _calibration, _models, _effort):
        found |= dict(part(labels, verdicts, settings))
    return {
        measure.name: JudgeNumber.of(found[measure.name]) if measure.name in found else JudgeNumber.refused(OF_PEOPLE)
        for measure in MEASURES
    }


def people_numbers(labels: LabelTable, settings: EvaluationSettings) -> Numbers:
    """The people beside each other: their agreement by every rule, and what they prefer."""
    panel, confidence = labels.panel, settings.confidence
    found: dict[str, Share | Estimate] = {
        name: ceiling(panel, rule, confidence=confidence) for name, rule in _RULES.items()
    }
    found["people_against_rest"] = people_against_rest(panel, confidence=confidence)
    found["alpha"] = krippendorff_alpha(panel, confidence=confidence)
    found["alpha_interval"] = krippendorff_alpha(panel, Measurement.INTERVAL, confidence=confidence)
    return {
        measure.name: JudgeNumber.of(found[measure.name]) if measure.name in found else JudgeNumber.refused(OF_JUDGES)
        for measure in MEASURES
    }


def stated_of(labels: LabelTable, verdicts: JudgeVerdicts) -> Stated:
    """The judge's probabilities beside each opinion."""
    panel = labels.panel
    return build_stated(verdicts.mean[panel.comparison], panel.said, panel.cluster[panel.comparison])


Found = Iterator[tuple[str, Share | Estimate]]


def _agreement(labels: LabelTable, verdicts: JudgeVerdicts, settings: EvaluationSettings) -> Found:
    panel, verdict, confidence, band = labels.panel, verdicts.mean, settings.confidence, settings.tie_band
    for name, rule in _RULES.items():
        yield name, agreement_by(panel, verdict, rule, tie_band=band, confidence=confidence)
    yield "ceiling", ceiling(panel, AgreementRule.HALF, confidence=confidence)
    yield "of_ceiling", of_ceiling(panel, verdict, AgreementRule.HALF, confidence=confidence)
    yield "against_majority", against_majority(panel, verdict, confidence=confidence)
    yield "kappa", cohen_kappa(panel, verdict, tie_band=band, confidence=confidence)
    if labels.source.named_people:
        test = alt_test(panel, verdict, epsilon=settings.epsilon, tie_band=band, confidence=confidence)
        yield "alt_winning_rate", test.winning_rate
        yield "alt_advantage", test.advantage
    else:
        yield "alt_winning_rate", Estimate.refused(NUMBERED, n=0)
        yield "alt_advantage", Estimate.refused(NUMBERED, n=0)
    yield "bias", judge_bias(panel, verdicts.comparison, verdicts.preference, confidence=confidence)


def _preferences(labels: LabelTable, verdicts: JudgeVerdicts, settings: EvaluationSettings) -> Found:
    panel, verdict = labels.panel, verdicts.mean
    options = {"tie_band": settings.tie_band, "confidence": settings.confidence}
    if labels.source.texts:
        nothing = np.zeros(labels.n)
        yield from _excess("longer", excess_preference(panel, verdict, longer_side(nothing, labels.longer), **options))
        yield from _excess("lists", excess_preference(panel, verdict, labels.lists, **options))
    else:
        yield from _refused("longer", NO_TEXTS)
        yield from _refused("lists", NO_TEXTS)
    singles = singles_of(panel, verdicts)
    shown_first = singles.shown_first.astype(np.float64)
    yield from _excess("first", excess_preference(singles.panel, singles.preference, shown_first, **options))
    family = settings.family_of(verdicts.judge)
    if not family:
        yield from _refused("own", NO_FAMILY)
    elif not labels.names_models:
        yield from _refused("own", NO_MODELS)
    else:
        own = labels.family_sides(family).astype(np.float64)
        yield from _excess("own", excess_preference(panel, verdict, own, **options))


def _excess(kind: str, found: Excess) -> Found:
    yield f"prefers_{kind}", found.judge
    yield f"people_prefer_{kind}", found.people
    yield f"excess_{kind}", found.excess


def _refused(kind: str, reason: str) -> Found:
    for name in (f"prefers_{kind}", f"people_prefer_{kind}", f"excess_{kind}"):
        yield name, Estimate.refused(reason, n=0)


def _steadiness(labels: LabelTable, verdicts: JudgeVerdicts, settings: EvaluationSettings) -> Found:
    confidence = settings.confidence
    shown = shown_verdicts(labels.panel, verdicts)
    yield "variance", judge_variance(labels.panel, verdicts.comparison, verdicts.preference, confidence=confidence)
    yield "position_effect", position_effect(shown, confidence=confidence)
    yield "inconsistent", inconsistent_share(shown, confidence=confidence)


def _calibration(labels: LabelTable, verdicts: JudgeVerdicts, settings: EvaluationSettings) -> Found:
    confidence, stated = settings.confidence, stated_of(labels, verdicts)
    yield "brier", brier_score(stated, confidence=confidence)
    yield "log_loss", log_loss(stated, confidence=confidence)
    yield "ece", confidence_error(stated, confidence=confidence)
    yield "ece_equal_mass", confidence_error(stated, binning=Binning.EQUAL_MASS, confidence=confidence)
    yield "temperature", fit_temperature(stated, confidence=confidence).estimate
    selective = selective_answering(stated, confidence=confidence)
    yield "aurc", selective.aurc
    yield "e_aurc", selective.e_aurc
    yield "right_at_half", selective.right_at_half
    yield "coverage_at_risk", coverage_at_risk(stated, risk=settings.risk, confidence=confidence).coverage


def _models(labels: LabelTable, verdicts: JudgeVerdicts, settings: EvaluationSettings) -> Found:
    reason = NO_MODELS if not labels.names_models else OF_JUDGES if verdicts.judge.control else ""
    if reason:
        yield "spearman", Estimate.refused(reason, n=0)
        yield "pearson", Estimate.refused(reason, n=0)
        return
    first, second = zip(*labels.models, strict=True)
    found = model_rates(
        labels.panel, verdicts.mean, first_models=first, second_models=second, confidence=settings.confidence
    )
    yield "spearman", found.spearman
    yield "pearson", found.pearson


def _effort(_: LabelTable, verdicts: JudgeVerdicts, __: EvaluationSettings) -> Found:
    """Dollars, seconds and tokens for a thousand comparisons, which have no error: they were paid."""
    effort = verdicts.effort
    for name, amount in (("price", effort.dollars), ("seconds", effort.seconds), ("tokens", effort.tokens)):
        if amount is None or not verdicts.judged:
            yield f"{name}_per_1000", Estimate.refused(NOT_ASKED, n=0)
        else:
            yield f"{name}_per_1000", Estimate(_PER * amount / verdicts.judged, None, None, None, verdicts.judged)
