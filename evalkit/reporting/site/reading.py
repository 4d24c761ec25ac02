"""The comparisons of one model, to be read on its page: a list that the page holds, and texts that it loads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evalkit.boards import Board
from evalkit.reporting.chunks import SampleSize, chunk_values, compared_models, packed, shown_names
from evalkit.reporting.page.words import title_of
from evalkit.reporting.site.carriers import Carriers
from evalkit.reporting.site.content import BenchmarkPart
from evalkit.text import printable


# without slots, so that what was encoded once is kept
@dataclass(frozen=True, eq=False)
class Readable:
    """What can be read of one benchmark, encoded once for the pages of all its models."""

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

    def boards_of(self, model: str) -> list[tuple[int, Board]]:
        """The numbered boards that have comparisons of the model."""
        number, rows = self.models.get(model), self.index["rows"]
        having = {board for board, of in zip(rows["board"], rows["model"], strict=True) if of == number}
        return [(place, board) for place, board in enumerate(self.part.boards) if place in having]


def model_index(model: str, readables: Sequence[Readable]) -> str | None:
    """Return the packed list of a model's comparisons on all benchmarks; None if there is no comparison.

    Instructions are numbered benchmark by benchmark. `files` names the texts and verdicts that the page loads, each
    with the number of the first instruction that it is about.
    """
    having = [readable for readable in readables if readable.boards_of(model)]
    if not having:
        return None
    baselines = [board.baseline for one in having for _, board in one.boards_of(model) if board.baseline]
    models = list(dict.fromkeys([model, *baselines]))
    names = shown_names(models)
    index: dict[str, Any] = {
        "models": list(names.values()),
        "boards": [], "keys": [], "category": [], "categories": [], "turn": [], "files": {},
        "text": any(one.index["text"] for one in having),
        "sampled": _sampled(having),
        "rows": {name: [] for name in having[0].index["rows"]},
    }  # fmt: skip
    for readable in having:
        _add(index, readable, model, models, names)
    if not any(index["turn"]):
        index["turn"] = []
    return packed(index)


def _add(
    index: dict[str, Any], readable: Readable, model: str, models: Sequence[str], names: Mapping[str, str]
) -> None:
    """Add one benchmark's comparisons of the model to the list."""
    found, first, files = readable.index, len(index["keys"]), index["files"]
    boards = {place: len(index["boards"]) + at for at, (place, _) in enumerate(readable.boards_of(model))}
    n_categories = len(index["categories"])
    index["keys"] += found["keys"]
    index["category"] += [-1 if place < 0 else place + n_categories for place in found["category"]]
    index["categories"] += found["categories"]
    index["turn"] += found["turn"] or [0] * len(found["keys"])
    for place, board in readable.boards_of(model):
        title = f"{printable(readable.part.name)} · {title_of(board, readable.part.boards)}"
        facts = {"baseline": names.get(board.baseline, ""), "title": title}
        index["boards"].append({**found["boards"][place], **facts})
    rows, number = found["rows"], readable.models[model]
    own = [at for at, of in enumerate(rows["model"]) if of == number]
    chosen = {column: [values[at] for at in own] for column, values in rows.items()}
    chosen["board"] = [boards[place] for place in chosen["board"]]
    chosen["model"] = [0] * len(own)
    chosen["key"] = [first + key for key in chosen["key"]]
    for column, values in chosen.items():
        index["rows"][column] += values
    wanted = {"instructions": "instructions"}
    wanted |= {f"answers-{readable.models[one]}": f"answers-{at}" for at, one in enumerate(models)
               if one in readable.models}  # fmt: skip
    wanted |= {f"places-{place}-{readable.models[model]}": f"places-{at}-0" for place, at in boards.items()}
    for theirs, ours in wanted.items():
        if theirs in readable.files:
            files.setdefault(ours, []).append([first, readable.files[theirs]])


def _sampled(readables: Sequence[Readable]) -> dict[str, int] | None:
    """Return how many instructions were drawn on all benchmarks, of how many; None if all are shown."""
    drawn = [one.index["sampled"] for one in readables]
    if None in drawn:
        return None
    return {"n": sum(one["n"] for one in drawn), "of": sum(one["of"] for one in drawn), "seed": drawn[0]["seed"]}
