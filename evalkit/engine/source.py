"""The questions left for one endpoint: planned in small chunks, looked up, and claimed before they are sent."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from evalkit.engine.progress import Tally
from evalkit.engine.task import Pending, Posed, Task
from evalkit.engine.trial import Trial
from evalkit.engine.writer import Writer
from evalkit.types import ChatReply, Slot

SMALLEST_CHUNK = 16
LARGEST_CHUNK = 256
# questions are rendered on the loop, this many at a time before replies get their turn
_AT_ONCE = 8


@dataclass(slots=True)
class Job:
    """A task with its running counts, and the trial that it shares with the others of its judge."""

    work: Task
    tally: Tally
    why_unreadable: Callable[[Slot, ChatReply], str | None]
    trial: Trial

    def count(self, places: Iterable[Pending]) -> Iterator[Slot]:
        """Pass the places on, counting the questions among them."""
        for place in places:
            self.tally.total += place.subject is not None
            yield place.slot


def open_job(work: Task, trial: Trial) -> Job:
    return Job(work, Tally(work.config.prices), work.reader(), trial)


@dataclass(slots=True)
class Item:
    """A question under way: the numbers of times that it was asked anew, failed, got an answer that could not be used,
    and was turned away. `answers_before` is the number of the endpoint's answers before it first turned this question
    away.
    """

    job: Job
    place: Pending
    posed: Posed
    reask: int = 0
    attempts: int = 0
    unusable: int = 0
    turned_away: int = 0
    answers_before: int = 0

    @property
    def key(self) -> str:
        return self.posed.request.key

    @property
    def filled(self) -> tuple[str, Slot]:
        """The place as this question's reply fills it, with its plan."""
        return self.job.work.digest, self.posed.slot

    def why_unreadable(self, reply: ChatReply) -> str | None:
        return self.job.why_unreadable(self.posed.slot, reply)

    def next_question(self) -> "Item":
        reask = self.reask + 1
        return Item(self.job, self.place, self.job.work.pose(self.place, reask=reask), reask)


class Source:
    """The questions of several jobs, one after the other, that no other process is asking."""

    def __init__(self, jobs: Sequence[Job], writer: Writer, *, room: int) -> None:
        self._writer = writer
        # small at first, so that the first request leaves soon
        self._chunk = SMALLEST_CHUNK
        self._largest = max(SMALLEST_CHUNK, min(LARGEST_CHUNK, room))
        self._places = _places(jobs)
        self.exhausted = False
        self.n_freed = 0
        self.ready: deque[Item] = deque()
        # asked elsewhere: by another process, or for another place of this run with the same question
        self.held: list[Item] = []
        self._in_hand: set[str] = set()

    @property
    def low(self) -> bool:
        """True if more questions should be fetched before the ready ones run out."""
        return not self.exhausted and len(self.ready) <= self._chunk // 2

    @property
    def done(self) -> bool:
        return self.exhausted and not self.ready and not self.held

    async def refill(self) -> None:
        """Plan, look up and claim the next chunk."""
        chunk: list[Item] = []
        for job, place in itertools.islice(self._places, self._chunk):
            chunk.append(Item(job, place, job.work.pose(place)))
            if len(chunk) % _AT_ONCE == 0:
                await asyncio.sleep(0)
        self.exhausted = len(chunk) < self._chunk
        await self.offer(chunk)
        # stored replies are read in large steps, whatever the room for requests
        self._chunk = min(self._largest if self.ready else LARGEST_CHUNK, 2 * self._chunk)

    async def look_again(self) -> None:
        """Check whether the questions that others were asking have been answered or given up."""
        held, self.held = self.held, []
        await self.offer(held)

    async def offer(self, items: Sequence[Item]) -> None:
        """Sort questions into answered ones, those that are asked elsewhere, and those that are ready to send."""
        stored: list[tuple[str, Slot]] = []
        while items:
            wanted: dict[str, Item] = {}
            for item in items:
                if item.key in self._in_hand:
                    self.held.append(item)
                else:
                    wanted[item.key] = item
                    self._in_hand.add(item.key)
            claimed = await self._writer.claim(list(wanted), stored)
            self.n_freed += claimed.n_freed
            stored, again = [], []
            for key, item in wanted.items():
                reply = claimed.stored.get(key)
                if reply is None and key not in claimed.held:
                    self.ready.append(item)
                    continue
                self._in_hand.discard(key)
                if reply is None:
                    self.held.append(item)
                elif self._last_word(item, reply, unreadable=key in claimed.unreadable):
                    item.job.tally.stored += 1
                    stored.append(item.filled)
                else:
                    again.append(item.next_question())
            items = again
        if stored:
            await self._writer.claim([], stored)

    def _last_word(self, item: Item, reply: ChatReply, *, unreadable: bool) -> bool:
        """True if a stored reply fills its place: a reply that today's parser cannot read is not paid for again."""
        if not unreadable or item.why_unreadable(reply) is None:
            item.job.trial.passed()
            return True
        return item.reask >= item.job.work.reasks

    def drop_stopped(self) -> None:
        """Forget the questions of judges that were stopped."""
        stopped = [item for item in (*self.ready, *self.held) if item.job.trial.stopped is not None]
        for item in stopped:
            self.settled(item)
        self.ready = deque(item for item in self.ready if item.job.trial.stopped is None)
        self.held = [item for item in self.held if item.job.trial.stopped is None]

    def take(self) -> Item | None:
        """The first question that the trial of its judge lets leave now; None where there is none."""
        for place, item in enumerate(self.ready):
            if item.job.trial.may_send:
                del self.ready[place]
                return item
        return None

    def settled(self, item: Item) -> None:
        """Note that the item's reply or failure is on disk."""
        self._in_hand.discard(item.key)


def _places(jobs: Sequence[Job]) -> Iterator[tuple[Job, Pending]]:
    for job in jobs:
        for place in job.work.places():
            if place.subject is not None:
                yield job, place
