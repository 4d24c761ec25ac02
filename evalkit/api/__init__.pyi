from .annotation import AUDITS, Run, aannotate, annotate
from .assignment import Assignment, Prepared
from .boards import ESTIMATORS, Wishes, make_leaderboard, read_behind
from .decisions import GateDecision, gate
from .forecasts import Forecasts, forecast
from .generation import GenerationSpec, answers_file, forecast_answers, generate_answers, require_answered
from .leaderboards import Leaderboard, leaderboard
from .pairs import PairVerdict, View, judge_pair
from .python_judges import JudgeFunction, ParserFunction, judge, parser
from .runs import ModelRun, check_costs
from .verdict_tables import VerdictTable, verdicts
from .verification import Verified, verify_files

__all__ = [
    "AUDITS",
    "ESTIMATORS",
    "Assignment",
    "Forecasts",
    "GateDecision",
    "GenerationSpec",
    "JudgeFunction",
    "Leaderboard",
    "ModelRun",
    "PairVerdict",
    "ParserFunction",
    "Prepared",
    "Run",
    "VerdictTable",
    "Verified",
    "View",
    "Wishes",
    "aannotate",
    "annotate",
    "answers_file",
    "check_costs",
    "forecast",
    "forecast_answers",
    "gate",
    "generate_answers",
    "judge",
    "judge_pair",
    "leaderboard",
    "make_leaderboard",
    "parser",
    "read_behind",
    "require_answered",
    "verdicts",
    "verify_files",
]
