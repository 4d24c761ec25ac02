"""The shipped judges for the endpoints people have: each sends what its kind of server takes, and nothing else."""

import asyncio
import dataclasses
import json
from typing import Any

import pytest

from evalkit.clients.address import read_address
from evalkit.clients.builtin import BUILTIN
from evalkit.documents import read_yaml
from evalkit.judge_spec.config import judge_names, read_judge
from evalkit.judge_spec.parsers import find_parser, five_way_labels
from evalkit.types import ChatReply, Preference, Rating
from tests.builders import question_of
from tests.clients.asking import completion, request_of
from tests.clients.endpoint import Endpoint
from tests.rig import REPOSITORY, mock_judge

PLAIN = {"temperature", "max_tokens"}
WEIGHTS = {"temperature", "max_tokens", "logprobs", "top_logprobs"}
SCHEMA = {"temperature", "max_tokens", "response_format"}
# what the body holds besides model and messages, the variable and the header of the key, and where it goes
ENDPOINTS: dict[str, tuple[set[str], str, str, str]] = {
    "anthropic": ({"max_tokens", "tools", "tool_choice"}, "ANTHROPIC_API_KEY", "authorization", "api.anthropic.com/v1"),
    "azure_openai": (WEIGHTS, "AZURE_OPENAI_API_KEY", "api-key", "team.openai.azure.com/openai/v1"),
    "gemini": (
        {"reasoning_effort", "max_completion_tokens", "response_format"},
        "GEMINI_API_KEY",
        "authorization",
        "generativelanguage.googleapis.com/v1beta/openai",
    ),
    "llama_cpp": (WEIGHTS, "LLAMA_API_KEY", "authorization", "127.0.0.1:8080/v1"),
    "ollama": (SCHEMA, "none", "", "127.0.0.1:11434/v1"),
    "openrouter": ({*SCHEMA, "provider"}, "OPENROUTER_API_KEY", "authorization", "openrouter.ai/api/v1"),
    "sglang": (SCHEMA, "SGLANG_API_KEY", "authorization", "127.0.0.1:30000/v1"),
    "vllm": (WEIGHTS, "VLLM_API_KEY", "authorization", "127.0.0.1:8000/v1"),
    "alpaca_eval_2": (WEIGHTS, "OPENAI_API_KEY", "authorization", "api.openai.com/v1"),
    "pairwise_json": (SCHEMA, "OPENAI_API_KEY", "authorization", "api.openai.com/v1"),
    "pairwise_label": ({"max_completion_tokens"}, "OPENAI_API_KEY", "authorization", "api.openai.com/v1"),
    "arena_hard": (PLAIN, "OPENAI_API_KEY", "authorization", "api.openai.com/v1"),
    "mt_bench_pair": (PLAIN, "OPENAI_API_KEY", "authorization", "api.openai.com/v1"),
    "mt_bench_grade": (PLAIN, "OPENAI_API_KEY", "authorization", "api.openai.com/v1"),
    "grade_json": (SCHEMA, "OPENAI_API_KEY", "authorization", "api.openai.com/v1"),
}
KEY = "canary-0123456789"


def test_the_table_holds_every_shipped_judge_that_is_asked_over_a_line() -> None:
    assert {name for name in judge_names() if read_judge(name).client == "openai"} == set(ENDPOINTS)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_judge_sends_the_fields_that_its_server_takes(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fields, variable, header, _ = ENDPOINTS[name]
    monkeypatch.setenv(variable, KEY)
    endpoint.body = json.dumps(completion()).encode()
    config = dataclasses.replace(read_judge(name), base_url=endpoint.url)

    async def once() -> None:
        client: Any = BUILTIN["openai"].open(config)
        await client.complete(request_of(config))
        await client.close()

    asyncio.run(once())
    (sent,) = endpoint.requests
    assert set(sent) == {"model", "messages"} | fields
    assert sent["model"] == config.model
    assert [message["role"] for message in sent["messages"]][-1] == "user"
    keys = {key: value for key, value in endpoint.headers[0].items() if KEY in value}
    assert keys == ({header: KEY if header == "api-key" else f"Bearer {KEY}"} if header else {})


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_judge_asks_where_its_key_belongs(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _, variable, _, place = ENDPOINTS[name]
    config = read_judge(name)
    assert config.key_variable == variable
    monkeypatch.setenv(variable, KEY)
    monkeypatch.setenv("AZURE_OPENAI_RESOURCE", "team")
    assert read_address(config).base_url.split("://")[1] == place


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_judge_reads_what_its_server_answers(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_RESOURCE", "team")
    with mock_judge(tmp_path_factory.mktemp("mock")) as judge:
        config = dataclasses.replace(read_judge(name), base_url=judge.url)
        request = request_of(config)

        async def once() -> ChatReply:
            client: Any = BUILTIN["openai"].open(config)
            try:
                reply: ChatReply = await client.complete(request)
                return reply
            finally:
                await client.close()

        verdict = find_parser(config.parser, config.parser_options)(asyncio.run(once()), question_of(request).labels)
    assert isinstance(verdict, Rating if config.asks == "grade" else Preference), verdict


def test_a_tool_is_forced_and_names_this_questions_labels() -> None:
    request = request_of(read_judge("anthropic"))
    (tool,) = request.parameters["tools"]
    labels = question_of(request).labels
    assert tool["function"]["parameters"]["properties"]["winner"]["enum"] == [labels.first, labels.second, "TIE"]
    assert request.parameters["tool_choice"] == {"type": "function", "function": {"name": "verdict"}}


def test_a_grade_is_enforced_as_a_whole_number_on_the_judges_scale() -> None:
    request = request_of(read_judge("grade_json"))
    wanted = request.parameters["response_format"]["json_schema"]
    assert (wanted["name"], wanted["strict"]) == ("verdict", True)
    assert wanted["schema"] == {
        "type": "object",
        "properties": {
            "explanation": {"type": "string"},
            "grade": {"type": "integer", "minimum": 1, "maximum": 10},
        },
        "required": ["explanation", "grade"],
        "additionalProperties": False,
    }


def test_a_scale_of_fractions_is_enforced_by_the_whole_numbers_on_it() -> None:
    options = {"field": "grade", "low": 0.5, "high": 4.5}
    request = request_of(dataclasses.replace(read_judge("grade_json"), parser_options=options))
    schema = request.parameters["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["grade"] == {"type": "integer", "minimum": 1, "maximum": 4}


def test_five_verdicts_are_enforced_with_this_questions_labels() -> None:
    config = dataclasses.replace(
        read_judge("pairwise_json"), parser="five_way", answer_schema={"why": "text", "winner": "five_way"}
    )
    request = request_of(config)
    schema = request.parameters["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["winner"]["enum"] == list(five_way_labels(question_of(request).labels))


def test_a_tool_says_what_is_to_be_stated() -> None:
    def description(name: str) -> str:
        request = request_of(dataclasses.replace(read_judge(name), answer_form="tool"))
        return str(request.parameters["tools"][0]["function"]["description"])

    # in the keys of stored replies, word for word
    assert description("anthropic") == "State the verdict on the two answers."
    assert description("grade_json") == "State the grade of the answer."


def test_no_shipped_judge_holds_a_key() -> None:
    for name in judge_names():
        fields = read_yaml(REPOSITORY / "annotators" / f"{name}.yaml")
        assert "headers" not in fields and "tls" not in fields and "plain_http" not in fields
