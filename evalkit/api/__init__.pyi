from .agreements import Correlations, correlate
from .annotation import AUDITS, Run, aannotate, annotate
from .assignment import Assignment, Prepared
from .audits import Audits, audit
from .boards import ESTIMATORS, Wishes, make_leaderboard, read_behind
from .comparisons import ModelComparison, compare
from .decisions import GateDecision, gate
from .forecasts import Forecasts, forecast
from .foreign_files import ExportedFiles, ImportedFiles, export_files, import_files
from .generation import Answers, AnswersForecast, agenerate, forecast_answers, generate
from .judge_evaluations import JudgeEvaluation, evaluate_judges, forecast_evaluation
from .leaderboards import Leaderboard, leaderboard
from .listings import Benchmarks, Judges, References, benchmarks, judges, references
from .metrics import metric
from .overviews import AGGREGATES, EVERY, OverviewTable
from .pages import REPORT_FILE, Page, report
from .pairs import PairVerdict, View, judge_pair
from .planning import PowerPlan, power
from .python_judges import JudgeFunction, ParserFunction, judge, parser
from .python_models import ModelFunction, model
from .rated import RATING_INTERVALS, RATING_METHODS, Ratings, ratings
from .releases import Releases, releases
from .runs import ModelRun, check_costs
from .sites import SiteFolder, site
from .training import WinRateCallback, win_rate_callback
from .verdict_tables import VerdictTable, verdicts
from .verified_rows import VerifiedRows, verify

__all__ = [
    "AGGREGATES",
    "AUDITS",
    "ESTIMATORS",
    "EVERY",
    "RATING_INTERVALS",
    "RATING_METHODS",
    "REPORT_FILE",
    "Answers",
    "AnswersForecast",
    "Assignment",
    "Audits",
    "Benchmarks",
    "Correlations",
    "ExportedFiles",
    "Forecasts",
    "GateDecision",
    "ImportedFiles",
    "JudgeEvaluation",
    "JudgeFunction",
    "Judges",
    "Leaderboard",
    "ModelComparison",
    "ModelFunction",
    "ModelRun",
    "OverviewTable",
    "Page",
    "PairVerdict",
    "ParserFunction",
    "PowerPlan",
    "Prepared",
    "Ratings",
    "References",
    "Releases",
    "Run",
    "SiteFolder",
    "VerdictTable",
    "VerifiedRows",
    "View",
    "WinRateCallback",
    "Wishes",
    "aannotate",
    "agenerate",
    "annotate",
    "audit",
    "benchmarks",
    "check_costs",
    "compare",
    "correlate",
    "evaluate_judges",
    "export_files",
    "forecast",
    "forecast_answers",
    "forecast_evaluation",
    "gate",
    "generate",
    "import_files",
    "judge",
    "judge_pair",
    "judges",
    "leaderboard",
    "make_leaderboard",
    "metric",
    "model",
    "parser",
    "power",
    "ratings",
    "read_behind",
    "references",
    "releases",
    "report",
    "site",
    "verdicts",
    "verify",
    "win_rate_callback",
]
