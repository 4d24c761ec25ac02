"""The table of wins, losses and ties over all pairs of a judge."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.boards import Board, judge_forms, tallies_of
from evalkit.reporting.columns import Column
from evalkit.text import percent, printable

_NOTE = "each pair counts for both models, as a win if both orders agree on it; adjusted, a tie counts half"


@dataclass(frozen=True, slots=True)
class TallyTable:
    """The title, the columns and the note of a judge's tallies."""

    title: str
    columns: tuple[Column, ...]
    note: str


def tally_tables(boards: Sequence[Board]) -> list[TallyTable]:
    """Return a table for each judge of pairs whose verdicts count where both orders agree."""
    names = judge_forms(row.entry for board in boards for row in board.rows)
    tables = []
    for found in tallies_of(boards):
        models = found.models
        columns = (
            Column("model", tuple(printable(tally.model) for tally in models), left=True),
            Column("win", tuple(str(tally.wins) for tally in models)),
            Column("loss", tuple(str(tally.losses) for tally in models)),
            Column("tie", tuple(str(tally.ties) for tally in models)),
            Column("win rate", tuple(percent(100 * tally.wins / tally.n) for tally in models)),
            Column("loss rate", tuple(percent(100 * tally.losses / tally.n) for tally in models)),
            Column("adjusted", tuple(percent(tally.adjusted) for tally in models)),
        )
        title = printable(f"{names[found.judge, found.digest]}, all pairs, in the order of the adjusted win rate")
        tables.append(TallyTable(title, columns, f"note: {_NOTE}"))
    return tables
