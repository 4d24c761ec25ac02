from .annotation import AUDITS, Run, aannotate, annotate
from .assignment import Assignment, Prepared
from .audits import Audits, audit
from .boards import ESTIMATORS, Wishes, make_leaderboard, read_behind
from .decisions import GateDecision, gate
from .forecasts import Forecasts, forecast
from .foreign_files import ExportedFiles, ImportedFiles, export_files, import_files
from .generation import Answers, AnswersForecast, agenerate, forecast_answers, generate
from .leaderboards import Leaderboard, leaderboard
from .listings import Benchmarks, Judges, References, benchmarks, judges, references
from .pages import REPORT_FILE, Page, report
from .python_judges import JudgeFunction, ParserFunction, judge, parser
from .python_models import ModelFunction, model
from .runs import ModelRun, check_costs
from .verified_rows import VerifiedRows, verify

__all__ = [
    "AUDITS",
    "ESTIMATORS",
    "REPORT_FILE",
    "Answers",
    "AnswersForecast",
    "Assignment",
    "Audits",
    "Benchmarks",
    "ExportedFiles",
    "Forecasts",
    "GateDecision",
    "ImportedFiles",
    "JudgeFunction",
    "Judges",
    "Leaderboard",
    "ModelFunction",
    "ModelRun",
    "Page",
    "ParserFunction",
    "Prepared",
    "References",
    "Run",
    "VerifiedRows",
    "Wishes",
    "aannotate",
    "agenerate",
    "annotate",
    "audit",
    "benchmarks",
    "check_costs",
    "export_files",
    "forecast",
    "forecast_answers",
    "gate",
    "generate",
    "import_files",
    "judge",
    "judges",
    "leaderboard",
    "make_leaderboard",
    "model",
    "parser",
    "read_behind",
    "references",
    "report",
    "verify",
]
