"""One digest for a set of rows, equal exactly when all numbers and all verdicts behind them are equal."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from evalkit import __version__
from evalkit.boards import BoardRow
from evalkit.provenance.row_content import row_document, row_values
from evalkit.text import DECIMALS_STORED

# cost belongs to a run and not to a model; the audit depends on where verdicts were read from; ranks follow from the
# other numbers and from the audit, and a design effect follows from the clusters
_LEFT_OUT = {"cost", "audit", "rank", "rank_lower", "rank_upper", "design_effect"}


def canonical_digest(rows: Sequence[BoardRow]) -> str:
    """SHA-256 over rows and their verdicts by instruction, in a fixed order, floats rounded to nine decimals."""
    return hashlib.sha256("".join(sorted(_row_digest(row) for row in rows)).encode()).hexdigest()


def stored_document(row: BoardRow, *, benchmark: str) -> dict[str, Any]:
    """A row as its file holds it, without the digests of the files themselves."""
    digest = canonical_digest([row])
    return {**row_document(row), "benchmark": benchmark, "evalkit": __version__, "sha256": digest}


def _row_digest(row: BoardRow) -> str:
    values = {name: value for name, value in row_values(row).items() if name not in _LEFT_OUT}
    digest = hashlib.sha256(json.dumps(values, sort_keys=True, allow_nan=False).encode())
    sample = row.entry.sample
    for key, preference in zip(sample.keys, sample.preference, strict=True):
        digest.update(json.dumps([key, round(float(preference), DECIMALS_STORED)]).encode())
    for key in sample.missing:
        digest.update(json.dumps([key, None]).encode())
    return digest.hexdigest()
