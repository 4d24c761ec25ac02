"""Single files of the hub: fetched within bounds, read as files are, and refused in one line."""

import contextlib
import gzip
import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evalkit.errors import ConfigError, EvalkitError, InputError
from evalkit.formats import download as module
from evalkit.formats.download import download
from evalkit.formats.hub import read_hub

ROWS = [{"instruction": "i", "output": "a"}, {"instruction": "j", "output": "b", "generator": "m"}]
PLACE = "/datasets/owner/data/resolve/main/deep/a%20b.json"
NAME = "hf:owner/data/deep/a b.json"


@dataclass
class Hub:
    """A server on loopback: what it answers by path, and who asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    status: int = 404
    announced: int = 0
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with serving() as one:
        monkeypatch.setenv("HF_ENDPOINT", f"{one.url}/")
        yield one


@contextlib.contextmanager
def serving() -> Iterator[Hub]:
    state = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, self.headers["Authorization"]))
            body = state.files.get(self.path)
            if self.path in state.moved:
                self.send_response(302)
                self.send_header("Location", state.moved[self.path])
            else:
                self.send_response(state.status if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"") + state.announced))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refusal(name: str) -> str:
    with pytest.raises(EvalkitError) as error:
        list(read_hub(name))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_is_read_as_it_stands(hub: Hub) -> None:
    hub.files[PLACE] = json.dumps(ROWS).encode()
    records = list(read_hub(NAME))
    assert [one.fields for one in records] == ROWS
    assert records[1].where == f"{NAME}: row 2"
    assert hub.asked == [(PLACE, None)]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("v0.1.jsonl", b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)),
        ("a.json.gz", gzip.compress(json.dumps(ROWS).encode())),
        ("a.csv", b"instruction,output\ni,a\nj,b\n"),
        (f"{'x' * 400}.json", json.dumps(ROWS).encode()),
    ],
    ids=["lines", "packed", "csv", "a long name"],
)
def test_every_kind_of_file_is_read(hub: Hub, file: str, content: bytes) -> None:
    hub.files[f"/datasets/owner/data/resolve/main/{file}"] = content
    assert [one.fields["output"] for one in read_hub(f"hf:owner/data/{file}")] == ["a", "b"]


def test_what_is_wrong_in_it_is_said_of_its_name(hub: Hub) -> None:
    hub.files[PLACE] = b'[{"a": 1}, 2]'
    assert refusal(NAME) == f"{NAME}: row 2: expected an object, found a number"


def test_a_file_that_is_not_there_or_not_allowed_is_refused(hub: Hub) -> None:
    assert refusal(NAME) == f"{NAME}: cannot be loaded from the hub: 404 Not Found"
    hub.status = 401
    assert refusal(NAME).endswith("401 Unauthorized. Check the name, and set HF_TOKEN if it is private")


def test_a_token_goes_to_the_hub_and_to_no_host_that_it_redirects_to(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "canary-0123456789\n")
    with serving() as other:
        hub.moved[PLACE] = f"{other.url}/elsewhere"
        other.files["/elsewhere"] = json.dumps(ROWS).encode()
        assert len(list(read_hub(NAME))) == 2
        assert hub.asked == [(PLACE, "Bearer canary-0123456789")]
        assert other.asked == [("/elsewhere", None)]


def test_a_token_that_no_header_can_hold_is_not_repeated(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "canary\n0123456789")
    assert refusal(NAME) == "HF_TOKEN: its value holds a character that no header can hold. Set it again"
    assert hub.asked == []


def test_a_redirect_to_plain_http_is_not_followed(hub: Hub) -> None:
    hub.moved[PLACE] = "http://files.example/a.json"
    assert refusal(NAME).endswith("127.0.0.1 redirects to plain http at files.example")


def test_endless_redirects_end(hub: Hub) -> None:
    hub.moved[PLACE] = PLACE
    assert "redirects" in refusal(NAME)
    assert len(hub.asked) < 10


def test_a_file_that_is_too_large_is_not_fetched_to_its_end(hub: Hub) -> None:
    hub.files["/large"] = b"x" * 300_000
    into = io.BytesIO()
    with pytest.raises(InputError, match="^it: more than the 100000 bytes that are fetched"):
        download(f"{hub.url}/large", into, "it", most=100_000)
    assert into.tell() <= 100_000


def test_a_file_that_breaks_off_is_no_file(hub: Hub) -> None:
    hub.files[PLACE] = json.dumps(ROWS).encode()
    hub.announced = 10
    assert refusal(NAME).startswith(f"{NAME}: cannot be loaded from the hub: peer closed connection")


def test_a_file_that_comes_too_slowly_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.files[PLACE] = json.dumps(ROWS).encode()
    monkeypatch.setattr(module, "_MOST_SECONDS", -1.0)
    assert "not fetched within" in refusal(NAME)


def test_a_hub_that_is_not_there_is_one_line(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    assert refusal(NAME).startswith(f"{NAME}: cannot be loaded from the hub: ")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://hub.example", "hub.example would be asked over plain http. Use https"),
        ("ftp://hub.example", "HF_ENDPOINT: expected an http or https address"),
    ],
)
def test_an_address_that_cannot_be_trusted_is_refused(monkeypatch: pytest.MonkeyPatch, address: str, said: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(ConfigError, match=re.escape(said)):
        list(read_hub(NAME))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hf:owner/data/a.json:config", "a file has neither configurations nor splits"),
        ("hf:owner/../a.json", "expected hf:OWNER/NAME/FILE"),
        ("hf:owner/data/", "expected hf:OWNER/NAME/FILE"),
        ("hf:owner/data/a.txt", "unknown kind of file. Known: .json, .jsonl, .csv, .parquet"),
    ],
)
def test_a_name_that_cannot_be_a_file_is_refused_unasked(hub: Hub, name: str, said: str) -> None:
    assert said in refusal(name)
    assert hub.asked == []


def test_offline_nothing_is_asked(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert refusal(NAME) == f"{NAME}: cannot be loaded from the hub: HF_HUB_OFFLINE is set"
    assert hub.asked == []


def test_a_socks_proxy_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(EvalkitError) as error:
        list(read_hub(NAME))
    assert "evalkit-lc[socks]" in str(error.value) or "onnect" in str(error.value)
