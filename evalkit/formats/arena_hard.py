"""Arena-Hard's judgments: two games per question, in both editions."""

from collections.abc import Iterable, Iterator
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.conversation import (
    FAILED_CALL,
    ID_FIELDS,
    id_field,
    object_at,
    read_id,
    text_at,
    without_mark,
)
from evalkit.formats.records import Record
from evalkit.formats.verdicts import UNNAMED_JUDGE, Stored, count_repeats, recorded, same_place
from evalkit.types import Annotation, Order

# the first edition's records do not name it
BASELINE_V01 = "gpt-4-0314"
# the baseline is A in the first game and B in the second
_ORDERS = (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST)
# P(A is better), and whether it is much better or worse; the first of two spellings is written
_LABELS = {
    **dict.fromkeys(("A>>B", "B<<A"), (1.0, True)),
    **dict.fromkeys(("A>B", "B<A"), (1.0, False)),
    **dict.fromkeys(("A=B", "B=A"), (0.5, False)),
    **dict.fromkeys(("B>A", "A<B"), (0.0, False)),
    **dict.fromkeys(("B>>A", "A<<B"), (0.0, True)),
}


def game_verdicts(
    records: Iterable[Record], *, judge: str | None = None, baseline: str | None = None
) -> Iterator[Annotation]:
    """Read the games of a `model_judgment/JUDGE/MODEL.jsonl`, one verdict per game.

    Args:
        judge: the judge's name where the file does not give it.
        baseline: the baseline's name where the file does not give it; by default the first edition's.

    Raises:
        InputError: wrong content; the message names the row and the field.
    """
    return count_repeats(verdict for record in records for verdict in _verdicts(record, judge, baseline))


def game_rows(verdicts: Iterable[Stored]) -> Iterator[dict[str, Any]]:
    """Preferences as rows of a `model_judgment/JUDGE/MODEL.jsonl` of the second edition.

    Args:
        verdicts: the verdicts; both orders of one place follow each other.

    Raises:
        InputError: a preference is a probability, or was asked for in one order only.
    """
    for games in same_place(verdicts):
        first = next(iter(games.values()))
        slot = first[0].slot
        if len(games) < len(_ORDERS) and not slot.decided_alone:
            raise InputError(
                f"judge {slot.judge!r} was asked in one order, and Arena-Hard's files hold both. Choose another judge "
                "with --judge, or write mt_bench or parquet"
            )
        yield {
            "uid": slot.key,
            "category": slot.category,
            "judge": slot.judge,
            "model": slot.model,
            "baseline": slot.baseline,
            "games": [_game_row(games.get(order, first), order) for order in _ORDERS],
        }


def _game_row(verdict: Stored, order: Order) -> dict[str, Any] | None:
    """A game; null where the judge gave no text that could be read again."""
    annotation, exchange = verdict
    if annotation.preference is None and exchange.reply is None:
        return None
    return {
        "score": _verdict_label(annotation, order),
        "judgment": {"answer": without_mark(exchange.reply or "")},
        "prompt": [{"role": message.role, "content": message.content} for message in exchange.messages],
    }


def _verdict_label(annotation: Annotation, order: Order) -> str | None:
    """The label of a verdict, with A shown first."""
    preference = annotation.preference
    if preference is None:
        return None
    p_a = preference if order == Order.CANDIDATE_FIRST else 1.0 - preference
    label = next((label for label, said in _LABELS.items() if said == (p_a, annotation.strong)), None)
    if label is None:
        raise InputError(
            f"judge {annotation.slot.judge!r} gives probabilities, and Arena-Hard's files hold five verdicts. Choose "
            "another judge with --judge, or write parquet"
        )
    return label


def _verdicts(record: Record, judge: str | None, baseline: str | None) -> Iterator[Annotation]:
    key = read_id(record, id_field(record) or ID_FIELDS[1])
    games = record.fields.get("games")
    if not isinstance(games, list) or not 1 <= len(games) <= len(_ORDERS):
        found = f"{len(games)} games" if isinstance(games, list) else kind_of(games)
        raise InputError(f'{record.where}: field "games": expected a list of one or two games, found {found}')
    for number, (game, order) in enumerate(zip(games, _ORDERS, strict=False)):
        preference, strong, failure, reply = _game(record, f"games[{number}]", game)
        if preference is not None and order == Order.BASELINE_FIRST:
            preference = 1.0 - preference
        yield recorded(
            key=key,
            cluster=key,
            judge=record.optional_text("judge") or judge or UNNAMED_JUDGE,
            model=record.text("model"),
            baseline=record.optional_text("baseline") or baseline or BASELINE_V01,
            category=record.optional_text("category"),
            order=order,
            preference=preference,
            strong=strong,
            failure=failure,
            reply=reply,
        )


def _game(record: Record, place: str, game: object) -> tuple[float | None, bool, str | None, str | None]:
    """P(A is better), whether by much, the reason why it is unknown, and the judge's text."""
    if game is None:
        return None, False, "the judge's call failed: the file has null for the game", None
    fields = object_at(record, place, game)
    said = fields.get("judgment")
    text = said.get("answer") if isinstance(said, dict) else said
    reply = None if text is None else text_at(record, f"{place}.judgment", text)
    if reply is not None and FAILED_CALL in reply:
        return None, False, f"the judge's call failed ({FAILED_CALL})", reply
    if fields.get("score") is None:
        return None, False, "no verdict was found in the reply", reply
    label = text_at(record, f"{place}.score", fields["score"]).strip("[] ")
    if label not in _LABELS:
        known = ", ".join(_LABELS)
        raise InputError(f'{record.where}: field "{place}.score": expected one of {known}, found {label[:40]!r}')
    p_a, strong = _LABELS[label]
    return p_a, strong, None, reply
