"""Checks the kinds of keywords that functions for Python are given by the annotations of these functions."""

import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from os import PathLike
from typing import Any, Unpack

import evalkit
from evalkit.documents import kind_of
from evalkit.errors import ConfigError
from evalkit.text import shortened
from evalkit.types import JudgeConfig

_WORDS = {str: "text", PathLike: "a path", bool: "True or False", int: "a whole number", float: "a number"}
_SHOWN = 60


def checked_keywords(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a call, with the whole and other numbers of array libraries as Python's own.

    Raises:
        ConfigError: a value is of another kind than the function takes.
        TypeError: the function has no such keyword.
    """
    known, open_ended = _annotations(function)
    found = dict(given)
    for name, value in given.items():
        if name not in known:
            if open_ended:
                raise TypeError(f"{function.__name__}() got an unexpected keyword argument {name!r}")
            # the call itself raises Python's own error
            continue
        kinds = known[name]
        if not any(_is(value, kind) for kind in kinds):
            raise ConfigError(f"{name}: expected {_expected(kinds)}, found {_in_short(value)}")
        found[name] = _plain(value, kinds)
    return found


@functools.cache
def _annotations(function: Callable[..., Any]) -> tuple[dict[str, tuple[Any, ...]], bool]:
    """The kinds of each keyword, and whether some of them are those of a dictionary type."""
    known: dict[str, tuple[Any, ...]] = {}
    open_ended = False
    for parameter in inspect.signature(function).parameters.values():
        origin: Any = typing.get_origin(parameter.annotation)
        if origin is Unpack:
            (keywords,) = typing.get_args(parameter.annotation)
            known |= {name: _alternatives(kind) for name, kind in keywords.__annotations__.items()}
            open_ended = True
        elif parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            known[parameter.name] = _alternatives(parameter.annotation)
    return known, open_ended


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(kind for part in typing.get_args(annotation) for kind in _alternatives(part))
    return (annotation,)


def _is(value: Any, kind: Any) -> bool:
    """True for a value that may be of the kind, also where only a closer look can tell."""
    origin = typing.get_origin(kind) or kind
    if kind is None or kind is type(None):
        return value is None
    if kind is float:
        return type(value) is not bool and isinstance(value, Real) and not _is_nan(value)
    if kind is int:
        return type(value) is not bool and isinstance(value, Integral)
    if origin in (Sequence, Iterable):
        return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) and _holds(value, kind)
    if origin is JudgeConfig or not isinstance(origin, type) or origin in (Any, object):
        # what a judge can be is read, and refused, where judges are
        return True
    if getattr(origin, "_is_protocol", False):
        return all(hasattr(value, name) for name, part in vars(origin).items() if isinstance(part, types.FunctionType))
    return isinstance(value, origin)


def _is_nan(number: Any) -> bool:
    try:
        return math.isnan(number)
    except OverflowError:
        # a whole number so large is none that any option takes
        return True


def _holds(values: Iterable[object], kind: Any) -> bool:
    parts = _alternatives(typing.get_args(kind)[0])
    return not isinstance(values, list | tuple) or all(any(_is(value, part) for part in parts) for value in values)


def _plain(value: Any, kinds: tuple[Any, ...]) -> Any:
    if isinstance(value, int | float) or not isinstance(value, Real):
        return value
    return int(value) if int in kinds else float(value) if float in kinds else value  # type: ignore[call-overload]


def _expected(kinds: tuple[Any, ...]) -> str:
    """The kinds in words, without nothing, which nobody gives by mistake."""
    words = dict.fromkeys(_word(kind) for kind in kinds if kind not in (None, type(None)))
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _word(kind: Any) -> str:
    origin = typing.get_origin(kind) or kind
    if origin in (Sequence, Iterable):
        return "a list of these" if typing.get_args(kind)[0] is not str else "a list of texts"
    if origin is Mapping:
        return "a dictionary"
    if origin is Callable:
        return "a function"
    name = getattr(origin, "__name__", str(origin))
    return _WORDS.get(origin) or (f"a {name}" if name not in evalkit.__all__ else f"an evalkit.{name}")


def _in_short(value: object) -> str:
    if isinstance(value, str | bytes | int | float) or value is None:
        text = repr(value) if not isinstance(value, int) or value.bit_length() < 4 * _SHOWN else "a number too large"
        return shortened(text, _SHOWN)
    package = type(value).__module__.partition(".")[0]
    return kind_of(value) if package == "builtins" else f"{package}.{kind_of(value)}"
