"""The requests behind replies, as the store keeps them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from evalkit.store.database import Store
from evalkit.store.tables import chunks, reply_table
from evalkit.types import Message


@dataclass(frozen=True, slots=True)
class Sent:
    """The messages of a request, none for an offline judge, and the time when its reply was stored (ISO 8601)."""

    messages: tuple[Message, ...]
    created: str


def sent(store: Store, keys: Iterable[str]) -> dict[str, Sent]:
    """The requests among `keys` whose reply is stored, without damaged ones, as no verdict depends on them."""
    columns = reply_table.c
    query = sa.select(columns.key, columns.request, columns.created)
    found = {}
    with store.connect() as connection:
        for chunk in chunks(keys):
            for key, request, created in connection.execute(query.where(columns.key.in_(chunk))):
                messages = _messages(request)
                if messages is not None:
                    found[key] = Sent(messages, str(created))
    return found


def _messages(request: str) -> tuple[Message, ...] | None:
    try:
        return tuple(Message(str(role), str(content)) for role, content in json.loads(request)["messages"])
    except (ValueError, TypeError, KeyError):
        return None
