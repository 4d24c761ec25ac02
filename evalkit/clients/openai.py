"""Any OpenAI-compatible endpoint through the official SDK, without its retries and with the raw body checked by us."""

import asyncio
import dataclasses
import os
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from evalkit.clients.base import Endpoint
from evalkit.config import check_address
from evalkit.documents import decode, parse_json
from evalkit.errors import ConfigError, EndpointRefused, InputError, RejectedRequest, RetryableError
from evalkit.formats.chat import read_reply
from evalkit.types import ChatReply, ChatRequest, JudgeConfig

DEFAULT_BASE_URL = "https://api.openai.com/v1"
DEADLINE_SECONDS = 300.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_OUT_OF_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_SHOWN = 200


class OpenAIClient:
    """One SDK client for all requests of a judge; every request has a total deadline."""

    def __init__(
        self, *, base_url: str, key: str, headers: Mapping[str, str], deadline: float = DEADLINE_SECONDS
    ) -> None:
        import openai

        self._sdk = openai.AsyncOpenAI(
            base_url=base_url, api_key=key, default_headers=dict(headers), max_retries=0, timeout=deadline
        )
        self._deadline = deadline

    async def complete(self, request: ChatRequest) -> ChatReply:
        import openai

        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._deadline):
                raw = await self._sdk.chat.completions.with_raw_response.create(
                    model=request.model,
                    messages=[{"role": m.role, "content": m.content} for m in request.messages],  # type: ignore[misc]
                    # as extra fields, so that servers with parameters of their own are served too
                    extra_body=dict(request.parameters),
                )
                body = decode(raw.http_response.content, "the reply")
            reply = read_reply(parse_json(body, "the reply"), seconds=time.perf_counter() - started)
            return dataclasses.replace(reply, body=body)
        except InputError as error:
            raise RetryableError(str(error)) from None
        except TimeoutError:
            raise RetryableError(f"no reply within {self._deadline:g} seconds") from None
        except openai.APIStatusError as error:
            raise _refusal(error, self._sdk.api_key) from None
        except openai.APIConnectionError as error:
            raise RetryableError(f"no connection: {error.__cause__ or error}") from None
        except openai.OpenAIError as error:
            raise RetryableError(_one_line(str(error))) from None


def open_openai(config: JudgeConfig) -> OpenAIClient:
    """The client of a judge, its key read from the environment variable that the judge names.

    Raises:
        ConfigError: the variable is not set, and the endpoint is not on this machine.
    """
    base_url = _base_url(config)
    key = os.environ.get(config.key_variable, "")
    if not key:
        if urlsplit(base_url).hostname not in _LOOPBACK:
            raise ConfigError(
                f"judge {config.name!r}: the environment variable {config.key_variable} is not set. "
                "Set it to the endpoint's key, or use --judge surface, which needs none"
            )
        key = "none"
    headers = {name: _from_environment(config, value) for name, value in config.headers.items()}
    return OpenAIClient(base_url=base_url, key=key, headers=headers)


def openai_endpoint(config: JudgeConfig) -> Endpoint:
    """Host, port and path of the address; user names, passwords and queries never enter a key."""
    parts = urlsplit(_base_url(config))
    port = f":{parts.port}" if parts.port else ""
    return Endpoint(f"{parts.hostname}{port}{parts.path.rstrip('/')}")


def _refusal(error: Any, key: str) -> RetryableError | RejectedRequest | EndpointRefused:
    """What a status means: for this request, for a while, or for every request."""
    # endpoints may echo the key that they refuse
    status, said = error.status_code, _one_line(str(error.message).replace(key, "[key]"))
    if status == 429 and error.code not in _OUT_OF_MONEY:
        return RetryableError(said)
    if status in (401, 402, 403, 404, 429):
        return EndpointRefused(said)
    return RetryableError(said) if status >= 500 or status in (408, 409) else RejectedRequest(said)


def _base_url(config: JudgeConfig) -> str:
    named = os.environ.get("OPENAI_BASE_URL")
    if config.base_url is None and named:
        check_address(named, "OPENAI_BASE_URL")
    return config.base_url or named or DEFAULT_BASE_URL


def _from_environment(config: JudgeConfig, value: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        if match.group(1) not in os.environ:
            raise ConfigError(f"judge {config.name!r}: headers: the environment variable {match.group(1)} is not set")
        return os.environ[match.group(1)]

    return re.sub(r"\$\{(\w+)\}", replaced, value)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]
