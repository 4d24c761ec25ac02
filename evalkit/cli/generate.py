"""evalkit generate: ask a model a benchmark's questions and keep its answers."""

import dataclasses
import json
from pathlib import Path

import click

from evalkit.api import GenerationSpec, answers_file, forecast_answers, generate_answers, require_answered
from evalkit.cli.help import Command, Title
from evalkit.cli.judging import concurrency_option, spending_options
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import as_values, json_option, results_option, store_option
from evalkit.cli.progress import ProgressLine, describe, told_of_abandoned
from evalkit.engine import Limits
from evalkit.judging import Generated
from evalkit.reporting import forecast_text
from evalkit.store import store_url
from evalkit.text import printable


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
@Title.ASKED.option("--limit", type=click.IntRange(1), metavar="N", help="Answer only N questions, picked by --seed.")
@Title.ASKED.option("--seed", type=int, default=0, show_default=True, metavar="NUMBER",
                    help="Let this number decide what --limit picks.")  # fmt: skip
@concurrency_option
@spending_options
@Title.FILES.option("--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                    help="Append every event of the run to this file as a line of JSON.")  # fmt: skip
@Title.FILES.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                    help="Write the answers into this file. [default: RESULTS/MODEL/outputs.json]")  # fmt: skip
@Title.LIMITS.option("--dry-run", is_flag=True,
                     help="Say what would be sent for the first turn, and send nothing.")  # fmt: skip
@store_option
@results_option
@json_option
@as_values(asked=GenerationSpec, limits=Limits)
def command(
    model: str,
    asked: GenerationSpec,
    limits: Limits,
    log: Path | None,
    out: Path | None,
    dry_run: bool,
    store: str | None,
    results: Path,
    as_json: bool,
) -> None:
    """Let MODEL answer a benchmark's questions, all turns of them.

    MODEL is a YAML file that says where the model answers. Answers are kept in the store as they come: the same command
    continues where a stopped one left off.
    """
    first = asked.read(model, limits)
    name, url = first.config.name, store_url(store, results)
    if dry_run:
        forecast = forecast_answers(first, url, concurrency=limits.concurrency)
        document = {"model": name, "turn": 1, **dataclasses.asdict(forecast)}
        text = f"{printable(name)}, first turn: {forecast_text(forecast)}"
        if as_json:
            click.echo(json.dumps(document, indent=2))
        else:
            print_text(text)
        return
    path = out or answers_file(results, name)
    with ProgressLine(name) as line:
        done = generate_answers(first, url, path, limits=limits, log=log, watch=line)
    print_notes(f"{name}, turn {turn}: {describe(progress)}" for turn, progress in enumerate(done.progress, start=1))
    print_notes(told_of_abandoned(done.abandoned))
    if as_json:
        click.echo(json.dumps(_document(done, path), indent=2))
    else:
        print_text(f"{len(done.outputs.outputs)} of {len(first.questions)} questions answered: {path}")
    require_answered(done)


def _document(done: Generated, path: Path) -> dict[str, object]:
    return {
        "model": done.outputs.model,
        "outputs": str(path),
        "answered": len(done.outputs.outputs),
        "failures": dict(done.failures),
        "stopped": done.stopped,
        "sent": sum(turn.sent for turn in done.progress),
        "from_store": sum(turn.stored for turn in done.progress),
        "abandoned": done.abandoned,
    }
