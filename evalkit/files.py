"""Write files so that a reader sees the old or the new one whole, under names that cannot leave their folder."""

import contextlib
import glob
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

from evalkit import faults
from evalkit.errors import InputError
from evalkit.processes import running
from evalkit.redaction import Redacting, Redactor

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}")
_PART_NAME = re.compile(r"\.(\d+)-[0-9a-f]+\.part$")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step, on disk when this returns.

    Raises:
        InputError: the file cannot be written.
    """
    with replacing(path) as file:
        file.write(text)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a binary file, as `write_text` does.

    Raises:
        InputError: the file cannot be written.
    """
    with replacing(path) as file:
        file.buffer.write(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file to write text without secrets into, which replaces the old one in one step when the block ends without an
    error.

    Raises:
        InputError: the file cannot be written; the old file stays.
    """
    part = _part(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path)
        with part.open("x", encoding="utf-8", newline="\n") as file:
            yield cast(TextIO, Redacting(file, Redactor().content))
            file.flush()
            os.fsync(file.fileno())
        faults.reach("before_rename")
        part.replace(path)
        faults.reach("after_rename")
        _sync_folder(path.parent)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


@contextlib.contextmanager
def creating(path: Path) -> Iterator[Path]:
    """A private empty file to fill, which gets its name in one step when the block ends without an error.

    If another process was faster, its file stays and this one is deleted.
    """
    part = _part(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        faults.reach("before_rename")
        _name_new(part, path)
        faults.reach("after_rename")
        _sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def safe_name(name: str) -> str:
    """A model's or judge's name as a file name: the name itself if it is harmless, else a slug with its digest."""
    plain = _PLAIN_NAME.fullmatch(name) and not name.endswith(".") and name.split(".")[0].lower() not in _RESERVED
    if plain:
        return name
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60] or "model"
    return f"{slug}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name[:60]}.{os.getpid()}-{secrets.token_hex(8)}.part")


def _name_new(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        return
    except OSError:
        # a file system without second names
        if not path.exists():
            part.rename(path)


def sweep(path: Path) -> None:
    """Remove the remains that a killed process left of this file."""
    for part in path.parent.glob(f".{glob.escape(path.name[:60])}.*.part"):
        match = _PART_NAME.search(part.name)
        if match and not running(int(match.group(1))):
            with contextlib.suppress(OSError):
                part.unlink()


def _sync_folder(folder: Path) -> None:
    """Sync a folder, because the new name itself must survive a power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
