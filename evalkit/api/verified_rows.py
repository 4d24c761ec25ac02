"""Verifies written rows for Python: each is computed anew from the store's raw replies and compared field by field."""

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.api.door import front_door
from evalkit.api.keywords import Data, source_of
from evalkit.api.result import Tabular, frame_of
from evalkit.api.verification import Verified, verify_files
from evalkit.errors import InputError, Unequal
from evalkit.sources import difficulty_of
from evalkit.store import open_existing, require_sealed, store_url
from evalkit.text import plural, printable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VerifiedRows(Tabular):
    """The verified rows of some files, and the reasons why other files could not be verified at all."""

    rows: tuple[Verified, ...]
    refused: tuple[InputError, ...]

    @property
    def equal(self) -> bool:
        """True where every file was verified and no row differs."""
        return not self.refused and all(row.equal for row in self.rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on rows that were computed by other versions or with what is gone, each once."""
        return tuple(dict.fromkeys(note for row in self.rows for note in row.notes))

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each written row, with the number of its fields that differ and the first of these in words."""
        return frame_of(
            [
                {
                    "model": row.model,
                    "judge": row.judge,
                    "equal": row.equal,
                    "n_verdicts": row.n_verdicts,
                    "n_differences": len(row.differences),
                    "difference": str(row.differences[0]) if row.differences else None,
                    "sha256": row.sha256,
                }
                for row in self.rows
            ]
        )

    @front_door
    def raise_for_differences(self) -> None:
        """Raise where a row differs from what the store gives, or where a file could not be verified.

        Raises:
            Unequal: a row differs; the message has the first difference.
            InputError: no row differs, and a file could not be verified.
        """
        differing = [row for row in self.rows if not row.equal]
        if differing:
            first, *others = differing
            more = f"; {len(others)} more rows differ too" if others else ""
            raise Unequal(f"{first.model} under {first.judge}: {first.differences[0]}{more}")
        if self.refused:
            refused, *further = self.refused
            raise InputError(
                f"{refused}; {len(further)} more files cannot be verified either" if further else str(refused)
            )

    def to_json(self) -> str:
        refused = [str(error) for error in self.refused]
        return json.dumps({"rows": [_document(row) for row in self.rows], "refused": refused}, indent=2)

    def __str__(self) -> str:
        return "".join(f"{line}\n" for row in self.rows for line in _lines(row))


@front_door
def verify(
    row: str | PathLike[str],
    *,
    difficulty: Data | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> VerifiedRows:
    """Compute a written row anew from the raw replies, and compare every field.

    Args:
        row: a `row.json`, or a folder with such files in it or below.
        difficulty: the file of the difficulties or the history that the row was computed with, if it was; difficulties
            may be a value.
        store: the address of the database of replies; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The verified rows with their differences. `frame` has a row for each.

    Raises:
        InputError: there is no row and no store of this name.
        StoreError: the store cannot be read, or does not fit its seal.

    Example:
        >>> import evalkit as ek
        >>> ek.verify("results").raise_for_differences()
    """
    path = Path(row)
    if not path.exists():
        raise InputError(f"{path}: no such file")
    values = None if difficulty is None else difficulty_of(source_of(difficulty, "difficulty"))
    with open_existing(store_url(store, Path(results))) as opened:
        require_sealed(opened)
        found = verify_files(path, opened, difficulty=values)
    return VerifiedRows(found.rows, found.refused)


def _lines(verified: Verified) -> list[str]:
    whose = printable(f"{verified.model} under {verified.judge}")
    if verified.equal:
        return [f"equal: {whose}, {plural(verified.n_verdicts, 'verdict')}"]
    return [f"differs: {whose}: {printable(str(difference))}" for difference in verified.differences]


def _document(verified: Verified) -> dict[str, Any]:
    return {
        "model": verified.model,
        "judge": verified.judge,
        "equal": verified.equal,
        "n_verdicts": verified.n_verdicts,
        "sha256": verified.sha256,
        "differences": [
            {
                "field": difference.field,
                "file": difference.said,
                "store": difference.found,
                "cause": difference.cause.value,
            }
            for difference in verified.differences
        ],
        "notes": list(verified.notes),
    }
