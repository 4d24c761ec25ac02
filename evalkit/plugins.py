"""Looks up a plug-in by name: first in the module's own dictionary, then in the entry points of installed packages."""

from collections.abc import Mapping
from typing import TypeVar

from evalkit.errors import UnknownName

T = TypeVar("T")


def lookup(kind: str, name: str, builtin: Mapping[str, T]) -> T:
    """The plug-in called `name`; an outside package cannot redefine a built-in one.

    Args:
        kind: singular noun; outside packages register under the group `evalkit.{kind}s`.

    Raises:
        UnknownName: the name is neither built in nor installed.
    """
    if name in builtin:
        return builtin[name]
    from importlib.metadata import entry_points

    outside = {point.name: point for point in entry_points(group=f"evalkit.{kind}s")}
    if name not in outside:
        raise UnknownName(kind, name, [*builtin, *outside])
    plugin: T = outside[name].load()
    return plugin
