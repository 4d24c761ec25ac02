"""Write the sample that a gate needs for a decision, as text and as a document."""

from typing import Any

from evalkit.boards import RANKING, Advice, Basis, Option
from evalkit.reporting.reasons import with_words
from evalkit.reporting.tables import values_table
from evalkit.stats import Margin
from evalkit.text import DECIMALS_STORED, chosen, level, percent, plural, printable

OPTION_COLUMNS = ("orders", "repeats", "instructions", "questions", "half_width", "dollars")
_ORDERS = {1: "one", 2: "both"}


def advice_text(advice: Advice, *, metric: str) -> str:
    """Return the question, a table of designs that answer it, and the power of the verdicts at hand."""
    gate = advice.gate
    lines = [
        f"The gate passes where the lower end of the {level(gate.confidence)} interval is at "
        f"{_points(gate.threshold)} or above.",
        f"To pass with a probability of {level(advice.power)} when the {_what(advice, metric)} is "
        f"{_points(advice.true)} takes:",
        "",
        _table(advice),
    ]
    if advice.options:
        lines.append(f"Fewest questions: {_described(advice.options[0])}.")
    lines += [_at_hand(advice)] if advice.basis.effort else []
    lines += [_spread_line(advice.basis), *(f"note: {printable(with_words(note))}" for note in advice.basis.notes)]
    return "\n".join(lines) + "\n"


def advice_document(advice: Advice, *, metric: str) -> dict[str, Any]:
    """Return the advice as plain values: rates and points in percent, variances of preferences in [0, 1]."""
    basis, spread = advice.basis, advice.basis.spread
    effort = basis.effort
    return {
        "metric": metric,
        "threshold": _percent(advice.gate.threshold),
        "true": _percent(advice.true),
        "power": advice.power,
        "confidence": advice.gate.confidence,
        "options": [option_values(option) for option in advice.options],
        "at_hand": None
        if effort is None
        else {
            "instructions": effort.n,
            "orders": effort.orders,
            "repeats": effort.repeats,
            "power": None if advice.at_hand is None else round(advice.at_hand, 6),
            "detectable": None if advice.detectable is None else _percent(advice.detectable),
        },
        "spread": {
            "instruction": round(spread.instruction, DECIMALS_STORED),
            "order": round(spread.order, DECIMALS_STORED) if 2 in basis.orders else None,
            "repeat": round(spread.repeat, DECIMALS_STORED) if len(basis.repeats) > 1 else None,
            "design_effect": round(spread.design, DECIMALS_STORED),
        },
        "model": basis.model,
        "against": basis.against,
        "judge": basis.judge,
        "price_per_question": basis.price,
        "notes": list(basis.notes),
    }


def option_values(option: Option) -> dict[str, Any]:
    """Return one plan as plain values; `half_width` is in points."""
    effort = option.effort
    dollars = None if option.dollars is None else round(option.dollars, 6)
    values = (effort.orders, effort.repeats, effort.n, effort.questions, _percent(option.half_width), dollars)
    return dict(zip(OPTION_COLUMNS, values, strict=True))


def _table(advice: Advice) -> str:
    if not advice.options:
        return "nothing: no number of instructions that there could be would do.\n"
    return values_table(
        [
            {
                "orders": _ORDERS[option.effort.orders],
                "repeats": f"{option.effort.repeats:g}",
                "instructions": f"{option.effort.n:,}",
                "questions": f"{option.effort.questions:,}",
                "dollars": "-" if option.dollars is None else f"{option.dollars:,.2f}",
                "interval": f"± {100 * option.half_width:.2f}",
            }
            for option in advice.options
        ]
    )


def _described(option: Option) -> str:
    effort = option.effort
    dollars = "" if option.dollars is None else f", ${option.dollars:,.2f}"
    return (
        f"{plural(effort.n, 'instruction')} in {_ORDERS[effort.orders]} order{'s' if effort.orders > 1 else ''}, "
        f"{effort.repeats:g} verdict{'s' if effort.repeats != 1 else ''} each{dollars}"
    )


def _at_hand(advice: Advice) -> str:
    effort = advice.basis.effort
    assert effort is not None
    orders = f"{_ORDERS[effort.orders]} order{'s' if effort.orders > 1 else ''}"
    judged = f"The {plural(effort.n, 'instruction')} at hand, in {orders}"
    if advice.detectable is None:
        return f"{judged}, pass no model with such a probability."
    share = "" if advice.at_hand is None else f"; {_points(advice.true)} passes with {100 * advice.at_hand:.0f} %"
    return f"{judged}, pass {percent(100 * advice.detectable)} or more with that probability{share}."


def _spread_line(basis: Basis) -> str:
    spread = basis.spread
    parts = [f"sd {100 * (spread.design * spread.instruction) ** 0.5:.2f} points between instructions"]
    if 2 in basis.orders:
        parts.append(f"{100 * (spread.design * spread.order) ** 0.5:.2f} by order")
    if len(basis.repeats) > 1:
        parts.append(f"{100 * (spread.design * spread.repeat) ** 0.5:.2f} between repeats")
    if basis.model is None:
        return f"Assumed: {', '.join(parts)}."
    whose = basis.model if basis.against is None else f"{basis.model} minus {basis.against}"
    return printable(f"Measured: {', '.join(parts)} ({whose}, judge {basis.judge}).")


def _what(advice: Advice, metric: str) -> str:
    title = RANKING[metric].title
    return f"true difference in {title}" if isinstance(advice.gate, Margin) else f"true {title}"


def _points(share: float) -> str:
    return chosen(round(100 * share, 9) + 0.0)


def _percent(share: float) -> float:
    return round(100 * share, 6)
