"""Runs blocking functions of the user's in threads that never keep a process alive."""

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Raised(Exception):
    """Carries an error of a function that must not be raised in an event loop, which it would end."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """A call of a function, and the future of its event loop that waits for the result."""

    function: Callable[[Any], Any]
    argument: object
    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[Any]"

    def run(self) -> None:
        outcome: Any = None
        failure: BaseException | None = None
        try:
            outcome = self.function(self.argument)
        except StopIteration as error:
            # a future takes no StopIteration
            failure = Raised(error)
        except Exception as error:  # noqa: BLE001 (whatever the user's function raises is its outcome)
            failure = error
        except BaseException as error:  # noqa: BLE001 (sys.exit in a thread would end nothing and answer nobody)
            failure = Raised(error)
        try:
            self.loop.call_soon_threadsafe(self._settle, outcome, failure)
        except RuntimeError:
            # given up long ago: the run has ended and its loop is closed
            return

    def _settle(self, outcome: Any, failure: BaseException | None) -> None:
        if self.done.cancelled():
            return
        if failure is None:
            self.done.set_result(outcome)
        else:
            self.done.set_exception(failure)


class Threads:
    """Threads that are started as calls need them, and take the next call when they are done with one.

    A pool of the standard library would wait for a call that never returns when the process ends.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._n_idle = 0

    async def call(self, function: Callable[[Any], Any], argument: object) -> Any:
        """The result of a function; if the waiting is given up, the function goes on in its thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        with self._lock:
            starts = self._n_idle == 0
            self._n_idle -= not starts
        self._calls.put(_Call(function, argument, loop, done))
        if starts:
            threading.Thread(target=self._work, name="evalkit judge", daemon=True).start()
        return await done

    def close(self) -> None:
        """Let the idle threads end; one that is busy ends after its call."""
        with self._lock:
            n, self._n_idle = self._n_idle, 0
        for _ in range(n):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()
            with self._lock:
                self._n_idle += 1
