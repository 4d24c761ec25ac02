from .controls import control_verdicts
from .evaluate import PEOPLE, evaluate
from .judge_name import JudgeName
from .labels import LabelTable, label_table
from .measures import MEASURES, JudgeMeasure, MeasureUnit
from .numbers import OF_PEOPLE, JudgeNumber
from .published import measured_on, with_published
from .recompute import KeptNumbers, kept_numbers
from .row import JudgeRow, RowKind
from .settings import EvaluationSettings
from .table import JudgeTable
from .verdicts import JudgeCost, JudgeVerdicts, verdicts_of

__all__ = [
    "MEASURES",
    "OF_PEOPLE",
    "PEOPLE",
    "EvaluationSettings",
    "JudgeCost",
    "JudgeMeasure",
    "JudgeName",
    "JudgeNumber",
    "JudgeRow",
    "JudgeTable",
    "JudgeVerdicts",
    "KeptNumbers",
    "LabelTable",
    "MeasureUnit",
    "RowKind",
    "control_verdicts",
    "evaluate",
    "kept_numbers",
    "label_table",
    "measured_on",
    "verdicts_of",
    "with_published",
]
