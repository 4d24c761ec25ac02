"""evalkit generate: a model's answers to a benchmark's questions."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import click

from evalkit.catalog.benchmarks import read_benchmark
from evalkit.catalog.questions import load_questions
from evalkit.cli.options import Range, as_values, json_option, results_option, store_option
from evalkit.cli.progress import ProgressLine, describe, describe_forecast
from evalkit.engine.estimate import forecast
from evalkit.engine.limits import Limits
from evalkit.errors import ConfigError, Incomplete, Unreachable
from evalkit.files import safe_name
from evalkit.formats.outputs import write_outputs
from evalkit.judge_spec.config import read_model
from evalkit.judging.generate import Answering, Generated, first_turn, generate
from evalkit.judging.requests import balanced_orders, pick
from evalkit.reporting.journal import open_journal
from evalkit.store import open_store, store_exists, store_url
from evalkit.text.safe import printable
from evalkit.types import Example

OUTPUTS_FILE = "outputs.json"


@dataclasses.dataclass(frozen=True, slots=True)
class QuestionOptions:
    """Which questions are asked, and of which model of the endpoint."""

    benchmark: str
    questions: str | None
    model_name: str | None
    limit: int | None
    seed: int


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
@as_values(asked=QuestionOptions, limits=Limits)
def command(
    model: str,
    asked: QuestionOptions,
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
    config = read_model(model, model=asked.model_name)
    if limits.max_cost is not None and config.prices is None:
        raise ConfigError(f"--max-cost needs the prices of model {config.name!r}. Add prices to its file")
    chosen = read_benchmark(asked.benchmark)
    questions = load_questions(chosen, asked.questions)
    if questions is None:
        raise ConfigError(f"benchmark {chosen.name!r} names no questions. Give --questions FILE")
    first = first_turn(config, _chosen(questions, asked.limit, asked.seed), benchmark=chosen.name)
    url = store_url(store, results)
    if dry_run:
        _print_forecast(first, url, concurrency=limits.concurrency, as_json=as_json)
        return
    with open_store(url) as opened, open_journal(log) as journal, ProgressLine(config.name) as line:
        done = generate(first, opened, limits=limits, watch=line, journal=journal)
    path = out or results / safe_name(config.name) / OUTPUTS_FILE
    write_outputs(path, done.outputs)
    for turn, progress in enumerate(done.progress, start=1):
        click.echo(f"note: {printable(config.name)}, turn {turn}: {describe(progress)}", err=True)
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
    _require_complete(done, config.name)


def _chosen(questions: Sequence[Example], limit: int | None, seed: int) -> list[Example]:
    """The questions to answer: those that `annotate` would pick with the same limit and seed."""
    chosen = pick(balanced_orders({example.key for example in questions}, seed=seed), limit)
    return [one for one in questions if one.key in chosen]


def _print_forecast(first: Answering, url: str, *, concurrency: int, as_json: bool) -> None:
    requests = [first.request(question) for question in first.questions]
    stored: set[str] = set()
    if store_exists(url):
        with open_store(url) as opened:
            stored = set(opened.replies([request.key for request in requests]))
    one = forecast(((request, request.key in stored) for request in requests), first, concurrency=concurrency)
    if as_json:
        click.echo(json.dumps({"model": first.config.name, "turn": 1, **dataclasses.asdict(one)}, indent=2))
        return
    click.echo(f"{printable(first.config.name)}, first turn: {describe_forecast(one)}")


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


def _require_complete(done: Generated, name: str) -> None:
    if done.stopped:
        raise Unreachable(f"{done.stopped}. What was paid is kept; run the same command again to continue")
    if done.failures:
        key, reason = next(iter(done.failures.items()))
        raise Incomplete(
            f"{name}: {len(done.failures)} questions have no answer and are left out of the file. "
            f"Question {key!r}: {reason}"
        )
