"""The one writer of a run: the replies that gather during one transaction make up the next one."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from evalkit.errors import StoreFull
from evalkit.store import Batch, Claimed, Store
from evalkit.types import ChatReply, ChatRequest, Group, Slot

Outcome = ChatReply | str


class Writer:
    """Commits in a thread of its own; every call returns when its part is on disk, or raises. Use it as a context
    manager.

    When the disk is full, the reserved room still takes the batch, and `on_full` is called to stop the spending.
    """

    def __init__(self, store: Store, on_full: Callable[[StoreFull], None]) -> None:
        self._store = store
        self._on_full = on_full
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evalkit-writer")
        self._batch = Batch()
        self._waiting: list[asyncio.Future[Claimed]] = []
        self._task: asyncio.Task[None] | None = None
        self._failed: Exception | None = None

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()

    async def settle(
        self, request: ChatRequest, outcome: Outcome, place: tuple[str, Slot] | None, *, note: str | None = None
    ) -> bool:
        """Commit a reply, or a failure's reason, and the place that it fills; False for a reply paid for twice.

        A `note` on the reply is kept under its key, as a failure is.
        """
        if isinstance(outcome, str):
            self._batch.failures.append((request, outcome))
        else:
            self._batch.replies.append((request, outcome))
        if note is not None:
            self._batch.failures.append((request, note))
        if place is not None:
            self._batch.places.append(place)
        claimed = await self._committed()
        return request.key not in claimed.duplicates

    async def claim(self, keys: Sequence[str], places: Sequence[tuple[str, Slot]] = ()) -> Claimed:
        """Ask for the sole right to some keys, and commit places whose replies were stored before."""
        self._batch.wanted += keys
        self._batch.places += places
        return await self._committed()

    @property
    def failed(self) -> bool:
        """True if nothing can be committed any more."""
        return self._failed is not None

    async def drain(self) -> None:
        """Wait until everything handed over is on disk: replies that arrived are paid for, however the run ends."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])
        if self._failed is None and _holds_something(self._batch):
            await self._committed()

    async def beat(self) -> None:
        """Show other processes that this one is alive."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._store.beat)

    async def knows_replies(self, group: Group) -> bool:
        """Tell whether the store holds a reply of the group's judge on its benchmark."""
        found = await asyncio.get_running_loop().run_in_executor(self._thread, self._store.knows_replies, group)
        return bool(found)

    async def _committed(self) -> Claimed:
        if self._failed is not None:
            raise self._failed
        future: asyncio.Future[Claimed] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
        return await future

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, waiting = self._batch, self._waiting
            self._batch, self._waiting = Batch(), []
            try:
                claimed = await loop.run_in_executor(self._thread, self._commit, batch)
            except Exception as error:  # noqa: BLE001 (callers that wait must not wait for ever)
                self._failed = error
                for future in (*waiting, *self._waiting):
                    if not future.done():
                        future.set_exception(error)
                        # the caller that waited may have been cancelled meanwhile
                        future.exception()
                return
            for future in waiting:
                if not future.done():
                    future.set_result(claimed)

    def _commit(self, batch: Batch) -> Claimed:
        try:
            return self._store.commit(batch)
        except StoreFull as error:
            if not self._store.reserve.release():
                raise
            claimed = self._store.commit(batch)
            self._on_full(error)
            return claimed


def _holds_something(batch: Batch) -> bool:
    return bool(batch.replies or batch.failures or batch.places)
