"""One digest for a set of rows: equal exactly when every number and every verdict behind it is."""

import hashlib
import json
from collections.abc import Sequence

from evalkit.boards.row import BoardRow
from evalkit.report.tables import DECIMALS_STORED, row_values

# money is a fact about runs, not about models
_LEFT_OUT = {"cost"}


def canonical_digest(rows: Sequence[BoardRow]) -> str:
    """SHA-256 over rows and their verdicts by instruction, in a fixed order, floats rounded to nine decimals."""
    documents = [[_values(row), _verdicts(row)] for row in rows]
    documents.sort(key=lambda document: json.dumps(document[0], sort_keys=True))
    return hashlib.sha256(json.dumps(documents, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _values(row: BoardRow) -> dict[str, object]:
    return {name: value for name, value in row_values(row).items() if name not in _LEFT_OUT}


def _verdicts(row: BoardRow) -> dict[str, float | None]:
    sample = row.entry.sample
    judged = {
        key: round(float(value), DECIMALS_STORED) for key, value in zip(sample.keys, sample.preference, strict=True)
    }
    return {**judged, **dict.fromkeys(sample.missing)}
