import dataclasses
import os
import sqlite3
from pathlib import Path

import pytest

from evalkit.clients.base import Endpoint
from evalkit.config import read_judge
from evalkit.errors import StoreError
from evalkit.judge import Plan, balanced_orders, plan_comparison
from evalkit.pairing import pair_exactly
from evalkit.store import Store, open_store, store_exists
from evalkit.types import Asked, ChatReply, ChatRequest
from tests.builders import output_set

CONFIG = read_judge("pairwise_label")
REPLY = ChatReply("[[K]]\ud800\0é", ((("K", -0.1), ("T", -2.5)),), "stop", 10, 1, "served-model", 0.25)


def planned(secret: bytes, texts: list[str]) -> tuple[list[ChatRequest], list[Asked]]:
    pairing = pair_exactly(output_set("base", ["b"] * len(texts)), output_set("cand", texts))
    orders = balanced_orders((one.key for one in pairing.comparisons), seed=0)
    plan = Plan("bench", orders, 1, secret)
    endpoint = Endpoint("host/v1")
    places = [one for comparison in pairing.comparisons for one in plan_comparison(comparison, CONFIG, endpoint, plan)]
    return [one.request for one in places if one.request is not None], [one.asked for one in places]


def test_a_reply_comes_back_as_it_went_in_surrogates_included(store: Store) -> None:
    requests, _ = planned(store.secret, ["x"])
    store.put([(requests[0], REPLY)])
    assert store.replies([requests[0].key]) == {requests[0].key: REPLY}


def test_the_endpoints_answer_is_kept_to_the_letter(store: Store) -> None:
    requests, _ = planned(store.secret, ["x", "y"])
    body = '{"choices": [ ],\n "odd": "\ud800"}'
    store.put([(requests[0], dataclasses.replace(REPLY, body=body)), (requests[1], REPLY)])
    assert store.body(requests[0].key) == body
    assert store.body(requests[1].key) is None


def test_a_reopened_store_has_the_same_secret_and_replies(store: Store, tmp_path: Path) -> None:
    requests, _ = planned(store.secret, ["x"])
    store.put([(requests[0], REPLY)])
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as again:
        assert again.secret == store.secret
        assert set(again.replies([requests[0].key])) == {requests[0].key}


def test_a_failure_is_kept_with_its_reason_and_never_served(store: Store) -> None:
    requests, asked = planned(store.secret, ["x"])
    store.record(CONFIG, asked)
    store.put([], [(requests[0], "first"), (requests[0], "latest")])
    assert store.replies([requests[0].key]) == {}
    ((_, reply, failure), *_) = [
        row for row in store.answered(CONFIG.digest, benchmark="bench") if row[0].reply_key == requests[0].key
    ]
    assert reply is None
    assert failure == "latest"


def test_one_flipped_byte_in_a_stored_reply_is_noticed_and_the_reply_asked_for_anew(
    store: Store, tmp_path: Path
) -> None:
    requests, _ = planned(store.secret, ["x"])
    store.put([(requests[0], REPLY)])
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE replies SET reply = replace(reply, '[[K]]', '[[T]]')")
    connection.close()
    assert store.replies([requests[0].key]) == {}
    store.put([(requests[0], REPLY)])
    assert store.replies([requests[0].key]) == {requests[0].key: REPLY}


def test_a_new_run_replaces_what_the_same_model_was_asked_before(store: Store) -> None:
    _, first = planned(store.secret, ["x", "y", "z"])
    store.record(CONFIG, first)
    _, second = planned(store.secret, ["x", "changed"])
    store.record(CONFIG, second)
    rows = store.answered(CONFIG.digest, benchmark="bench")
    assert {row[0] for row in rows} == set(second)


def test_the_judge_comes_back_without_its_headers(store: Store) -> None:
    _, asked = planned(store.secret, ["x"])
    store.record(CONFIG, asked)
    assert store.judges() == [CONFIG]


def test_the_file_is_readable_by_its_owner_only(store: Store, tmp_path: Path) -> None:
    assert os.stat(tmp_path / "store.db").st_mode & 0o077 == 0


def test_every_commit_is_forced_to_disk_with_a_journal_that_the_library_can_be_trusted_with(store: Store) -> None:
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        journal = "wal" if sqlite3.sqlite_version_info >= (3, 51, 3) else "truncate"
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == journal


def test_a_failed_commit_keeps_nothing_of_the_batch(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    requests, _ = planned(store.secret, ["x", "y"])
    bad = ChatRequest("k", "m", (), {}, requests[1].question)
    with pytest.raises(StoreError, match="store.db"):
        store.put([(requests[0], REPLY)], [(bad, None)])  # type: ignore[list-item]
    assert store.replies([requests[0].key]) == {}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"not a database, but long enough to be looked at" * 40), "not a database"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: sqlite3.connect(path).execute("CREATE TABLE other (x)").connection.close(), "not evalkit's"),
    ],
)
def test_what_is_no_store_is_refused_by_name(tmp_path: Path, make: object, said: str) -> None:
    path = tmp_path / "odd.db"
    make(path)  # type: ignore[operator]
    with pytest.raises(StoreError, match=said) as error:
        open_store(f"sqlite:///{path}")
    assert str(path) in str(error.value)


def test_a_store_of_a_newer_version_is_refused(store: Store, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    connection.close()
    with pytest.raises(StoreError, match="version 99"):
        open_store(f"sqlite:///{tmp_path / 'store.db'}")


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(StoreError, match="not a database address"):
        open_store("results.db")


def test_asking_whether_a_store_exists_makes_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none' / 'store.db'}"
    assert not store_exists(url)
    assert not (tmp_path / "none").exists()
