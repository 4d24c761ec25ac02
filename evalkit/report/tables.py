"""A board as plain values, and these as a terminal table, csv, json and markdown. Only here are numbers formatted."""

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.boards.entries import Entry
from evalkit.boards.row import BoardRow, Metric
from evalkit.report.text import markdown_cell, printable, spreadsheet_cell
from evalkit.types import Estimate, Reading

if TYPE_CHECKING:
    # a single row is printed without what a whole board takes
    from evalkit.boards.build import Agreement, Board

DECIMALS_STORED = 9
_NARROWEST_MODEL = 16
_REASONS_SHOWN = 5

COLUMNS = (
    "model",
    "lc_win_rate",
    "lc_lower",
    "lc_upper",
    "lc_stderr",
    "lc_status",
    "win_rate",
    "win_rate_stderr",
    "win_rate_lower",
    "win_rate_upper",
    "win_rate_worst",
    "win_rate_best",
    "discrete_win_rate",
    "n_wins",
    "n_losses",
    "n_ties",
    "n_total",
    "n_missing",
    "coverage",
    "n_inconsistent",
    "avg_length",
    "cost",
    "rank",
    "rank_lower",
    "rank_upper",
    "judge",
    "judge_digest",
    "baseline",
)


def row_values(row: BoardRow) -> dict[str, Any]:
    """The board columns of one row; None where there is no number.

    Rates are percentages, coverage is a share, and cost is in US dollars.
    """
    sample, lc, raw = row.entry.sample, row.lc, row.raw.estimate
    worst, best = row.bounds or (None, None)
    values = {
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
        "discrete_win_rate": row.discrete,
        "n_wins": row.counts.wins,
        "n_losses": row.counts.losses,
        "n_ties": row.counts.ties,
        "n_total": sample.n,
        "n_missing": sample.n_missing,
        "coverage": row.coverage,
        "n_inconsistent": sample.n_inconsistent,
        "avg_length": row.entry.avg_length,
        "cost": row.entry.judging.cost,
        "rank": row.rank.rank if row.rank else None,
        "rank_lower": row.rank.lower if row.rank else None,
        "rank_upper": row.rank.upper if row.rank else None,
        "judge": row.entry.judge,
        "judge_digest": row.entry.digest,
        "baseline": row.entry.baseline,
    }
    return {
        name: round(value, DECIMALS_STORED) if isinstance(value, float) else value for name, value in values.items()
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
    document["notes"] = list(row.lc.notes)
    document["coefficients"] = {
        name: round(value, DECIMALS_STORED) for name, value in row.controlled.coefficients.items()
    }
    return document


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


def agreement_document(agreement: "Agreement") -> dict[str, Any]:
    estimate = agreement.spearman
    return {
        "reference": agreement.reference.name,
        "source": agreement.reference.source,
        "date": agreement.reference.date,
        "spearman": estimate.value,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "status": str(estimate.status),
        "n_models": estimate.n,
        "models": list(agreement.models),
        "degraded": list(agreement.degraded),
        "left_out": list(agreement.left_out),
    }


def boards_json(boards: "Sequence[Board]") -> str:
    return json.dumps(boards_document(boards), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def boards_csv(boards: "Sequence[Board]") -> str:
    """All rows with all columns; texts cannot become formulas, missing numbers are empty fields."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for board in boards:
        for row in board.rows:
            values = row_values(row)
            writer.writerow({k: spreadsheet_cell(v) if isinstance(v, str) else v for k, v in values.items()})
    return buffer.getvalue()


def boards_markdown(boards: "Sequence[Board]") -> str:
    parts = []
    for board in boards:
        header, lines = _cells(board)
        table = [_markdown_line(header), _markdown_line(["---", "---", *["---:"] * (len(header) - 3), "---"])]
        table += [_markdown_line([markdown_cell(cell) for cell in line]) for line in lines]
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


def agreement_line(agreement: "Agreement") -> str:
    """One sentence on how far the board agrees with a reference."""
    estimate = agreement.spearman
    if estimate.value is None:
        return f"Spearman with {agreement.reference.name}: {estimate.status.reason}"
    line = (
        f"Spearman with {agreement.reference.name}: {estimate.value:.3f} "
        f"[{estimate.lower:.3f}, {estimate.upper:.3f}], {estimate.n} shared models"
    )
    if agreement.degraded:
        line += f", {len(agreement.degraded)} of them degraded"
    if agreement.left_out:
        line += f"; without a number: {', '.join(agreement.left_out)}"
    return printable(line)


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def published(value: float | None) -> str:
    """With the three decimals that published boards are compared by."""
    return "-" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    return "-" if estimate.lower is None else f"[{percent(estimate.lower)}, {percent(estimate.upper)}]"


def _row_text(row: BoardRow) -> str:
    raw, lc, sample = row.raw.estimate, row.lc, row.entry.sample
    facts = {
        "win rate": f"{published(raw.value)} {interval(raw)} (standard error {published(raw.stderr)})",
        "LC win rate": f"{percent(lc.value)} {interval(lc)} {lc.status}",
        "verdicts": f"{sample.n} of {sample.n + sample.n_missing} instructions: "
        f"{row.counts.wins} wins, {row.counts.losses} losses, {row.counts.ties} ties",
    }
    if sample.n_missing and row.bounds:
        facts["if all missing were"] = f"losses {percent(row.bounds[0])}, wins {percent(row.bounds[1])}"
    if sample.n_inconsistent:
        facts["orders disagree on"] = f"{sample.n_inconsistent} instructions"
    if row.entry.rules:
        facts["by rule, unasked"] = ", ".join(f"{rule} {n}" for rule, n in row.entry.rules.items())
    for reason, n in list(row.entry.failures.items())[:3]:
        facts[f"no verdict ({n})"] = reason
    for note in lc.notes:
        facts["note"] = note
    facts.update(_judging_facts(row.entry))
    name = f"{row.entry.model} against {row.entry.baseline}, judge {row.entry.judge}"
    if row.entry.part:
        name += f" served as {row.entry.part}"
    width = max(map(len, facts))
    return (
        "\n".join([printable(name), *(f"  {key.ljust(width)}  {printable(fact)}" for key, fact in facts.items())])
        + "\n"
    )


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
    """Header and lines of the columns that people read."""
    names = ["LC win rate", "win rate"]
    if board.metric == Metric.WIN_RATE:
        names.reverse()
    header = ["rank", "model", names[0], "95 % interval", names[1], "n", "missing", "avg chars", "status"]
    lines = []
    for row in board.rows:
        shown, other = row.lc, row.raw.estimate
        if board.metric == Metric.WIN_RATE:
            shown, other = other, shown
        lines.append(
            [
                _rank(row),
                printable(row.entry.model),
                percent(shown.value),
                interval(shown),
                percent(other.value),
                str(row.entry.sample.n),
                str(row.entry.sample.n_missing),
                "-" if row.entry.avg_length is None else f"{row.entry.avg_length:.0f}",
                shown.status.kind.value,
            ]
        )
    return header, lines


def _rank(row: BoardRow) -> str:
    rank = row.rank
    if rank is None:
        return "-"
    return f"{rank.rank}" if rank.lower == rank.upper else f"{rank.rank} ({rank.lower}-{rank.upper})"


def _board_text(board: "Board", boards: "Sequence[Board]", width: int) -> str:
    header, lines = _cells(board)
    widths = [max(len(line[index]) for line in [header, *lines]) for index in range(len(header))]
    excess = sum(widths) + 2 * (len(widths) - 1) - width
    if excess > 0:
        widths[1] = max(_NARROWEST_MODEL, len("model"), widths[1] - excess)
    left = {0, 1, len(header) - 1}

    def laid_out(cells: Sequence[str]) -> str:
        fitted = [cell if len(cell) <= widths[i] else cell[: widths[i] - 1] + "…" for i, cell in enumerate(cells)]
        return "  ".join(
            cell.ljust(widths[i]) if i in left else cell.rjust(widths[i]) for i, cell in enumerate(fitted)
        ).rstrip()

    rule = "─" * min(width, sum(widths) + 2 * (len(widths) - 1))
    return "\n".join(
        [printable(_title(board, boards)), rule, laid_out(header), rule, *map(laid_out, lines), rule, *_footer(board)]
    ).rstrip()


def _title(board: "Board", boards: "Sequence[Board]") -> str:
    """Names the judge, with its digest where another form of it has a board too."""
    twin = any(other.digest != board.digest for other in boards if other.judge == board.judge)
    judge = f"{board.judge} [{board.digest}]" if twin else board.judge
    if board.part:
        judge += f" served as {board.part}"
    return f"{judge}, against {board.baseline}, ranked by {board.metric.value}"


def _footer(board: "Board") -> list[str]:
    """What a reader must know beside the table: reasons behind statuses, notes, and the agreement."""
    named = {row.entry.model: row.measured(board.metric).estimate.status for row in board.rows}
    lines = [f"{printable(model)}: {printable(str(status))}" for model, status in named.items() if status.reason]
    if len(lines) > _REASONS_SHOWN:
        rest = len(lines) - _REASONS_SHOWN
        lines[_REASONS_SHOWN:] = [f"and {rest} more that are not ok; csv and json give every reason"]
    notes = sorted({note for row in board.rows for note in row.lc.notes})
    served = sorted({name for row in board.rows for name in row.entry.judging.served})
    if len(served) > 1:
        notes.append(f"the endpoint served the judge as {', '.join(served)}")
    sampled = [row.entry.model for row in board.rows if Reading.SAMPLED.value in row.entry.judging.readings]
    if sampled:
        notes.append(f"single draws instead of log-probabilities for {', '.join(sampled)}")
    lines += [f"note: {printable(note)}" for note in notes]
    return lines if board.agreement is None else [*lines, agreement_line(board.agreement)]


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
