"""evalkit references: list and show."""

import json

import click

from evalkit.catalog import read_reference, reference_names
from evalkit.cli.options import json_option
from evalkit.reporting import values_table


@click.group("references", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the human reference rankings, or show one."""
    if ctx.invoked_subcommand is None:
        known = [read_reference(name) for name in reference_names()]
        rows = [
            {"reference": one.name, "models": str(len(one.scores)), "date": one.date, "source": one.source}
            for one in known
        ]
        click.echo(json.dumps(rows, indent=2) + "\n" if as_json else values_table(rows), nl=False)


@command.command("show")
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Print a reference's models, best first."""
    reference = read_reference(name)
    ranked = sorted(reference.scores.items(), key=lambda item: -item[1])
    if as_json:
        document = {"name": reference.name, "source": reference.source, "date": reference.date, "scores": dict(ranked)}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(values_table([{"model": model, "score": f"{score:.2f}"} for model, score in ranked]), nl=False)
