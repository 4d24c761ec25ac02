"""evalkit generate: ask a model a benchmark's questions and keep its answers."""

from typing import Any

import click

from evalkit.api import forecast_answers, generate
from evalkit.cli.help import Command, Title
from evalkit.cli.judging import (
    Terminal,
    concurrency_option,
    max_wait_option,
    model_address_option,
    spending_options,
)
from evalkit.cli.notes import print_text
from evalkit.cli.options import WrittenFile, json_option, results_option, store_option


@click.command(
    "generate",
    cls=Command,
    used_most=("--benchmark", "--questions", "--limit", "--max-cost", "--out"),
    examples={
        "See how many requests a model would get, and send none.": (
            "evalkit generate model.yaml --questions examples/instructions.json --dry-run"
        ),
        "The same for ten of the questions.": (
            "evalkit generate model.yaml --questions examples/instructions.json --limit 10 --dry-run"
        ),
    },
)
@click.argument("model", type=click.Path(dir_okay=False))
@Title.ASKED.option("--benchmark", metavar="NAME|FILE", default="alpaca_eval", envvar="EVALKIT_BENCHMARK",
                    show_default=True,
                    help="Answer this benchmark's questions: a name or a YAML file.")  # fmt: skip
@Title.ASKED.option("--questions", metavar="FILE|hf:NAME",
                    help="Read the benchmark's questions from here. [default: its own copy]")  # fmt: skip
@Title.ASKED.option("--model-name", metavar="NAME",
                    help="Ask this model of the endpoint instead of the one that the file names.")  # fmt: skip
@model_address_option
@Title.ASKED.option("--limit", type=click.IntRange(1), metavar="N", help="Answer only N questions, picked by --seed.")
@Title.ASKED.option("--seed", type=int, default=0, show_default=True, metavar="NUMBER",
                    help="Let this number decide what --limit picks.")  # fmt: skip
@concurrency_option
@spending_options
@max_wait_option
@Title.FILES.option("--log", type=WrittenFile(), metavar="FILE",
                    help="Append every event of the run to this file as a line of JSON.")  # fmt: skip
@Title.FILES.option("--out", type=WrittenFile(), metavar="FILE",
                    help="Write the answers into this file. [default: RESULTS/MODEL/outputs.json]")  # fmt: skip
@Title.LIMITS.option("--dry-run", is_flag=True,
                     help="Say what would be sent for the first turn, and send nothing.")  # fmt: skip
@store_option
@results_option
@json_option
def command(model: str, dry_run: bool, as_json: bool, **asked: Any) -> None:
    """Let MODEL answer a benchmark's questions, all turns of them.

    MODEL is a YAML file that says where the model answers. Answers are kept in the store as they come: the same command
    continues where a stopped one left off.
    """
    if dry_run:
        forecast = forecast_answers(model, **asked)
        if as_json:
            click.echo(forecast.to_json())
        else:
            print_text(str(forecast))
        return
    answers = generate(model, **asked, progress=Terminal())
    if as_json:
        click.echo(answers.to_json())
    else:
        print_text(str(answers))
    answers.raise_for_incomplete()
