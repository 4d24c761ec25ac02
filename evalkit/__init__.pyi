from evalkit.api.agreements import Correlations as Correlations
from evalkit.api.agreements import correlate as correlate
from evalkit.api.annotation import Run as Run
from evalkit.api.annotation import aannotate as aannotate
from evalkit.api.annotation import annotate as annotate
from evalkit.api.comparisons import ModelComparison as ModelComparison
from evalkit.api.comparisons import compare as compare
from evalkit.api.decisions import GateDecision as GateDecision
from evalkit.api.decisions import gate as gate
from evalkit.api.forecasts import Forecasts as Forecasts
from evalkit.api.forecasts import forecast as forecast
from evalkit.api.leaderboards import Leaderboard as Leaderboard
from evalkit.api.leaderboards import leaderboard as leaderboard
from evalkit.api.metrics import metric as metric
from evalkit.api.pairs import PairVerdict as PairVerdict
from evalkit.api.pairs import judge_pair as judge_pair
from evalkit.api.planning import PowerPlan as PowerPlan
from evalkit.api.planning import power as power
from evalkit.api.python_judges import JudgeFunction as JudgeFunction
from evalkit.api.python_judges import ParserFunction as ParserFunction
from evalkit.api.python_judges import judge as judge
from evalkit.api.python_judges import parser as parser
from evalkit.api.rated import Ratings as Ratings
from evalkit.api.rated import ratings as ratings
from evalkit.api.training import WinRateCallback as WinRateCallback
from evalkit.api.training import win_rate_callback as win_rate_callback
from evalkit.api.verdict_tables import VerdictTable as VerdictTable
from evalkit.api.verdict_tables import verdicts as verdicts
from evalkit.auditing.limits import AuditLimits as AuditLimits
from evalkit.boards.metrics import Metric as Metric
from evalkit.clients.functions import Pair as Pair
from evalkit.clients.functions import Single as Single
from evalkit.clients.functions import Turn as Turn
from evalkit.errors import AuditFailed as AuditFailed
from evalkit.errors import ConfigError as ConfigError
from evalkit.errors import EvalkitError as EvalkitError
from evalkit.errors import GateFailed as GateFailed
from evalkit.errors import Incomplete as Incomplete
from evalkit.errors import Inconclusive as Inconclusive
from evalkit.errors import InputError as InputError
from evalkit.errors import NoVerdict as NoVerdict
from evalkit.stats.sample import Sample as Sample
from evalkit.types import ChatReply as ChatReply
from evalkit.types import ChatRequest as ChatRequest
from evalkit.types import Estimate as Estimate
from evalkit.types import JudgeConfig as JudgeConfig
from evalkit.types import Labels as Labels
from evalkit.types import Preference as Preference
from evalkit.types import Unparsed as Unparsed

__version__: str
__all__ = [
    "AuditFailed",
    "AuditLimits",
    "ChatReply",
    "ChatRequest",
    "ConfigError",
    "Correlations",
    "Estimate",
    "EvalkitError",
    "Forecasts",
    "GateDecision",
    "GateFailed",
    "Incomplete",
    "Inconclusive",
    "InputError",
    "JudgeConfig",
    "JudgeFunction",
    "Labels",
    "Leaderboard",
    "Metric",
    "ModelComparison",
    "NoVerdict",
    "Pair",
    "PairVerdict",
    "ParserFunction",
    "PowerPlan",
    "Preference",
    "Ratings",
    "Run",
    "Sample",
    "Single",
    "Turn",
    "Unparsed",
    "VerdictTable",
    "WinRateCallback",
    "aannotate",
    "annotate",
    "compare",
    "correlate",
    "forecast",
    "gate",
    "judge",
    "judge_pair",
    "leaderboard",
    "metric",
    "parser",
    "power",
    "ratings",
    "verdicts",
    "win_rate_callback",
]
