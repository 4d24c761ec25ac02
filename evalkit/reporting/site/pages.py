"""Write all pages of a site, and the style sheets that carry their texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.boards import Board, OverviewRow
from evalkit.reporting.page.document import SCRIPTS, STYLES, render
from evalkit.reporting.page.drawings import apart, checked
from evalkit.reporting.page.origins import source_name
from evalkit.reporting.page.section import Figure, board_sections
from evalkit.reporting.page.words import LEGEND, finding
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.site.addresses import OVERVIEW, Addresses, addresses
from evalkit.reporting.site.carriers import Carriers
from evalkit.reporting.site.content import Site
from evalkit.reporting.site.judges import judge_page
from evalkit.reporting.site.models import ShownBoard, model_page
from evalkit.reporting.site.overview import overview_table
from evalkit.reporting.site.reading import Readable, model_index
from evalkit.reporting.svg import plot_svg
from evalkit.text import count, plural, printable

SITE_SCRIPTS = (*SCRIPTS, "files", "overview", "model", "site")
# style sheets beside the page; some browsers call a file's own folder by its scheme only
_CARRIERS = "'self' file:"


@dataclass(frozen=True, slots=True)
class _Card:
    """A line about a benchmark or a judge under the overview."""

    name: str
    page: str
    facts: str
    words: tuple[str, ...]


def site_files(site: Site) -> dict[str, str]:
    """Return the text of every file by its place below the folder of the site; equal sites give equal bytes.

    The style sheets come first and the overview last.
    """
    pages = _addresses(site)
    frame = _Frame(site)
    carriers = Carriers()
    shown = list(_shown_boards(site, pages))
    readables = [Readable(part, carriers, site.sample, site.text) for part in site.benchmarks]
    written: dict[str, str] = {}
    for row in site.overview.rows:
        written[pages.models[row.model]] = _model(frame, row, shown, readables)
    for name, place in pages.benchmarks.items():
        sections = [one.section for one in shown if one.benchmark == name]
        written[place] = frame.page("site_benchmark.html.jinja", name, sections=sections, legend=LEGEND)
    for judge, place in pages.judges.items():
        written[place] = frame.page("site_judge.html.jinja", judge, judge=judge_page(judge, shown))
    written[OVERVIEW] = _overview(frame, site, shown, pages)
    return {**carriers.files, **written}


@dataclass(frozen=True, slots=True)
class _Frame:
    """The parts that every page of a site has."""

    site: Site

    def page(self, template: str, name: str | None, *, data: str = "", **values: Any) -> str:
        """Return a page with the name of what it shows; None for the overview."""
        title = self.site.title if name is None else f"{printable(name)} – {self.site.title}"
        return render(
            template,
            scripts=SITE_SCRIPTS,
            styles=(*STYLES, "site"),
            data=data,
            title=title,
            name="" if name is None else printable(name),
            site=self.site.title,
            sources=tuple(map(source_name, self.site.sources)),
            **values,
        )


def _addresses(site: Site) -> Addresses:
    return addresses(
        models=(row.model for row in site.overview.rows),
        benchmarks=(part.name for part in site.benchmarks),
        judges=(board.judge for part in site.benchmarks for board in part.boards),
    )


def _shown_boards(site: Site, pages: Addresses) -> Iterator[ShownBoard]:
    """Yield every board with its section, whose addresses are those seen from a folder of pages."""
    models = {name: f"../{pages.models[row.model]}" for row in site.overview.rows for name in row.spellings}
    judges = {name: f"../{place}" for name, place in pages.judges.items()}
    for part in site.benchmarks:
        sections = board_sections(part.boards, part.matrices, part.behaviours, pages=models, judge_pages=judges)
        for board, section in zip(part.boards, sections, strict=True):
            yield ShownBoard(part.name, board, section, f"../{pages.benchmarks[part.name]}", judges[board.judge])


def _model(frame: _Frame, row: OverviewRow, shown: Sequence[ShownBoard], readables: Sequence[Readable]) -> str:
    readable: list[Board] = [board for one in readables for _, board in one.boards_of(row)]
    histories = frame.site.histories.get(row.model, ())
    return frame.page(
        "site_model.html.jinja",
        row.model,
        data=_CARRIERS,
        model=model_page(row, shown, readable),
        histories=[_figure(plot, number) for number, plot in enumerate(histories)],
        index=model_index(row, readables),
    )


def _figure(plot: Plot, number: int) -> Figure:
    svg = apart(plot_svg(plot, page=True), f"history-{number}")
    return Figure(plot.name, plot.title, plot.description, checked(svg))


def _overview(frame: _Frame, site: Site, shown: Sequence[ShownBoard], pages: Addresses) -> str:
    return frame.page(
        "site_overview.html.jinja",
        None,
        table=overview_table(site.overview, {id(one.board): one.section.title for one in shown}, pages),
        benchmarks=tuple(_benchmark_card(name, shown, place) for name, place in pages.benchmarks.items()),
        judges=tuple(_judge_card(name, shown, place) for name, place in pages.judges.items()),
        facts=", ".join(
            plural(len(found), noun)
            for found, noun in ((pages.models, "model"), (pages.benchmarks, "benchmark"), (pages.judges, "judge"))
        ),
    )


def _benchmark_card(name: str, shown: Sequence[ShownBoard], place: str) -> _Card:
    own = [one for one in shown if one.benchmark == name]
    models = {row.entry.model for one in own for row in one.board.rows}
    n = max((row.entry.sample.n for one in own for row in one.board.rows), default=0)
    facts = f"{plural(len(models), 'model')}, {plural(len(own), 'board')}, up to {plural(n, 'verdict')} on each model"
    return _Card(printable(name), place, facts, tuple(f"{one.section.title}: {finding(one.board)}" for one in own))


def _judge_card(name: str, shown: Sequence[ShownBoard], place: str) -> _Card:
    page = judge_page(name, shown)
    n = sum(row.entry.sample.n for one in shown if one.board.judge == name for row in one.board.rows)
    facts = f"{plural(len(page.boards), 'board')}, {count(n)} verdicts"
    return _Card(page.name, place, facts, page.notices)
