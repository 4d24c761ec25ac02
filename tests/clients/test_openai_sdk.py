"""What only the client over the vendor's SDK has to see to; the rest it shares with the lean one."""

import asyncio
import logging

import pytest

from evalkit.clients.openai_sdk import SdkClient
from evalkit.errors import RetryableError
from evalkit.judge_spec.config import read_judge
from tests.clients.asking import SOUND, address, complete, request_of
from tests.clients.endpoint import Endpoint


def test_nothing_that_the_sdk_takes_from_the_environment_reaches_another_vendor(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.body = SOUND
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "canary-0123456789")
    complete("openai_sdk", endpoint.url, key="")
    assert "canary" not in str(endpoint.headers)
    assert "authorization" not in endpoint.headers[0]


def test_the_judges_own_headers_replace_those_of_the_sdk(endpoint: Endpoint) -> None:
    endpoint.body = SOUND
    complete("openai_sdk", endpoint.url, key="", headers={"authorization": "Basic own", "OpenAI-Organization": "org"})
    (sent,) = endpoint.headers
    assert (sent["authorization"], sent["openai-organization"]) == ("Basic own", "org")


def test_the_sdk_neither_tries_again_nor_waits(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.answer_headers = 503, [("Retry-After", "30")]
    with pytest.raises(RetryableError):
        complete("openai_sdk", endpoint.url, timeout=5)
    assert len(endpoint.requests) == 1


def test_one_sdk_client_serves_all_requests_of_a_judge(endpoint: Endpoint) -> None:
    endpoint.body = SOUND

    async def twice() -> tuple[object, object]:
        client = SdkClient(address(endpoint.url), timeout=5)
        request = request_of(read_judge("alpaca_eval_2"))
        await client.complete(request)
        first = client._sdk
        await client.complete(request)
        second = client._sdk
        await client.close()
        return first, second

    first, second = asyncio.run(twice())
    assert first is second is not None


def test_what_the_sdk_logs_holds_no_key(endpoint: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    endpoint.body = SOUND
    with caplog.at_level(logging.DEBUG):
        complete("openai_sdk", endpoint.url, key="canary-0123456789", headers={"api-key": "canary-in-header"})
    assert caplog.records
    assert "canary" not in caplog.text
