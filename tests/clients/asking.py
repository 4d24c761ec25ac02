"""Ask an endpoint something, through either client."""

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from evalkit.clients.address import Address, http_endpoint
from evalkit.clients.http import HttpClient
from evalkit.clients.openai_sdk import SdkClient
from evalkit.judge_spec.config import read_judge
from evalkit.judge_spec.prompting import ask
from evalkit.judging.pairing import pair_exactly
from evalkit.judging.requests import build_request
from evalkit.types import ChatReply, ChatRequest, Grading, JudgeConfig, Order, Tls
from tests.builders import output_set

KINDS: dict[str, type[HttpClient] | type[SdkClient]] = {"openai": HttpClient, "openai_sdk": SdkClient}
LOGPROBS = {"content": [{"token": "K", "logprob": -0.1, "top_logprobs": [{"token": "K", "logprob": -0.1}]}]}


def completion(**changes: object) -> dict[str, Any]:
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "K"},
        "logprobs": LOGPROBS,
    }
    return {
        "id": "c",
        "object": "chat.completion",
        "model": "served",
        "choices": [{**choice, **changes}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8},
    }


SOUND = json.dumps(completion()).encode()


def request_of(config: JudgeConfig, *, marker: str | None = None, secret: bytes = b"s") -> ChatRequest:
    """A judge's question on one or two short answers; a `marker` travels in the field that is meant for the user's
    name.
    """
    (comparison,) = pair_exactly(output_set("base", ["b"]), output_set("cand", ["c"])).comparisons
    if config.asks == "grade":
        alone = Grading(comparison.example, comparison.candidate)
        question = ask(alone, Order.ALONE, repeat=0, secret=secret, tie=config.tie)
    else:
        question = ask(comparison, Order.BASELINE_FIRST, repeat=0, secret=secret, tie=config.tie)
    request = build_request(question, config, http_endpoint(dataclasses.replace(config, base_url="http://localhost")))
    more = {} if marker is None else {"user": marker}
    return dataclasses.replace(request, parameters={**request.parameters, **more})


def address(
    url: str, *, key: str = "test-key", headers: Mapping[str, str] | None = None, tls: Tls | None = None
) -> Address:
    opening = {"Authorization": f"Bearer {key}"} if key else {}
    return Address(url, {**opening, **(headers or {})}, (key,) if key else (), tls or Tls())


def complete(
    kind: str,
    url: str,
    name: str = "alpaca_eval_2",
    *,
    timeout: float = 20.0,
    marker: str | None = None,
    **opening: Any,
) -> ChatReply:
    """One question through a client of its own, which is closed again."""
    client = KINDS[kind](address(url, **opening), timeout=timeout)
    return asyncio.run(_closed(client, lambda: client.complete(request_of(read_judge(name), marker=marker))))


async def _closed(client: HttpClient | SdkClient, work: Callable[[], Awaitable[ChatReply]]) -> ChatReply:
    try:
        return await work()
    finally:
        await client.close()
