"""Numbers and counts as people and as files read them. A negative number that rounds to zero loses its sign."""

from collections.abc import Sequence
from typing import Any

from evalkit.types import Estimate

DECIMALS_STORED = 9


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:z.2f}"


def interval(estimate: Estimate) -> str:
    return "-" if estimate.lower is None else f"[{percent(estimate.lower)}, {percent(estimate.upper)}]"


def short_interval(estimate: Estimate) -> str:
    """A number with its interval, or without one that is not known: `62.34 [59.12, 65.41]`."""
    if estimate.value is None:
        return "not estimable"
    if estimate.lower is None or estimate.upper is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} {interval(estimate)}"


def stored(value: float | None) -> float | None:
    """A number as files have it, with DECIMALS_STORED decimals."""
    # adding zero turns -0.0 into 0.0
    return None if value is None else round(value, DECIMALS_STORED) + 0.0


def estimate_numbers(estimate: Estimate) -> dict[str, float | None]:
    """The value, the interval and the standard error of an estimate as files have them."""
    return {name: stored(getattr(estimate, name)) for name in ("value", "lower", "upper", "stderr")}


def estimate_document(estimate: Estimate, *, exact: bool = False) -> dict[str, Any]:
    """All fields of an estimate as JSON; with `exact`, its numbers to the last digit."""
    numbers = {name: getattr(estimate, name) for name in ("value", "stderr", "lower", "upper")}
    return {
        **{name: value if exact else stored(value) for name, value in numbers.items()},
        "n": estimate.n,
        "status": str(estimate.status),
        "notes": list(estimate.notes),
    }


def level(share: float) -> str:
    """A share that a user chose, such as a confidence, in percent without zeros at its end."""
    return f"{round(100 * share, 9):.8g} %"


def chosen(value: float) -> str:
    """A percentage that a user chose: with two decimals, or all that it was given with."""
    short = f"{value:.2f}"
    return short if float(short) == value else f"{value:.10g}"


def distinct(value: float | None, limit: float) -> str:
    """A percentage beside a limit, with as many decimals as show on which side of it the number is."""
    if value is None:
        return percent(value)
    wanted = next((places for places in range(2, 10) if f"{value:.{places}f}" != f"{limit:.{places}f}"), 2)
    return f"{value:.{wanted}f}"


def count(number: int) -> str:
    return f"{number:,}"


def plural(number: int, noun: str, nouns: str | None = None) -> str:
    """`1 model`, `2 models`."""
    return f"{count(number)} {noun if number == 1 else nouns or f'{noun}s'}"


def named(names: Sequence[str], *, most: int = 6) -> str:
    """The first names of a list, and the number of further ones.

    >>> named(["a", "b", "c"], most=1)
    'a and 2 more'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
