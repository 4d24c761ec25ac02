"""Write files so that a reader sees the old or the new one whole, under names that cannot leave their folder.

What is no plain file is never replaced: a link is followed and stays, and pipes and devices are written into.
"""

import contextlib
import glob
import hashlib
import io
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

from evalkit import faults
from evalkit.errors import InputError
from evalkit.processes import running
from evalkit.redaction import Redacting, Redactor
from evalkit.streams import Stream, descriptor_of, open_stream

# the defaults of the command line's options, in the current folder
SETTINGS_FILE = "evalkit.toml"
_LONGEST_BYTES = 200
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
def replacing(path: Path, *, mode: int | None = None) -> Iterator[TextIO]:
    """A file to write text without secrets into, which replaces the old one in one step when the block ends without an
    error.

    A pipe, a terminal or another device is written into as the block goes on.

    Args:
        mode: the rights to a plain file; those of the file that it replaces by default.

    Raises:
        InputError: the file cannot be written; the old file stays.
    """
    with naming_target(path):
        if (stream := _stream(path)) is not None:
            with _text(stream, by_line=False) as file:
                yield cast(TextIO, Redacting(file, Redactor().content))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        old, target = _plain(path), followed(path)
        part = _part(target)
        sweep(target)
        try:
            with part.open("x", encoding="utf-8", newline="\n") as file:
                _give_rights(file.fileno(), old, mode)
                yield cast(TextIO, Redacting(file, Redactor().content))
                file.flush()
                os.fsync(file.fileno())
            faults.reach("before_rename")
            part.replace(target)
            faults.reach("after_rename")
            _sync_folder(target.parent)
        finally:
            with contextlib.suppress(OSError):
                part.unlink()


@contextlib.contextmanager
def appending(path: Path) -> Iterator[TextIO]:
    """A file to add lines to, each of which reaches it at once.

    Raises:
        InputError: the file cannot be written.
    """
    with naming_target(path):
        stream = _stream(path)
        file: TextIO
        if stream is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            _plain(path)
            file = path.open("a", encoding="utf-8", buffering=1)
        else:
            file = _text(stream, by_line=True)
    try:
        yield file
    finally:
        # each line was written when it was added: what fails now failed before
        with contextlib.suppress(OSError):
            file.close()


@contextlib.contextmanager
def creating(path: Path) -> Iterator[Path]:
    """A private empty file to fill, which gets its name in one step when the block ends without an error.

    If another process was faster, its file stays and this one is deleted.
    """
    target = followed(path)
    part = _part(target)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(target)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        faults.reach("before_rename")
        _name_new(part, target)
        faults.reach("after_rename")
        _sync_folder(target.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def check_target(path: Path) -> None:
    """Refuse a path that can never be written, before the work whose result goes there.

    Raises:
        InputError: a folder, a socket, a disk, or a file that is read-only stands there.
    """
    with naming_target(path):
        if descriptor_of(path) is None:
            _kind(path)


@contextlib.contextmanager
def naming_target(path: Path) -> Iterator[None]:
    """Turn an error of the machine into one line that names the file that was to be written.

    Raises:
        InputError: always in place of an error of the machine.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def followed(path: Path) -> Path:
    """The path that links lead to, whether a file stands there or not."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def safe_name(name: str) -> str:
    """A model's or judge's name as a file name: the name itself if it is harmless, else a slug with its digest."""
    plain = _PLAIN_NAME.fullmatch(name) and not name.endswith(".") and not is_reserved(name)
    if plain:
        return name
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60] or "model"
    return f"{slug}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def is_reserved(name: str) -> bool:
    """True if a file of this name is a device on some machine, whatever its ending."""
    return name.split(".")[0].lower() in _RESERVED


def _part(path: Path) -> Path:
    return path.with_name(f".{_beginning(path)}.{os.getpid()}-{secrets.token_hex(8)}.part")


def _beginning(path: Path) -> str:
    """The beginning of a file's name, which leaves room for what a file system lets follow it."""
    return os.fsencode(path.name)[:_LONGEST_BYTES].decode("utf-8", "ignore")[:60]


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
    for part in path.parent.glob(f".{glob.escape(_beginning(path))}.*.part"):
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


def _stream(path: Path) -> Stream | None:
    """Open what is written into in place; None where a plain file stands or may be made."""
    if (handle := descriptor_of(path)) is not None:
        # never opened by its name: that would be another place in a file, and cannot be done with a socket
        return Stream(os.dup(handle))
    kind = _kind(path)
    return None if kind is None or stat.S_ISREG(kind.st_mode) else open_stream(path)


def _kind(path: Path) -> os.stat_result | None:
    """Look at what stands at a path and may be written; None where nothing does.

    Raises:
        OSError: what stands there may not be written.
    """
    try:
        kind = path.stat()
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OSError(None, str(error)) from None
    for test, said in (
        (stat.S_ISDIR, "it is a folder. Name a file in it"),
        (stat.S_ISSOCK, "it is a socket. Name a file"),
        (stat.S_ISBLK, "it is a disk. Name a file"),
    ):
        if test(kind.st_mode):
            raise OSError(None, said)
    # asked of the file and not of the machine, which lets root write anything
    if stat.S_ISREG(kind.st_mode) and not kind.st_mode & 0o222:
        raise OSError(None, "it is read-only. Make it writable, or name another file")
    return kind


def _plain(path: Path) -> os.stat_result | None:
    """The plain file that is replaced, None where there is none.

    It is opened for writing, unchanged, because a rename would ask neither for the right to write into the file nor
    whether the link to it may be followed.
    """
    try:
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    try:
        return os.fstat(handle)
    finally:
        os.close(handle)


def _give_rights(handle: int, old: os.stat_result | None, mode: int | None) -> None:
    """Give a new file its mode, or that of the file that it replaces and, where this is allowed, its owner."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        if old is not None:
            os.fchown(handle, old.st_uid, old.st_gid)
    if mode is not None:
        os.fchmod(handle, mode)
    elif old is not None:
        with contextlib.suppress(OSError):
            os.fchmod(handle, stat.S_IMODE(old.st_mode))


def _text(stream: Stream, *, by_line: bool) -> TextIO:
    return io.TextIOWrapper(io.BufferedWriter(stream), encoding="utf-8", newline="\n", line_buffering=by_line)
