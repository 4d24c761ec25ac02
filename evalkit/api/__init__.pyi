from .agreements import Correlations, correlate
from .annotation import AUDITS, Run, aannotate, annotate
from .assignment import Assignment, Prepared
from .boards import ESTIMATORS, Wishes, make_leaderboard, read_behind
from .comparisons import ModelComparison, compare
from .decisions import GateDecision, gate
from .forecasts import Forecasts, forecast
from .generation import GenerationSpec, answers_file, forecast_answers, generate_answers, require_answered
from .leaderboards import Leaderboard, leaderboard
from .planning import PowerPlan, power
from .python_judges import JudgeFunction, ParserFunction, judge, parser
from .rated import RATING_INTERVALS, RATING_METHODS, Ratings, ratings
from .runs import ModelRun, check_costs
from .verification import Verified, verify_files

__all__ = [
    "AUDITS",
    "ESTIMATORS",
    "RATING_INTERVALS",
    "RATING_METHODS",
    "Assignment",
    "Correlations",
    "Forecasts",
    "GateDecision",
    "GenerationSpec",
    "JudgeFunction",
    "Leaderboard",
    "ModelComparison",
    "ModelRun",
    "ParserFunction",
    "PowerPlan",
    "Prepared",
    "Ratings",
    "Run",
    "Verified",
    "Wishes",
    "aannotate",
    "annotate",
    "answers_file",
    "check_costs",
    "compare",
    "correlate",
    "forecast",
    "forecast_answers",
    "gate",
    "generate_answers",
    "judge",
    "leaderboard",
    "make_leaderboard",
    "parser",
    "power",
    "ratings",
    "read_behind",
    "require_answered",
    "verify_files",
]
