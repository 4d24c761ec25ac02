"""evalkit benchmarks: list, show and fetch."""

import dataclasses
import json

import click

from evalkit.benchmarks import benchmark_names, read_benchmark
from evalkit.cli.options import json_option
from evalkit.questions import fetch_questions
from evalkit.report.tables import values_table


@click.group("benchmarks", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the benchmarks, show one, or load its questions from a hub."""
    if ctx.invoked_subcommand is None:
        known = [read_benchmark(name) for name in benchmark_names()]
        rows = [
            {
                "benchmark": one.name,
                "style": one.style,
                "baseline": ", ".join(one.baselines) or "-",
                "what": one.description,
            }
            for one in known
        ]
        click.echo(json.dumps(rows, indent=2) + "\n" if as_json else values_table(rows), nl=False)


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a benchmark as JSON."""
    click.echo(json.dumps(dataclasses.asdict(read_benchmark(name)), indent=2))


@command.command("fetch")
@click.argument("name")
def fetch(name: str) -> None:
    """Load a benchmark's questions from the hub, once: from then on they are on this machine."""
    for path in fetch_questions(read_benchmark(name)):
        click.echo(str(path))
