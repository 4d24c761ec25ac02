"""Send requests side by side, and commit every reply before it is counted."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from evalkit.engine.limits import Limits
from evalkit.errors import EndpointRefused, RejectedRequest, RetryableError
from evalkit.store import Store
from evalkit.types import ChatReply, ChatRequest, Client, Prices


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; `stored` replies cost nothing, `cost` is None for a judge without prices."""

    total: int
    stored: int = 0
    replied: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    seconds: float = 0.0
    stopped: str | None = None

    @property
    def done(self) -> int:
        return self.stored + self.replied + self.failed


Watcher = Callable[[Progress], None]


def reply_cost(reply: ChatReply, prices: Prices | None) -> float | None:
    """US dollars for one reply; None without prices or token counts."""
    if prices is None or reply.prompt_tokens is None or reply.completion_tokens is None:
        return None
    return (reply.prompt_tokens * prices.input + reply.completion_tokens * prices.output) / 1e6


def send(
    waiting: Sequence[ChatRequest],
    client: Client,
    store: Store,
    *,
    limits: Limits,
    progress: Progress,
    prices: Prices | None = None,
    watch: Watcher = lambda _: None,
) -> Progress:
    """Answer every waiting request or note why not; `progress` is where the run stands before.

    Raises:
        EndpointRefused: no request can succeed; what was replied before is kept.
        StoreError: a reply could not be committed; nothing more is sent.
    """
    return asyncio.run(_Run(client, store, limits, prices, watch, progress).over(waiting))


@dataclass(slots=True)
class _Run:
    """One event loop's work: every worker asks, then waits until its reply is on disk before it asks again."""

    client: Client
    store: Store
    limits: Limits
    prices: Prices | None
    watch: Watcher
    progress: Progress
    sent: int = 0
    refused: EndpointRefused | None = None
    arrived: list[tuple[ChatRequest, ChatReply | str]] = field(default_factory=list)
    committing: asyncio.Lock = field(default_factory=asyncio.Lock)
    generator: random.Random = field(default_factory=random.Random)

    async def over(self, waiting: Sequence[ChatRequest]) -> Progress:
        started = time.perf_counter()
        left = iter(waiting)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.limits.concurrency, len(waiting))):
                    group.create_task(self._work(left, started))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            # what has arrived is paid for: commit it however the run ends
            self._put(self._take())
        if self.refused is not None:
            raise self.refused
        return self.progress

    async def _work(self, left: Iterator[ChatRequest], started: float) -> None:
        for request in left:
            if not self._may_send():
                return
            self.sent += 1
            try:
                outcome = await self._ask(request)
            except EndpointRefused as error:
                # the requests under way may still be answered, and are paid for
                self.refused = self.refused or error
                return
            self.arrived.append((request, outcome))
            # while one batch is on its way to the disk the next one gathers
            async with self.committing:
                if batch := self._take():
                    await asyncio.to_thread(self._put, batch)
            self._count(outcome, time.perf_counter() - started)

    def _may_send(self) -> bool:
        stopped = None
        if self.limits.max_requests is not None and self.sent >= self.limits.max_requests:
            stopped = f"--max-requests {self.limits.max_requests} reached"
        if self.limits.max_cost is not None and (self.progress.cost or 0.0) >= self.limits.max_cost:
            stopped = f"--max-cost {self.limits.max_cost:g} reached"
        if stopped:
            self.progress = replace(self.progress, stopped=stopped)
        return stopped is None and self.refused is None

    async def _ask(self, request: ChatRequest) -> ChatReply | str:
        """A reply, or why there is none."""
        said = ""
        for attempt in range(self.limits.attempts):
            if attempt:
                await asyncio.sleep(self.limits.pause(attempt - 1, self.generator))
            try:
                return await self.client.complete(request)
            except RetryableError as error:
                said = str(error)
            except RejectedRequest as error:
                return str(error)
        return f"{said} ({self.limits.attempts} attempts)"

    def _take(self) -> list[tuple[ChatRequest, ChatReply | str]]:
        batch, self.arrived = self.arrived, []
        return batch

    def _put(self, batch: Sequence[tuple[ChatRequest, ChatReply | str]]) -> None:
        replies = [(request, outcome) for request, outcome in batch if isinstance(outcome, ChatReply)]
        failures = [(request, outcome) for request, outcome in batch if isinstance(outcome, str)]
        if replies or failures:
            self.store.put(replies, failures)

    def _count(self, outcome: ChatReply | str, seconds: float) -> None:
        before = self.progress
        if isinstance(outcome, str):
            self.progress = replace(before, failed=before.failed + 1, seconds=seconds)
        else:
            cost = reply_cost(outcome, self.prices)
            self.progress = replace(
                before,
                replied=before.replied + 1,
                prompt_tokens=before.prompt_tokens + (outcome.prompt_tokens or 0),
                completion_tokens=before.completion_tokens + (outcome.completion_tokens or 0),
                cost=None if before.cost is None else before.cost + (cost or 0.0),
                seconds=seconds,
            )
        self.watch(self.progress)
