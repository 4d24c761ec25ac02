"""The folder of an export, in which no file is written over that was imported, or that a run wrote."""

import os
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import TargetTaken
from evalkit.provenance import ROW_FILE
from evalkit.store import Store, documents


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """A folder to write into; `originals` identifies the files that were imported and are still there."""

    path: Path
    originals: frozenset[tuple[int, int]]

    def file(self, *parts: str) -> Path:
        """The path of a file to write.

        Raises:
            TargetTaken: an imported file, or a run's, stands there.
        """
        path = self.path.joinpath(*parts)
        if _identity(path) in self.originals:
            what = "a file that was imported"
        elif path.is_file() and (path.parent / ROW_FILE).exists():
            what = f"a run's own file, from which {ROW_FILE} beside it was computed"
        else:
            return path
        raise TargetTaken(f"--out {self.path} would write over {path}, {what}. Name another folder with --out")


def export_folder(store: Store, path: Path) -> ExportFolder:
    """The folder of an export of this store."""
    # an imported file's name is its path, from the current folder or from the root
    places = [Path(root, document.name) for document, _ in documents(store) for root in ("", os.sep)]
    return ExportFolder(path, frozenset(found for place in places if (found := _identity(place)) is not None))


def _identity(path: Path) -> tuple[int, int] | None:
    """The numbers that tell a file from all others on this machine; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
