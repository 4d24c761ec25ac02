"""evalkit site: write a folder of pages about all boards, for a disk or any host of static files."""

from pathlib import Path
from typing import Any

import click

from evalkit.api import site
from evalkit.boards import CATEGORY, TURN
from evalkit.cli.help import Command, RenamedSeveral, Title
from evalkit.cli.notes import print_text
from evalkit.cli.options import WrittenFolder, cluster_option, json_option, results_option, store_option
from evalkit.cli.sources import (
    by_option,
    control_option,
    difficulty_option,
    judges_option,
    metric_option,
    named_sources,
    reference_option,
)


@click.command(
    "site",
    cls=Command,
    used_most=("--benchmark", "--title", "--sample", "--no-text", "--judge"),
    examples={
        "Write a site of all that was judged, and open public/index.html.": "evalkit site public",
        "Write one of a single benchmark without texts.": "evalkit site public --benchmark example --no-text",
    },
)
@click.argument("folder", type=WrittenFolder(whole=True), metavar="DIR")
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path), metavar="[SOURCES]...")
@Title.VERDICTS.option("--benchmark", cls=RenamedSeveral, former="--board", multiple=True, metavar="BENCHMARK",
                       envvar="EVALKIT_BENCHMARK",
                       help="Show this benchmark's verdicts in the store, or read the sources as verdicts on it; "
                            "repeat for more, whose verdicts NAME=FILE may name. [default: all that the store "
                            "has]")  # fmt: skip
@Title.VERDICTS.option("--alias", multiple=True, metavar="A=B",
                       help="Take the model A of a benchmark for the model B of another; repeat for more.")  # fmt: skip
@Title.SHOWN.option("--title", help="Put this title above the pages. [default: the benchmark's name]")
@judges_option
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
@json_option
def command(
    folder: Path, sources: tuple[Path, ...], benchmark: tuple[str, ...], no_text: bool, as_json: bool, **asked: Any
) -> None:
    """Write a site of static pages: an overview, and a page for each benchmark, model and judge.

    DIR is a new or an empty folder, or one with a site to be written anew. SOURCES are annotation files, folders of
    them, or tables of preferences. Without SOURCES the boards are built from the store. The pages need no network and
    no server.
    """
    named = named_sources(benchmark) or None
    written = site(folder, *sources, benchmark=named, **asked, text=not no_text)
    if as_json:
        click.echo(written.to_json())
    else:
        print_text(str(written))
