"""evalkit annotate: judge models' outputs against a baseline."""

from typing import Any

import click

from evalkit.api import annotate, forecast
from evalkit.cli.help import Command, Title
from evalkit.cli.judging import Terminal, audit_option, judging_options
from evalkit.cli.notes import print_text
from evalkit.cli.options import WrittenFile, json_option, label_option, results_option, store_option, verbose_option
from evalkit.cli.sources import difficulty_option


@click.command(
    "annotate",
    cls=Command,
    used_most=("--benchmark", "--judge", "--baseline", "--max-cost", "--dry-run"),
    examples={
        "Judge two models on the shipped example, offline.": (
            "evalkit annotate examples/outputs/{careful,wordy}.json --benchmark example"
        ),
        "See how many requests a judge would get, and send none.": (
            "evalkit annotate examples/outputs/careful.json --benchmark example --dry-run"
        ),
    },
)
@click.argument("outputs", nargs=-1, required=True)
@judging_options
@audit_option
@Title.NUMBERS.option("--allow-mixed", is_flag=True,
                      help="Average a judge's probabilities with its single draws instead of refusing to.")  # fmt: skip
@Title.NUMBERS.option("--bootstrap", type=click.IntRange(0), default=0, metavar="N",
                      help="Compute intervals from N resamples instead of the sandwich formula.")  # fmt: skip
@difficulty_option
@Title.FILES.option("--log", type=WrittenFile(), metavar="FILE",
                    help="Append every event of the run to this file as a line of JSON.")  # fmt: skip
@Title.LIMITS.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@label_option
@store_option
@results_option
@verbose_option
@json_option
def command(outputs: tuple[str, ...], dry_run: bool, verbose: bool, as_json: bool, **asked: Any) -> None:
    """Judge the OUTPUTS of one or more models against a baseline.

    OUTPUTS are files, saved datasets or hf: names. Prints a row for each model and judge, and writes
    RESULTS/MODEL/JUDGE/annotations.json, row.json and run.json.
    """
    terminal = Terminal(verbose=verbose)
    if dry_run:
        forecasts = forecast(*outputs, **asked)
        terminal.note(forecasts.notes)
        if as_json:
            click.echo(forecasts.to_json())
        else:
            print_text(str(forecasts))
        return
    run = annotate(*outputs, **asked, progress=terminal)
    if as_json:
        click.echo(run.to_json())
    else:
        print_text(str(run))
    terminal.finish()
    run.raise_for_incomplete()
