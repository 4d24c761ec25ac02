"""Options that several commands share, and `as_values`, which hands options to a command as values."""

import dataclasses
import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from evalkit.auditing import read_limits
from evalkit.cli.help import Title
from evalkit.cli.written import WrittenFile as WrittenFile
from evalkit.cli.written import WrittenFolder as WrittenFolder

Command = Callable[..., None]


def as_values(**kinds: type[Any]) -> Callable[[Command], Command]:
    """Hand options to a command as values of these classes: each option fills the field of its name.

    An option that fills no field is handed over as an argument of its own.
    """

    def decorated(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(**given: Any) -> None:
            values = {}
            for name, kind in kinds.items():
                fields = [field.name for field in dataclasses.fields(kind) if field.name in given]
                values[name] = kind(**{field: given.pop(field) for field in fields})
            command(**given, **values)

        return gathered

    return decorated


class Range(click.FloatRange):
    """A range that refuses NaN; NaN lies neither below a bound nor above it, and would lift every limit."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        # for a range without bounds, click would write x<=None
        bounded = self.min is not None or self.max is not None
        return super()._describe_range() if bounded else ""


results_option = Title.FILES.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("results"),
    envvar="EVALKIT_RESULTS",
    show_default=True,
    help="Keep the store and the written rows in this folder.",
)
store_option = Title.FILES.option(
    "--store",
    metavar="URL",
    envvar="EVALKIT_STORE",
    help="Keep the replies in this database. [default: sqlite:///RESULTS/evalkit.db]",
)


def _drawable(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Raise an error for a plot's file with an unknown ending before the command's work rather than after it."""
    from evalkit.reporting import form_of

    if path is not None:
        form_of(path)
    return path


plot_option = Title.FILES.option(
    "--plot",
    metavar="FILE",
    type=WrittenFile(),
    callback=_drawable,
    help="Draw the result into this file as well: .svg, .png or .pdf.",
)
cluster_option = Title.NUMBERS.option(
    "--cluster",
    metavar="FIELD",
    help="Count instructions that have the same value in this field as one cluster. [default: instructions that "
    "are near-duplicates]",
)
thinking_option = Title.JUDGED.option(
    "--keep-thinking",
    is_flag=True,
    help="Keep the thinking that answers begin with, as in <think>; it is left out and counted otherwise.",
)
label_option = Title.FILES.option(
    "--as",
    "label",
    metavar="NAME",
    help="Keep the numbers under this name of a release, such as v1.3, for evalkit releases.",
)
looks_budget_option = Title.THRESHOLD.option(
    "--looks-budget",
    type=click.IntRange(1),
    metavar="N",
    envvar="EVALKIT_LOOKS_BUDGET",
    help="Say so when N different outputs of a model were measured on the same instructions. [default: no budget]",
)
verbose_option = Title.FILES.option("--verbose", is_flag=True, help="Print the digest of the rows too.")
json_option = Title.FILES.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
audit_limits_options = Title.JUDGED.option(
    "--audit-limit",
    multiple=True,
    metavar="NAME=VALUE",
    envvar="EVALKIT_AUDIT_LIMIT",
    callback=lambda _context, _option, named: read_limits(named),
    help="Set one of the audit's limits, as in min-distinct=0.2; repeat for more.",
)
"""Gives a command all limits together."""
