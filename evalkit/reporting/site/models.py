"""One model: its numbers on all boards, its categories, what its verdicts cost, and where they come from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evalkit.boards import Board, BoardRow, Metric, OverviewRow
from evalkit.reporting.page.axis import Axis, shared_axis
from evalkit.reporting.page.coverage import CoverageLine
from evalkit.reporting.page.heat import Heat, HeatRow
from evalkit.reporting.page.origins import row_facts
from evalkit.reporting.page.section import Section
from evalkit.reporting.page.table import TableLine
from evalkit.reporting.page.words import ITSELF
from evalkit.text import count, plural, printable

_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class ShownBoard:
    """A board of a benchmark with its section, and the addresses of the benchmark's and the judge's pages."""

    benchmark: str
    board: Board
    section: Section
    benchmark_page: str
    judge_page: str

    @property
    def address(self) -> str:
        """The address of the board on its benchmark's page."""
        return f"{self.benchmark_page}#{self.section.id}"


@dataclass(frozen=True, slots=True)
class ModelScore:
    """A model's row on one board; `verdicts` are its kinds with their counts and nouns.

    `place` is the number of the board among those whose comparisons can be read on the page.
    """

    shown: ShownBoard
    row: BoardRow
    line: TableLine
    cover: CoverageLine
    categories: HeatRow | None
    others: tuple[tuple[str, str], ...]
    verdicts: tuple[tuple[str, str, str], ...]
    place: int | None

    @property
    def benchmark(self) -> str:
        return printable(self.shown.benchmark)

    @property
    def judge(self) -> str:
        return self.shown.section.title


@dataclass(frozen=True, slots=True)
class BenchmarkScores:
    """Numbers on one scale, drawn on one axis."""

    metric: str
    graded: bool
    axis: Axis
    scores: tuple[ModelScore, ...]


@dataclass(frozen=True, slots=True)
class ModelPage:
    """The content of a model's page; `origins` are facts about the row of each board.

    `spellings` are the names by which boards call the model besides its own. `reasons` say of a board and the status of
    its number why the number is not ok.
    """

    name: str
    spellings: tuple[str, ...]
    finding: tuple[str, ...]
    reasons: tuple[tuple[str, str, str], ...]
    tables: tuple[BenchmarkScores, ...]
    categories: tuple[tuple[str, Heat], ...]
    origins: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def model_page(model: OverviewRow, boards: Sequence[ShownBoard], readable: Sequence[Board]) -> ModelPage:
    """Return the page of a model by any of its spellings.

    Args:
        readable: the boards whose comparisons can be read on the page, in order.
    """
    scores = [
        _score(shown, at, readable)
        for shown in boards
        for at, row in enumerate(shown.board.rows)
        if row.entry.model in model.spellings
    ]
    by_scale = [[score for score in scores if score.shown.section.graded == graded] for graded in (False, True)]
    return ModelPage(
        name=printable(model.model),
        spellings=tuple(printable(name) for name in model.spellings if name != model.model),
        finding=tuple(_findings(scores)),
        reasons=tuple(
            (f"{score.benchmark} · {score.judge}", score.line.status, score.line.reason.rstrip("."))
            for score in scores
            if score.line.reason
        ),
        tables=tuple(_table(of_scale) for of_scale in by_scale if of_scale),
        categories=tuple(_categories(scores)),
        origins=tuple((f"{score.benchmark} · {score.judge}", row_facts(score.row)) for score in scores),
    )


def _score(shown: ShownBoard, at: int, readable: Sequence[Board]) -> ModelScore:
    row, section = shown.board.rows[at], shown.section
    line, categories = section.table.lines[at], section.categories
    return ModelScore(
        shown=shown,
        row=row,
        line=line,
        cover=section.coverage.lines[at],
        categories=None if categories is None else categories.rows[at],
        others=tuple((title, number.text) for title, number in zip(section.table.others, line.others, strict=True)),
        verdicts=() if row.entry.graded else tuple(_verdicts(row)),
        place=next((place for place, board in enumerate(readable) if board is shown.board), None),
    )


def _verdicts(row: BoardRow) -> Iterator[tuple[str, str, str]]:
    counts = row.counts
    for kind, n, nouns in (
        ("win", counts.wins, "wins"),
        ("loss", counts.losses, "losses"),
        ("tie", counts.ties, "ties"),
    ):
        yield kind, count(n), kind if n == 1 else nouns


def _findings(scores: Sequence[ModelScore]) -> Iterator[str]:
    """Yield a sentence for each of the first boards, those on which the model is ranked before others."""
    ordered = sorted(scores, key=lambda score: not score.line.ranked)
    yield from map(_finding, ordered[:_SENTENCES])
    if len(ordered) > _SENTENCES:
        yield f"It is on {plural(len(ordered) - _SENTENCES, 'more board')}."


def _finding(score: ModelScore) -> str:
    """Return a sentence with the rank and the number on one board."""
    line, section, metric = score.line, score.shown.section, score.shown.board.metric
    where = f"on {score.benchmark} by {score.judge}"
    if line.kind == ITSELF:
        return f"The baseline {where}: the others are compared with it."
    if not line.ranked:
        return f"Not ranked {where}: {line.status}."
    n_ranked = sum(one.ranked for one in section.table.lines)
    return f"Rank {line.rank.text} of {n_ranked} {where}, with {metric.article} {metric.title} of {line.full}."


def _table(scores: Sequence[ModelScore]) -> BenchmarkScores:
    """Return the numbers on one scale, whose whiskers share an axis of their own."""
    metrics = [score.shown.board.metric for score in scores]
    graded = metrics[0].graded
    scales = [score.row.entry.scale for score in scores]
    axis = shared_axis(
        [score.row.measured(metric).estimate for score, metric in zip(scores, metrics, strict=True)
         if not score.row.entry.refused],
        scale=(min(low for low, _ in scales), max(high for _, high in scales)),
        even=None if graded else 50.0,
    )  # fmt: skip
    return BenchmarkScores(
        metric=" or ".join(dict.fromkeys(score.shown.section.table.metric for score in scores)),
        graded=graded,
        axis=axis,
        scores=tuple(_on_axis(score, metric, axis) for score, metric in zip(scores, metrics, strict=True)),
    )


def _on_axis(score: ModelScore, metric: Metric, axis: Axis) -> ModelScore:
    if score.line.whisker is None:
        return score
    whisker = axis.whisker(score.row.measured(metric).estimate, hollow=score.line.whisker.hollow)
    return replace(score, line=replace(score.line, whisker=whisker))


def _categories(scores: Sequence[ModelScore]) -> Iterator[tuple[str, Heat]]:
    """Yield the scores by category of each benchmark, a row for each of its boards."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[HeatRow]] = {}
    for score in scores:
        heat = score.shown.section.categories
        if heat is not None and score.categories is not None:
            rows = found.setdefault((score.benchmark, heat.columns, heat.legend), [])
            rows.append(replace(score.categories, name=score.judge))
    for (name, columns, legend), rows in found.items():
        yield name, Heat(columns, tuple(rows), legend)
