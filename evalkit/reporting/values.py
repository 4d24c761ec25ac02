"""Write boards as csv and json."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.boards import Board
from evalkit.provenance import row_document, row_values
from evalkit.reporting.agreement import agreement_document
from evalkit.reporting.known_judge import known_document
from evalkit.reporting.neighbours import neighbour_values, neighbours_document
from evalkit.reporting.paired_agreement import difference_document
from evalkit.text import spreadsheet_cell


def boards_json(boards: Sequence[Board]) -> str:
    return json.dumps(boards_document(boards), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def boards_csv(boards: Sequence[Board]) -> str:
    """Return all rows with all columns; no text can become a formula, and missing numbers are empty fields.

    Published rows beside a board come after its own, and are those with a name in the column `published`.
    """
    rows = [values for board in boards for values in (*map(row_values, board.rows), *neighbour_values(board))]
    return csv_text(rows, list(dict.fromkeys(name for row in rows for name in row)))


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows of named values as csv; no text can become a formula, and missing values are empty fields."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(spreadsheet_cell(name) for name in columns)
    for row in rows:
        values = [row.get(name) for name in columns]
        writer.writerow(spreadsheet_cell(value) if isinstance(value, str) else value for value in values)
    return buffer.getvalue()


def boards_document(boards: Sequence[Board]) -> dict[str, Any]:
    return {
        "boards": [
            {
                "judge": board.judge,
                "judge_digest": board.digest,
                "part": board.served_as or None,
                "baseline": board.baseline,
                "metric": board.metric.name,
                "rows": [row_document(row) for row in board.rows],
                "agreement": _agreement_document(board),
                **({} if board.known is None else {"known_judge": known_document(board.known)}),
                # a board that was asked for no published rows has no word of them
                **({"published": neighbours_document(board)} if board.neighbours else {}),
            }
            for board in boards
        ]
    }


def _agreement_document(board: Board) -> dict[str, Any] | None:
    if board.agreement is None:
        return None
    lead = None if board.control_lead is None else difference_document(board.control_lead)
    return {**agreement_document(board.agreement), "control_lead": lead}
