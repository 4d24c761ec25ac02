"""A client for any OpenAI-compatible endpoint through the official SDK, without its retries and with the raw body
checked by us.

It reaches everything that the SDK's own transport reaches, such as SOCKS proxies, and takes ten times the work per
request.
"""

import asyncio
import importlib.util
import itertools
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from evalkit import faults
from evalkit.clients.address import Address, read_address, trust
from evalkit.clients.bodies import LONGEST_ANSWER, read_body
from evalkit.clients.outcomes import ECHO_HEADER, check_owner, one_line, proxy_refusal, read_answer
from evalkit.errors import ClientError, ConfigError, EndpointRefused, RetryableError
from evalkit.types import ChatReply, ChatRequest, ModelConfig

if TYPE_CHECKING:
    import openai

# environment variables that the SDK reads for its own vendor, whichever endpoint is asked
_VENDORS_HEADERS = ("Authorization", "OpenAI-Organization", "OpenAI-Project")
_STATUS = re.compile(r"([1-5]\d\d) ", re.ASCII)
# by name: their module has changed from one version of the SDK to another
_NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol")


class SdkClient:
    """One SDK client for all requests of a judge; every request has a total deadline of `timeout` seconds."""

    def __init__(self, address: Address, *, timeout: float, longest: int = LONGEST_ANSWER) -> None:
        self._address = address
        self._timeout = timeout
        self._longest = longest
        self._count = itertools.count()
        self._sdk: openai.AsyncOpenAI | None = None

    async def complete(self, request: ChatRequest) -> ChatReply:
        import openai

        started = time.perf_counter()
        sdk = self._sdk or self._open()
        try:
            async with asyncio.timeout(self._timeout):
                raw = await sdk.chat.completions.with_raw_response.create(
                    model=request.model,
                    messages=[{"role": m.role, "content": m.content} for m in request.messages],  # type: ignore[misc]
                    # as extra fields, so that servers with parameters of their own are served too
                    extra_body=dict(request.parameters),
                    extra_headers={ECHO_HEADER: f"{request.key[:16]}-{next(self._count)}"},
                )
            answer: Any = raw.http_response
        except TimeoutError:
            raise RetryableError(f"no reply within {self._timeout:g} seconds", billed=True) from None
        except openai.APIStatusError as error:
            answer = error.response
        except openai.APIConnectionError as error:
            raise self._broken(error.__cause__ or error) from None
        except openai.OpenAIError as error:
            raise RetryableError(self._failure_line("the connection broke", error), billed=True) from None
        headers = answer.headers.multi_items()
        seconds = time.perf_counter() - started
        return read_answer(answer.status_code, headers, answer.content, self._address, seconds=seconds)

    async def close(self) -> None:
        if self._sdk is not None:
            await self._sdk.close()
            self._sdk = None

    def _broken(self, cause: BaseException) -> ClientError:
        if isinstance(cause, ClientError):
            return cause
        if "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return EndpointRefused(
                f"{self._failure_line('no connection', cause)}. Name its authority's file with tls: ca"
            )
        if type(cause).__name__ == "ProxyError" and (status := _STATUS.match(str(cause))) is not None:
            return proxy_refusal(int(status.group(1)), self._failure_line("the proxy", cause))
        if type(cause).__name__ in _NEVER_SENT:
            return RetryableError(self._failure_line("no connection", cause))
        if type(cause).__name__.endswith("Timeout"):
            return RetryableError(f"no reply within {self._timeout:g} seconds", billed=True)
        return RetryableError(self._failure_line("the connection broke", cause), billed=True)

    def _open(self) -> "openai.AsyncOpenAI":
        import openai

        parts = urlsplit(self._address.base_url)
        self._sdk = openai.AsyncOpenAI(
            base_url=urlunsplit(parts._replace(query="")),
            default_query=dict(parse_qsl(parts.query)),
            # the key is among the headers of the address
            api_key="none",
            max_retries=0,
            timeout=self._timeout,
            http_client=_bounded(self._address, self._longest),
        )
        return self._sdk

    def _failure_line(self, what: str, error: BaseException) -> str:
        return one_line(f"{what}: {self._address.redact(str(error) or type(error).__name__)}")


def open_sdk(config: ModelConfig) -> SdkClient:
    """The client of a judge.

    Raises:
        ConfigError: a key is missing, or would go where it must not; a certificate cannot be read; the proxy is of a
            kind that is unknown or not installed.
    """
    address = read_address(config)
    kind = address.proxy_kind
    socks = kind in ("socks5", "socks5h")
    if kind not in ("", "http", "https") and not socks:
        raise ConfigError(f"judge {config.name!r}: the environment names a proxy of the unknown kind {kind!r}")
    if socks and importlib.util.find_spec("socksio") is None:
        raise ConfigError(
            f"judge {config.name!r}: the environment names a SOCKS proxy. To use it: pip install 'evalkit-lc[socks]'"
        )
    return SdkClient(address, timeout=config.timeout)


def _bounded(address: Address, longest: int) -> Any:
    """The SDK's transport with this address's headers, which reads answers up to the limit only."""
    import openai

    class Bounded(openai.DefaultAsyncHttpxClient):
        async def send(self, request: Any, **options: Any) -> Any:
            for name in _VENDORS_HEADERS:
                request.headers.pop(name, None)
            request.headers.update({**address.headers, "Accept-Encoding": "identity"})
            response = await super().send(request, **{**options, "stream": True})
            try:
                faults.reach("after_headers")
                check_owner(response.headers.multi_items(), request.headers.get(ECHO_HEADER, ""))
                encoding = response.headers.pop("Content-Encoding", "")
                body = await read_body(response.aiter_raw(), encoding, longest=longest)
                faults.reach("after_body")
            finally:
                await response.aclose()
            kind = type(response)
            return kind(response.status_code, headers=response.headers, content=body, request=request)

    # a redirect could carry the texts to another host, and the loopback of a proxy is another machine
    secure = address.base_url.startswith("https:")
    return Bounded(
        follow_redirects=False,
        verify=trust(address.tls) if secure else True,
        trust_env=not address.loopback,
    )
