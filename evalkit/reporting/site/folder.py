"""Write a site into a folder: whole files only, none of anybody else's, and the overview last."""

import contextlib
import glob
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.errors import InputError
from evalkit.files import followed, naming_target, write_text
from evalkit.processes import running
from evalkit.reporting.site.addresses import OVERVIEW
from evalkit.reporting.site.carriers import DATA

MANIFEST = "evalkit-site.json"
_FILES, _COMING = "files", "coming"
# what a site's file may be called: nothing that leads out of the folder
_PLACE = re.compile(r"(?:[a-z]+/)?[a-z0-9_][a-z0-9._+-]*\.(?:html|css)")
_STAGE = re.compile(r"\.(\d+)-[0-9a-f]+\.part$")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Known:
    """The digests of the files that the last site consists of, and of those that were on their way when it stopped."""

    files: Mapping[str, str] = field(default_factory=dict)
    coming: Mapping[str, str] = field(default_factory=dict)

    def wrote(self, place: str, content: bytes) -> bool:
        return _digest(content) in (self.files.get(place), self.coming.get(place))


def check_folder(folder: Path) -> None:
    """Refuse a folder that no site may be written into, before the work on the site.

    Raises:
        InputError: it is no folder, or holds files and no site of ours.
    """
    _known(folder)


def write_site(folder: Path, files: Mapping[str, str]) -> None:
    """Write a site into a new folder in one step, or in the place of the site that is there.

    A reader of a folder that is rewritten sees whole pages at any time, whose links lead to pages that are there: style
    sheets come first, the overview last, and what the new site lacks is deleted after that. A rewrite that was stopped
    is completed by the next one. Files that no site wrote stay, and are never written over.

    Raises:
        InputError: the folder is not one of ours, or a file in it is not, or cannot be written.
    """
    known = _known(folder)
    contents = {place: text.encode() for place, text in files.items()}
    changed = {place: content for place, content in contents.items() if not _stands(folder, place, content, known)}
    digests = {place: _digest(content) for place, content in contents.items()}
    with naming_target(folder), _stage(folder) as stage:
        for place, content in changed.items():
            _write(stage / place, content)
        if not folder.exists():
            _write(stage / MANIFEST, _manifest(_Known(digests)).encode())
            stage.rename(followed(folder))
            return
        write_text(folder / MANIFEST, _manifest(_Known(known.files, {**known.coming, **digests})))
        for place in sorted(changed, key=_order):
            (folder / place).parent.mkdir(exist_ok=True)
            (stage / place).replace(folder / place)
        _delete(folder, known, kept=digests)
        write_text(folder / MANIFEST, _manifest(_Known(digests)))


def _order(place: str) -> tuple[int, str]:
    """Style sheets come before the pages that load them, and the overview after the pages that it leads to."""
    return (0 if place.startswith(f"{DATA}/") else 2 if place == OVERVIEW else 1), place


def _known(folder: Path) -> _Known:
    if not folder.exists() and not folder.is_symlink():
        return _Known()
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder. Name a new folder for the site")
    path = folder / MANIFEST
    if not path.is_symlink() and path.is_file():
        return _read_manifest(path)
    if any(folder.iterdir()):
        raise InputError(f"{folder}: holds files, and no site of evalkit's ({MANIFEST}). Name a new or an empty folder")
    return _Known()


def _read_manifest(path: Path) -> _Known:
    wrong = InputError(f"{path}: not the list of a site's files. Name a new or an empty folder")
    try:
        document = json.loads(path.read_bytes())
        found = [document[name] for name in (_FILES, _COMING)]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        raise wrong from None
    for files in found:
        if not isinstance(files, dict) or not all(
            _PLACE.fullmatch(place) and isinstance(digest, str) and _DIGEST.fullmatch(digest)
            for place, digest in files.items()
        ):
            raise wrong
    return _Known(*found)


def _manifest(known: _Known) -> str:
    return json.dumps({_FILES: dict(known.files), _COMING: dict(known.coming)}, indent=1, sort_keys=True) + "\n"


def _stands(folder: Path, place: str, content: bytes, known: _Known) -> bool:
    """True if the file is there as it is to be.

    Raises:
        InputError: somebody else's file, a link or a folder is in its place.
    """
    path = folder / place
    for each in (path.parent, path):
        if each != folder and each.is_symlink():
            raise InputError(f"{each}: is a link, which no site writes. Move it away, or name another folder")
    if not path.exists():
        return False
    found = path.read_bytes() if path.is_file() else b""
    if not path.is_file() or not known.wrote(place, found):
        raise InputError(f"{path}: is not as a site wrote it. Move it away, or name another folder")
    return found == content


def _delete(folder: Path, known: _Known, *, kept: Mapping[str, str]) -> None:
    """Delete the files of the last site that the new one lacks, unless somebody changed them."""
    for place in sorted({*known.files, *known.coming} - kept.keys()):
        path = folder / place
        if not path.parent.is_symlink() and not path.is_symlink() and path.is_file():
            if known.wrote(place, path.read_bytes()):
                path.unlink()
            with contextlib.suppress(OSError):
                # only if nothing is left in it
                path.parent.rmdir()


@contextlib.contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    """A folder beside the site's, on the same disk, that is gone afterwards."""
    beside = followed(folder).absolute()
    beside.parent.mkdir(parents=True, exist_ok=True)
    for old in beside.parent.glob(f".{glob.escape(beside.name[:60])}.*.part"):
        match = _STAGE.search(old.name)
        if match and not running(int(match.group(1))):
            shutil.rmtree(old, ignore_errors=True)
    stage = beside.with_name(f".{beside.name[:60]}.{os.getpid()}-{secrets.token_hex(8)}.part")
    stage.mkdir()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
