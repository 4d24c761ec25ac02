"""What a terminal can show, and whether anybody looks at one."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_USUAL_SIZE = (120, 40)
_WITHOUT_COLOUR = "dumb"
# some programs take it for no
_NOT_FORCED = ("", "0")


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal of so many `columns`."""

    columns: int
    colour: bool = False

    def paint(self, text: str, *codes: str) -> str:
        """The text in the colours and weights of some codes of ANSI, where the terminal has colours."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and codes and text else text


def screen_columns() -> int:
    """The width of the terminal, or a usual one where there is none."""
    return shutil.get_terminal_size(_USUAL_SIZE).columns


def find_screen(stream: TextIO, environment: Mapping[str, str]) -> Screen | None:
    """The terminal that a stream leads to; None where it leads into a file or to another program.

    `FORCE_COLOR` stands for a terminal with colours, as where a CI keeps what was printed; `NO_COLOR` goes before it.
    """
    forced = environment.get("FORCE_COLOR", "") not in _NOT_FORCED
    if not forced and not stream.isatty():
        return None
    plain = environment.get("NO_COLOR") or (environment.get("TERM") == _WITHOUT_COLOUR and not forced)
    return Screen(screen_columns(), colour=not plain)
