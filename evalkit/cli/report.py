"""evalkit report: write one HTML file with boards, their uncertainty, and every comparison to read."""

from pathlib import Path
from typing import Any

import click

from evalkit.api import REPORT_FILE, report
from evalkit.boards import CATEGORY, TURN
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import WrittenFile, cluster_option, results_option, store_option
from evalkit.cli.sources import (
    board_option,
    by_option,
    control_option,
    difficulty_option,
    judge_option,
    metric_option,
    published_option,
    reference_option,
)


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
@Title.FILES.option("--out", type=WrittenFile(),
                    help=f"Write the page into this file. [default: RESULTS/{REPORT_FILE}]")  # fmt: skip
@Title.SHOWN.option("--title", help="Put this title above the page. [default: the sources' name]")
@board_option
@judge_option
@metric_option
@control_option
@difficulty_option
@reference_option
@published_option
@by_option(default=(TURN, CATEGORY))
@cluster_option
@Title.SHOWN.option("--sample", type=click.IntRange(1), metavar="N",
                    help="Show only N instructions to browse, the same for all models; no number on a board "
                         "changes.")  # fmt: skip
@Title.SHOWN.option("--seed", type=int, default=0, show_default=True, metavar="NUMBER",
                    help="Let this number decide which instructions --sample takes.")  # fmt: skip
@Title.SHOWN.option("--gate", metavar="FILE", type=click.Path(path_type=Path),
                    help="Show the decision that evalkit gate --json printed into this file above the "
                         "boards.")  # fmt: skip
@Title.SHOWN.option("--no-text", is_flag=True, help="Leave out instructions, answers and the judge's replies.")
@store_option
@results_option
def command(sources: tuple[Path, ...], no_text: bool, published: tuple[str, ...], **asked: Any) -> None:
    """Write one HTML file with boards and every comparison behind them.

    SOURCES are annotation files, folders of them, or tables of preferences. Without SOURCES the boards are built from
    the store. The file needs no network and no server.
    """
    page = report(*sources, published=published or None, **asked, text=not no_text)
    print_text(str(page))
    print_notes(page.command_notes)
