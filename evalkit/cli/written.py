"""The options that name what is written, and the refusal of a command in which that is something else as well."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from evalkit.files import check_target

_WORD = re.compile(r"[A-Z]+")


class WrittenFile(click.Path):
    """A file to write, which only the command line or the environment may name: whoever sends a settings file along
    would else choose which of the reader's files is overwritten.
    """

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        check_target(path)
        return path


class WrittenFolder(click.Path):
    """A folder to write files into, which like a `WrittenFile` no settings file may name; a `whole` one is to hold
    nothing else.
    """

    def __init__(self, *, whole: bool = False) -> None:
        super().__init__(file_okay=False, path_type=Path)
        self.whole = whole


def require_options_apart(ctx: click.Context) -> None:
    """Refuse a command that would write over what it reads, or write two things into one file.

    Raises:
        TargetTaken: the message names both options, and the cure.
    """
    written = list(_written_options(ctx))
    if not written:
        return
    # most commands write no file, and need not load this
    from evalkit.api.targets import Target, require_apart

    targets = [
        Target(_name_in_help(option), Path(ctx.params[option.name or ""]), whole=isinstance(option.type, WrittenFolder))
        for option in written
    ]
    others = [option for option in ctx.command.params if option not in written and option.name in ctx.params]
    # one of a few words is no file
    inputs = {option.name or "": ctx.params[option.name or ""] for option in others if not _of_few_words(option)}
    require_apart(targets, inputs, {option.name or "": _name_in_help(option) for option in others})


def _written_options(ctx: click.Context) -> Iterator[click.Parameter]:
    for option in ctx.command.params:
        if ctx.params.get(option.name or "") is not None:
            kind = option.type
            if isinstance(kind, WrittenFile) or (isinstance(kind, WrittenFolder) and kind.whole):
                yield option


def _of_few_words(option: click.Parameter) -> bool:
    return isinstance(option.type, click.Choice)


def _name_in_help(option: click.Parameter) -> str:
    """An option or an argument as it stands in the help."""
    if isinstance(option, click.Option):
        return max(option.opts, key=len)
    metavar = option.metavar or ""
    return metavar if _WORD.fullmatch(metavar) else (option.name or "").upper()
