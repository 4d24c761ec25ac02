"""Reads which of two answers a person or a judge prefers, in the codes and the words that files have for it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import InputError
from evalkit.formats.human.labelled import FIRST, SECOND, TIE
from evalkit.formats.records import Record
from evalkit.formats.votes import OTHER_WORDS, OUTCOMES

NUMBERS: Mapping[float, float] = {1.0: FIRST, 2.0: SECOND, 1.5: TIE, 0.0: TIE}
# votes count from the other side
WORDS: Mapping[str, float] = {
    **{word: 1.0 - outcome for word, outcome in {**OTHER_WORDS, **OUTCOMES}.items()},
    **dict.fromkeys(("first", "model_1", "output_1", "answer_1", "response_1", "answer_a", "response_a"), FIRST),
    **dict.fromkeys(("output_a", "assistant_a", "a>b", "a>>b", "a++", "a+"), FIRST),
    **dict.fromkeys(("second", "model_2", "output_2", "answer_2", "response_2", "answer_b", "response_b"), SECOND),
    **dict.fromkeys(("output_b", "assistant_b", "b>a", "b>>a", "b++", "b+", "a<b", "a<<b"), SECOND),
    **dict.fromkeys(("same", "none", "a=b", "b=a", "tie (inconsistent)"), TIE),
}
_SHORT = "1 or A for the first answer, 2 or B for the second, 0, 1.5 or tie"
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_SHOWN = 40
_LARGEST_SHOWN = 1e15


def winner_in(record: Record, name: str, *, models: tuple[str, str] | None = None) -> float | None:
    """P(second answer better) in a field: a number, a word, or the name of one of the models; None where it is empty.

    Raises:
        InputError: the field is missing, or holds anything else.
    """
    if name not in record.fields:
        record.text(name)
    return winner(record.fields[name], f'{record.where}: field "{name}"', models=models)


def winner(said: Any, place: str, *, models: tuple[str, str] | None = None) -> float | None:
    """P(second answer better) as a value says it; None where it is null, NaN or blank.

    Raises:
        InputError: the value says none; the message begins with `place`.
    """
    if said is None or said != said or (isinstance(said, str) and not said.strip()):
        return None
    found = None
    if isinstance(said, str):
        found = _in_words(said, models)
    elif isinstance(said, int | float) and not isinstance(said, bool):
        found = NUMBERS.get(said)
    if found is None:
        raise InputError(f"{place}: expected {_SHORT}, found {shown(said)}")
    return found


def shown(value: Any) -> str:
    """A value in an error: the start of a text or a number, and of all else its kind."""
    if isinstance(value, str):
        return json.dumps(value[:_SHOWN])
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST_SHOWN:
        return f"{value:g}"
    return kind_of(value)


def _in_words(said: str, models: tuple[str, str] | None) -> float | None:
    plain = " ".join(said.split())
    if models is not None and (plain == models[0].strip()) != (plain == models[1].strip()):
        return FIRST if plain == models[0].strip() else SECOND
    if _NUMBER.fullmatch(plain):
        return NUMBERS.get(float(plain))
    folded = plain.casefold().removeprefix("[[").removesuffix("]]")
    return WORDS.get(folded, WORDS.get(folded.replace(" ", "")))
