"""Judges and models that are Python functions: each question is given to a function, and its result made a reply."""

import asyncio
import inspect
import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from evalkit.clients.threads import Raised, Threads
from evalkit.errors import ClientError, NoVerdict, RejectedRequest
from evalkit.judge_spec import GRADE, NO_VERDICT, P_FIRST
from evalkit.text import shortened
from evalkit.types import ChatReply, ChatRequest, Grading, Question

_WORDS = {"first": 1.0, "second": 0.0, "tie": 0.5}
_SHOWN = 80
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation: what the user says, and both answers to it."""

    instruction: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to an instruction, in the order in which the judge is to see them.

    Texts of several turns are joined by an empty line; `turns` has them apart. `reference` is the right answer where
    the benchmark has one.
    """

    instruction: str
    first: str
    second: str
    reference: str | None
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Single:
    """An answer that is graded by itself.

    `turns` are pairs of what the user says and the answer; the rest is as in `Pair`.
    """

    instruction: str
    answer: str
    reference: str | None
    turns: tuple[tuple[str, str], ...]


class FunctionClient:
    """Gives each question to a function, and makes a reply of what it returns.

    A function that is not a coroutine function runs in threads, so that one that waits keeps nobody else waiting, and
    one that never returns is given up after `timeout` seconds. Coroutines run in the event loop `home`, or without one
    in that of the run.
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        *,
        scale: tuple[float, float] | None,
        timeout: float,
        home: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._call = _Caller(function, timeout=timeout, home=home)
        self._scale = scale

    async def complete(self, request: ChatRequest) -> ChatReply:
        if request.question is None:
            raise RejectedRequest("a judge's function judges answers and gives none")
        shown = pair_of(request.question) if self._scale is None else single_of(request.question)
        try:
            found = await self._call(shown)
        except NoVerdict as error:
            return ChatReply(json.dumps({NO_VERDICT: str(error)}), model=request.model)
        return ChatReply(json.dumps(verdict_fields(found, self._scale)), model=request.model)

    async def close(self) -> None:
        self._call.close()


class AnsweringFunction:
    """Gives a model's instruction to a function that returns the answer; the rest is as for `FunctionClient`.

    A function gets the instruction as text, or the turns so far as messages where there are several.
    """

    def __init__(
        self, function: Callable[[Any], Any], *, timeout: float, home: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self._call = _Caller(function, timeout=timeout, home=home)

    async def complete(self, request: ChatRequest) -> ChatReply:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        found = await self._call(messages[0]["content"] if len(messages) == 1 else messages)
        if not isinstance(found, str):
            raise RejectedRequest(f"the function returned {_short(found)}, and not a text")
        return ChatReply(found, finish_reason="stop", model=request.model)

    async def close(self) -> None:
        self._call.close()


class ObjectClient:
    """Asks an object of the user's with `async complete(request)`, which returns a reply or its text."""

    def __init__(self, client: Any, *, timeout: float) -> None:
        self._client = client
        self._call = _Caller(client.complete, timeout=timeout)

    async def complete(self, request: ChatRequest) -> ChatReply:
        found = await self._call(request)
        if isinstance(found, str):
            return ChatReply(found, model=request.model)
        if not isinstance(found, ChatReply):
            raise RejectedRequest(f"complete() of {type(self._client).__name__} returned {_short(found)}")
        counts = (found.prompt_tokens, found.completion_tokens)
        if not isinstance(found.text, str) or not all(count is None or _is_count(count) for count in counts):
            raise RejectedRequest(
                f"complete() of {type(self._client).__name__} returned a ChatReply without a text, or with counts of "
                "tokens that are none"
            )
        return found

    async def close(self) -> None:
        self._call.close()
        if hasattr(self._client, "close"):
            closing = self._client.close()
            if inspect.isawaitable(closing):
                await closing


def pair_of(question: Question) -> Pair:
    """The two answers of a question, in the order in which they are shown."""
    example = question.subject.example
    first, second = question.shown
    turns = zip(example.turns, first.texts, second.texts, strict=False)
    return Pair(
        example.instruction, first.text, second.text, _reference(question), tuple(Turn(*texts) for texts in turns)
    )


def single_of(question: Question) -> Single:
    """The answer of a question that is graded alone."""
    assert isinstance(question.subject, Grading)
    example, (output,) = question.subject.example, question.shown
    turns = tuple(zip(example.turns, output.texts, strict=False))
    return Single(example.instruction, output.text, _reference(question), turns)


def _reference(question: Question) -> str | None:
    texts = [text for text in question.subject.example.reference if text.strip()]
    return "\n\n".join(texts) if texts else None


class _Caller:
    """Calls a function of the user's, and makes every error of it the failure of one request."""

    def __init__(
        self, function: Callable[[Any], Any], *, timeout: float, home: asyncio.AbstractEventLoop | None = None
    ) -> None:
        self._function = function
        self._timeout = timeout
        self._home = home
        self._waits = inspect.iscoroutinefunction(function)
        self._threads = Threads()

    async def __call__(self, argument: object) -> Any:
        scope = asyncio.timeout(self._timeout)
        try:
            async with scope:
                found = self._function(argument) if self._waits else await self._threads.call(self._function, argument)
                return await self._awaited(found) if inspect.isawaitable(found) else found
        except (ClientError, NoVerdict):
            raise
        except Raised as raised:
            raise RejectedRequest(f"the function raised {said(raised.error)}") from raised.error
        except Exception as error:
            # a function may well raise a TimeoutError of its own
            if isinstance(error, TimeoutError) and scope.expired():
                raise RejectedRequest(f"no result within {self._timeout:g} seconds") from None
            raise RejectedRequest(f"the function raised {said(error)}") from error

    def close(self) -> None:
        self._threads.close()

    async def _awaited(self, found: Awaitable[Any]) -> Any:
        if self._home is None or self._home is asyncio.get_running_loop():
            return await _result(found)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_result(found), self._home))


async def _result(found: Awaitable[Any]) -> Any:
    try:
        return await found
    except SystemExit as error:
        # it would end the event loop, and the process with it
        raise Raised(error) from None


def verdict_fields(found: object, scale: tuple[float, float] | None) -> dict[str, float]:
    """The fields of the reply for what a judge's function returned.

    Raises:
        RejectedRequest: it is neither a word for a verdict nor a number that can be one.
    """
    if scale is None and isinstance(found, str) and found in _WORDS:
        return {P_FIRST: _WORDS[found]}
    number = _number(found)
    low, high = scale or (0.0, 1.0)
    if number is not None and low <= number <= high:
        return {P_FIRST if scale is None else GRADE: number}
    words = '"first", "second", "tie" or the probability that the first answer is better, from 0 to 1'
    expected = words if scale is None else f"a grade from {low:g} to {high:g}"
    raise RejectedRequest(f"the function returned {_short(found)}, expected {expected}")


def _number(found: object) -> float | None:
    """A finite number, also one that an array library made; a truth value is none."""
    try:
        if not isinstance(found, int | float) and hasattr(found, "item"):
            found = found.item()
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            return None
        return float(found)
    except Exception:  # noqa: BLE001 (an array of several numbers, a whole number too large, or code of the user's)
        return None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _short(found: object) -> str:
    """The look of a value, without addresses, which would make the same reason another one each time."""
    try:
        text = repr(found)
    except Exception:  # noqa: BLE001 (code of the user's, which must not end the run)
        text = f"a value of {type(found).__name__}"
    return shortened(_ADDRESS.sub("", text), _SHOWN)


def said(error: BaseException) -> str:
    """The kind and the text of what a user's function raised."""
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 (code of the user's, which must not end the run)
        text = ""
    return shortened(f"{name}: {text}" if text else name, 2 * _SHOWN)
