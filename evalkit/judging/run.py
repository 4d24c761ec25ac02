"""Runs works and reads the annotations back from the store."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evalkit.engine import Journal, Limits, Progress, Watcher, run_all, unwatched, unwritten
from evalkit.errors import StoreError
from evalkit.judging.annotations import annotate_all
from evalkit.judging.work import Work
from evalkit.store import Store
from evalkit.types import Annotation

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Annotations:
    """A model's verdicts under one judge, read from the store each time they are iterated, in the baseline's order."""

    work: Work
    store: Store

    def __iter__(self) -> Iterator[Annotation]:
        rest = iter(self.work.keys)
        while chunk := list(itertools.islice(rest, _CHUNK)):
            answered = self.store.answered_for(self.work.group, self.work.digest, chunk)
            if {slot.key for slot, _, _ in answered} != set(chunk):
                raise StoreError(
                    f"{self.store.where}: another run has taken over the places of model {self.work.group.model!r} "
                    f"under judge {self.work.config.name!r}, with other answers or options. Give the models different "
                    "names, or run one after the other"
                )
            by_key: dict[str, list[Annotation]] = {key: [] for key in chunk}
            for annotation in annotate_all(answered, self.work.config):
                by_key[annotation.slot.key].append(annotation)
            yield from itertools.chain.from_iterable(by_key.values())


@dataclass(frozen=True, slots=True)
class Annotated:
    """A work's verdicts and its progress; `abandoned` requests were under way in earlier runs that were killed."""

    work: Work
    annotations: Annotations
    progress: Progress
    abandoned: int


def annotate(
    works: Sequence[Work],
    store: Store,
    *,
    limits: Limits,
    watch: Watcher = unwatched,
    journal: Journal = unwritten,
) -> list[Annotated]:
    """Fill every place of every work, in their order.

    Raises:
        As `run_all`.
    """
    ran = run_all(works, store, limits=limits, watch=watch, journal=journal)
    return [
        Annotated(work, Annotations(work, store), progress, ran.abandoned)
        for work, progress in zip(works, ran.progress, strict=True)
    ]
