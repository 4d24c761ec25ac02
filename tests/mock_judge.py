"""A scripted judge on loopback: OpenAI's chat completions with seeded verdicts, faults on demand and a ledger.

Run as `python -m tests.mock_judge --ledger FILE`; `tests.rig` starts and stops it. A verdict depends on the seed and
the judged texts, never on labels or fences. The ledger gets a request's line before the last byte of its reply leaves.

A script is a JSON list of rules `{"when": {...}, "do": {...}, "name": "..."}`. The first rule that matches applies.

`when`, all of which must hold:
    share           of requests, drawn by seed, rule, request and attempt
    attempts        list of attempt numbers, from 1
    from, until     seconds since the first request
    after, count    the first `after` arrivals are spared, the next `count` are met
    contains        text in the raw body

`do`, which combine where that makes sense:
    status          with an error body of OpenAI's form unless `body` is given
    body            literal text, or null for none
    headers         mapping or list of pairs
    retry_after     {low, high, form: seconds | ms | date}; whole seconds between two integers
    delay           seconds before the reply, on top of the latency
    reset           before_headers | after_headers | mid_body
    silence         never answers
    drip            seconds per byte of the body
    endless         true, or bytes per second: a chunked body without an end
    big             bytes to which the body is padded
    many_headers    number of headers to add
    gzip_bomb       a small body that expands to 200 MB
    malformed       a name in MALFORMED
    text            what the judge says, {first} and {second} being the labels
    logprobs        none | one_label | space | lower | truncated
    model           name reported
    fingerprint     system fingerprint reported
    crosswire       the reply to the previous request, with its x-client-request-id
"""

import argparse
import asyncio
import contextlib
import email.utils
import functools
import hashlib
import http
import json
import math
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

BOMB_BYTES = 200_000_000
NOTICE_SECONDS = 0.4  # a request that left before a Retry-After could be read, on a busy machine too, is not early

_DO = {
    *("status", "body", "headers", "retry_after", "delay", "reset", "silence", "drip", "endless", "big"),
    *("many_headers", "gzip_bomb", "malformed", "text", "logprobs", "model", "fingerprint", "crosswire"),
}
_RESETS = ("before_headers", "after_headers", "mid_body")
_LOGPROBS = ("none", "one_label", "space", "lower", "truncated")
_FORMS = ("seconds", "ms", "date")
_FIELD = re.compile(rb"(?i)\r\n(content-length|transfer-encoding|connection|x-client-request-id):[ \t]*([^\r\n]*)")
_FENCE = re.compile(r"<<<((instruction|first|second|answer)(?:_\d+)?) (\S+)\n")
_LABEL = re.compile(r"The answer labelled (\S+):\s*\Z")
_LABEL_REACH = 200
_BARE = re.compile(r'^(\w+): "(.*?)"$', re.MULTILINE | re.DOTALL)  # an answer in a prompt without fences
_CHUNK = 65536
_RESET_AFTER = 0.02


def p_first(seed: int, instruction: str, first: str, second: str) -> float:
    """Probability that the answer shown first is the better one; swapping the answers turns p into 1 - p."""
    difference = _uniform(seed, instruction, first) - _uniform(seed, instruction, second)
    return 1 / (1 + math.exp(-3 * difference))


def grade(seed: int, instruction: str, answer: str) -> int:
    """From 1 to 10."""
    return 1 + round(9 * _uniform(seed, instruction, answer))


def canonical_hash(instruction: str, first: str, second: str) -> str:
    """What the ledger calls a question: 16 hex digits of the judged texts, whatever the labels and fences."""
    return _digest(instruction, first, second).hex()[:16]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A body with status 200 that is no sound reply; `billed` where it nevertheless has choices."""

    body: Callable[[dict[str, Any], dict[str, Any]], bytes]  # from a sound reply and one with the opposite verdict
    billed: bool = False
    content_type: str = "application/json"


def _message(**changes: Any) -> Callable[[dict[str, Any], dict[str, Any]], bytes]:
    def body(reply: dict[str, Any], _: dict[str, Any]) -> bytes:
        choice = reply["choices"][0]
        finish = changes.get("finish_reason", choice["finish_reason"])
        message = {**choice["message"], **{name: value for name, value in changes.items() if name != "finish_reason"}}
        return _dump({**reply, "choices": [{**choice, "message": message, "finish_reason": finish}]})

    return body


def _without(name: str) -> Callable[[dict[str, Any], dict[str, Any]], bytes]:
    return lambda reply, _: _dump({key: value for key, value in reply.items() if key != name})


def _error(message: str, kind: str, code: str | int | None) -> bytes:
    return _dump({"error": {"message": message, "type": kind, "param": None, "code": code}})


MALFORMED: Mapping[str, Malformed] = {
    "html": Malformed(lambda *_: b"<html><body><h1>502 Bad Gateway</h1></body></html>", content_type="text/html"),
    "truncated_json": Malformed(lambda reply, _: _dump(reply)[: len(_dump(reply)) // 2]),
    "error_object": Malformed(lambda *_: _error("The server had an error.", "server_error", None)),
    "error_rate_limit": Malformed(lambda *_: _error("Rate limit reached.", "rate_limit_error", 429)),
    "choices_null": Malformed(lambda reply, _: _dump({**reply, "choices": None})),
    "choices_empty": Malformed(lambda reply, _: _dump({**reply, "choices": []})),
    "choices_missing": Malformed(_without("choices")),
    "content_null": Malformed(_message(content=None), billed=True),
    "content_empty": Malformed(_message(content=""), billed=True),
    "content_list": Malformed(_message(content=[{"type": "text", "text": "a part"}]), billed=True),
    "refusal": Malformed(_message(content=None, refusal="I cannot help with that."), billed=True),
    "content_filter": Malformed(_message(content="", finish_reason="content_filter"), billed=True),
    "length_null": Malformed(_message(content=None, finish_reason="length"), billed=True),
    "no_usage": Malformed(_without("usage"), billed=True),
    "invalid_utf8": Malformed(lambda reply, _: _dump(reply).replace(b'"role":"', b'"note":"\xff\xfe","role":"', 1)),
    "duplicate_keys": Malformed(
        lambda reply, other: b'{"choices":' + _dump(other["choices"]) + b"," + _dump(reply)[1:], billed=True
    ),
    "not_object": Malformed(lambda *_: b'["ok"]'),
}


def check_script(script: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a rule that would silently do nothing.

    Raises:
        ValueError: naming the rule and its unknown key or value.
    """
    for index, rule in enumerate(script):
        do = rule.get("do", {})
        unknown = [
            *(set(rule) - {"when", "do", "name"}),
            *(set(rule.get("when", {})) - set(_WHEN)),
            *(set(do) - _DO),
            *({do.get("malformed", "html")} - set(MALFORMED)),
            *({do.get("reset", "mid_body")} - set(_RESETS)),
            *({do.get("logprobs", "none")} - set(_LOGPROBS)),
            *({do.get("retry_after", {}).get("form", "seconds")} - set(_FORMS)),
        ]
        if unknown:
            raise ValueError(f"rule {index} of the script: unknown {', '.join(map(repr, unknown))}")


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks: judged texts, labels, and the parameters that decide the form of the reply.

    The turns of a conversation are one text each. What is to be graded has an answer and no second one.
    """

    document: Mapping[str, Any]
    texts: tuple[str, str, str]  # instruction, first or answer, second
    labels: tuple[str, str]
    n_chars: int
    graded: bool = False
    five_way: bool = False


def read_question(body: bytes) -> Question | None:
    """The question in a request's body; None where it is no chat request."""
    try:
        document = json.loads(body)
        contents = [str(message["content"]) for message in document["messages"]]
    except (ValueError, TypeError, KeyError):
        return None
    texts: dict[str, str] = {}
    labels: dict[str, str] = {}
    for content in contents:
        for name, label, text in _fenced(content):
            texts[name] = f"{texts[name]}\n\n{text}" if name in texts else text
            labels[name] = label or labels.get(name, "")
    if not texts:
        texts, labels = _bare("\n".join(contents))
    first, second = labels.get("first") or "A", labels.get("second") or "B"
    return Question(
        document,
        (texts.get("instruction", ""), texts.get("first", texts.get("answer", "")), texts.get("second", "")),
        (first, second),
        sum(map(len, contents)),
        graded="answer" in texts,
        five_way=f"[[{first}>>{second}]]" in contents[-1],
    )


def _bare(content: str) -> tuple[dict[str, str], dict[str, str]]:
    """Texts and labels of a prompt without fences: two answers as `m: "..."`, each on lines of its own."""
    answers = list(_BARE.finditer(content))
    if len(answers) != 2:
        return {"instruction": content}, {}
    first, second = answers
    texts = {"instruction": content[: first.start()], "first": first.group(2), "second": second.group(2)}
    return texts, {"first": first.group(1), "second": second.group(1)}


def _fenced(content: str) -> Iterator[tuple[str, str | None, str]]:
    """Field, label before the fence, and text of each fence; what looks like one inside another is text."""
    place = 0
    while opening := _FENCE.search(content, place):
        name, field_name, code = opening.groups()
        end = content.find(f"\n{code} {name}>>>", opening.end())
        if end < 0:
            return
        label = _LABEL.search(content[max(place, opening.start() - _LABEL_REACH) : opening.start()])
        yield field_name, label and label.group(1), content[opening.end() : end]
        place = end


def build_reply(question: Question, p: float, *, number: int, do: Mapping[str, Any]) -> dict[str, Any]:
    """A chat completion that states the likelier label, or the grade for p, in the form that the request wants."""
    asked = question.document
    label = _verdict(question, p)
    logprobs = None
    finish = "stop"
    if asked.get("logprobs") is True:
        label, logprobs = _logprobs(question, p, do.get("logprobs"))
        said = label
    elif "response_format" in asked or "tools" in asked:
        said = json.dumps(
            {"explanation": "It errs less.", **({"grade": int(label)} if question.graded else {"winner": label})}
        )
    else:
        said = f"A good answer is right and complete. The better one errs less.\n\n[[{label}]]"
    if "text" in do:
        said = do["text"].replace("{first}", question.labels[0]).replace("{second}", question.labels[1])
    message: dict[str, Any] = {"role": "assistant", "content": said, "refusal": None}
    if asked.get("tools"):
        finish = "tool_calls"
        called = {"name": asked["tools"][0]["function"]["name"], "arguments": said}
        call = {"id": f"call_{number}", "type": "function", "function": called}
        message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call]}
    prompt_tokens, completion_tokens = question.n_chars // 4, max(1, len(said) // 4)
    return {
        "id": f"chatcmpl-{os.getpid()}-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": do.get("model", asked.get("model")),
        "choices": [{"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
        "system_fingerprint": do.get("fingerprint", "mock"),
    }


def _verdict(question: Question, p: float) -> str:
    first, second = question.labels
    if question.graded:
        return str(1 + round(9 * p))
    if question.five_way:
        verdicts = (
            f"{second}>>{first}",
            f"{second}>{first}",
            f"{first}={second}",
            f"{first}>{second}",
            f"{first}>>{second}",
        )
        return verdicts[min(4, int(5 * p))]
    return first if p >= 0.5 else second


def _logprobs(question: Question, p: float, mode: str | None) -> tuple[str, dict[str, Any] | None]:
    first, second = (_spelled(label, mode) for label in question.labels)
    likelier = first if p >= 0.5 else second
    if mode == "none":
        return likelier, None
    top = [(first, math.log(0.98 * p)), (second, math.log(0.98 * (1 - p))), ("The", -4.2), ("\n", -5.3)]
    if mode == "one_label":
        top = [entry for entry in top if entry[0] not in (first, second) or entry[0] == likelier]
    top.sort(key=lambda entry: -entry[1])
    sampled = {"token": likelier, "logprob": math.log(0.98 * max(p, 1 - p)), "bytes": None}
    kept = 0 if mode == "truncated" else question.document.get("top_logprobs", 0)
    entries = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in top[:kept]]
    return likelier, {"content": [{**sampled, "top_logprobs": entries}], "refusal": None}


def _spelled(label: str, mode: str | None) -> str:
    if mode == "lower":
        return label.lower()
    return f" {label}" if mode == "space" else label


@dataclass(frozen=True, slots=True)
class Rule:
    index: int
    when: Mapping[str, Any]
    do: Mapping[str, Any]
    name: str


@dataclass(slots=True)
class Arrival:
    """A request as it came in, and what the ledger will say of it."""

    seed: int
    index: int
    body: bytes
    client_id: str
    arrived: float
    since_first: float
    request: str
    attempt: int
    early: bool
    in_flight: int
    question: Question | None
    rule: Rule | None = None


_WHEN: Mapping[str, Callable[[Any, Arrival, Rule], bool]] = {
    "share": lambda value, a, rule: _uniform(a.seed, rule.index, a.request, a.attempt) < value,
    "attempts": lambda value, a, _: a.attempt in value,
    "from": lambda value, a, _: a.since_first >= value,
    "until": lambda value, a, _: a.since_first < value,
    "after": lambda value, a, _: a.index >= value,
    "count": lambda value, a, rule: a.index < rule.when.get("after", 0) + value,
    "contains": lambda value, a, _: value.encode() in a.body,
}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    billed: bool
    not_before: float | None = None


@dataclass(slots=True)
class Judge:
    """Reads requests, decides replies, and writes the ledger ahead of them."""

    ledger: int  # file descriptor, opened for appending
    rules: tuple[Rule, ...]
    seed: int
    latency: float
    origin: float
    loop: asyncio.AbstractEventLoop
    first_arrival: float | None = None
    n_arrived: int = 0
    in_flight: int = 0
    attempts: Counter[str] = field(default_factory=Counter)
    not_before: float = 0.0
    _announced: deque[tuple[float, float]] = field(default_factory=deque)
    _due: list[tuple["Connection", Arrival, Reply | None]] = field(default_factory=list)
    _recent: deque[tuple[str, dict[str, Any], str]] = field(default_factory=lambda: deque(maxlen=2))

    def now(self) -> float:
        return time.monotonic() - self.origin

    def take(self, connection: "Connection", body: bytes, client_id: str) -> None:
        """Note a request's arrival and set its reply going."""
        now = self.now()
        if self.first_arrival is None:
            self.first_arrival = now
        self.in_flight += 1
        request = hashlib.sha256(body).hexdigest()[:16]
        self.attempts[request] += 1
        arrival = Arrival(
            seed=self.seed,
            index=self.n_arrived,
            body=body,
            client_id=client_id,
            arrived=now,
            since_first=now - self.first_arrival,
            request=request,
            attempt=self.attempts[request],
            early=self._early(now),
            in_flight=self.in_flight,
            question=read_question(body),
        )
        self.n_arrived += 1
        if self.rules:
            arrival.rule = self._rule(arrival)
        delay = self.latency + (arrival.rule.do.get("delay", 0.0) if arrival.rule else 0.0)
        if delay > 0:
            self.loop.call_later(delay, self._answer, connection, arrival)
        else:
            self._answer(connection, arrival)

    def restore(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Take up where an earlier process with the same ledger and origin was killed."""
        self.n_arrived = len(lines)
        self.attempts.update(line["request"] for line in lines)
        self.first_arrival = min((line["arrived"] for line in lines), default=None)
        self.not_before = max((line["not_before"] or 0.0 for line in lines), default=0.0)

    def _early(self, now: float) -> bool:
        while self._announced and self._announced[0][0] + NOTICE_SECONDS <= now:
            self.not_before = max(self.not_before, self._announced.popleft()[1])
        return now < self.not_before

    def _rule(self, arrival: Arrival) -> Rule | None:
        for rule in self.rules:
            if all(_WHEN[key](value, arrival, rule) for key, value in rule.when.items()):
                return rule
        return None

    def _answer(self, connection: "Connection", arrival: Arrival) -> None:
        """Queue the reply behind its line; what is due in one tick shares one write."""
        if not self._due:
            self.loop.call_soon(self._send_due)
        do = arrival.rule.do if arrival.rule else {}
        unanswered = "silence" in do or do.get("reset") == "before_headers"
        self._due.append((connection, arrival, None if unanswered else self._reply(arrival, do)))

    def _send_due(self) -> None:
        due, self._due = self._due, []
        now = self.now()
        lines = b"".join(_line(now, arrival, reply) for _, arrival, reply in due)
        if os.write(self.ledger, lines) != len(lines):
            raise OSError("the ledger's disk is full")
        for connection, arrival, reply in due:
            if reply is not None and reply.not_before is not None:
                self._announced.append((now, reply.not_before))
            connection.deliver(reply, arrival.rule.do if arrival.rule else {})

    def _reply(self, arrival: Arrival, do: Mapping[str, Any]) -> Reply:
        question = arrival.question
        if question is None:
            return Reply(400, (), _error("expected messages", "invalid_request_error", None), billed=False)
        instruction, first, second = question.texts
        p = (
            _uniform(self.seed, instruction, first)
            if question.graded
            else p_first(self.seed, instruction, first, second)
        )
        sound = build_reply(question, p, number=arrival.index, do=do)
        if not self._recent or self._recent[-1][0] != arrival.request:
            self._recent.append((arrival.request, sound, arrival.client_id))
        if not do:
            echo = (("x-client-request-id", arrival.client_id),) if arrival.client_id else ()
            return Reply(200, echo, _dump(sound), billed=True)
        other = build_reply(question, 1 - p, number=arrival.index, do=do)
        return self._faulty(arrival, do, sound, other)

    def _faulty(self, arrival: Arrival, do: Mapping[str, Any], sound: dict[str, Any], other: dict[str, Any]) -> Reply:
        client_id = arrival.client_id
        if "crosswire" in do:
            for request, theirs, whose in self._recent:
                if request != arrival.request:
                    sound, client_id = theirs, whose
        headers = list(_pairs(do.get("headers", {})))
        if client_id:
            headers.append(("x-client-request-id", client_id))
        headers += [(f"X-Filler-{n}", str(n)) for n in range(do.get("many_headers", 0))]
        not_before = None
        if "retry_after" in do:
            header, not_before = self._retry_after(arrival, do["retry_after"])
            headers.append(header)
        reply = replace(_with_body(do, sound, other), not_before=not_before)
        return replace(reply, headers=(*headers, *reply.headers))

    def _retry_after(self, arrival: Arrival, wish: Mapping[str, Any]) -> tuple[tuple[str, str], float]:
        """The header, and the instant before which nothing may arrive."""
        low, high, form = wish["low"], wish["high"], wish.get("form", "seconds")
        u = _uniform(self.seed, "retry_after", arrival.request, arrival.attempt)
        if form == "date":
            wall = time.time()
            date = math.ceil(wall + low + (high - low) * u)
            return ("Retry-After", email.utils.formatdate(date, usegmt=True)), self.now() + date - wall
        if form == "ms":
            milliseconds = round(1000 * (low + (high - low) * u))
            return ("retry-after-ms", str(milliseconds)), self.now() + milliseconds / 1000
        whole = isinstance(low, int) and isinstance(high, int)
        seconds = low + int(u * (high - low + 1)) if whole else round(low + (high - low) * u, 3)
        return ("Retry-After", str(seconds)), self.now() + seconds


def _with_body(do: Mapping[str, Any], sound: dict[str, Any], other: dict[str, Any]) -> Reply:
    """Status and body, with the headers that the body needs."""
    status = do.get("status", 200)
    broken = "endless" in do or "reset" in do
    if "gzip_bomb" in do:
        return Reply(status, (("Content-Encoding", "gzip"),), _bomb(), billed=False)
    if "malformed" in do:
        kind = MALFORMED[do["malformed"]]
        billed = kind.billed and status == 200 and not broken
        return Reply(status, (("Content-Type", kind.content_type),), kind.body(sound, other), billed=billed)
    if "body" in do:
        body = (do["body"] or "").encode()
        return Reply(status, (), body, billed=status == 200 and not broken and _usable(body))
    if status != 200:
        return Reply(status, (), _error(f"mock failure {status}", *_KINDS.get(status, _OTHER_KIND)), billed=False)
    return Reply(200, (), _dump(sound), billed=not broken)


_KINDS: Mapping[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
_OTHER_KIND = ("server_error", None)


def _usable(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["choices"])
    except (ValueError, TypeError, KeyError):
        return False


def _line(now: float, arrival: Arrival, reply: Reply | None) -> bytes:
    entry = {
        "t": round(now, 6),
        "arrived": round(arrival.arrived, 6),
        "hash": canonical_hash(*arrival.question.texts) if arrival.question else arrival.request,
        "request": arrival.request,
        "attempt": arrival.attempt,
        "status": reply.status if reply else None,
        "billed": reply.billed if reply else False,
        "fault": arrival.rule.name if arrival.rule else None,
        "early": arrival.early,
        "in_flight": arrival.in_flight,
        "not_before": reply.not_before if reply else None,
    }
    return _dump(entry) + b"\n"


class Connection(asyncio.Protocol):
    """One keep-alive connection: reads a request, waits for its reply, reads the next."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._unread = bytearray()
        self._wanted = 0
        self._busy = False
        self._close = False
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        if self._task:
            self._task.cancel()
        self._done()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self._busy and len(self._unread) >= self._wanted:
            self._read()

    def _read(self) -> None:
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._unread[: end + 2])
        fields = {name.lower(): value for name, value in _FIELD.findall(head)}
        start = end + 4
        if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
            found = _dechunk(self._unread, start)
            if found is None:
                return
            body, stop = found
        else:
            stop = start + int(fields.get(b"content-length", 0))
            if len(self._unread) < stop:
                self._wanted = stop
                return
            body = bytes(self._unread[start:stop])
        del self._unread[:stop]
        self._wanted = 0
        self._close = fields.get(b"connection", b"").lower() == b"close"
        method, path = head.split(b" ", 2)[:2]
        if method != b"POST" or not path.endswith(b"/chat/completions"):
            self._write(Reply(404, (), _error("no such page", "invalid_request_error", None), billed=False))
            return
        self._busy = True
        self._judge.take(self, body, fields.get(b"x-client-request-id", b"").decode("latin-1"))

    def deliver(self, reply: Reply | None, do: Mapping[str, Any]) -> None:
        """Send the reply in the manner that the rule wants."""
        if self._transport.is_closing():
            self._done()
        elif reply is None:
            if "reset" in do:
                self._reset()
        elif "reset" in do:
            sent = len(reply.body) // 2 if do["reset"] == "mid_body" else 0
            self._transport.write(_head(reply, f"Content-Length: {len(reply.body)}") + reply.body[:sent])
            self._judge.loop.call_later(_RESET_AFTER, self._reset)
        elif "endless" in do:
            per_second = 100_000 if do["endless"] is True else do["endless"]
            self._stream(reply, "Transfer-Encoding: chunked", _endless(per_second), 0.01)
        elif "drip" in do:
            bytewise = (bytes((byte,)) for byte in reply.body)
            self._stream(reply, f"Content-Length: {len(reply.body)}", bytewise, do["drip"])
        elif "big" in do:
            size = max(do["big"], len(reply.body) + 16)
            self._stream(reply, f"Content-Length: {size}", _padded(reply.body, size), 0.0)
        else:
            self._write(reply)

    def _write(self, reply: Reply) -> None:
        self._transport.write(_head(reply, f"Content-Length: {len(reply.body)}") + reply.body)
        self._done()

    def _done(self) -> None:
        if self._busy:
            self._busy = False
            self._judge.in_flight -= 1
        if self._close:
            self._transport.close()
        elif self._unread and not self._transport.is_closing():
            self._judge.loop.call_soon(self.data_received, b"")

    def _reset(self) -> None:
        with contextlib.suppress(OSError):
            self._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        self._transport.abort()

    def _stream(self, reply: Reply, framing: str, parts: Iterator[bytes], pause: float) -> None:
        async def send() -> None:
            self._transport.write(_head(reply, framing))
            for part in parts:
                await asyncio.sleep(pause)
                await self._writable.wait()
                self._transport.write(part)
            self._done()

        self._task = self._judge.loop.create_task(send())


def _head(reply: Reply, framing: str) -> bytes:
    names = {name.lower() for name, _ in reply.headers}
    kind = "" if "content-type" in names else "Content-Type: application/json\r\n"
    more = "".join([f"{name}: {value}\r\n" for name, value in reply.headers])
    return f"HTTP/1.1 {reply.status} {_phrase(reply.status)}\r\n{kind}{framing}\r\n{more}\r\n".encode("latin-1")


@functools.cache
def _phrase(status: int) -> str:
    return http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else "Unknown"


def _dechunk(data: bytearray, start: int) -> tuple[bytes, int] | None:
    """A chunked body and the place of its end; None while it is incomplete."""
    parts: list[bytes] = []
    while (line := data.find(b"\r\n", start)) >= 0:
        size = int(data[start:line].split(b";")[0], 16)
        start, stop = line + 2, line + 2 + size
        if len(data) < stop + 2:
            return None
        if size == 0:
            return b"".join(parts), stop + 2
        parts.append(bytes(data[start:stop]))
        start = stop + 2
    return None


def _endless(per_second: float) -> Iterator[bytes]:
    size = max(1, int(per_second / 100))
    yield b"1\r\n{\r\n"
    while True:
        yield b"%x\r\n%b\r\n" % (size, b" " * size)


def _padded(body: bytes, size: int) -> Iterator[bytes]:
    """The body, an object, with one more string that fills it up to the size; written in pieces."""
    opening, rest = (b'{"padding":"', b'",' + body[1:]) if body.startswith(b"{") else (b"", body)
    left = size - len(opening) - len(rest)
    yield opening
    while left > 0:
        yield b"x" * min(left, _CHUNK)
        left -= _CHUNK
    yield rest


@functools.cache
def _bomb() -> bytes:
    """A sound reply behind 200 MB of padding, compressed: one block, repeated."""
    block = b"x" * 1_000_000
    choice = b'"choices":[{"index":0,"message":{"role":"assistant","content":"boom"},"finish_reason":"stop"}]'
    opening, rest = b'{"padding":"', b'",' + choice + b"}"
    checksum = zlib.crc32(opening)
    for _ in range(BOMB_BYTES // len(block)):
        checksum = zlib.crc32(block, checksum)
    checksum = zlib.crc32(rest, checksum)
    size = len(opening) + BOMB_BYTES + len(rest)
    packed = [_deflated(opening), _deflated(block) * (BOMB_BYTES // len(block)), _deflated(rest, zlib.Z_FINISH)]
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + b"".join(packed) + struct.pack("<II", checksum, size)


def _deflated(data: bytes, flush: int = zlib.Z_FULL_FLUSH) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(flush)


def _pairs(headers: Mapping[str, str] | Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        yield name, str(value)


def _uniform(*parts: object) -> float:
    return int.from_bytes(_digest(*parts)[:7], "big") / (1 << 56)


def _digest(*parts: object) -> bytes:
    """SHA-256 of several texts, each under its length so that none runs into the next."""
    digest = hashlib.sha256()
    for part in parts:
        data = str(part).encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _rules(script: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    check_script(script)
    return tuple(
        Rule(index, rule.get("when", {}), rule.get("do", {}), rule.get("name") or "+".join(rule.get("do", {})))
        for index, rule in enumerate(script)
    )


def _open_ledger(path: Path) -> tuple[int, list[dict[str, Any]]]:
    """The ledger's descriptor and complete lines; a torn last line is cut off."""
    ledger = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    whole, newline, _ = path.read_bytes().rpartition(b"\n")
    os.ftruncate(ledger, len(whole) + len(newline))
    return ledger, [json.loads(line) for line in whole.splitlines()]


async def _serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    script = json.loads(options.script.read_text()) if options.script else []
    ledger, lines = _open_ledger(options.ledger)
    judge = Judge(ledger, _rules(script), options.seed, options.latency, options.origin, loop)
    judge.restore(lines)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: Connection(judge), "127.0.0.1", options.port, backlog=4096)

    def wait_for_parent() -> None:
        while os.read(0, 4096):
            pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait_for_parent, daemon=True).start()
    sys.stdout.write(json.dumps({"port": server.sockets[0].getsockname()[1]}) + "\n")
    sys.stdout.flush()
    await stop.wait()


def main() -> None:
    """Serve until SIGTERM comes or stdin closes."""
    parser = argparse.ArgumentParser(prog="python -m tests.mock_judge", description="A scripted judge on loopback.")
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--script", type=Path)
    parser.add_argument("--origin", type=float, default=time.monotonic(), help="instant that the ledger calls zero")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
