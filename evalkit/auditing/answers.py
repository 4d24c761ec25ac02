"""The answers that an audit looks at, read once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.plain import plain_words
from evalkit.auditing.runs import Hashes, code
from evalkit.types import OutputSet

# a new dictionary for each audit gives equal words of all its texts one place in memory, and a number
Known = dict[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class AuditedAnswers:
    """The answers that hold anything, with their instructions.

    `words` and `asked` are the words of the answers and of the instructions, and `codes` and `asked_codes` the same
    words as numbers.
    """

    keys: tuple[str, ...]
    instructions: tuple[str, ...]
    texts: tuple[str, ...]
    words: tuple[list[str], ...]
    asked: tuple[list[str], ...]
    codes: tuple[Hashes, ...]
    asked_codes: tuple[Hashes, ...]

    @property
    def n(self) -> int:
        return len(self.texts)

    def few(self, limits: AuditLimits) -> str:
        """The reason why there are too few of them; empty if there are enough."""
        return few(self.n, limits)

    def keys_with(self, has: Callable[[str, str], bool]) -> list[str]:
        """Keys of the answers for which `has` is true of the text and the instruction."""
        rows = zip(self.keys, self.texts, self.instructions, strict=True)
        return [key for key, text, instruction in rows if has(text, instruction)]

    def first_places(self) -> dict[str, int]:
        """The place of the first answer to each instruction, by key."""
        return {key: place for place, key in reversed(list(enumerate(self.keys)))}


def answers_of(outputs: OutputSet, known: Known) -> AuditedAnswers:
    rows = [
        (output.key, example.instruction, text)
        for example, output in zip(outputs.examples, outputs.outputs, strict=True)
        if (text := output.text).strip()
    ]
    keys, instructions, texts = zip(*rows, strict=True) if rows else ((), (), ())
    said, codes = _read(texts, known)
    asked, asked_codes = _read(instructions, known)
    return AuditedAnswers(keys, instructions, texts, said, asked, codes, asked_codes)


def _read(texts: Sequence[str], known: Known) -> tuple[tuple[list[str], ...], tuple[Hashes, ...]]:
    """The words of each text, and their numbers."""
    words, codes = [], []
    for text in texts:
        found = [known.get(word) or known.setdefault(word, (word, code(word))) for word in plain_words(text)]
        words.append([word for word, _ in found])
        codes.append(np.array([number for _, number in found], dtype=np.uint64))
    return tuple(words), tuple(codes)


def few(n: int, limits: AuditLimits, what: str = "answers") -> str:
    """The reason why `n` are too few for a check; empty if they are enough."""
    return "" if n >= limits.min_outputs else f"{n} {what}, at least {limits.min_outputs} needed"
