"""The meaning of an endpoint's answer: a reply, or a named failure. One table for every status and body."""

import datetime
import email.utils
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from evalkit.clients.address import Address
from evalkit.documents import decode, parse_json
from evalkit.errors import ClientError, EndpointRefused, InputError, RateLimited, RejectedRequest, RetryableError
from evalkit.formats import read_reply
from evalkit.types import ChatReply

Headers = Sequence[tuple[str, str]]

ECHO_HEADER = "X-Client-Request-Id"
_OUR_IDENTITY = re.compile(r"[0-9a-f]{1,16}-\d+")
_SHOWN = 200
# an error may quote the whole prompt before its code
_LONGEST_COMPLAINT = 2**20
_ERROR_STATUS = re.compile(r"[345]\d\d", re.ASCII)
_OUT_OF_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


class Handling(Enum):
    """The consequence of an answer for its request, for a while, and for the run."""

    READ = "read the body"
    RETRY = "try again"
    LIMITED = "try again when the endpoint says so"
    ROW_FAILED = "note the failure and go on"
    FATAL = "stop the run"


# a status that is not named here goes by its hundreds, see BY_HUNDRED
BY_STATUS = {
    401: Handling.FATAL,
    402: Handling.FATAL,
    403: Handling.FATAL,
    404: Handling.FATAL,
    405: Handling.FATAL,
    407: Handling.FATAL,
    408: Handling.RETRY,
    409: Handling.RETRY,
    410: Handling.FATAL,
    425: Handling.RETRY,
    426: Handling.FATAL,
    429: Handling.LIMITED,
    501: Handling.FATAL,
    505: Handling.FATAL,
    529: Handling.LIMITED,
}
BY_HUNDRED = {1: Handling.RETRY, 2: Handling.READ, 3: Handling.FATAL, 4: Handling.ROW_FAILED, 5: Handling.RETRY}


def read_answer(
    status: int, headers: Headers, body: bytes, address: Address, *, seconds: float | None = None
) -> ChatReply:
    """The reply in an answer, with `body` to the letter except the address's secrets.

    Raises:
        RetryableError, RateLimited, RejectedRequest, EndpointRefused: as the tables say; messages are one line.
    """
    try:
        reply = _read_reply(status, headers, address.redact_bytes(body), seconds)
    except ClientError as error:
        # JSON can spell a letter in other ways than the bytes that were searched
        error.args = (address.redact(str(error)),)
        if isinstance(error, RetryableError):
            error.answered = True
        raise
    return replace(reply, text=address.redact(reply.text))


def refusal(status: int, headers: Headers, said: str, *, code: str = "") -> ClientError:
    """The failure that a status stands for."""
    outcome = _outcome(status, headers)
    message = one_line(f"{status}: {said}" if said else f"status {status}")
    if code in _OUT_OF_MONEY or outcome == Handling.FATAL:
        return EndpointRefused(message)
    if outcome == Handling.LIMITED:
        return RateLimited(message, retry_after=retry_after(headers))
    return RejectedRequest(message) if outcome == Handling.ROW_FAILED else RetryableError(message)


def check_owner(headers: Headers, identity: str) -> None:
    """Refuse an answer that names another request of ours: a proxy may have crossed two.

    Raises:
        RetryableError: it does. An answer with no name, or with one of the endpoint's own, is accepted.
    """
    for name, value in headers:
        if name.lower() == ECHO_HEADER.lower() and value != identity and _OUR_IDENTITY.fullmatch(value):
            raise RetryableError("the answer belongs to another request", billed=True)


def retry_after(headers: Headers) -> float | None:
    """Seconds that the endpoint asks to wait, the longest of several; None where it gives nothing usable."""
    waits = []
    for name, value in headers:
        lowered = name.lower()
        if lowered == "retry-after":
            waits.append(_seconds(value))
        elif lowered == "retry-after-ms":
            waits.append(_number(value, scale=1000.0))
    said = [wait for wait in waits if wait is not None]
    return max(said) if said else None


def one_line(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]


def _read_reply(status: int, headers: Headers, body: bytes, seconds: float | None) -> ChatReply:
    if _outcome(status, headers) != Handling.READ:
        code, said = _complaint(body)
        raise refusal(status, headers, said, code=code)
    try:
        text = decode(body, "the reply")
        document = parse_json(text, "the reply")
    except InputError as error:
        # the request was answered and, most likely, charged
        raise RetryableError(str(error), billed=True) from None
    if isinstance(document, dict) and document.get("error"):
        # some proxies wrap a failure into a success
        code, said = _code_and_message(document["error"])
        inner = int(code) if _ERROR_STATUS.fullmatch(code) else 500
        raise refusal(inner, headers, f"the reply is an error: {said}", code=code)
    return read_reply(document, body=text, seconds=seconds)


def _outcome(status: int, headers: Headers) -> Handling:
    outcome = BY_STATUS.get(status) or BY_HUNDRED.get(status // 100, Handling.RETRY)
    if outcome == Handling.RETRY and retry_after(headers) is not None:
        return Handling.LIMITED
    return outcome


def _complaint(body: bytes) -> tuple[str, str]:
    """Code and message of an error's body, whatever its form."""
    text = body[:_LONGEST_COMPLAINT].decode("utf-8", "replace")
    try:
        document = parse_json(text, "the reply")
    except InputError:
        return "", text
    if isinstance(document, list) and len(document) == 1:
        # Gemini's way
        (document,) = document
    return _code_and_message(document.get("error", document)) if isinstance(document, dict) else ("", text)


def _code_and_message(error: Any) -> tuple[str, str]:
    if not isinstance(error, dict):
        return "", str(error)
    # one vendor writes the reason into code, another into type
    codes = [str(error[name]) for name in ("code", "type") if error.get(name) is not None]
    code = next((candidate for candidate in codes if candidate in _OUT_OF_MONEY), codes[0] if codes else "")
    return code, str(error.get("message") or error)


def _seconds(value: str) -> float | None:
    number = _number(value)
    if number is not None:
        return number
    try:
        then = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=datetime.UTC)
    wait = (then - datetime.datetime.now(datetime.UTC)).total_seconds()
    return wait if wait > 0 else None


def _number(value: str, *, scale: float = 1.0) -> float | None:
    try:
        number = float(value) / scale if value.isascii() else math.nan
    except ValueError:
        return None
    # an endless wait counts as a long one: the run ends there instead of guessing
    return number if number > 0 else None
