"""The histories that are shipped, and those that a user or a benchmark names."""

from collections.abc import Sequence
from pathlib import Path

from evalkit import assets
from evalkit.boards.background import Known
from evalkit.boards.history_file import read_generic_file, read_history_file

HISTORIES = "history"
_GENERIC = "any_judge.json"


def read_known(named: Sequence[Path] = ()) -> Known:
    """What judges have in common, and the histories: those that were named before those that are shipped.

    Raises:
        InputError: a file that was named cannot be read or is no history.
    """
    shipped = assets.folder("leaderboards") / HISTORIES
    others = sorted(path for path in shipped.glob("*.json") if path.name != _GENERIC)
    files = [*map(read_history_file, named), *map(read_history_file, others)]
    return Known(read_generic_file(shipped / _GENERIC), tuple(files))
