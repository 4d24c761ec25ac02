"""evalkit leaderboard: build a board from the store, recorded files or a table of preferences."""

from dataclasses import replace
from pathlib import Path

import click

from evalkit.benchmarks import Benchmark, read_benchmark
from evalkit.boards.build import build_boards
from evalkit.boards.difficulty import read_compat_inputs
from evalkit.boards.gathering import PARTS, Gathering
from evalkit.boards.row import ArenaFormula, DifficultySource, Recipe
from evalkit.cli.options import json_option, results_option, store_option
from evalkit.cli.sources import (
    BENCHMARK,
    Sources,
    board_option,
    controls_of,
    judge_option,
    metric_of,
    metric_option,
    read_entries,
    read_recipe,
    style_of,
)
from evalkit.errors import ConfigError
from evalkit.files import write_text
from evalkit.references import Reference, read_aliases, read_reference
from evalkit.report.canonical import canonical_digest
from evalkit.report.tables import boards_markdown, boards_text
from evalkit.report.values import boards_csv, boards_json

FORMATS = {"table": boards_text, "csv": boards_csv, "json": boards_json, "markdown": boards_markdown}
NO_REFERENCE = "none"
ESTIMATORS = ["lc", "lc_compat", *(formula.value for formula in ArenaFormula)]


@click.command("leaderboard")
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path))
@board_option
@judge_option
@click.option("--pool", is_flag=True, help="Average all judges into one score.")
@metric_option
@click.option("--control", metavar="NAMES", help="What the style win rate holds equal, as in length,markdown; none "
              "leaves it out. [default: what the benchmark's style says]")  # fmt: skip
@click.option("--strong-weight", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="How much a verdict of much better counts.")  # fmt: skip
@click.option("--by", multiple=True, type=click.Choice(PARTS), help="Show scores by turn or category as well.")
@click.option("--category", "categories", multiple=True, metavar="NAME", help="Only this category; repeat for more.")
@click.option("--reference", metavar="NAME|FILE|none",
              help="A human ranking to correlate with. [default: the benchmark's own]")  # fmt: skip
@click.option("--estimator", type=click.Choice(ESTIMATORS), default="lc", show_default=True,
              help="Our estimators, or a published formula to compare with published rows.")  # fmt: skip
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
    board: str | None,
    judge: str | None,
    pool: bool,
    metric: str | None,
    control: str | None,
    strong_weight: float,
    by: tuple[str, ...],
    categories: tuple[str, ...],
    reference: str | None,
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
    benchmark = read_benchmark(board or BENCHMARK)
    human = _reference(reference, benchmark)
    named = Sources(files=sources, board=board, judge=judge, difficulty=difficulty, store=store, results=results)
    style = style_of(named)
    recipe = replace(
        _recipe(named, estimator, metric=metric, control=control), allow_mixed=allow_mixed, replicates=bootstrap
    )
    parts = tuple(dict.fromkeys((*style.by, *by)))
    how = Gathering(strong_weight, by=parts, pool=pool, categories=categories)
    entries = read_entries(named, how)
    boards = build_boards(entries, recipe, reference=human, aliases=read_aliases() if human else None)
    if reference is None:
        # nobody asked: a board of other models needs no line that says so
        boards = [one if one.agreement and one.agreement.models else replace(one, agreement=None) for one in boards]
    text = FORMATS["json" if as_json else form](boards)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
    click.echo(f"note: sha256 {canonical_digest([row for one in boards for row in one.rows])}", err=True)


def _reference(named: str | None, benchmark: Benchmark) -> Reference | None:
    name = benchmark.reference if named is None else named
    return None if name in (None, NO_REFERENCE) else read_reference(name)


def _recipe(sources: Sources, estimator: str, *, metric: str | None, control: str | None) -> Recipe:
    if estimator != "lc_compat":
        recipe = read_recipe(sources, metric=metric, control=control)
        return recipe if estimator == "lc" else replace(recipe, arena=ArenaFormula(estimator))
    if sources.difficulty in {source.value for source in DifficultySource}:
        raise ConfigError(
            "--estimator lc_compat needs --difficulty FOLDER with instruction_difficulty.csv and df_gamed.csv"
        )
    style = style_of(sources)
    controls = controls_of(style, control)
    chosen = metric_of(style, metric, controls=controls)
    return Recipe(chosen, compat=read_compat_inputs(Path(sources.difficulty)), controls=controls)
