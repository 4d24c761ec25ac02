"""Refuses files in which a verdict stands twice."""

import hashlib
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from evalkit.errors import InputError
from evalkit.formats.records import Record

_SHOWN = 60


def each_once(records: Iterable[Record]) -> Iterator[Record]:
    """The records of a file that was not appended to itself.

    Raises:
        InputError: a record repeats another to the letter; the message names both.
    """
    seen: dict[bytes, str] = {}
    for record in records:
        digest = hashlib.blake2b(repr(record.fields).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        first = seen.setdefault(digest, record.where)
        if first is not record.where:
            raise InputError(f"{record.where}: repeats {_place(first)} to the letter. Keep one of each")
        yield record


@dataclass(frozen=True, slots=True)
class JudgedOnce:
    """The questions that the records of a file judge, each with the place of the first record."""

    seen: dict[Hashable, str] = field(default_factory=dict)

    def add(self, record: Record, judged: Hashable, *, judge: str, model: str) -> None:
        """Add what a record judges.

        Raises:
            InputError: an earlier record judges the same; the message names both.
        """
        first = self.seen.setdefault(judged, record.where)
        if first is not record.where:
            raise InputError(
                f"{record.where}: {judge[:_SHOWN]} judges {model[:_SHOWN]} on the instruction of {_place(first)} "
                "again, and nothing says which verdict counts. Keep one of each"
            )


def _place(where: str) -> str:
    """A row without its file."""
    number = where.rpartition(":")[2].strip()
    return number if number.startswith("row ") else f"row {number}"
