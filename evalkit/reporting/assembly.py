"""Assemble a report from boards and from the instructions, answers and verdicts behind them."""

from collections.abc import Sequence
from pathlib import Path

from evalkit.boards import Board, Series, Transcripts, behaviour, win_matrix
from evalkit.reporting.chunks import SampleSize, encode_chunks
from evalkit.reporting.html import Report
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
    releases: Sequence[Series] = (),
) -> Report:
    """Return the report of some boards.

    Args:
        judged: the instructions, answers and verdicts that the same sources hold.
        title: the title of the report; by default the report is named after the sources.
        sample: the instructions to browse, all by default; no number of a board depends on the sample.
        text: True if the report contains instructions, answers and replies.
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
        releases=tuple(releases),
    )


def _title(sources: Sources) -> str:
    if sources.board is not None or not sources.files:
        return sources.benchmark.name
    first, *others = ((path.resolve() if isinstance(path, Path) else path).name for path in sources.files)
    return f"{first} and {len(others)} more" if others else first


def _names(sources: Sources) -> tuple[str, ...]:
    if sources.files:
        return tuple(printable(str(path)) for path in sources.files)
    where = shown_url(store_url(sources.store, sources.results))
    return (printable(f"{where}, verdicts on {sources.benchmark.name}"),)
