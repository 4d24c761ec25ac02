"""Gives single verdicts as values: one for each time that a judge was asked."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.api.door import front_door
from evalkit.api.keywords import Data, optional_text, source_of
from evalkit.api.python_judges import JudgeLike, judge_name, judges_at_hand
from evalkit.api.result import Tabular, frame_of
from evalkit.boards import Aggregation
from evalkit.errors import UnknownName
from evalkit.sources import Sources, read_judged, read_source_files, table_verdicts
from evalkit.text import plural, printable
from evalkit.types import Annotation

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VerdictTable(Tabular):
    """Single verdicts, with the swap of the answers undone; iterate over them, or take the `frame`.

    `instructions` by key and `answers` by model and key are empty where texts were not asked for or are not known.
    """

    annotations: tuple[Annotation, ...]
    instructions: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Annotation]:
        return iter(self.annotations)

    def __len__(self) -> int:
        return len(self.annotations)

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each verdict.

        `preference` is the probability that the model beats the baseline, and `grade` the grade of an answer that was
        shown alone; where both are missing, `failure` says why.
        """
        return frame_of([self._row(annotation) for annotation in self.annotations])

    def to_json(self) -> str:
        return json.dumps([self._row(annotation) for annotation in self.annotations], indent=2)

    def _row(self, annotation: Annotation) -> dict[str, object]:
        slot, rating = annotation.slot, annotation.rating
        row: dict[str, object] = {
            "judge": slot.judge,
            "model": slot.model,
            "baseline": slot.baseline or None,
            "key": slot.key,
            "category": slot.category,
            "turn": slot.turn,
            "order": None if slot.order is None else slot.order.value,
            "repeat": slot.repeat,
            "preference": annotation.preference,
            "grade": None if rating is None else rating.value,
            "failure": annotation.failure,
            "rule": slot.rule,
            "model_chars": slot.candidate_chars,
            "baseline_chars": slot.baseline_chars if slot.baseline else None,
            "cluster": slot.cluster,
            "reply": None if annotation.reply is None else annotation.reply.text,
            "cost": annotation.cost,
        }
        if self.instructions or self.answers:
            row["instruction"] = self.instructions.get(slot.key)
            row["output"] = self.answers.get((slot.model, slot.key))
            row["baseline_output"] = self.answers.get((slot.baseline, slot.key)) if slot.baseline else None
        return row

    def __str__(self) -> str:
        groups: dict[tuple[str, str, str], list[Annotation]] = {}
        for annotation in self.annotations:
            slot = annotation.slot
            groups.setdefault((slot.judge, slot.model, slot.baseline), []).append(annotation)
        lines = []
        for (judge, model, baseline), found in groups.items():
            missing = sum(annotation.preference is None and annotation.rating is None for annotation in found)
            beside = f" against {baseline}" if baseline else ""
            said = (
                f"{plural(len(found), 'verdict')}, {missing} of them missing"
                if missing
                else plural(len(found), "verdict")
            )
            lines.append(f"{printable(f'{model}{beside}, judge {judge}')}: {said}")
        return "\n".join(lines) + "\n"


@front_door
def verdicts(
    *sources: Data,
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | None = None,
    texts: bool = False,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> VerdictTable:
    """Give every single verdict of files or, without any, of a benchmark in the store.

    Args:
        sources: annotation files, folders of them, tables of preferences, or data frames and lists of such records.
        benchmark: the benchmark whose verdicts are taken from the store; by default the only one that it has.
        judge: only this judge's verdicts.
        texts: whether instructions and answers are columns of the frame.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The verdicts. Iterated, they are `Annotation` values; `frame` has a row for each.

    Raises:
        EvalkitError: a source is missing or wrong, or holds nothing of the judge or the benchmark.

    Example:
        >>> import evalkit as ek
        >>> ek.verdicts(benchmark="example").frame.groupby("model")["preference"].mean()
    """
    chosen = Sources(
        files=tuple(source_of(source, "sources") for source in sources),
        board=optional_text(benchmark),
        judge=judge_name(judge),
        own=judges_at_hand(judge),
        store=store,
        results=Path(results),
    )
    files = read_source_files(chosen, Aggregation())
    judged = read_judged(chosen, files)
    places = (annotation for by_key in judged.places.values() for given in by_key.values() for annotation in given)
    numbers = (one for one in table_verdicts(files) if chosen.judge in (None, one.slot.judge))
    found = tuple(itertools.chain(places, numbers))
    if not found and chosen.judge is not None:
        raise UnknownName("judge", chosen.judge, {one.slot.judge for one in table_verdicts(files)})
    return VerdictTable(found, judged.instructions, judged.answers) if texts else VerdictTable(found)
