"""evalkit prompts: list the judge prompts, and show one."""

import json

import click

from evalkit import assets
from evalkit.cli.help import CommandGroup
from evalkit.cli.options import json_option
from evalkit.documents import read_text


@click.group(
    "prompts",
    cls=CommandGroup,
    usual="show",
    invoke_without_command=True,
    examples={
        "List the prompts that ship with evalkit.": "evalkit prompts",
        "Read one of them.": "evalkit prompts show pairwise_json",
    },
)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the judge prompts, or show one.

    Without a command, it lists them.
    """
    if ctx.invoked_subcommand is None:
        names = assets.names("prompts", ".jinja")
        click.echo(json.dumps(names) if as_json else "\n".join(names))


@command.command(
    "show",
    examples={
        "Read the prompt of a judge that compares two answers.": "evalkit prompts show pairwise_json",
        "Read that of a judge that grades one answer.": "evalkit prompts show grade",
    },
)
@click.argument("name")
def show(name: str) -> None:
    """Print the template of the prompt NAME."""
    click.echo(read_text(assets.find("prompts", name, ".jinja", noun="prompt")), nl=False)
