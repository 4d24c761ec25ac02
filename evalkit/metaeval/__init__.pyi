from .controls import control_verdicts
from .evaluate import evaluate
from .judge_name import JudgeName
from .labels import LabelTable, label_table
from .measures import MEASURES, JudgeMeasure, Unit
from .row import JudgeRow, RowKind
from .settings import EvaluationSettings
from .table import JudgeTable
from .verdicts import Effort, JudgeVerdicts, verdicts_of

__all__ = [
    "MEASURES",
    "Effort",
    "EvaluationSettings",
    "JudgeMeasure",
    "JudgeName",
    "JudgeRow",
    "JudgeTable",
    "JudgeVerdicts",
    "LabelTable",
    "RowKind",
    "Unit",
    "control_verdicts",
    "evaluate",
    "label_table",
    "verdicts_of",
]
