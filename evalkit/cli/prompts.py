"""evalkit prompts: list and show."""

import click

from evalkit import assets
from evalkit.documents import read_text


@click.group("prompts", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the judge prompts, or show one."""
    if ctx.invoked_subcommand is None:
        click.echo("\n".join(assets.names("prompts", ".jinja")))


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print a prompt's template."""
    click.echo(read_text(assets.find("prompts", name, ".jinja", noun="prompt")), nl=False)
