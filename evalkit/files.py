"""Write files so that a reader sees the old or the new one whole, under names that cannot leave their folder."""

import contextlib
import hashlib
import os
import re
import secrets
from pathlib import Path

from evalkit.errors import InputError

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step, on disk when this returns.

    Raises:
        InputError: the place cannot be written.
    """
    part = path.with_name(f".{path.name[:60]}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def safe_name(name: str) -> str:
    """A model's or judge's name as a file name: itself where that is harmless, else a slug with its digest."""
    plain = _PLAIN_NAME.fullmatch(name) and not name.endswith(".") and name.split(".")[0].lower() not in _RESERVED
    if plain:
        return name
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60] or "model"
    return f"{slug}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _sync_folder(folder: Path) -> None:
    """The new name itself must survive a power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
