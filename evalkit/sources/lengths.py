"""Fills in lengths of answers that verdicts from other tools do not tell, from answers that were imported too."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from evalkit.errors import InputError
from evalkit.formats import read_answered
from evalkit.sources.stored import imported_rows
from evalkit.store import Store
from evalkit.text import blanks_around
from evalkit.types import Annotation, Slot

_ANSWERS = ("mt_bench", "arena_hard")
# model and question; the texts of its turns
_Texts = Mapping[tuple[str, str], tuple[str, ...]]


def with_lengths(store: Store, annotations: Iterable[Annotation]) -> Iterator[Annotation]:
    """The annotations, with lengths where a slot has none and the store has the answers."""
    known: _Texts | None = None
    for annotation in annotations:
        slot = annotation.slot
        if slot.candidate_chars is not None:
            yield annotation
            continue
        if known is None:
            known = _imported_answers(store)
        yield dataclasses.replace(annotation, slot=_measured(slot, known)) if known else annotation


def _measured(slot: Slot, known: _Texts) -> Slot:
    candidate, baseline = (_up_to(slot, known.get((model, slot.question))) for model in (slot.model, slot.baseline))
    if candidate is None or (slot.baseline and baseline is None):
        return slot
    return dataclasses.replace(
        slot,
        candidate_chars=len("\n\n".join(candidate)),
        candidate_blanks=blanks_around(candidate),
        baseline_chars=len("\n\n".join(baseline or ())),
        baseline_blanks=None if baseline is None else blanks_around(baseline),
    )


def _up_to(slot: Slot, texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The answers up to the turn that is judged; None where they are not known."""
    return None if texts is None or len(texts) < slot.turn else texts[: slot.turn]


def _imported_answers(store: Store) -> _Texts:
    found = {}
    for format in _ANSWERS:  # noqa: A001 (the word for it)
        for record in imported_rows(store, "answer", format=format):
            try:
                answer = read_answered(record)
            except InputError:
                # the record is kept as it came, and says nothing about lengths
                continue
            if answer is None or answer.model is None or answer.key is None:
                continue
            if answer.texts is not None:
                found[answer.model, answer.key] = answer.texts
    return found
