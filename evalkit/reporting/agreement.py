"""Write the agreement of boards with a reference as a line, a terminal table, csv, json and markdown."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.reporting.paired_agreement import (
    difference_document,
    difference_values,
    differences_cells,
    differences_notes,
)
from evalkit.reporting.reasons import status_words
from evalkit.text import (
    DECIMALS_STORED,
    estimate_document,
    fill,
    markdown_cell,
    named,
    plural,
    printable,
    shorten,
    spreadsheet_cell,
    width,
)
from evalkit.types import Estimate

if TYPE_CHECKING:
    # imported for types only, so that a board without a reference is printed without the imports of an agreement
    from evalkit.boards import Agreement, BesideReference, Correlated
    from evalkit.catalog import Reference

_MEASURES = ("spearman", "kendall", "pearson", "separability", "confident", "brier")
_NAMES = {"confident": "agreement_with_confidence", "brier": "pair_rank_brier"}
_TITLES = {
    "spearman": "Spearman",
    "kendall": "Kendall",
    "pearson": "Pearson",
    "separability": "separability",
    "confident": "agreement",
    "brier": "Brier",
}
_NAMES_SHOWN = 6
_NARROWEST_NAME = 16
_NAMING = ("board", "metric", "reference", "measure")
# of a difference of two boards only
_OF_DIFFERENCES = ("versus", "p_value", "p_adjusted", "detectable")
CORRELATED_COLUMNS = (*_NAMING, "value", "lower", "upper", "stderr", "n_models", "status", "reference_date",
                      *_OF_DIFFERENCES, "permutation_p")  # fmt: skip


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
        **{_NAMES.get(name, name): estimate_document(getattr(agreement, name), exact=True) for name in _MEASURES[1:]},
        "models": list(agreement.models),
        "degraded": list(agreement.degraded),
        "left_out": list(agreement.left_out),
    }


def agreement_line(agreement: "Agreement") -> str:
    """Return one sentence that states the agreement of the board with a reference."""
    estimate = agreement.spearman
    if estimate.value is None:
        return printable(f"Spearman with {agreement.reference.name}: {estimate.status.reason}")
    line = f"Spearman with {agreement.reference.name}: {_estimate_cell(estimate)}, {plural(estimate.n, 'shared model')}"
    if agreement.degraded:
        line += f", {len(agreement.degraded)} of them not ok"
    if agreement.left_out:
        line += f"; without a number: {', '.join(agreement.left_out)}"
    return printable(line)


def correlated_json(found: "Sequence[BesideReference]") -> str:
    document = {
        "boards": [_document(correlated) for beside in found for correlated in beside.boards],
        "differences": [difference_document(pair) for beside in found for pair in beside.differences],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def correlated_csv(found: "Sequence[BesideReference]") -> str:
    """Return csv with a row for each board and measure, and for each difference; no name can become a formula."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, CORRELATED_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in correlated_values(found):
        writer.writerow(
            {name: spreadsheet_cell(value) if isinstance(value, str) else value for name, value in row.items()}
        )
    return buffer.getvalue()


def correlated_values(found: "Sequence[BesideReference]") -> list[dict[str, Any]]:
    """Return a row for each measure of a board, then for each difference, with None for a missing number."""
    rows = []
    for beside in found:
        rows += [row for correlated in beside.boards for row in _board_values(correlated)]
        metrics = {correlated.board: correlated.metric for correlated in beside.boards}
        rows += [
            {"metric": metrics.get(pair.first, ""), **values}
            for pair in beside.differences
            for values in difference_values(pair)
        ]
    return [{name: row.get(name) for name in CORRELATED_COLUMNS} for row in rows]


def _board_values(correlated: "Correlated") -> list[dict[str, Any]]:
    reference, rows = correlated.agreement.reference, []
    tested = {coefficient.value: found.p_value for coefficient, found in correlated.robustness.items()}
    for measure, estimate in measures_of(correlated.agreement).items():
        numbers = {name: getattr(estimate, name) for name in ("value", "lower", "upper", "stderr")}
        rows.append({
            **dict(zip(_NAMING, (correlated.board, correlated.metric, reference.name, measure), strict=True)),
            **{name: None if number is None else round(number, DECIMALS_STORED) for name, number in numbers.items()},
            "n_models": estimate.n,
            "status": str(estimate.status),
            "reference_date": reference.date or None,
            "permutation_p": tested.get(measure),
        })  # fmt: skip
    return rows


def measures_of(agreement: "Agreement") -> dict[str, Estimate]:
    """Return the measures of an agreement by the names that files have."""
    return {_NAMES.get(name, name): getattr(agreement, name) for name in _MEASURES}


def correlated_markdown(found: "Sequence[BesideReference]") -> str:
    parts = []
    for beside in found:
        if len(found) > 1:
            parts += [f"### {markdown_cell(_heading(beside.reference))}", ""]
        parts += [*_markdown_table(*_cells(beside.boards)), ""]
        if beside.differences:
            parts += [*_markdown_table(*differences_cells(beside.differences)), ""]
        notes = [*_notes(beside.boards), *differences_notes(beside.differences)]
        parts += [*(f"- {markdown_cell(line)}" for line in notes), ""]
    return "\n".join(parts[:-1]) + "\n"


def _markdown_table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    rows = [header, ["---", *["---:"] * (len(header) - 1)], *[[markdown_cell(cell) for cell in line] for line in lines]]
    return [f"| {' | '.join(row)} |" for row in rows]


def correlated_text(found: "Sequence[BesideReference]", *, columns: int | None = None) -> str:
    """Return for each reference a table with one line a board, one with a line for each pair of boards, and the notes
    that a reader must know.

    Args:
        columns: the width that the tables fit; measures that have no room beside the others get a table of their own.
    """
    blocks = []
    for beside in found:
        lines = [printable(_heading(beside.reference)), ""] if len(found) > 1 else []
        lines += _table(*_cells(beside.boards), columns)
        if beside.differences:
            lines += _table(*differences_cells(beside.differences), columns)
        notes = [*_notes(beside.boards), *differences_notes(beside.differences)]
        blocks.append("\n".join([*lines, *map(printable, notes)]) + "\n")
    return "\n".join(blocks)


def _heading(reference: "Reference") -> str:
    """Return the name of a reference with its date and its number of models."""
    date = f", {reference.date}" if reference.date else ""
    return f"Beside {reference.name}{date}, {plural(len(reference.scores), 'model')}"


def _table(header: Sequence[str], lines: Sequence[Sequence[str]], columns: int | None) -> list[str]:
    return _aligned([header, *[[printable(cell) for cell in line] for line in lines]], columns) if lines else []


def _aligned(table: Sequence[Sequence[str]], columns: int | None) -> list[str]:
    """Return the lines of one or several tables with the same first column, each with a blank line below it."""
    names, *rest = zip(*table, strict=True)
    parts = [list(rest)] if columns is None else _parted(rest, columns - _NARROWEST_NAME)
    if columns is not None:
        names = shorten(names, max(_NARROWEST_NAME, columns - max(map(_room, parts))))
    lines = []
    for part in parts:
        widths = [max(map(width, column)) for column in (names, *part)]
        lines += [*(_line(row, widths) for row in zip(names, *part, strict=True)), ""]
    return lines


def _parted(table: Sequence[Sequence[str]], room: int) -> list[list[Sequence[str]]]:
    """Return the columns of a table in groups that fit the room, or that are a single column."""
    parts: list[list[Sequence[str]]] = [[]]
    for column in table:
        if parts[-1] and _room([*parts[-1], column]) > room:
            parts.append([])
        parts[-1].append(column)
    return parts


def _room(table: Sequence[Sequence[str]]) -> int:
    """Return the columns of a terminal that the columns of a table take, each with a gap before it."""
    return sum(2 + max(map(width, column)) for column in table)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(map(_filled, cells, widths)).rstrip()


def _filled(cell: str, columns: int) -> str:
    return fill(cell, columns, left=True)


CORRELATED_FORMS: "Mapping[str, Callable[[Sequence[BesideReference]], str]]" = {
    "table": correlated_text,
    "csv": correlated_csv,
    "json": correlated_json,
    "markdown": correlated_markdown,
}


def _document(correlated: "Correlated") -> dict[str, Any]:
    document = {"board": correlated.board, "metric": correlated.metric, **agreement_document(correlated.agreement)}
    document["unknown_to_reference"] = list(correlated.agreement.unknown)
    document["absent_from_board"] = list(correlated.agreement.absent)
    document["notes"] = list(correlated.notes)
    document["robustness"] = {
        coefficient.value: {
            "permutation_p": found.p_value,
            "without_one_lower": found.lower,
            "without_one_upper": found.upper,
            "model": correlated.agreement.models[found.model],
            "without_it": found.without,
        }
        for coefficient, found in correlated.robustness.items()
    }
    return document


def _cells(boards: "Sequence[Correlated]") -> tuple[list[str], list[list[str]]]:
    """Return the header and a line for each board that has a number; measures that no board has are left out."""
    shown = [correlated for correlated in boards if _measured(correlated)]
    names = [name for name in _MEASURES if any(name in _measured(correlated) for correlated in shown)]
    header = ["board", "models", *(_TITLES[name] for name in names)]
    lines = [
        [
            correlated.board,
            str(len(correlated.agreement.models)),
            *(_estimate_cell(getattr(correlated.agreement, name)) for name in names),
        ]
        for correlated in shown
    ]
    return header, lines


def _measured(correlated: "Correlated") -> list[str]:
    """Return the measures that have a number."""
    return [name for name in _MEASURES if getattr(correlated.agreement, name).value is not None]


def _estimate_cell(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    if estimate.lower is None:
        return f"{estimate.value:z.3f}"
    return f"{estimate.value:z.3f} [{estimate.lower:z.3f}, {estimate.upper:z.3f}]"


def _notes(boards: "Sequence[Correlated]") -> list[str]:
    """Return the facts behind the numbers of each board, a line for each fact."""
    lines: list[str] = []
    for correlated in boards:
        agreement = correlated.agreement
        facts = []
        if _measured(correlated):
            facts.append(f"{correlated.metric} against {agreement.reference.name}")
        for coefficient, found in correlated.robustness.items():
            facts.append(
                f"{_TITLES[coefficient.value]}: permutation p {found.p_value:.4f}, without one model "
                f"{found.lower:.3f} to {found.upper:.3f} ({found.without:.3f} without {agreement.models[found.model]})"
            )
        facts += correlated.notes
        facts += _doubts(agreement)
        facts += [f"{_TITLES[name]}: {note}" for name in _MEASURES for note in getattr(agreement, name).notes]
        facts += _left_out("without a number", agreement.left_out)
        facts += _left_out("not in the reference", agreement.unknown)
        facts += _left_out("not on the board", agreement.absent)
        lines += [f"{correlated.board}: {fact}" for fact in facts]
    return lines


def _doubts(agreement: "Agreement") -> list[str]:
    """Return a line for each reason why measures are not ok, with the measures that have it."""
    measures: dict[str, list[str]] = {}
    for name in _MEASURES:
        status = getattr(agreement, name).status
        if status.reason:
            measures.setdefault(status_words(status), []).append(_TITLES[name])
    refused = all(getattr(agreement, name).value is None for name in _MEASURES)
    if refused and len(measures) == 1 and [len(titles) for titles in measures.values()] == [len(_MEASURES)]:
        nothing = f"nothing can be correlated with {agreement.reference.name}: {agreement.spearman.status.reason}"
        return [nothing if agreement.models else f"{nothing}. Match the names of models with --map FILE.json"]
    return [f"{', '.join(titles)}: {words}" for words, titles in measures.items()]


def _left_out(what: str, models: Sequence[str]) -> list[str]:
    if not models:
        return []
    return [f"{plural(len(models), 'model')} {what}: {named(models, most=_NAMES_SHOWN)}"]
