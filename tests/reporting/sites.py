"""Sites of made verdicts with texts, on which every name may be somebody's attack."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from evalkit.boards.behaviour import behaviour
from evalkit.boards.build import build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.judged import Transcripts
from evalkit.boards.matrix import win_matrix
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.boards.overview import NamedBoard, build_overview
from evalkit.reporting.chunks import SampleSize
from evalkit.reporting.site.content import BenchmarkPart, Site
from evalkit.stats.sample import build_sample
from evalkit.types import Annotation, ChatReply, Order, Slot

N = 40


def part_of(
    name: str,
    models: Sequence[str] = ("good", "fair", "poor"),
    judges: Sequence[str] = ("judge",),
    *,
    n: int = N,
    text: str = "",
    categories: bool = True,
) -> BenchmarkPart:
    """A benchmark of models that are worse the later they are named; all its texts hold `text`."""
    keys = [f"{name[:8]} {number:03d}" for number in range(n)]
    entries: list[Entry] = []
    places: dict[Any, Mapping[str, tuple[Annotation, ...]]] = {}
    for judge in judges:
        for place, model in enumerate(models):
            draw = np.random.default_rng([place, len(judge)])
            share = 0.8 - 0.6 * place / max(1, len(models) - 1)
            preference = np.clip(draw.normal(share, 0.3, n), 0.01, 0.99)
            lengths = draw.normal(0, 300, n).round()
            sample = build_sample(keys, preference, length_difference=lengths)
            half = build_sample(keys[: n // 2], preference[: n // 2])
            slices = {f"category one {text}": half, f"category two {text}": half} if categories else {}
            entries.append(Entry(model, judge, "base", sample, 800.0, "digest", slices=slices))
            places[judge, "digest", "base", model] = {
                key: (_verdict(name, model, judge, key, float(share), text),)
                for key, share in zip(keys, preference, strict=True)
            }
    boards = build_boards(entries, Recipe(WIN_RATE))
    judged = Transcripts(
        instructions={key: f"do {key} {text}" for key in keys},
        answers={(model, key): f"{model} on {key} {text}" for model in ("base", *models) for key in keys},
        categories={key: f"{('one', 'two')[at >= n // 2]} {text}" for at, key in enumerate(keys)},
        places=places,
    )
    return BenchmarkPart(
        name,
        tuple(boards),
        judged,
        tuple(win_matrix(board.rows) for board in boards),
        tuple(behaviour(board, judged) for board in boards),
    )


def site_of(
    *parts: BenchmarkPart,
    title: str = "A site",
    sample: int | None = None,
    text: bool = True,
    aliases: Mapping[str, str] | None = None,
) -> Site:
    size = None if sample is None else SampleSize(sample)
    overview = build_overview([NamedBoard(part.name, board) for part in parts for board in part.boards], aliases or {})
    return Site(title, parts, overview, ("results/evalkit.db",), size, text)


def _verdict(benchmark: str, model: str, judge: str, key: str, share: float, text: str) -> Annotation:
    slot = Slot(benchmark, model, "base", judge, "digest", key, key, None, Order.BASELINE_FIRST, 0, 5, 5)
    return replace(Annotation(slot, share), reply=ChatReply(f"said of {key} {text}"))
