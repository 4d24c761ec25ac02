"""One endpoint's requests: sent when there is room and it is time, tried again when that may help."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from evalkit import faults
from evalkit.engine.limits import Limits
from evalkit.engine.pace import Pace
from evalkit.engine.progress import Journal
from evalkit.engine.source import Item, Source
from evalkit.engine.writer import Outcome, Writer
from evalkit.errors import EndpointRefused, RateLimited, RejectedRequest, RetryableError
from evalkit.judge import CHARS_PER_TOKEN, tokens
from evalkit.store import UNREADABLE
from evalkit.types import ChatReply, ChatRequest, Client

HELD_SECONDS = 0.25
# during a long wait, how often it is looked whether the wait has become hopeless
LONGEST_SLEEP = 1.0
# how many new questions may join those that wait for another try, to probe an outage with
PROBES = 8
# an endpoint that rejects so many requests and answers none would reject them all
HOPELESS_REJECTIONS = 20


@dataclass(slots=True)
class Stop:
    """Why nothing more is sent; the first reason stays. An `error` ends the run, a `reason` leaves work over."""

    error: BaseException | None = None
    reason: str | None = None

    def __bool__(self) -> bool:
        return self.error is not None or self.reason is not None

    def because(self, reason: str) -> None:
        if not self:
            self.reason = reason

    def fail(self, error: BaseException) -> None:
        if self.error is None:
            self.error = error


@dataclass(slots=True)
class Lane:
    """Asks what its source holds of one endpoint.

    `may_send` is asked before every request and says by `stop` why not; `told` is called after every change of counts.
    """

    name: str
    source: Source
    client_of: Callable[[Item], Client]
    pace: Pace
    limits: Limits
    writer: Writer
    stop: Stop
    may_send: Callable[[], bool]
    told: Callable[[], None]
    journal: Journal
    pause: Callable[[int], float]
    _due: list[tuple[float, int, Item]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _in_flight: int = 0
    _fetching: asyncio.Task[None] | None = None
    _looked: float = 0.0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _rejections: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _broken: BaseException | None = None

    async def run(self) -> None:
        """Ask until nothing is left or the run is stopped; requests under way are always seen to their end."""
        try:
            while (item := await self._next()) is not None:
                self._start(self._attempt(item, self._leave(item)))
            while self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                self._raise_broken()
            self._raise_broken()
        finally:
            # only after a fault or a cancellation is anything left
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        self._woken.set()

    async def _next(self) -> Item | None:
        """The next question, when it may be sent; None when there is none any more."""
        loop = asyncio.get_running_loop()
        while self.may_send():
            self._raise_broken()
            now = loop.time()
            if (why := self.pace.hopeless(now)) is not None:
                self.stop.because(f"{self.name}: {why}")
                break
            if self._in_flight >= self.pace.room:
                await self._changed(None)
                continue
            if (wait := self.pace.wait(now)) > 0:
                await self._changed(min(wait, LONGEST_SLEEP))
                continue
            if (item := self._take(now)) is not None:
                return item
            if self._finished():
                return None
            await self._changed(self._until_something(now))
        return None

    def _take(self, now: float) -> Item | None:
        """A question whose pause is over, or else a new one; not too many wait for another try."""
        self._fetch(now)
        fresh = bool(self.source.ready) and len(self._due) < self.limits.concurrency + PROBES
        # an outage is probed with other questions: one that always fails must not keep the circuit open
        if self._due and self._due[0][0] <= now and not (fresh and self.pace.open):
            return heapq.heappop(self._due)[2]
        if fresh and (self.pace.open or len(self._due) < self.limits.concurrency):
            return self.source.ready.popleft()
        return None

    def _finished(self) -> bool:
        return not (self._in_flight or self._due or self._fetching) and self.source.done

    def _fetch(self, now: float) -> None:
        """Have more questions claimed in the background."""
        if self._fetching is not None:
            return
        if self.source.low:
            self._fetching = self._start(self._fetched(self.source.refill()))
        elif self.source.held and not self.source.ready and now >= self._looked + HELD_SECONDS:
            self._looked = now
            self._fetching = self._start(self._fetched(self.source.look_again()))

    async def _fetched(self, fetching: Coroutine[None, None, None]) -> None:
        await fetching
        self._fetching = None
        self.told()

    def _until_something(self, now: float) -> float | None:
        waits = [self._due[0][0] - now] if self._due else []
        if self.source.held:
            waits.append(self._looked + HELD_SECONDS - now)
        return max(0.001, min(waits)) if waits else None

    async def _changed(self, seconds: float | None) -> None:
        """Wait until something happens, for so many seconds at most."""
        loop = asyncio.get_running_loop()
        timer = None if seconds is None else loop.call_later(seconds, self._woken.set)
        await self._woken.wait()
        self._woken.clear()
        if timer is not None:
            timer.cancel()

    def _start(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._broken = self._broken or task.exception()
        self._woken.set()

    def _raise_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _leave(self, item: Item) -> int:
        """Count a request as under way, before any other is looked at; about how many tokens it sends is returned."""
        estimate = prompt_tokens(item.posed.request)
        self._in_flight += 1
        item.job.tally.in_flight += 1
        item.job.tally.sent += 1
        self.pace.sent(asyncio.get_running_loop().time(), estimate)
        self.journal("sent", {"key": item.key[:16], "attempt": item.attempts + 1, "reask": item.reask})
        return estimate

    async def _attempt(self, item: Item, estimate: int) -> None:
        """Send once, and see to what comes of it; the room is free again when that is on disk."""
        loop, tally = asyncio.get_running_loop(), item.job.tally
        try:
            faults.reach("before_send")
            reply = await self.client_of(item).complete(item.posed.request)
        except RateLimited as error:
            tally.turned_away += 1
            self.pace.turned_away(loop.time(), error.retry_after)
            self._again(item, error, loop.time())
        except RetryableError as error:
            await self._failed(item, error, loop.time())
        except RejectedRequest as error:
            self.pace.answered(loop.time())
            self._note_rejection(error)
            await self._settle(item, str(error))
        except EndpointRefused as error:
            # the requests under way may still be answered, and are paid for
            self.stop.fail(error)
        else:
            self._rejections = -HOPELESS_REJECTIONS
            paid = tokens(reply, prompt_chars=round(estimate * CHARS_PER_TOKEN))
            self.pace.answered(loop.time(), more_tokens=sum(paid) - estimate)
            tally.pay(reply, paid)
            await self._settle(item, reply)
        finally:
            self._in_flight -= 1
            tally.in_flight -= 1
            self.told()

    async def _failed(self, item: Item, error: RetryableError, now: float) -> None:
        item.job.tally.maybe_billed += error.billed
        item.attempts += self.pace.failed(now)
        if item.attempts < self.limits.attempts:
            self._again(item, error, now)
        else:
            await self._settle(item, f"{error} ({item.attempts} attempts)")

    def _again(self, item: Item, error: RetryableError, now: float) -> None:
        due = now if isinstance(error, RateLimited) else now + self.pause(item.attempts - 1)
        heapq.heappush(self._due, (due, next(self._numbers), item))
        self.journal("again", {"key": item.key[:16], "why": str(error), "in_seconds": round(due - now, 3)})

    def _note_rejection(self, error: RejectedRequest) -> None:
        self._rejections += 1
        if self._rejections >= HOPELESS_REJECTIONS:
            self.stop.fail(EndpointRefused(f"{self.name} rejects every request: {error}"))

    async def _settle(self, item: Item, outcome: Outcome) -> None:
        tally = item.job.tally
        last = isinstance(outcome, str) or item.reads(outcome)
        place, note = (item.filled, None) if last else (None, UNREADABLE)
        fresh = await self.writer.settle(item.posed.request, outcome, place, note=note)
        self.source.settled(item)
        tally.duplicates += isinstance(outcome, ChatReply) and not fresh
        if not last:
            tally.reasked += 1
            self.journal("reasked", {"key": item.key[:16]})
            await self.source.offer([item.next_question()])
        elif isinstance(outcome, ChatReply):
            tally.replied += 1
            self.journal("replied", {"key": item.key[:16], "seconds": outcome.seconds, "model": outcome.model})
        else:
            tally.failed += 1
            self.journal("failed", {"key": item.key[:16], "why": outcome})


def prompt_tokens(request: ChatRequest) -> int:
    """About how many tokens a request sends."""
    return round(sum(len(message.content) for message in request.messages) / CHARS_PER_TOKEN)
