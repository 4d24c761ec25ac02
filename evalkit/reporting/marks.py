"""The marks of the best numbers of a table's columns, and the words that explain them and the table."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.boards import Best, Board, Overview, best_of, best_of_column
from evalkit.reporting.columns import Column, board_metrics, board_title
from evalkit.reporting.overview import column_title, overview_title
from evalkit.text import level, plural, printable


@dataclass(frozen=True, slots=True)
class BestMark:
    """The marks of one cell: the best of its column, the second, or not significantly different from the best."""

    best: bool = False
    second: bool = False
    alike: bool = False


Marking = Callable[[str, BestMark], str]


@dataclass(frozen=True, slots=True)
class BestMarks:
    """The best of each column that has at least two ranked numbers, by the title of the column."""

    found: Mapping[str, Best]

    def of(self, column: str, model: str) -> BestMark:
        """The marks of a model in a column; none in columns that have no best."""
        if (best := self.found.get(column)) is None:
            return BestMark()
        return BestMark(model in best.best, model in best.second, model in best.alike)

    @property
    def untested(self) -> int:
        """The number of cells whose model could not be compared with the best."""
        return sum(len(best.untested) for best in self.found.values())


def marks_of(board: Board) -> BestMarks:
    """Find the best models of each metric that a board shows."""
    return _marks({metric.title: best_of(board.rows, metric) for metric in board_metrics(board)})


def overview_marks(overview: Overview) -> BestMarks:
    """Find the best models of each column of an overview, under the names that their boards have for them."""
    return _marks({column_title(overview, column): best_of_column(column) for column in overview.columns})


def _marks(found: Mapping[str, Best | None]) -> BestMarks:
    return BestMarks({title: best for title, best in found.items() if best is not None})


def board_models(board: Board) -> list[dict[str, str]]:
    """Return the name of each line's model for every column, as `marked` takes it."""
    titles = [metric.title for metric in board_metrics(board)]
    return [dict.fromkeys(titles, row.entry.model) for row in board.rows]


def overview_models(overview: Overview) -> list[dict[str, str]]:
    """Return the name that each column's board has for each line's model, as `marked` takes it."""
    titles = [column_title(overview, column) for column in overview.columns]
    return [
        {title: cell.row.entry.model for title, cell in zip(titles, row.cells, strict=True) if cell.row is not None}
        for row in overview.rows
    ]


def marked(
    columns: Sequence[Column],
    marks: BestMarks,
    models: Sequence[Mapping[str, str]],
    *,
    escape: Callable[[str], str],
    mark: Marking,
) -> list[Column]:
    """Return columns with their cells escaped, and those of the best numbers marked.

    Args:
        models: for each line, the names of its model by the titles of the columns that may be marked.
    """
    return [
        Column(
            escape(column.title),
            tuple(
                mark(escape(cell), marks.of(column.title, names[column.title]) if column.title in names else BestMark())
                for cell, names in zip(column.cells, models, strict=True)
            ),
            column.left,
        )
        for column in columns
    ]


def caption(board: Board, boards: Sequence[Board], *, date: datetime.date | None = None) -> str:
    """Return what a table of the board must say of it: judge, baseline, ranking metric, n and the date of the table."""
    return f"judge {board_title(board, boards)}, {n_words(board)}, made on {made_on(date)}"


def overview_caption(overview: Overview, *, date: datetime.date | None = None) -> str:
    """Return the title of an overview with the judge, the baseline and n of each board, and the date of the table."""
    boards = {id(column.board): column for column in reversed(overview.columns)}.values()
    facts = "; ".join(
        f"{column.benchmark}: judge {column.board.judge}"
        f"{f' against {column.board.baseline}' if column.board.baseline else ''}, {n_words(column.board)}"
        for column in reversed(list(boards))
    )
    return printable(f"{overview_title(overview)} ({facts}), made on {made_on(date)}")


def made_on(date: datetime.date | None = None) -> str:
    """Return the day as a caption names it; the present one in UTC, which is the same wherever a table is made."""
    day = datetime.datetime.now(datetime.UTC).date() if date is None else date
    return f"{day.isoformat()} (UTC)"


def n_words(board: Board) -> str:
    """Return the numbers of verdicts of the models, as in `n = 802 to 805`."""
    numbers = sorted({row.entry.sample.n for row in board.rows})
    shown = f"n = {numbers[0]}" if len(numbers) == 1 else f"n = {numbers[0]} to {numbers[-1]}"
    return printable(shown)


def marks_note(marks: BestMarks, *, best: str, second: str, alike: str) -> str:
    """Return the sentence that explains the marks; empty where nothing is marked.

    Args:
        best, second, alike: the words or the sign for the three marks.
    """
    if not marks.found:
        return ""
    numbers = {one.n_tests for one in marks.found.values()}
    tests = plural(max(numbers), "comparison") if len(numbers) == 1 else "the comparisons"
    confidence = level(next(iter(marks.found.values())).confidence)
    note = (
        f"{best}: best of a column; {second}: second; {alike}: not significantly different from the best by the paired "
        f"test on common instructions ({confidence}, Bonferroni's correction for {tests} in a column). Only numbers "
        "whose status is ok are marked"
    )
    return f"{note}; {marks.untested} could not be tested" if marks.untested else note
