"""Texts and notes for a person: on a terminal, lines that are wider than it are folded."""

import sys
from collections.abc import Iterable
from typing import TextIO

import click

from evalkit.reporting import screen_columns
from evalkit.text import fold_hanging, printable


def print_text(text: str, *, err: bool = False) -> None:
    """Print a text of several lines, each folded to the width of the terminal if there is one."""
    click.echo(folded(text.rstrip("\n"), sys.stderr if err else sys.stdout), err=err)


def print_notes(notes: Iterable[str]) -> None:
    """Print each note once on stderr."""
    for note in dict.fromkeys(notes):
        print_text(f"note: {printable(note)}", err=True)


def columns_of(stream: TextIO) -> int | None:
    """Return the width of the terminal that the stream writes to, or None without a terminal."""
    return screen_columns() if stream.isatty() else None


def folded(text: str, stream: TextIO) -> str:
    """Return the text with its lines folded to the terminal that the stream writes to; as it is without a terminal."""
    columns = columns_of(stream)
    if columns is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in fold_hanging(line, columns))
