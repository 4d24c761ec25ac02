from .choice import Required, check_against, check_mode, choose
from .decide import not_applicable, refuse_unjudged, without_verdicts
from .discounts import Discounted
from .equal_length import LEAST_CORRELATION, EqualLength
from .gate import Gate
from .joint import Deciding, JointDecision, decide_jointly
from .people import hold_to_people, people_doubt
from .rule import Adjusted, Decision, Outcome, Rule, Spent
from .rule_tables import RuleTable, read_rule_file, read_rules
from .sequential import SMALLEST_BATCH, Batches

__all__ = [
    "LEAST_CORRELATION",
    "SMALLEST_BATCH",
    "Adjusted",
    "Batches",
    "Deciding",
    "Decision",
    "Discounted",
    "EqualLength",
    "Gate",
    "JointDecision",
    "Outcome",
    "Required",
    "Rule",
    "RuleTable",
    "Spent",
    "check_against",
    "check_mode",
    "choose",
    "decide_jointly",
    "hold_to_people",
    "not_applicable",
    "people_doubt",
    "read_rule_file",
    "read_rules",
    "refuse_unjudged",
    "without_verdicts",
]
