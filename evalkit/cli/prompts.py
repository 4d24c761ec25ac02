"""evalkit prompts: list and show."""

import json

import click

from evalkit import assets
from evalkit.cli.options import json_option
from evalkit.documents import read_text


@click.group("prompts", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the judge prompts, or show one."""
    if ctx.invoked_subcommand is None:
        names = assets.names("prompts", ".jinja")
        click.echo(json.dumps(names) if as_json else "\n".join(names))


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a prompt's template."""
    click.echo(read_text(assets.find("prompts", name, ".jinja", noun="prompt")), nl=False)
