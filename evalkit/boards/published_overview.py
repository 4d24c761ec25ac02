"""Published rows beside an overview: a line a model and table, a cell a published number of a column."""

from collections.abc import Mapping, Sequence

from evalkit.boards.overview import OverviewColumn, PublishedCell, PublishedLine


def published_lines(columns: Sequence[OverviewColumn], aliases: Mapping[str, str]) -> tuple[PublishedLine, ...]:
    """The rows that stand beside the boards of these columns, joined by model as the boards' own are.

    Lines stand in the order of their first number, the best at the top.
    """
    found: dict[tuple[str, str], list[dict[int, PublishedCell]]] = {}
    for place, column in enumerate(columns):
        if column.part is not None:
            continue
        for beside in column.board.neighbours:
            for row in beside.rows:
                number = row.numbers.get(column.metric.name)
                if number is not None:
                    cell = PublishedCell(number, row.n, beside.table, comparable=not beside.apart)
                    # of two numbers of a model for one column, the second stands on a further line
                    named = (aliases.get(row.model, row.model), beside.table.title or beside.table.name)
                    lines_of = found.setdefault(named, [])
                    free = next((cells for cells in lines_of if place not in cells), None)
                    if free is None:
                        lines_of.append(free := {})
                    free[place] = cell
    lines = [
        PublishedLine(model, table, tuple(cells.get(place) for place in range(len(columns))))
        for (model, table), lines_of in found.items()
        for cells in lines_of
    ]
    return tuple(sorted(lines, key=_place))


def _place(line: PublishedLine) -> tuple[int, float, str]:
    place, cell = next((place, cell) for place, cell in enumerate(line.cells) if cell is not None)
    return place, -cell.number.value, line.model
