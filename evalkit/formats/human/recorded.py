"""Joins verdicts that judges gave already to people's labels, by the texts that were judged or by an item's name."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.human.labelled import HumanFile, LabelledComparison
from evalkit.formats.human.texts import comparison_key
from evalkit.formats.human.verdicts import RecordedVerdict, verdicts_in
from evalkit.formats.names import checked_name
from evalkit.formats.outputs import stem
from evalkit.formats.rows import Rows, Source
from evalkit.types import Annotation, ChatReply, Order, Reading, Slot

_SHOWN = 40


@dataclass(frozen=True, slots=True, eq=False)
class JudgedLabels:
    """A judge's verdicts on the comparisons of a human file, in the file's order.

    An annotation's key is that of its comparison; its preference is P(the file's second answer better), whichever
    answer the judge's own file has first. `order` is None where that file does not give it.
    """

    name: str
    annotations: tuple[Annotation, ...]
    source: str
    notes: tuple[str, ...] = ()


def read_recorded_verdicts(
    source: str | Source, human: HumanFile, *, columns: Mapping[str, str] = {}, name: str | None = None
) -> tuple[JudgedLabels, ...]:
    """The judges of a source with their verdicts on the labelled comparisons.

    Read are JudgeBench's judgments, AlpacaEval's and our annotations, labels by item, and every layout of labels,
    whose people are judges then. Verdicts on the same texts in the other order are turned round.

    Args:
        columns: the columns of a table, as for `read_human`.
        name: the judge's name where the source names none; by default the name of the file.

    Raises:
        InputError: wrong content; or no verdict is on a comparison of the human file.
    """
    unnamed = name or (source.name if isinstance(source, Rows) else stem(str(source)))
    notes = AnswerNotes(str(source), "row(s)")
    joined = _Joined(_Index.of(human))
    for verdict in verdicts_in(source, columns, notes):
        joined.add(verdict, checked_name(verdict.judge or unnamed, str(source)))
    if not joined.places:
        raise InputError(
            f"0 of {len(human.comparisons)} comparisons of {human.source} are in {source}; first key "
            f"{human.comparisons[0].key[:_SHOWN]}. Give verdicts on the same texts, or on the same items"
        )
    return tuple(joined.judges(human, str(source), tuple(notes.notes())))


@dataclass(frozen=True, slots=True)
class _Index:
    """The comparisons of a human file by key, by item, and by the digest of their texts, which several may share."""

    by_name: Mapping[str, int]
    by_texts: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, human: HumanFile) -> "_Index":
        by_name: dict[str, int] = {}
        by_texts: dict[str, list[int]] = {}
        for place, one in enumerate(human.comparisons):
            by_name[one.key] = place
            if "item" in one.fields:
                by_name.setdefault(one.fields["item"], place)
            if human.texts:
                # keys of further comparisons on the same texts have a number behind the digest
                by_texts.setdefault(one.key.partition("-")[0], []).append(place)
        return cls(by_name, by_texts)

    def places(self, verdict: RecordedVerdict) -> tuple[Sequence[int], bool]:
        """The comparisons that a verdict is on, and whether they have its answers in the other order."""
        if verdict.name is not None and verdict.name in self.by_name:
            return (self.by_name[verdict.name],), False
        if verdict.texts is None:
            return (), False
        instruction, first, second = verdict.texts
        straight = self.by_texts.get(comparison_key(instruction, first, second))
        if straight is not None:
            return straight, False
        return self.by_texts.get(comparison_key(instruction, second, first), ()), True


@dataclass(slots=True)
class _Joined:
    """Verdicts by judge and order and by the comparisons that have their texts."""

    index: _Index
    places: dict[tuple[str, Order | None, tuple[int, ...]], list[RecordedVerdict]] = field(default_factory=dict)
    elsewhere: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: RecordedVerdict, judge: str) -> None:
        places, turned = self.index.places(verdict)
        if not places:
            self.elsewhere[judge] += 1
            return
        # joined verdicts need no texts any more
        kept = replace(verdict.turned() if turned else verdict, texts=None)
        self.places.setdefault((judge, kept.order, tuple(places)), []).append(kept)

    def judges(self, human: HumanFile, source: str, notes: tuple[str, ...]) -> Iterator[JudgedLabels]:
        found: dict[str, list[tuple[int, Annotation]]] = {}
        for (judge, _, places), verdicts in self.places.items():
            found.setdefault(judge, []).extend(_annotations(judge, places, verdicts, human.comparisons))
        for judge, numbered in found.items():
            # stable, so that repeats stay in the order of the file
            numbered.sort(key=lambda one: one[0])
            joined = len({place for place, _ in numbered})
            missing = len(human.comparisons) - joined
            told = []
            if missing:
                told.append(f"{source}: {judge} has no verdict on {missing} of {len(human.comparisons)} comparisons")
            if self.elsewhere[judge]:
                told.append(f"{source}: {self.elsewhere[judge]} verdict(s) of {judge} are on other texts and left out")
            yield JudgedLabels(judge, tuple(one for _, one in numbered), source, (*told, *notes))


def _annotations(
    judge: str, places: Sequence[int], verdicts: Sequence[RecordedVerdict], comparisons: Sequence[LabelledComparison]
) -> Iterable[tuple[int, Annotation]]:
    """The verdicts on comparisons with the same texts: one for each, in order, where there are as many of both; else
    each verdict is on every one of them, and those on one are repeats.
    """
    if len(places) == len(verdicts):
        return [
            (place, _annotation(judge, comparisons[place], verdict, 0))
            for place, verdict in zip(places, verdicts, strict=True)
        ]
    return [
        (place, _annotation(judge, comparisons[place], verdict, repeat))
        for place in places
        for repeat, verdict in enumerate(verdicts)
    ]


def _annotation(judge: str, one: LabelledComparison, verdict: RecordedVerdict, repeat: int) -> Annotation:
    comparison = one.comparison
    example, baseline, candidate = comparison.example, comparison.baseline, comparison.candidate
    slot = Slot(
        benchmark="",
        model=candidate.model,
        baseline=baseline.model,
        judge=judge,
        digest="",
        key=one.key,
        cluster=example.cluster or example.key,
        category=example.category,
        order=verdict.order,
        repeat=repeat,
        baseline_chars=baseline.chars or 0,
        candidate_chars=candidate.chars,
        recorded=verdict.preference,
        baseline_measures=baseline.measures,
        candidate_measures=candidate.measures,
    )
    reading = None if verdict.preference is None else Reading.RECORDED
    reply = None if not verdict.reply else ChatReply(verdict.reply)
    return Annotation(slot, verdict.preference, verdict.failure, reply, reading)
