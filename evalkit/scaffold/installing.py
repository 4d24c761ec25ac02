"""Finds the place that a workflow installs evalkit from: by default where this one came from, if CI can reach it."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from evalkit import __version__
from evalkit.errors import ConfigError

NAME = "evalkit-lc"
VENDOR = "vendor"
_VERSION = re.compile(r"(==)?(\d[\w.+!-]*)")
_REQUIREMENT = re.compile(rf"{NAME}(\[[\w,-]+\])?\s*(@|[=<>!~]=|[<>]).+")
_FORGE = re.compile(r"https://[^/]+/[^/]+/[^/]+?(\.git)?/?")
# what a workflow, a shell or pip would take for something else than a place
_REFUSED = re.compile(r"[\x00-\x1f\x7f$`\"'\\\\]|^-")


@dataclass(frozen=True, slots=True)
class InstallSource:
    """The requirement for pip, a note where no other machine may reach it, and a wheel that the project needs.

    The `wheel` is a file of this machine, which pip finds in the project's folder of wheels once it is copied there.
    """

    requirement: str
    note: str | None = None
    wheel: Path | None = None


def install_source(given: str | None, folder: Path) -> InstallSource:
    """The source that a user gave, or the one that this evalkit came from.

    Args:
        given: a version, a git address, the address of a wheel, a path in the project, or a requirement of pip.
        folder: the project's.

    Raises:
        ConfigError: it is none of these, or a path that the project does not hold.
    """
    if given is None:
        return _own_source(folder)
    if _REFUSED.search(given) or not given.strip():
        raise ConfigError(f"--install {given!r}: not a place to install from. {_FORMS}")
    if found := _VERSION.fullmatch(given):
        return InstallSource(f"{NAME}=={found[2]}")
    if _REQUIREMENT.fullmatch(given):
        return InstallSource(given)
    if given.startswith("git+"):
        return InstallSource(f"{NAME} @ {given}")
    if given.startswith("https://"):
        # an archive is named by its ending; anything else of three parts is a repository
        archive = given.partition("#")[0].endswith((".whl", ".tar.gz", ".zip"))
        if archive or _FORGE.fullmatch(given.partition("@")[0]):
            return InstallSource(f"{NAME} @ {'' if archive else 'git+'}{given}")
    return _of_path(given, folder)


def _of_path(given: str, folder: Path) -> InstallSource:
    if (path := _within(folder, folder / given)) is not None:
        return InstallSource(path)
    if (wheel := _wheel(Path(given))) is not None:
        return wheel
    if (folder / given).exists() or Path(given).exists():
        raise ConfigError(f"--install {given}: lies outside of the project, where CI cannot reach it. Copy it there")
    raise ConfigError(f"--install {given}: no such file in the project. {_FORMS}")


_FORMS = "Give a version, git+https://HOST/OWNER/NAME@COMMIT, the address of a wheel, or a path in the project"


def _own_source(folder: Path) -> InstallSource:
    """The place that this evalkit came from, as the installer noted it (PEP 610); an index where it noted nothing."""
    released = f"{NAME}=={__version__}"
    try:
        text = metadata.distribution(NAME).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return InstallSource(released, _UNREACHABLE.format(what=released, place="a folder of this machine"))
    if text is None:
        return InstallSource(released)
    told = json.loads(text)
    url = str(told["url"])
    if "vcs_info" in told:
        kind, commit = told["vcs_info"]["vcs"], told["vcs_info"]["commit_id"]
        return InstallSource(f"{NAME} @ {kind}+{url}@{commit}")
    if url.startswith("https://"):
        return InstallSource(f"{NAME} @ {url}")
    path = Path(url.removeprefix("file://"))
    within = _within(folder, path)
    if within is not None:
        return InstallSource(within)
    reached = _wheel(path) or _repository(path)
    return reached or InstallSource(released, _UNREACHABLE.format(what=released, place=path))


_UNREACHABLE = (
    "the workflow installs {what} from the package index, and this evalkit came from {place}, which CI cannot reach. "
    "If the index has no such version, name the place with --install: " + _FORMS[5:]
)


def _wheel(path: Path) -> InstallSource | None:
    """A wheel that is to be copied into the project; None for anything else."""
    if path.suffix != ".whl" or not path.is_file():
        return None
    return InstallSource(f"./{VENDOR}/{path.name}", wheel=path)


def _repository(path: Path) -> InstallSource | None:
    """The commit of a checkout that was cloned over https; None for anything else."""
    git = shutil.which("git")
    if git is None or not (path / ".git").exists():
        return None
    told = []
    for words in (["config", "--get", "remote.origin.url"], ["rev-parse", "HEAD"]):
        done = subprocess.run([git, "-C", str(path), *words], capture_output=True, text=True, check=False)  # noqa: S603
        told.append(done.stdout.strip())
    url, commit = told
    # an address with a user in it may hold a password
    if not url.startswith("https://") or "@" in url or _REFUSED.search(url) or not commit:
        return None
    return InstallSource(f"{NAME} @ git+{url}@{commit}")


def _within(folder: Path, path: Path) -> str | None:
    """A path as pip takes it in the project's folder; None where it is not there."""
    try:
        inside = path.resolve(strict=True).relative_to(folder.resolve())
    except (OSError, ValueError):
        return None
    return f"./{inside.as_posix()}"
