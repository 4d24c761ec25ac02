"""All that a site shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evalkit.boards import Behaviour, Board, Matrix, Overview, Transcripts
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

    The rows of the `overview` are the models that have a page each, whatever spellings they have on the boards.
    `sample` are the instructions to browse, all for None; without `text` the site holds no instruction, no answer and
    no reply. `histories` are figures of a model's earlier releases, by model.
    """

    title: str
    benchmarks: tuple[BenchmarkPart, ...]
    overview: Overview
    sources: tuple[str, ...]
    sample: SampleSize | None = None
    text: bool = True
    histories: Mapping[str, tuple[Plot, ...]] = field(default_factory=dict)
