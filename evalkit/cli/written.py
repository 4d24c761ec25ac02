"""Looks at a command's options for a file that is written and is something else as well."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from evalkit.api.targets import Target, require_apart
from evalkit.cli.options import WrittenFile, WrittenFolder

_WORD = re.compile(r"[A-Z]+")


def require_options_apart(ctx: click.Context) -> None:
    """Refuse a command that would write over what it reads, or write two things into one file.

    Raises:
        TargetTaken: the message names both options, and the cure.
    """
    written = list(_written(ctx))
    if not written:
        return
    targets = [
        Target(_shown(option), Path(ctx.params[option.name or ""]), whole=isinstance(option.type, WrittenFolder))
        for option in written
    ]
    others = [option for option in ctx.command.params if option not in written and option.name in ctx.params]
    # one of a few words is no file
    inputs = {option.name or "": ctx.params[option.name or ""] for option in others if not _chosen(option)}
    require_apart(targets, inputs, {option.name or "": _shown(option) for option in others})


def _written(ctx: click.Context) -> Iterator[click.Parameter]:
    for option in ctx.command.params:
        if ctx.params.get(option.name or "") is not None:
            kind = option.type
            if isinstance(kind, WrittenFile) or (isinstance(kind, WrittenFolder) and kind.whole):
                yield option


def _chosen(option: click.Parameter) -> bool:
    return isinstance(option.type, click.Choice)


def _shown(option: click.Parameter) -> str:
    """An option or an argument as it stands in the help."""
    if isinstance(option, click.Option):
        return max(option.opts, key=len)
    metavar = option.metavar or ""
    return metavar if _WORD.fullmatch(metavar) else (option.name or "").upper()
