from .aggregate import Aggregated, AggregateMethod, Part, aggregate
from .agreement import Coefficient, Robustness, correlation, kendall, pearson, robustness, spearman
from .alpaca_compat import CompatInputs, GamedBaselines, lc_compat
from .arena_compat import TOKENS, Games, arena_v01, arena_v2
from .between import BetweenSources, between_sources
from .coefficients import CoefficientPrior
from .columns import Labels, Numbers
from .components import Components, variance_components
from .confounding import Confounding, Sensitivity
from .controlled_rate import (
    MIN_INSTRUCTIONS,
    MISFITTING,
    SEPARATED,
    Controlled,
    ErrorParts,
    controlled_win_rate,
    length_controlled_win_rate,
)
from .copula import Errors
from .covariates import (
    COUNTS,
    DIFFICULTY,
    GROUPS,
    INTERCEPT,
    LENGTH,
    LONGER,
    SHORTER,
    TAUGHT,
    at_balance,
    control_names,
    length_balance,
)
from .dependence import design_effect
from .fit_check import FitCheck, check_fits
from .frames import Frame, build_sample_from_frame, build_samples_by_model
from .generic import Generic
from .history import MIN_MODELS, MIN_MODELS_FOR_SLOPES, History, fit_history
from .intervals import CONFIDENCE
from .ladder import Rung, climb, expected_largest
from .multiple import holm, indistinguishable, p_value
from .noise import self_disagreement
from .paired import cluster_influences, common, paired_difference, significant
from .paired_correlations import CorrelationDifference, Influences, correlation_difference
from .pairwise import better_shares
from .people.agreement import (
    agreement_both_decided,
    agreement_by,
    agreement_decided,
    agreement_three_way,
    human_agreement,
)
from .people.alt_test import AgainstPerson, AltTest, Scoring, alt_test, alternative_annotator_test
from .people.bias_variance import judge_bias, judge_variance
from .people.calibration_error import Binning, ReliabilityBin, confidence_error, probability_error, reliability_bins
from .people.ceiling import against_majority, ceiling, of_ceiling, people_against_rest
from .people.corrected_mean import CorrectedMean, corrected_mean
from .people.coverage_at_risk import CoverageAtRisk, coverage_at_risk
from .people.excess import Excess, excess_preference, first_side, list_side, longer_side
from .people.jury import effective_votes, error_correlations, majority_verdict, mean_standardised_margin
from .people.model_rates import ModelRates, model_rates
from .people.panel import Panel, build_panel
from .people.pooled import Pooled, PooledCategory, pool_by_category
from .people.reliability import Measurement, cohen_kappa, krippendorff_alpha
from .people.rules import AgreementRule
from .people.scores import brier_score, log_loss
from .people.selective import RiskCurve, Selective, risk_curve, selective_answering
from .people.shares import Share
from .people.stated import Stated, build_stated
from .people.temperature import Temperature, at_temperature, fit_temperature
from .position import (
    OrderOutcomes,
    ShownVerdicts,
    build_shown_verdicts,
    inconsistent_share,
    order_outcomes,
    position_effect,
)
from .power import Effort, Level, Margin, Spread, detectable, gate_power, needed_instructions
from .quantiles import normal_quantile
from .ranks import RankInterval, rank_intervals
from .ratings.battles import Battles, build_battles
from .ratings.bradley_terry import BradleyTerry, fit_bradley_terry
from .ratings.controlled import fit_controlled
from .ratings.rated import Rated, bootstrap_ratings, coefficient_estimates, elo_ratings, sandwich_ratings
from .ratings.scale import Scale, Unit, rating_from_win_rate, win_rate_from_rating
from .recorded import HistoryFile, JudgeIdentity, Known
from .retest import Bin, RetestBin, retest_bins, stated_bins
from .reversals import Change, Fragility, Reversal, fragility
from .sample import Combine, Floats, Ints, Sample, build_sample
from .separation import agreement_with_confidence, pair_rank_brier, separability
from .sequential import early_look_confidence, last_look_confidence
from .shares import mean_share
from .signs import sign_test
from .slopes import SHAPES, Member, Shape, ShapeChoice
from .winrate import Counts, Measured, bounds_over_missing, count_outcomes, discrete_win_rate, win_rate

__all__ = [
    "CONFIDENCE",
    "COUNTS",
    "DIFFICULTY",
    "GROUPS",
    "INTERCEPT",
    "LENGTH",
    "LONGER",
    "MIN_INSTRUCTIONS",
    "MIN_MODELS",
    "MIN_MODELS_FOR_SLOPES",
    "MISFITTING",
    "SEPARATED",
    "SHAPES",
    "SHORTER",
    "TAUGHT",
    "TOKENS",
    "AgainstPerson",
    "AggregateMethod",
    "Aggregated",
    "AgreementRule",
    "AltTest",
    "Battles",
    "BetweenSources",
    "Bin",
    "Binning",
    "BradleyTerry",
    "Change",
    "Coefficient",
    "CoefficientPrior",
    "Combine",
    "CompatInputs",
    "Components",
    "Confounding",
    "Controlled",
    "CorrectedMean",
    "CorrelationDifference",
    "Counts",
    "CoverageAtRisk",
    "Effort",
    "ErrorParts",
    "Errors",
    "Excess",
    "FitCheck",
    "Floats",
    "Fragility",
    "Frame",
    "GamedBaselines",
    "Games",
    "Generic",
    "History",
    "HistoryFile",
    "Influences",
    "Ints",
    "JudgeIdentity",
    "Known",
    "Labels",
    "Level",
    "Margin",
    "Measured",
    "Measurement",
    "Member",
    "ModelRates",
    "Numbers",
    "OrderOutcomes",
    "Panel",
    "Part",
    "Pooled",
    "PooledCategory",
    "RankInterval",
    "Rated",
    "ReliabilityBin",
    "RetestBin",
    "Reversal",
    "RiskCurve",
    "Robustness",
    "Rung",
    "Sample",
    "Scale",
    "Scoring",
    "Selective",
    "Sensitivity",
    "Shape",
    "ShapeChoice",
    "Share",
    "ShownVerdicts",
    "Spread",
    "Stated",
    "Temperature",
    "Unit",
    "against_majority",
    "aggregate",
    "agreement_both_decided",
    "agreement_by",
    "agreement_decided",
    "agreement_three_way",
    "agreement_with_confidence",
    "alt_test",
    "alternative_annotator_test",
    "arena_v01",
    "arena_v2",
    "at_balance",
    "at_temperature",
    "better_shares",
    "between_sources",
    "bootstrap_ratings",
    "bounds_over_missing",
    "brier_score",
    "build_battles",
    "build_panel",
    "build_sample",
    "build_sample_from_frame",
    "build_samples_by_model",
    "build_shown_verdicts",
    "build_stated",
    "ceiling",
    "check_fits",
    "climb",
    "cluster_influences",
    "coefficient_estimates",
    "cohen_kappa",
    "common",
    "confidence_error",
    "control_names",
    "controlled_win_rate",
    "corrected_mean",
    "correlation",
    "correlation_difference",
    "count_outcomes",
    "coverage_at_risk",
    "design_effect",
    "detectable",
    "discrete_win_rate",
    "early_look_confidence",
    "effective_votes",
    "elo_ratings",
    "error_correlations",
    "excess_preference",
    "expected_largest",
    "first_side",
    "fit_bradley_terry",
    "fit_controlled",
    "fit_history",
    "fit_temperature",
    "fragility",
    "gate_power",
    "holm",
    "human_agreement",
    "inconsistent_share",
    "indistinguishable",
    "judge_bias",
    "judge_variance",
    "kendall",
    "krippendorff_alpha",
    "last_look_confidence",
    "lc_compat",
    "length_balance",
    "length_controlled_win_rate",
    "list_side",
    "log_loss",
    "longer_side",
    "majority_verdict",
    "mean_share",
    "mean_standardised_margin",
    "model_rates",
    "needed_instructions",
    "normal_quantile",
    "of_ceiling",
    "order_outcomes",
    "p_value",
    "pair_rank_brier",
    "paired_difference",
    "pearson",
    "people_against_rest",
    "pool_by_category",
    "position_effect",
    "probability_error",
    "rank_intervals",
    "rating_from_win_rate",
    "reliability_bins",
    "retest_bins",
    "risk_curve",
    "robustness",
    "sandwich_ratings",
    "selective_answering",
    "self_disagreement",
    "separability",
    "sign_test",
    "significant",
    "spearman",
    "stated_bins",
    "variance_components",
    "win_rate",
    "win_rate_from_rating",
]
