"""Boards printed on whatever stdout leads to."""

import os
import sys
from collections.abc import Sequence

import click

from evalkit.boards import Board
from evalkit.reporting import boards_drawn, boards_text, find_screen


def print_boards(boards: Sequence[Board]) -> None:
    """A drawn table on a terminal, a plain one in a file and for another program."""
    screen = find_screen(sys.stdout, os.environ)
    if screen is None:
        click.echo(boards_text(boards), nl=False)
    else:
        # click would take forced colours out again
        click.echo(boards_drawn(boards, screen), nl=False, color=screen.colour)
