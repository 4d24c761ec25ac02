"""Both clients over a real line: what they send, what they bear, and when they give up."""

import asyncio
import contextlib
import dataclasses
import importlib.util
import json
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalkit.clients.address import Address
from evalkit.clients.bodies import LONGEST_ANSWER
from evalkit.clients.builtin import BUILTIN
from evalkit.errors import (
    ClientError,
    ConfigError,
    EndpointRefused,
    Forbidden,
    RateLimited,
    RejectedRequest,
    RetryableError,
)
from evalkit.judge_spec.config import read_judge
from evalkit.types import ChatReply, Tls
from tests.builders import question_of
from tests.clients.asking import KINDS, SOUND, address, complete, completion, request_of
from tests.clients.endpoint import Endpoint, serving
from tests.mock_judge import MALFORMED
from tests.rig import REPOSITORY, MockJudge, mock_judge

# a request that carries the mark meets the fault
FAULTS = {
    "drip": {"drip": 0.05},
    "silence": {"silence": True},
    "endless": {"endless": True},
    "flood": {"endless": 200_000_000},
    "big": {"big": 10**9},
    "headers": {"many_headers": 100_000},
    "bomb": {"gzip_bomb": True},
    "before": {"reset": "before_headers"},
    "after": {"reset": "after_headers"},
    "mid": {"reset": "mid_body"},
    "crossed": {"crosswire": True},
    "busy": {"status": 429, "retry_after": {"low": 7, "high": 7}},
    **{f"body_{name}": {"malformed": name} for name in MALFORMED},
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockJudge]:
    script = [{"when": {"contains": f"mark-{name}-"}, "do": do} for name, do in FAULTS.items()]
    with mock_judge(tmp_path_factory.mktemp("faulty"), script=script) as judge:
        yield judge


def meet(kind: str, judge: MockJudge, fault: str, *, timeout: float = 20.0) -> ChatReply | ClientError:
    try:
        return complete(kind, judge.url, timeout=timeout, marker=f"mark-{fault}-")
    except ClientError as error:
        return error


def test_a_reply_carries_text_log_probabilities_tokens_and_the_served_model(kind: str, endpoint: Endpoint) -> None:
    endpoint.body = SOUND
    reply = complete(kind, endpoint.url)
    assert reply.text == "K"
    assert reply.top_logprobs == ((("K", -0.1),),)
    assert (reply.prompt_tokens, reply.completion_tokens, reply.model) == (7, 1, "served")
    assert reply.seconds is not None
    assert reply.body is not None
    assert json.loads(reply.body) == completion()


def test_parameters_messages_key_and_headers_reach_the_endpoint(kind: str, endpoint: Endpoint) -> None:
    endpoint.body = SOUND
    complete(kind, endpoint.url, headers={"X-Team": "blue"})
    (sent,) = endpoint.requests
    assert (sent["model"], sent["max_tokens"], sent["logprobs"], sent["top_logprobs"]) == ("gpt-4.1", 1, True, 20)
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert endpoint.paths == ["/v1/chat/completions"]
    assert endpoint.headers[0]["authorization"] == "Bearer test-key"
    assert endpoint.headers[0]["x-team"] == "blue"


def test_both_clients_send_the_same_body(endpoint: Endpoint) -> None:
    endpoint.body = SOUND
    for kind in KINDS:
        complete(kind, endpoint.url, "pairwise_json")
    assert endpoint.requests[0] == endpoint.requests[1]


def test_a_query_of_the_address_stays_behind_the_path(kind: str, endpoint: Endpoint) -> None:
    endpoint.body = SOUND
    complete(kind, f"{endpoint.url}/deployments/d?api-version=2024-10-21", key="", headers={"api-key": "azures-key"})
    assert endpoint.paths == ["/v1/deployments/d/chat/completions?api-version=2024-10-21"]
    assert endpoint.headers[0]["api-key"] == "azures-key"
    assert "authorization" not in endpoint.headers[0]


def test_a_reasoning_judge_sends_neither_temperature_nor_log_probabilities(kind: str, endpoint: Endpoint) -> None:
    endpoint.body = json.dumps(completion(logprobs=None)).encode()
    assert complete(kind, endpoint.url, "pairwise_label").top_logprobs == ()
    assert set(endpoint.requests[0]) == {"model", "messages", "max_completion_tokens"}


def test_a_json_judge_sends_a_strict_schema_that_names_this_questions_labels(kind: str, endpoint: Endpoint) -> None:
    endpoint.body = SOUND
    complete(kind, endpoint.url, "pairwise_json")
    labels = question_of(request_of(read_judge("pairwise_json"))).labels
    schema = endpoint.requests[0]["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["properties"]["winner"]["enum"] == [labels.first, labels.second, "TIE"]
    assert schema["schema"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"error": {"message": "context length"}}', RejectedRequest),
        (401, b'{"error": {"message": "bad key"}}', EndpointRefused),
        (402, b"{}", EndpointRefused),
        (403, b"{}", Forbidden),
        (404, b'{"error": {"message": "no such model"}}', EndpointRefused),
        (408, b"{}", RetryableError),
        (422, b"{}", RejectedRequest),
        (429, b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}', RateLimited),
        (429, b'{"error": {"message": "You exceeded", "code": "insufficient_quota"}}', EndpointRefused),
        (500, b"oops", RetryableError),
        (502, b"<html>bad gateway</html>", RetryableError),
        (529, b"{}", RateLimited),
        (200, b'{"choices": [', RetryableError),
        (200, b"\xff\xfe{", RetryableError),
    ],
)
def test_every_odd_answer_has_its_named_outcome_and_is_sent_once(
    kind: str, endpoint: Endpoint, status: int, body: bytes, expected: type[ClientError]
) -> None:
    endpoint.status, endpoint.body = status, body
    with pytest.raises(ClientError) as error:
        complete(kind, endpoint.url)
    assert type(error.value) is expected
    assert "\n" not in str(error.value)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("name", MALFORMED)
def test_both_clients_say_the_same_of_an_odd_body(faulty: MockJudge, name: str) -> None:
    first, second = (meet(kind, faulty, f"body_{name}") for kind in KINDS)
    assert type(first) is type(second)
    assert isinstance(first, ChatReply) or str(first) == str(second)


def test_a_wait_that_is_asked_for_reaches_the_caller(kind: str, faulty: MockJudge) -> None:
    found = meet(kind, faulty, "busy")
    assert isinstance(found, RateLimited) and found.retry_after == 7


def test_a_key_that_the_endpoint_echoes_is_not_passed_on(kind: str, endpoint: Endpoint) -> None:
    endpoint.status, endpoint.body = 401, b'{"error": {"message": "Incorrect API key: test-key-0815"}}'
    with pytest.raises(EndpointRefused) as error:
        complete(kind, endpoint.url, key="test-key-0815")
    assert "0815" not in str(error.value)


@pytest.mark.parametrize("fault", ["silence", "drip", "endless"])
def test_an_endpoint_that_does_not_come_to_an_end_is_given_up_at_the_deadline(
    kind: str, faulty: MockJudge, fault: str
) -> None:
    started = time.monotonic()
    found = meet(kind, faulty, fault, timeout=1.0)
    overrun = time.monotonic() - started - 1.0
    assert isinstance(found, RetryableError) and str(found) == "no reply within 1 seconds"
    assert found.billed
    assert overrun < 10, "which is no time for what would never end"


@pytest.mark.parametrize(
    ("fault", "said"), [("before", "the connection broke"), ("after", "the connection broke"), ("mid", "the conn")]
)
def test_a_connection_that_breaks_may_have_been_billed(kind: str, faulty: MockJudge, fault: str, said: str) -> None:
    found = meet(kind, faulty, fault)
    assert isinstance(found, RetryableError) and str(found).startswith(said)
    assert found.billed


@pytest.mark.parametrize("fault", ["flood", "big", "bomb"])
def test_no_more_is_read_than_a_reply_may_have(kind: str, faulty: MockJudge, fault: str) -> None:
    found = meet(kind, faulty, fault)
    assert isinstance(found, RejectedRequest)
    assert str(found) == f"the reply is longer than {LONGEST_ANSWER} bytes"


def test_a_flood_of_headers_is_a_reply_or_a_passing_failure(kind: str, faulty: MockJudge) -> None:
    found = meet(kind, faulty, "headers")
    assert isinstance(found, ChatReply | RetryableError)
    assert isinstance(found, ChatReply) or len(str(found)) <= 200


def test_memory_stays_bounded_whatever_is_sent(kind: str, faulty: MockJudge) -> None:
    program = f"""
import resource
from evalkit.errors import ClientError
from tests.clients.asking import complete
complete({kind!r}, {faulty.url!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for fault in ("flood", "big", "bomb", "headers"):
    try:
        complete({kind!r}, {faulty.url!r}, marker=f"mark-{{fault}}-")
    except ClientError:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    # the parts, the whole, and what is unpacked of it
    assert int(done.stdout) < 100, "MB"


def test_a_packed_reply_is_unpacked(kind: str, endpoint: Endpoint) -> None:
    import gzip
    import zlib

    for encoding, body in (("gzip", gzip.compress(SOUND)), ("deflate", zlib.compress(SOUND))):
        endpoint.body, endpoint.answer_headers = body, [("Content-Encoding", encoding)]
        assert complete(kind, endpoint.url).text == "K"


@pytest.mark.parametrize(
    ("encoding", "body", "said"),
    [
        ("br", b"?", "packed in an unknown way: br"),
        ("gzip", b"no gzip", "cannot be unpacked: Error -3"),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", "cannot be unpacked: it breaks off"),
    ],
)
def test_a_reply_that_cannot_be_unpacked_is_asked_for_again(
    kind: str, endpoint: Endpoint, encoding: str, body: bytes, said: str
) -> None:
    endpoint.body, endpoint.answer_headers = body, [("Content-Encoding", encoding)]
    with pytest.raises(RetryableError, match=said) as error:
        complete(kind, endpoint.url)
    assert error.value.billed


def test_replies_to_other_requests_are_refused(kind: str, faulty: MockJudge) -> None:
    config = read_judge("pairwise_label")
    requests = [request_of(config, marker="mark-crossed-", secret=b"%d" % n) for n in range(200)]

    async def all_of_them() -> list[ChatReply | BaseException]:
        client = KINDS[kind](address(faulty.url), timeout=20)
        gate = asyncio.Semaphore(8)

        async def one(number: int) -> ChatReply:
            async with gate:
                return await client.complete(requests[number])

        try:
            return await asyncio.gather(*(one(number) for number in range(len(requests))), return_exceptions=True)
        finally:
            await client.close()

    found = asyncio.run(all_of_them())
    refused = [one for one in found if isinstance(one, RetryableError) and "another request" in str(one)]
    accepted = [(request, one) for request, one in zip(requests, found, strict=True) if isinstance(one, ChatReply)]
    assert len(refused) >= 150 and len(refused) + len(accepted) == len(requests)
    for request, reply in accepted:
        assert any(
            f"[[{label}]]" in reply.text
            for label in (question_of(request).labels.first, question_of(request).labels.second)
        )


def test_one_connection_serves_many_requests_of_one_place_in_the_queue(kind: str, endpoint: Endpoint) -> None:
    endpoint.body, endpoint.seconds = SOUND, 0.005

    async def forty() -> None:
        client = KINDS[kind](address(endpoint.url), timeout=20)
        gate = asyncio.Semaphore(4)
        request = request_of(read_judge("alpaca_eval_2"))

        async def one() -> None:
            async with gate:
                await client.complete(request)

        await asyncio.gather(*(one() for _ in range(40)))
        await client.close()

    asyncio.run(forty())
    assert len(endpoint.requests) == 40
    assert endpoint.connections <= 4


def test_a_redirect_is_not_followed(kind: str, endpoint: Endpoint) -> None:
    for status in (301, 302, 303, 307, 308):
        with serving(Endpoint(body=SOUND)) as other:
            endpoint.status, endpoint.answer_headers = status, [("Location", f"{other.url}/chat/completions")]
            with pytest.raises(EndpointRefused, match=str(status)):
                complete(kind, endpoint.url)
            assert (other.connections, other.requests) == (0, [])


def test_nobody_listening_is_a_passing_failure_that_costs_nothing(kind: str) -> None:
    with pytest.raises(RetryableError, match="no connection") as error:
        complete(kind, "http://127.0.0.1:9/v1")
    assert not error.value.billed


def test_a_name_without_an_address_is_a_passing_failure_that_costs_nothing(kind: str) -> None:
    with pytest.raises(RetryableError, match="no connection") as error:
        complete(kind, "http://name.invalid/v1")
    assert not error.value.billed


def test_a_port_that_does_not_speak_tls_is_a_passing_failure(kind: str, endpoint: Endpoint) -> None:
    with pytest.raises(RetryableError, match="no connection|the connection broke"):
        complete(kind, endpoint.url.replace("http:", "https:"))
    assert endpoint.requests == []


def test_whatever_bytes_come_there_is_a_named_outcome(kind: str) -> None:
    draw = random.Random(5)
    pieces = [
        *(
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 ",
            b"HTTP/9.9 999 \r\n",
            b"Content-Length: 5\r\n",
            b"Content-Length: -1\r\n",
        ),
        *(
            b"Content-Length: x\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"\r\n",
            b"\n",
            b"\x00",
            b"\xff" * 20,
            b"zz\r\n",
        ),
        *(
            b"Set-Cookie: \xff=;;=\r\n",
            b"Content-Encoding: gzip\r\n",
            b"A: " + b"b" * 70_000 + b"\r\n",
            b"5\r\n{}{}{\r\n",
        ),
        *(
            b"Location: http://[\r\n",
            b"Connection: upgrade\r\nUpgrade: x\r\n",
            b"Content-Type: \xff;=\r\n",
            b"0\r\n\r\n",
        ),
    ]
    answers = [b"".join(draw.choices(pieces, k=draw.randint(0, 6))) for _ in range(30)]
    answers += [b"HTTP/1.1 200 OK\r\n" + one for one in answers[:15]]
    with _saying(answers) as url:
        for _ in answers:
            with pytest.raises(ClientError) as error:
                complete(kind, url, timeout=5)
            assert "\n" not in str(error.value)


@contextlib.contextmanager
def _saying(answers: list[bytes]) -> Iterator[str]:
    """A server that gives each connection the next answer and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                # closing with something unread would be a reset
                while connection.recv(65536):
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    thread.join(10)
    listener.close()


def test_a_proxy_of_the_environment_is_used_unless_the_host_is_exempt(
    kind: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.body = SOUND
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{endpoint.port}")
    assert complete(kind, "http://judge.invalid/v1").text == "K"
    assert endpoint.paths == ["http://judge.invalid/v1/chat/completions"]
    monkeypatch.setenv("no_proxy", "judge.invalid")
    with pytest.raises(RetryableError, match="no connection"):
        complete(kind, "http://judge.invalid/v1")
    assert len(endpoint.paths) == 1


def test_a_proxy_is_never_asked_for_this_machine(
    kind: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.body = SOUND
    with serving(Endpoint(body=SOUND)) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{proxy.port}")
        complete(kind, endpoint.url)
        assert (len(endpoint.requests), proxy.connections) == (1, 0)


@pytest.mark.parametrize(
    ("status", "expected"), [(407, EndpointRefused), (403, EndpointRefused), (502, RetryableError)]
)
def test_a_proxy_that_makes_no_tunnel_has_its_outcome_and_keeps_its_password(
    kind: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, status: int, expected: type[ClientError]
) -> None:
    endpoint.tunnel_status = status
    monkeypatch.setenv("https_proxy", f"http://user:hidden-word@127.0.0.1:{endpoint.port}")
    with pytest.raises(expected, match=str(status)) as error:
        complete(kind, "https://judge.invalid/v1")
    assert type(error.value) is expected
    assert "hidden-word" not in str(error.value)
    assert endpoint.paths == ["judge.invalid:443"]


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        (
            "socks5://user:hidden-word@127.0.0.1:1080",
            {
                "openai": "of the kind 'socks5', which this client cannot use",
                "openai_sdk": "pip install 'evalkit-lc[socks]'",
            },
        ),
        (
            "gopher://user:hidden-word@127.0.0.1:70",
            {
                "openai": "of the kind 'gopher', which this client cannot use",
                "openai_sdk": "of the unknown kind 'gopher'",
            },
        ),
    ],
)
def test_a_proxy_that_a_client_cannot_use_is_said_before_anything_is_sent(
    kind: str, monkeypatch: pytest.MonkeyPatch, proxy: str, said: dict[str, str]
) -> None:
    if "[socks]" in said[kind] and importlib.util.find_spec("socksio") is not None:
        pytest.skip("socksio is installed")
    config = dataclasses.replace(read_judge("alpaca_eval_2"), base_url="https://judge.invalid/v1", key_variable="none")
    monkeypatch.setenv("all_proxy", proxy)
    with pytest.raises(ConfigError, match=re.escape(said[kind])) as error:
        BUILTIN[kind].open(config)
    assert "hidden-word" not in str(error.value)


def test_a_proxy_may_be_named_without_its_scheme(
    kind: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.body = SOUND
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{endpoint.port}")
    assert complete(kind, "http://judge.invalid/v1").text == "K"


def test_a_file_of_passwords_is_never_read(
    kind: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    endpoint.body = SOUND
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("machine 127.0.0.1 login me password hidden-word\ndefault login me password x\n")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    complete(kind, endpoint.url, key="")
    assert "authorization" not in endpoint.headers[0]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{endpoint.port}")
    complete(kind, "http://judge.invalid/v1", key="")
    assert "authorization" not in endpoint.headers[1]
    assert "proxy-authorization" not in endpoint.headers[1]


def test_a_client_can_be_closed_twice_and_unused(kind: str) -> None:
    async def close() -> None:
        client = KINDS[kind](address("http://127.0.0.1:9/v1"), timeout=1)
        await client.close()
        await client.close()

    asyncio.run(close())


@dataclasses.dataclass(frozen=True)
class Certificates:
    """Files of a private authority, a server and a client that it vouches for."""

    ca: Path
    server: Path
    client: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("needs the program openssl to make certificates")
    folder = tmp_path_factory.mktemp("certificates")

    def make(name: str, *more: str) -> Path:
        key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ]
        command += ["-subj", f"/CN={name}", "-keyout", str(key), "-out", str(certificate), *more]
        subprocess.run(command, check=True, capture_output=True)
        return certificate

    ca = make("authority")
    signed = ["-CA", str(ca), "-CAkey", str(ca.with_suffix(".key")), "-addext", "basicConstraints=critical,CA:FALSE"]
    server = make("server", *signed, "-addext", "subjectAltName=IP:127.0.0.1")
    return Certificates(ca, server, make("client", *signed))


@pytest.fixture
def closed_shop(certificates: Certificates) -> Iterator[Endpoint]:
    """A server that talks to nobody without a certificate of its authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificates.server, certificates.server.with_suffix(".key"))
    with serving(Endpoint(body=SOUND), tls=context) as state:
        yield state


def test_a_private_authority_and_a_clients_certificate_open_the_door(
    kind: str, closed_shop: Endpoint, certificates: Certificates
) -> None:
    shown = Tls(str(certificates.ca), str(certificates.client), str(certificates.client.with_suffix(".key")))
    assert complete(kind, closed_shop.url, tls=shown).text == "K"


def test_without_a_clients_certificate_the_door_stays_shut(
    kind: str, closed_shop: Endpoint, certificates: Certificates
) -> None:
    with pytest.raises(RetryableError, match="the connection broke|no connection"):
        complete(kind, closed_shop.url, tls=Tls(ca=str(certificates.ca)))
    assert closed_shop.requests == []


def test_an_authority_that_is_not_trusted_stops_the_run_before_anything_is_sent(
    kind: str, closed_shop: Endpoint
) -> None:
    with pytest.raises(EndpointRefused, match=r"certificate verify failed.*Name its authority's file with tls: ca"):
        complete(kind, closed_shop.url)
    assert closed_shop.requests == []


def test_a_secret_is_in_no_picture_of_an_address() -> None:
    shown = Address(
        "https://user:hidden-word@judge.example/v1?key=hidden-word", {"a": "hidden-word"}, ("hidden-word",), Tls()
    )
    assert "hidden-word" not in repr(shown) + str(shown) + repr(BUILTIN)
