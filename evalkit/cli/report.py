"""evalkit report: one HTML file with boards, their uncertainty, and every comparison to read."""

from pathlib import Path

import click

from evalkit.api.boards import Wishes, make_leaderboard
from evalkit.boards.gathering import CATEGORY, TURN
from evalkit.cli.options import cluster_option, results_option, store_option
from evalkit.cli.sources import (
    board_option,
    by_option,
    control_option,
    difficulty_option,
    judge_option,
    metric_option,
    reference_option,
)
from evalkit.files import write_text
from evalkit.reporting.assembly import assemble_report
from evalkit.reporting.chunks import SampleSize
from evalkit.reporting.html import report_html
from evalkit.sources.selection import Sources
from evalkit.sources.transcripts import read_judged
from evalkit.text.safe import printable

FILE = "report.html"
_MEGABYTE = 1e6
# what many a mail box takes
_LARGE = 15.0


@click.command("report")
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              help=f"Write here. [default: RESULTS/{FILE}]")  # fmt: skip
@click.option("--title", help="What stands above it. [default: the sources' name]")
@board_option
@judge_option
@metric_option
@control_option
@difficulty_option
@reference_option
@by_option(default=(TURN, CATEGORY))
@cluster_option
@click.option("--sample", type=click.IntRange(1), metavar="N",
              help="Only N instructions to browse, the same for all models; no number on a board changes.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Which instructions --sample takes.")
@click.option("--no-text", is_flag=True, help="Leave out instructions, answers and the judge's replies.")
@store_option
@results_option
def command(
    sources: tuple[Path, ...],
    out: Path | None,
    title: str | None,
    board: str | None,
    judge: str | None,
    metric: str | None,
    control: str | None,
    difficulty: str,
    reference: str | None,
    by: tuple[str, ...],
    cluster: str | None,
    sample: int | None,
    seed: int,
    no_text: bool,
    store: str | None,
    results: Path,
) -> None:
    """Write one HTML file that shows the boards of SOURCES and every comparison behind them: annotation files, folders
    of them, or tables of preferences.

    Without SOURCES the boards are built from the store. The file needs no network and no server.
    """
    named = Sources(
        files=sources, board=board, judge=judge, difficulty=difficulty, store=store, results=results, cluster=cluster
    )
    boards = make_leaderboard(named, Wishes(metric=metric, control=control, reference=reference, by=by))
    report = assemble_report(
        boards,
        read_judged(named),
        named,
        title=title,
        sample=None if sample is None else SampleSize(sample, seed),
        text=not no_text,
    )
    path = results / FILE if out is None else out
    write_text(path, report_html(report))
    size = path.stat().st_size / _MEGABYTE
    click.echo(f"{printable(str(path))}  {size:.1f} MB")
    if size > _LARGE:
        click.echo("note: --sample N and --no-text make it smaller", err=True)
