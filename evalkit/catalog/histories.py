"""The histories that evalkit ships, and those that a user or a benchmark names."""

from collections.abc import Sequence
from pathlib import Path

from evalkit import assets
from evalkit.formats import read_generic_file, read_history_file
from evalkit.stats import Known

HISTORIES = "history"
_GENERIC = "any_judge.json"


def read_known(named: Sequence[Path] = ()) -> Known:
    """Read the priors common to judges, and all histories: the named files first, then those that evalkit ships.

    Raises:
        InputError: a named file cannot be read or is not a history.
    """
    shipped = assets.folder("leaderboards") / HISTORIES
    others = sorted(path for path in shipped.glob("*.json") if path.name != _GENERIC)
    files = [*map(read_history_file, named), *map(read_history_file, others)]
    return Known(read_generic_file(shipped / _GENERIC), tuple(files))
