"""A client for OpenAI-compatible endpoints over plain HTTP: one connection pool, bounded time and bytes, no retries."""

import asyncio
import contextlib
import itertools
import json
import socket
import time
from typing import TYPE_CHECKING

from evalkit import faults
from evalkit.clients.address import Address, read_address, trust
from evalkit.clients.bodies import LONGEST_ANSWER, read_body
from evalkit.clients.outcomes import ECHO_HEADER, Headers, check_owner, one_line, proxy_refusal, read_answer
from evalkit.errors import ConfigError, EndpointRefused, RetryableError
from evalkit.types import ChatReply, ChatRequest, ModelConfig

if TYPE_CHECKING:
    # loaded when the first request is sent: a run whose replies are all stored does not need it
    import aiohttp

_CONNECT_SECONDS = 30.0
# seconds of silence before the first probe, between probes, and how many may go unanswered
_KEEPALIVE = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3}


class HttpClient:
    """Chat completions of one endpoint; every request has a total deadline of `timeout` seconds."""

    def __init__(self, address: Address, *, timeout: float, longest: int = LONGEST_ANSWER) -> None:
        self._address = address
        self._timeout = timeout
        self._longest = longest
        self._url = address.chat_url
        self._count = itertools.count()
        self._session: aiohttp.ClientSession | None = None

    async def complete(self, request: ChatRequest) -> ChatReply:
        import aiohttp

        started = time.perf_counter()
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        body = json.dumps({"model": request.model, "messages": messages, **request.parameters}).encode()
        try:
            async with asyncio.timeout(self._timeout):
                status, headers, answer = await self._post(body, f"{request.key[:16]}-{next(self._count)}")
        except aiohttp.ConnectionTimeoutError:
            raise RetryableError(f"no connection within {_CONNECT_SECONDS:g} seconds") from None
        except TimeoutError:
            raise RetryableError(f"no reply within {self._timeout:g} seconds", billed=True) from None
        except aiohttp.ClientConnectorCertificateError as error:
            cure = "Name its authority's file with tls: ca"
            raise EndpointRefused(f"{self._failure_line('no connection', error.certificate_error)}. {cure}") from None
        except aiohttp.ClientConnectorError as error:
            raise RetryableError(self._failure_line("no connection", error)) from None
        except aiohttp.ClientHttpProxyError as error:
            raise proxy_refusal(error.status, self._failure_line("the proxy", error.message)) from None
        except aiohttp.ClientResponseError as error:
            # the error's own text has a status that the endpoint did not send
            raise RetryableError(self._failure_line("the connection broke", error.message), billed=True) from None
        except (aiohttp.ClientError, OSError) as error:
            raise RetryableError(self._failure_line("the connection broke", error), billed=True) from None
        return read_answer(status, headers, answer, self._address, seconds=time.perf_counter() - started)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: bytes, identity: str) -> tuple[int, Headers, bytes]:
        session = self._session or self._open()
        sent = {ECHO_HEADER: identity, "Content-Type": "application/json"}
        async with session.post(self._url, data=body, headers=sent, allow_redirects=False) as response:
            faults.reach("after_headers")
            headers = list(response.headers.items())
            check_owner(headers, identity)
            encoding = response.headers.get("Content-Encoding", "")
            answer = await read_body(response.content.iter_any(), encoding, longest=self._longest)
            faults.reach("after_body")
            return response.status, headers, answer

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        secure = self._url.startswith("https:")
        connector = aiohttp.TCPConnector(
            limit=0, ssl=trust(self._address.tls) if secure else True, socket_factory=_socket
        )
        headers = {**self._address.headers, "Accept": "application/json", "Accept-Encoding": "identity"}
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=headers,
            proxy=self._address.proxy,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        )
        return self._session

    def _failure_line(self, what: str, error: object) -> str:
        return one_line(f"{what}: {self._address.redact(str(error) or type(error).__name__)}")


def open_http(config: ModelConfig) -> HttpClient:
    """The client of a judge.

    Raises:
        ConfigError: a key is missing or would go where it must not; a certificate cannot be read; the proxy is of a
            kind that only the SDK knows.
    """
    address = read_address(config)
    if (kind := address.proxy_kind) not in ("", "http", "https"):
        raise ConfigError(
            f"judge {config.name!r}: the environment names a proxy of the kind {kind!r}, which this client cannot use. "
            "Write client: openai_sdk for a SOCKS proxy"
        )
    return HttpClient(address, timeout=config.timeout)


def _socket(info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
    """A socket that notices a peer which vanished silently."""
    family, kind, protocol, _, _ = info
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in _KEEPALIVE.items():
        with contextlib.suppress(AttributeError, OSError):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made
