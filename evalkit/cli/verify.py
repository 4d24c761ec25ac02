"""evalkit verify: compute written rows anew from the store's raw replies, and say what differs."""

import json
from pathlib import Path
from typing import Any

import click

from evalkit.api import Verified, verify_files
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import json_option, results_option, store_option
from evalkit.errors import InputError
from evalkit.provenance import Difficulties
from evalkit.store import open_existing, store_url
from evalkit.text import plural, printable

EXIT_UNEQUAL = 5


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
def command(
    ctx: click.Context, row: Path, difficulty: Path | None, store: str | None, results: Path, as_json: bool
) -> None:
    """Compute ROW anew from the raw replies, and compare every field.

    ROW is a row.json, or a folder of them; the replies are the store's. Exits with 0 where all is equal, 5 where a row
    differs, and 2 where one cannot be verified.
    """
    values = None if difficulty is None else _read_difficulty(difficulty)
    with open_existing(store_url(store, results)) as opened:
        found = verify_files(row, opened, difficulty=values)
    if as_json:
        refused = [str(error) for error in found.refused]
        click.echo(json.dumps({"rows": [_document(verified) for verified in found.rows], "refused": refused}, indent=2))
    else:
        for line in (line for verified in found.rows for line in _lines(verified)):
            print_text(line)
    print_notes(note for verified in found.rows for note in verified.notes)
    if not all(verified.equal for verified in found.rows):
        print_notes(map(str, found.refused))
        ctx.exit(EXIT_UNEQUAL)
    if found.refused:
        first, *more = found.refused
        raise InputError(f"{first}; {len(more)} more files cannot be verified either" if more else str(first))


def _read_difficulty(path: Path) -> Difficulties:
    from evalkit.sources import difficulty_of

    return difficulty_of(path)


def _lines(verified: Verified) -> list[str]:
    whose = printable(f"{verified.model} under {verified.judge}")
    if verified.equal:
        return [f"equal: {whose}, {plural(verified.n_verdicts, 'verdict')}"]
    return [f"differs: {whose}: {printable(str(difference))}" for difference in verified.differences]


def _document(verified: Verified) -> dict[str, Any]:
    return {
        "model": verified.model,
        "judge": verified.judge,
        "equal": verified.equal,
        "n_verdicts": verified.n_verdicts,
        "sha256": verified.sha256,
        "differences": [
            {
                "field": difference.field,
                "file": difference.said,
                "store": difference.found,
                "cause": difference.cause.value,
            }
            for difference in verified.differences
        ],
        "notes": list(verified.notes),
    }
