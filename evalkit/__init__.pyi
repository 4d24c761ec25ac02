from evalkit.api.annotation import Run as Run
from evalkit.api.annotation import aannotate as aannotate
from evalkit.api.annotation import annotate as annotate
from evalkit.api.audits import Audits as Audits
from evalkit.api.audits import audit as audit
from evalkit.api.decisions import GateDecision as GateDecision
from evalkit.api.decisions import gate as gate
from evalkit.api.forecasts import Forecasts as Forecasts
from evalkit.api.forecasts import forecast as forecast
from evalkit.api.foreign_files import ExportedFiles as ExportedFiles
from evalkit.api.foreign_files import ImportedFiles as ImportedFiles
from evalkit.api.foreign_files import export_files as export_files
from evalkit.api.foreign_files import import_files as import_files
from evalkit.api.generation import Answers as Answers
from evalkit.api.generation import AnswersForecast as AnswersForecast
from evalkit.api.generation import agenerate as agenerate
from evalkit.api.generation import forecast_answers as forecast_answers
from evalkit.api.generation import generate as generate
from evalkit.api.leaderboards import Leaderboard as Leaderboard
from evalkit.api.leaderboards import leaderboard as leaderboard
from evalkit.api.listings import Benchmarks as Benchmarks
from evalkit.api.listings import Judges as Judges
from evalkit.api.listings import References as References
from evalkit.api.listings import benchmarks as benchmarks
from evalkit.api.listings import judges as judges
from evalkit.api.listings import references as references
from evalkit.api.pages import Page as Page
from evalkit.api.pages import report as report
from evalkit.api.python_judges import JudgeFunction as JudgeFunction
from evalkit.api.python_judges import ParserFunction as ParserFunction
from evalkit.api.python_judges import judge as judge
from evalkit.api.python_judges import parser as parser
from evalkit.api.python_models import ModelFunction as ModelFunction
from evalkit.api.python_models import model as model
from evalkit.api.verified_rows import VerifiedRows as VerifiedRows
from evalkit.api.verified_rows import verify as verify
from evalkit.auditing.limits import AuditLimits as AuditLimits
from evalkit.clients.functions import Pair as Pair
from evalkit.clients.functions import Single as Single
from evalkit.clients.functions import Turn as Turn
from evalkit.errors import EvalkitError as EvalkitError
from evalkit.errors import NoVerdict as NoVerdict
from evalkit.types import ChatReply as ChatReply
from evalkit.types import ChatRequest as ChatRequest
from evalkit.types import Estimate as Estimate
from evalkit.types import JudgeConfig as JudgeConfig
from evalkit.types import Labels as Labels
from evalkit.types import ModelConfig as ModelConfig

__version__: str
__all__ = [
    "Answers",
    "AnswersForecast",
    "AuditLimits",
    "Audits",
    "Benchmarks",
    "ChatReply",
    "ChatRequest",
    "Estimate",
    "EvalkitError",
    "ExportedFiles",
    "Forecasts",
    "GateDecision",
    "ImportedFiles",
    "JudgeConfig",
    "JudgeFunction",
    "Judges",
    "Labels",
    "Leaderboard",
    "ModelConfig",
    "ModelFunction",
    "NoVerdict",
    "Page",
    "Pair",
    "ParserFunction",
    "References",
    "Run",
    "Single",
    "Turn",
    "VerifiedRows",
    "aannotate",
    "agenerate",
    "annotate",
    "audit",
    "benchmarks",
    "export_files",
    "forecast",
    "forecast_answers",
    "gate",
    "generate",
    "import_files",
    "judge",
    "judges",
    "leaderboard",
    "model",
    "parser",
    "references",
    "report",
    "verify",
]
