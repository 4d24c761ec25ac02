"""Assemble a report or a site from boards and from the instructions, answers and verdicts behind them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.boards import Board, NamedBoard, Series, Transcripts, behaviour, build_overview, win_matrix
from evalkit.reporting.chunks import SampleSize, encode_chunks
from evalkit.reporting.html import Report
from evalkit.reporting.page.gate import GateSection
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.plots.releases import releases_plot
from evalkit.reporting.site.content import BenchmarkPart, Site
from evalkit.sources import Sources
from evalkit.store import shown_url, store_url
from evalkit.text import printable


def assemble_report(
    boards: Sequence[Board],
    judged: Transcripts,
    sources: Sources,
    *,
    title: str | None = None,
    sample: SampleSize | None = None,
    text: bool = True,
    gate: GateSection | None = None,
    releases: Sequence[Series] = (),
) -> Report:
    """Return the report of some boards.

    Args:
        judged: the instructions, answers and verdicts that the same sources hold.
        title: the title of the report; by default the report is named after the sources.
        sample: the instructions to browse, all by default; no number of a board depends on the sample.
        text: True if the report contains instructions, answers and replies.
        gate: a gate's decision to show above the boards.
        releases: the series of models on these boards of which the store knows several releases.
    """
    named = _names(sources)
    return Report(
        title=printable(title or _title(sources)),
        boards=tuple(boards),
        judged=judged,
        matrices=tuple(win_matrix(board.rows) for board in boards),
        behaviours=tuple(behaviour(board, judged) for board in boards),
        sources=named,
        chunks=encode_chunks(boards, judged, sample=sample, text=text),
        gate=gate,
        releases=tuple(releases),
    )


def assemble_part(boards: Sequence[Board], judged: Transcripts, sources: Sources) -> BenchmarkPart:
    """Return what a site shows of one benchmark, which is named as a report of the same sources would be."""
    return BenchmarkPart(
        name=_title(sources),
        boards=tuple(boards),
        judged=judged,
        matrices=tuple(win_matrix(board.rows) for board in boards),
        behaviours=tuple(behaviour(board, judged) for board in boards),
    )


def assemble_site(
    parts: Sequence[BenchmarkPart],
    sources: Sequence[Sources],
    aliases: Mapping[str, str],
    *,
    title: str | None = None,
    sample: SampleSize | None = None,
    text: bool = True,
    releases: Sequence[Series] = (),
) -> Site:
    """Return the site of some benchmarks.

    Args:
        aliases: canonical names of models by spelling.
        title: the title of the site; by default it is named after the only benchmark.
        sample: the instructions to browse, all by default; no number of a board depends on the sample.
        text: True if the site contains instructions, answers and replies.
        releases: the series of models of which the store knows several releases.
    """
    histories: dict[str, tuple[Plot, ...]] = {}
    for series in releases:
        name = aliases.get(series.model, series.model)
        histories[name] = (*histories.get(name, ()), releases_plot(series))
    return Site(
        title=printable(title or (parts[0].name if len(parts) == 1 else "Leaderboards")),
        benchmarks=tuple(parts),
        overview=build_overview([NamedBoard(part.name, board) for part in parts for board in part.boards], aliases),
        sources=tuple(dict.fromkeys(name for each in sources for name in _places(each))),
        sample=sample,
        text=text,
        histories=histories,
    )


def _title(sources: Sources) -> str:
    if sources.board is not None or not sources.files:
        return sources.benchmark.name
    first, *others = ((path.resolve() if isinstance(path, Path) else path).name for path in sources.files)
    return f"{first} and {len(others)} more" if others else first


def _names(sources: Sources) -> tuple[str, ...]:
    if sources.files:
        return _places(sources)
    return tuple(printable(f"{where}, verdicts on {sources.benchmark.name}") for where in _places(sources))


def _places(sources: Sources) -> tuple[str, ...]:
    """Return the files or the store, whatever benchmarks they hold."""
    if sources.files:
        return tuple(printable(str(path)) for path in sources.files)
    return (printable(shown_url(store_url(sources.store, sources.results))),)
