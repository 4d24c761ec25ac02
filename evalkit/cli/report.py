"""evalkit report: write one HTML file with boards, their uncertainty, and every comparison to read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from evalkit.api import leaderboard
from evalkit.boards import CATEGORY, TURN
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import as_values, cluster_option, results_option, store_option
from evalkit.cli.sources import (
    board_option,
    by_option,
    control_option,
    difficulty_option,
    judge_option,
    metric_option,
    reference_option,
)
from evalkit.text import printable

FILE = "report.html"
_MEGABYTE = 1e6
# megabytes; many mail boxes refuse larger files
_LARGE = 15.0


@dataclass(frozen=True, slots=True)
class PageOptions:
    """The file of the page, its title, and the choice of instructions and texts that it shows."""

    out: Path | None
    title: str | None
    sample: int | None
    seed: int
    no_text: bool


@click.command(
    "report",
    cls=Command,
    used_most=("--benchmark", "--judge", "--out", "--title", "--sample"),
    examples={
        "Write one page about all models that were judged.": "evalkit report --benchmark example --out report.html",
        "Write one without texts, to be shown to anybody.": (
            "evalkit report --benchmark example --out numbers.html --no-text"
        ),
    },
)
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path), metavar="[SOURCES]...")
@Title.FILES.option("--out", type=click.Path(dir_okay=False, path_type=Path),
                    help=f"Write the page into this file. [default: RESULTS/{FILE}]")  # fmt: skip
@Title.SHOWN.option("--title", help="Put this title above the page. [default: the sources' name]")
@board_option
@judge_option
@metric_option
@control_option
@difficulty_option
@reference_option
@by_option(default=(TURN, CATEGORY))
@cluster_option
@Title.SHOWN.option("--sample", type=click.IntRange(1), metavar="N",
                    help="Show only N instructions to browse, the same for all models; no number on a board "
                         "changes.")  # fmt: skip
@Title.SHOWN.option("--seed", type=int, default=0, show_default=True, metavar="NUMBER",
                    help="Let this number decide which instructions --sample takes.")  # fmt: skip
@Title.SHOWN.option("--no-text", is_flag=True, help="Leave out instructions, answers and the judge's replies.")
@store_option
@results_option
@as_values(page=PageOptions)
def command(sources: tuple[Path, ...], page: PageOptions, **asked: Any) -> None:
    """Write one HTML file with boards and every comparison behind them.

    SOURCES are annotation files, folders of them, or tables of preferences. Without SOURCES the boards are built from
    the store. The file needs no network and no server.
    """
    path = leaderboard(*sources, **asked).report(
        asked["results"] / FILE if page.out is None else page.out,
        title=page.title,
        sample=page.sample,
        seed=page.seed,
        text=not page.no_text,
    )
    size = path.stat().st_size / _MEGABYTE
    print_text(f"wrote {printable(str(path))}, {size:.1f} MB")
    if size > _LARGE:
        print_notes([f"many mail boxes refuse files over {_LARGE:g} MB. Make it smaller with --sample N or --no-text"])
