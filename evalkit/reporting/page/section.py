"""All that a page shows of one board."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evalkit.boards import Behaviour, Board, Matrix, Series
from evalkit.reporting.columns import judge_notices, known_notes, number_notes
from evalkit.reporting.neighbours import NeighboursTable, neighbour_tables
from evalkit.reporting.page.coverage import Coverage, coverage
from evalkit.reporting.page.drawings import apart, checked
from evalkit.reporting.page.heat import Heat, category_heat, matrix_heat
from evalkit.reporting.page.judge import JudgePanel, judge_panel
from evalkit.reporting.page.origins import Origins, origins
from evalkit.reporting.page.rests import Rests, rests
from evalkit.reporting.page.table import BoardTable, board_table
from evalkit.reporting.page.words import Statement, basis, finding, statements, title_of
from evalkit.reporting.plots.figures import PLOTS, plots_of
from evalkit.reporting.plots.releases import releases_plot
from evalkit.reporting.svg import plot_svg
from evalkit.text import printable

# models whose releases are drawn; a page of more would hide the rest
MOST_SERIES = 12
# the plot named `board` is left out, since the page's table already draws the same intervals
_DRAWN = ("lift", "ranks", "length", "agreement")


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot as svg with its title and description."""

    name: str
    title: str
    description: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class Section:
    """The values of one board that the templates take; its title leads to the judge's page, if there is one."""

    id: str
    title: str
    baseline: str
    graded: bool
    finding: str
    basis: tuple[str, ...]
    notices: tuple[str, ...]
    table: BoardTable
    neighbours: tuple[NeighboursTable, ...]
    figures: tuple[Figure, ...]
    releases: tuple[Figure, ...]
    unshown_releases: int
    categories: Heat | None
    matrix: Heat | None
    judge: JudgePanel
    coverage: Coverage
    rests: Rests | None
    statements: tuple[Statement, ...]
    notes: tuple[str, ...]
    origins: Origins
    judge_page: str = ""


def board_sections(
    boards: Sequence[Board],
    matrices: Sequence[Matrix],
    behaviours: Sequence[Behaviour],
    *,
    pages: Mapping[str, str] | None = None,
    judge_pages: Mapping[str, str] | None = None,
    releases: Sequence[Series] = (),
) -> list[Section]:
    """Return a section for each board.

    Args:
        pages: addresses of pages by model, to which the models' names lead.
        judge_pages: addresses of pages by judge.
        releases: the series of models of which several releases are known.
    """
    parts = zip(boards, matrices, behaviours, strict=True)
    return [
        Section(
            id=board_id(number),
            title=title_of(board, tuple(boards)),
            baseline=printable(board.baseline),
            graded=not board.baseline,
            finding=finding(board),
            basis=tuple(basis(board)),
            notices=tuple(judge_notices(board)),
            table=board_table(board, pages=pages),
            neighbours=tuple(neighbour_tables(board)),
            figures=tuple(_figures(board, board_id(number))),
            releases=tuple(_release_figures(_of_board(releases, board), board_id(number))),
            unshown_releases=max(0, len(_of_board(releases, board)) - MOST_SERIES),
            categories=category_heat(board),
            matrix=matrix_heat(matrix),
            judge=judge_panel(behaviour, graded=not board.baseline, known=known_notes([board])),
            coverage=coverage(board),
            rests=rests(board),
            statements=tuple(statements(board)),
            notes=tuple(number_notes(board)),
            origins=origins(board),
            judge_page="" if judge_pages is None else judge_pages[board.judge],
        )
        for number, (board, matrix, behaviour) in enumerate(parts)
    ]


def board_id(number: int) -> str:
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
