"""evalkit correlate: measure how far boards agree with a human ranking of the same models."""

import sys
from pathlib import Path
from typing import Any

import click

from evalkit.api import correlate
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import columns_of, print_notes, print_text
from evalkit.cli.options import WrittenFile, json_option, plot_option
from evalkit.errors import ConfigError
from evalkit.files import write_text
from evalkit.reporting import CORRELATED_FORMS, TABLE


@click.command(
    "correlate",
    cls=Command,
    used_most=("--reference", "--metric", "--map", "--format", "--plot"),
    examples={
        "Compare a board with votes of people.": "evalkit correlate board.csv --reference chatbot_arena_20240329",
        "Ask which of two boards agrees better.": "evalkit correlate a.csv b.csv --reference chatbot_arena_20240329",
    },
)
@click.argument("boards", nargs=-1, required=True, type=click.Path(path_type=Path))
@Title.VERDICTS.option("--reference", multiple=True, metavar="NAME|FILE", required=True,
                       help="Compare with this ranking; repeat for more.")  # fmt: skip
@Title.NUMBERS.option("--metric", multiple=True, metavar="COLUMN",
                      help="Compare this column of the boards; repeat to compare several columns with each other. "
                           "[default: score, or a win rate]")  # fmt: skip
@Title.NUMBERS.option("--reference-metric", multiple=True, metavar="COLUMN",
                      help="Compare it with this column of the reference; repeat for more. "
                           "[default: score or rating]")  # fmt: skip
@Title.VERDICTS.option("--map", "maps", multiple=True, metavar="FILE.json", type=click.Path(path_type=Path),
                       help="Match the boards' names of models with the reference's by this file, either way round; "
                            "repeat for more.")  # fmt: skip
@Title.NUMBERS.option("--common", is_flag=True, help="Compare only the models that all boards share.")
@Title.FILES.option("--format", "form", type=click.Choice(list(CORRELATED_FORMS)), default=TABLE, show_default=True,
                    help="Write the result in this form.")  # fmt: skip
@Title.FILES.option("--out", type=WrittenFile(),
                    help="Write the result into this file instead of to stdout.")  # fmt: skip
@plot_option
@json_option
def command(
    boards: tuple[Path, ...], form: str, out: Path | None, plot: Path | None, as_json: bool, **asked: Any
) -> None:
    """Say how far BOARDS agree with human rankings of the same models, and which of two boards agrees better.

    A board is a csv file, or JSON lines, with a model and a score in each row, and lower and upper where known.
    """
    if plot is not None and len(boards) > 1:
        raise ConfigError(f"--plot draws one board beside the reference, and these are {len(boards)}; name one")
    found = correlate(*boards, **asked)
    if plot is not None:
        found.plot().save(plot)
    name = "json" if as_json else form
    if out is not None:
        write_text(out, found.written(name))
    elif name == TABLE:
        print_text(found.text(columns=columns_of(sys.stdout)))
    else:
        click.echo(found.written(name), nl=False)
    if plot is not None:
        print_notes([f"{plot}: written"])
