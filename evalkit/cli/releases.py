"""evalkit releases: show a model's number by release, what changed, and how often the instructions were looked at."""

import sys
from pathlib import Path
from typing import Any

import click

from evalkit.api import releases
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import columns_of, print_notes, print_text
from evalkit.cli.options import (
    Range,
    json_option,
    looks_budget_option,
    plot_option,
    results_option,
    store_option,
)
from evalkit.cli.sources import board_option, control_option, difficulty_option, judge_option, metric_option
from evalkit.stats import CONFIDENCE


@click.command(
    "releases",
    cls=Command,
    used_most=("--benchmark", "--judge", "--metric", "--looks-budget", "--plot"),
    examples={
        "Keep a release of a model under its name.": (
            "evalkit annotate examples/outputs/careful.json --benchmark example --as v1.0"
        ),
        "Show the number of every release, and what changed.": "evalkit releases careful --benchmark example",
    },
)
@click.argument("model")
@board_option
@judge_option
@metric_option
@control_option
@difficulty_option
@Title.NUMBERS.option("--confidence", type=Range(0.5, 1, max_open=True), default=CONFIDENCE, show_default=True,
                      metavar="SHARE",
                      help="Give every interval, and all categories of a release together, this "
                           "confidence.")  # fmt: skip
@looks_budget_option
@Title.VERDICTS.option("--since", metavar="DATE|NAME",
                       help="Show only the releases since this day, or since the release of this name.")  # fmt: skip
@Title.VERDICTS.option("--without", multiple=True, metavar="NAME",
                       help="Leave this release out; repeat for more.")  # fmt: skip
@Title.VERDICTS.option("--partial", is_flag=True,
                       help="Compare partial releases with the others too, as those of --limit.")  # fmt: skip
@plot_option
@store_option
@results_option
@json_option
def command(model: str, plot: Path | None, as_json: bool, **asked: Any) -> None:
    """Show MODEL's number by release, what changed since the release before, and in which categories.

    A release is the outputs of the model at a time. Every run of annotate, gate and leaderboard on the store keeps its
    date, the commit that is checked out and the name that --as gives it.
    """
    found = releases(model, **asked)
    if plot is not None:
        found.plot().save(plot)
    if as_json:
        click.echo(found.to_json(), nl=False)
    else:
        print_text(found.text(columns=columns_of(sys.stdout)))
    if plot is not None:
        print_notes([f"{plot}: written"])
