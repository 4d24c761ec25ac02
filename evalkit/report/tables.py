"""Boards as tables for a terminal and for markdown, and plain lists of named things."""

import shutil
from collections.abc import Mapping, Sequence

from evalkit.boards.build import Board
from evalkit.boards.row import BoardRow, Metric
from evalkit.report.agreement import agreement_line
from evalkit.report.numbers import interval, percent
from evalkit.report.text import markdown_cell, printable
from evalkit.report.values import audit_reason, row_notes
from evalkit.types import Estimate, Reading

_NARROWEST_MODEL = 16
_WIDEST_PART = 24
_USUAL_INTERVAL = "95 % interval"
_REASONS_SHOWN = 5


def boards_markdown(boards: Sequence[Board]) -> str:
    parts = []
    for board in boards:
        header, lines = _cells(board)
        table = _markdown_table(header, lines, ["---", "---", *["---:"] * (len(header) - 3), "---"])
        if cells := _part_cells(board):
            table += ["", *_markdown_table(*cells, ["---", *["---:"] * (len(cells[0]) - 1)])]
        footer = [f"- {line}" for line in map(markdown_cell, _footer(board))]
        parts.append("\n".join([f"**{markdown_cell(_title(board, boards))}**", "", *table, "", *footer]))
    return "\n\n".join(parts).rstrip() + "\n"


def boards_text(boards: Sequence[Board], *, width: int | None = None) -> str:
    """Aligned columns for a terminal `width` characters wide."""
    width = width or shutil.get_terminal_size((120, 40)).columns
    return "\n\n".join(_board_text(board, boards, width) for board in boards) + "\n"


def _cells(board: Board) -> tuple[list[str], list[list[str]]]:
    """Header and lines of the columns that people read: the metric that ranks first, then the others."""
    metrics = [board.metric, *(one for one in _metrics(board) if one != board.metric)]
    names = [metric.title for metric in metrics]
    header = ["rank", "model", names[0], _interval_name(board), *names[1:], "n", "missing", "avg chars", "status"]
    lines = []
    for row in board.rows:
        shown, *others = (row.measured(metric).estimate for metric in metrics)
        lines.append(
            [
                _rank(row),
                printable(row.entry.model),
                percent(shown.value),
                interval(shown),
                *(percent(other.value) for other in others),
                str(row.entry.sample.n),
                str(row.entry.sample.n_missing),
                "-" if row.entry.avg_length is None else f"{row.entry.avg_length:.0f}",
                "audit failed" if row.entry.refused else shown.status.kind.value,
            ]
        )
    return header, lines


def _interval_name(board: Board) -> str:
    """The usual interval, or the one that a published formula has and notes."""
    notes = [note for row in board.rows for note in row.measured(board.metric).estimate.notes]
    return next((note for note in notes if note.endswith("% interval")), _USUAL_INTERVAL)


def _metrics(board: Board) -> list[Metric]:
    """What the rows have numbers for."""
    if board.metric == Metric.SCORE:
        return [Metric.SCORE]
    styled = any(row.styled is not None for row in board.rows)
    return [Metric.LC_WIN_RATE, Metric.WIN_RATE, *([Metric.STYLE_WIN_RATE] if styled else [])]


def _part_cells(board: Board) -> tuple[list[str], list[list[str]]] | None:
    """Header and lines of the scores by turn and category; None where there are none."""
    names = list(dict.fromkeys(name for row in board.rows for name in row.parts))
    if not names:
        return None
    missing = Estimate.refused("no verdicts", n=0)
    lines = [
        [printable(row.entry.model), *(percent(row.parts.get(name, missing).value) for name in names)]
        for row in board.rows
    ]
    return ["model", *(_part_title(name, names) for name in names)], lines


def _part_title(name: str, names: Sequence[str]) -> str:
    """A turn, or the bare name of a category that is not called like one."""
    bare = name.removeprefix("category ")
    shown = printable(name if bare in names else bare)
    return shown if len(shown) <= _WIDEST_PART else shown[: _WIDEST_PART - 1] + "…"


def _rank(row: BoardRow) -> str:
    rank = row.rank
    if rank is None:
        return "-"
    return f"{rank.rank}" if rank.lower == rank.upper else f"{rank.rank} ({rank.lower}-{rank.upper})"


def _board_text(board: Board, boards: Sequence[Board], width: int) -> str:
    header, lines = _cells(board)
    table = _aligned(header, lines, model=1, left={0, 1, len(header) - 1}, width=width)
    rule = "─" * max(map(len, table))
    whole = [printable(_title(board, boards)), rule, table[0], rule, *table[1:], rule]
    if cells := _part_cells(board):
        whole += [*_aligned(*cells, model=0, left={0}, width=width), rule]
    return "\n".join([*whole, *_footer(board)]).rstrip()


def _aligned(
    header: Sequence[str], lines: Sequence[Sequence[str]], *, model: int, left: set[int], width: int
) -> list[str]:
    """The header and the lines in columns; the one of models gives way where the terminal is too narrow."""
    widths = [max(len(line[index]) for line in [header, *lines]) for index in range(len(header))]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    if excess > 0:
        widths[model] = max(min(_NARROWEST_MODEL, widths[model]), widths[model] - excess)

    def laid_out(cells: Sequence[str]) -> str:
        fitted = [cell if len(cell) <= widths[i] else cell[: widths[i] - 1] + "…" for i, cell in enumerate(cells)]
        return "  ".join(
            cell.ljust(widths[i]) if i in left else cell.rjust(widths[i]) for i, cell in enumerate(fitted)
        ).rstrip()

    return [laid_out(line) for line in [header, *lines]]


def _title(board: Board, boards: Sequence[Board]) -> str:
    """Names the judge, with its digest where another form of it has a board too."""
    twin = any(other.digest != board.digest for other in boards if other.judge == board.judge)
    judge = f"{board.judge} [{board.digest}]" if twin else board.judge
    if board.part:
        judge += f" served as {board.part}"
    against = f", against {board.baseline}" if board.baseline else ""
    return f"{judge}{against}, ranked by {board.metric.value}"


def _footer(board: Board) -> list[str]:
    """What a reader must know beside the table: reasons behind statuses, notes, and the agreement."""
    named = {row.entry.model: row.measured(board.metric).estimate.status for row in board.rows}
    refused = [
        f"{printable(row.entry.model)}: audit failed: {printable(audit_reason(row.entry.audit))}"
        for row in board.rows
        if row.entry.audit is not None and row.entry.refused
    ]
    lines = [f"{printable(model)}: {printable(str(status))}" for model, status in named.items() if status.reason]
    if len(lines) > _REASONS_SHOWN:
        rest = len(lines) - _REASONS_SHOWN
        lines[_REASONS_SHOWN:] = [f"and {rest} more that are not ok; csv and json give every reason"]
    lines = refused + lines
    lines += [line for metric in _metrics(board) if metric != board.metric for line in _doubts(board, metric)]
    notes = sorted({note for row in board.rows for note in row_notes(row)})
    served = sorted({name for row in board.rows for name in row.entry.judging.served})
    # pooled judges have a model each
    if len(served) > 1 + board.digest.count(" + "):
        notes.append(f"the endpoint served the judge as {', '.join(served)}")
    sampled = [row.entry.model for row in board.rows if Reading.SAMPLED.value in row.entry.judging.readings]
    if sampled:
        notes.append(f"single draws instead of log-probabilities for {', '.join(sampled)}")
    lines += [f"note: {printable(note)}" for note in notes]
    return lines if board.agreement is None else [*lines, agreement_line(board.agreement)]


def _doubts(board: Board, metric: Metric) -> list[str]:
    """What is not ok in a column that has no status beside it."""
    found = [row.measured(metric).estimate.status for row in board.rows]
    doubtful = [str(status) for status in found if status.reason]
    if not doubtful:
        return []
    reason = doubtful[0] if len(set(doubtful)) == 1 else "not ok; csv and json give every reason"
    return [f"{metric.title}: {len(doubtful)} of {len(found)} rows {printable(reason)}"]


def _markdown_table(header: Sequence[str], lines: Sequence[Sequence[str]], rule: Sequence[str]) -> list[str]:
    return [_markdown_line([markdown_cell(cell) for cell in header]), _markdown_line(rule)] + [
        _markdown_line([markdown_cell(cell) for cell in line]) for line in lines
    ]


def _markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def values_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Plain aligned columns for lists of named things."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [names, *[[printable(row[name]) for name in names] for row in rows]]
    widths = [max(len(line[index]) for line in lines) for index in range(len(names))]
    return "\n".join("  ".join(cell.ljust(widths[i]) for i, cell in enumerate(line)).rstrip() for line in lines) + "\n"
