"""Chat completions as OpenAI-compatible servers write them, read strictly into replies."""

from collections.abc import Mapping
from typing import Any

from evalkit.documents import kind_of
from evalkit.errors import RetryableError
from evalkit.types import ChatReply

_SHOWN = 200


def read_reply(body: Any, *, seconds: float | None = None) -> ChatReply:
    """The first choice of a chat completion.

    Raises:
        RetryableError: no choice, or none with text; an error that came as a success.
    """
    if not isinstance(body, dict):
        raise RetryableError(f"the reply is {kind_of(body)}, not an object")
    if body.get("error"):
        raise RetryableError(f"the reply is an error: {_one_line(body['error'])}")
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise RetryableError("the reply has no choices")
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return read_choice(
        choices[0],
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        model=body.get("model") if isinstance(body.get("model"), str) else None,
        seconds=seconds,
    )


def read_choice(choice: Mapping[str, Any], **facts: Any) -> ChatReply:
    """A choice object as a reply; `facts` are the reply's other fields.

    Raises:
        RetryableError: no text, or log-probabilities of an unknown form.
    """
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else choice.get("text")
    if not isinstance(text, str):
        raise RetryableError(f"the reply's content is {kind_of(text)}, not text")
    finish = choice.get("finish_reason")
    return ChatReply(
        text=text,
        top_logprobs=_top_logprobs(choice.get("logprobs")),
        finish_reason=finish if isinstance(finish, str) else None,
        **facts,
    )


def _top_logprobs(logprobs: Any) -> tuple[tuple[tuple[str, float], ...], ...]:
    if not isinstance(logprobs, dict) or not logprobs.get("content"):
        return ()
    try:
        return tuple(
            tuple((str(entry["token"]), float(entry["logprob"])) for entry in position.get("top_logprobs") or ())
            for position in logprobs["content"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RetryableError(f"the reply's log-probabilities are of an unknown form: {error!r}") from None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _one_line(value: object) -> str:
    return " ".join(str(value).split())[:_SHOWN]
