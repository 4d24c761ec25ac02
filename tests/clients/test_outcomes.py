"""Every status and every odd body has one named outcome; a table that is changed here is changed on purpose."""

import datetime
import email.utils
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.clients.address import Address
from evalkit.clients.outcomes import check_owner, read_answer, refusal, retry_after
from evalkit.errors import ClientError, EndpointRefused, Forbidden, RateLimited, RejectedRequest, RetryableError
from evalkit.types import ChatReply, Tls
from tests.clients.asking import SOUND, completion
from tests.mock_judge import MALFORMED

NOWHERE = Address("http://localhost/v1", {}, (), Tls())
KEY = "sk-canary-0815"
WITH_KEY = Address("http://localhost/v1", {}, (KEY,), Tls())

# by hundreds, then what differs
HUNDREDS = {1: RetryableError, 2: ChatReply, 3: EndpointRefused, 4: RejectedRequest, 5: RetryableError}
STATUSES: dict[int, type] = {
    401: EndpointRefused,
    402: EndpointRefused,
    403: Forbidden,
    404: EndpointRefused,
    405: EndpointRefused,
    407: EndpointRefused,
    408: RetryableError,
    409: RetryableError,
    410: EndpointRefused,
    425: RetryableError,
    426: EndpointRefused,
    429: RateLimited,
    501: EndpointRefused,
    505: EndpointRefused,
    529: RateLimited,
}
# each body under status 200: the outcome, what is said of it, and whether it may have been charged
BODIES: dict[str, tuple[type, str, bool]] = {
    "html": (RetryableError, "the reply is a page, not JSON: 502 Bad Gateway", True),
    "truncated_json": (RetryableError, "the reply: not valid JSON", True),
    "error_object": (RetryableError, "500: the reply is an error: The server had an error.", False),
    "error_rate_limit": (RateLimited, "429: the reply is an error: Rate limit reached.", False),
    "choices_null": (RetryableError, "the reply has no choices", True),
    "choices_empty": (RetryableError, "the reply has no choices", True),
    "choices_missing": (RetryableError, "the reply has no choices", True),
    "content_null": (RetryableError, "the reply's content is null, not text", True),
    "content_empty": (ChatReply, "", False),
    "content_list": (ChatReply, "a part", False),
    "refusal": (RejectedRequest, "the model refused: I cannot help with that.", False),
    "content_filter": (RejectedRequest, "the endpoint's content filter cut the reply off", False),
    "length_null": (RejectedRequest, "the reply used up its tokens before it said anything", False),
    "no_usage": (ChatReply, "K", False),
    "invalid_utf8": (RetryableError, "the reply: not UTF-8 text", True),
    "duplicate_keys": (RetryableError, "stands twice in one object", True),
    "not_object": (RetryableError, "the reply is a list, not an object", True),
}


def outcome(status: int, body: bytes, headers: Any = (), *, of: Address = NOWHERE) -> ChatReply | ClientError:
    try:
        return read_answer(status, headers, body, of)
    except ClientError as error:
        return error


@pytest.mark.parametrize("hundred", HUNDREDS)
def test_every_status_has_the_outcome_of_the_table(hundred: int) -> None:
    for status in range(100 * hundred, 100 * hundred + 100):
        expected = STATUSES.get(status, HUNDREDS[hundred])
        body = SOUND if expected is ChatReply else b'{"error": {"message": "so it is", "type": "t", "code": null}}'
        found = outcome(status, body)
        assert type(found) is expected, status
        assert isinstance(found, ChatReply) or str(found) == f"{status}: so it is"


def test_a_status_outside_of_the_hundreds_is_tried_again() -> None:
    assert [type(outcome(status, b"")) for status in (0, 99, 600, 999)] == [RetryableError] * 4


def test_the_table_of_bodies_names_every_known_one() -> None:
    assert set(BODIES) == set(MALFORMED)


@pytest.mark.parametrize("name", BODIES)
def test_every_odd_body_has_the_outcome_of_the_table(name: str) -> None:
    expected, said, billed = BODIES[name]
    other = completion(message={"role": "assistant", "content": "Q"})
    found = outcome(200, MALFORMED[name].body(completion(), other))
    assert type(found) is expected
    if isinstance(found, ChatReply):
        assert found.text == said
    else:
        assert said in str(found) and "\n" not in str(found)
        assert getattr(found, "billed", False) == billed


@pytest.mark.parametrize(
    ("choice", "expected", "said"),
    [
        ({"message": {"content": "", "refusal": "No."}}, RejectedRequest, "the model refused: No."),
        ({"message": {"content": ""}, "finish_reason": "length", "logprobs": None}, RejectedRequest, "used up its"),
        ({"message": {"content": ""}, "finish_reason": "length"}, ChatReply, "weights without text are a verdict"),
        ({"message": {"content": None, "refusal": ""}}, RetryableError, "content is null, not text"),
        ({"message": {"content": "\ud83d"}}, RetryableError, "half of a surrogate pair"),
        ({"message": None}, RetryableError, "content is null, not text"),
        ({"message": "K"}, RetryableError, "content is null, not text"),
        ({"message": None, "text": "K"}, ChatReply, "the old form"),
        ({"logprobs": {"content": [{"top_logprobs": [{"token": "K"}]}]}}, RetryableError, "of an unknown form"),
        ({"logprobs": {"content": [{"top_logprobs": 7}]}}, RetryableError, "of an unknown form"),
        ({"logprobs": {"content": 7}}, RetryableError, "of an unknown form"),
        ({"logprobs": {"content": ["K"]}}, RetryableError, "of an unknown form"),
        (
            {"logprobs": {"content": [{"top_logprobs": [{"token": "K", "logprob": 10**400}]}]}},
            RetryableError,
            "of an unknown form",
        ),
        ({"logprobs": []}, ChatReply, "none"),
    ],
)
def test_every_odd_choice_has_its_outcome(choice: dict[str, Any], expected: type, said: str) -> None:
    found = outcome(200, json.dumps(completion(**choice)).encode())
    assert type(found) is expected
    assert isinstance(found, ChatReply) or said in str(found)


@pytest.mark.parametrize("content", [None, "", "I call the tool now."])
def test_a_tool_call_is_the_reply_whatever_is_said_besides(content: str | None) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "verdict", "arguments": '{"winner":"K"}'}}
    message = {"role": "assistant", "content": content, "tool_calls": [call]}
    found = outcome(200, json.dumps(completion(message=message, finish_reason="tool_calls", logprobs=None)).encode())
    assert isinstance(found, ChatReply) and found.text == '{"winner":"K"}'


@pytest.mark.parametrize("calls", [[], [{}], ["verdict"], [{"function": {"arguments": "{}"}}] * 2, {"function": {}}])
def test_no_tool_call_and_several_are_no_reply(calls: Any) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    assert type(outcome(200, json.dumps(completion(message=message)).encode())) is RetryableError


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 0}, (7, 0)),
        ({"prompt_tokens": -1, "completion_tokens": True}, (None, None)),
        ({"prompt_tokens": 10**30, "completion_tokens": 2.5}, (None, None)),
        ({"prompt_tokens": "7"}, (None, None)),
        (None, (None, None)),
        ([], (None, None)),
    ],
)
def test_a_count_that_is_none_is_left_out(usage: Any, expected: tuple[int | None, int | None]) -> None:
    found = outcome(200, json.dumps({**completion(), "usage": usage}).encode())
    assert isinstance(found, ChatReply)
    assert (found.prompt_tokens, found.completion_tokens) == expected


def test_half_of_a_pair_in_a_token_or_a_name_can_be_stored() -> None:
    weights = {"content": [{"top_logprobs": [{"token": "\ud83d", "logprob": -1}]}]}
    found = outcome(200, json.dumps({**completion(logprobs=weights), "model": "m\udc00"}).encode())
    assert isinstance(found, ChatReply)
    assert (found.top_logprobs, found.model) == (((("\ufffd", -1.0),),), "m\ufffd")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, {"error": {"message": "You exceeded", "code": "insufficient_quota"}}, EndpointRefused),
        (429, {"error": {"message": "You exceeded", "type": "insufficient_quota", "code": "x"}}, EndpointRefused),
        (429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, RateLimited),
        (400, {"error": {"message": "hard limit", "code": "billing_hard_limit_reached"}}, EndpointRefused),
        (400, {"error": {"message": "x" * 50_000, "code": "billing_not_active"}}, EndpointRefused),
        (200, {"error": {"message": "m", "code": 503}}, RetryableError),
        (200, {"error": {"message": "m", "code": 400}}, RejectedRequest),
        (200, {"error": {"message": "m", "code": "401"}}, EndpointRefused),
        (200, {"error": {"message": "m", "code": 200}}, RetryableError),
        (200, {"error": {"message": "m", "code": "²²²"}}, RetryableError),
        (200, {"error": {"message": "m", "code": "4" * 5000}}, RetryableError),
        (200, {"error": "overloaded"}, RetryableError),
        (200, {"error": ["overloaded"]}, RetryableError),
    ],
)
def test_the_code_of_an_error_decides_where_the_status_does_not(status: int, body: Any, expected: type) -> None:
    assert type(outcome(status, json.dumps(body).encode())) is expected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "two\\nlines"}}', "400: two lines"),
        (b'{"error": "a text"}', "400: a text"),
        (b'{"object": "error", "message": "flat", "code": 400}', "400: flat"),
        (b'[{"error": {"code": 400, "message": "in a list", "status": "INVALID_ARGUMENT"}}]', "400: in a list"),
        (b'{"detail": [{"loc": ["body"]}]}', "400: {'loc': ['body']}"),
        (b"<html>bad\n gateway</html>", "400: bad gateway"),
        (b"\xff\xfe", "400: \ufffd\ufffd"),
        (b"", "status 400"),
        (b"[]", "400: []"),
    ],
)
def test_the_message_of_an_error_is_found_whatever_its_form(body: bytes, said: str) -> None:
    assert str(outcome(400, body)) == said


def test_a_long_complaint_is_cut_to_a_line() -> None:
    assert len(str(outcome(400, b"x" * 10**6))) <= 210


def date(seconds: float) -> str:
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return email.utils.format_datetime(then, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([], None),
        ([("Retry-After", "0")], None),
        ([("Retry-After", "-5")], None),
        ([("Retry-After", "NaN")], None),
        ([("Retry-After", "1e400")], math.inf),
        ([("Retry-After", "soon")], None),
        ([("Retry-After", "")], None),
        ([("Retry-After", "٣")], None),
        ([("Retry-After", "1_000")], None),
        ([("Retry-After-Ms", "1_500")], None),
        ([("Retry-After", "0x10")], None),
        ([("Retry-After", "Infinity")], None),
        ([("Retry-After", "Fri, 2_1 Oct 2095 07:28:00 GMT")], None),
        ([("Retry-After", "Fri, ٢١ Oct 2095 07:28:00 GMT")], None),
        ([("Retry-After", " +3 ")], 3.0),
        ([("Retry-After", "0.25")], 0.25),
        ([("Retry-After", "121")], 121.0),
        ([("Retry-After", "86400")], 86400.0),
        ([("retry-after", " 7 ")], 7.0),
        ([("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], None),
        ([("Retry-After", "Wed, 21 Oct 99999 07:28:00 GMT")], None),
        ([("Retry-After", "Wed, 21 Oct 2015 07:28:00 +99999999999")], None),
        ([("Retry-After-Ms", "1500")], 1.5),
        ([("retry-after-ms", "-1")], None),
        ([("Retry-After", "3"), ("Retry-After", "9")], 9.0),
        ([("Retry-After", "9"), ("Retry-After", "soon")], 9.0),
        ([("Retry-After", "2"), ("retry-after-ms", "2500")], 2.5),
        ([("X-RateLimit-Reset", "9")], None),
    ],
)
def test_how_long_an_endpoint_asks_to_wait(headers: list[tuple[str, str]], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
    limited = outcome(429, b"", headers)
    assert isinstance(limited, RateLimited) and limited.retry_after == seconds


def test_a_date_in_the_future_is_a_wait_until_then() -> None:
    wait = retry_after([("Retry-After", date(90))])
    assert wait is not None and 85 < wait <= 90


@pytest.mark.parametrize(("status", "waits"), [(503, True), (500, True), (408, True), (400, False), (401, False)])
def test_a_wait_makes_a_passing_failure_one_of_the_whole_endpoint(status: int, waits: bool) -> None:
    assert isinstance(outcome(status, b"", [("Retry-After", "3")]), RateLimited) == waits


def test_a_key_that_is_echoed_is_passed_on_nowhere() -> None:
    echoes = json.dumps({**completion(message={"content": f"K {KEY}"}), "model": KEY}).encode()
    reply = outcome(200, echoes, of=WITH_KEY)
    assert isinstance(reply, ChatReply) and reply.body is not None
    assert KEY not in repr(reply) + reply.body and reply.text == "K [secret]"
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    for body in (f'{{"error": {{"message": "bad {KEY}"}}}}', f'{{"error": "{spelled}"}}', KEY):
        for status in (200, 401, 500):
            assert KEY not in str(outcome(status, body.encode(), of=WITH_KEY))
    worded = outcome(200, SOUND.replace(b'"content": "K"', f'"content": "{spelled}"'.encode()), of=WITH_KEY)
    assert isinstance(worded, ChatReply) and worded.text == "[secret]"


@pytest.mark.parametrize(
    ("said", "belongs"),
    [
        ([], True),
        ([("x-client-request-id", "abc123-7")], True),
        ([("x-client-request-id", "0e8fbd54-2d0c-4f07-9a3e-9a9f7b1f3c11")], True),
        ([("X-Client-Request-Id", "abc123-8")], False),
        ([("X-Client-Request-Id", "abc123-7"), ("x-client-request-id", "abc124-7")], False),
    ],
)
def test_an_answer_that_names_another_request_of_ours_is_refused(said: list[tuple[str, str]], belongs: bool) -> None:
    if belongs:
        check_owner(said, "abc123-7")
        return
    with pytest.raises(RetryableError, match="belongs to another request") as error:
        check_owner(said, "abc123-7")
    assert error.value.billed


def test_a_refusal_without_a_word_names_its_status() -> None:
    assert str(refusal(404, (), "")) == "status 404"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["choices", "message", "content", "logprobs", "top_logprobs", "token", "logprob", "error",
                         "code", "message", "tool_calls", "function", "arguments", "usage", "finish_reason"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(document=JSON, status=st.sampled_from([200, 200, 200, 400, 429, 500]))
@settings(max_examples=300, deadline=None)
def test_no_document_is_anything_but_a_reply_or_a_named_failure(document: Any, status: int) -> None:
    found = outcome(status, json.dumps(document).encode())
    assert isinstance(found, ChatReply) or "\n" not in str(found)


@given(body=st.binary(max_size=200), status=st.integers(0, 700))
@settings(max_examples=200, deadline=None)
def test_no_bytes_are_anything_but_a_named_failure(body: bytes, status: int) -> None:
    assert isinstance(outcome(status, body), ClientError)
