"""evalkit generate: a model's answers to a benchmark's questions."""

import dataclasses
import json
from pathlib import Path

import click

from evalkit.api import GenerationSpec, answers_file, forecast_answers, generate_answers, require_answered
from evalkit.cli.options import Range, as_values, json_option, results_option, store_option
from evalkit.cli.progress import ProgressLine, describe, describe_forecast
from evalkit.engine import Limits
from evalkit.judging import Generated
from evalkit.store import store_url
from evalkit.text import printable


@click.command("generate")
@click.argument("model", type=click.Path(dir_okay=False))
@click.option("--benchmark", default="alpaca_eval", envvar="EVALKIT_BENCHMARK", show_default=True,
              help="What is to be answered: a name, or a YAML file.")  # fmt: skip
@click.option("--questions", metavar="FILE|hf:NAME", help="The benchmark's questions. [default: its own copy]")
@click.option("--model-name", metavar="NAME", help="Ask another model of the endpoint than the file names.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Answer N questions, picked by the seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides what --limit picks.")
@click.option("--concurrency", type=click.IntRange(1, 4096), default=Limits().concurrency, show_default=True,
              help="So many requests at most may be under way at one endpoint.")  # fmt: skip
@click.option("--max-cost", type=Range(0), metavar="USD", help="Stop when this is spent.")
@click.option("--max-requests", type=click.IntRange(0), metavar="N", help="Stop after this many.")
@click.option("--max-minutes", type=Range(0), metavar="M", help="Stop after this time.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Append every event as a line of JSON.")  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the answers here. [default: RESULTS/MODEL/outputs.json]")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be sent for the first turn, and send nothing.")
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
    """Let a model answer a benchmark's questions, all turns of them. MODEL is a YAML file that says where it answers.

    Answers are kept in the store as they come: the same command continues where a stopped one left off.
    """
    first = asked.read(model, limits)
    name, url = first.config.name, store_url(store, results)
    if dry_run:
        forecast = forecast_answers(first, url, concurrency=limits.concurrency)
        document = {"model": name, "turn": 1, **dataclasses.asdict(forecast)}
        text = f"{printable(name)}, first turn: {describe_forecast(forecast)}"
        click.echo(json.dumps(document, indent=2) if as_json else text)
        return
    path = out or answers_file(results, name)
    with ProgressLine(name) as line:
        done = generate_answers(first, url, path, limits=limits, log=log, watch=line)
    for turn, progress in enumerate(done.progress, start=1):
        click.echo(f"note: {printable(name)}, turn {turn}: {describe(progress)}", err=True)
    if done.abandoned:
        click.echo(
            f"note: at most {done.abandoned} requests were under way when an earlier run was killed; "
            "they were asked again and may have been billed twice",
            err=True,
        )
    if as_json:
        click.echo(json.dumps(_document(done, path), indent=2))
    else:
        click.echo(f"{len(done.outputs.outputs)} of {len(first.questions)} questions answered: {path}")
    require_answered(done)


def _document(done: Generated, path: Path) -> dict[str, object]:
    return {
        "model": done.outputs.model,
        "outputs": str(path),
        "answered": len(done.outputs.outputs),
        "failures": dict(done.failures),
        "stopped": done.stopped,
        "sent": sum(one.sent for one in done.progress),
        "from_store": sum(one.stored for one in done.progress),
        "abandoned": done.abandoned,
    }
