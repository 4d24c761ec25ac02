"""evalkit references: list the human reference rankings, and show one."""

import json

import click

from evalkit.catalog import read_reference, reference_names
from evalkit.cli.help import CommandGroup
from evalkit.cli.notes import print_text
from evalkit.cli.options import json_option
from evalkit.reporting import values_table


@click.group(
    "references",
    cls=CommandGroup,
    usual="show",
    invoke_without_command=True,
    examples={
        "List the human rankings that ship with evalkit.": "evalkit references",
        "See how people ranked the models.": "evalkit references show chatbot_arena_20240329",
    },
)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the human reference rankings, or show one.

    Without a command, it lists them.
    """
    if ctx.invoked_subcommand is None:
        known = [read_reference(name) for name in reference_names()]
        rows = [
            {
                "reference": ranking.name,
                "models": str(len(ranking.scores)),
                "date": ranking.date,
                "source": ranking.source,
            }
            for ranking in known
        ]
        if as_json:
            click.echo(json.dumps(rows, indent=2))
        else:
            print_text(values_table(rows))


@command.command(
    "show",
    examples={
        "See how people ranked the models.": "evalkit references show chatbot_arena_20240329",
        "The same as JSON, with the source.": "evalkit references show arena_elo_20240418 --json",
    },
)
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Print the models of the reference NAME, best first."""
    reference = read_reference(name)
    ranked = sorted(reference.scores.items(), key=lambda item: -item[1])
    if as_json:
        document = {"name": reference.name, "source": reference.source, "date": reference.date, "scores": dict(ranked)}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(values_table([{"model": model, "score": f"{score:.2f}"} for model, score in ranked]), nl=False)
