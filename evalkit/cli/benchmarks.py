"""evalkit benchmarks: list and show."""

import dataclasses
import json

import click

from evalkit.benchmarks import benchmark_names, read_benchmark
from evalkit.report.tables import values_table


@click.group("benchmarks", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the benchmarks, or show one."""
    if ctx.invoked_subcommand is None:
        known = [read_benchmark(name) for name in benchmark_names()]
        rows = [{"benchmark": one.name, "baseline": one.baseline, "what": one.description} for one in known]
        click.echo(values_table(rows), nl=False)


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a benchmark as JSON."""
    click.echo(json.dumps(dataclasses.asdict(read_benchmark(name)), indent=2))
