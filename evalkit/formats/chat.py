"""Reads chat completions of OpenAI-compatible servers strictly into replies."""

import json
import re
from collections.abc import Mapping
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import RejectedRequest, RetryableError
from evalkit.formats.complaints import choice_complaint
from evalkit.types import ChatReply

# the ends of a reply that was cut by the limit of tokens, and of one in which the model refused
CUT, REFUSED = "length", "refusal"
_CUT = {CUT, "max_tokens", "max_output_tokens", "max_length", "model_length", "token_limit"}
_FILTERED = {
    "content_filter", "content_filtered", "safety", "image_safety", "prohibited_content", "blocklist", "recitation",
    "spii", "sensitive", "guardrail_intervened",
}  # fmt: skip
_BROKEN = {
    "error", "abort", "aborted", "cancelled", "canceled", "timeout", "network_error", "insufficient_system_resource",
    "malformed_function_call",
}  # fmt: skip
# parts of a content that are no part of what is said
_LEFT_OUT = {"thinking", "reasoning", "redacted_thinking", "reference", "refusal"}
_FIELDS_SHOWN = 6
_SHOWN = 200
# a larger number is not a count of tokens, and does not fit a database's integer
_LARGEST_COUNT = 2**31 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_reply(document: Any, **facts: Any) -> ChatReply:
    """The first choice of a chat completion; `facts` are the reply's other fields.

    Raises:
        RetryableError: no choice, or none with text.
        RejectedRequest: as `read_choice`.
    """
    if not isinstance(document, dict):
        shown = f": {_one_line(document)}" if isinstance(document, str) and document.strip() else ""
        raise RetryableError(f"the reply is {kind_of(document)}, not an object{shown}", billed=True)
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        there = ", ".join(sorted(document)[:_FIELDS_SHOWN]) if "choices" not in document else ""
        raise RetryableError(f"the reply has no choices{_one_line(f'. It has {there}') if there else ''}", billed=True)
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return read_choice(
        choices[0],
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        model=_text(document.get("model")),
        fingerprint=_text(document.get("system_fingerprint")),
        **facts,
    )


def read_choice(choice: Mapping[str, Any], **facts: Any) -> ChatReply:
    """A choice object as a reply; `facts` are the reply's other fields.

    Raises:
        RetryableError: no text, or log-probabilities of an unknown form.
        RejectedRequest: the provider broke the reply off, the model refused, a filter cut it off, or it used up its
            tokens before it said anything.
    """
    if (complaint := choice_complaint(choice)) is not None:
        raise RejectedRequest(f"the provider broke the reply off: {_one_line(complaint.words)}", of_this_request=True)
    finish = _finish_reason(choice)
    message = choice.get("message")
    text = _message_text(message) if isinstance(message, dict) else choice.get("text")
    if finish == REFUSED:
        raise RejectedRequest(f"the model refused: {_one_line(text or 'it gives no reason')}", of_this_request=True)
    top_logprobs = _top_logprobs(choice.get("logprobs"))
    if not text:
        if isinstance(message, dict) and (refusal := _refusal(message)):
            raise RejectedRequest(f"the model refused: {_one_line(refusal)}", of_this_request=True)
        # one token of white space may still carry the weights of the labels
        if finish == CUT and (text is None or not top_logprobs):
            raise RejectedRequest("the reply used up its tokens before it said anything. Raise max_completion_tokens")
    if not isinstance(text, str):
        raise RetryableError(f"the reply's content is {kind_of(text)}, not text", billed=True)
    if _SURROGATE.search(text):
        raise RetryableError("the reply's content holds half of a surrogate pair", billed=True)
    return ChatReply(text=text, top_logprobs=top_logprobs, finish_reason=finish, **facts)


def token_counts(document: Any) -> tuple[int, int] | None:
    """The tokens, in and out, that an endpoint counted; None where it counted none."""
    usage = document.get("usage") if isinstance(document, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return None if prompt is None and completion is None else (prompt or 0, completion or 0)


def _finish_reason(choice: Mapping[str, Any]) -> str | None:
    """Why the reply ended, where one server says `FinishReason.MAX_TOKENS` for another's `length`.

    Raises:
        RejectedRequest: it did not end by itself: a filter cut it off, or the provider broke it off.
    """
    given = choice.get("finish_reason")
    # SGLang writes an object
    finish = _text(given.get("type") if isinstance(given, dict) else given)
    plain = (finish or "").rpartition(".")[2].lower()
    if plain in _FILTERED:
        more = "" if plain == "content_filter" else f": {plain}"
        raise RejectedRequest(f"the endpoint's content filter cut the reply off{more}", of_this_request=True)
    if plain in _BROKEN:
        said = given.get("message") if isinstance(given, dict) else None
        raise RejectedRequest(f"the provider broke the reply off: {_one_line(said or plain)}", of_this_request=True)
    return CUT if plain in _CUT else REFUSED if plain == REFUSED else finish


def _refusal(message: Mapping[str, Any]) -> str:
    """The words with which a model refuses, in a field of their own or as a part of the content."""
    if isinstance(message.get("refusal"), str):
        return str(message["refusal"])
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return " ".join(
        part["refusal"] for part in parts if isinstance(part, dict) and isinstance(part.get("refusal"), str)
    )


def _message_text(message: Mapping[str, Any]) -> Any:
    """The text of a message; if the message calls one tool, the arguments of the call, whatever its text."""
    calls = message.get("tool_calls")
    if isinstance(calls, list) and len(calls) == 1 and isinstance(calls[0], dict):
        function = calls[0].get("function")
        if isinstance(function, dict):
            arguments = function.get("arguments")
            # Ollama and others give them as an object
            return json.dumps(arguments) if isinstance(arguments, dict) else arguments
    content = message.get("content")
    if isinstance(content, dict):
        content = [content]
    return _joined(content) if isinstance(content, list) else content


def _joined(parts: list[Any]) -> str:
    """The text parts as one text; thoughts and references are left out.

    Raises:
        RetryableError: a part is neither.
    """
    texts = []
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in _LEFT_OUT:
            continue
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, dict):
            text = text.get("value")
        if not isinstance(text, str):
            what = f"a part of type {_one_line(kind)!r}" if isinstance(kind, str) else kind_of(part)
            raise RetryableError(f"the reply's content holds {what}, not text", billed=True)
        texts.append(text)
    return "".join(texts)


def _top_logprobs(logprobs: Any) -> tuple[tuple[tuple[str, float], ...], ...]:
    if not isinstance(logprobs, dict) or not logprobs.get("content"):
        return ()
    try:
        return tuple(_position(position.get("top_logprobs")) for position in logprobs["content"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RetryableError(f"the reply's log-probabilities are of an unknown form: {error!r}", billed=True) from None


def _position(top: Any) -> tuple[tuple[str, float], ...]:
    """The likeliest tokens of a position, from a list or by token; none where one has no number, for the others alone
    would be too likely.
    """
    pairs = top.items() if isinstance(top, dict) else [(entry["token"], entry["logprob"]) for entry in top or ()]
    if any(logprob is None for _, logprob in pairs):
        return ()
    return tuple((_storable(token), float(logprob)) for token, logprob in pairs)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT else None


def _text(value: Any) -> str | None:
    return _storable(value) if isinstance(value, str) else None


def _storable(value: object) -> str:
    """The text with any half of a surrogate pair, where servers cut tokens, replaced, so that files take it."""
    return _SURROGATE.sub("\ufffd", str(value))


def _one_line(value: object) -> str:
    return " ".join(str(value).split())[:_SHOWN]
