"""Makes annotations from files of verdicts."""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.names import check_names
from evalkit.formats.records import Record
from evalkit.formats.turns import turn_key
from evalkit.types import Annotation, ChatReply, Example, Message, Order, Rating, Slot

UNNAMED_JUDGE = "unnamed"
NO_VERDICT = "the file has no verdict for this row"


@dataclass(frozen=True, slots=True)
class Exchange:
    """The request and the reply of a verdict, where the store has them.

    `prompt` is the name of the judge's prompt; `seconds` since 1970 is the time of the reply.
    """

    prompt: str = ""
    messages: tuple[Message, ...] = ()
    reply: str | None = None
    seconds: float | None = None


# a verdict with its exchange
Stored = tuple[Annotation, Exchange]


def recorded(
    *,
    key: str,
    judge: str,
    model: str,
    baseline: str | None = None,
    category: str | None = None,
    cluster: str | None = None,
    order: Order | None = None,
    turn: int | None = None,
    repeat: int = 0,
    preference: float | None = None,
    rating: Rating | None = None,
    strong: bool = False,
    failure: str | None = None,
    reply: str | None = None,
    chars: tuple[int | None, int | None] = (None, None),
    blanks: tuple[int | None, int | None] = (None, None),
    measures: tuple[Mapping[str, float], Mapping[str, float]] = ({}, {}),
) -> Annotation:
    """A verdict from a file, whose judge has no digest yet.

    Args:
        key: key of the question; `turn`, which counts from 1, becomes part of it.
        model: the candidate.
        repeat: numbers the rows in which one judge judges the same again.
        chars: lengths of the baseline's and the candidate's answer in code points, with the blanks around them;
            without the baseline's there is no difference in length, and the candidate's is left out.
        blanks: number of blanks among these; None where only a length is known.

    Raises:
        InputError: a name looks like a key.
    """
    check_names((judge, model, baseline or "", category or ""), "a verdict")
    slot = Slot(
        benchmark="",
        model=model,
        baseline=baseline or "",
        judge=judge,
        digest="",
        key=key if turn is None else turn_key(key, turn),
        cluster=cluster or key,
        category=category,
        order=order,
        repeat=repeat,
        baseline_chars=chars[0] or 0,
        candidate_chars=None if baseline and chars[0] is None else chars[1],
        turn=turn or 1,
        baseline_measures=measures[0],
        candidate_measures=measures[1],
        baseline_blanks=blanks[0],
        candidate_blanks=blanks[1],
    )
    said = None if reply is None else ChatReply(reply)
    return Annotation(slot, preference, failure, said, rating=rating, strong=strong)


def count_repeats(verdicts: Iterable[Annotation]) -> Iterator[Annotation]:
    """The same verdicts, with those of the same place numbered from 0: judges append to their files."""
    seen: Counter[tuple[object, ...]] = Counter()
    for verdict in verdicts:
        place = (verdict.slot.key, verdict.slot.judge, verdict.slot.model, verdict.slot.baseline, verdict.slot.order)
        yield replace(verdict, slot=replace(verdict.slot, repeat=seen[place])) if seen[place] else verdict
        seen[place] += 1


def same_place(verdicts: Iterable[Stored]) -> Iterator[dict[Order, Stored]]:
    """Verdicts on the same answers and repeat, by order.

    Args:
        verdicts: the verdicts; those of one instruction follow each other.
    """
    for _, group in itertools.groupby(verdicts, key=_instruction):
        by_repeat: dict[int, dict[Order, Stored]] = {}
        for stored in group:
            slot = stored[0].slot
            assert slot.order is not None
            by_repeat.setdefault(slot.repeat, {})[slot.order] = stored
        yield from by_repeat.values()


def _instruction(verdict: Stored) -> tuple[str, str, str, str]:
    slot = verdict[0].slot
    return slot.judge, slot.model, slot.baseline, slot.key


def with_categories(verdicts: Iterable[Annotation], questions: Sequence[Example]) -> Iterator[Annotation]:
    """The same verdicts, with the category of the question for those without one."""
    categories = {example.key: example.category for example in questions}
    for verdict in verdicts:
        slot = verdict.slot
        category = categories.get(slot.question, categories.get(slot.key)) if slot.category is None else None
        yield verdict if category is None else replace(verdict, slot=replace(slot, category=category))


def optional_number(record: Record, name: str) -> float | None:
    """A field that holds a number, or null, NaN or an empty text for none.

    Raises:
        InputError: the field holds something else, or a number beyond all bounds.
    """
    value = record.fields.get(name)
    if value is None or value != value or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        found = kind_of(value) if isinstance(value, bool) or not isinstance(value, int | float) else "one too large"
        raise InputError(f'{record.where}: field "{name}": expected a number, found {found}')
    return float(value)


def optional_turn(record: Record) -> int | None:
    """The field `turn`, which counts from 1.

    Raises:
        InputError: the field holds no such number.
    """
    turn = optional_number(record, "turn")
    if turn is None:
        return None
    if turn != int(turn) or not 1 <= turn <= 1000:
        raise InputError(f'{record.where}: field "turn": expected a number that counts from 1, found {turn:g}')
    return int(turn)
