"""evalkit leaderboard: build a board from the store, recorded files or a table of preferences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from evalkit.api import AGGREGATES, ESTIMATORS, EVERY, Leaderboard, OverviewTable, leaderboard
from evalkit.cli.boards import print_boards
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes
from evalkit.cli.options import (
    Range,
    WrittenFile,
    as_values,
    cluster_option,
    json_option,
    label_option,
    plot_option,
    results_option,
    store_option,
    verbose_option,
)
from evalkit.cli.sources import (
    benchmarks_option,
    by_option,
    control_option,
    difficulty_option,
    judges_option,
    metric_option,
    named_sources,
    published_option,
    reference_option,
    with_source,
)
from evalkit.errors import ConfigError
from evalkit.files import write_text
from evalkit.reporting import FORMS, PANELS, TABLE
from evalkit.stats import Shape


@dataclass(frozen=True, slots=True)
class BoardOutput:
    """The file and the form that boards are written in."""

    form: str
    out: Path | None
    plot: Path | None
    panels: tuple[str, ...]
    verbose: bool
    as_json: bool


@click.command(
    "leaderboard",
    cls=Command,
    used_most=("--benchmark", "--judge", "--by", "--format", "--plot"),
    examples={
        "Rank the example's models that were judged.": "evalkit leaderboard --benchmark example",
        "Put all benchmarks that were judged into one table, for a README.": (
            "evalkit leaderboard --all --format markdown --out board.md"
        ),
    },
)
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path), metavar="[SOURCES]...")
@benchmarks_option
@Title.VERDICTS.option("--all", "every", is_flag=True,
                       help="Put all benchmarks that the store has verdicts on into one table.")  # fmt: skip
@judges_option
@Title.VERDICTS.option("--alias", multiple=True, metavar="A=B",
                       help="Take the model A of a benchmark for the model B of another; repeat for more.")  # fmt: skip
@Title.NUMBERS.option("--aggregate", type=click.Choice(AGGREGATES),
                      help="Make one number of all benchmarks: the mean rank, the mean of standardised scores (z), or "
                           "Elo from a battle on each instruction (bt).")  # fmt: skip
@Title.NUMBERS.option("--weight", multiple=True, metavar="NAME=W",
                      help="Give a benchmark this weight in the aggregate; repeat for more. [default: 1]")  # fmt: skip
@Title.NUMBERS.option("--pool", is_flag=True, help="Average all judges into one score.")
@metric_option
@control_option
@Title.NUMBERS.option("--strong-weight", type=Range(0, min_open=True), default=1.0, show_default=True,
                      metavar="WEIGHT", help="Count a verdict of much better this many times.")  # fmt: skip
@by_option()
@cluster_option
@Title.VERDICTS.option("--category", multiple=True, metavar="NAME",
                       help="Use only the verdicts on this category; repeat for more.")  # fmt: skip
@reference_option
@published_option
@Title.NUMBERS.option("--estimator", type=click.Choice(ESTIMATORS), default="lc", show_default=True,
                      help="Compute scores as evalkit does (lc), or by a published formula, to compare with published "
                           "rows.")  # fmt: skip
@difficulty_option
@Title.NUMBERS.option("--length-shape", type=click.Choice([shape.value for shape in Shape]),
                      default=Shape.LEARNED.value, show_default=True,
                      help="Fit this shape of the effect of length to the models at hand; learned lets their verdicts "
                           "say which.")  # fmt: skip
@Title.NUMBERS.option("--bootstrap", type=click.IntRange(0), default=0, metavar="N",
                      help="Compute intervals from N resamples instead of the sandwich formula.")  # fmt: skip
@Title.NUMBERS.option("--allow-mixed", is_flag=True,
                      help="Average a judge's probabilities with its single draws instead of refusing to.")  # fmt: skip
@Title.FILES.option("--format", "form", type=click.Choice(list(FORMS)), default=TABLE, show_default=True,
                    metavar="FORM", help=f"Write the board in this form: {', '.join(FORMS)}.")  # fmt: skip
@Title.FILES.option("--out", type=WrittenFile(),
                    help="Write the board into this file instead of to stdout.")  # fmt: skip
@plot_option
@Title.FILES.option("--panel", "panels", multiple=True, type=click.Choice(PANELS),
                    help="Let --plot draw this figure; several get a file each. [default: board]")  # fmt: skip
@label_option
@store_option
@results_option
@verbose_option
@json_option
@as_values(output=BoardOutput)
def command(
    sources: tuple[Path, ...],
    benchmark: tuple[str, ...],
    every: bool,
    published: tuple[str, ...],
    output: BoardOutput,
    **asked: Any,
) -> None:
    """Rank models by their length-controlled win rates.

    SOURCES are annotation files, folders of them, or tables of preferences. Without SOURCES the board is built from the
    store. Several benchmarks make one table: a row a model, a column a number.
    """
    if output.panels and output.plot is None:
        raise ConfigError("--panel says what --plot draws: add --plot FILE")
    asked["published"] = published or None
    if every or len(benchmark) > 1 or any(with_source(name) for name in benchmark):
        if output.panels:
            raise ConfigError("--panel chooses a figure of one board, and several benchmarks have one: leave it out")
        if every and benchmark:
            raise ConfigError("--all takes every benchmark, and --benchmark names some: choose one of them")
        benchmarks = EVERY if every else named_sources(benchmark)
        table = leaderboard(*sources, benchmarks=benchmarks, **asked)
        if output.plot is not None:
            table.plot().save(output.plot)
        _write(table, output)
        print_notes([*table.notes, *([] if output.plot is None else [f"{output.plot}: written"])])
        return
    found = leaderboard(*sources, benchmark=next(iter(benchmark), None), **asked, texts=False)
    drawn = [] if output.plot is None else _draw(found, output.plot, output.panels or PANELS[:1])
    _write(found, output)
    print_notes([*found.notes, *(f"{path}: written" for path in drawn)])
    if output.verbose:
        print_notes([f"sha256 {found.sha256}"])


def _write(found: Leaderboard | OverviewTable, output: BoardOutput) -> None:
    form = "json" if output.as_json else output.form
    if output.out is not None:
        write_text(output.out, found.written(form))
    elif form != TABLE:
        click.echo(found.written(form), nl=False)
    elif isinstance(found, Leaderboard):
        print_boards(found.boards)
    else:
        click.echo(str(found), nl=False)


def _draw(found: Leaderboard, path: Path, panels: Sequence[str]) -> list[Path]:
    """Draw one panel into the file, or each of several into one with the panel's name in its own; return the files."""
    paths = {panel: path if len(panels) == 1 else path.with_stem(f"{path.stem}-{panel}") for panel in panels}
    for panel, file in paths.items():
        found.plot(panel).save(file)
    return list(paths.values())
