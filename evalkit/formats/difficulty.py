"""Reads instruction difficulty and gamed baselines from tables, keyed by instruction or index."""

from pathlib import Path

import numpy as np

from evalkit.errors import InputError
from evalkit.formats.rows import Source
from evalkit.formats.table import KEY_COLUMNS, check_keys, read_frame, row_key
from evalkit.stats import CompatInputs, GamedBaselines

DIFFICULTY = "instruction_difficulty"
DIFFICULTY_FILE = f"{DIFFICULTY}.csv"
GAMED_FILE = "df_gamed.csv"


def read_difficulty(path: Source) -> dict[str, float]:
    """Difficulty by instruction key from a table with the columns `instruction` or `index`, and
    `instruction_difficulty`.

    Raises:
        InputError: a column is missing, or a value is not a finite number.
    """
    if isinstance(path, Path) and path.is_dir():
        path = path / DIFFICULTY_FILE
    frame = read_frame(path)
    key_column = next((name for name in KEY_COLUMNS if name in frame.columns), None)
    if key_column is None or DIFFICULTY not in frame.columns:
        raise InputError(f"{path}: expected the columns index (or instruction) and {DIFFICULTY}")
    check_keys(frame, key_column, path)
    values = frame[DIFFICULTY]
    if values.dtype.kind not in "fi" or not np.isfinite(values.to_numpy(dtype=np.float64)).all():
        raise InputError(f"{path}: {DIFFICULTY}: expected finite numbers only")
    return {row_key(key, key_column): float(value) for key, value in zip(frame[key_column], values, strict=True)}


def read_compat_inputs(folder: Path) -> CompatInputs:
    """Read `instruction_difficulty.csv` and `df_gamed.csv` from a folder.

    Raises:
        InputError: a file or a column is missing.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder that holds {DIFFICULTY_FILE} and {GAMED_FILE}")
    path = folder / GAMED_FILE
    frame = read_frame(path)
    names = ("preference", "std_delta_len", DIFFICULTY)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise InputError(f"{path}: missing column(s) {', '.join(missing)}")
    try:
        preference, length, difficulty = (frame[name].to_numpy(dtype=np.float64) for name in names)
    except (ValueError, OverflowError):
        raise InputError(f"{path}: expected numbers only") from None
    return CompatInputs(read_difficulty(folder), GamedBaselines(preference, length, difficulty))
