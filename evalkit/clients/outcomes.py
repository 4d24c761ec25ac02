"""The meaning of an endpoint's answer: a reply, or a named failure. One table for every status and body."""

import datetime
import email.utils
import re
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from evalkit.clients.address import Address
from evalkit.documents import decode, parse_json
from evalkit.errors import (
    ClientError,
    EndpointRefused,
    Forbidden,
    InputError,
    RateLimited,
    RejectedRequest,
    RetryableError,
)
from evalkit.formats import (
    Complaint,
    Concern,
    choice_complaint,
    complaint_in,
    complaint_of,
    looks_like_page,
    looks_like_stream,
    page_words,
    read_reply,
    read_stream,
    token_counts,
)
from evalkit.types import ChatReply

Headers = Sequence[tuple[str, str]]

ECHO_HEADER = "X-Client-Request-Id"
_OUR_IDENTITY = re.compile(r"[0-9a-f]{1,16}-\d+")
_SHOWN = 200
# an error may quote the whole prompt before its code
_LONGEST_COMPLAINT = 2**20
_ERROR_STATUS = re.compile(r"[345]\d\d", re.ASCII)
# digits as HTTP has them: Python would read 1_000 and the digits of other scripts too
_NUMBER = re.compile(r"[ \t]*\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*")
_OUT_OF_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
# failures that a status says more about than the words of the answer
_SAID_BY_STATUS = {401, 402, 404, 407, 429, 529}
# the statuses of failures within a success, which some servers name by words only
_NAMED = {
    "invalid_request_error": 400, "bad_request": 400, "badrequesterror": 400, "invalid_argument": 400,
    "context_length_exceeded": 400, "unsupported_parameter": 400, "unsupported_value": 400,
    "authentication_error": 401, "invalid_api_key": 401, "unauthenticated": 401, "unauthorized": 401,
    "payment_required": 402, "insufficient_balance": 402, "insufficient_credits": 402,
    "permission_error": 403, "permission_denied": 403, "forbidden": 403,
    "not_found_error": 404, "not_found": 404, "model_not_found": 404,
    "rate_limit_error": 429, "rate_limit_exceeded": 429, "ratelimiterror": 429, "resource_exhausted": 429,
    "too_many_requests": 429, "throttlingexception": 429, "throttled": 429,
    "overloaded_error": 529,
}  # fmt: skip


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
# what to do about a refusal of every request, by its status and for what is said of the account
_PAY = "Add credit to the account, or use the key of another one"
_CHECK_KEY = "Check the key: it may be wrong, expired, or another endpoint's"
_CHECK_ADDRESS = "Check the endpoint's address (base_url), which for most ends in /v1"
_CURES = {
    401: _CHECK_KEY,
    402: _PAY,
    403: "Use a key that may use this model at this endpoint",
    404: "Check the model's name and the endpoint's address (base_url), which for most ends in /v1",
    407: "Check the name and password of the proxy that the environment names",
}


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
            error.as_success = _outcome(status, headers) == Handling.READ
        raise
    return replace(reply, text=address.redact(reply.text))


def refusal(status: int, headers: Headers, said: str | Complaint) -> ClientError:
    """The failure that a status stands for, and of a 403 or a 400 that its words tell."""
    complaint = complaint_of(said) if isinstance(said, str) else said
    outcome = _outcome(status, headers)
    message = one_line(f"{status}: {complaint.words}" if complaint.words else f"status {status}")
    if _OUT_OF_MONEY.intersection(complaint.codes):
        return EndpointRefused(message, cure=_PAY)
    if complaint.bad_key:
        return EndpointRefused(message, cure=_CHECK_KEY)
    if status >= 400 and status not in _SAID_BY_STATUS and complaint.concern == Concern.PROMPT:
        return RejectedRequest(message, of_this_request=True)
    if status == 403 and complaint.concern == Concern.UNSAID:
        return Forbidden(message, cure=_CURES[status])
    if outcome == Handling.FATAL:
        return EndpointRefused(message, cure=_CURES.get(status, _CHECK_ADDRESS))
    if outcome == Handling.LIMITED:
        named = retry_after(headers)
        return RateLimited(message, retry_after=complaint.wait if named is None else named)
    return RejectedRequest(message) if outcome == Handling.ROW_FAILED else RetryableError(message)


def proxy_refusal(status: int, said: str) -> ClientError:
    """The failure of a proxy that opens no tunnel, which has seen no prompt."""
    error = refusal(status, (), said)
    if not isinstance(error, EndpointRefused):
        return error
    return EndpointRefused(str(error), cure="Check the proxy that the environment names")


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
        raise refusal(status, headers, _complaint(body))
    try:
        text = decode(body, "the reply")
        document = read_stream(text) if looks_like_stream(text) else parse_json(text, "the reply")
    except InputError as error:
        # the request was answered and, most likely, charged
        raise RetryableError(_unreadable(body, error), billed=True) from None
    try:
        if isinstance(document, dict):
            _check_success(document, headers)
        return read_reply(document, body=text, seconds=seconds)
    except ClientError as error:
        # a reply without text is charged for as well, and a judge that thinks uses most tokens for it
        error.usage = token_counts(document)
        raise


def _check_success(document: dict[str, Any], headers: Headers) -> None:
    """Refuse a success into which a proxy has wrapped a failure.

    Raises:
        ClientError: as the tables say of the failure's own status. A reply that broke off is not asked for again: most
            of it is paid for.
    """
    if (complaint := complaint_in(document)) is not None:
        words = f"the reply is an error: {complaint.words}"
        raise refusal(_inner_status(complaint), headers, replace(complaint, words=words))
    choices = document.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or (complaint := choice_complaint(choice)) is None:
        return
    words = f"the provider broke the reply off: {complaint.words}"
    error = refusal(_inner_status(complaint), headers, replace(complaint, words=words))
    said = isinstance(message := choice.get("message"), dict) and message.get("content")
    passing = type(error) is RetryableError or (isinstance(error, RateLimited) and said)
    raise RejectedRequest(str(error), of_this_request=True) if passing else error


def _inner_status(complaint: Complaint) -> int:
    """The status that a failure within a success names, by number or by word; else that of any server's fault."""
    numbers = (int(code) for code in complaint.codes if _ERROR_STATUS.fullmatch(code))
    named = (_NAMED[code.lower()] for code in complaint.codes if code.lower() in _NAMED)
    return next(numbers, next(named, 500))


def _unreadable(body: bytes, error: InputError) -> str:
    """The fault of a body that is no JSON, and how the body begins."""
    text = body[:_LONGEST_COMPLAINT].decode("utf-8", "replace").strip()
    if looks_like_page(text):
        return one_line(f"the reply is a page, not JSON: {page_words(text)}")
    if not text:
        return "the reply is empty: the answer has no body"
    # a body that begins as JSON breaks off somewhere
    shown = "" if text[0] in "{[" else f". It begins: {text}"
    return one_line(f"{error}{shown}")


def _outcome(status: int, headers: Headers) -> Handling:
    outcome = BY_STATUS.get(status) or BY_HUNDRED.get(status // 100, Handling.RETRY)
    if outcome == Handling.RETRY and retry_after(headers) is not None:
        return Handling.LIMITED
    return outcome


def _complaint(body: bytes) -> Complaint:
    """The complaint of an error's body, whatever its form."""
    text = body[:_LONGEST_COMPLAINT].decode("utf-8", "replace")
    try:
        if looks_like_stream(text):
            return complaint_in(read_stream(text)) or complaint_of(text)
        document = parse_json(text, "the reply")
    except (InputError, RetryableError):
        return complaint_of(text)
    return complaint_of(document if document not in ([], {}) else text)


def _seconds(value: str) -> float | None:
    number = _number(value)
    if number is not None:
        return number
    # Python's numbers may hold other digits and underscores, in dates as well
    if not value.isascii() or "_" in value:
        return None
    try:
        then = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=datetime.UTC)
    wait = (then - datetime.datetime.now(datetime.UTC)).total_seconds()
    return wait if wait > 0 else None


def _number(value: str, *, scale: float = 1.0) -> float | None:
    if _NUMBER.fullmatch(value) is None:
        return None
    number = float(value) / scale
    # an endless wait counts as a long one: the run ends there instead of guessing
    return number if number > 0 else None
