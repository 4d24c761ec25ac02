"""Verdicts in one form: those that other benchmarks' judges left, and ours on their way into other tools' files."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.records import Record
from evalkit.types import Annotation, Example, Message, Order

UNNAMED_JUDGE = "unnamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignVerdict:
    """One verdict of a foreign file: a `preference`, which is P(candidate beats baseline), a `rating`, or neither and a
    `failure`.

    `model` is the candidate. `order`, `turn` and `scale` are None where the file does not tell; `turn` counts from 1.
    `repeat` numbers the rows in which one judge judges the same again. Lengths are code points and contain the blanks
    around the texts; the blanks are None where only a length is known.
    """

    key: str
    judge: str
    model: str
    baseline: str | None = None
    category: str | None = None
    order: Order | None = None
    turn: int | None = None
    repeat: int = 0
    preference: float | None = None
    rating: float | None = None
    scale: tuple[float, float] | None = None
    strong: bool = False
    failure: str | None = None
    reply: str | None = None
    cluster: str | None = None
    baseline_chars: int | None = None
    candidate_chars: int | None = None
    baseline_measures: Mapping[str, float] = field(default_factory=dict)
    candidate_measures: Mapping[str, float] = field(default_factory=dict)
    baseline_blanks: int | None = None
    candidate_blanks: int | None = None


@dataclass(frozen=True, slots=True)
class OwnVerdict:
    """A verdict of ours, with the judge's words and what it was sent where the store has them.

    `judge` is the name it goes by in a file, `prompt` that of the judge's prompt; `seconds` since 1970 is when the
    reply came.
    """

    annotation: Annotation
    judge: str
    prompt: str = ""
    reply: str | None = None
    messages: tuple[Message, ...] = ()
    seconds: float | None = None

    @property
    def question(self) -> str:
        """The question's name without the number of its turn."""
        slot = self.annotation.slot
        return slot.key.removesuffix(f":{slot.turn}")

    @property
    def decided_alone(self) -> bool:
        """Whether a rule or a failure stands for every order."""
        slot = self.annotation.slot
        return slot.rule is not None or slot.failure is not None


def count_repeats(verdicts: Iterable[ForeignVerdict]) -> Iterator[ForeignVerdict]:
    """The same verdicts, those of the same place numbered from 0: judges append to their files."""
    seen: Counter[tuple[object, ...]] = Counter()
    for one in verdicts:
        place = (one.key, one.judge, one.model, one.baseline, one.order, one.turn)
        yield replace(one, repeat=seen[place]) if seen[place] else one
        seen[place] += 1


def same_place(verdicts: Iterable[OwnVerdict]) -> Iterator[dict[Order, OwnVerdict]]:
    """Verdicts of ours on the same answers and repeat, by order.

    Args:
        verdicts: those of one instruction one after the other.
    """
    for _, group in itertools.groupby(verdicts, key=_instruction):
        by_repeat: dict[int, dict[Order, OwnVerdict]] = {}
        for one in group:
            by_repeat.setdefault(one.annotation.slot.repeat, {})[one.annotation.slot.order] = one
        yield from by_repeat.values()


def _instruction(one: OwnVerdict) -> tuple[str, str, str, str]:
    slot = one.annotation.slot
    return one.judge, slot.model, slot.baseline, slot.key


def with_categories(verdicts: Iterable[ForeignVerdict], questions: Sequence[Example]) -> Iterator[ForeignVerdict]:
    """The same verdicts, those without a category with that of their question."""
    categories = {example.key: example.category for example in questions}
    for one in verdicts:
        category = categories.get(one.key) if one.category is None else None
        yield one if category is None else replace(one, category=category)


def optional_number(record: Record, name: str) -> float | None:
    """A field that holds a number, or null or NaN for none.

    Raises:
        InputError: something else, or a number beyond all bounds.
    """
    value = record.fields.get(name)
    if value is None or value != value:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        found = kind_of(value) if isinstance(value, bool) or not isinstance(value, int | float) else "one too large"
        raise InputError(f'{record.where}: field "{name}": expected a number, found {found}')
    return float(value)


def optional_turn(record: Record) -> int | None:
    """The field `turn`, which counts from 1.

    Raises:
        InputError: no such number.
    """
    turn = optional_number(record, "turn")
    if turn is None:
        return None
    if turn != int(turn) or not 1 <= turn <= 1000:
        raise InputError(f'{record.where}: field "turn": expected a number that counts from 1, found {turn:g}')
    return int(turn)
