"""evalkit benchmarks: list and show."""

import dataclasses
import json

import click

from evalkit.benchmarks import benchmark_names, read_benchmark
from evalkit.cli.options import json_option
from evalkit.report.tables import values_table


@click.group("benchmarks", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the benchmarks, or show one."""
    if ctx.invoked_subcommand is None:
        known = [read_benchmark(name) for name in benchmark_names()]
        rows = [{"benchmark": one.name, "baseline": one.baseline, "what": one.description} for one in known]
        click.echo(json.dumps(rows, indent=2) + "\n" if as_json else values_table(rows), nl=False)


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a benchmark as JSON."""
    click.echo(json.dumps(dataclasses.asdict(read_benchmark(name)), indent=2))
