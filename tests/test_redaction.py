"""Secrets are kept out of texts by their value, their shape and their place."""

import base64
import io
from urllib.parse import quote

import pytest

from evalkit.redaction import (
    Redacting,
    Redactor,
    holds_key,
    query_secrets,
    redact,
    redact_document,
    redact_message,
    watch_variables,
)

VALUE = 'words & "signs" 7'


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "MY_KEY_2", "SECRET"]
)
def test_a_value_of_a_variable_that_is_named_as_secrets_are_is_found_however_it_is_written(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    forms = (VALUE, quote(VALUE, safe=""), 'words & \\"signs\\" 7', base64.b64encode(VALUE.encode()).decode())
    assert all(redact(f"a {form} b") == f"a {form} b" for form in forms)
    monkeypatch.setenv(name, f"{VALUE}\n")
    assert all(redact(f"a {form} b").startswith("a [secret]") and "signs" not in redact(form) for form in forms)


def test_a_variable_that_a_judge_names_is_watched_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_JUDGES_OWN", VALUE)
    assert redact(VALUE) == VALUE
    watch_variables(["A_JUDGES_OWN"])
    assert redact(VALUE) == "[secret]"


@pytest.mark.parametrize(
    ("name", "value"),
    [("OPENAI_API_KEY", "short"), ("VLLM_API_KEY", "not-needed"), ("EVALKIT_ANNOTATE_KEY", "question_id"),
     ("TLS_KEY", "/etc/ssl/me.pem"), ("MONKEY", "a long value")],
)  # fmt: skip
def test_what_is_no_secret_stays(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert redact(f"a {value} b") == f"a {value} b"


def test_a_password_in_an_address_of_the_environment_is_found_in_any_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE", "postgresql://me:plain%20words@host/db")
    assert redact("plain%20words and plain words") == "[secret] and [secret]"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("at https://me:pw@host/v1.", "at https://[secret]@host/v1."),
        ("at htp:/me:p/w@x@host", "at htp:/[secret]@host"),
        ("at //me@host", "at //[secret]@host"),
        ("https://host/v1?api-key=pw&v=2", "https://host/v1?api-key=[secret]&v=2"),
        ("https://host?key=${NAME}", "https://host?key=${NAME}"),
        ("password=pw", "password=[secret]"),
        ("sqlite:////home/me@work/evalkit.db: gone", "sqlite:////home/me@work/evalkit.db: gone"),
        ("results/me@work/row.json: key=id", "results/me@work/row.json: key=id"),
        ("max_tokens=7, mail me@host", "max_tokens=7, mail me@host"),
    ],
)
def test_a_message_shows_no_secret_by_its_place(message: str, shown: str) -> None:
    assert redact_message(message) == shown


def test_a_setting_that_is_named_as_secrets_are_is_one_unless_a_variable_holds_it() -> None:
    settings = {
        "parameters": {"api_key": "pw", "max_tokens": 7, "stop": ["a", {"token": "pw"}]},
        "headers": {"X-Any": "pw", "X-Own": "Bearer ${NAME}"},
        "key_variable": "NAME",
    }
    assert redact_document(settings, Redactor()) == {
        "parameters": {"api_key": "[secret]", "max_tokens": 7, "stop": ["a", {"token": "[secret]"}]},
        "headers": {"X-Any": "[secret]", "X-Own": "Bearer ${NAME}"},
        "key_variable": "NAME",
    }


def test_a_querys_secrets_are_told_by_their_names() -> None:
    assert query_secrets("api-version=2024-10-21&api-key=a&sig=b&code=c&n=7") == ["a", "b", "c"]
    assert query_secrets("") == []


def test_a_name_is_a_secret_if_a_variable_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not holds_key("plain-enough")
    monkeypatch.setenv("SOME_TOKEN", "plain-enough")
    assert holds_key("plain-enough")


def test_a_stream_writes_what_is_left_of_a_text_and_is_the_stream_within_else() -> None:
    within = io.StringIO()
    stream = Redacting(within, lambda text: text.replace("pw", "[secret]"))
    assert stream.write("my pw\n") == len("my pw\n")
    stream.writelines(["pw", "x"])
    assert within.getvalue() == "my [secret]\n[secret]x"
    assert not stream.isatty() and stream.getvalue() == within.getvalue()
