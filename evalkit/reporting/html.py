"""Write one HTML file that shows boards, their uncertainty and their judgments, without a network or a server."""

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.boards import Behaviour, Board, Matrix, Series, Transcripts
from evalkit.reporting.page.document import SCRIPTS, render
from evalkit.reporting.page.gate import GateSection
from evalkit.reporting.page.origins import source_name
from evalkit.reporting.page.section import board_sections
from evalkit.reporting.page.words import LEGEND

INDEX = "index"


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The content of one page: boards, each with its matrix and its judge's behaviour, and `chunks` to browse.

    `sources` are named as the user named them; the page leaves out the folders that they are in. A `gate` is shown
    above the boards. `releases` are the series of models on these boards of which several releases are known.
    """

    title: str
    boards: tuple[Board, ...]
    judged: Transcripts
    matrices: tuple[Matrix, ...]
    behaviours: tuple[Behaviour, ...]
    sources: tuple[str, ...]
    chunks: Mapping[str, str]
    gate: GateSection | None = None
    releases: tuple[Series, ...] = ()


def report_html(report: Report) -> str:
    """Return the whole page; equal reports give equal bytes."""
    return render(
        "report.html.jinja",
        scripts=(*SCRIPTS, "embedded", "start"),
        title=report.title,
        sources=tuple(map(source_name, report.sources)),
        gate=report.gate,
        sections=board_sections(report.boards, report.matrices, report.behaviours, releases=report.releases),
        legend=LEGEND,
        index=report.chunks.get(INDEX),
        chunks={name: chunk for name, chunk in report.chunks.items() if name != INDEX},
    )
