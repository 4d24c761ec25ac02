"""A board as plain values, and these as a terminal table, csv, json and markdown. Only here are numbers formatted."""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.boards.entries import Entry
from evalkit.boards.row import BoardRow, Metric
from evalkit.report.agreement import agreement_document, agreement_line
from evalkit.report.text import markdown_cell, printable, spreadsheet_cell
from evalkit.stats.control import Controlled
from evalkit.types import Estimate, Reading

if TYPE_CHECKING:
    # a single row is printed without what a whole board takes
    from evalkit.boards.build import Board

DECIMALS_STORED = 9
_NARROWEST_MODEL = 16
_REASONS_SHOWN = 5
_METRIC_NAMES = {
    Metric.LC_WIN_RATE: "LC win rate",
    Metric.WIN_RATE: "win rate",
    Metric.STYLE_WIN_RATE: "style win rate",
    Metric.SCORE: "score",
}


def row_values(row: BoardRow) -> dict[str, Any]:
    """The board columns of one row in their order; None where there is no number.

    Rates are percentages, grades are on their own scale, coverage is a share, and cost is in US dollars.
    """
    values = _graded_values(row) if row.entry.graded else _compared_values(row)
    for name, estimate in row.parts.items():
        column = name.replace(" ", "_")
        numbers = (estimate.value, estimate.lower, estimate.upper, estimate.n)
        values.update(zip((column, f"{column}_lower", f"{column}_upper", f"{column}_n"), numbers, strict=True))
    return {
        name: round(value, DECIMALS_STORED) if isinstance(value, float) else value for name, value in values.items()
    }


def _compared_values(row: BoardRow) -> dict[str, Any]:
    sample, lc, raw = row.entry.sample, row.lc, row.raw.estimate
    worst, best = row.bounds or (None, None)
    return {
        "model": row.entry.model,
        "lc_win_rate": lc.value,
        "lc_lower": lc.lower,
        "lc_upper": lc.upper,
        "lc_stderr": lc.stderr,
        "lc_status": str(lc.status),
        "win_rate": raw.value,
        "win_rate_stderr": raw.stderr,
        "win_rate_lower": raw.lower,
        "win_rate_upper": raw.upper,
        "win_rate_worst": worst,
        "win_rate_best": best,
        **_styled_values(row),
        "discrete_win_rate": row.discrete,
        "n_wins": row.counts.wins,
        "n_losses": row.counts.losses,
        "n_ties": row.counts.ties,
        "n_total": sample.n,
        "n_missing": sample.n_missing,
        "coverage": row.coverage,
        "n_inconsistent": sample.n_inconsistent,
        **_common_values(row),
        "baseline": row.entry.baseline,
    }


def _graded_values(row: BoardRow) -> dict[str, Any]:
    score = row.raw.estimate
    worst, best = row.bounds or (None, None)
    return {
        "model": row.entry.model,
        "score": score.value,
        "score_lower": score.lower,
        "score_upper": score.upper,
        "score_stderr": score.stderr,
        "score_status": str(score.status),
        "score_worst": worst,
        "score_best": best,
        "n_total": row.entry.sample.n,
        "n_missing": row.entry.sample.n_missing,
        "n_questions": score.n,
        "coverage": row.coverage,
        **_common_values(row),
    }


def _styled_values(row: BoardRow) -> dict[str, Any]:
    if row.styled is None:
        return {}
    style = row.styled.estimate
    return {
        "style_win_rate": style.value,
        "style_lower": style.lower,
        "style_upper": style.upper,
        "style_stderr": style.stderr,
        "style_status": str(style.status),
    }


def _common_values(row: BoardRow) -> dict[str, Any]:
    return {
        "avg_length": row.entry.avg_length,
        "cost": row.entry.judging.cost,
        "rank": row.rank.rank if row.rank else None,
        "rank_lower": row.rank.lower if row.rank else None,
        "rank_upper": row.rank.upper if row.rank else None,
        "judge": row.entry.judge,
        "judge_digest": row.entry.digest,
    }


def row_document(row: BoardRow) -> dict[str, Any]:
    """Everything about one row for a JSON reader: the columns, decisions by rule, and why verdicts are missing."""
    document = row_values(row)
    judging = row.entry.judging
    document["rules"] = dict(row.entry.rules)
    document["readings"] = dict(judging.readings)
    document["served"] = list(judging.served)
    document["part"] = row.entry.part or None
    document["self_disagreement"] = _estimate_document(judging.self_disagreement)
    document["failures"] = dict(row.entry.failures)
    document["notes"] = _notes(row)
    document["coefficients"] = _coefficients(row.controlled)
    if row.styled is not None:
        document["style_coefficients"] = _coefficients(row.styled)
    return document


def _notes(row: BoardRow) -> list[str]:
    styled = () if row.styled is None else row.styled.estimate.notes
    return list(dict.fromkeys((*row.lc.notes, *styled)))


def _coefficients(controlled: Controlled) -> dict[str, float]:
    return {name: round(value, DECIMALS_STORED) for name, value in controlled.coefficients.items()}


def _estimate_document(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    numbers = {"value": estimate.value, "lower": estimate.lower, "upper": estimate.upper}
    rounded = {name: None if value is None else round(value, DECIMALS_STORED) for name, value in numbers.items()}
    return {**rounded, "n": estimate.n, "status": str(estimate.status)}


def boards_document(boards: "Sequence[Board]") -> dict[str, Any]:
    return {
        "boards": [
            {
                "judge": board.judge,
                "judge_digest": board.digest,
                "part": board.part or None,
                "baseline": board.baseline,
                "metric": board.metric.value,
                "rows": [row_document(row) for row in board.rows],
                "agreement": None if board.agreement is None else agreement_document(board.agreement),
            }
            for board in boards
        ]
    }


def boards_json(boards: "Sequence[Board]") -> str:
    return json.dumps(boards_document(boards), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def boards_csv(boards: "Sequence[Board]") -> str:
    """All rows with all columns; texts cannot become formulas, missing numbers are empty fields."""
    rows = [row_values(row) for board in boards for row in board.rows]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(spreadsheet_cell(name) for name in columns)
    for row in rows:
        values = [row.get(name) for name in columns]
        writer.writerow(spreadsheet_cell(value) if isinstance(value, str) else value for value in values)
    return buffer.getvalue()


def boards_markdown(boards: "Sequence[Board]") -> str:
    parts = []
    for board in boards:
        header, lines = _cells(board)
        table = _markdown_table(header, lines, ["---", "---", *["---:"] * (len(header) - 3), "---"])
        if cells := _part_cells(board):
            table += ["", *_markdown_table(*cells, ["---", *["---:"] * (len(cells[0]) - 1)])]
        footer = [f"- {line}" for line in map(markdown_cell, _footer(board))]
        parts.append("\n".join([f"**{markdown_cell(_title(board, boards))}**", "", *table, "", *footer]))
    return "\n\n".join(parts).rstrip() + "\n"


def boards_text(boards: "Sequence[Board]", *, width: int | None = None) -> str:
    """Aligned columns for a terminal `width` characters wide."""
    width = width or shutil.get_terminal_size((120, 40)).columns
    return "\n\n".join(_board_text(board, boards, width) for board in boards) + "\n"


def rows_text(rows: Sequence[BoardRow]) -> str:
    """Single rows, each with everything a reader of one number must know beside it."""
    return "\n".join(_row_text(row) for row in rows)


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def published(value: float | None) -> str:
    """With the three decimals that published boards are compared by."""
    return "-" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    return "-" if estimate.lower is None else f"[{percent(estimate.lower)}, {percent(estimate.upper)}]"


def _row_text(row: BoardRow) -> str:
    sample = row.entry.sample
    facts = _graded_facts(row) if row.entry.graded else _compared_facts(row)
    if sample.n_missing and row.bounds:
        worst, best = ("lowest", "highest") if row.entry.graded else ("losses", "wins")
        facts["if all missing were"] = f"{worst} {percent(row.bounds[0])}, {best} {percent(row.bounds[1])}"
    if sample.n_inconsistent:
        facts["orders disagree on"] = f"{sample.n_inconsistent} instructions"
    if row.entry.rules:
        facts["by rule, unasked"] = ", ".join(f"{rule} {n}" for rule, n in row.entry.rules.items())
    for reason, n in list(row.entry.failures.items())[:3]:
        facts[f"no verdict ({n})"] = reason
    for name, estimate in row.parts.items():
        facts[name] = f"{percent(estimate.value)} {interval(estimate)}"
    for note in _notes(row):
        facts["note"] = note
    facts.update(_judging_facts(row.entry))
    against = "" if row.entry.graded else f" against {row.entry.baseline}"
    name = f"{row.entry.model}{against}, judge {row.entry.judge}"
    if row.entry.part:
        name += f" served as {row.entry.part}"
    width = max(map(len, facts))
    return (
        "\n".join(
            [printable(name), *(f"  {printable(key).ljust(width)}  {printable(fact)}" for key, fact in facts.items())]
        )
        + "\n"
    )


def _compared_facts(row: BoardRow) -> dict[str, str]:
    raw, lc, sample = row.raw.estimate, row.lc, row.entry.sample
    facts = {
        "win rate": f"{published(raw.value)} {interval(raw)} (standard error {published(raw.stderr)})",
        "LC win rate": f"{percent(lc.value)} {interval(lc)} {lc.status}",
    }
    if row.styled is not None:
        style = row.styled.estimate
        facts["style win rate"] = f"{percent(style.value)} {interval(style)} {style.status}"
    facts["verdicts"] = (
        f"{sample.n} of {sample.n + sample.n_missing} instructions: "
        f"{row.counts.wins} wins, {row.counts.losses} losses, {row.counts.ties} ties"
    )
    return facts


def _graded_facts(row: BoardRow) -> dict[str, str]:
    score, sample = row.raw.estimate, row.entry.sample
    low, high = row.entry.scale
    return {
        "score": f"{published(score.value)} {interval(score)} (standard error {published(score.stderr)}) "
        f"on a scale from {low:g} to {high:g}",
        "grades": f"{sample.n} of {sample.n + sample.n_missing}, on {score.n} questions",
    }


def _judging_facts(entry: Entry) -> dict[str, str]:
    judging = entry.judging
    facts: dict[str, str] = {}
    if sampled := judging.readings.get(Reading.SAMPLED.value):
        facts["single draws"] = f"{sampled} verdicts came without the log-probabilities that were asked for"
    if judging.self_disagreement is not None:
        estimate = judging.self_disagreement
        facts["repeats disagree"] = f"{percent(estimate.value)} % {interval(estimate)} of pairs, {estimate.n} repeated"
    if judging.cost:
        facts["cost"] = f"${judging.cost:.2f}"
    return facts


def _cells(board: "Board") -> tuple[list[str], list[list[str]]]:
    """Header and lines of the columns that people read: the metric that ranks first, then the others."""
    metrics = [board.metric, *(one for one in _metrics(board) if one != board.metric)]
    names = [_METRIC_NAMES[metric] for metric in metrics]
    header = ["rank", "model", names[0], "95 % interval", *names[1:], "n", "missing", "avg chars", "status"]
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
                shown.status.kind.value,
            ]
        )
    return header, lines


def _metrics(board: "Board") -> list[Metric]:
    """What the rows have numbers for."""
    if board.metric == Metric.SCORE:
        return [Metric.SCORE]
    styled = any(row.styled is not None for row in board.rows)
    return [Metric.LC_WIN_RATE, Metric.WIN_RATE, *([Metric.STYLE_WIN_RATE] if styled else [])]


def _part_cells(board: "Board") -> tuple[list[str], list[list[str]]] | None:
    """Header and lines of the scores by turn and category; None where there are none."""
    names = list(dict.fromkeys(name for row in board.rows for name in row.parts))
    if not names:
        return None
    missing = Estimate.refused("no verdicts", n=0)
    lines = [
        [printable(row.entry.model), *(percent(row.parts.get(name, missing).value) for name in names)]
        for row in board.rows
    ]
    return ["model", *(printable(name.removeprefix("category ")) for name in names)], lines


def _rank(row: BoardRow) -> str:
    rank = row.rank
    if rank is None:
        return "-"
    return f"{rank.rank}" if rank.lower == rank.upper else f"{rank.rank} ({rank.lower}-{rank.upper})"


def _board_text(board: "Board", boards: "Sequence[Board]", width: int) -> str:
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


def _title(board: "Board", boards: "Sequence[Board]") -> str:
    """Names the judge, with its digest where another form of it has a board too."""
    twin = any(other.digest != board.digest for other in boards if other.judge == board.judge)
    judge = f"{board.judge} [{board.digest}]" if twin else board.judge
    if board.part:
        judge += f" served as {board.part}"
    against = f", against {board.baseline}" if board.baseline else ""
    return f"{judge}{against}, ranked by {board.metric.value}"


def _footer(board: "Board") -> list[str]:
    """What a reader must know beside the table: reasons behind statuses, notes, and the agreement."""
    named = {row.entry.model: row.measured(board.metric).estimate.status for row in board.rows}
    lines = [f"{printable(model)}: {printable(str(status))}" for model, status in named.items() if status.reason]
    if len(lines) > _REASONS_SHOWN:
        rest = len(lines) - _REASONS_SHOWN
        lines[_REASONS_SHOWN:] = [f"and {rest} more that are not ok; csv and json give every reason"]
    notes = sorted({note for row in board.rows for note in _notes(row)})
    served = sorted({name for row in board.rows for name in row.entry.judging.served})
    if len(served) > 1:
        notes.append(f"the endpoint served the judge as {', '.join(served)}")
    sampled = [row.entry.model for row in board.rows if Reading.SAMPLED.value in row.entry.judging.readings]
    if sampled:
        notes.append(f"single draws instead of log-probabilities for {', '.join(sampled)}")
    lines += [f"note: {printable(note)}" for note in notes]
    return lines if board.agreement is None else [*lines, agreement_line(board.agreement)]


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
