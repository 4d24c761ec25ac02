"""evalkit power: plan the instructions, orders, repeats and money that a gate's decision needs."""

from typing import Any

import click

from evalkit.api import power
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_text
from evalkit.cli.options import Range, json_option
from evalkit.cli.sources import metric_option, source_options
from evalkit.stats import CONFIDENCE


@click.command(
    "power",
    cls=Command,
    used_most=("--min", "--true", "--margin", "--against", "--sd"),
    examples={
        "Plan with the stored verdicts for a model that wins 55 %.": "evalkit power --true 55 --benchmark example",
        "Plan without any verdict, at one cent a question.": "evalkit power --sd 0.33 --margin 2 --price 0.01",
    },
)
@source_options
@Title.PLAN.option("--sd", type=Range(0, 1, min_open=True), metavar="SD",
                   help="Plan without verdicts, for this standard deviation of one: 0.5 for wins and losses, about "
                        "0.33 for probabilities; with --against, of a difference of two.")  # fmt: skip
@Title.PLAN.option("--model", metavar="NAME",
                   help="Plan with the spread of this model's verdicts. [default: the model that comes nearest to "
                        "the plan]")  # fmt: skip
@metric_option
@Title.THRESHOLD.option("--min", "minimum", type=Range(0, 100, min_open=True, max_open=True), metavar="PERCENT",
                        help="Plan for a gate with this threshold. [default: 50]")  # fmt: skip
@Title.THRESHOLD.option("--true", "true_rate", type=Range(-100, 100), metavar="PERCENT",
                        envvar="EVALKIT_POWER_TRUE",
                        help="Plan to pass a model of this win rate, or with --against one that is this far "
                             "ahead.")  # fmt: skip
@Title.THRESHOLD.option("--margin", type=Range(0, 100), metavar="POINTS",
                        help="Instead of --true, plan to pass a model this far above the threshold; with --against, "
                             "let it be this far behind.")  # fmt: skip
@Title.THRESHOLD.option("--against", metavar="MODEL", help="Plan for a gate that compares with this model.")
@Title.THRESHOLD.option("--power", type=Range(0.05, 0.999), default=0.8, show_default=True,
                        metavar="PROBABILITY",
                        help="Plan for the gate to pass such a model with this probability.")  # fmt: skip
@Title.THRESHOLD.option("--confidence", type=Range(0.5, 0.9999), default=CONFIDENCE, show_default=True,
                        metavar="SHARE", help="Plan for a gate whose interval has this confidence.")  # fmt: skip
@Title.PLAN.option("--most", type=click.IntRange(1), metavar="N",
                   help="Leave out plans that need more than N instructions.")  # fmt: skip
@Title.PLAN.option("--price-judge", metavar="NAME",
                   help="Count the stored replies' tokens at the prices of this judge.")  # fmt: skip
@Title.PLAN.option("--price", type=Range(0), metavar="USD", help="Count this many dollars for each question.")
@json_option
def command(as_json: bool, **asked: Any) -> None:
    """Say how many instructions, orders, repeats and dollars a gate needs.

    With that many, the gate passes a model that is good enough. The spread of verdicts is measured on those of
    --source, or of the store. Without any verdicts, give the spread with --sd.
    """
    plan = power(**asked)
    if as_json:
        click.echo(plan.to_json(), nl=False)
    else:
        print_text(str(plan))
