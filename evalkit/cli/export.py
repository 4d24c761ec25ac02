"""evalkit export: write imported files as they were, or verdicts, in another tool's format."""

from typing import Any

import click

from evalkit.api import export_files
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import WrittenFolder, json_option, results_option, store_option


@click.command(
    "export",
    cls=Command,
    used_most=("--out", "--benchmark", "--judge", "--model", "--kind"),
    examples={
        "Write the verdicts on the example as AlpacaEval does.": (
            "evalkit export alpaca_eval --out exported --benchmark example"
        ),
        "Write those on one model as a table for other programs.": (
            "evalkit export parquet --out tables --benchmark example --model careful"
        ),
    },
)
@click.argument("format", metavar="FORMAT")
@Title.FILES.option("--out", required=True, type=WrittenFolder(), metavar="DIR",
                    help="Write into this folder.")  # fmt: skip
@Title.FILES.option("--kind", metavar="KIND", help="Write only imported files of this kind, such as annotations.")
@Title.FILES.option("--name", metavar="NAME", help="Write only the imported file that lay here, or was called so.")
@Title.VERDICTS.option("--benchmark", metavar="NAME",
                       help="Write the verdicts of this benchmark instead of imported files.")  # fmt: skip
@Title.VERDICTS.option("--judge", metavar="NAME", help="Write only this judge's verdicts.")
@Title.VERDICTS.option("--model", metavar="NAME", help="Write only the verdicts on this model.")
@store_option
@results_option
@json_option
def command(format: str, as_json: bool, **asked: Any) -> None:  # noqa: A002 (the argument's name)
    """Write imported files as they were, or verdicts, in another tool's FORMAT.

    FORMAT is alpaca_eval, mt_bench, arena_hard, inspect or table; files are written field by field as they were. With
    --benchmark, the store's verdicts are written instead, imported ones and our own; FORMAT is then alpaca_eval,
    mt_bench, arena_hard, inspect, parquet or datasets.
    """
    done = export_files(format, **asked)
    print_notes(done.notes)
    if as_json:
        click.echo(done.to_json())
    else:
        print_text(str(done))
