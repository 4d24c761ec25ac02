"""Send requests side by side, and commit every reply before it is counted."""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from evalkit.engine.estimate import CHARS_PER_TOKEN
from evalkit.engine.limits import Limits
from evalkit.errors import EndpointRefused, RejectedRequest, RetryableError, Terminated
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
    sent: int = 0
    seconds: float = 0.0
    stopped: str | None = None

    @property
    def done(self) -> int:
        return self.stored + self.replied + self.failed


Watcher = Callable[[Progress], None]


def tokens(request: ChatRequest, reply: ChatReply) -> tuple[int, int]:
    """Tokens in and out as the endpoint counted them, or four characters a token where it did not."""
    asked = sum(len(message.content) for message in request.messages)
    prompt = round(asked / CHARS_PER_TOKEN) if reply.prompt_tokens is None else reply.prompt_tokens
    said = reply.completion_tokens
    return prompt, round(len(reply.text) / CHARS_PER_TOKEN) if said is None else said


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
        KeyboardInterrupt: SIGINT or, as Terminated, SIGTERM; what had arrived is committed.
    """
    try:
        return asyncio.run(_Run(client, store, limits, prices, watch, progress).over(waiting))
    except asyncio.CancelledError:
        raise Terminated from None


@dataclass(slots=True)
class _Run:
    """One event loop's work: every worker asks, then waits until its reply is on disk before it asks again."""

    client: Client
    store: Store
    limits: Limits
    prices: Prices | None
    watch: Watcher
    progress: Progress
    refused: EndpointRefused | None = None
    arrived: list[tuple[ChatRequest, ChatReply | str]] = field(default_factory=list)
    committing: asyncio.Lock = field(default_factory=asyncio.Lock)
    generator: random.Random = field(default_factory=random.Random)

    async def over(self, waiting: Sequence[ChatRequest]) -> Progress:
        started = time.perf_counter()
        left = iter(waiting)
        _cancel_on_sigterm()
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
            self._count(request, outcome, time.perf_counter() - started)

    def _may_send(self) -> bool:
        stopped = None
        if self.limits.max_requests is not None and self.progress.sent >= self.limits.max_requests:
            stopped = "--max-requests reached"
        if self.limits.max_cost is not None and (self.progress.cost or 0.0) >= self.limits.max_cost:
            stopped = "--max-cost reached"
        if stopped:
            self.progress = replace(self.progress, stopped=stopped)
        return stopped is None and self.refused is None

    async def _ask(self, request: ChatRequest) -> ChatReply | str:
        """A reply, or why there is none."""
        said = ""
        for attempt in range(self.limits.attempts):
            if attempt:
                await asyncio.sleep(self.limits.pause(attempt - 1, self.generator))
            self.progress = replace(self.progress, sent=self.progress.sent + 1)
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

    def _count(self, request: ChatRequest, outcome: ChatReply | str, seconds: float) -> None:
        before = self.progress
        if isinstance(outcome, str):
            self.progress = replace(before, failed=before.failed + 1, seconds=seconds)
        else:
            prompt, completion = tokens(request, outcome)
            prices = self.prices
            cost = None if prices is None else (prompt * prices.input + completion * prices.output) / 1e6
            self.progress = replace(
                before,
                replied=before.replied + 1,
                prompt_tokens=before.prompt_tokens + prompt,
                completion_tokens=before.completion_tokens + completion,
                cost=None if before.cost is None else before.cost + (cost or 0.0),
                seconds=seconds,
            )
        self.watch(self.progress)


def _cancel_on_sigterm() -> None:
    """Have SIGTERM cancel the run, as asyncio does for SIGINT, where platform and thread allow it."""
    task = asyncio.current_task()
    if task is not None:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
