"""The requests of one endpoint: sent when there is room and the rates allow it, and tried again when that may help."""

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
from evalkit.engine.tokens import CHARS_PER_TOKEN, tokens
from evalkit.engine.trial import MOST_FRUITLESS, Trial
from evalkit.engine.writer import Outcome, Writer
from evalkit.errors import ClientError, EndpointRefused, Forbidden, RateLimited, RejectedRequest, RetryableError
from evalkit.store import UNREADABLE
from evalkit.types import ChatReply, ChatRequest, Client

HELD_SECONDS = 0.25
# the interval of the checks, during a long wait, whether the wait has become hopeless
LONGEST_SLEEP = 1.0
# the number of new questions that may join those that wait for another try, to probe an outage with
PROBES = 8
# an endpoint that rejects this many requests before it answers any would reject them all, where no trial of a judge
# ends earlier, and one that forbids this many in a row means the key
HOPELESS_REJECTIONS = 20
# a benchmark may begin with that many questions which a filter stops; a prompt that a filter stops, stops everywhere
HOPELESS_FILTERED = 100
# a question that is turned away this often while others are answered is the cause itself; in a storm that turns six of
# ten away, one question in some hundred thousand has such bad luck
MOST_TURNED_AWAY = 25


@dataclass(slots=True)
class Stop:
    """The reason to send nothing more; the first of each stays. An `error` is raised in the end, a `reason` is
    reported.
    """

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
    """Sends its source's questions to one endpoint.

    `may_send` is called before every request and gives the reason why not by `stop`; `changed` is called after every
    change of counts and wakes all lanes when the run is to stop.
    """

    name: str
    source: Source
    client_of: Callable[[Item], Client]
    pace: Pace
    limits: Limits
    writer: Writer
    stop: Stop
    may_send: Callable[[], bool]
    changed: Callable[[], None]
    journal: Journal
    pause: Callable[[int], float]
    _due: list[tuple[float, int, Item]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _in_flight: int = 0
    _fetching: asyncio.Task[None] | None = None
    _looked: float = 0.0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _rejections: int = 0
    # a judge of this lane was stopped
    _stopped: bool = False
    _filtered: int = 0
    _forbidden: int = 0
    _in_doubt: int = 0
    _last_words: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Send until nothing is left or the run is stopped, and wait for the requests under way.

        Requests are given up only when the store takes nothing any more, or when the run is cancelled.
        """
        try:
            while (item := await self._next()) is not None:
                self._start(self._attempt(item, self._leave(item)))
            while self._tasks and not self.writer.failed:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            # a stored reply fills its place, whatever may still be sent
            while not (self.source.exhausted or self.stop.error):
                await self.source.refill()
                # these are not asked any more, and many prompts would be many megabytes
                self.source.ready.clear()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        self._woken.set()

    async def _next(self) -> Item | None:
        """The next question, when it may be sent; None when there is none any more."""
        loop = asyncio.get_running_loop()
        while self.may_send():
            now = loop.time()
            if (why := self.pace.hopeless) is not None:
                self.stop.because(f"{self.name}: {why}{self._last_words}")
                break
            if self._in_flight >= self.pace.room:
                await self._woken_within(None)
                continue
            if (wait := self.pace.wait(now)) > 0:
                await self._woken_within(wait)
                continue
            if (item := self._take(now)) is not None:
                return item
            if self._finished():
                return None
            await self._woken_within(self._until_something(now))
        self.changed()
        return None

    def _take(self, now: float) -> Item | None:
        """A question whose pause is over, or else a new one, unless too many wait for another try."""
        if self._stopped:
            self.source.drop_stopped()
            self._due = [due for due in self._due if due[2].job.trial.stopped is None]
            heapq.heapify(self._due)
        self._fetch(now)
        fresh = bool(self.source.ready) and len(self._due) < self.limits.concurrency + PROBES
        # an outage must not be probed with one question that always fails, or is always turned away
        again = bool(self._due) and self._due[0][0] <= now and self._due[0][2].job.trial.may_send
        if again and not (fresh and self.pace.probing):
            return heapq.heappop(self._due)[2]
        if fresh and (self.pace.probing or len(self._due) < self.limits.concurrency):
            return self.source.take()
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
        try:
            await fetching
        finally:
            self._fetching = None
        self.changed()

    def _until_something(self, now: float) -> float | None:
        """Seconds until a pause is over or held questions are looked at; None where only an event can help."""
        # a question that is due and held back by its judge's trial waits for a reply
        waits = [self._due[0][0] - now] if self._due and self._due[0][2].job.trial.may_send else []
        if self.source.held and self._fetching is None and not self.source.ready:
            waits.append(self._looked + HELD_SECONDS - now)
        return max(0.001, min(waits)) if waits else None

    async def _woken_within(self, seconds: float | None) -> None:
        """Wait until something happens, at most `seconds`, and at most a second; without a limit where it is None."""
        loop = asyncio.get_running_loop()
        timer = None if seconds is None else loop.call_later(min(seconds, LONGEST_SLEEP), self._woken.set)
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
        if not task.cancelled() and (error := task.exception()) is not None:
            # a fault of ours or of a plug-in: the other requests under way are paid for, and still taken
            self.stop.fail(error)
            self.changed()
        self._woken.set()

    def _leave(self, item: Item) -> "Departure":
        """Count a request as under way, before any other is considered."""
        now, estimate = asyncio.get_running_loop().time(), prompt_tokens(item.posed.request)
        self._in_flight += 1
        item.job.trial.sent()
        item.job.tally.in_flight += 1
        item.job.tally.sent += 1
        self.pace.sent(now, estimate)
        self.journal("sent", {"key": item.key[:16], "attempt": item.attempts + 1, "reask": item.reask})
        return Departure(now, estimate)

    async def _attempt(self, item: Item, departure: "Departure") -> None:
        """Send once and handle the outcome; the room is free again when that is on disk."""
        tally = item.job.tally
        try:
            await self._ask(item, departure)
        finally:
            self._in_flight -= 1
            tally.in_flight -= 1
            item.job.trial.returned()
            self.changed()

    async def _ask(self, item: Item, departure: "Departure") -> None:
        loop = asyncio.get_running_loop()
        try:
            faults.reach("before_send")
            reply = await self.client_of(item).complete(item.posed.request)
        except RateLimited as error:
            await self._turned_away(item, error, loop.time())
        except RetryableError as error:
            self._charge(item, error, departure)
            await self._failed(item, error, loop.time())
        except RejectedRequest as error:
            await self._note_rejection(item, error)
            await self._rejected(item, error, departure)
        except EndpointRefused as error:
            if isinstance(error, Forbidden) and await self._forbids_one(item):
                await self._rejected(item, error, departure)
            else:
                # the requests under way may still be answered, and are paid for
                self.stop.fail(self._naming(item, error))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # the client itself was cancelled inside
            await self._failed(item, RetryableError("the client gave up", billed=True), loop.time())
        else:
            if not isinstance(reply, ChatReply):
                raise TypeError(f"the client of judge {item.job.work.config.name!r} answered with {reply!r}")
            self._rejections, self._forbidden = -1, 0
            paid = tokens(reply, prompt_tokens=departure.tokens)
            self.pace.answered(sent=departure.at, more_tokens=sum(paid) - departure.tokens)
            item.job.tally.pay(reply, paid)
            await self._settle(item, reply)

    def _charge(self, item: Item, error: ClientError, departure: "Departure") -> None:
        """Charge a request without a reply too: as counted, or else at least for the tokens sent."""
        billed = isinstance(error, RetryableError) and error.billed
        item.job.tally.maybe_billed += billed
        if error.usage is not None:
            item.job.tally.charge(error.usage)
        elif billed:
            item.job.tally.charge((departure.tokens, 0))

    async def _turned_away(self, item: Item, error: RateLimited, now: float) -> None:
        item.job.tally.turned_away += 1
        self._note_words(error)
        self.pace.turned_away(now, error.retry_after)
        if item.turned_away == 0:
            item.answers_before = self.pace.n_answered
        item.turned_away += 1
        if item.turned_away >= MOST_TURNED_AWAY and self.pace.n_answered > item.answers_before:
            await self._settle(item, f"{error} (turned away {item.turned_away} times while others were answered)")
        else:
            self._again(item, error, now + self.pause(min(item.turned_away - 1, 2)), now)

    async def _failed(self, item: Item, error: RetryableError, now: float) -> None:
        self._note_words(error)
        few_left = self.source.exhausted and not self.source.ready and len(self._due) + self._in_flight <= PROBES
        if error.answered and few_left and await self._known_to_answer(item):
            # no other question is left to show whether this one always fails or the endpoint is down
            counts = True
        else:
            counts = self.pace.failed(now, answered=error.answered)
        item.attempts += counts
        if error.as_success and not item.job.trial.over:
            item.job.trial.unanswered(str(error))
            self._heed(item.job.trial)
        item.unusable += counts and error.as_success
        # an answer that cannot be used is most often paid for, and asked for as often as one without a verdict
        spent = item.unusable > max(1, item.job.work.reasks)
        if item.attempts < self.limits.attempts and not spent:
            self._again(item, error, now + self.pause(item.attempts - 1), now)
        else:
            await self._settle(item, str(error) if item.attempts == 1 else f"{error} ({item.attempts} attempts)")

    def _again(self, item: Item, error: RetryableError, due: float, now: float) -> None:
        heapq.heappush(self._due, (due, next(self._numbers), item))
        wait = max(due - now, self.pace.wait(now))
        self.journal("again", {"key": item.key[:16], "why": str(error), "in_seconds": round(wait, 3)})

    def _note_words(self, error: RetryableError) -> None:
        """Keep the endpoint's last words, for the case that they are the reason why the run ends."""
        words = str(error).rstrip(".")
        self._last_words = f". The last {'answer' if error.answered else 'attempt'}: {words}"

    async def _note_rejection(self, item: Item, error: RejectedRequest) -> None:
        trial = item.job.trial
        if not trial.over:
            trial.unanswered(str(error))
            self._heed(trial)
        if self._rejections < 0:
            return
        self._rejections += not error.of_this_request
        self._filtered += error.of_this_request
        most = HOPELESS_REJECTIONS if trial.stopped is None else MOST_FRUITLESS
        hopeless = self._rejections >= most or (self._filtered >= HOPELESS_FILTERED and self.limits.stop)
        if hopeless and not await self._known_to_answer(item):
            self.stop.fail(EndpointRefused(f"{self._name_for(item)} rejects every request: {error}"))

    def _naming(self, item: Item, error: EndpointRefused) -> EndpointRefused:
        """The refusal of every request with the endpoint's name and the cure."""
        if not error.cure:
            return error
        return EndpointRefused(f"{self._name_for(item)}: {str(error).rstrip('.')}. {error.cure}")

    def _name_for(self, item: Item) -> str:
        """The endpoint's name; one inside this process has none that anybody gave, and goes by its judge."""
        config = item.job.work.config
        return self.name if config.in_process is None else f"judge {config.name!r}"

    async def _rejected(self, item: Item, error: ClientError, departure: "Departure") -> None:
        self._charge(item, error, departure)
        self.pace.answered(sent=departure.at)
        await self._settle(item, str(error))

    async def _forbids_one(self, item: Item) -> bool:
        """True if the endpoint, which does not say why it forbids a request, answers others.

        It has the time that the requests under way with this one take.
        """
        self._forbidden += 1
        self._in_doubt += 1
        while not (known := await self._known_to_answer(item)) and self._in_flight > self._in_doubt and not self.stop:
            await asyncio.sleep(HELD_SECONDS)
        self._in_doubt -= 1
        return (known or bool(self.stop)) and self._forbidden < HOPELESS_REJECTIONS

    async def _known_to_answer(self, item: Item) -> bool:
        """True if the endpoint has answered in this run, or this judge's replies in the store show that it does."""
        if self._rejections >= 0 and (item.job.tally.stored or await self.writer.knows_replies(item.job.work.group)):
            self._rejections = -1
        return self._rejections < 0

    async def _settle(self, item: Item, outcome: Outcome) -> None:
        """Commit the outcome of a question, and the place that it fills if it is final."""
        try:
            why = None if isinstance(outcome, str) else item.why_unreadable(outcome)
        except Exception:
            # a parser that fails must not cost the reply that it was to read
            await self.writer.settle(item.posed.request, outcome, None)
            raise
        if isinstance(outcome, ChatReply):
            self._try(item, outcome, why)
        last = why is None or item.reask >= item.job.work.reasks
        place, note = item.filled if last else None, None if why is None else UNREADABLE
        fresh = await self.writer.settle(item.posed.request, outcome, place, note=note)
        self.source.settled(item)
        await self._count(item, outcome, fresh=fresh, last=last)

    def _try(self, item: Item, reply: ChatReply, why: str | None) -> None:
        """Tell the trial of the judge whether the reply can be read."""
        trial = item.job.trial
        if trial.over:
            return
        if why is None:
            trial.passed()
        else:
            trial.unread(reply.text, why)
        self._heed(trial)

    def _heed(self, trial: Trial) -> None:
        """Send more, or nothing any more for a judge that its trial has stopped."""
        if trial.stopped is not None:
            self._stopped = True
            self.journal("stopped", {"why": trial.stopped})
        self._woken.set()

    async def _count(self, item: Item, outcome: Outcome, *, fresh: bool, last: bool) -> None:
        tally = item.job.tally
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


@dataclass(frozen=True, slots=True)
class Departure:
    """The time of a request's departure, and the approximate number of its tokens."""

    at: float
    tokens: int


def prompt_tokens(request: ChatRequest) -> int:
    """The approximate number of tokens of a request."""
    return round(sum(len(message.content) for message in request.messages) / CHARS_PER_TOKEN)
