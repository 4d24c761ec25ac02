"""Finds the instruction that a record answers: its own text, a question that was given, or the baseline's."""

import hashlib
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from unicodedata import normalize

from evalkit.errors import InputError
from evalkit.formats.conversation import Answer, read_id, read_instruction
from evalkit.formats.records import Record, whole_text
from evalkit.types import Example, OutputSet

# in code points: some 250,000 tokens of English and more of other scripts, beyond the context of most judges and beyond
# the length that any of them reads with care
MAX_OUTPUT_CHARS = 1_000_000

# zero-width blanks and joiners, soft hyphens, marks of direction and of byte order
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

T = TypeVar("T", bound=Hashable)


def instruction_key(instruction: str) -> str:
    """Sixteen hex digits of the instruction's digest, its name everywhere."""
    # half of a surrogate pair is U+FFFD, as in every text that is read
    return hashlib.sha256(whole_text(instruction).encode("utf-8")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KnownExamples:
    """Known examples: those to share, the questions by key and by text, and all of them by the words of
    their text; None for several.
    """

    shared: Mapping[str, Example]
    by_key: Mapping[str, Example]
    by_turns: Mapping[tuple[str, ...], Example | None]
    by_words: Mapping[str, Example | None]


def known_examples(questions: Sequence[Example] | None, like: OutputSet | None) -> KnownExamples:
    asked = tuple(questions or ())
    shared = {} if like is None else {example.key: example for example in like.examples}
    every = shared or {example.key: example for example in asked}
    return KnownExamples(
        shared,
        {example.key: example for example in asked},
        _by_text(asked, lambda example: example.turns),
        _by_text(every.values(), lambda example: _words(example.turns)),
    )


def _by_text(examples: Iterable[Example], text: Callable[[Example], T]) -> dict[T, Example | None]:
    """Examples by their text; None for a text that several have."""
    found: dict[T, Example | None] = {}
    for example in examples:
        own = text(example)
        found[own] = None if own in found else example
    return found


def _words(turns: Sequence[str]) -> str:
    """The words of turns, whatever white space, unseen characters and way to compose letters they have."""
    seen = (normalize("NFC", _UNSEEN.sub("", turn)) for turn in turns)
    return "\0".join(" ".join(turn.split()) for turn in seen)


def shared_example(example: Example, key: str | None, known: KnownExamples) -> Example:
    """The known example that this one is: by its key, or else by its text, unless the user named a key."""
    same = known.shared.get(example.key)
    if same is None and key is None and example.key not in known.by_key:
        return known.by_words.get(_words(example.turns)) or example
    return same if same is not None and same == example else example


def example_of(record: Record, key: str | None, known: KnownExamples) -> Example:
    """The instruction that an output of AlpacaEval's layout answers."""
    named = None if key is None else read_id(record, key)
    if named is not None and named in known.by_key and "instruction" not in record.fields:
        return known.by_key[named]
    turns = read_instruction(record)
    chars = sum(map(len, turns))
    if chars > MAX_OUTPUT_CHARS:
        raise InputError(
            f'{record.where}: field "instruction": {chars} characters, more than the {MAX_OUTPUT_CHARS} '
            "that can be judged"
        )
    if named is not None:
        asked = known.by_key.get(named)
    elif (asked := known.by_turns.get(turns)) is None and turns in known.by_turns:
        raise InputError(f"{record.where}: several questions have this instruction. Name the field of their ids as key")
    if asked is not None and asked.turns == turns:
        return asked
    return Example(named or instruction_key("\n\n".join(turns)), turns, category_of(record))


def category_of(record: Record) -> str | None:
    """The category of an instruction, which AlpacaEval calls a dataset."""
    found = record.optional_text("dataset")
    if found is None and isinstance(record.fields.get("category"), str):
        found = record.optional_text("category")
    return found


def answered_example(record: Record, answered: Answer, known: KnownExamples) -> Example:
    """The instruction that an answer of MT-Bench's or Arena-Hard's layout answers."""
    if answered.key is None:
        assert answered.asked is not None
        asked = known.by_turns.get(answered.asked)
        key = instruction_key("\n\n".join(answered.asked))
        return asked or Example(key, answered.asked, category_of(record))
    asked = known.by_key.get(answered.key)
    if asked is not None and answered.asked in (None, asked.turns):
        return asked
    if answered.asked is not None:
        return Example(answered.key, answered.asked, record.optional_text("category"), cluster=answered.key)
    if known.by_key:
        raise InputError(
            f"{record.where}: question {answered.key!r} is not among the {len(known.by_key)} given ones. "
            "Give the question set that it belongs to"
        )
    raise InputError(
        f"{record.where}: the file holds answers without their questions. Name the questions with --questions FILE"
    )
