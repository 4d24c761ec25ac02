"""evalkit leaderboard: build a board from the store, recorded files or a table of preferences."""

from dataclasses import replace
from pathlib import Path

import click

from evalkit.benchmarks import read_benchmark
from evalkit.boards.build import build_boards
from evalkit.boards.difficulty import read_compat_inputs, read_difficulty
from evalkit.boards.row import DifficultySource, Metric, Recipe
from evalkit.boards.sources import entries_of_files, entries_of_store
from evalkit.cli.options import json_option, results_option, store_option, store_url
from evalkit.errors import ConfigError, InputError
from evalkit.files import write_text
from evalkit.references import read_aliases, read_reference
from evalkit.report.canonical import canonical_digest
from evalkit.report.tables import boards_csv, boards_json, boards_markdown, boards_text
from evalkit.store import open_store, store_exists

FORMATS = {"table": boards_text, "csv": boards_csv, "json": boards_json, "markdown": boards_markdown}
NO_REFERENCE = "none"


@click.command("leaderboard")
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
@click.option("--board", default="alpaca_eval", envvar="EVALKIT_BENCHMARK", show_default=True,
              help="The benchmark whose verdicts are taken from the store.")  # fmt: skip
@click.option("--judge", metavar="NAME", help="Only this judge's verdicts.")
@click.option("--metric", type=click.Choice([metric.value for metric in Metric]), default=Metric.LC_WIN_RATE.value,
              show_default=True, help="What the rows are ranked by.")  # fmt: skip
@click.option("--reference", metavar="NAME|FILE|none", default=NO_REFERENCE, show_default=True,
              help="A human ranking to correlate with.")  # fmt: skip
@click.option("--estimator", type=click.Choice(["lc", "lc_compat"]), default="lc", show_default=True)
@click.option("--difficulty", metavar="PATH|fit|none", default=DifficultySource.NONE.value, show_default=True,
              help="Instruction difficulty: from a file, learned here, or left out; lc_compat: a folder.")  # fmt: skip
@click.option("--bootstrap", type=click.IntRange(0), default=0, metavar="N",
              help="Intervals from N resamples instead of the sandwich formula.")  # fmt: skip
@click.option("--allow-mixed", is_flag=True,
              help="Average probabilities and single draws of one judge all the same.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="table", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of to stdout.")
@store_option
@results_option
@json_option
def command(
    sources: tuple[Path, ...],
    board: str,
    judge: str | None,
    metric: str,
    reference: str,
    estimator: str,
    difficulty: str,
    bootstrap: int,
    allow_mixed: bool,
    form: str,
    out: Path | None,
    store: str | None,
    results: Path,
    as_json: bool,
) -> None:
    """Build a board from SOURCES: annotation files, folders of them, or tables of preferences.

    Without SOURCES the board is built from the store.
    """
    human = None if reference == NO_REFERENCE else read_reference(reference)
    recipe = replace(_recipe(metric, estimator, difficulty, bootstrap), allow_mixed=allow_mixed)
    if sources:
        entries = entries_of_files(sources, judge=judge)
    else:
        benchmark = read_benchmark(board).name
        url = store_url(store, results)
        if not store_exists(url):
            raise InputError(f"{url}: no store yet. Run evalkit annotate first, or name sources")
        with open_store(url) as opened:
            entries = entries_of_store(opened, benchmark=benchmark, judge=judge)
    boards = build_boards(entries, recipe, reference=human, aliases=read_aliases() if human else None)
    text = FORMATS["json" if as_json else form](boards)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
    click.echo(f"note: sha256 {canonical_digest([row for one in boards for row in one.rows])}", err=True)


def _recipe(metric: str, estimator: str, difficulty: str, replicates: int) -> Recipe:
    sources = {source.value: source for source in DifficultySource}
    if estimator == "lc_compat":
        if difficulty in sources:
            raise ConfigError(
                "--estimator lc_compat needs --difficulty FOLDER with instruction_difficulty.csv and df_gamed.csv"
            )
        return Recipe(Metric(metric), compat=read_compat_inputs(Path(difficulty)))
    known = sources.get(difficulty)
    return Recipe(
        Metric(metric), known if known is not None else read_difficulty(Path(difficulty)), replicates=replicates
    )
