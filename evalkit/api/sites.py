"""Writes a folder of pages about all boards, to be read from a disk or put on any host of static files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

from evalkit.api.boards import read_behind
from evalkit.api.door import front_door
from evalkit.api.keywords import Data, checked_count, parted
from evalkit.api.leaderboards import BoardKeywords, Leaderboard, leaderboard
from evalkit.api.result import Result
from evalkit.boards import CATEGORY, TURN
from evalkit.errors import ConfigError
from evalkit.sources import read_judged
from evalkit.store import open_existing, store_url
from evalkit.text import plural, printable

_MEGABYTE = 1_000_000
_OVERVIEW = "index.html"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SiteFolder(Result):
    """A written site: its folder, and the size of each of its files in bytes by its place in the folder."""

    path: Path
    files: Mapping[str, int]

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def overview(self) -> Path:
        """The page to open first."""
        return self.path / _OVERVIEW

    @property
    def size(self) -> int:
        """The size of all files together, in bytes."""
        return sum(self.files.values())

    def to_json(self) -> str:
        document = {"path": str(self.path), "bytes": self.size, "files": dict(self.files)}
        return json.dumps(document, indent=2)

    def __str__(self) -> str:
        pages = sum(place.endswith(".html") for place in self.files)
        size = f"{plural(pages, 'page')}, {plural(len(self.files), 'file')}, {self.size / _MEGABYTE:.1f} MB"
        return f"wrote {printable(str(self.overview))}: {size}"


@front_door
def site(
    folder: str | PathLike[str],
    *sources: Data,
    benchmark: str | PathLike[str] | Sequence[str | PathLike[str]] | None = None,
    title: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    text: bool = True,
    by: str | Sequence[str] = (TURN, CATEGORY),
    **options: Unpack[BoardKeywords],
) -> SiteFolder:
    """Write a folder of pages about all boards; they need no network and no server.

    Args:
        folder: a new or an empty folder, or one with a site to be written anew; other files in it stay.
        sources: as for `leaderboard`; without any, the boards are of the verdicts in the store.
        benchmark: one benchmark or several; by default all that the store has verdicts on, or that of the sources.
        title: named after the only benchmark by default.
        sample: the number of instructions that can be browsed, the same for all models, all by default; no number of a
            board depends on it.
        seed: decides which instructions `sample` takes.
        text: whether the site holds instructions, answers and the judge's replies.
        by: as for `leaderboard`; scores are split by turn and by category by default.
        options: the other keywords of `leaderboard`.

    Returns:
        The folder, with the size of each file.

    Raises:
        EvalkitError: a source, a name or a combination of these is wrong, or the folder holds something else.

    Example:
        >>> import evalkit as ek
        >>> ek.site("public", benchmark="example").overview
    """
    from evalkit.reporting import SampleSize, assemble_part, assemble_site, check_folder, site_files, write_site

    if sample is not None:
        checked_count("--sample", sample, least=1)
    path = Path(folder)
    check_folder(path)
    names = _benchmarks(sources, parted(benchmark), options)
    made = [leaderboard(*sources, benchmark=name, by=by, **options) for name in names]
    parts = [assemble_part(board.boards, _judged(board), board.sources) for board in made]
    size = None if sample is None else SampleSize(sample, seed)
    shown = assemble_site(parts, [board.sources for board in made], title=title, sample=size, text=text)
    files = site_files(shown)
    write_site(path, files)
    return SiteFolder(path, {place: len(content.encode()) for place, content in files.items()})


def _judged(made: Leaderboard) -> Any:
    return read_judged(made.sources, read_behind(made.sources) if made.files is None else made.files)


def _benchmarks(sources: Sequence[Data], named: Sequence[Any], options: Mapping[str, Any]) -> list[str | None]:
    """The benchmarks of the site, None for that of the sources.

    Raises:
        ConfigError: files are to be read as verdicts on several benchmarks.
    """
    if sources and len(named) > 1:
        raise ConfigError(f"--benchmark: files are of one benchmark, and {len(named)} are named. Name one of them")
    if named or sources:
        return [str(name) for name in named] or [None]
    with open_existing(store_url(options.get("store"), Path(options.get("results", "results")))) as opened:
        # without any, the board says what is missing
        return [*sorted(opened.benchmarks())] or [None]
