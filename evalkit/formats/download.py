"""A file fetched over HTTP, bounded in time and bytes; judging, whose requests are many, has clients of its own."""

import ssl
import time
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from evalkit.errors import ConfigError, InputError

if TYPE_CHECKING:
    # it loads with the first download: nothing else needs it
    import httpx

MOST_BYTES = 2**30
_MOST_SECONDS = 3600.0
_CONNECT_SECONDS = 30.0
_SILENT_SECONDS = 60.0
_REDIRECTS = 5
_SHOWN = 200
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_NOT_ALLOWED = (401, 403)


def download(
    url: str, into: IO[bytes], where: str, *, token: str | None = None, token_name: str = "", most: int = MOST_BYTES
) -> None:
    """Write what an address answers into a file, redirects followed.

    The token goes to the address's own host only, never to one that it redirects to.

    Args:
        where: what is fetched, in the words of the user; errors begin with it.
        token_name: the environment variable that the token comes from.
        most: bytes after which the answer is refused.

    Raises:
        InputError: not reachable, not found, not allowed, too large, too slow, or broken off.
        ConfigError: the token or the environment's proxy cannot be used, or the address is plain http to another
            machine.
    """
    import httpx

    if urlsplit(url).scheme != "https" and not _loopback(url):
        raise ConfigError(f"{where}: {urlsplit(url).hostname} would be asked over plain http. Use https")
    headers = {"Accept-Encoding": "identity", **_key(token, token_name)}
    try:
        with _open(url, where) as client, client.stream("GET", url, headers=headers) as answer:
            _check_status(answer, where, token_name)
            _keep(answer, into, where, most=most)
    except httpx.ConnectTimeout:
        raise InputError(f"{where}: no connection within {_CONNECT_SECONDS:g} seconds") from None
    except httpx.TimeoutException:
        raise InputError(f"{where}: nothing was sent for {_SILENT_SECONDS:g} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise InputError(f"{where}: {_one_line(error)}") from None
    except OSError as error:
        raise InputError(f"{where}: cannot be kept: {error.strerror}") from None


def _key(token: str | None, name: str) -> dict[str, str]:
    if not token:
        return {}
    if not (token.isascii() and token.isprintable()):
        raise ConfigError(f"{name}: its value holds a character that no header can hold. Set it again")
    return {"Authorization": f"Bearer {token}"}


def _keep(answer: "httpx.Response", into: IO[bytes], where: str, *, most: int) -> None:
    size, until = 0, time.monotonic() + _MOST_SECONDS
    for piece in answer.iter_bytes():
        size += len(piece)
        if size > most:
            raise InputError(f"{where}: more than the {most} bytes that are fetched. Fetch it by other means")
        if time.monotonic() > until:
            raise InputError(f"{where}: not fetched within {_MOST_SECONDS:g} seconds")
        into.write(piece)


def _open(url: str, where: str) -> "httpx.Client":
    import httpx

    def stay_secure(request: httpx.Request) -> None:
        if request.url.scheme != "https" and not _loopback(str(request.url)):
            raise InputError(f"{where}: {urlsplit(url).hostname} redirects to plain http at {request.url.host}")

    try:
        return httpx.Client(
            follow_redirects=True,
            max_redirects=_REDIRECTS,
            timeout=httpx.Timeout(_SILENT_SECONDS, connect=_CONNECT_SECONDS),
            # this machine's authorities, as for judging
            verify=ssl.create_default_context(),
            # the loopback of a proxy is another machine
            trust_env=not _loopback(url),
            event_hooks={"request": [stay_secure]},
        )
    except ImportError:
        raise ConfigError(
            f"{where}: the environment names a SOCKS proxy. To use it: pip install 'evalkit-lc[socks]'"
        ) from None
    except ValueError:
        raise ConfigError(f"{where}: the environment names a proxy of an unknown kind") from None


def _check_status(answer: "httpx.Response", where: str, token_name: str) -> None:
    if answer.status_code == 200:
        return
    said = f"{answer.status_code} {answer.reason_phrase}".strip()
    cure = f". Check the name, and set {token_name} if it is private" if answer.status_code in _NOT_ALLOWED else ""
    raise InputError(f"{where}: {said}{cure if token_name else ''}")


def _loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def _one_line(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:_SHOWN]
