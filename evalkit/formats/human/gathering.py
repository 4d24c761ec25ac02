"""Gathers rows of labels into comparisons, each with the labels of all its people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from evalkit.errors import InputError
from evalkit.formats.answer_notes import AnswerNotes
from evalkit.formats.human.labelled import FIRST, TIE, LabelledComparison, Opinion
from evalkit.formats.human.row import MODELS, LabelledRow, Said, category_in
from evalkit.formats.human.texts import comparison_key
from evalkit.formats.instructions import MAX_OUTPUT_CHARS, instruction_key
from evalkit.formats.names import checked_name
from evalkit.text import count_markdown
from evalkit.types import Comparison, Example, Output

_OWN = "repeat the texts of an earlier row and are comparisons of their own"
_OTHER_LABEL = "repeat the texts of an earlier row with another label"
_PEOPLE = "repeat the texts of an earlier row and are read as the label of another person"
_SWAPPED = "hold the answers of an earlier row in the other order and are comparisons of their own"
_TURNED = "hold the answers of an earlier row in the other order, and their labels are turned round"
_AGAIN = "repeat the label of a person, which counts once"
_REPEAT = "hold a further label of a person, which is kept as a repeat"
_ONE_SIDED = "no label prefers the second answer: 0 is read as a tie, and 1 as the first answer"
# fewer labels may all be on one side by chance
_MANY = 10

# the instruction and both answers, or an item for texts that stand elsewhere, and the models' names
_Identity = tuple[str, str, str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The comparisons in the order in which the rows first have them; `named` if the rows name their people."""

    comparisons: tuple[LabelledComparison, ...]
    named: bool
    notes: tuple[str, ...] = ()


def gather(
    rows: Iterable[LabelledRow], notes: AnswerNotes, *, own_rows: bool, listed: bool, repeats_of_people: bool = False
) -> Gathered:
    """The comparisons of rows.

    Rows on the same two answers are one comparison where they name different people, and where the layout has neither
    names nor lists of people. The other order of the answers is the same comparison only where people are named:
    otherwise nothing shows that a second person spoke.

    Args:
        own_rows: whether rows without the name of a person are comparisons of their own, whatever they repeat.
        listed: whether each row lists its people.
        repeats_of_people: whether a person may label a comparison again.

    Raises:
        InputError: a row has no label, or a person gave two different ones.
    """
    gathering = _Gathering(notes, repeats_of_people)
    for row in rows:
        gathering.add(row, own_rows=own_rows, listed=listed)
    return gathering.result()


@dataclass(slots=True)
class _Held:
    """A comparison whose labels come row by row."""

    comparison: Comparison
    fields: Mapping[str, str]
    opinions: list[Opinion] = field(default_factory=list)
    # the rows of named people, for an error
    places: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Shared:
    """Values of many rows that are held once: a file may have a hundred thousand of them."""

    clusters: dict[str, str] = field(default_factory=dict)
    known_turns: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    known_fields: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = field(default_factory=dict)
    measures: dict[tuple[tuple[str, float], ...], Mapping[str, float]] = field(default_factory=dict)
    opinions: dict[tuple[str, float], Opinion] = field(default_factory=dict)

    def texts(self, row: LabelledRow) -> tuple[str, str, str]:
        """The instruction and both answers with all their turns; an item stands for texts that are elsewhere."""
        if not row.turns:
            return row.item or "", "", ""
        first, second = ("\n\n".join(answer) for answer in row.answers)
        return "\n\n".join(row.turns), first, second

    def cluster(self, instruction: str) -> str:
        if instruction not in self.clusters:
            self.clusters[instruction] = instruction_key(instruction)
        return self.clusters[instruction]

    def turns(self, turns: tuple[str, ...]) -> tuple[str, ...]:
        return self.known_turns.setdefault(turns, turns)

    def fields(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        return self.known_fields.setdefault(tuple(fields.items()), fields)

    def opinion(self, person: str, preference: float) -> Opinion:
        return self.opinions.setdefault((person, preference), Opinion(person, preference))

    def output(self, key: str, model: str, answer: tuple[str, ...], text: str) -> Output:
        if len(text) > MAX_OUTPUT_CHARS:
            return Output(key, model, (), oversize_chars=len(text))
        measures = count_markdown(text) if answer else {}
        return Output(key, model, answer, measures=self.measures.setdefault(tuple(measures.items()), measures))


@dataclass(slots=True)
class _Gathering:
    notes: AnswerNotes
    repeats_of_people: bool
    held: list[_Held] = field(default_factory=list)
    known: dict[_Identity, _Held] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    named: bool | None = None
    shared: _Shared = field(default_factory=_Shared)

    def add(self, row: LabelledRow, *, own_rows: bool, listed: bool) -> None:
        said = [one for one in row.said if one.preference is not None]
        if not said:
            raise InputError(f"{row.record.where}: expected a label, found none. Leave the row out")
        named = self._names_people(row, said)
        texts = self.shared.texts(row)
        asked, first, second = texts
        # without the models' names, the answers' places are no models
        models = row.models if row.models == MODELS else row.models[::-1]
        identity, turned = (asked, first, second, row.models), (asked, second, first, models)
        apart = listed or (own_rows and not named)
        if (same := self.known.get(identity)) is not None:
            if not apart:
                self._join(same, row, said)
                return
            self.notes.count(_OWN, row.record)
            if sorted(one.preference or 0.0 for one in said) != sorted(one.preference for one in same.opinions):
                self.notes.count(_OTHER_LABEL, row.record)
        elif (other := self.known.get(turned)) is not None:
            if named and not apart:
                self.notes.count(_TURNED, row.record)
                self._join(other, row, [Said(one.person, 1.0 - (one.preference or 0.0)) for one in said])
                return
            self.notes.count(_SWAPPED, row.record)
        fresh = _Held(self._comparison(row, texts), self.shared.fields(row.fields))
        self.held.append(fresh)
        self.known.setdefault(identity, fresh)
        for one in said:
            self._add(fresh, row, one)

    def result(self) -> Gathered:
        found = tuple(LabelledComparison(one.comparison, tuple(one.opinions), one.fields) for one in self.held)
        labels = [opinion.preference for one in found for opinion in one.opinions]
        one_sided = len(labels) >= _MANY and set(labels) == {FIRST, TIE}
        return Gathered(found, bool(self.named), (_ONE_SIDED,) if one_sided else ())

    def _names_people(self, row: LabelledRow, said: list[Said]) -> bool:
        names = {one.person is not None for one in said}
        if self.named is None:
            self.named = all(names)
        if names != {self.named}:
            told = "no person, and earlier ones have" if self.named else "a person, and earlier ones have none"
            raise InputError(
                f"{row.record.where}: a label has {told}. Name the person behind every label, or behind none"
            )
        return self.named

    def _join(self, held: _Held, row: LabelledRow, said: list[Said]) -> None:
        if not self.named:
            self.notes.count(_PEOPLE, row.record)
        for one in said:
            self._add(held, row, one)

    def _add(self, held: _Held, row: LabelledRow, said: Said) -> None:
        assert said.preference is not None
        if said.person is None:
            held.opinions.append(self.shared.opinion(str(len(held.opinions) + 1), said.preference))
            return
        before = [place for place, known in enumerate(held.opinions) if known.person == said.person]
        if before and not self.repeats_of_people:
            first = held.opinions[before[0]]
            if first.preference != said.preference:
                raise InputError(
                    f"{row.record.where}: {said.person[:40]!r} says something else of the same two answers in "
                    f"{_row(held.places[before[0]])}. Keep one of the labels, or read them as repeats of the person"
                )
            self.notes.count(_AGAIN, row.record)
            return
        if before:
            self.notes.count(_REPEAT, row.record)
        held.opinions.append(self.shared.opinion(said.person, said.preference))
        held.places.append(row.record.where)

    def _comparison(self, row: LabelledRow, texts: tuple[str, str, str]) -> Comparison:
        digest = comparison_key(*texts) if row.turns else texts[0]
        count = self.keys[digest] = self.keys.get(digest, 0) + 1
        key = digest if count == 1 else f"{digest}-{count}"
        cluster = row.cluster or self.shared.cluster(texts[0])
        turns = self.shared.turns(row.turns)
        category = category_in(row.fields)
        example = Example(key, turns, category and checked_name(category, row.record.where), cluster)
        first, second = (
            self.shared.output(key, model, answer, text)
            for model, answer, text in zip(row.models, row.answers, texts[1:], strict=True)
        )
        return Comparison(example, first, second)


def _row(where: str) -> str:
    """A row without its file."""
    number = where.rpartition(":")[2].strip()
    return f"row {number}" if number.isdigit() else number
