from .config import (
    ORDERS,
    check_address,
    digest,
    judge_names,
    model_digest,
    read_judge,
    read_model,
    scale,
    with_address,
    with_orders,
)
from .copying import copied_judge
from .modelfile import model_file, model_name
from .nature import OFFLINE, Nature, nature_of
from .parsers import GRADE, NO_VERDICT, P_FIRST, PYTHON, find_parser, five_way_labels, parser_of
from .prompting import ask, judged_texts, render
from .tokens import MOST_POSITIONS

__all__ = [
    "GRADE",
    "MOST_POSITIONS",
    "NO_VERDICT",
    "OFFLINE",
    "ORDERS",
    "PYTHON",
    "P_FIRST",
    "Nature",
    "ask",
    "check_address",
    "copied_judge",
    "digest",
    "find_parser",
    "five_way_labels",
    "judge_names",
    "judged_texts",
    "model_digest",
    "model_file",
    "model_name",
    "nature_of",
    "parser_of",
    "read_judge",
    "read_model",
    "render",
    "scale",
    "with_address",
    "with_orders",
]
