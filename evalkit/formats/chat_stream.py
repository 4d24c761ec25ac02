"""Reads the events of a streamed chat completion into the completion that they make up."""

from collections.abc import Iterator
from typing import Any

from evalkit.documents import parse_json
from evalkit.errors import InputError, RetryableError

_FIELD = ("data:", "event:", "id:", "retry:", ":")
_DONE = "[DONE]"


def looks_like_stream(text: str) -> bool:
    """True for server-sent events."""
    return text.lstrip("\ufeff \t\r\n").startswith(_FIELD)


def read_stream(text: str) -> dict[str, Any]:
    """The chat completion that a stream of events makes up; an error among the events ends it.

    Raises:
        RetryableError: an event is not an object, or the stream breaks off.
    """
    document: dict[str, Any] = {}
    choice: dict[str, Any] = {}
    content, logprobs, refusal = "", [], ""
    calls: dict[int, dict[str, Any]] = {}
    ended = False
    for event in _events(text):
        if event == _DONE:
            ended = True
            break
        chunk = _parsed(event)
        if chunk.get("error"):
            # what was said before it is paid for
            broken = {"message": {"content": content}, "error": chunk["error"]}
            return {**document, "choices": [broken]} if content else chunk
        document |= {name: value for name, value in chunk.items() if name != "choices" and value is not None}
        for part in (one for one in _list(chunk.get("choices")) if isinstance(one, dict) and not one.get("index")):
            if isinstance(part.get("message"), dict):
                # the whole completion as one event
                return chunk
            choice |= {name: value for name, value in part.items() if name not in ("delta", "logprobs")}
            delta = part.get("delta")
            delta = delta if isinstance(delta, dict) else {}
            content += delta["content"] if isinstance(delta.get("content"), str) else ""
            refusal += delta["refusal"] if isinstance(delta.get("refusal"), str) else ""
            _gather(calls, _list(delta.get("tool_calls")))
            weights = part.get("logprobs")
            logprobs += _list(weights.get("content")) if isinstance(weights, dict) else []
            ended = ended or part.get("finish_reason") is not None
    if not ended:
        raise RetryableError("the stream of the reply breaks off", billed=True)
    message = {"content": content, "refusal": refusal, "tool_calls": list(calls.values())}
    return {**document, "choices": [{**choice, "message": message, "logprobs": {"content": logprobs}}]}


def _events(text: str) -> Iterator[str]:
    """The data of each event."""
    data: list[str] = []
    # not str.splitlines: it would also split at U+2028, which JSON allows inside a text
    for line in [*text.lstrip("\ufeff").replace("\r\n", "\n").split("\n"), ""]:
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").strip())
        elif not line.strip() and data:
            yield "\n".join(data)
            data = []


def _parsed(event: str) -> dict[str, Any]:
    try:
        chunk = parse_json(event, "the stream of the reply")
    except InputError as error:
        raise RetryableError(str(error), billed=True) from None
    if not isinstance(chunk, dict):
        raise RetryableError("the stream of the reply holds an event that is not an object", billed=True)
    return chunk


def _gather(calls: dict[int, dict[str, Any]], parts: list[Any]) -> None:
    """Add the parts of tool calls to the calls that they belong to."""
    for part in parts:
        function = part.get("function") if isinstance(part, dict) else None
        if not isinstance(function, dict):
            continue
        index = part.get("index")
        call = calls.setdefault(index if isinstance(index, int) else 0, {"function": {"name": "", "arguments": ""}})
        for name in ("name", "arguments"):
            if isinstance(function.get(name), str):
                call["function"][name] += function[name]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
