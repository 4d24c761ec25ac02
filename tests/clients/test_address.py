"""Whose key goes where, over which line, and under which name."""

import base64
import dataclasses
from typing import Any

import pytest

from evalkit.clients.address import KEY_HOSTS, http_endpoint, read_address
from evalkit.clients.builtin import BUILTIN
from evalkit.errors import ConfigError
from evalkit.judge_spec.config import read_judge
from evalkit.types import JudgeConfig, Tls

JUDGE = read_judge("alpaca_eval_2")


def judge(**changes: Any) -> JudgeConfig:
    return dataclasses.replace(JUDGE, **changes)


def refusal(config: JudgeConfig) -> str:
    """What both clients say instead of opening; without a client nothing can be sent."""
    said = set()
    for kind in ("openai", "openai_sdk"):
        with pytest.raises(ConfigError) as error:
            BUILTIN[kind].open(config)
        said.add(str(error.value))
    (message,) = said
    assert "\n" not in message
    return message


def test_a_missing_key_names_the_variable_and_the_cures() -> None:
    message = refusal(judge())
    assert "the environment variable OPENAI_API_KEY is not set" in message
    assert "key_variable: none" in message and "--judge surface" in message


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://localhost/v1", "http://[::1]:80/v1"])
def test_a_server_on_this_machine_needs_no_key_and_no_tls(url: str) -> None:
    assert read_address(judge(base_url=url)).headers == {}


def test_an_endpoint_without_keys_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("none", "a variable of that name is no key")
    assert read_address(judge(base_url="https://judge.example/v1", key_variable="none")).headers == {}


def test_headers_take_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = judge(headers={"api-key": "${SECRET_OF_TEST}"}, key_variable="none", base_url="https://judge.example/v1")
    assert "headers: api-key: the environment variable SECRET_OF_TEST is not set" in refusal(config)
    monkeypatch.setenv("SECRET_OF_TEST", "s3cret-word")
    opened = read_address(config)
    assert opened.headers == {"api-key": "s3cret-word"}
    assert opened.redact("it was s3cret-word") == "it was [secret]"


def test_a_header_from_the_environment_is_key_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    config = judge(headers={"api-key": "${SECRET_OF_TEST}"}, base_url="https://judge.example/v1")
    monkeypatch.setenv("SECRET_OF_TEST", "s3cret-word")
    assert read_address(config).headers == {"api-key": "s3cret-word"}
    assert "OPENAI_API_KEY is not set" in refusal(dataclasses.replace(config, headers={"X-Team": "blue"}))


@pytest.mark.parametrize(
    ("header", "value"),
    [("Authorization", "Bearer the-own-key"), ("api-key", "the-own-key"), ("x-api-key", "the-own-key")],
)
def test_a_key_goes_under_the_header_that_the_judge_names(
    monkeypatch: pytest.MonkeyPatch, header: str, value: str
) -> None:
    monkeypatch.setenv("OWN_KEY", "the-own-key\n")
    config = judge(base_url="https://judge.example/v1", key_variable="OWN_KEY", key_header=header)
    assert read_address(config).headers == {header: value}


def test_two_ways_of_saying_who_asks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_KEY", "the-own-key")
    config = judge(base_url="https://judge.example/v1", key_variable="OWN_KEY", headers={"authorization": "Basic x"})
    assert "OWN_KEY is set, and base_url or headers have another Authorization" in refusal(config)
    config = judge(base_url="https://user:word@judge.example/v1", key_variable="OWN_KEY")
    assert "Write key_variable: none, or leave the other out" in refusal(config)


def test_user_and_password_of_an_address_become_a_header_and_secrets() -> None:
    opened = read_address(judge(base_url="https://user:long%2Fword@judge.example:8443/v1"))
    assert opened.base_url == "https://judge.example:8443/v1"
    encoded = base64.b64encode(b"user:long/word").decode()
    assert opened.headers == {"Authorization": f"Basic {encoded}"}
    assert opened.redact(f"long/word long%2Fword {encoded}") == "[secret] [secret] [secret]"


@pytest.mark.parametrize("value", ["two\nlines", "two\rlines", "nul\0byte", "a\u200bb", "\xe9\xe8 letters"])
def test_a_key_that_no_header_can_hold_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setattr("os.environ", {"OWN_KEY": value})
    message = refusal(judge(base_url="https://judge.example/v1", key_variable="OWN_KEY"))
    assert "headers: Authorization: its value holds a character that no header can hold" in message
    assert value not in message


def test_the_endpoint_is_named_without_user_password_or_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://user:pass@proxy.example:8443/v1/?token=x")
    assert http_endpoint(JUDGE).name == "proxy.example:8443/v1"
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert http_endpoint(JUDGE).name == "api.openai.com/v1"


def test_an_address_takes_its_parts_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_judge("azure_openai")
    monkeypatch.delenv("AZURE_OPENAI_RESOURCE", raising=False)
    assert "base_url: the environment variable AZURE_OPENAI_RESOURCE is not set" in refusal(config)
    monkeypatch.setenv("AZURE_OPENAI_RESOURCE", "my-own-resource")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azures-own-key")
    opened = read_address(config)
    assert opened.chat_url == "https://my-own-resource.openai.azure.com/openai/v1/chat/completions"
    assert opened.headers == {"api-key": "azures-own-key"}
    assert opened.secrets == ("azures-own-key",), "the name of a resource is none"


def test_a_secret_in_the_query_of_an_address_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNCTION_CODE", "canary-in-query")
    opened = read_address(judge(base_url="https://judge.example/v1?code=${FUNCTION_CODE}", key_variable="none"))
    assert opened.secrets == ("canary-in-query",)
    assert opened.chat_url == "https://judge.example/v1/chat/completions?code=canary-in-query"


def test_what_is_too_short_to_be_a_secret_tears_no_reply_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM", "a")
    opened = read_address(judge(base_url="https://judge.example", key_variable="none", headers={"X-Team": "${TEAM}"}))
    assert opened.redact("a banana") == "a banana"


OPENAI, AZURE = "OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("name", "url", "allowed"),
    [
        (OPENAI, "https://api.openai.com/v1", True),
        (OPENAI, "https://eu.api.openai.com/v1", True),
        (OPENAI, "https://API.OpenAI.com/v1", True),
        (OPENAI, "https://xapi.openai.com/v1", False),
        (OPENAI, "https://api.openai.com.evil.example/v1", False),
        (OPENAI, "https://api.openai.com@evil.example/v1", False),
        (OPENAI, "https://evil.example/api.openai.com/v1", False),
        (OPENAI, "https://evil.example/v1?x=api.openai.com", False),
        (OPENAI, "https://evil.example\\@api.openai.com/v1", False),
        (OPENAI, "https://evil.example#@api.openai.com/v1", False),
        (OPENAI, "https://evil.example/v1\n@api.openai.com", False),
        (OPENAI, "https://openrouter.ai/api/v1", False),
        (OPENAI, "https://127.0.0.1.evil.example/v1", False),
        (OPENAI, "https://10.0.0.7/v1", False),
        (AZURE, "https://one.openai.azure.com/openai/v1", True),
        (AZURE, "https://one.services.ai.azure.com/openai/v1", True),
        (AZURE, "https://openai.azure.com.evil.example/openai/v1", False),
        ("ANTHROPIC_API_KEY", "https://api.anthropic.com/v1", True),
        ("ANTHROPIC_API_KEY", "https://api.openai.com/v1", False),
        ("GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai", True),
        ("OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", True),
        ("HF_TOKEN", "https://router.huggingface.co/v1", True),
        ("AWS_SECRET_ACCESS_KEY", "https://bedrock.amazonaws.com/v1", False),
        ("OWN_KEY", "https://anything.example/v1", True),
    ],
)
def test_a_key_that_everybody_has_goes_to_its_own_hosts_only(
    monkeypatch: pytest.MonkeyPatch, name: str, url: str, allowed: bool
) -> None:
    monkeypatch.setenv(name, "canary-0123456789")
    query = f"{url}&k=${{{name}}}" if "?" in url else f"{url}?k=${{{name}}}"
    places = {
        "key": judge(base_url=url, key_variable=name),
        "header": judge(base_url=url, key_variable="none", headers={"X-Key": f"${{{name}}}"}),
        "query": judge(base_url=query, key_variable="none"),
        "host": judge(base_url=f"https://${{{name}}}.evil.example/v1", key_variable="none"),
    }
    for place, config in places.items():
        if name == "OWN_KEY" if place == "host" else allowed:
            read_address(config)
        else:
            assert "canary" not in refusal(config), place


def test_an_operator_can_allow_a_host_and_an_address_from_the_environment_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(OPENAI, "canary-0123456789")
    config = judge(base_url="https://gateway.example/v1")
    assert "OPENAI_API_KEY would be sent to gateway.example" in refusal(config)
    assert "EVALKIT_KEY_HOSTS=gateway.example" in refusal(config)
    monkeypatch.setenv("EVALKIT_KEY_HOSTS", "other.example, Gateway.example")
    read_address(config)
    monkeypatch.delenv("EVALKIT_KEY_HOSTS")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://gateway.example/v1")
    assert read_address(judge()).headers["Authorization"] == "Bearer canary-0123456789"


@pytest.mark.parametrize("url", ["http://10.0.0.7/v1", "http://judge.example/v1", "http://127.0.0.2.evil.example/v1"])
@pytest.mark.parametrize("key", ["", "the-own-key"])
def test_plain_http_is_for_this_machine_only_unless_the_judge_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, url: str, key: str
) -> None:
    monkeypatch.setenv("OWN_KEY", key)
    config = judge(base_url=url, key_variable="OWN_KEY" if key else "none")
    assert "would be asked over plain http" in refusal(config)
    read_address(dataclasses.replace(config, plain_http=True))


def test_an_operators_own_plain_address_takes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://10.0.0.7/v1")
    read_address(judge(key_variable="none"))
    monkeypatch.setenv(OPENAI, "canary-0123456789")
    assert "would be asked over plain http" in refusal(judge())


@pytest.mark.parametrize(
    "url",
    ["ftp://judge.example", "judge.example/v1", "https://", "https://[", "https://a:99999/v1", "https://a b/v1",
     "https://a\tb/v1", "https://a\\b/v1", "https://a/v1#x", "file:///etc/passwd", "https://a:0/v1"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_showing_what_it_was_filled_with(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    assert "base_url: expected an http or https address" in refusal(judge(base_url=url, key_variable="none"))
    monkeypatch.setenv("PLACE", url)
    message = refusal(judge(base_url="${PLACE}", key_variable="none"))
    assert "base_url: expected an http or https address, found '${PLACE}'" in message


def test_a_certificate_that_cannot_be_read_is_said_before_anything_is_sent(tmp_path: Any) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    config = judge(base_url="https://judge.example/v1", key_variable="none", tls=Tls(ca=str(tmp_path / "ca.pem")))
    assert "tls: " in refusal(config)


def test_every_key_is_bound_to_whole_names_of_hosts() -> None:
    for name, hosts in KEY_HOSTS.items():
        assert all(host.count(".") >= 1 and host == host.lower() for host in hosts), name
