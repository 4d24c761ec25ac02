"""evalkit ratings: rate models from battles between any two of them."""

from pathlib import Path
from typing import Any

import click

from evalkit.api import RATING_INTERVALS, RATING_METHODS, ratings
from evalkit.cli.help import Command, Renamed, Title
from evalkit.cli.notes import print_text
from evalkit.cli.options import Range, WrittenFile, json_option, results_option, store_option
from evalkit.files import write_text
from evalkit.reporting import RATINGS_FORMS, TABLE
from evalkit.stats import Unit


@click.command(
    "ratings",
    cls=Command,
    used_most=("--benchmark", "--judge", "--control", "--anchor", "--format"),
    examples={
        "Rate the example's models from their stored verdicts.": "evalkit ratings --benchmark example",
        "Put the baseline at 1000, and write a table for a README.": (
            "evalkit ratings --benchmark example --anchor baseline --format markdown"
        ),
    },
)
@click.argument("votes", nargs=-1, type=click.Path(path_type=Path))
@Title.VERDICTS.option("--cluster", metavar="COLUMN|none",
                       help="Tie votes together that have the same value in this column. "
                            "[default: evaluation_session_id, instruction, question_id]")  # fmt: skip
@Title.VERDICTS.option("--benchmark", cls=Renamed, former="--board",
                       envvar="EVALKIT_BENCHMARK", metavar="BENCHMARK",
                       help="Take this benchmark's verdicts from the store. [default: the only one that it "
                            "has]")  # fmt: skip
@Title.NUMBERS.option("--control", metavar="NAMES",
                      help="Rate at equal tokens,headers,lists,bold: any of these.")  # fmt: skip
@Title.VERDICTS.option("--judge", metavar="NAME",
                       help="Use only this judge's verdicts, of sources that name judges.")  # fmt: skip
@Title.NUMBERS.option("--method", type=click.Choice(RATING_METHODS), default=RATING_METHODS[0], show_default=True,
                      help="Rate by Bradley-Terry, or by Elo's updates, which depend on the order of the "
                           "battles.")  # fmt: skip
@Title.NUMBERS.option("--interval", type=click.Choice(RATING_INTERVALS), default=RATING_INTERVALS[0],
                      show_default=True,
                      help="Compute intervals by formula, or from resampled clusters.")  # fmt: skip
@Title.NUMBERS.option("--rounds", type=click.IntRange(20, 100_000), default=1000, show_default=True, metavar="N",
                      help="Draw N resamples for the bootstrap.")  # fmt: skip
@Title.NUMBERS.option("--scale", type=click.Choice([unit.value for unit in Unit]), default=Unit.ELO.value,
                      show_default=True,
                      help="Give ratings in points, 400 for odds of ten to one, or in log-odds.")  # fmt: skip
@Title.NUMBERS.option("--anchor", metavar="MODEL[=VALUE]",
                      help="Fix the rating of this model. [default: the models' mean is 1000, or 0 in "
                           "log-odds]")  # fmt: skip
@Title.NUMBERS.option("--elo-k", type=Range(0, 1000, min_open=True), default=4.0, show_default=True,
                      metavar="POINTS", help="Move a rating by this many points at most in one battle.")  # fmt: skip
@Title.FILES.option("--format", "form", type=click.Choice(list(RATINGS_FORMS)), default=TABLE, show_default=True,
                    help="Write the ratings in this form.")  # fmt: skip
@Title.FILES.option("--out", type=WrittenFile(),
                    help="Write the ratings into this file instead of to stdout.")  # fmt: skip
@store_option
@results_option
@json_option
def command(votes: tuple[Path, ...], form: str, out: Path | None, as_json: bool, **asked: Any) -> None:
    """Rate models from battles between any two of them.

    VOTES are tables of model_a, model_b and winner, or any verdicts that a leaderboard reads. Without VOTES the
    verdicts of the store are battles of each model against its baseline.
    """
    found = ratings(*votes, **asked)
    name = "json" if as_json else form
    if out is not None:
        write_text(out, found.written(name))
    elif name == TABLE:
        print_text(str(found))
    else:
        click.echo(found.written(name), nl=False)
