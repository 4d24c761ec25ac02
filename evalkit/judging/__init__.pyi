from .annotations import UNASKED, annotate_all, candidate_preference
from .answering import CUT_OFF, EMPTY, THINKING, Answering, Generated, first_turn, generate
from .layout import Options
from .requests import Plan, balanced_orders, pick, plan_place, pose
from .run import Annotated, annotate
from .work import Work, judge_facts, plan_all

__all__ = [
    "CUT_OFF",
    "EMPTY",
    "THINKING",
    "UNASKED",
    "Annotated",
    "Answering",
    "Generated",
    "Options",
    "Plan",
    "Work",
    "annotate",
    "annotate_all",
    "balanced_orders",
    "candidate_preference",
    "first_turn",
    "generate",
    "judge_facts",
    "pick",
    "plan_all",
    "plan_place",
    "pose",
]
