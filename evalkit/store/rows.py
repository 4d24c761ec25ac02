"""Replies, requests, judges and places as the text that a row holds, and back."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from evalkit.types import Asked, ChatReply, ChatRequest, JudgeConfig, Labels, Order, Prices, Rates, Tls

_NOT_STORED = ("headers", "tls")
# a user and password in an address
_USER = re.compile(r"//[^/@]*@")
_FIELDS = tuple(field.name for field in dataclasses.fields(Asked))


def encode_reply(reply: ChatReply) -> str:
    # plain ASCII: a lone surrogate in a reply must not end the run
    fields = {field.name: getattr(reply, field.name) for field in dataclasses.fields(reply)}
    del fields["body"]  # in a column of its own, as reading verdicts does not need it
    return json.dumps(fields, ensure_ascii=True)


def decode_reply(text: str) -> ChatReply:
    fields = json.loads(text)
    positions = fields.pop("top_logprobs")
    logprobs = tuple(tuple((token, value) for token, value in position) for position in positions)
    return ChatReply(top_logprobs=logprobs, **fields)


def reply_checksum(key: object, text: object) -> str:
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()[:16]


def encode_request(request: ChatRequest) -> str:
    messages = [[message.role, message.content] for message in request.messages]
    return json.dumps({"model": request.model, "messages": messages, "parameters": dict(request.parameters)})


def encode_config(config: JudgeConfig) -> str:
    fields = dataclasses.asdict(config)
    if config.base_url is not None:
        fields["base_url"] = _USER.sub("//", config.base_url)
    for name in _NOT_STORED:  # they may carry secrets and decide no verdict
        del fields[name]
    return json.dumps(fields, sort_keys=True)


def decode_config(text: str) -> JudgeConfig:
    fields = json.loads(text)
    prices = fields.pop("prices")
    rates = Rates(**fields.pop("rates", {}))
    return JudgeConfig(prices=Prices(**prices) if prices else None, rates=rates, tls=Tls(), **fields)


def config_checksum(digest: object, name: object, text: object) -> str:
    """Covers what the digest leaves out as well: a flipped price would change a cost, a flipped name a board."""
    return hashlib.sha256(f"{digest}\n{name}\n{text}".encode()).hexdigest()[:16]


def encode_asked(asked: Asked) -> dict[str, Any]:
    row = {name: getattr(asked, name) for name in _FIELDS}
    labels = asked.labels
    row["order"] = asked.order.value
    row["labels"] = None if labels is None else json.dumps([labels.first, labels.second, labels.tie])
    return row


def decode_asked(row: Mapping[Any, Any]) -> Asked:
    fields = {name: row[name] for name in _FIELDS}
    labels = fields.pop("labels")
    fields["order"] = Order(fields["order"])
    return Asked(labels=None if labels is None else Labels(*json.loads(labels)), **fields)


def asked_checksum(asked: Asked) -> str:
    """Covers every field of a place: a flipped order or length would change a number without a trace."""
    return place_checksum(encode_asked(asked))


def place_checksum(row: Mapping[Any, Any]) -> str:
    """The same of a row as it is stored, which may be damaged beyond decoding."""
    # a damaged cell may have turned into bytes
    values = json.dumps([row[name] for name in _FIELDS], default=repr)
    return hashlib.sha256(values.encode()).hexdigest()[:16]
