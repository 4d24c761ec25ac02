"""Writes what the guard keeps.

Usage: `python -m tests.guard` renews the files of this folder; `python -m tests.guard FOLDER` writes every output whole
into FOLDER, so that `diff -r` shows how the outputs of two revisions differ.
"""

import sys
import tempfile
from pathlib import Path

from tests.cli.running import evalkit
from tests.guard.commands import KEPT, all_kept, shortened


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole = dict(all_kept(evalkit, Path(folder).resolve()))
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else KEPT
    target.mkdir(parents=True, exist_ok=True)
    for name, text in whole.items():
        (target / f"{name}.txt").write_text(shortened(text) if target == KEPT else text, encoding="utf-8")


if __name__ == "__main__":
    main()
