"""The options that name the verdicts of a command, and the metric that decides."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from evalkit.boards import RANKING, SLICES, DifficultySource
from evalkit.cli.help import Renamed, RenamedSeveral, Several, Title
from evalkit.cli.options import cluster_option, results_option, store_option
from evalkit.errors import ConfigError

board_option = Title.VERDICTS.option(
    "--benchmark",
    cls=Renamed,
    former="--board",
    metavar="BENCHMARK",
    envvar="EVALKIT_BENCHMARK",
    help="Take this benchmark's verdicts from the store, or read the sources as verdicts on it. "
    "[default: the only one that the store has]",
)
benchmarks_option = Title.VERDICTS.option(
    "--benchmark",
    cls=RenamedSeveral,
    former="--board",
    multiple=True,
    metavar="BENCHMARK",
    envvar="EVALKIT_BENCHMARK",
    help="Take this benchmark's verdicts from the store, or read the sources as verdicts on it; repeat for a table of "
    "several, whose verdicts NAME=FILE may name. [default: the only one that the store has]",
)
judge_option = Title.VERDICTS.option("--judge", metavar="NAME", help="Use only this judge's verdicts.")
judges_option = Title.VERDICTS.option(
    "--judge",
    cls=Several,
    multiple=True,
    metavar="[BENCHMARK=]NAME",
    help="Use only this judge's verdicts; of several benchmarks, name the judge of one as BENCHMARK=NAME; repeat for "
    "more.",
)
difficulty_option = Title.NUMBERS.option(
    "--difficulty",
    metavar="auto|fit|none|PATH",
    default=DifficultySource.AUTO.value,
    show_default=True,
    help="Take difficulty and the effect of length from a history of this judge, else the models at hand, else "
    "recorded judges (auto); from the models at hand (fit); from a model's own verdicts alone (none); or from a file, "
    "for lc_compat a folder (PATH).",
)
metric_option = Title.NUMBERS.option(
    "--metric",
    type=click.Choice(RANKING),
    help="Measure the models by this number. [default: lc_win_rate, or what the benchmark's style says]",
)
control_option = Title.NUMBERS.option(
    "--control",
    metavar="NAMES",
    help="Hold these features of the answers equal in the style win rate, as in length,markdown; none leaves that rate "
    "out. [default: what the benchmark's style says]",
)
reference_option = Title.SHOWN.option(
    "--reference",
    metavar="NAME|FILE|none",
    help="Correlate the board with this human ranking. [default: the benchmark's own]",
)

published_option = Title.SHOWN.option(
    "--published",
    multiple=True,
    metavar="near|top:N|all|NAMES|FILE",
    help="Show published rows beside the board's own: those around its numbers (near, near:3), the first of each table "
    "(top:20), all, those of these models, or those of this table or csv file; repeat for more.",
)


def by_option(*, default: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return --by for a command that shows whole boards; without --by it splits scores by `default`."""
    return Title.SHOWN.option(
        "--by",
        multiple=True,
        type=click.Choice(SLICES),
        default=default,
        show_default=bool(default),
        help="Show the scores of each turn or category as well; dataset also tests whether they differ between "
        "sources.",
    )


def with_source(name: str) -> bool:
    """True for NAME=FILE; the path of a benchmark's own file may have the sign as well."""
    return "=" in name and not Path(name).exists()


def named_sources(benchmarks: Sequence[str]) -> dict[str, Path | None]:
    """The benchmarks, each with the file of its verdicts where one is named.

    Raises:
        ConfigError: a benchmark is named twice, or a name or a file is missing beside the sign.
    """
    found: dict[str, Path | None] = {}
    for text in benchmarks:
        name, _, source = text.partition("=") if with_source(text) else (text, "", "")
        if with_source(text) and not (name.strip() and source.strip()):
            raise ConfigError(f"--benchmark {text}: expected NAME=FILE")
        if name in found:
            raise ConfigError(f"--benchmark {name} stands twice. Give the second file's benchmark a name of its own")
        found[name] = Path(source) if source else None
    return found


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --source, --benchmark, --judge, --difficulty, --cluster, --store and --results."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    Title.VERDICTS.option(
        "--source",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Read verdicts from an annotation file, a folder of them, or a table of preferences; repeat for more. "
        "[default: the store]",
    ),
    board_option,
    judge_option,
    difficulty_option,
    cluster_option,
    store_option,
    results_option,
)
