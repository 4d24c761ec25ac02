"""Verifies written rows for Python: each is computed anew from the store's raw replies and compared field by field."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.api.door import front_door
from evalkit.api.keywords import Data, source_of
from evalkit.api.result import Tabular, frame_of
from evalkit.api.verification import Mismatch, Verified, verify_files
from evalkit.api.verified_evaluations import VerifiedEvaluation, verify_evaluations
from evalkit.errors import InputError, Unequal
from evalkit.provenance import ROW_FILE
from evalkit.sources import difficulty_of
from evalkit.store import open_existing, require_sealed, store_url, unchecked_seal
from evalkit.text import plural, printable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VerifiedRows(Tabular):
    """The verified rows of some files, the verified evaluations of judges, and the reasons why other files could not be
    verified at all. `unchecked_seal` says that the store has a seal which nobody checked, for want of its key.
    """

    rows: tuple[Verified, ...]
    refused: tuple[InputError, ...]
    evaluations: tuple[VerifiedEvaluation, ...] = ()
    unchecked_seal: str | None = None

    @property
    def _verified(self) -> tuple[Verified | VerifiedEvaluation, ...]:
        return *self.rows, *self.evaluations

    @property
    def equal(self) -> bool:
        """True where every file was verified and neither a row nor an evaluation differs."""
        return not self.refused and all(one.equal for one in self._verified)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on rows that were computed by other versions or with what is gone, each once, on evaluations, and on a
        seal that was not checked.
        """
        found = [note for one in self._verified for note in one.notes]
        return tuple(dict.fromkeys(found if self.unchecked_seal is None else [*found, self.unchecked_seal]))

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
        """Raise where a row or an evaluation differs from what the store gives, or a file could not be verified.

        Raises:
            Unequal: one differs; the message has the first difference.
            InputError: none differs, and a file could not be verified.
        """
        differing = [row for row in self.rows if not row.equal]
        if differing:
            first, *others = differing
            more = f"; {len(others)} more rows differ too" if others else ""
            raise Unequal(f"{first.model} under {first.judge}: {first.differences[0]}{more}")
        unlike = [one for one in self.evaluations if not one.equal]
        if unlike:
            raise Unequal(f"{_evaluation(unlike[0])}: {unlike[0].differences[0]}")
        if self.refused:
            refused, *further = self.refused
            raise InputError(
                f"{refused}; {len(further)} more files cannot be verified either" if further else str(refused)
            )

    def to_json(self) -> str:
        refused = [str(error) for error in self.refused]
        document = {
            "rows": [_document(row) for row in self.rows],
            "evaluations": [_evaluation_document(one) for one in self.evaluations],
            "refused": refused,
        }
        return json.dumps(document, indent=2)

    def __str__(self) -> str:
        told = [line for row in self.rows for line in _lines(row)]
        told += [line for one in self.evaluations for line in _evaluation_lines(one)]
        return "".join(f"{line}\n" for line in told)


@front_door
def verify(
    row: str | PathLike[str],
    *,
    difficulty: Data | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> VerifiedRows:
    """Compute a written row anew from the raw replies, and compare every field; so with evaluations of judges.

    Args:
        row: a `row.json`, or a folder with such files in it or below. With a folder all evaluations of judges in the
            store are verified too, and with a file those of its judge.
        difficulty: the file of the difficulties or the history that the row was computed with, if it was; difficulties
            may be a value.
        store: the address of the database of replies; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The verified rows with their differences. `frame` has a row for each written row.

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
        # whoever has no key may verify all the same: the note says what that leaves open
        seal = unchecked_seal(opened)
        if seal is None:
            require_sealed(opened)
        # a store may hold evaluations of judges, and no rows of models yet
        evaluations = verify_evaluations(opened) if path.is_dir() else ()
        if evaluations and not any(path.rglob(ROW_FILE)):
            return VerifiedRows((), (), evaluations, seal)
        found = verify_files(path, opened, difficulty=values)
        if not path.is_dir():
            digests = [one.row.entry.digest for one in found.rows if one.row is not None]
            evaluations = verify_evaluations(opened, digests=digests)
    return VerifiedRows(found.rows, found.refused, evaluations, seal)


def _lines(verified: Verified) -> list[str]:
    whose = printable(f"{verified.model} under {verified.judge}")
    if verified.equal:
        return [f"equal: {whose}, {plural(verified.n_verdicts, 'verdict')}"]
    return [f"differs: {whose}: {printable(str(difference))}" for difference in verified.differences]


def _evaluation(verified: VerifiedEvaluation) -> str:
    record = verified.record
    return f"evaluation of {record.judge} on {record.labels}, {record.at.date().isoformat()}"


def _evaluation_lines(verified: VerifiedEvaluation) -> list[str]:
    whose = printable(_evaluation(verified))
    if verified.equal:
        return [f"equal: {whose}, {plural(verified.n_verdicts, 'verdict')}"]
    return [f"differs: {whose}: {printable(str(difference))}" for difference in verified.differences]


def _evaluation_document(verified: VerifiedEvaluation) -> dict[str, Any]:
    record = verified.record
    return {
        "judge": record.judge,
        "judge_digest": record.judge_digest,
        "labels": record.labels,
        "at": record.at.isoformat(timespec="seconds"),
        "equal": verified.equal,
        "n_verdicts": verified.n_verdicts,
        "differences": _differences(verified.differences),
        "notes": list(verified.notes),
    }


def _differences(differences: Sequence[Mismatch]) -> list[dict[str, str]]:
    return [{"field": one.field, "file": one.said, "store": one.found, "cause": one.cause.value} for one in differences]


def _document(verified: Verified) -> dict[str, Any]:
    return {
        "model": verified.model,
        "judge": verified.judge,
        "equal": verified.equal,
        "n_verdicts": verified.n_verdicts,
        "sha256": verified.sha256,
        "differences": _differences(verified.differences),
        "notes": list(verified.notes),
    }
