"""The comparisons of one model, to be read on its page: a list that the page holds, and texts that it loads."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evalkit.boards import Board, OverviewRow
from evalkit.reporting.chunks import SampleSize, chunk_values, compared_models, packed, shown_names
from evalkit.reporting.page.words import title_of
from evalkit.reporting.site.carriers import Carriers
from evalkit.reporting.site.content import BenchmarkPart
from evalkit.text import printable


# without slots, so that what was encoded once is kept
@dataclass(frozen=True, eq=False)
class Readable:
    """The texts and verdicts of one benchmark, encoded once for the pages of all its models."""

    part: BenchmarkPart
    carriers: Carriers
    sample: SampleSize | None
    text: bool

    @cached_property
    def models(self) -> Mapping[str, int]:
        """The number of each model, baselines among them."""
        return {model: number for number, model in enumerate(compared_models(self.part.boards))}

    @cached_property
    def index(self) -> dict[str, Any]:
        """The list of all comparisons."""
        index: dict[str, Any] = self._values["index"]
        return index

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The names by which a page asks for texts and verdicts."""
        return {name: self.carriers.carry(packed(value)) for name, value in self._values.items() if name != "index"}

    @cached_property
    def _values(self) -> dict[str, Any]:
        return chunk_values(self.part.boards, self.part.judged, sample=self.sample, text=self.text)

    def numbers_of(self, model: OverviewRow) -> frozenset[int]:
        """The numbers of a model by all of its spellings."""
        return frozenset(self.models[name] for name in model.spellings if name in self.models)

    def boards_of(self, model: OverviewRow) -> list[tuple[int, Board]]:
        """The numbered boards that have comparisons of the model."""
        numbers, rows = self.numbers_of(model), self.index["rows"]
        having = {board for board, of in zip(rows["board"], rows["model"], strict=True) if of in numbers}
        return [(place, board) for place, board in enumerate(self.part.boards) if place in having]


def model_index(model: OverviewRow, readables: Sequence[Readable]) -> str | None:
    """Return the packed list of a model's comparisons on all benchmarks; None if there is no comparison.

    The model has number 0 and its baselines have the others. Instructions are numbered benchmark by benchmark. `files`
    names the texts and verdicts that the page loads, each with the number of the first instruction that it is about.
    """
    having = [readable for readable in readables if readable.boards_of(model)]
    if not having:
        return None
    baselines = [board.baseline for one in having for _, board in one.boards_of(model)]
    others = [name for name in dict.fromkeys(baselines) if name and name not in model.spellings]
    shown = list(shown_names([model.model, *others]).values())
    # a model that is compared with itself is its own baseline
    names = {**dict.fromkeys(model.spellings, shown[0]), **dict(zip(others, shown[1:], strict=True)), "": ""}
    index: dict[str, Any] = {
        "models": shown,
        "boards": [], "keys": [], "category": [], "categories": [], "turn": [], "files": {},
        "text": any(one.index["text"] for one in having),
        "sampled": _sampled(having),
        "rows": {name: [] for name in having[0].index["rows"]},
    }  # fmt: skip
    for readable in having:
        _add(index, readable, model, others, names)
    if not any(index["turn"]):
        index["turn"] = []
    return packed(index)


def _add(
    index: dict[str, Any], readable: Readable, model: OverviewRow, others: Sequence[str], names: Mapping[str, str]
) -> None:
    """Add one benchmark's comparisons of the model to the list."""
    found, first, n_categories = readable.index, len(index["keys"]), len(index["categories"])
    own = readable.boards_of(model)
    boards = {place: len(index["boards"]) + at for at, (place, _) in enumerate(own)}
    index["keys"] += found["keys"]
    index["category"] += [-1 if place < 0 else place + n_categories for place in found["category"]]
    index["categories"] += found["categories"]
    index["turn"] += found["turn"] or [0] * len(found["keys"])
    for place, board in own:
        benchmark = printable(readable.part.name)
        title = f"{benchmark} · {title_of(board, readable.part.boards)}"
        facts = {"baseline": names[board.baseline], "benchmark": benchmark, "title": title}
        index["boards"].append({**found["boards"][place], **facts})
    for column, values in _rows(found["rows"], readable.numbers_of(model), boards, first).items():
        index["rows"][column] += values
    for theirs, ours in _files(readable, model, others, boards):
        if theirs in readable.files:
            index["files"].setdefault(ours, []).append([first, readable.files[theirs]])


def _rows(
    rows: Mapping[str, Sequence[Any]], models: Collection[int], boards: Mapping[int, int], first: int
) -> dict[str, list[Any]]:
    """Return the rows of the model, by the numbers that its page gives to boards, models and instructions."""
    own = [at for at, of in enumerate(rows["model"]) if of in models]
    chosen = {column: [values[at] for at in own] for column, values in rows.items()}
    return {
        **chosen,
        "board": [boards[place] for place in chosen["board"]],
        "model": [0] * len(own),
        "key": [first + key for key in chosen["key"]],
    }


def _files(
    readable: Readable, model: OverviewRow, others: Sequence[str], boards: Mapping[int, int]
) -> Iterator[tuple[str, str]]:
    """Yield the names of texts and verdicts in the benchmark's encoding, each with its name on the model's page."""
    yield "instructions", "instructions"
    numbers = sorted(readable.numbers_of(model))
    yield from ((f"answers-{number}", "answers-0") for number in numbers)
    for at, name in enumerate(others, start=1):
        if name in readable.models:
            yield f"answers-{readable.models[name]}", f"answers-{at}"
    for place, at in boards.items():
        yield from ((f"places-{place}-{number}", f"places-{at}-0") for number in numbers)


def _sampled(readables: Sequence[Readable]) -> dict[str, int] | None:
    """Return how many instructions were drawn on all benchmarks, of how many; None if all are shown."""
    drawn = [one.index["sampled"] for one in readables]
    if None in drawn:
        return None
    return {"n": sum(one["n"] for one in drawn), "of": sum(one["of"] for one in drawn), "seed": drawn[0]["seed"]}
