"""What was sent for a reply."""

import sqlalchemy as sa

from evalkit.store import Batch, Store
from evalkit.store.requests import sent
from evalkit.store.tables import reply_table
from evalkit.types import ChatReply, ChatRequest, Message

MESSAGES = (Message("system", "Be fair."), Message("user", "é \u2028"))


def test_the_messages_of_stored_replies_are_found_by_key(store: Store) -> None:
    requests = [ChatRequest(f"k{n}", "m", MESSAGES if n else (), {}) for n in range(1200)]
    store.commit(Batch(replies=[(one, ChatReply("x")) for one in requests]))
    found = sent(store, [one.key for one in requests] + ["unknown"])
    assert len(found) == 1200
    assert (found["k0"].messages, found["k1"].messages) == ((), MESSAGES)
    assert found["k1"].created.startswith("20")


def test_a_damaged_request_is_left_out(store: Store) -> None:
    store.commit(Batch(replies=[(ChatRequest(key, "m", MESSAGES, {}), ChatReply("x")) for key in "abc"]))
    with store.transaction() as connection:
        connection.execute(sa.update(reply_table).where(reply_table.c.key == "a").values(request="{"))
        connection.execute(sa.update(reply_table).where(reply_table.c.key == "b").values(request='{"messages": [1]}'))
    assert sent(store, "abc").keys() == {"c"}
