"""evalkit init: write settings, an example judge, and a CI workflow that gates on the LC win rate."""

import shlex
from pathlib import Path

import click

from evalkit.cli.help import Command
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import WrittenFolder
from evalkit.scaffold import CI, IGNORED, complete_ignored, copy_wheel, install_source, scaffold, write_scaffold
from evalkit.text import printable


@click.command(
    "init",
    cls=Command,
    examples={
        "Write evalkit.toml and an example judge into this folder.": "evalkit init",
        "Add a GitHub workflow, in a folder of its own.": "evalkit init --ci github --dir project",
    },
)
@click.option("--ci", type=click.Choice(CI), help="Write a workflow for this CI as well, also later.")
@click.option("--install", metavar="FROM",
                    help="Have the workflow install evalkit from here: a version, a git address, the address of a "
                         "wheel, or a path in the project. [default: where this evalkit came from]")  # fmt: skip
@click.option("--dir", "folder", type=WrittenFolder(), default=Path(),
                    help="Write into this folder. [default: this one]")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a workflow that is there; settings and judges always stay.")
def command(ci: str | None, install: str | None, folder: Path, force: bool) -> None:
    """Write settings, an example judge and, with --ci, a workflow that judges and gates.

    Files that are there stay as they are, and .gitignore gets the lines that it lacks.
    """
    source = install_source(install, folder)
    texts = scaffold(ci, install=source.requirement)
    workflows = texts.keys() - scaffold().keys()
    done = write_scaffold(folder, texts, replace=workflows if force else ())
    for path in done.written:
        click.echo(f"wrote {printable(str(path))}")
    if ci is not None and source.wheel is not None:
        click.echo(f"wrote {printable(str(copy_wheel(folder, source.wheel)))}")
    for path in done.kept:
        click.echo(f"kept {printable(str(path))}, which was there already")
    if complete_ignored(folder):
        click.echo(f"wrote {printable(str(folder / IGNORED))}")
    if ci is not None and source.note is not None:
        print_notes([source.note])
    print_text("\nPut the answers of the two models into outputs/candidate.json and outputs/baseline.json, then run")
    if folder != Path():
        click.echo(f"  cd {printable(shlex.quote(str(folder)))}")
    click.echo("  evalkit annotate outputs/candidate.json\n  evalkit gate outputs/candidate.json")
