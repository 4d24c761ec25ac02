"""Tells functions of the user's apart: by their names, their code, and the plain values that they are bound to."""

import functools
import hashlib
import secrets
import types
from collections.abc import Callable
from typing import Any


def name_of(function: Callable[..., Any]) -> str:
    """The name of a function; that of its class for any other object that can be called."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__name__", None)
    if not isinstance(name, str):
        return type(function).__name__
    return "lambda" if name == "<lambda>" else name


def fingerprint(function: Callable[..., Any]) -> str:
    """Eight hex digits that change with the code of a function, and with the plain values that it is bound to.

    These are its defaults, the arguments of a `partial`, and the values that it closes over; not what it calls.
    """
    bound: list[object] = []
    while isinstance(function, functools.partial):
        bound += [*function.args, *function.keywords.items()]
        function = function.func
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    defaults = getattr(function, "__defaults__", None) or (), getattr(function, "__kwdefaults__", None) or {}
    bound += [*defaults[0], *defaults[1].items(), *map(_cell_content, getattr(function, "__closure__", None) or ())]
    text = " ".join([_constant_text(name_of(function) if code is None else code), *map(_bound_text, bound)])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _constant_text(constant: object) -> str:
    """A constant of a function's code as a text that is the same in every process."""
    if isinstance(constant, types.CodeType):
        return f"{constant.co_code.hex()} {constant.co_names} {[_constant_text(inner) for inner in constant.co_consts]}"
    return str(sorted(map(repr, constant))) if isinstance(constant, frozenset) else repr(constant)


def _bound_text(value: object) -> str:
    """A value that a function is bound to as such a text; empty for one that may look otherwise in another process."""
    if isinstance(value, tuple):
        return f"({' '.join(map(_bound_text, value))})"
    return repr(value) if value is None or isinstance(value, str | bytes | int | float) else ""


def _cell_content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        # not filled yet
        return None


def only_this_run() -> str:
    """A text that no other run has."""
    return secrets.token_hex(8)
