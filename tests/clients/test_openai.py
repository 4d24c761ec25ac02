import asyncio
import dataclasses
import json

import pytest

from evalkit.clients.openai import OpenAIClient, open_openai, openai_endpoint
from evalkit.config import read_judge
from evalkit.errors import ClientError, ConfigError, EndpointRefused, RejectedRequest, RetryableError
from evalkit.judge import build_request
from evalkit.pairing import pair_exactly
from evalkit.prompting import ask
from evalkit.types import ChatReply, ChatRequest, JudgeConfig, Order
from tests.builders import output_set
from tests.clients.endpoint import Endpoint

LOGPROBS = {"content": [{"token": "K", "logprob": -0.1, "top_logprobs": [{"token": "K", "logprob": -0.1}]}]}


def completion(**changes: object) -> dict[str, object]:
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


def request_of(config: JudgeConfig) -> ChatRequest:
    (comparison,) = pair_exactly(output_set("base", ["b"]), output_set("cand", ["c"])).comparisons
    question = ask(comparison, Order.BASELINE_FIRST, repeat=0, secret=b"s", tie=config.tie)
    return build_request(question, config, openai_endpoint(config))


def complete(
    endpoint: Endpoint, name: str = "alpaca_eval_2", *, deadline: float = 20.0, key: str = "test"
) -> ChatReply:
    config = read_judge(name)

    async def once() -> ChatReply:
        client = OpenAIClient(base_url=endpoint.url, key=key, headers={"X-Team": "blue"}, deadline=deadline)
        try:
            return await client.complete(request_of(config))
        finally:
            await client._sdk.close()

    return asyncio.run(once())


def test_a_reply_carries_text_log_probabilities_tokens_and_the_served_model(endpoint: Endpoint) -> None:
    endpoint.body = json.dumps(completion()).encode()
    reply = complete(endpoint)
    assert reply.text == "K"
    assert reply.top_logprobs == ((("K", -0.1),),)
    assert (reply.prompt_tokens, reply.completion_tokens, reply.model) == (7, 1, "served")
    assert reply.seconds is not None
    assert reply.body is not None
    assert json.loads(reply.body) == completion()


def test_parameters_messages_key_and_headers_reach_the_endpoint(endpoint: Endpoint) -> None:
    endpoint.body = json.dumps(completion()).encode()
    complete(endpoint)
    (sent,) = endpoint.requests
    assert (sent["model"], sent["max_tokens"], sent["logprobs"], sent["top_logprobs"]) == ("gpt-4.1", 1, True, 20)
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert endpoint.headers[0]["authorization"] == "Bearer test"
    assert endpoint.headers[0]["x-team"] == "blue"


def test_a_reasoning_judge_sends_neither_temperature_nor_log_probabilities(endpoint: Endpoint) -> None:
    endpoint.body = json.dumps(completion(logprobs=None)).encode()
    assert complete(endpoint, "pairwise_label").top_logprobs == ()
    assert set(endpoint.requests[0]) == {"model", "messages", "max_completion_tokens"}


def test_a_json_judge_sends_a_strict_schema_that_names_this_questions_labels(endpoint: Endpoint) -> None:
    endpoint.body = json.dumps(completion()).encode()
    complete(endpoint, "pairwise_json")
    labels = request_of(read_judge("pairwise_json")).question.labels
    schema = endpoint.requests[0]["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["properties"]["winner"]["enum"] == [labels.first, labels.second, "TIE"]
    assert schema["schema"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b'{"error": {"message": "context length"}}', RejectedRequest),
        (401, b'{"error": {"message": "bad key"}}', EndpointRefused),
        (402, b"{}", EndpointRefused),
        (403, b"{}", EndpointRefused),
        (404, b'{"error": {"message": "no such model"}}', EndpointRefused),
        (408, b"{}", RetryableError),
        (422, b"{}", RejectedRequest),
        (429, b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}', RetryableError),
        (429, b'{"error": {"message": "You exceeded", "code": "insufficient_quota"}}', EndpointRefused),
        (500, b"oops", RetryableError),
        (502, b"<html>bad gateway</html>", RetryableError),
        (200, b"<html>hello</html>", RetryableError),
        (200, b'{"choices": [', RetryableError),
        (200, b"\xff\xfe{", RetryableError),
        (200, b"[]", RetryableError),
        (200, b'{"error": {"message": "overloaded"}}', RetryableError),
        (200, b'{"choices": null}', RetryableError),
        (200, b'{"choices": []}', RetryableError),
        (200, b'{"choices": [{}]}', RetryableError),
        (200, json.dumps(completion(message={"content": None})).encode(), RetryableError),
        (200, json.dumps(completion(message={"content": ["K"]})).encode(), RetryableError),
        (
            200,
            json.dumps(completion(logprobs={"content": [{"top_logprobs": [{"token": "K"}]}]})).encode(),
            RetryableError,
        ),
    ],
)
def test_every_odd_answer_has_its_named_outcome_and_is_sent_once(
    endpoint: Endpoint, status: int, body: bytes, kind: type[ClientError]
) -> None:
    endpoint.status, endpoint.body = status, body
    with pytest.raises(ClientError) as error:
        complete(endpoint)
    assert type(error.value) is kind
    assert "\n" not in str(error.value)
    assert len(endpoint.requests) == 1


def test_a_key_that_the_endpoint_echoes_is_not_passed_on(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.body = 401, b'{"error": {"message": "Incorrect API key: test-key-0815"}}'
    with pytest.raises(EndpointRefused) as error:
        complete(endpoint, key="test-key-0815")
    assert "0815" not in str(error.value)


def test_a_silent_endpoint_is_given_up_at_the_deadline(endpoint: Endpoint) -> None:
    endpoint.seconds = 30
    with pytest.raises(RetryableError, match=r"no reply within 0\.5 seconds"):
        complete(endpoint, deadline=0.5)
    endpoint.closing.set()


def test_nobody_listening_is_a_passing_failure(endpoint: Endpoint) -> None:
    endpoint.url = "http://127.0.0.1:9/v1"
    with pytest.raises(RetryableError, match="no connection"):
        complete(endpoint)


def test_a_missing_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set"):
        open_openai(read_judge("alpaca_eval_2"))


def test_a_server_on_this_machine_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    open_openai(dataclasses.replace(read_judge("alpaca_eval_2"), base_url="http://127.0.0.1:9/v1"))


def test_headers_take_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = dataclasses.replace(read_judge("alpaca_eval_2"), headers={"api-key": "${SECRET_OF_TEST}"})
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with pytest.raises(ConfigError, match="SECRET_OF_TEST is not set"):
        open_openai(config)
    monkeypatch.setenv("SECRET_OF_TEST", "s3cret")
    assert open_openai(config)._sdk.default_headers["api-key"] == "s3cret"


def test_the_endpoint_is_named_without_user_password_or_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://user:pass@proxy.example:8443/v1/?token=x")
    assert openai_endpoint(read_judge("alpaca_eval_2")).name == "proxy.example:8443/v1"
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert openai_endpoint(read_judge("alpaca_eval_2")).name == "api.openai.com/v1"
