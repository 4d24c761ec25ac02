"""evalkit import: bring other tools' files into the store."""

from pathlib import Path
from typing import Any

import click

from evalkit.api import import_files
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import json_option, results_option, store_option


@click.command(
    "import",
    cls=Command,
    examples={
        "Keep a model's outputs in the store.": "evalkit import alpaca_eval examples/outputs/careful.json",
        "Bring in a folder, and tell the format from each file.": "evalkit import auto examples/outputs",
    },
)
@click.argument("format", metavar="FORMAT")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@Title.VERDICTS.option("--benchmark", metavar="NAME",
                       help="File the verdicts under this benchmark. [default: the format's]")  # fmt: skip
@Title.VERDICTS.option("--judge", multiple=True, metavar="NAME|FILE",
                       help="File the verdicts of the judge of this name under this one; repeat for "
                            "more.")  # fmt: skip
@Title.VERDICTS.option("--baseline", metavar="NAME",
                       help="Take this as the baseline where a file does not name one.")  # fmt: skip
@Title.VERDICTS.option("--questions", metavar="FILE|hf:NAME",
                       help="Take the categories of the questions from this question set.")  # fmt: skip
@store_option
@results_option
@json_option
def command(files: tuple[Path, ...], as_json: bool, **asked: Any) -> None:
    """Bring other tools' FILES into the store.

    FILES are outputs, judgments, boards, evaluators, logs, tables, or folders of them. FORMAT is alpaca_eval, mt_bench,
    arena_hard, inspect, table, or auto to tell it from each file. Every record is kept to the letter, for evalkit
    export. Verdicts appear on boards under the judge that gave them. A folder with an evaluator's configs.yaml becomes
    a judge in RESULTS/judges.
    """
    done = import_files(*files, **asked)
    print_notes(done.imported.notes)
    if as_json:
        click.echo(done.to_json())
    else:
        print_text(str(done))
