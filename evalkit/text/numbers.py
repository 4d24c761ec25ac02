"""Numbers and counts as people read them. A negative number that rounds to zero is shown without its sign."""

from collections.abc import Sequence

from evalkit.types import Estimate


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:z.2f}"


def published(value: float | None) -> str:
    """With the three decimals that published boards are compared by."""
    return "-" if value is None else f"{value:z.3f}"


def interval(estimate: Estimate) -> str:
    return "-" if estimate.lower is None else f"[{percent(estimate.lower)}, {percent(estimate.upper)}]"


def short_interval(estimate: Estimate) -> str:
    """A number with its interval where there is little room: `62.3 [59.1, 65.4]`."""
    if estimate.value is None:
        return "not estimable"
    if estimate.lower is None or estimate.upper is None:
        return f"{estimate.value:z.1f}"
    return f"{estimate.value:z.1f} [{estimate.lower:z.1f}, {estimate.upper:z.1f}]"


def level(share: float) -> str:
    """A share that somebody chose, such as a confidence, in percent without zeros at its end."""
    return f"{round(100 * share, 9):.8g} %"


def chosen(value: float) -> str:
    """A percentage that somebody chose: with two decimals, or all that it was given with."""
    short = f"{value:.2f}"
    return short if float(short) == value else f"{value:.10g}"


def distinct(value: float | None, limit: float) -> str:
    """A percentage beside a limit: with as many decimals as it takes to see on which side of it the number is."""
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
    """The first names of a list, and how many more there are.

    >>> named(["a", "b", "c"], most=1)
    'a and 2 more'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
