"""The files of one annotated model: RESULTS/MODEL/JUDGE/annotations.json and row.json."""

import json
from pathlib import Path

from evalkit import __version__
from evalkit.boards.row import BoardRow
from evalkit.engine.annotate import Annotated
from evalkit.files import safe_name, write_text
from evalkit.formats.alpaca_eval import write_annotations
from evalkit.report.tables import row_document
from evalkit.types import OutputSet


def write_results(
    results: Path, annotated: Annotated, row: BoardRow, *, baseline: OutputSet, candidate: OutputSet
) -> Path:
    """Write both files and return their folder."""
    folder = results / safe_name(row.entry.model) / safe_name(row.entry.judge)
    write_annotations(folder / "annotations.json", annotated.annotations, baseline, candidate)
    document = {**row_document(row), "benchmark": annotated.annotations[0].asked.benchmark, "evalkit": __version__}
    write_text(folder / "row.json", json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n")
    return folder
