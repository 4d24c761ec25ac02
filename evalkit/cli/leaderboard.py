"""evalkit leaderboard: build a board from the store, recorded files or a table of preferences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from evalkit.api import ESTIMATORS, Wishes, make_leaderboard
from evalkit.boards import Board
from evalkit.cli.boards import print_boards
from evalkit.cli.notes import print_notes
from evalkit.cli.options import (
    Range,
    as_values,
    cluster_option,
    json_option,
    plot_option,
    results_option,
    store_option,
    verbose_option,
)
from evalkit.cli.sources import (
    board_option,
    by_option,
    control_option,
    difficulty_option,
    judge_option,
    metric_option,
    reference_option,
)
from evalkit.errors import ConfigError
from evalkit.files import write_text
from evalkit.provenance import canonical_digest
from evalkit.reporting import FORMS, PANELS, TABLE, one_board
from evalkit.sources import Sources
from evalkit.stats import Shape


@dataclass(frozen=True, slots=True)
class BoardOutput:
    """Where the boards go, and in which form."""

    form: str
    out: Path | None
    plot: Path | None
    panels: tuple[str, ...]
    verbose: bool
    as_json: bool


@click.command("leaderboard")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[SOURCES]...")
@board_option
@judge_option
@click.option("--pool", is_flag=True, help="Average all judges into one score.")
@metric_option
@control_option
@click.option("--strong-weight", type=Range(0, min_open=True), default=1.0, show_default=True,
              help="How much a verdict of much better counts.")  # fmt: skip
@by_option()
@cluster_option
@click.option("--category", "categories", multiple=True, metavar="NAME", help="Only this category; repeat for more.")
@reference_option
@click.option("--estimator", type=click.Choice(ESTIMATORS), default="lc", show_default=True,
              help="Our estimators, or a published formula to compare with published rows.")  # fmt: skip
@difficulty_option
@click.option("--length-shape", "shape", type=click.Choice([one.value for one in Shape]), default=Shape.LEARNED.value,
              show_default=True, help="Which shape of the effect of length is fitted to the models at hand; learned "
              "lets their verdicts say.")  # fmt: skip
@click.option("--bootstrap", "replicates", type=click.IntRange(0), default=0, metavar="N",
              help="Intervals from N resamples instead of the sandwich formula.")  # fmt: skip
@click.option("--allow-mixed", is_flag=True,
              help="Average probabilities and single draws of one judge all the same.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(list(FORMS)), default=TABLE, show_default=True,
              help="How the board is written.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
@plot_option
@click.option("--panel", "panels", multiple=True, type=click.Choice(PANELS),
              help="Draw this panel with --plot; each of several gets its own file. [default: board]")  # fmt: skip
@store_option
@results_option
@verbose_option
@json_option
@as_values(sources=Sources, wishes=Wishes, output=BoardOutput)
def command(sources: Sources, wishes: Wishes, output: BoardOutput) -> None:
    """Build a board from SOURCES: annotation files, folders of them, or tables of preferences.

    Without SOURCES the board is built from the store.
    """
    if output.panels and output.plot is None:
        raise ConfigError("--panel says what --plot draws: add --plot FILE")
    boards = make_leaderboard(sources, wishes)
    drawn = [] if output.plot is None else _draw(boards, output.plot, output.panels or PANELS[:1])
    _write(boards, "json" if output.as_json else output.form, output.out)
    print_notes(f"{path}: written" for path in drawn)
    if output.verbose:
        print_notes([f"sha256 {canonical_digest([row for board in boards for row in board.rows])}"])


def _write(boards: list[Board], form: str, out: Path | None) -> None:
    if out is not None:
        write_text(out, FORMS[form](boards))
    elif form == TABLE:
        print_boards(boards)
    else:
        click.echo(FORMS[form](boards), nl=False)


def _draw(boards: list[Board], path: Path, panels: Sequence[str]) -> list[Path]:
    """Draw panels into the file, or several each into one that has the panel's name in its own."""
    board = one_board(boards)
    # the library takes longer to load than many a board to build
    from evalkit.reporting import PLOTS

    paths = {panel: path if len(panels) == 1 else path.with_stem(f"{path.stem}-{panel}") for panel in panels}
    for panel, file in paths.items():
        PLOTS[panel](board).save(file)
    return list(paths.values())
