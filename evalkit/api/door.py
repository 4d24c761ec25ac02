"""The door between a user's Python and the use cases: errors name keywords, and a running event loop is left alone."""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
import re
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, TypeVar, cast

from evalkit.api.kinds import checked_keywords
from evalkit.api.targets import require_call_apart
from evalkit.errors import EvalkitError, Interrupted
from evalkit.text import printable

P = ParamSpec("P")
T = TypeVar("T")

# the seconds in which a cancelled run may end in good order
_PATIENCE = 2.0
_TICK = 0.2
# options of commands whose keyword has another name
RENAMED = {
    "as": "label",
    "min": "minimum",
    "true": "true_rate",
    "map": "maps",
    "format": "form",
    "all": "benchmarks",
}
# the advice in errors that Python's users get in other words
_AGAIN = "run the same command again"
_OPTION = re.compile(r"(?<![\w-])--(no-)?([a-z][a-z-]*)(?: ([A-Z][A-Z.|]*\b))?")


def front_door(function: Callable[P, T]) -> Callable[P, T]:
    """Check the kinds of a function's keywords and that it writes over nothing that it reads, and let its errors name
    keywords where they name options of the command of the same name, in one line that moves no cursor.

    The command prints what the error said first, which it keeps as `for_command`.
    """
    # the checked keywords are still those of the function
    called = cast(Callable[..., T], function)

    @functools.wraps(function)
    def entered(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            keywords = checked_keywords(function, kwargs)
            require_call_apart(function, args, keywords)
            return called(*args, **keywords)
        except EvalkitError as error:
            if error.for_command is None:
                error.for_command, error.args = str(error), (printable(in_keywords(str(error))),)
            raise

    return entered


def beside_a_loop(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function that has an event loop of its own be called where a loop runs already, as in a notebook.

    It then runs in a thread, for which the caller waits. A first interrupt ends the run in good order, and a second one
    leaves it behind.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        if not _inside_a_loop():
            return function(*args, **kwargs)
        return _Call(functools.partial(function, *args, **kwargs)).result()

    return called


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def in_background(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """The function as a coroutine function: it runs in a thread, and the caller's event loop goes on.

    A cancelled caller ends its run in good order, but waits for no call of a judge that does not return. Coroutines of
    the user's run in the caller's event loop.
    """

    @functools.wraps(function)
    async def awaited(*args: P.args, **kwargs: P.kwargs) -> T:
        running = _Call(functools.partial(function, *args, **kwargs), home=asyncio.get_running_loop())
        end = asyncio.wrap_future(running.outcome)
        try:
            while not end.done():
                # a notebook's interrupt cancels this, and shows only when the loop wakes up
                await asyncio.wait([end], timeout=_TICK)
            return end.result()
        except asyncio.CancelledError:
            running.interrupt()
            await asyncio.wait([end], timeout=_PATIENCE)
            raise
        finally:
            if not end.cancel() and not end.cancelled():
                # taken, so that nobody warns of it
                end.exception()

    name = function.__name__
    awaited.__name__ = awaited.__qualname__ = f"a{name}"
    said = (function.__doc__ or "").replace(f"ek.{name}(", f"await ek.a{name}(")
    awaited.__doc__ = (
        f"Do as a coroutine what `{name}` does, and let the event loop go on.\n\n    A judge that is a coroutine "
        f"function runs in the caller's event loop. In the words of `{name}`:\n\n    {said}"
    )
    return awaited


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """The caller of a run in a thread: its event loop where that goes on, and its wish to end the run.

    The thread gets no signals, so that the watcher of the run raises the wish.
    """

    home: asyncio.AbstractEventLoop | None = None
    wish: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """End the run if the caller wishes so.

        Raises:
            Interrupted: it does.
        """
        if self.wish.is_set():
            raise Interrupted("interrupted. What had arrived is kept; call the function again to continue")


# the caller of the run that a thread is for; a run outside of such threads has none
CALLER: contextvars.ContextVar[Caller | None] = contextvars.ContextVar("caller", default=None)


def home() -> asyncio.AbstractEventLoop | None:
    """The event loop in which the user's coroutines run; None for that of the run itself."""
    caller = CALLER.get()
    return None if caller is None else caller.home


class _Call(Generic[T]):
    """A call in a thread of its own, which does not keep the process alive."""

    def __init__(self, call: Callable[[], T], *, home: asyncio.AbstractEventLoop | None = None) -> None:
        self.outcome: concurrent.futures.Future[T] = concurrent.futures.Future()
        # nobody can cancel what runs already
        self.outcome.set_running_or_notify_cancel()
        self._call = call
        self._caller = Caller(home)
        context = contextvars.copy_context()
        context.run(CALLER.set, self._caller)
        threading.Thread(target=context.run, args=(self._run,), name="evalkit", daemon=True).start()

    def interrupt(self) -> None:
        self._caller.wish.set()

    def result(self) -> T:
        with _interruptible():
            try:
                return self.outcome.result()
            except KeyboardInterrupt:
                self.interrupt()
            return self.outcome.result()

    def _run(self) -> None:
        try:
            self.outcome.set_result(self._call())
        except BaseException as error:  # noqa: BLE001 (raised again where the result is taken)
            self.outcome.set_exception(error)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt the waiting, although the event loop that waits too keeps it for itself."""
    handler = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
    if handler in (None, signal.SIG_IGN, signal.SIG_DFL):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def in_keywords(message: str) -> str:
    """A message for users of Python: `--max-cost USD` becomes `max_cost=USD`."""

    def keyword(match: re.Match[str]) -> str:
        negated, name, value = match.groups()
        named = RENAMED.get(name, name.replace("-", "_"))
        if negated:
            return f"{named}=False"
        return named if value is None else f"{named}={value}"

    return _OPTION.sub(keyword, message).replace(_AGAIN, "call the function again")
