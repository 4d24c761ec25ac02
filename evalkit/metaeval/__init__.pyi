from .controls import control_verdicts
from .evaluate import evaluate
from .judge_name import JudgeName
from .labels import LabelTable, label_table
from .measures import MEASURES, JudgeMeasure, Unit
from .numbers import OF_PEOPLE, JudgeNumber
from .recompute import KeptNumbers, kept_numbers
from .row import JudgeRow, RowKind
from .settings import EvaluationSettings
from .table import JudgeTable
from .verdicts import Effort, JudgeVerdicts, verdicts_of

__all__ = [
    "MEASURES",
    "OF_PEOPLE",
    "Effort",
    "EvaluationSettings",
    "JudgeMeasure",
    "JudgeName",
    "JudgeNumber",
    "JudgeRow",
    "JudgeTable",
    "JudgeVerdicts",
    "KeptNumbers",
    "LabelTable",
    "RowKind",
    "Unit",
    "control_verdicts",
    "evaluate",
    "kept_numbers",
    "label_table",
    "verdicts_of",
]
