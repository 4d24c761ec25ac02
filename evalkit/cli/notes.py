"""Notes for a person, on stderr."""

from collections.abc import Iterable

import click

from evalkit.text import printable


def print_notes(notes: Iterable[str]) -> None:
    """Print each note once on stderr."""
    for note in dict.fromkeys(notes):
        click.echo(f"note: {printable(note)}", err=True)
