"""Find the shipped judges, prompts, boards and examples, in a wheel and in a checkout alike."""

import os
from pathlib import Path

from evalkit.errors import ConfigError, UnknownName

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The shipped folder `name`: inside an installed wheel, else at the top of the checkout.

    Raises:
        ConfigError: the installation is incomplete.
    """
    for place in (PACKAGE / "_assets" / name, PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise ConfigError(f"the shipped folder {name!r} is missing from this installation. Install evalkit-lc again")


def names(kind: str, suffix: str) -> list[str]:
    """Sorted names of the shipped files `kind/*suffix`, without the suffix."""
    return sorted(path.name.removesuffix(suffix) for path in folder(kind).glob(f"*{suffix}"))


def find(kind: str, name: str, suffix: str, *, noun: str, beside: Path | None = None) -> Path:
    """The file that `name` means: a path, a file in the folder `beside`, or a shipped one.

    Raises:
        UnknownName: no file has that name.
    """
    if "/" in name or "\\" in name or name.endswith(suffix):
        path = Path(name) if beside is None or Path(name).is_absolute() else beside / name
        if not os.path.isfile(path):  # unlike Path.is_file it takes any name
            raise ConfigError(f"{path}: no such {noun} file")
        return path
    if beside is not None and os.path.isfile(beside / f"{name}{suffix}"):
        return beside / f"{name}{suffix}"
    known = names(kind, suffix)
    if name not in known:
        raise UnknownName(noun, name, known)
    return folder(kind) / f"{name}{suffix}"
