"""Several processes on one store, clocks that jump, and disks without room."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.engine.task import Posed
from evalkit.errors import StoreError, StoreFull
from evalkit.store import Batch, Store, leases, open_store, reserve
from evalkit.store.database import BARE
from evalkit.store.leases import SILENT_SECONDS
from evalkit.store.upkeep import check
from evalkit.types import ChatReply
from tests.rig import REPOSITORY
from tests.store.filling import batch, open_work, reply_to, url, work
from tests.store.test_database import execute
from tests.store.test_opening import dead_pid


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Iterator[Store]:
    """The same store, as another process has it open."""
    with open_store(url(tmp_path / "store.db")) as opened:
        yield opened


def wanted(posed: list[Posed]) -> Batch:
    return Batch(wanted=[one.request.key for one in posed])


def n_leases(store: Store) -> int:
    with store.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM leases")).scalar_one())


def test_what_one_run_claims_is_held_for_the_other_until_it_is_answered(store: Store, other: Store) -> None:
    planned = work(store, 11)
    posed = open_work(store, planned)
    store.enter("one", concurrency=4)
    other.enter("two", concurrency=4)
    assert store.commit(wanted(posed[:6])).held == set()
    claimed = other.commit(wanted(posed))
    assert claimed.held == {one.request.key for one in posed[:6]}
    store.commit(batch(planned, posed[:3]))
    claimed = other.commit(wanted(posed))
    assert set(claimed.stored) == {one.request.key for one in posed[:3]}
    assert claimed.held == {one.request.key for one in posed[3:6]}


def test_what_failed_or_was_given_back_is_free_for_the_other(store: Store, other: Store) -> None:
    posed = open_work(store, work(store, 5))
    store.enter("one", concurrency=4)
    other.enter("two", concurrency=4)
    store.commit(wanted(posed))
    store.commit(Batch(failures=[(posed[0].request, "rejected")]))
    assert other.commit(wanted(posed)).held == {one.request.key for one in posed[1:]}
    store.leave()
    assert other.commit(wanted(posed)).held == set()
    assert n_leases(store) == 4


def test_the_leases_of_a_dead_process_of_this_machine_are_free_at_once(
    store: Store, other: Store, tmp_path: Path
) -> None:
    posed = open_work(store, work(store, 7))
    store.enter("dead", concurrency=4)
    store.commit(wanted(posed))
    execute(tmp_path / "store.db", f"UPDATE owners SET pid = {dead_pid()}")
    # six were claimed, and no more than four were under way
    assert other.enter("live", concurrency=4) == 4
    assert other.commit(wanted(posed)).held == set()


def test_the_leases_of_another_machine_are_free_when_it_has_been_silent_for_long(
    store: Store, other: Store, tmp_path: Path
) -> None:
    posed = open_work(store, work(store, 7))
    store.enter("far", concurrency=4)
    store.commit(wanted(posed))
    for seconds, held in ((SILENT_SECONDS - 5, 6), (SILENT_SECONDS + 1, 0), (-3600, 0)):
        beat = time.time() - seconds
        execute(
            tmp_path / "store.db", f"UPDATE owners SET host = 'elsewhere', pid = 1, beat = {beat} WHERE owner = 'far'"
        )
        with open_store(url(tmp_path / "store.db")) as looking, looking.connect() as connection:
            assert ("far" in leases.live_owners(connection)) == bool(held)
    other.enter("live", concurrency=4)
    assert other.commit(wanted(posed)).held == set()


def test_a_run_that_was_taken_for_dead_shows_itself_again(store: Store, other: Store, tmp_path: Path) -> None:
    store.enter("slept", concurrency=4)
    execute(tmp_path / "store.db", "UPDATE owners SET beat = 0")
    other.enter("live", concurrency=4)
    store.beat()
    assert check(other).n_live_runs == 2


def test_a_late_reply_to_what_another_run_has_answered_counts_as_duplicate_and_changes_nothing(
    store: Store, other: Store, tmp_path: Path
) -> None:
    planned = work(store, 3)
    posed = open_work(store, planned)
    store.enter("slept", concurrency=4)
    store.commit(wanted(posed))
    execute(tmp_path / "store.db", "UPDATE owners SET beat = 0")
    other.enter("live", concurrency=4)
    assert other.commit(wanted(posed)).held == set()
    assert other.commit(batch(planned, posed)).duplicates == set()
    late = [(one.request, ChatReply("another answer")) for one in posed]
    assert len(store.commit(Batch(replies=late)).duplicates) == 2
    assert store.replies([posed[0].request.key]) == {posed[0].request.key: reply_to(posed[0])}


def test_a_reply_that_comes_twice_in_one_batch_is_kept_once(store: Store) -> None:
    (posed,) = open_work(store, work(store))
    twice = [(posed.request, reply_to(posed)), (posed.request, ChatReply("another answer"))]
    assert len(store.commit(Batch(replies=twice)).duplicates) == 1
    assert store.replies([posed.request.key]) == {posed.request.key: reply_to(posed)}


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_doubles_no_row(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    planned = work(store, 11)
    posed = open_work(store, planned)
    store.enter("one", concurrency=16)
    other.enter("two", concurrency=16)
    store.commit(wanted(posed))
    now = time.time
    monkeypatch.setattr("evalkit.store.leases.time.time", lambda: now() + 3600 * hours)
    # each takes the other for dead until it beats again, so both ask
    assert other.commit(wanted(posed)).held == set()
    assert store.commit(batch(planned, posed)).duplicates == set()
    assert len(other.commit(batch(planned, posed)).duplicates) == 10
    store.beat()
    other.beat()
    checked = check(store)
    assert (checked.n_replies, checked.n_places, checked.n_live_runs, checked.sound) == (10, 11, 2, True)


CLAIMER = """
import sys
from evalkit.store import Batch, open_store
from tests.store.filling import batch, open_work, url, work
with open_store(sys.argv[1]) as store:
    planned = work(store, 61)
    posed = open_work(store, planned)
    store.enter(sys.argv[2], concurrency=4)
    asked = []
    for first in range(0, 60, 4):
        some = posed[first : first + 4]
        claimed = store.commit(Batch(wanted=[one.request.key for one in some]))
        mine = [one for one in some if one.request.key not in claimed.held | claimed.stored.keys()]
        asked += [one.request.key for one in mine]
        assert store.commit(batch(planned, mine)).duplicates == set()
    store.leave()
print(" ".join(asked))
"""


def test_processes_that_claim_side_by_side_never_ask_the_same_question(store: Store, tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLAIMER, url(tmp_path / "store.db")]
    running = [
        subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) for name in ("one", "two")
    ]
    asked = [process.communicate(timeout=60)[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert len(asked[0]) + len(asked[1]) == len({*asked[0], *asked[1]}) == 60
    checked = check(store)
    assert (checked.n_replies, checked.n_dead_runs, checked.sound) == (60, 0, True)


# room


def test_a_database_that_may_not_grow_keeps_what_it_has_and_says_what_room_there_is(
    store: Store, tmp_path: Path
) -> None:
    planned = work(store, 400)
    posed = open_work(store, planned)
    store.commit(batch(planned, posed[:20]))
    with store._engine.execution_options(**{BARE: True}).connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(
        StoreFull, match=r"store\.db: database or disk is full\. [\d,]+ bytes are free there\. Make room"
    ):
        store.commit(batch(planned, posed[20:]))
    with open_store(url(tmp_path / "store.db")) as again:
        assert len(again.replies(one.request.key for one in posed)) == 20
        assert check(again).sound
        # and with room again it goes on
        assert again.commit(batch(planned, posed[20:])).duplicates == set()


@pytest.mark.parametrize("action", ["enospc", "eio"])
def test_a_disk_that_fails_before_the_commit_keeps_nothing_of_the_batch(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    from evalkit import faults

    planned = work(store, 11)
    posed = open_work(store, planned)
    store.commit(batch(planned, posed[:4]))
    monkeypatch.setattr(faults, "_reached", type(faults._reached)(faults._reached.default_factory))
    monkeypatch.setenv("EVALKIT_FAULT", f"before_commit:1:{action}")
    with pytest.raises(StoreFull, match=r"store\.db: cannot be written: .*[\d,]+ bytes are free there"):
        store.commit(batch(planned, posed[4:]))
    assert len(store.replies(one.request.key for one in posed)) == 4
    assert store.commit(batch(planned, posed[4:])).duplicates == set()


LIMITED = """
import resource, signal, sys
from evalkit.errors import StoreFull
from evalkit.store import open_store
from tests.store.filling import batch, open_work, work
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_store(sys.argv[1]) as store:
    planned = work(store, 401)
    posed = open_work(store, planned)
    store.commit(batch(planned, posed[:20]))
    size = store.path.stat().st_size + 8192
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        store.commit(batch(planned, posed[20:]))
    except StoreFull as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(len(store.replies(one.request.key for one in posed)))
    print(len(store.commit(batch(planned, posed[20:])).duplicates))
"""


@pytest.mark.skipif(os.name != "posix", reason="needs limits on file sizes")
def test_a_file_that_may_not_grow_keeps_what_it_has(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, url(tmp_path / "store.db")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said, kept, duplicates = done.stdout.splitlines()
    assert "store.db: " in said
    assert "bytes are free there. Make room" in said
    assert (kept, duplicates) == ("20", "0")


def test_one_object_serves_one_run_at_a_time(store: Store) -> None:
    store.enter("one", concurrency=4)
    with pytest.raises(StoreError, match="Open the store once for each run"):
        store.enter("two", concurrency=4)
    store.leave()
    store.enter("two", concurrency=4)


def test_room_set_aside_is_given_back_once(store: Store, tmp_path: Path) -> None:
    store.reserve.set_aside()
    assert (tmp_path / f"store.db-reserve-{os.getpid()}").stat().st_size == reserve.RESERVE_BYTES
    assert store.reserve.release()
    assert not store.reserve.release()
    assert store.reserve.left_behind() == []


def test_a_store_that_is_locked_for_too_long_says_so(
    store: Store, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with other._engine.execution_options(**{BARE: True}).connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    with store.transaction(), pytest.raises(StoreError, match="locked"):
        other.beat()
