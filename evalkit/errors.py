"""What can go wrong on purpose; every message is one line that names the place, what was found and what would do."""

from collections.abc import Iterable


class EvalkitError(Exception):
    """Root of everything raised on purpose."""

    exit_code = 2


class InputError(EvalkitError):
    """A file does not hold what was expected; the message starts with the file and, where there is one, the row."""


class ConfigError(EvalkitError):
    """A judge, prompt, benchmark or setting is wrong."""


class UnknownName(ConfigError):
    """A name that no dictionary and no plug-in knows."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        import difflib

        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        super().__init__(f"unknown {kind} {name!r}.{hint} Known: {', '.join(names) or 'none'}")


class StatsError(EvalkitError):
    """A number that the data cannot give."""


class StoreError(EvalkitError):
    """The store is unusable, damaged or of another version."""


class ClientError(EvalkitError):
    """A judge's endpoint did not give a usable reply."""


class RetryableError(ClientError):
    """The same request may succeed later: a rate limit, a timeout, a server error."""


class RejectedRequest(ClientError):
    """The endpoint refuses this one request; others may pass."""


class EndpointRefused(ClientError):
    """The endpoint refuses every request: key, model, address or account. The run stops."""


class Incomplete(EvalkitError):
    """Work is left over: a budget was reached or requests failed."""

    exit_code = 3


class Terminated(KeyboardInterrupt):
    """SIGTERM stopped a run, which wound up as it does for Ctrl-C."""
