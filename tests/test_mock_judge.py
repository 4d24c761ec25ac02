import contextlib
import email.utils
import gzip
import http.client
import io
import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evalkit.formats.chat import read_reply
from evalkit.judge_spec.config import read_judge
from evalkit.judge_spec.parsers import find_parser
from evalkit.judge_spec.prompting import ask, render
from evalkit.types import Comparison, Example, Grading, Labels, Order, Output, Preference, Question, Rating
from tests.mock_judge import BOMB_BYTES, MALFORMED, NOTICE_SECONDS, canonical_hash, grade, p_first
from tests.rig import REPOSITORY, MockJudge, mock_judge, write_judge, write_outputs

INSTRUCTION, BASELINE, CANDIDATE = "Name a colour.", "Red.", "A colour is <<<first ff\nblue\nff first>>>."
COMPARISON = Comparison(
    Example("k", (INSTRUCTION,)), Output("k", "base", (BASELINE,)), Output("k", "cand", (CANDIDATE,))
)


@dataclass(frozen=True)
class Got:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def content(self) -> str:
        return str(self.document["choices"][0]["message"]["content"])

    def header(self, name: str) -> str | None:
        return {key.lower(): value for key, value in self.headers}.get(name.lower())


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockJudge]:
    with mock_judge(tmp_path_factory.mktemp("plain"), seed=7) as judge:
        yield judge


def question(order: Order = Order.BASELINE_FIRST, *, secret: bytes = b"s", tie: str | None = None) -> Question:
    return ask(COMPARISON, order, repeat=0, secret=secret, tie=tie)


def body(asked: Question | None = None, *, prompt: str = "pairwise_token", marker: str = "", **more: Any) -> bytes:
    messages = render((REPOSITORY / "prompts" / f"{prompt}.jinja").read_text(), asked or question())
    plain = [{"role": message.role, "content": message.content} for message in messages]
    form = {"logprobs": True, "top_logprobs": 20} if prompt == "pairwise_token" else {}
    return json.dumps({"model": "mock", "messages": plain, "user": marker, **form, **more}).encode()


@contextlib.contextmanager
def connection(judge: MockJudge, timeout: float = 5) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", judge.port, timeout=timeout)
    try:
        yield opened
    finally:
        opened.close()


def post(judge: MockJudge, data: bytes, headers: Mapping[str, str] | None = None, *, timeout: float = 5) -> Got:
    with connection(judge, timeout) as opened:
        opened.request("POST", "/v1/chat/completions", data, dict(headers or {}))
        reply = opened.getresponse()
        return Got(reply.status, reply.getheaders(), reply.read())


@contextlib.contextmanager
def judge_that(folder: Path, do: Mapping[str, Any], **when: Any) -> Iterator[MockJudge]:
    with mock_judge(folder, script=[{"when": when, "do": do}]) as judge:
        yield judge


def preference(got: Got, labels: Labels, parser: str = "token_probability") -> float:
    verdict = find_parser(parser, {})(read_reply(got.document, seconds=0), labels)
    assert isinstance(verdict, Preference), verdict
    return verdict.p_first


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_verdict_is_the_same_under_other_labels_and_fences(plain: MockJudge) -> None:
    asked = [question(secret=secret) for secret in (b"one", b"two", b"three")]
    assert len({one.nonce for one in asked}) == len({one.labels for one in asked}) == 3
    found = [preference(post(plain, body(one)), one.labels) for one in asked]
    assert found == pytest.approx([p_first(7, INSTRUCTION, BASELINE, CANDIDATE)] * 3)
    last = plain.ledger()[-3:]
    assert {entry.hash for entry in last} == {canonical_hash(INSTRUCTION, BASELINE, CANDIDATE)}
    assert len({entry.request for entry in last}) == 3


def test_showing_the_answers_the_other_way_round_turns_p_into_one_minus_p(plain: MockJudge) -> None:
    there, back = question(Order.BASELINE_FIRST), question(Order.CANDIDATE_FIRST)
    p = preference(post(plain, body(there)), there.labels)
    assert 1 - p == pytest.approx(preference(post(plain, body(back)), back.labels))
    assert p != pytest.approx(p_first(8, INSTRUCTION, BASELINE, CANDIDATE))


@pytest.mark.parametrize(
    ("prompt", "parser", "more"),
    [
        ("pairwise_label", "bracket_label", {}),
        ("pairwise_json", "json_field", {"response_format": {"type": "json_object"}}),
    ],
)
def test_a_reply_has_the_form_that_the_request_wants(
    plain: MockJudge, prompt: str, parser: str, more: dict[str, Any]
) -> None:
    asked = question(tie="TIE")
    expected = round(p_first(7, INSTRUCTION, BASELINE, CANDIDATE))
    assert preference(post(plain, body(asked, prompt=prompt, **more)), asked.labels, parser) == expected


@pytest.mark.parametrize(
    ("prompt", "options", "more"),
    [("grade", {}, {}), ("grade_json", {"field": "grade"}, {"response_format": {"type": "json_schema"}})],
)
def test_an_answer_is_graded_turn_by_turn(
    plain: MockJudge, prompt: str, options: dict[str, Any], more: dict[str, Any]
) -> None:
    conversation = Grading(Example("k", (INSTRUCTION, "And then?")), Output("k", "cand", (BASELINE, CANDIDATE)))
    asked = ask(conversation, Order.ALONE, repeat=0, secret=b"s", tie=None)
    read = find_parser("number", {"low": 1, "high": 10, **options})
    verdict = read(read_reply(post(plain, body(asked, prompt=prompt, **more)).document, seconds=0), asked.labels)
    assert verdict == Rating(grade(7, f"{INSTRUCTION}\n\nAnd then?", f"{BASELINE}\n\n{CANDIDATE}"), 1, 10)


def test_five_verdicts_are_spread_over_the_probability(plain: MockJudge) -> None:
    found = set()
    for number in range(30):
        comparison = Comparison(
            Example("k", (f"Task {number}",)), Output("k", "base", (BASELINE,)), Output("k", "cand", (CANDIDATE,))
        )
        asked = ask(comparison, Order.BASELINE_FIRST, repeat=0, secret=b"s", tie=None)
        got = post(plain, body(asked, prompt="pairwise_five_way"))
        verdict = find_parser("five_way", {})(read_reply(got.document, seconds=0), asked.labels)
        assert isinstance(verdict, Preference), verdict
        p = p_first(7, f"Task {number}", BASELINE, CANDIDATE)
        assert (verdict.p_first, verdict.strong) == (1.0 if p >= 0.6 else 0.0 if p < 0.4 else 0.5, not 0.2 <= p < 0.8)
        found.add((verdict.p_first, verdict.strong))
    assert len(found) >= 4


def test_a_request_with_tools_is_answered_by_a_call(plain: MockJudge) -> None:
    asked = question()
    tools = [{"type": "function", "function": {"name": "judge", "parameters": {}}}]
    got = post(plain, body(asked, prompt="pairwise_json", tools=tools))
    call = got.document["choices"][0]["message"]["tool_calls"][0]["function"]
    assert call["name"] == "judge"
    assert json.loads(call["arguments"])["winner"] in (asked.labels.first, asked.labels.second)


def test_a_reply_names_model_usage_and_a_new_id_and_echoes_the_clients_id(plain: MockJudge) -> None:
    first, second = (post(plain, body(), {"x-client-request-id": f"c{number}"}) for number in range(2))
    assert [got.header("x-client-request-id") for got in (first, second)] == ["c0", "c1"]
    assert first.document["id"] != second.document["id"]
    assert (first.document["model"], first.document["system_fingerprint"]) == ("mock", "mock")
    usage, sent = first.document["usage"], json.loads(body())["messages"]
    assert usage["prompt_tokens"] == sum(len(message["content"]) for message in sent) // 4
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_connection_serves_many_requests_and_chunked_ones_among_them(plain: MockJudge) -> None:
    data = body(marker="é" * 100_000)
    pieces = [data[start : start + 999] for start in range(0, len(data), 999)]
    with connection(plain) as opened:
        contents = []
        for sent in (data, iter(pieces), data):
            opened.request("POST", "/v1/chat/completions", sent, encode_chunked=not isinstance(sent, bytes))
            contents.append(json.loads(opened.getresponse().read())["choices"][0]["message"]["content"])
    assert len(set(contents)) == 1
    assert [entry.attempt for entry in plain.ledger()[-3:]] == [1, 2, 3]


def test_what_is_no_chat_request_is_refused(plain: MockJudge) -> None:
    assert post(plain, b"no json").status == 400
    with connection(plain) as opened:
        opened.request("GET", "/v1/models")
        assert opened.getresponse().status == 404


def test_a_ledger_line_exists_before_the_reply_is_complete(tmp_path: Path) -> None:
    with judge_that(tmp_path, {"drip": 0.05}) as judge, connection(judge) as opened:
        opened.request("POST", "/v1/chat/completions", body())
        reply = opened.getresponse()
        assert judge.n_billed == 1
        assert reply.read(3) == b'{"i'
    with mock_judge(tmp_path / "plain") as judge:
        for number in range(30):
            post(judge, body(marker=str(number)))
            assert judge.n_billed == number + 1


def test_a_torn_last_line_is_left_out_and_cut_off_at_the_next_start(plain: MockJudge, tmp_path: Path) -> None:
    with mock_judge(tmp_path) as judge:
        post(judge, body())
        with judge.ledger_path.open("ab") as ledger:
            ledger.write(b'{"t":1')
        assert len(judge.ledger()) == 1
        judge.restart()
        post(judge, body())
        assert [entry.attempt for entry in judge.ledger()] == [1, 2]


def test_requests_under_way_are_counted_with_the_latency_they_have(tmp_path: Path) -> None:
    with mock_judge(tmp_path, latency=0.2) as judge:
        threads = [threading.Thread(target=post, args=(judge, body(marker=str(n)))) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(entry.in_flight for entry in judge.ledger()) == [1, 2, 3, 4]
        assert all(entry.t - entry.arrived >= 0.19 for entry in judge.ledger())


@pytest.mark.parametrize("form", ["seconds", "ms", "date"])
def test_a_request_before_the_announced_instant_is_early_unless_it_could_not_know(tmp_path: Path, form: str) -> None:
    wait = {"low": 1.0, "high": 1.0, "form": form}
    with judge_that(tmp_path, {"status": 429, "retry_after": wait}, after=0, count=1) as judge:
        got = post(judge, body())
        assert got.status == 429 and got.document["error"]["code"] == "rate_limit_exceeded"
        if form == "date":
            date = email.utils.parsedate_to_datetime(got.header("retry-after") or "").timestamp()
            assert 0 < date - time.time() <= 2.0
        else:
            assert (got.header("retry-after"), got.header("retry-after-ms")) in [
                ("1", None),
                ("1.0", None),
                (None, "1000"),
            ]
        post(judge, body(marker="at once"))
        time.sleep(NOTICE_SECONDS + 0.01)
        post(judge, body(marker="too soon"))
        not_before = judge.ledger()[0].not_before
        assert not_before is not None
        time.sleep(max(0, not_before - judge.now() + 0.01))
        post(judge, body(marker="in time"))
        entries = judge.ledger()
        assert [entry.early for entry in entries[2:]] == [True, False]
        assert entries[1].early == (entries[1].arrived > entries[0].t + NOTICE_SECONDS)
        assert [entry.billed for entry in entries] == [False, True, True, True]
        assert [entry.fault for entry in entries] == ["status+retry_after", None, None, None]


def test_rules_meet_their_share_attempts_range_and_text(tmp_path: Path) -> None:
    script: Sequence[Mapping[str, Any]] = [
        {"name": "words", "when": {"contains": "needle"}, "do": {"status": 400}},
        {"name": "range", "when": {"after": 1, "count": 2}, "do": {"status": 500}},
        {"name": "late", "when": {"from": 1000}, "do": {"status": 501}},
        {"name": "often", "when": {"share": 0.5, "attempts": [1], "until": 1000}, "do": {"status": 503}},
    ]
    with mock_judge(tmp_path, script=script) as judge:
        post(judge, body(marker="needle"))
        for number in range(202):
            post(judge, body(marker=str(number)))
        for number in range(202):
            post(judge, body(marker=str(number)))
        entries = judge.ledger()
    faults = [entry.fault for entry in entries]
    assert faults[:3] == ["words", "range", "range"]
    assert 70 < faults[3:203].count("often") < 130
    assert set(faults[203:]) == {None}
    assert set(faults[3:203]) == {None, "often"}


def test_a_script_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rule 0.*'stattus'"), judge_that(tmp_path, {"stattus": 429}):
        pass


def test_headers_may_come_twice_in_hundreds_and_with_a_body_of_ones_own(tmp_path: Path) -> None:
    do = {"status": 429, "headers": [["Retry-After", "1"], ["Retry-After", "soon"]], "body": None, "many_headers": 50}
    with judge_that(tmp_path, do) as judge:
        got = post(judge, body())
    assert [value for name, value in got.headers if name == "Retry-After"] == ["1", "soon"]
    assert sum(name.startswith("X-Filler") for name, _ in got.headers) == 50
    assert got.body == b""


@pytest.mark.parametrize("kind", ["before_headers", "after_headers", "mid_body"])
def test_a_reset_comes_where_the_script_says(tmp_path: Path, kind: str) -> None:
    data = body()
    received: list[bytes] = []
    with judge_that(tmp_path, {"reset": kind}) as judge:
        with socket.create_connection(("127.0.0.1", judge.port), timeout=5) as raw:
            raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data))
            with pytest.raises(ConnectionResetError):
                received.extend(iter(lambda: raw.recv(65536), b""))
        (entry,) = judge.ledger()
    head, _, rest = b"".join(received).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK") == (kind != "before_headers")
    assert bool(rest) == (kind == "mid_body")
    assert not entry.billed and entry.status == (None if kind == "before_headers" else 200)


def test_silence_keeps_the_connection_open_and_is_not_billed(tmp_path: Path) -> None:
    with judge_that(tmp_path, {"silence": True}) as judge:
        with pytest.raises(TimeoutError):
            post(judge, body(), timeout=0.2)
        assert [(entry.billed, entry.status) for entry in judge.ledger()] == [(False, None)]


def test_delays_drips_and_endless_bodies_take_their_time(tmp_path: Path) -> None:
    script: Sequence[Mapping[str, Any]] = [
        {"when": {"contains": "slow"}, "do": {"delay": 0.2}},
        {"when": {"contains": "drops"}, "do": {"drip": 0.01, "body": "0123456789"}},
        {"do": {"endless": 1_000_000}},
    ]
    with mock_judge(tmp_path, script=script) as judge:
        started = time.monotonic()
        assert post(judge, body(marker="slow")).status == 200
        assert time.monotonic() - started >= 0.2
        started = time.monotonic()
        assert post(judge, body(marker="drops")).body == b"0123456789"
        assert time.monotonic() - started >= 0.1
        with connection(judge) as opened:
            opened.request("POST", "/v1/chat/completions", body())
            assert len(opened.getresponse().read(100_000)) == 100_000
        assert [entry.billed for entry in judge.ledger()] == [True, False, False]


def test_a_big_body_has_its_size_and_is_a_sound_reply(tmp_path: Path) -> None:
    with judge_that(tmp_path, {"big": 5_000_000}) as judge:
        got = post(judge, body())
        assert len(got.body) == 5_000_000
        assert got.content in (question().labels.first, question().labels.second)
        assert judge.n_billed == 1


def test_a_bomb_is_small_on_the_wire_and_large_when_it_expands(tmp_path: Path) -> None:
    with judge_that(tmp_path, {"gzip_bomb": True}) as judge:
        got = post(judge, body())
    assert got.header("content-encoding") == "gzip"
    assert len(got.body) < 1_000_000
    with gzip.open(io.BytesIO(got.body)) as unpacked:
        assert unpacked.read(15) == b'{"padding":"xxx'
        assert unpacked.seek(BOMB_BYTES) == BOMB_BYTES
        assert unpacked.read().endswith(b'"finish_reason":"stop"}]}')


def test_malformed_bodies_are_what_their_names_say(tmp_path: Path) -> None:
    script = [{"name": kind, "when": {"contains": f"<{kind}>"}, "do": {"malformed": kind}} for kind in MALFORMED]
    with mock_judge(tmp_path, script=script) as judge:
        got = {kind: post(judge, body(marker=f"<{kind}>")) for kind in MALFORMED}
        billed = {str(entry.fault): entry.billed for entry in judge.ledger()}
    assert {one.status for one in got.values()} == {200}
    assert billed == {kind: malformed.billed for kind, malformed in MALFORMED.items()}
    assert got["html"].header("content-type") == "text/html"
    for kind in ("html", "truncated_json", "invalid_utf8"):
        with pytest.raises((json.JSONDecodeError, UnicodeDecodeError)):
            json.loads(got[kind].body.decode())
    assert got["error_rate_limit"].document["error"]["code"] == 429
    assert "error" in got["error_object"].document
    assert [got[f"choices_{kind}"].document.get("choices", 0) for kind in ("null", "empty", "missing")] == [None, [], 0]
    messages = {kind: got[kind].document["choices"][0]["message"] for kind in MALFORMED if billed[kind]}
    assert messages["content_null"]["content"] is None and messages["content_empty"]["content"] == ""
    assert isinstance(messages["content_list"]["content"], list) and messages["refusal"]["refusal"]
    assert got["content_filter"].document["choices"][0]["finish_reason"] == "content_filter"
    assert got["length_null"].document["choices"][0]["finish_reason"] == "length"
    assert "usage" not in got["no_usage"].document
    verdicts: list[str] = []
    pairs = json.loads(got["duplicate_keys"].body, object_pairs_hook=lambda pairs: pairs)
    verdicts += [dict(dict(value[0])["message"])["content"] for name, value in pairs if name == "choices"]
    assert sorted(verdicts) == sorted([question().labels.first, question().labels.second])
    assert got["not_object"].document == ["ok"]


def test_log_probabilities_fail_in_the_ways_that_endpoints_have(tmp_path: Path) -> None:
    modes = ("none", "one_label", "space", "lower", "truncated")
    script = [{"when": {"contains": f"<{mode}>"}, "do": {"logprobs": mode}} for mode in modes]
    labels = question().labels
    with mock_judge(tmp_path, script=script) as judge:
        choices = {mode: post(judge, body(marker=f"<{mode}>")).document["choices"][0] for mode in modes}
    assert choices["none"]["logprobs"] is None
    tokens = {
        mode: {entry["token"] for entry in choices[mode]["logprobs"]["content"][0]["top_logprobs"]}
        for mode in modes[1:]
    }
    assert len(tokens["one_label"] & {labels.first, labels.second}) == 1
    assert {f" {labels.first}", f" {labels.second}"} < tokens["space"]
    assert {labels.first.lower(), labels.second.lower()} < tokens["lower"]
    assert tokens["truncated"] == set()


def test_log_probabilities_are_sorted_and_sum_to_at_most_one(plain: MockJudge) -> None:
    entries = post(plain, body()).document["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    values = [entry["logprob"] for entry in entries]
    assert values == sorted(values, reverse=True)
    assert sum(map(math.exp, values)) <= 1


def test_text_and_model_are_said_as_the_script_wants(tmp_path: Path) -> None:
    with judge_that(tmp_path, {"text": "{x} [[{second}]]", "model": "other", "fingerprint": "f"}) as judge:
        asked = question(tie="TIE")
        got = post(judge, body(asked, prompt="pairwise_label"))
    assert got.content == f"{{x}} [[{asked.labels.second}]]"
    assert (got.document["model"], got.document["system_fingerprint"]) == ("other", "f")


def test_a_crosswired_reply_is_the_one_to_the_previous_request(tmp_path: Path) -> None:
    with judge_that(tmp_path, {"crosswire": True}, contains="crossed", attempts=[1]) as judge:
        first = post(judge, body(marker="first"), {"x-client-request-id": "c1"})
        crossed = post(judge, body(marker="crossed"), {"x-client-request-id": "c2"})
        again = post(judge, body(marker="crossed"), {"x-client-request-id": "c3"})
    assert crossed.document == first.document and crossed.header("x-client-request-id") == "c1"
    assert again.document["id"] != first.document["id"] and again.header("x-client-request-id") == "c3"


def test_a_restart_keeps_port_ledger_and_attempts_and_loses_what_was_unanswered(tmp_path: Path) -> None:
    with judge_that(tmp_path, {"delay": 30}, contains="hangs") as judge:
        post(judge, body())
        url, pid = judge.url, judge.pid
        failed: list[Exception] = []

        def hang() -> None:
            try:
                post(judge, body(marker="hangs"))
            except (OSError, http.client.HTTPException) as error:
                failed.append(error)

        thread = threading.Thread(target=hang)
        thread.start()
        time.sleep(0.1)
        judge.restart()
        thread.join()
        assert failed and not exists(pid) and judge.pid != pid and judge.url == url
        post(judge, body())
        first, second = judge.ledger()
        assert (first.attempt, second.attempt) == (1, 2) and first.t < second.t < judge.now()


def test_no_server_survives_its_block_or_the_process_that_started_it(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError), judge_that(tmp_path / "a", {"silence": True}) as judge:
        post(judge, body(), timeout=0.05)
    assert not exists(judge.pid)
    program = (
        "import pathlib, sys, tests.rig as rig\n"
        "with rig.mock_judge(pathlib.Path(sys.argv[1])) as judge: print(judge.port, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "b")],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert listens(port)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 3
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not listens(port)


@pytest.mark.parametrize(
    ("kind", "parser"), [("label", "bracket_label"), ("token", "token_probability"), ("json", "json_field")]
)
def test_a_written_judge_is_the_shipped_one_at_another_address(tmp_path: Path, kind: Any, parser: str) -> None:
    path = write_judge(tmp_path, "http://127.0.0.1:1/v1", name="mine", orders="both", kind=kind, headers={"X-A": "b"})
    config = read_judge(str(path))
    assert (config.name, config.model, config.base_url) == ("mine", "mock", "http://127.0.0.1:1/v1")
    assert (config.parser, config.orders, config.headers) == (parser, "both", {"X-A": "b"})


def test_written_outputs_share_instructions_and_differ_in_answers(tmp_path: Path) -> None:
    one, other = (json.loads(write_outputs(tmp_path, model, 500).read_text()) for model in ("one", "other"))
    short = json.loads(write_outputs(tmp_path, "one", 10, chars=8, seed=1).read_text())
    assert [row["instruction"] for row in one] == [row["instruction"] for row in other]
    assert [row["instruction"] for row in one[:10]] == [row["instruction"] for row in short]
    assert len({row["instruction"] for row in one}) == 500
    assert len({row["output"] for row in one + other + short}) == 1010
    lengths = [len(row["output"]) for row in one]
    assert 100 < sum(lengths) / 500 < 140 and len(set(lengths)) > 50
    assert {row["generator"] for row in one} == {"one"}
