"""A judge's verdicts in a store with their replies, read once for a board and for the texts behind it."""

from collections.abc import Iterator, Mapping, Sequence

from evalkit.judging import annotate_all
from evalkit.store import Store, chunks
from evalkit.types import Annotation, ChatReply, JudgeConfig, Slot

# a place, its reply, and the verdict that the judge's parser reads in it
ReadVerdict = tuple[Slot, ChatReply | None, Annotation]
# the verdicts that were read, by the digest of the judge
ReadVerdicts = Mapping[str, Sequence[ReadVerdict]]


def read_verdicts(
    store: Store, config: JudgeConfig, *, benchmark: str, read: ReadVerdicts | None = None
) -> Iterator[ReadVerdict]:
    """The verdicts of one judge on a benchmark, in the order of the store.

    Args:
        read: those that were read before, which are not read again.
    """
    if read is not None:
        yield from read.get(config.digest, ())
        return
    for chunk in chunks(store.answered(config.digest, benchmark=benchmark)):
        for (slot, reply, _), annotation in zip(chunk, annotate_all(chunk, config), strict=True):
            yield slot, reply, annotation
