"""All that a site shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.boards import Behaviour, Board, Matrix, Transcripts
from evalkit.reporting.chunks import SampleSize
from evalkit.reporting.plots.plot import Plot


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkPart:
    """One benchmark's boards, each with its matrix and its judge's behaviour, and what can be read behind them."""

    name: str
    boards: tuple[Board, ...]
    judged: Transcripts
    matrices: tuple[Matrix, ...]
    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A site of benchmarks; `sources` are named as the user named them, and shown without the folders they are in.

    `sample` are the instructions to browse, all for None; without `text` the site holds no instruction, no answer and
    no reply. `histories` are figures of a model's earlier releases, by model.
    """

    title: str
    benchmarks: tuple[BenchmarkPart, ...]
    sources: tuple[str, ...]
    sample: SampleSize | None = None
    text: bool = True
    histories: Mapping[str, Plot] = field(default_factory=dict)

    @property
    def boards(self) -> tuple[tuple[str, Board], ...]:
        """Every board with its benchmark's name."""
        return tuple((part.name, board) for part in self.benchmarks for board in part.boards)
