"""The lines as docs/honesty.csv, and the tables of docs/honesty.md, which sum them up."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from benchmarks.honesty.cells import Cell, all_cells
from benchmarks.honesty.measures import Figure, Group
from benchmarks.honesty.promises import Kind, Limit, Verdict, limits, limits_on
from benchmarks.honesty.sources import Source
from benchmarks.honesty.table import Line, figure_text
from evalkit.files import write_text
from evalkit.text import spreadsheet_cell

DOCS = Path(__file__).parents[2] / "docs"
# columns of the csv that hold a figure, each with a second column for its Monte-Carlo error
FIGURES = {
    "refused": "rows not ok in %",
    "coverage": "coverage of ok rows in %",
    "bias": "bias of ok rows in points",
    "width": "interval width of ok rows in points",
    "passes": "gate passes in %",
    "fails": "gate fails in %",
    "pairs": "coverage of paired differences in %",
}
_ERROR = "Monte-Carlo error of "
_MEASURES = {
    "coverage": "coverage",
    "passes": "passes of a gate at the truth",
    "fails": "fails of a gate at the truth",
    "refused": "rows not `ok`, lengths balanced",
    "pairs": "coverage of paired differences",
}
_SUMMARY = ("kind of line", "history", "lines that hold", "worst coverage %", "of the line")
_LIMITS = ("kind of line", "measure", "limit %", "lines that keep it", "worst %", "of the line")
_FAILING = ("line", "n", "history", "coverage %", "bias", "width", "passes %", "verdict")
_NUMBERS = {*_SUMMARY[2:4], *_LIMITS[2:5], "n", *_FAILING[3:7]}
_BLOCK = re.compile(r"(<!-- (\w+): written by benchmarks\.honesty -->\n).*?(?=<!-- end -->)", re.DOTALL)
_MADE = re.compile(r"Made on (\d{4}-\d\d-\d\d)")


def publish(lines: Sequence[Line], *, made: date, folder: Path = DOCS) -> None:
    """Write all lines as csv, and the page's tables from them."""
    page = folder / "honesty.md"
    write_text(folder / "honesty.csv", csv_text(lines))
    write_text(page, page_text(page.read_text(encoding="utf-8"), lines, made=made))


def csv_text(lines: Sequence[Line]) -> str:
    """Return all lines as csv, without anything that a spreadsheet takes for a formula."""
    rows = [_row(line) for line in lines]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def read_lines(text: str) -> list[Line]:
    """Return the lines that `csv_text` wrote, with the cells of today's code.

    Raises:
        KeyError: the code has no such cell, or the text no such column.
    """
    cells = {(cell.name, str(cell.n), cell.source.value): cell for cell in all_cells()}
    return [
        Line(cells[row["process"], row["instructions"], row["history"]], _group(row))
        for row in csv.DictReader(io.StringIO(text))
    ]


def page_text(text: str, lines: Sequence[Line], *, made: date) -> str:
    """Return the text of the page with everything between its marks made anew from the lines."""
    blocks = {
        "count": lambda: _count(lines),
        "summary": lambda: _table(_SUMMARY, _summary(lines)),
        "limits": lambda: _table(_LIMITS, _limits(lines)),
        "draws": lambda: _draws(lines, made),
        "failing": lambda: _table(_FAILING, _failing(lines)),
    }
    return _BLOCK.sub(lambda found: f"{found[1]}\n{blocks[found[2]]()}\n\n", text)


def made_on(text: str) -> date:
    """The day on which the lines of a page were simulated."""
    found = _MADE.search(text)
    assert found is not None
    return date.fromisoformat(found[1])


def _row(line: Line) -> dict[str, str]:
    cell, group = line.cell, line.group
    row = {
        "kind of line": line.kind,
        "process": spreadsheet_cell(cell.name),
        "models": spreadsheet_cell(group.stratum),
        "instructions": str(cell.n),
        "history": cell.source.value,
        "rows": str(group.rows),
        "true win rate in %": f"{group.truth:.1f}",
    }
    for name, heading in FIGURES.items():
        figure: Figure = getattr(group, name)
        row[heading] = "" if figure.value is None else f"{figure.value:.1f}"
        row[_ERROR + heading] = "" if figure.value is None else f"{figure.error or 0.0:.1f}"
    return row | {
        "sensitivity": "" if group.sensitivity is None else f"{group.sensitivity:.2f}",
        "verdict": line.verdict_words,
    }


def _group(row: dict[str, str]) -> Group:
    figures = {name: Figure(_number(row[text]), _number(row[_ERROR + text])) for name, text in FIGURES.items()}
    return Group(
        stratum=row["models"],
        rows=int(row["rows"]),
        truth=float(row["true win rate in %"]),
        # the csv has no column for it
        covered=Figure(None),
        sensitivity=_number(row["sensitivity"]),
        **figures,
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _count(lines: Sequence[Line]) -> str:
    held = [line for line in lines if line.verdict == Verdict.HOLDS]
    beyond = sum(line.verdict == Verdict.BEYOND for line in lines)
    refused = sum((line.group.refused.value or 0.0) >= 90 for line in held)
    return (
        f"**Of {len(lines)} lines {len(held)} hold and {len(lines) - len(held)} fail**, {beyond} of the latter beyond "
        f"what is promised. In {refused} of the lines that hold, at least 90 % of the rows are not `ok`, and no board "
        "ranks such rows."
    )


def _draws(lines: Sequence[Line], made: date) -> str:
    """The date, and the number of draws; a draw of a board gives its rows to several lines."""
    rows: Counter[Cell] = Counter()
    for line in lines:
        rows[line.cell] += line.group.rows
    draws = {cell: count // cell.source.candidates(len(cell.process.strata)) for cell, count in rows.items()}
    alone = min(count for cell, count in draws.items() if cell.source == Source.ALONE)
    others = min(count for cell, count in draws.items() if cell.source != Source.ALONE)
    return f"Made on {made}, with {alone} draws of each model alone and {others} draws of each board and each history."


def _summary(lines: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    """A row for each kind of line with each history: how many lines hold, and the worst coverage."""
    for kind in _kinds(lines):
        for source in Source:
            found = [line for line in lines if (line.kind, line.cell.source) == (kind, source)]
            if found:
                held = sum(line.verdict == Verdict.HOLDS for line in found)
                yield (kind, source.value, f"{held} of {len(found)}", *_worst_coverage(found))


def _worst_coverage(lines: Sequence[Line]) -> tuple[str, str]:
    """The worst coverage of lines of one kind, and its line."""
    for limit in limits(lines[0].cell.kind):
        if limit.measure == "coverage":
            worst = _worst(limit, [line for line in lines if _bound(line, limit)])
            return figure_text(worst.group.coverage), _where(worst)
    return "not promised", ""


def _limits(lines: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    """A row for each limit of each kind of line: how many lines keep it, and the worst figure."""
    for kind in _kinds(lines):
        found = [line for line in lines if line.kind == kind]
        for limit in limits(found[0].cell.kind):
            bound = [line for line in found if _bound(line, limit)]
            kept = sum(not limit.broken_by(limit.figure(line.group)) for line in bound)
            line = _worst(limit, bound)
            worst = (figure_text(limit.figure(line.group)), f"{_where(line)}; {line.cell.source.value}")
            yield (kind, _MEASURES[limit.measure], _range(limit), f"{kept} of {len(bound)}", *worst)


def _failing(lines: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    for line in lines:
        if line.verdict != Verdict.HOLDS:
            group = line.group
            figures = map(figure_text, (group.coverage, group.bias, group.width, group.passes))
            yield (line.name, str(line.cell.n), line.cell.source.value, *figures, line.verdict_words)


def _kinds(lines: Sequence[Line]) -> list[str]:
    """The kinds of the lines, each followed by those beyond what it promises."""
    kinds = {kind: place for place, kind in enumerate(Kind)}
    in_order = sorted(lines, key=lambda line: (kinds[line.cell.kind], line.cell.beyond))
    return list(dict.fromkeys(line.kind for line in in_order))


def _bound(line: Line, limit: Limit) -> bool:
    return limit in limits_on(line.group, line.cell.kind) and limit.figure(line.group).value is not None


def _worst(limit: Limit, lines: Sequence[Line]) -> Line:
    """The line with the worst figure; one that breaks the limit is worse than one that does not."""

    def badness(line: Line) -> tuple[bool, float, float]:
        figure = limit.figure(line.group)
        assert figure.value is not None
        return limit.broken_by(figure), limit.excess(figure.value), -(figure.error or 0.0)

    return max(lines, key=badness)


def _where(line: Line) -> str:
    return f"{line.name}; n = {line.cell.n}; {line.group.rows} rows"


def _range(limit: Limit) -> str:
    if limit.at_least == 0:
        return f"≤ {limit.at_most:g}"
    return f"≥ {limit.at_least:g}" if limit.at_most == 100 else f"{limit.at_least:g} to {limit.at_most:g}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---:" if one in _NUMBERS else "---" for one in headings]
    return "\n".join(f"| {' | '.join(one)} |" for one in (headings, rule, *rows))
