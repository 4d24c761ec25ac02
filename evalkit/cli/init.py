"""evalkit init: write settings, an example judge, and a CI workflow that gates on the LC win rate."""

import shlex
from pathlib import Path

import click

from evalkit.cli.help import Command
from evalkit.cli.notes import print_text
from evalkit.cli.options import WrittenFolder
from evalkit.scaffold import CI, refuse_taken, scaffold, write_scaffold
from evalkit.text import printable


@click.command(
    "init",
    cls=Command,
    examples={
        "Write evalkit.toml and an example judge into this folder.": "evalkit init",
        "Add a GitHub workflow, in a folder of its own.": "evalkit init --ci github --dir project",
    },
)
@click.option("--ci", type=click.Choice(CI), help="Write a workflow for this CI as well.")
@click.option("--dir", "folder", type=WrittenFolder(), default=Path(),
                    help="Write into this folder. [default: this one]")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that are there.")
def command(ci: str | None, folder: Path, force: bool) -> None:
    """Write settings, an example judge and, with --ci, a workflow that judges and gates."""
    texts = scaffold(ci)
    if not force:
        refuse_taken(folder, texts)
    for path in write_scaffold(folder, texts):
        click.echo(f"wrote {printable(str(path))}")
    print_text("\nPut the answers of the two models into outputs/candidate.json and outputs/baseline.json, then run")
    if folder != Path():
        click.echo(f"  cd {printable(shlex.quote(str(folder)))}")
    click.echo("  evalkit annotate outputs/candidate.json\n  evalkit gate outputs/candidate.json")
