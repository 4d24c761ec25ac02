"""MT-Bench's judgments: grades of single answers, and winners of pairs judged in both orders."""

from collections.abc import Iterable, Iterator
from typing import Any

from evalkit.errors import InputError
from evalkit.formats.conversation import FAILED_CALL, ID_FIELDS, id_field, read_id, without_mark, write_id
from evalkit.formats.records import Record
from evalkit.formats.verdicts import (
    UNNAMED_JUDGE,
    Exchange,
    Stored,
    count_repeats,
    optional_number,
    optional_turn,
    recorded,
    same_place,
)
from evalkit.types import Annotation, Order, Rating

SCALE = (1.0, 10.0)
# the stored grade where none was found in the reply
_UNREAD = -1.0
_PREFERENCES = {"model_1": 1.0, "model_2": 0.0, "tie": 0.5}
_WINNERS = {preference: winner for winner, preference in _PREFERENCES.items()}
# in the first game the answer of model_1 is shown first
_GAMES = (("g1", Order.CANDIDATE_FIRST), ("g2", Order.BASELINE_FIRST))


def single_verdicts(records: Iterable[Record], *, judge: str | None = None) -> Iterator[Annotation]:
    """Read the grades of a `model_judgment/*_single.jsonl`.

    Args:
        judge: the judge's name where the file does not give it.

    Raises:
        InputError: wrong content; the message names the row and the field.
    """
    return count_repeats(_single(record, judge) for record in records)


def pair_verdicts(records: Iterable[Record], *, judge: str | None = None) -> Iterator[Annotation]:
    """Read the winners of a `model_judgment/*_pair.jsonl`, one verdict per game; `model_1` is the candidate.

    Args:
        judge: the judge's name where the file does not give it.

    Raises:
        InputError: wrong content; the message names the row and the field.
    """
    return count_repeats(verdict for record in records for verdict in _pair(record, judge))


def single_rows(verdicts: Iterable[Stored]) -> Iterator[dict[str, Any]]:
    """Grades as rows of a `model_judgment/*_single.jsonl`.

    Raises:
        InputError: a grade is on another scale.
    """
    for annotation, exchange in verdicts:
        slot, rating = annotation.slot, annotation.rating
        if rating is not None and (rating.low, rating.high) != SCALE:
            raise InputError(
                f"judge {slot.judge!r} grades from {rating.low:g} to {rating.high:g}, and MT-Bench's files hold grades "
                f"from {SCALE[0]:g} to {SCALE[1]:g}. Choose another judge with --judge, or another format"
            )
        score = _UNREAD if rating is None else rating.value
        yield {
            "question_id": write_id(slot.question),
            "model": slot.model,
            "judge": [slot.judge, exchange.prompt],
            "user_prompt": _prompt(exchange),
            "judgment": _judgment(exchange, failed=rating is None),
            "score": int(score) if score == int(score) else score,
            "turn": slot.turn,
            **_time(exchange),
        }


def pair_rows(verdicts: Iterable[Stored]) -> Iterator[dict[str, Any]]:
    """Preferences as rows of a `model_judgment/*_pair.jsonl`; verdicts in one order only have the old form with one
    winner.

    Args:
        verdicts: the verdicts; both orders of one place follow each other.

    Raises:
        InputError: a preference is a probability.
    """
    for games in same_place(verdicts):
        first = next(iter(games.values()))
        slot, exchange = first[0].slot, first[1]
        row: dict[str, Any] = {
            "question_id": write_id(slot.question),
            "model_1": slot.model,
            "model_2": slot.baseline,
            "judge": [slot.judge, exchange.prompt],
        }
        if len(games) < len(_GAMES) and not slot.decided_alone:
            row |= {
                "winner": _winner_name(first[0]),
                "user_prompt": _prompt(exchange),
                "judgment": _game_judgment(first),
            }
        else:
            for game, order in _GAMES:
                verdict = games.get(order, first)
                row |= {
                    f"{game}_winner": _winner_name(verdict[0]),
                    f"{game}_user_prompt": _prompt(verdict[1]),
                    f"{game}_judgment": _game_judgment(verdict),
                }
        yield {**row, "turn": slot.turn, **_time(exchange)}


def _winner_name(annotation: Annotation) -> str:
    """The winner."""
    preference = annotation.preference
    if preference is None:
        return "error"
    if preference not in _WINNERS:
        raise InputError(
            f"judge {annotation.slot.judge!r} gives probabilities, and MT-Bench's files hold winners. Choose another "
            "judge with --judge, or write parquet"
        )
    return _WINNERS[preference]


def _game_judgment(verdict: Stored) -> str:
    return _judgment(verdict[1], failed=verdict[0].preference is None)


def _judgment(exchange: Exchange, *, failed: bool) -> str:
    if exchange.reply is not None:
        return without_mark(exchange.reply)
    return FAILED_CALL if failed else ""


def _prompt(exchange: Exchange) -> str:
    return "\n\n".join(message.content for message in exchange.messages)


def _time(exchange: Exchange) -> dict[str, float]:
    return {} if exchange.seconds is None else {"tstamp": exchange.seconds}


def _single(record: Record, judge: str | None) -> Annotation:
    key = _key(record)
    reply = record.optional_text("judgment")
    score = optional_number(record, "score")
    failure = None
    if reply is not None and FAILED_CALL in reply:
        failure = f"the judge's call failed ({FAILED_CALL})"
    elif score is None or score == _UNREAD:
        failure = "no grade was found in the reply"
    elif not SCALE[0] <= score <= SCALE[1]:
        failure = f"{score:g} is outside the scale from {SCALE[0]:g} to {SCALE[1]:g}"
    return recorded(
        key=key,
        cluster=key,
        judge=_judge(record, judge),
        model=record.text("model"),
        order=Order.ALONE,
        turn=optional_turn(record),
        rating=None if score is None or failure is not None else Rating(score, *SCALE),
        failure=failure,
        reply=reply,
    )


def _pair(record: Record, judge: str | None) -> Iterator[Annotation]:
    games: tuple[tuple[str, Order | None], ...] = _GAMES
    if "g1_winner" not in record.fields and "winner" in record.fields:
        # an old form with the winner of one game, in an order that is not given
        games = (("", None),)
    key = _key(record)
    for game, order in games:
        prefix = f"{game}_" if game else ""
        reply = record.optional_text(f"{prefix}judgment")
        preference, failure = _winner(record, f"{prefix}winner", reply)
        yield recorded(
            key=key,
            cluster=key,
            judge=_judge(record, judge),
            model=record.text("model_1"),
            baseline=record.text("model_2"),
            order=order,
            turn=optional_turn(record),
            preference=preference,
            failure=failure,
            reply=reply,
        )


def _winner(record: Record, name: str, reply: str | None) -> tuple[float | None, str | None]:
    """The preference for model_1, or the reason why there is none."""
    winner = record.text(name) if name not in record.fields else record.optional_text(name)
    if reply is not None and FAILED_CALL in reply:
        return None, f"the judge's call failed ({FAILED_CALL})"
    if winner == "error" or not winner:
        return None, "no verdict was found in the reply"
    if winner not in _PREFERENCES:
        known = ", ".join((*_PREFERENCES, "error"))
        raise InputError(f'{record.where}: field "{name}": expected one of {known}, found {winner[:40]!r}')
    return _PREFERENCES[winner], None


def _key(record: Record) -> str:
    return read_id(record, id_field(record) or ID_FIELDS[0])


def _judge(record: Record, judge: str | None) -> str:
    """The judge's model, the first of a list whose second entry is the prompt's name."""
    named = record.fields.get("judge")
    if isinstance(named, list) and named:
        return Record(record.where, {"judge[0]": named[0]}).text("judge[0]")
    return record.optional_text("judge") or judge or UNNAMED_JUDGE
