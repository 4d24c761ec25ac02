"""Write a board of ratings as a terminal table, csv, json and markdown."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from evalkit.boards import RatingBoard
from evalkit.reporting.reasons import KINDS, status_words
from evalkit.reporting.tables import values_table
from evalkit.stats import Rated, Unit, win_rate_from_rating
from evalkit.text import estimate_numbers, markdown_cell, plural, printable, shortened, spreadsheet_cell, stored

COLUMNS = (
    "model",
    "rating",
    "lower",
    "upper",
    "stderr",
    "rank",
    "rank_lower",
    "rank_upper",
    "n_battles",
    "win_rate",
    "status",
)
_HEADER = ("rank", "model", "rating", "95 % interval", "battles", "win rate", "status")
_REASONS_SHOWN = 5
_NAMES_SHOWN = 3
_WIDEST_MODEL = 48


def ratings_json(board: RatingBoard) -> str:
    recipe = board.recipe
    document = {
        "method": recipe.method,
        "interval": recipe.interval if recipe.method == "bt" else None,
        "rounds": recipe.rounds if recipe.method == "bt" and recipe.interval == "bootstrap" else None,
        "scale": recipe.scale.unit.value,
        "anchor": recipe.scale.anchor,
        "origin": recipe.scale.origin,
        "penalised": board.penalised,
        "n_battles": board.n_battles,
        "n_clusters": board.n_clusters,
        "clustered_by": board.clustered_by,
        "left_out": dict(board.left_out),
        "coefficients": {
            name: {**estimate_numbers(coefficient), "n": coefficient.n, "unit": stored(board.units[name])}
            for name, coefficient in board.coefficients.items()
        },
        "rows": [_row_document(row, board) for row in board.rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def ratings_csv(board: RatingBoard) -> str:
    """Return all rows with all columns; no text can become a formula, and missing numbers are empty fields."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in board.rows:
        values = rating_values(row)
        writer.writerow({k: spreadsheet_cell(v) if isinstance(v, str) else v for k, v in values.items()})
    return buffer.getvalue()


def ratings_markdown(board: RatingBoard) -> str:
    lines = [f"**{markdown_cell(_title(board))}**", "", _markdown_line(_HEADER)]
    lines.append(_markdown_line(["---:", "---", *["---:"] * 4, "---"]))
    lines += [_markdown_line([markdown_cell(cell) for cell in _cells(row, board)]) for row in board.rows]
    return "\n".join([*lines, "", *(f"- {markdown_cell(line)}" for line in _footer(board))]).rstrip() + "\n"


def ratings_text(board: RatingBoard) -> str:
    """Return aligned columns for a terminal."""
    rows = [dict(zip(_HEADER, _cells(row, board), strict=True)) for row in board.rows]
    rows = [{**row, "model": shortened(printable(row["model"]), _WIDEST_MODEL)} for row in rows]
    return (
        "\n".join([printable(_title(board)), "", values_table(rows), *map(printable, _footer(board))]).rstrip() + "\n"
    )


RATINGS_FORMS: Mapping[str, Callable[[RatingBoard], str]] = {
    "table": ratings_text,
    "csv": ratings_csv,
    "json": ratings_json,
    "markdown": ratings_markdown,
}


def _row_document(row: Rated, board: RatingBoard) -> dict[str, Any]:
    """Return the columns of a row and, on a scale with an anchor, the win rate in percent expected against it."""
    recipe = board.recipe
    if recipe.scale.anchor is None or recipe.method != "bt":
        return rating_values(row)
    promised = win_rate_from_rating(row.rating, baseline=recipe.scale.origin, unit=recipe.scale.unit)
    return {**rating_values(row), "expected_against_anchor": estimate_numbers(promised)}


def rating_values(row: Rated) -> dict[str, Any]:
    """Return the columns of one row, with None for a missing number; the win rate is a percentage."""
    numbers = estimate_numbers(row.rating)
    return {
        "model": row.model,
        "rating": numbers["value"],
        "lower": numbers["lower"],
        "upper": numbers["upper"],
        "stderr": numbers["stderr"],
        "rank": row.rank,
        "rank_lower": row.ranks.lower if row.ranks else None,
        "rank_upper": row.ranks.upper if row.ranks else None,
        "n_battles": row.n_battles,
        "win_rate": stored(row.win_rate),
        "status": str(row.rating.status),
    }


def _cells(row: Rated, board: RatingBoard) -> list[str]:
    rating, ranks = row.rating, row.ranks
    places = 1 if board.recipe.scale.unit == Unit.ELO else 3
    interval = "-"
    if rating.lower is not None and rating.upper is not None:
        interval = f"[{rating.lower:.{places}f}, {rating.upper:.{places}f}]"
    return [
        f"{row.rank}" if ranks is None or ranks.lower == ranks.upper else f"{row.rank} ({ranks.lower}-{ranks.upper})",
        row.model,
        "-" if rating.value is None else f"{rating.value:.{places}f}",
        interval,
        str(row.n_battles),
        f"{row.win_rate:.2f}",
        KINDS[rating.status.kind],
    ]


def _title(board: RatingBoard) -> str:
    recipe = board.recipe
    method = "Elo, online" if recipe.method == "elo" else "Bradley-Terry"
    if board.coefficients:
        method += f" at equal {', '.join(board.coefficients)}"
    return f"{method}: {plural(len(board.rows), 'model')}, {plural(board.n_battles, 'battle')}, {_measured_from(board)}"


def _measured_from(board: RatingBoard) -> str:
    scale = board.recipe.scale
    anchor = "the models' mean" if scale.anchor is None else scale.anchor
    return f"{scale.unit.value} scale with {anchor} at {scale.origin:g}"


def _footer(board: RatingBoard) -> list[str]:
    """Return the lines below the table: reasons of statuses, clusters, coefficients and counts of what was left out."""
    lines = _reasons(board)
    recipe = board.recipe
    if recipe.method == "bt":
        unit = board.clustered_by
        tied = f"{plural(board.n_clusters, 'cluster')} by {unit}" if unit else "every battle counts as independent"
        way = f"{recipe.rounds} bootstrap rounds" if recipe.interval == "bootstrap" else "sandwich intervals"
        lines.append(f"note: {way}; {tied}. Rank intervals hold for all models at once")
    if board.penalised:
        lines.append("note: Jeffreys' penalty moves all ratings towards each other, by at most half a win a pair")
    for name, coefficient in board.coefficients.items():
        lines.append(
            f"note: {name}: {coefficient.value:+.3f} [{coefficient.lower:+.3f}, {coefficient.upper:+.3f}] "
            f"log-odds for a typical difference of {board.units[name]:.3g}"
        )
    return [*lines, *(f"note: left out: {n} {reason}" for reason, n in board.left_out.items())]


def _reasons(board: RatingBoard) -> list[str]:
    """Return a line for each reason why ratings are not ok, with the models that have it."""
    models: dict[str, list[str]] = {}
    for row in board.rows:
        if row.rating.status.reason:
            models.setdefault(status_words(row.rating.status, number="rating"), []).append(row.model)
    lines = []
    for status, names in models.items():
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        who = "all" if len(names) == len(board.rows) else f"{', '.join(names[:_NAMES_SHOWN])}{more}"
        lines.append(f"{who}: {status}")
    if len(lines) > _REASONS_SHOWN:
        lines[_REASONS_SHOWN:] = [f"and {len(lines) - _REASONS_SHOWN} more reasons; csv and json give every one"]
    return lines


def _markdown_line(cells: "list[str] | tuple[str, ...]") -> str:
    return f"| {' | '.join(cells)} |"
