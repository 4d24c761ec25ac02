"""Counts what a user must know of a source's answers or rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from evalkit.formats.records import Record


@dataclass(slots=True)
class AnswerNotes:
    """Counts of the answers of a source that a user must know of, each with the place of the first one.

    `noun` says what is counted, where it is not answers.
    """

    source: str
    noun: str = "answer(s)"
    found: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def count(self, what: str, record: Record, *, mark: str = "") -> None:
        """Count an answer; of the answers of a kind the first gives the place and the mark that the note names."""
        n, first, named = self.found.get(what, (0, record.where, mark))
        self.found[what] = n + 1, first, named

    def notes(self) -> Iterator[str]:
        """One note for each kind, in the order in which they were met."""
        for what, (n, first, mark) in self.found.items():
            place = first.removeprefix(self.source).lstrip(":").strip()
            place = f"row {place}" if place.isdigit() else place
            yield f"{self.source}: {n} {self.noun}, the first in {place}, {what.format(mark=mark)}"
