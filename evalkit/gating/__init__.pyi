from .choice import Required, check_against, check_mode, choose
from .decide import refuse_unjudged
from .equal_length import LEAST_CORRELATION, EqualLength
from .gate import Gate
from .rule import Decision, Outcome, Rule, Spent
from .sequential import SMALLEST_BATCH, Batches

__all__ = [
    "LEAST_CORRELATION",
    "SMALLEST_BATCH",
    "Batches",
    "Decision",
    "EqualLength",
    "Gate",
    "Outcome",
    "Required",
    "Rule",
    "Spent",
    "check_against",
    "check_mode",
    "choose",
    "refuse_unjudged",
]
