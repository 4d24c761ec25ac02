"""Find the terminal behind a stream, its width and its colours."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_USUAL_SIZE = (120, 40)
_WITHOUT_COLOUR = "dumb"
# values of FORCE_COLOR that ask for nothing: some programs take 0 as a no
_NOT_FORCED = ("", "0")


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal: its width in `columns`, and `colour` if it shows colours."""

    columns: int
    colour: bool = False

    def paint(self, text: str, *codes: str) -> str:
        """Return the text with ANSI codes of colour and weight if the terminal has colours, else the bare text."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and codes and text else text


def screen_columns() -> int:
    """Return the width of the terminal, or a usual width if there is no terminal."""
    return shutil.get_terminal_size(_USUAL_SIZE).columns


def find_screen(stream: TextIO, environment: Mapping[str, str]) -> Screen | None:
    """Return the terminal that a stream writes to; None if the stream writes to a file or to another program.

    `FORCE_COLOR` makes any stream a terminal with colours, as for the log of a CI; `NO_COLOR` overrides its colours.
    """
    forced = environment.get("FORCE_COLOR", "") not in _NOT_FORCED
    if not forced and not stream.isatty():
        return None
    plain = environment.get("NO_COLOR") or (environment.get("TERM") == _WITHOUT_COLOUR and not forced)
    return Screen(screen_columns(), colour=not plain)
