"""Runs many judges over many models in one event loop, and commits every reply before it counts."""

import asyncio
import contextlib
import random
import signal
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypedDict

from evalkit.engine.lane import Lane, Stop
from evalkit.engine.limits import Limits
from evalkit.engine.pace import Pace
from evalkit.engine.progress import Journal, Progress, Watcher, total_progress, unwatched, unwritten
from evalkit.engine.source import Job, Source, open_job
from evalkit.engine.task import Task
from evalkit.engine.trial import Trial
from evalkit.engine.writer import Writer
from evalkit.errors import InputError, Interrupted, StoreError, StoreFull, Terminated
from evalkit.store import Store
from evalkit.types import Client, Closing, RateLimits

BEAT_SECONDS = 5.0
CLOSE_SECONDS = 10.0
WATCH_SECONDS = 0.2
# a judge by name and digest, and the model of a recording
ClientName = tuple[str, str, str]
# files besides connections: the store, its journal, standard streams, logs, libraries
_OTHER_FILES = 40


@dataclass(frozen=True, slots=True)
class Ran:
    """The progress of each work, in their order; `abandoned` requests were under way in runs that were killed."""

    progress: tuple[Progress, ...]
    total: Progress
    abandoned: int


def run_all(
    works: Sequence[Task],
    store: Store,
    *,
    limits: Limits,
    watch: Watcher = unwatched,
    journal: Journal = unwritten,
    generator: random.Random | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> Ran:
    """Fill every place of every work, from the store where it holds the reply, and by asking where it does not.

    Args:
        generator: draws the jitter of pauses; nothing else is left to chance.
        loop_factory: makes the event loop, whose clock is the only one that counts; asyncio's own by default.

    Raises:
        ConfigError: a key is missing, and nothing was written or sent; or a prompt cannot be rendered.
        EndpointRefused: an endpoint answers no request; earlier replies are kept.
        StoreError: a reply could not be committed; nothing more was sent.
        Interrupted: SIGINT or, as Terminated, SIGTERM; replies that had arrived are committed.
        RuntimeError: called from a running event loop.
    """
    _check_call(works)
    n_endpoints = max(1, len({work.endpoint.name for work in works}))
    limits = _within_descriptors(limits, n_endpoints)
    trials = _open_trials(works, store, limits)
    jobs = [open_job(work, trials[_trial_name(work)]) for work in works]
    clients = {work.client_name: work.open_client() for work in works}
    for job in jobs:
        work = job.work
        store.open_places(work.config, work.group, work.digest, job.count(work.places()), record=work.record)
    abandoned = store.enter(uuid.uuid4().hex, concurrency=limits.concurrency * n_endpoints)
    store.reserve.set_aside()
    try:
        jitter = generator or random.Random()  # noqa: S311 (it only spreads pauses)
        run = _Run(jobs, clients, store, limits, watch, journal, jitter)
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(run.to_the_end())
    finally:
        store.reserve.release()
        with contextlib.suppress(Exception):
            # an error on the way out would hide the one that ended the run
            store.leave()
    abandoned += sum(lane.source.n_freed for lane in run.lanes)
    return Ran(tuple(run.progress_of(job) for job in run.jobs), run.progress(), abandoned)


class WhyStopped(TypedDict):
    """The reason why questions are left, and whether it is replies that nobody could read."""

    stopped: str | None
    unread: bool


@dataclass(slots=True)
class _Run:
    """The work of one event loop over all lanes."""

    jobs: Sequence[Job]
    clients: Mapping[ClientName, Client]
    store: Store
    limits: Limits
    watch: Watcher
    journal: Journal
    generator: random.Random
    lanes: list[Lane] = field(default_factory=list)
    stop: Stop = field(default_factory=Stop)
    started: float = 0.0
    seconds: float = 0.0
    # gives up the requests under way, while there are any
    give_up: Callable[[], object] | None = None
    giving_up: asyncio.TimerHandle | None = None
    signalled: bool = False
    shown: float = float("-inf")

    async def to_the_end(self) -> None:
        self.started = asyncio.get_running_loop().time()
        with _stopped_by_signals(self), Writer(self.store, self._disk_full) as writer:
            beating = asyncio.create_task(self._beat(writer))
            try:
                self._open_lanes(writer)
                async with asyncio.TaskGroup() as group:
                    for lane in self.lanes:
                        group.create_task(lane.run())
            except BaseExceptionGroup as errors:
                raise errors.exceptions[0] from None
            except asyncio.CancelledError:
                # the time to drain is over: the requests under way are given up
                if self.stop.error is None:
                    raise
            finally:
                self._wind_up()
                beating.cancel()
                self._seconds_so_far()
                await writer.drain()
                await self._close_clients()
                self._show()
        if self.stop.error is not None:
            raise self.stop.error
        done = self.progress()
        if done.done == done.total:
            # a limit that was reached with the last reply has stopped nothing
            self.stop.reason = None

    def progress(self) -> Progress:
        """The progress of the whole run."""
        tallies = [job.tally for job in self.jobs]
        return total_progress(tallies, seconds=self.seconds, **self._why_stopped(self.jobs))

    def progress_of(self, job: Job) -> Progress:
        return total_progress([job.tally], seconds=self.seconds, **self._why_stopped([job]))

    def _why_stopped(self, jobs: Sequence[Job]) -> WhyStopped:
        """The reason why questions of some jobs are left: their judge was stopped, or else the whole run."""
        unread = next((job.trial.stopped for job in jobs if job.trial.stopped is not None), None)
        return {"stopped": self.stop.reason if unread is None else unread, "unread": unread is not None}

    def on_signal(self, kind: type[Interrupted]) -> None:
        """Stop: requests under way may still be answered, for a while or until the next signal."""
        if self.give_up is None:
            return
        if self.signalled:
            self.give_up()
            return
        self.signalled = True
        self.giving_up = asyncio.get_running_loop().call_later(self.limits.drain_seconds, self.give_up)
        under_way = sum(job.tally.in_flight for job in self.jobs)
        done = self.progress().done
        self.stop.fail(
            kind(
                f"interrupted: {done} done, {under_way} were under way. What had arrived is kept; "
                "run the same command again to continue"
            )
        )
        self._wake()

    def _wind_up(self) -> None:
        """From here on, let nothing interrupt the writing of replies that have arrived."""
        self.give_up = None
        if self.giving_up is not None:
            self.giving_up.cancel()

    def _open_lanes(self, writer: Writer) -> None:
        loop = asyncio.get_running_loop()
        by_endpoint: dict[str, list[Job]] = {}
        for job in self.jobs:
            by_endpoint.setdefault(job.work.endpoint.name, []).append(job)
        for name, jobs in by_endpoint.items():
            self.lanes.append(
                Lane(
                    name=name,
                    source=Source(jobs, writer, room=self.limits.concurrency),
                    client_of=lambda item: self.clients[item.job.work.client_name],
                    pace=Pace(self.limits, _tightest(jobs), self.generator, now=loop.time()),
                    limits=self.limits,
                    writer=writer,
                    stop=self.stop,
                    may_send=self._may_send,
                    changed=self._changed,
                    journal=self.journal,
                    pause=lambda attempt: self.limits.pause(attempt, self.generator),
                )
            )

    async def _close_clients(self) -> None:
        for client in self.clients.values():
            if isinstance(client, Closing):
                # everything is committed by now: no client may delay that, or hide it
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(client.close(), CLOSE_SECONDS)

    def _may_send(self) -> bool:
        limits = self.limits
        if limits.max_requests is not None and sum(job.tally.sent for job in self.jobs) >= limits.max_requests:
            self.stop.because("--max-requests reached")
        if limits.max_cost is not None and sum(job.tally.cost or 0.0 for job in self.jobs) >= limits.max_cost:
            self.stop.because("--max-cost reached")
        if limits.max_minutes is not None and self._seconds_so_far() >= 60 * limits.max_minutes:
            self.stop.because("--max-minutes reached")
        return not self.stop

    def _changed(self) -> None:
        if self.stop:
            self._wake()
        if asyncio.get_running_loop().time() - self.shown >= WATCH_SECONDS:
            self._show()

    def _show(self) -> None:
        self._seconds_so_far()
        self.shown = self.started + self.seconds
        # a vanished terminal must not end the run
        with contextlib.suppress(OSError):
            self.watch(self.progress())

    def _wake(self) -> None:
        for lane in self.lanes:
            lane.wake()

    def _seconds_so_far(self) -> float:
        self.seconds = asyncio.get_running_loop().time() - self.started
        return self.seconds

    async def _beat(self, writer: Writer) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            # a store that cannot be written shows when a reply is committed
            with contextlib.suppress(StoreError):
                await writer.beat()

    def _disk_full(self, error: StoreFull) -> None:
        """Stop sending when the writer's thread reports a full disk; the requests under way still fit."""
        self.stop.fail(error)


def _trial_name(work: Task) -> tuple[str, bool]:
    return work.group.digest, work.on_trial


def _open_trials(works: Sequence[Task], store: Store, limits: Limits) -> dict[tuple[str, bool], Trial]:
    """A trial for each judge; over from the start where the store holds a readable reply, or where none is needed."""
    trials: dict[tuple[str, bool], Trial] = {}
    for work in works:
        if _trial_name(work) not in trials:
            over = not work.on_trial or store.has_read(work.group.digest)
            trials[_trial_name(work)] = Trial(work.config.name, over=over, lenient=not limits.stop)
    return trials


def _tightest(jobs: Sequence[Job]) -> RateLimits:
    """The tightest rates of an endpoint that several judges name."""
    rates = [job.work.config.rates for job in jobs]
    requests = [limit.requests_per_minute for limit in rates if limit.requests_per_minute is not None]
    tokens = [limit.tokens_per_minute for limit in rates if limit.tokens_per_minute is not None]
    return RateLimits(min(requests, default=None), min(tokens, default=None))


def _within_descriptors(limits: Limits, n_endpoints: int) -> Limits:
    """The limits with no more connections than the process may have, after asking the system for more if needed."""
    try:
        import resource
    except ImportError:
        # not on every platform
        return limits
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.concurrency * n_endpoints + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return limits
    return replace(limits, concurrency=max(1, (soft - _OTHER_FILES) // n_endpoints))


@contextlib.contextmanager
def _stopped_by_signals(run: _Run) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM end the run in good order, within `drain_seconds`, and the second one at once.

    The previous handlers are restored afterwards, and a signal that the process ignores stays ignored.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    run.give_up = task.cancel
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    kinds = {signal.SIGINT: Interrupted, signal.SIGTERM: Terminated}
    ours = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    try:
        for number in ours:
            loop.add_signal_handler(number, run.on_signal, kinds[number])
    except (NotImplementedError, RuntimeError, ValueError):
        # not in a thread, and not on every platform
        yield
        return
    try:
        yield
    finally:
        for number in ours:
            loop.remove_signal_handler(number)
            # None stands for a handler that was set outside of Python, which cannot be set again
            signal.signal(number, signal.SIG_DFL if before[number] is None else before[number])


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _check_call(works: Sequence[Task]) -> None:
    if _inside_a_loop():
        raise RuntimeError("run_all has an event loop of its own: call it from a thread, not from a coroutine")
    groups = [work.group for work in works]
    for group in groups:
        if groups.count(group) > 1:
            raise InputError(f"model {group.model!r} is to be judged twice by one judge. Give the two different names")
