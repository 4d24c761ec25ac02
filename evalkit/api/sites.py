"""Writes a folder of pages about all boards, to be read from a disk or put on any host of static files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Unpack

from evalkit.api.boards import read_behind
from evalkit.api.door import front_door
from evalkit.api.judge_choice import judges_of
from evalkit.api.keywords import Data, checked_count, names_of, parted
from evalkit.api.leaderboards import BoardKeywords, Leaderboard, leaderboard
from evalkit.api.overviews import EVERY, Benchmarks
from evalkit.api.python_judges import JudgeLike
from evalkit.api.releases import series_behind
from evalkit.api.result import Result
from evalkit.boards import CATEGORY, TURN, Transcripts
from evalkit.catalog import read_aliases
from evalkit.errors import ConfigError
from evalkit.sources import judged_benchmarks, read_judged
from evalkit.store import store_url
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
    benchmark: Benchmarks | PathLike[str] | None = None,
    alias: Mapping[str, str] | Sequence[str] = (),
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
        benchmark: one benchmark or several, by default all that the store has verdicts on, or that of the sources; a
            dictionary gives the verdicts of each, or None for those in the store.
        alias: canonical names of models by spelling, or texts such as `A=B`, by which models have one page.
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
    path, aliases = Path(folder), {**read_aliases(), **names_of("--alias", alias)}
    check_folder(path)
    asked = _benchmarks(sources, benchmark, options)
    judges = judges_of(options.get("judge"))
    judges.check([name for name in asked if name is not None])
    made = [
        leaderboard(*given, benchmark=name, by=by, verdicts=True, **_with_judge(options, judges.of(name)))
        for name, given in asked.items()
    ]
    parts = [assemble_part(board.boards, _judged(board), board.sources) for board in made]
    size = None if sample is None else SampleSize(sample, seed)
    releases = [series for board in made for series in series_behind(board.boards, board.sources)]
    shown = assemble_site(
        parts, [board.sources for board in made], aliases, title=title, sample=size, text=text, releases=releases
    )
    files = site_files(shown)
    write_site(path, files)
    return SiteFolder(path, {place: len(content.encode()) for place, content in files.items()})


def _with_judge(options: BoardKeywords, judge: JudgeLike | None) -> BoardKeywords:
    return {**options, "judge": judge}


def _judged(made: Leaderboard) -> Transcripts:
    return read_judged(made.sources, read_behind(made.sources) if made.files is None else made.files)


def _benchmarks(
    sources: tuple[Data, ...], named: Benchmarks | PathLike[str] | None, options: BoardKeywords
) -> dict[str | None, tuple[Data, ...]]:
    """The verdicts of each benchmark, nothing for those in the store; the name is None for that of the sources.

    Raises:
        InputError: there is no store, or it holds no verdicts.
        ConfigError: sources are to be read as verdicts on several benchmarks.
    """
    if named is None or named == EVERY:
        if sources:
            return {None: sources}
        url = store_url(options.get("store"), Path(options.get("results", "results")))
        return dict.fromkeys(judged_benchmarks(url), ())
    given = named if isinstance(named, Mapping) else dict.fromkeys(map(str, parted(named)))
    if sources and (len(given) > 1 or any(each is not None for each in given.values())):
        raise ConfigError(
            "SOURCES are verdicts on one benchmark, and several are asked for: name the verdicts of each, as in "
            "--benchmark NAME=FILE"
        )
    return {name: sources or parted(each) for name, each in given.items()}
