"""The commit that is checked out where evalkit runs, read from the files of git without running it.

A repository's settings can name programs that git runs, so that nothing of somebody else's folder is run here. Whether
files differ from the commit only git itself could say, and is not said.
"""

import re
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REFERENCE = re.compile(r"refs/[^\s\x00-\x1f~^:?*\[\\]{1,500}")
_LONGEST = 4096
# packed references of a large repository; a line has some hundred characters
_LONGEST_PACKED = 64_000_000
_MOST_LINKS = 5


def commit_of(folder: Path) -> str | None:
    """The hexadecimal name of the commit that is checked out in the repository around a folder.

    None where there is no repository or no commit yet, and where its references lie in a form that only git reads.
    """
    try:
        git = _git_folder(folder.resolve())
        return None if git is None else _resolved(git)
    except (OSError, ValueError):
        # what cannot be read is as good as not there
        return None


def _git_folder(folder: Path) -> Path | None:
    for above in (folder, *folder.parents):
        git = above / ".git"
        if git.is_dir():
            return git
        if git.is_file():
            # a work tree of its own, or a submodule
            named = _line(git)
            return (above / named.removeprefix("gitdir:").strip()).resolve() if named.startswith("gitdir:") else None
    return None


def _resolved(git: Path) -> str | None:
    """Follow HEAD to a commit; the references of a further work tree lie in the main one's folder."""
    common = git / "commondir"
    shared = (git / _line(common)).resolve() if common.is_file() else git
    said = _line(git / "HEAD")
    for _ in range(_MOST_LINKS):
        if _COMMIT.fullmatch(said):
            return said
        name = said.removeprefix("ref:").strip()
        if not said.startswith("ref:") or not _REFERENCE.fullmatch(name) or ".." in name:
            return None
        loose = next((path for path in (git / name, shared / name) if path.is_file()), None)
        if loose is None:
            return _packed(shared / "packed-refs", name)
        said = _line(loose)
    return None


def _packed(path: Path, name: str) -> str | None:
    if not path.is_file() or path.stat().st_size > _LONGEST_PACKED:
        return None
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            commit, _, found = line.strip().partition(" ")
            if found == name and _COMMIT.fullmatch(commit):
                return commit
    return None


def _line(path: Path) -> str:
    """The only line of a small file; empty where it is none, as a pipe is."""
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_LONGEST).strip()
