"""An event loop whose clock jumps instead of waiting: hours pass at once, and the same way each time."""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

# seconds, about a month
LONGEST = 3e6


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs what would go to a thread at once, so that nothing depends on how threads are scheduled."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(JumpingSelector(self))

    def time(self) -> float:
        return self.now

    def run_in_executor(  # type: ignore[override]
        self, _: Any, function: Callable[..., Any], *arguments: Any
    ) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = self.create_future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 (as an executor does)
            future.set_exception(error)
        return future


class JumpingSelector(selectors.DefaultSelector):
    """Sets the clock forward by what it was to wait."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.now += timeout or 0.0
        assert self._loop.now < LONGEST, "the run never ends"
        return super().select(0)
