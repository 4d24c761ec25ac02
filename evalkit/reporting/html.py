"""Write one HTML file that shows boards, their uncertainty and their judgments, without a network or a server."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evalkit import __version__
from evalkit.boards import Behaviour, Board, Matrix, Series, Transcripts
from evalkit.redaction import redact
from evalkit.reporting.columns import judge_notices, number_notes
from evalkit.reporting.page.coverage import Coverage, coverage
from evalkit.reporting.page.drawings import apart, checked
from evalkit.reporting.page.heat import Heat, category_heat, matrix_heat
from evalkit.reporting.page.judge import Panel, judge_panel
from evalkit.reporting.page.origins import Origins, origins, source_name
from evalkit.reporting.page.rests import Rests, rests
from evalkit.reporting.page.table import BoardTable, board_table
from evalkit.reporting.page.words import LEGEND, Statement, basis, finding, statements, title_of
from evalkit.reporting.plots.figures import PLOTS, plots_of
from evalkit.reporting.plots.palette import DARK, LIGHT
from evalkit.reporting.plots.releases import releases_plot
from evalkit.reporting.svg import plot_svg
from evalkit.text import printable

PAGE = Path(__file__).parent / "page"
# the plot named `board` is left out, since the page's table already draws the same intervals
_DRAWN = ("lift", "ranks", "length", "agreement")
INDEX = "index"
# models whose releases are drawn; a page of more would hide the rest
MOST_SERIES = 12
# the scripts are joined in this order: a function may be used before its definition, a constant may not
SCRIPTS = (
    *("elements", "theme", "boards", "tables", "chunks", "data", "filters", "list"),
    *("links", "comparison", "differences", "keys", "start"),
)
_POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The content of one page: boards, each with its matrix and its judge's behaviour, and `chunks` to browse.

    `releases` are the series of models on these boards of which several releases are known.

    `sources` are named as the user named them; the page leaves out the folders that they are in.
    """

    title: str
    boards: tuple[Board, ...]
    judged: Transcripts
    matrices: tuple[Matrix, ...]
    behaviours: tuple[Behaviour, ...]
    sources: tuple[str, ...]
    chunks: Mapping[str, str]
    releases: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot as svg with its title and description."""

    name: str
    title: str
    description: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Section:
    """The values of one board that the templates take."""

    id: str
    title: str
    baseline: str
    graded: bool
    finding: str
    basis: tuple[str, ...]
    notices: tuple[str, ...]
    table: BoardTable
    figures: tuple[Figure, ...]
    releases: tuple[Figure, ...]
    unshown_releases: int
    categories: Heat | None
    matrix: Heat | None
    judge: Panel
    coverage: Coverage
    rests: Rests | None
    statements: tuple[Statement, ...]
    notes: tuple[str, ...]
    origins: Origins


def report_html(report: Report) -> str:
    """Return the whole page; equal reports give equal bytes."""
    style, script = _style(), page_script()
    page = _environment().get_template("page.html.jinja")
    written = page.render(
        title=report.title,
        version=__version__,
        sources=tuple(map(source_name, report.sources)),
        policy=_POLICY.format(style=_digest(style), script=_digest(script)),
        # both are made of files of this package, with no markup from anywhere else
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        sections=_sections(report),
        legend=LEGEND,
        index=report.chunks.get(INDEX),
        chunks={name: chunk for name, chunk in report.chunks.items() if name != INDEX},
    )
    return redact(written)


def page_script() -> str:
    """Return the whole script of the page, in a scope of its own."""
    parts = [_read(f"js/{name}.js") for name in SCRIPTS]
    return "\n".join(['(() => {\n"use strict";\n', *parts, "})();\n"])


def _sections(report: Report) -> list[Section]:
    parts = zip(report.boards, report.matrices, report.behaviours, strict=True)
    return [
        Section(
            id=_board_id(number),
            title=title_of(board, report.boards),
            baseline=printable(board.baseline),
            graded=not board.baseline,
            finding=finding(board),
            basis=tuple(basis(board)),
            notices=tuple(judge_notices(board)),
            table=board_table(board),
            figures=tuple(_figures(board, _board_id(number))),
            releases=tuple(_release_figures(_of_board(report.releases, board), _board_id(number))),
            unshown_releases=max(0, len(_of_board(report.releases, board)) - MOST_SERIES),
            categories=category_heat(board),
            matrix=matrix_heat(matrix),
            judge=judge_panel(behaviour, graded=not board.baseline),
            coverage=coverage(board),
            rests=rests(board),
            statements=tuple(statements(board)),
            notes=tuple(number_notes(board)),
            origins=origins(board),
        )
        for number, (board, matrix, behaviour) in enumerate(parts)
    ]


def _board_id(number: int) -> str:
    return f"b{number}"


def _figures(board: Board, prefix: str) -> Iterator[Figure]:
    known = plots_of(board)
    for name in (drawn for drawn in _DRAWN if drawn in known):
        plot = PLOTS[name](board)
        svg = apart(plot_svg(plot, page=True), prefix)
        yield Figure(name, plot.title, plot.description, checked(svg))


def _of_board(releases: Sequence[Series], board: Board) -> list[Series]:
    return [series for series in releases if series.group == (board.digest, board.served_as, board.baseline)]


def _release_figures(releases: Sequence[Series], prefix: str) -> Iterator[Figure]:
    for number, series in enumerate(releases[:MOST_SERIES]):
        plot = releases_plot(series)
        svg = apart(plot_svg(plot, page=True), f"{prefix}-{number}")
        yield Figure(plot.name, plot.title, plot.description, checked(svg))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["shown"] = printable
    return environment


def _style() -> str:
    """Return the page's style, with the colours of the plots."""
    colours = "".join(f"  --{role}: light-dark({LIGHT[role]}, {DARK[role]});\n" for role in LIGHT)
    marks = "".join(
        f".ek-fill-{role} {{ fill: var(--{role}); }}\n.ek-stroke-{role} {{ stroke: var(--{role}); }}\n"
        for role in LIGHT
    )
    return f":root {{\n{colours}}}\n{marks}{_read('page.css')}"


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
