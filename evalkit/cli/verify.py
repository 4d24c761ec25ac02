"""evalkit verify: compute written rows anew from the store's raw replies, and say what differs."""

from pathlib import Path
from typing import Any

import click

from evalkit.api import verify
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import json_option, results_option, store_option
from evalkit.errors import Unequal


@click.command(
    "verify",
    cls=Command,
    examples={
        "Verify one written row.": "evalkit verify results/careful/surface/row.json",
        "Verify all rows in a folder.": "evalkit verify results",
    },
)
@click.argument("row", type=click.Path(exists=True, path_type=Path))
@Title.NUMBERS.option("--difficulty", type=click.Path(exists=True, path_type=Path), metavar="PATH",
                      help="Read the difficulties or the history that the row was computed with from "
                           "here.")  # fmt: skip
@store_option
@results_option
@json_option
@click.pass_context
def command(ctx: click.Context, /, row: Path, as_json: bool, **asked: Any) -> None:
    """Compute ROW anew from the raw replies, and compare every field.

    ROW is a row.json, or a folder of them; the replies are the store's. The stored evaluations of judges are computed
    anew as well: with a folder all of them, with a file those of its judge. Exits with 0 where all is equal, 5 where a
    row or an evaluation differs, and 2 where one cannot be verified.
    """
    found = verify(row, **asked)
    if as_json:
        click.echo(found.to_json())
    elif found.rows or found.evaluations:
        print_text(str(found))
    print_notes(found.notes)
    try:
        found.raise_for_differences()
    except Unequal as error:
        # the differences are printed already, every one of them
        print_notes(map(str, found.refused))
        ctx.exit(error.exit_code)
