from evalkit.api.agreements import Correlations as Correlations
from evalkit.api.agreements import correlate as correlate
from evalkit.api.annotation import Run as Run
from evalkit.api.annotation import aannotate as aannotate
from evalkit.api.annotation import annotate as annotate
from evalkit.api.audits import Audits as Audits
from evalkit.api.audits import audit as audit
from evalkit.api.comparisons import ModelComparison as ModelComparison
from evalkit.api.comparisons import compare as compare
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
from evalkit.api.judge_evaluations import JudgeEvaluation as JudgeEvaluation
from evalkit.api.judge_evaluations import evaluate_judges as evaluate_judges
from evalkit.api.judge_evaluations import forecast_evaluation as forecast_evaluation
from evalkit.api.leaderboards import Leaderboard as Leaderboard
from evalkit.api.leaderboards import leaderboard as leaderboard
from evalkit.api.listings import Benchmarks as Benchmarks
from evalkit.api.listings import Judges as Judges
from evalkit.api.listings import References as References
from evalkit.api.listings import benchmarks as benchmarks
from evalkit.api.listings import judges as judges
from evalkit.api.listings import references as references
from evalkit.api.metrics import metric as metric
from evalkit.api.overviews import OverviewTable as OverviewTable
from evalkit.api.pages import Page as Page
from evalkit.api.pages import report as report
from evalkit.api.pairs import PairVerdict as PairVerdict
from evalkit.api.pairs import judge_pair as judge_pair
from evalkit.api.planning import PowerPlan as PowerPlan
from evalkit.api.planning import power as power
from evalkit.api.python_judges import JudgeFunction as JudgeFunction
from evalkit.api.python_judges import ParserFunction as ParserFunction
from evalkit.api.python_judges import judge as judge
from evalkit.api.python_judges import parser as parser
from evalkit.api.python_models import ModelFunction as ModelFunction
from evalkit.api.python_models import model as model
from evalkit.api.rated import Ratings as Ratings
from evalkit.api.rated import ratings as ratings
from evalkit.api.releases import Releases as Releases
from evalkit.api.releases import releases as releases
from evalkit.api.sites import SiteFolder as SiteFolder
from evalkit.api.sites import site as site
from evalkit.api.training import WinRateCallback as WinRateCallback
from evalkit.api.training import win_rate_callback as win_rate_callback
from evalkit.api.verdict_tables import VerdictTable as VerdictTable
from evalkit.api.verdict_tables import verdicts as verdicts
from evalkit.api.verified_rows import VerifiedRows as VerifiedRows
from evalkit.api.verified_rows import verify as verify
from evalkit.auditing.limits import AuditLimits as AuditLimits
from evalkit.boards.metrics import Metric as Metric
from evalkit.clients.functions import Pair as Pair
from evalkit.clients.functions import Single as Single
from evalkit.clients.functions import Turn as Turn
from evalkit.errors import AuditFailed as AuditFailed
from evalkit.errors import ClientError as ClientError
from evalkit.errors import ConfigError as ConfigError
from evalkit.errors import EndpointRefused as EndpointRefused
from evalkit.errors import EvalkitError as EvalkitError
from evalkit.errors import GateFailed as GateFailed
from evalkit.errors import Incomplete as Incomplete
from evalkit.errors import Inconclusive as Inconclusive
from evalkit.errors import InputError as InputError
from evalkit.errors import Interrupted as Interrupted
from evalkit.errors import NoVerdict as NoVerdict
from evalkit.errors import RateLimited as RateLimited
from evalkit.errors import RejectedRequest as RejectedRequest
from evalkit.errors import RetryableError as RetryableError
from evalkit.errors import StatsError as StatsError
from evalkit.errors import StoreError as StoreError
from evalkit.errors import UnknownName as UnknownName
from evalkit.errors import Unreachable as Unreachable
from evalkit.stats.sample import Sample as Sample
from evalkit.types import ChatReply as ChatReply
from evalkit.types import ChatRequest as ChatRequest
from evalkit.types import Estimate as Estimate
from evalkit.types import JudgeConfig as JudgeConfig
from evalkit.types import Labels as Labels
from evalkit.types import ModelConfig as ModelConfig
from evalkit.types import Preference as Preference
from evalkit.types import Unparsed as Unparsed

__version__: str
__all__ = [
    "Answers",
    "AnswersForecast",
    "AuditFailed",
    "AuditLimits",
    "Audits",
    "Benchmarks",
    "ChatReply",
    "ChatRequest",
    "ClientError",
    "ConfigError",
    "Correlations",
    "EndpointRefused",
    "Estimate",
    "EvalkitError",
    "ExportedFiles",
    "Forecasts",
    "GateDecision",
    "GateFailed",
    "ImportedFiles",
    "Incomplete",
    "Inconclusive",
    "InputError",
    "Interrupted",
    "JudgeConfig",
    "JudgeEvaluation",
    "JudgeFunction",
    "Judges",
    "Labels",
    "Leaderboard",
    "Metric",
    "ModelComparison",
    "ModelConfig",
    "ModelFunction",
    "NoVerdict",
    "Page",
    "Pair",
    "PairVerdict",
    "ParserFunction",
    "PowerPlan",
    "Preference",
    "RateLimited",
    "Ratings",
    "References",
    "RejectedRequest",
    "Releases",
    "RetryableError",
    "Run",
    "Sample",
    "Single",
    "SiteFolder",
    "StatsError",
    "StoreError",
    "Turn",
    "UnknownName",
    "Unparsed",
    "Unreachable",
    "VerdictTable",
    "VerifiedRows",
    "WinRateCallback",
    "aannotate",
    "agenerate",
    "annotate",
    "audit",
    "benchmarks",
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
    "metric",
    "model",
    "parser",
    "power",
    "ratings",
    "references",
    "releases",
    "report",
    "site",
    "verdicts",
    "verify",
    "win_rate_callback",
]
