"""Reads chat completions of OpenAI-compatible servers strictly into replies."""

import re
from collections.abc import Mapping
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import ClientError, RejectedRequest, RetryableError
from evalkit.types import ChatReply

_SHOWN = 200
# a larger number is not a count of tokens, and does not fit a database's integer
_LARGEST_COUNT = 2**31 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_reply(document: Any, **facts: Any) -> ChatReply:
    """The first choice of a chat completion; `facts` are the reply's other fields.

    Raises:
        RetryableError: no choice, or none with text.
        RejectedRequest: the judge refused, was cut off by a filter, or used up its tokens before it said anything.
    """
    if not isinstance(document, dict):
        raise RetryableError(f"the reply is {kind_of(document)}, not an object", billed=True)
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise RetryableError("the reply has no choices", billed=True)
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    try:
        return read_choice(
            choices[0],
            prompt_tokens=prompt,
            completion_tokens=completion,
            model=_text(document.get("model")),
            fingerprint=_text(document.get("system_fingerprint")),
            **facts,
        )
    except ClientError as error:
        # a reply without text is charged for as well, and a judge that thinks uses most tokens for it
        if prompt is not None or completion is not None:
            error.usage = (prompt or 0, completion or 0)
        raise


def read_choice(choice: Mapping[str, Any], **facts: Any) -> ChatReply:
    """A choice object as a reply; `facts` are the reply's other fields.

    Raises:
        RetryableError: no text, or log-probabilities of an unknown form.
        RejectedRequest: the judge refused, was cut off by a filter, or used up its tokens before it said anything.
    """
    finish = _text(choice.get("finish_reason"))
    if finish == "content_filter":
        raise RejectedRequest("the endpoint's content filter cut the reply off")
    message = choice.get("message")
    text = _message_text(message) if isinstance(message, dict) else choice.get("text")
    top_logprobs = _top_logprobs(choice.get("logprobs"))
    if not text:
        if isinstance(message, dict) and isinstance(message.get("refusal"), str) and message["refusal"]:
            raise RejectedRequest(f"the judge refused: {_one_line(message['refusal'])}")
        # one token of white space may still carry the weights of the labels
        if finish == "length" and (text is None or not top_logprobs):
            raise RejectedRequest("the reply used up its tokens before it said anything. Raise max_completion_tokens")
    if not isinstance(text, str):
        raise RetryableError(f"the reply's content is {kind_of(text)}, not text", billed=True)
    if _SURROGATE.search(text):
        raise RetryableError("the reply's content holds half of a surrogate pair", billed=True)
    return ChatReply(text=text, top_logprobs=top_logprobs, finish_reason=finish, **facts)


def _message_text(message: Mapping[str, Any]) -> Any:
    """The text of a message; if the message calls one tool, the arguments of the call, whatever its text."""
    calls = message.get("tool_calls")
    if isinstance(calls, list) and len(calls) == 1 and isinstance(calls[0], dict):
        function = calls[0].get("function")
        if isinstance(function, dict):
            return function.get("arguments")
    return message.get("content")


def _top_logprobs(logprobs: Any) -> tuple[tuple[tuple[str, float], ...], ...]:
    if not isinstance(logprobs, dict) or not logprobs.get("content"):
        return ()
    try:
        return tuple(
            tuple((_storable(entry["token"]), float(entry["logprob"])) for entry in position.get("top_logprobs") or ())
            for position in logprobs["content"]
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RetryableError(f"the reply's log-probabilities are of an unknown form: {error!r}", billed=True) from None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT else None


def _text(value: Any) -> str | None:
    return _storable(value) if isinstance(value, str) else None


def _storable(value: object) -> str:
    """The text with any half of a surrogate pair, where servers cut tokens, replaced, so that files take it."""
    return _SURROGATE.sub("\ufffd", str(value))


def _one_line(value: object) -> str:
    return " ".join(str(value).split())[:_SHOWN]
