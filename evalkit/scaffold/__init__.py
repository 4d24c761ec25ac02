"""The starting files of a project: settings, an example judge, what git ignores, and a CI workflow with a gate."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from evalkit import __version__, assets
from evalkit.documents import read_text
from evalkit.errors import InputError
from evalkit.files import write_bytes, write_text
from evalkit.scaffold.installing import NAME, VENDOR, InstallSource, install_source

_HERE = Path(__file__).parent
# where a file goes -> where its text is; the example judge asks as a shipped one does
_PROJECT = {"evalkit.toml": "evalkit.toml", "judges/my_judge.yaml": "judge.yaml"}
_PROMPT = ("judges/my_judge.jinja", "pairwise_json.jinja")
_WORKFLOWS = {"github": (".github/workflows/evalkit.yml", "github.yml"), "gitlab": (".gitlab-ci.yml", "gitlab.yml")}
CI = tuple(_WORKFLOWS)
IGNORED = ".gitignore"

__all__ = [
    "CI",
    "IGNORED",
    "InstallSource",
    "Written",
    "complete_ignored",
    "copy_wheel",
    "install_source",
    "scaffold",
    "write_scaffold",
]


@dataclass(frozen=True, slots=True)
class Written:
    """The files that were written, and those that were there already and stay as they are."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def scaffold(ci: str | None = None, *, install: str = f"{NAME}=={__version__}") -> dict[str, str]:
    """Path in the project -> text, with the workflow of `ci` where one is asked for, which installs from `install`."""
    texts = {place: read_text(_HERE / name) for place, name in _PROJECT.items()}
    texts[_PROMPT[0]] = read_text(assets.folder("prompts") / _PROMPT[1])
    if ci is not None:
        place, name = _WORKFLOWS[ci]
        # a text of JSON is one of YAML
        texts[place] = read_text(_HERE / name).replace("@INSTALL@", json.dumps(install))
    return texts


def write_scaffold(folder: Path, texts: Mapping[str, str], *, replace: Collection[str] = ()) -> Written:
    """Write the files that are not there, and keep the others: no setting of a user's is ever reset.

    Args:
        replace: workflows to write even where they are there.

    Raises:
        InputError: a workflow is there with another text and is not to be replaced, so that nothing was written; or a
            place cannot be written.
    """
    taken = {place for place, text in texts.items() if _taken(folder / place, text)}
    workflows = {place for place, _ in _WORKFLOWS.values()}
    for place in sorted(taken & workflows - set(replace)):
        raise InputError(f"{folder / place}: exists already. --force replaces it; --dir FOLDER writes elsewhere")
    kept = taken - set(replace)
    written = [folder / place for place in texts if place not in kept]
    for place, text in texts.items():
        if place in kept:
            continue
        # a link is replaced, not followed: it may have come with the folder
        if (folder / place).is_symlink():
            (folder / place).unlink()
        write_text(folder / place, text)
    return Written(tuple(written), tuple(folder / place for place in texts if place in kept))


def complete_ignored(folder: Path) -> bool:
    """Have git ignore what must not be committed; False where it did already, or where a link stands in the place.

    Raises:
        InputError: the file cannot be read or written.
    """
    path = folder / IGNORED
    wanted = read_text(_HERE / "gitignore")
    if path.is_symlink():
        return False
    if not path.exists():
        write_text(path, wanted)
        return True
    there = read_text(path)
    known = {line.strip().rstrip("/").lstrip("/") for line in there.splitlines()}
    lines = wanted.splitlines()
    lacking = [line for line in lines if not line.startswith("#") and line.rstrip("/") not in known]
    if not lacking:
        return False
    gap = "" if not there or there.endswith("\n") else "\n"
    write_text(path, "\n".join([f"{there}{gap}", lines[0], *lacking, ""]).lstrip("\n"))
    return True


def copy_wheel(folder: Path, wheel: Path) -> Path:
    """Copy a wheel to where the workflow installs it from; return that place.

    Raises:
        InputError: it cannot be written.
    """
    path = folder / VENDOR / wheel.name
    write_bytes(path, wheel.read_bytes())
    return path


def _taken(path: Path, text: str) -> bool:
    """True where another file is in a place; one with the same text is as good as written."""
    return path.is_symlink() or (path.exists() and not (path.is_file() and path.read_bytes() == text.encode()))
