"""The options that say where a command takes its verdicts from, and what decides."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from evalkit.boards import RANKING, SLICES, DifficultySource
from evalkit.cli.options import Renamed, cluster_option, results_option, store_option
from evalkit.sources import BENCHMARK, Sources

board_option = click.option(
    "--benchmark",
    "board",
    cls=Renamed,
    former="--board",
    metavar="BENCHMARK",
    envvar="EVALKIT_BENCHMARK",
    show_default=BENCHMARK,
    help="The benchmark whose verdicts are taken from the store, or that the sources are of.",
)
judge_option = click.option("--judge", metavar="NAME", help="Only this judge's verdicts.")
difficulty_option = click.option(
    "--difficulty",
    metavar="auto|fit|none|PATH",
    default=DifficultySource.AUTO.value,
    show_default=True,
    help="Where difficulty and the effect of length come from: a history of this judge, else the models at hand, else "
    "recorded judges (auto); the models at hand (fit); a model's own verdicts alone (none); or a file, for lc_compat a "
    "folder (PATH).",
)
metric_option = click.option(
    "--metric",
    type=click.Choice(RANKING),
    help="What decides. [default: lc_win_rate, or what the benchmark's style says]",
)
control_option = click.option(
    "--control",
    metavar="NAMES",
    help="What the style win rate holds equal, as in length,markdown; none leaves it out. [default: what the "
    "benchmark's style says]",
)
reference_option = click.option(
    "--reference",
    metavar="NAME|FILE|none",
    help="A human ranking to correlate with. [default: the benchmark's own]",
)


def by_option(*, default: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """--by of a command that shows whole boards; `default` says what it splits scores by without being told."""
    return click.option(
        "--by",
        multiple=True,
        type=click.Choice(SLICES),
        default=default,
        show_default=bool(default),
        help="Show scores by turn or category as well; dataset also tests whether they differ between sources.",
    )


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --source, --benchmark, --judge, --difficulty, --cluster, --store and --results as `sources`."""

    @functools.wraps(command)
    def gathered(*, source: tuple[Path, ...], **options: Any) -> Any:
        named = {name: options.pop(name) for name in ("board", "judge", "difficulty", "cluster", "store", "results")}
        return command(sources=Sources(files=source, **named), **options)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered


_OPTIONS = (
    click.option(
        "--source",
        multiple=True,
        type=click.Path(path_type=Path),
        help="An annotation file, a folder of them, or a table of preferences; repeat for more. [default: the store]",
    ),
    board_option,
    judge_option,
    difficulty_option,
    cluster_option,
    store_option,
    results_option,
)
