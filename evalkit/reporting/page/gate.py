"""The decision of a gate as a report shows it, read from the document that `evalkit gate --json` prints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.errors import InputError
from evalkit.text import percent

_CURE = "Give what evalkit gate --json printed"


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: its name, whether it is required, its outcome, and the number that it rests on, in words."""

    name: str
    required: bool
    outcome: str
    number: str
    n: str
    status: str
    asked: str
    about: str
    reasons: str


@dataclass(frozen=True, slots=True)
class GateSection:
    """The decision of a gate, the errors that it holds, and each of its rules."""

    outcome: str
    model: str
    errors: tuple[str, ...]
    rules: tuple[RuleLine, ...]


def gate_section(document: Any, where: str) -> GateSection:
    """Return the section about a gate's decision.

    Args:
        document: the decision as JSON has it, by several rules or by one.
        where: the beginning of an error.

    Raises:
        InputError: it is no decision of a gate.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("outcome"), str):
        raise InputError(f"{where}: is no decision of a gate. {_CURE}")
    rules = document.get("rules", [document])
    if not isinstance(rules, list) or not all(isinstance(rule, Mapping) for rule in rules):
        raise InputError(f"{where}: rules: expected a list of objects. {_CURE}")
    return GateSection(
        outcome=document["outcome"],
        model=_text(document, "model", where),
        errors=tuple(_texts(document.get("errors", []), "errors", where)),
        rules=tuple(_line(rule, f"{where}: rule {number}") for number, rule in enumerate(rules, 1)),
    )


def _line(rule: Mapping[str, Any], where: str) -> RuleLine:
    against, judge = rule.get("against"), _text(rule, "judge", where)
    value, lower, upper = (_number(rule, name, where) for name in ("value", "lower", "upper"))
    ends = "" if lower is None or upper is None else f" [{percent(lower)}, {percent(upper)}]"
    metric = _text(rule, "metric", where)
    number = f"{metric}: not estimable" if value is None else f"{metric} {percent(value)}{ends}"
    limit = _number(rule, "margin" if against else "minimum", where)
    asked = f"at most {percent(limit)} points behind {against}" if against else f"at least {percent(limit)}"
    part = f", {rule['part']}" if rule.get("part") else ""
    return RuleLine(
        name=str(rule.get("name") or metric),
        required=rule.get("required", True) is True,
        outcome=_text(rule, "outcome", where),
        number=number,
        n=str(rule.get("n", "")),
        status=_text(rule, "status", where),
        asked=asked,
        about=f"{_text(rule, 'benchmark', where)}{part}{', judge ' if judge else ''}{judge}",
        reasons="; ".join(_texts(rule.get("reasons", []), "reasons", where)),
    )


def _text(values: Mapping[str, Any], name: str, where: str) -> str:
    value = values.get(name)
    if not isinstance(value, str):
        raise InputError(f"{where}: {name}: expected text. {_CURE}")
    return value


def _number(values: Mapping[str, Any], name: str, where: str) -> float | None:
    value = values.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InputError(f"{where}: {name}: expected a number. {_CURE}")
    return value


def _texts(values: Any, name: str, where: str) -> Sequence[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InputError(f"{where}: {name}: expected a list of texts. {_CURE}")
    return values
