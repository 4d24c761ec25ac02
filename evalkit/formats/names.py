"""Names in files and tables, none of which may be a key."""

import functools
from collections.abc import Iterable

from evalkit.errors import KEY_FOUND, InputError
from evalkit.redaction import looks_like_key

# names repeat from row to row
_looks_like_key = functools.lru_cache(1 << 12)(looks_like_key)


def checked_name(name: str, where: str) -> str:
    """The name of a model, a judge or a category, as it is.

    Raises:
        InputError: it looks like a key; the message begins with `where` and does not quote it.
    """
    if _looks_like_key(name):
        raise InputError(f"{where}: a name there {KEY_FOUND}")
    return name


def check_names(names: Iterable[str], where: str) -> None:
    """Check the names of a table as `checked_name` does."""
    for name in names:
        checked_name(name, where)
