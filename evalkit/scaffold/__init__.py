"""The starting files of a project: settings, an example judge, and a CI workflow that gates on the win rate."""

from pathlib import Path

from evalkit import __version__, assets
from evalkit.documents import read_text
from evalkit.errors import InputError
from evalkit.files import write_text

_HERE = Path(__file__).parent
# where a file goes -> where its text is; the example judge asks as a shipped one does
_PROJECT = {"evalkit.toml": "evalkit.toml", "judges/my_judge.yaml": "judge.yaml"}
_PROMPT = ("judges/my_judge.jinja", "pairwise_json.jinja")
_WORKFLOWS = {"github": (".github/workflows/evalkit.yml", "github.yml"), "gitlab": (".gitlab-ci.yml", "gitlab.yml")}
CI = tuple(_WORKFLOWS)


def scaffold(ci: str | None = None) -> dict[str, str]:
    """Path in the project -> text, with the workflow of `ci` where one is asked for."""
    texts = {place: read_text(_HERE / name) for place, name in _PROJECT.items()}
    texts[_PROMPT[0]] = read_text(assets.folder("prompts") / _PROMPT[1])
    if ci is not None:
        place, name = _WORKFLOWS[ci]
        texts[place] = read_text(_HERE / name).replace("@VERSION@", __version__)
    return texts


def refuse_taken(folder: Path, texts: dict[str, str]) -> None:
    """Let nothing be overwritten; a file that is there already with the same text is as good as written.

    Raises:
        InputError: another file is in a place.
    """
    for place, text in texts.items():
        path = folder / place
        if path.is_symlink() or (path.exists() and not (path.is_file() and path.read_bytes() == text.encode())):
            raise InputError(f"{path}: exists already. --force replaces it; --dir FOLDER writes elsewhere")


def write_scaffold(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write the texts and return their paths.

    Raises:
        InputError: a place cannot be written.
    """
    paths = [folder / place for place in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        # a link is replaced, not followed: it may have come with the folder
        if path.is_symlink():
            path.unlink()
        write_text(path, text)
    return paths
