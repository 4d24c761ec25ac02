"""Reads the keywords that functions for Python share, and checks them as the command line checks its options."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, TypeVar, Unpack, cast

from evalkit.auditing import AuditLimits, read_limits
from evalkit.documents import kind_of
from evalkit.engine import Limits
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.formats import Rows
from evalkit.text import shortened

# a model's outputs, a baseline or questions as a user gives them: a path, or a value with records
Data = Any

T = TypeVar("T")
_AT_ONCE = 4096
# the most that Linux takes
_LONGEST_PATH = 4096


def several(given: T | Sequence[T] | None) -> tuple[T, ...]:
    """One value or several as a tuple; empty for None."""
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list | tuple) else (given,)  # type: ignore[return-value]


def source_of(given: Data, name: str) -> Path | Rows:
    """A path, or the rows of a value that the keyword `name` was given.

    Raises:
        InputError: a value that holds no rows.
    """
    return Path(_checked_path(given, name)) if isinstance(given, str | PathLike) else Rows.of(given, name)


def named_source_of(given: Data, name: str) -> str | Rows:
    """A name or a path as text, or the rows of a value, as for `source_of`; a result that wrote a file is the file."""
    return os.fspath(_checked_path(given, name)) if isinstance(given, str | PathLike) else Rows.of(given, name)


def optional_source(given: Data | None, name: str) -> str | Rows | None:
    """A source that may be left out, as for `named_source_of`."""
    return None if given is None else named_source_of(given, name)


def optional_path(given: str | PathLike[str] | None) -> Path | None:
    """A path that may be left out."""
    return None if given is None else Path(given)


def _checked_path(given: str | PathLike[str], name: str) -> str | PathLike[str]:
    """A path, or the name of one, if it is not the content of a file by mistake."""
    length = len(os.fspath(given))
    if length > _LONGEST_PATH:
        raise InputError(f"{name}: expected a path, found a text of {length} characters")
    return given


def parted(given: Data | Sequence[Data] | None) -> tuple[Data, ...]:
    """One source or several as a tuple; a list of records is one source."""
    if given is None:
        return ()
    if isinstance(given, list | tuple) and not (given and isinstance(given[0], Mapping)):
        return tuple(given)
    return (given,)


def published_wishes(given: Data | Sequence[Data] | None) -> tuple[str | Rows, ...] | None:
    """The words, tables and names of `published`, each by itself; a text may have several with commas."""
    if given is None:
        return None
    found: list[str | Rows] = []
    for one in parted(given):
        wish = named_source_of(one, "published")
        # a path may have commas
        alone = isinstance(wish, Rows) or wish.casefold().endswith(".csv")
        found += [wish] if alone else [name.strip() for name in str(wish).split(",") if name.strip()]
    return tuple(found)


def texts_of(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """One text or several as a tuple; empty for None."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def checked_names(keyword: str, given: Sequence[object]) -> tuple[str, ...]:
    """Names that a function takes one by one.

    Raises:
        ConfigError: one of them is no text, such as a list of names.
    """
    for name in given:
        if not isinstance(name, str):
            raise ConfigError(f"{keyword}: expected names one by one, found {kind_of(name)}")
    return tuple(map(str, given))


def comma_list(given: str | Sequence[str] | None) -> str | None:
    """Several texts as one with commas, the form in which options take them."""
    return given if given is None or isinstance(given, str) else ",".join(given)


def optional_text(given: str | PathLike[str] | None) -> str | None:
    """A name or a path as text."""
    return None if given is None else str(given)


def names_of(option: str, given: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    """Names by name, from a dictionary or from texts such as `A=B`.

    Raises:
        ConfigError: a text has no name or no value, a name stands twice, or a value is no text.
    """
    found = dict(given) if isinstance(given, Mapping) else _by_name(option, texts_of(given))
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigError(f"{option}: expected a text for each name, found {kind_of(value)}")
    return found


def weights_of(option: str, given: Mapping[str, float] | Sequence[str]) -> dict[str, float]:
    """Positive numbers by name, from a dictionary or from texts such as `NAME=2`.

    Raises:
        ConfigError: a text has no name or no number, a name stands twice, or a number is not positive.
    """
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        pairs = [(name, _number(value)) for name, value in _by_name(option, texts_of(given)).items()]
    for name, value in pairs:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise ConfigError(f"{option}: expected a number above 0 for {name}, found {value!r}")
    return {name: float(value) for name, value in pairs}


def _by_name(option: str, texts: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in (_parted(option, text) for text in texts):
        if name in found:
            raise ConfigError(f"{option}: {shortened(name, 60)} has two values, {found[name]} and {value}. Keep one")
        found[name] = value
    return found


def _parted(option: str, text: str) -> tuple[str, str]:
    name, _, value = (part.strip() for part in text.partition("="))
    if not name or not value:
        raise ConfigError(f"{option}: expected NAME=VALUE, found {shortened(text, 60)!r}")
    return name, value


def _number(text: str) -> Any:
    """The number that a text writes, or the text itself, which is refused as every value that is no number."""
    try:
        return float(text)
    except ValueError:
        return text


def checked_choice(option: str, value: str, known: Iterable[str]) -> str:
    """The value of an option that has one of a few.

    Raises:
        ConfigError: it is none of them.
    """
    names = list(known)
    if value not in names:
        raise ConfigError(f"{option}: {UnknownName('value', str(value), names)}")
    return value


def checked_count(option: str, value: int, *, least: int, most: int | None = None) -> int:
    """The value of an option that is a whole number.

    Raises:
        ConfigError: it is not, or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        bounds = f"from {least}" if most is None else f"from {least} to {most}"
        raise ConfigError(f"{option}: expected a whole number {bounds}, found {value!r}")
    return value


def checked_number(
    option: str, value: float, *, least: float, most: float = math.inf, above: bool = False, below: bool = False
) -> float:
    """The value of an option that is a number.

    Args:
        above: whether the number must be above `least`.
        below: whether the number must be below `most`.

    Raises:
        ConfigError: it is not, or out of bounds.
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not least <= value <= most
        or (above and value == least)
        or (below and value == most)
    ):
        low = f"above {least:g}" if above else f"from {least:g}"
        high = f" and below {most:g}" if below else f" and at most {most:g}" if above else f" to {most:g}"
        raise ConfigError(f"{option}: expected a number {low}{'' if most == math.inf else high}, found {value!r}")
    return float(value)


class LimitKeywords(TypedDict, total=False):
    """The keywords that limit a run, as `annotate` describes them."""

    concurrency: int
    max_cost: float | None
    max_requests: int | None
    max_minutes: float | None
    max_wait: float | None
    stop: bool


def limits_of(**given: Unpack[LimitKeywords]) -> Limits:
    """The limits of a run.

    Raises:
        ConfigError: a limit is out of bounds.
    """
    usual = Limits()
    max_cost, max_minutes = given.get("max_cost"), given.get("max_minutes")
    max_requests, max_wait = given.get("max_requests"), given.get("max_wait")
    return Limits(
        concurrency=checked_count("--concurrency", given.get("concurrency", usual.concurrency), least=1, most=_AT_ONCE),
        max_cost=None if max_cost is None else checked_number("--max-cost", max_cost, least=0),
        max_requests=None if max_requests is None else checked_count("--max-requests", max_requests, least=0),
        max_minutes=None if max_minutes is None else checked_number("--max-minutes", max_minutes, least=0),
        max_wait=usual.max_wait if max_wait is None else checked_number("--max-wait", max_wait, least=0),
        # a server that is still loading its model is waited for as long as the user says
        first_wait=usual.first_wait if max_wait is None else max_wait,
        stop=bool(given.get("stop", usual.stop)),
    )


def picked(given: Mapping[str, Any], kind: type[T]) -> T:
    """Those of the keywords that a dictionary type has."""
    return cast(T, {name: value for name, value in given.items() if name in kind.__annotations__})


def audit_limits_of(given: AuditLimits | Mapping[str, float] | Iterable[str]) -> AuditLimits:
    """The limits of an audit, from a value, a dictionary by name, or texts like `min-distinct=0.2`.

    Raises:
        ConfigError: there is no such limit, or its number is out of bounds.
    """
    if isinstance(given, AuditLimits):
        return given
    if isinstance(given, Mapping):
        return read_limits(f"{name}={value}" for name, value in given.items())
    return read_limits([given] if isinstance(given, str) else given)
