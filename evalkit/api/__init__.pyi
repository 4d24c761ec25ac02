from .annotation import AUDITS, annotate_models, require_complete
from .assignment import Assignment, Prepared
from .boards import ESTIMATORS, Wishes, make_leaderboard, read_behind
from .forecasts import WorkForecast, forecast_all
from .gate import GateCase, raise_for_outcome
from .generation import GenerationSpec, answers_file, forecast_answers, generate_answers, require_answered
from .runs import ModelRun, check_costs
from .verification import Verified, verify_files

__all__ = [
    "AUDITS",
    "ESTIMATORS",
    "Assignment",
    "GateCase",
    "GenerationSpec",
    "ModelRun",
    "Prepared",
    "Verified",
    "Wishes",
    "WorkForecast",
    "annotate_models",
    "answers_file",
    "check_costs",
    "forecast_all",
    "forecast_answers",
    "generate_answers",
    "make_leaderboard",
    "raise_for_outcome",
    "read_behind",
    "require_answered",
    "require_complete",
    "verify_files",
]
