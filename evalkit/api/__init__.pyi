from .agreements import Correlations, correlate
from .annotation import AUDITS, Run, aannotate, annotate
from .assignment import Assignment, Prepared
from .boards import ESTIMATORS, Wishes, make_leaderboard, read_behind
from .comparisons import ModelComparison, compare
from .decisions import GateDecision, gate
from .forecasts import Forecasts, forecast
from .generation import GenerationSpec, answers_file, forecast_answers, generate_answers, require_answered
from .leaderboards import Leaderboard, leaderboard
from .metrics import metric
from .pairs import PairVerdict, View, judge_pair
from .planning import PowerPlan, power
from .python_judges import JudgeFunction, ParserFunction, judge, parser
from .rated import RATING_INTERVALS, RATING_METHODS, Ratings, ratings
from .runs import ModelRun, check_costs
from .training import WinRateCallback, win_rate_callback
from .verdict_tables import VerdictTable, verdicts
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
    "PairVerdict",
    "ParserFunction",
    "PowerPlan",
    "Prepared",
    "Ratings",
    "Run",
    "VerdictTable",
    "Verified",
    "View",
    "WinRateCallback",
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
    "judge_pair",
    "leaderboard",
    "make_leaderboard",
    "metric",
    "parser",
    "power",
    "ratings",
    "read_behind",
    "require_answered",
    "verdicts",
    "verify_files",
    "win_rate_callback",
]
