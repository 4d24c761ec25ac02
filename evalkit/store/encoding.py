"""Encodes replies, requests, judges and places as the text of a row, and decodes them."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.redaction import Redactor, redact_document, watch_variables
from evalkit.types import (
    ChatReply,
    ChatRequest,
    JudgeConfig,
    Labels,
    ModelConfig,
    Order,
    Prices,
    RateLimits,
    Slot,
    Tls,
)

# what the judge reads: a word that only looks like a key stays
_CONTENT = ("prompt_text", "system")
# names in these are a parser's or an author's own
_NAMED_BY_AUTHORS = ("parser_options", "answer_schema", "labels")
_NOT_STORED = ("headers", "tls", "in_process", "file")
# a user and password in an address
_USER = re.compile(r"//[^/@]*@")
_FIELDS = tuple(field.name for field in dataclasses.fields(Slot))
# the checksum covers these only where they are known, so that places of earlier layouts keep their checksum
_BLANKS = ("baseline_blanks", "candidate_blanks")
_COVERED = tuple(name for name in _FIELDS if name not in _BLANKS)
_MEASURES = ("baseline_measures", "candidate_measures")
# json.dumps would make this anew for every row; a damaged cell may have turned into bytes
_COVER = json.JSONEncoder(default=repr).encode


def encode_reply(reply: ChatReply, redactor: Redactor) -> str:
    """A reply as text, without secrets."""
    # plain ASCII: a lone surrogate in a reply must not end the run
    fields = {field.name: getattr(reply, field.name) for field in dataclasses.fields(reply)}
    del fields["body"]  # in a column of its own, because reading verdicts does not need it
    return redactor.content(json.dumps(fields, ensure_ascii=True))


def decode_reply(text: str) -> ChatReply:
    fields = json.loads(text)
    positions = fields.pop("top_logprobs")
    logprobs = tuple(tuple((token, value) for token, value in position) for position in positions)
    return ChatReply(top_logprobs=logprobs, **fields)


def exchange_digest(request: object, body: object) -> str:
    """A digest of what was sent and of the endpoint's answer to the letter, which reading a verdict does not need."""
    return hashlib.sha256(_COVER([request, body]).encode()).hexdigest()[:16]


def reply_checksum(key: object, text: object, exchange: object) -> str:
    """A checksum of a reply; `exchange`, a digest, stands for the columns that are read only when they are shown."""
    return hashlib.sha256(f"{key}\n{text}\n{exchange}".encode()).hexdigest()[:16]


def whole_reply(row: Mapping[Any, Any]) -> bool:
    """True if every column of a stored reply that a checksum covers is as it was written."""
    fits = row["exchange"] == exchange_digest(row["request"], row["body"])
    return bool(fits and row["checksum"] == reply_checksum(row["key"], row["reply"], row["exchange"]))


def encode_request(request: ChatRequest, redactor: Redactor) -> str:
    """A request as text, without secrets: its key was drawn before from all that was sent."""
    messages = [[message.role, message.content] for message in request.messages]
    parameters = redact_document(request.parameters, redactor)
    return redactor.content(json.dumps({"model": request.model, "messages": messages, "parameters": parameters}))


def encode_config(config: ModelConfig, redactor: Redactor) -> str:
    """A judge or a model as text, without secrets, wherever its author wrote them."""
    fields = dataclasses.asdict(dataclasses.replace(config, in_process=None))
    if config.base_url is not None:
        fields["base_url"] = _USER.sub("//", config.base_url)
    for name in _NOT_STORED:  # headers and files of keys may carry secrets and decide no verdict
        del fields[name]
    for name, value in fields.items():
        if name not in (*_CONTENT, *_NAMED_BY_AUTHORS):
            fields[name] = redact_document(value, redactor)
    return redactor.content(json.dumps(fields, sort_keys=True))


def decode_config(text: str) -> ModelConfig:
    """Decode a judge, or a model that gave answers: only a judge has a parser."""
    fields = json.loads(text)
    watch_variables([str(fields.get("key_variable"))])
    prices = fields.pop("prices")
    fields["prices"] = Prices(**prices) if prices else None
    fields["rates"] = RateLimits(**fields.pop("rates", {}))
    if "parser" not in fields:
        return ModelConfig(tls=Tls(), **fields)
    return JudgeConfig(tls=Tls(), labels=tuple(fields.pop("labels", ())), **fields)


def config_checksum(digest: object, name: object, text: object) -> str:
    """A checksum that covers prices and names as well: a flipped one would change a cost or a board."""
    return hashlib.sha256(f"{digest}\n{name}\n{text}".encode()).hexdigest()[:16]


def encode_slot(slot: Slot) -> dict[str, Any]:
    row = {name: getattr(slot, name) for name in _FIELDS}
    labels = slot.labels
    # as a database returns it: a whole number would be another text to a checksum
    row["recorded"] = None if slot.recorded is None else float(slot.recorded)
    assert slot.order is not None
    row["order"] = slot.order.value
    row["labels"] = None if labels is None else json.dumps([labels.first, labels.second, labels.tie])
    for name in _MEASURES:
        row[name] = json.dumps(dict(row[name]), sort_keys=True) if row[name] else None
    return row


def decode_slot(row: Mapping[Any, Any]) -> Slot:
    fields = {name: row[name] for name in _FIELDS}
    labels = fields.pop("labels")
    fields["order"] = Order(fields["order"])
    for name in _MEASURES:
        fields[name] = json.loads(fields[name]) if fields[name] else {}
    return Slot(labels=None if labels is None else Labels(*json.loads(labels)), **fields)


def slot_checksum(slot: Slot) -> str:
    """A checksum of every field of a place: a flipped order or length would change a number without a trace."""
    return place_checksum(encode_slot(slot))


def place_checksum(row: Mapping[Any, Any], *, fields: Sequence[str] = _COVERED) -> str:
    """The same checksum for a stored row, which may be too damaged to decode; `fields` are those of its layout."""
    values = [row[name] for name in fields]
    if known := {name: row[name] for name in _BLANKS if row.get(name) is not None}:
        values.append(known)
    return hashlib.sha256(_COVER(values).encode()).hexdigest()[:16]


def document_checksum(format: object, kind: object, name: object, heading: object) -> str:  # noqa: A002
    """A checksum that covers a document's names as well: under another name it would be another file."""
    return hashlib.sha256(f"{format}\n{kind}\n{name}\n{heading}".encode()).hexdigest()[:16]


def record_checksum(
    format: object,  # noqa: A002
    kind: object,
    name: object,
    position: object,
    record: object,
) -> str:
    """A checksum that covers a record's position as well: swapped records would make another file."""
    return hashlib.sha256(f"{format}\n{kind}\n{name}\n{position}\n{record}".encode()).hexdigest()[:16]
