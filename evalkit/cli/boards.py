"""Print boards on stdout, in a form that suits a terminal, a file or another program."""

import os
import sys
from collections.abc import Sequence

import click

from evalkit.boards import Board
from evalkit.reporting import boards_drawn, boards_text, find_screen


def print_boards(boards: Sequence[Board]) -> None:
    """Print boards as drawn tables on a terminal, and as plain tables into a file or for another program."""
    screen = find_screen(sys.stdout, os.environ)
    if screen is None:
        click.echo(boards_text(boards), nl=False)
    else:
        # without `color`, click would strip colours that the user forces on
        click.echo(boards_drawn(boards, screen), nl=False, color=screen.colour)
