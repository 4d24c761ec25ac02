"""The errors raised on purpose; every message is one line that names the place, the found value and the cure."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evalkit.othernames import our_name
from evalkit.redaction import holds_key, redact_message, redact_setting

KEY_FOUND = "looks like a key, and is not shown. Keys belong in environment variables, never in files or names"


class EvalkitError(Exception):
    """Root of all errors raised on purpose; the message holds no secret, whoever shows it.

    `for_command` is the message with the names of options, where the message itself names keywords of a function.
    `judge` is the configuration of the judge that was to decide, where the error ended a gate.
    """

    exit_code = 2
    for_command: str | None = None
    judge: Any = None

    def __init__(self, message: str = "") -> None:
        super().__init__(redact_setting(message))


class InputError(EvalkitError):
    """A file does not hold what was expected; the message starts with the file and, where there is one, the row."""


class ConfigError(EvalkitError):
    """A judge, prompt, benchmark or setting is wrong."""


class TargetTaken(ConfigError):
    """A file to be written is read, or written, by the same call; `paths` must stay as they are."""

    def __init__(self, message: str = "", *, paths: tuple[Path, ...] = ()) -> None:
        super().__init__(message)
        self.paths = paths


class UnknownName(ConfigError):
    """A name that no dictionary and no plug-in has."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        import difflib

        names = sorted(known)
        if holds_key(name):
            super().__init__(f"unknown {kind}: what stands there {KEY_FOUND}. Known: {', '.join(names) or 'none'}")
            return
        ours = our_name(kind, name)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        if ours in names:
            hint = f" evalkit calls it {ours!r}."
        super().__init__(f"unknown {kind} {name!r}.{hint} Known: {', '.join(names) or 'none'}")


class StatsError(EvalkitError):
    """The data cannot give a number."""


class StoreError(EvalkitError):
    """The store is unusable, damaged or of another version."""


class StoreFull(StoreError):
    """No room is left for a write."""


class ClientError(EvalkitError):
    """A judge's endpoint did not give a usable reply.

    `usage` is the number of tokens, in and out, that the endpoint counted for it all the same.
    """

    usage: tuple[int, int] | None = None

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        # the endpoint's own words stay whole, with the identifiers that its support asks for
        self.args = (redact_message(message),)


class RetryableError(ClientError):
    """The same request may succeed later: a timeout, a server error, a torn reply.

    `billed` says that the endpoint may have charged for a reply that never arrived or cannot be read; `answered` says
    that it answered at all, and `as_success` that its answer calls itself a success.
    """

    answered = False
    as_success = False

    def __init__(self, message: str, *, billed: bool = False) -> None:
        super().__init__(message)
        self.billed = billed


class RateLimited(RetryableError):
    """The endpoint turns requests away for a while; `retry_after` is in seconds, None where it does not say."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RejectedRequest(ClientError):
    """The endpoint refuses this one request; others may pass.

    `of_this_request` says that the reason is not the form of all requests, but what this request or its reply says, or
    that the reply broke off.
    """

    def __init__(self, message: str = "", *, of_this_request: bool = False) -> None:
        super().__init__(message)
        self.of_this_request = of_this_request


class NoVerdict(EvalkitError):
    """A judge's function gives no verdict on this question, for the reason in the message."""


class EndpointRefused(ClientError):
    """The endpoint refuses every request: key, model, address or account. The run stops.

    `cure` says what the user may do about it; it is empty where the message says so itself.
    """

    def __init__(self, message: str = "", *, cure: str = "") -> None:
        super().__init__(message)
        self.cure = cure


class Forbidden(EndpointRefused):
    """The endpoint forbids a request, and does not say whether for its prompt or for the key that it was sent with."""


class Incomplete(EvalkitError):
    """Work is left over: a budget was reached or requests failed."""

    exit_code = 3


class AuditFailed(EvalkitError):
    """Outputs failed their audit; nothing is said about how good they are."""

    exit_code = 5


class Unequal(EvalkitError):
    """A written row differs from the row that the store's replies give."""

    exit_code = 5


class GateFailed(EvalkitError):
    """A measured regression; nothing else has this exit code."""

    exit_code = 1


class Inconclusive(EvalkitError):
    """The measurement does not show on which side of its threshold a number lies."""

    exit_code = 4


class Unreachable(Incomplete):
    """The endpoint answers no request, or asks for a longer wait than the run allows."""


class Interrupted(EvalkitError):
    """SIGINT stopped a run, which committed the replies that had arrived; the message says how to go on."""

    exit_code = 130


class Terminated(Interrupted):
    """SIGTERM stopped a run, as SIGINT does for Interrupted."""

    exit_code = 143
