"""evalkit compare: estimate differences between models on their common instructions, with their uncertainty."""

import sys
from typing import Any

import click

from evalkit.api import compare
from evalkit.boards import SLICES
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import columns_of, print_notes, print_text
from evalkit.cli.options import Range, json_option
from evalkit.cli.sources import control_option, metric_option, source_options
from evalkit.stats import CONFIDENCE


@click.command(
    "compare",
    cls=Command,
    used_most=("--benchmark", "--source", "--judge", "--metric", "--by"),
    examples={
        "Say how far two judged models are apart.": "evalkit compare careful wordy --benchmark example",
        "Compare three by plain win rates.": (
            "evalkit compare careful wordy terse --benchmark example --metric win_rate"
        ),
    },
)
@click.argument("models", nargs=-1, required=True, metavar="A B [C...]")
@source_options
@metric_option
@control_option
@Title.NUMBERS.option("--confidence", type=Range(0.5, 1, max_open=True), default=CONFIDENCE, show_default=True,
                      metavar="SHARE",
                      help="Give the intervals, and all differences of several models together, this "
                           "confidence.")  # fmt: skip
@Title.SHOWN.option("--by", multiple=True, type=click.Choice(SLICES),
                    help="Show the difference of two models in each turn or category as well.")  # fmt: skip
@Title.SHOWN.option("--swings", type=click.IntRange(0), default=5, show_default=True, metavar="N",
                    help="Show the N instructions on which the verdicts on two models differ most.")  # fmt: skip
@json_option
def command(models: tuple[str, ...], as_json: bool, **asked: Any) -> None:
    """Compare models A and B, or each of several with each other.

    All are compared under one judge and against one baseline. A difference is positive where the model named first is
    ahead.
    """
    found = compare(*models, **asked)
    if as_json:
        click.echo(found.to_json(), nl=False)
    else:
        print_text(found.text(columns=columns_of(sys.stdout)))
    if asked["by"] and found.comparisons.detail is None:
        print_notes(["--by shows parts of the difference between two models; name two to see them"])
