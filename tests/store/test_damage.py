"""A damaged file is either read as it was, or it is told that it is damaged: no number changes without a word."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from evalkit.errors import StoreError
from evalkit.judging.annotations import UNASKED, annotate_all
from evalkit.store import UNREADABLE, Batch, Store, open_store
from evalkit.store.database import DAMAGED_FAILURE, DAMAGED_REPLY
from evalkit.store.upkeep import check, repair
from evalkit.types import Annotation
from tests.store.filling import BENCHMARK, batch, fill, open_work, url, work

STEP = 97


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small store with something in every table."""
    path = tmp_path_factory.mktemp("sound") / "store.db"
    with open_store(url(path)) as store:
        fill(store, 12)
        planned = work(store, 8, model="other")
        posed = open_work(store, planned)
        answered = batch(planned, posed[:5])
        answered.failures = [(posed[0].request, UNREADABLE), (posed[5].request, "rejected")]
        answered.places.append((planned.digest, posed[5].slot))
        store.enter("a run", concurrency=2)
        answered.wanted = [posed[6].request.key]
        store.commit(answered)
    return path


def flips(content: bytes) -> Iterator[tuple[str, bytes]]:
    for offset in range(0, len(content), STEP):
        # nobody reads what a page has not used yet
        if not any(content[max(0, offset - 16) : offset + 16]):
            continue
        for mask in (0x01, 0x80):
            changed = bytearray(content)
            changed[offset] ^= mask
            yield f"byte {offset} ^ {mask:#x}", bytes(changed)


def truncations(content: bytes) -> Iterator[tuple[str, bytes]]:
    for length in range(0, len(content), 1499):
        yield f"cut to {length} bytes", content[:length]


def annotations(path: Path) -> list[Annotation]:
    with open_store(url(path)) as store:
        return [
            annotation
            for config in store.judges()
            for annotation in annotate_all(store.answered(config.digest, benchmark=BENCHMARK), config)
        ]


def judge(path: Path, before: list[Annotation]) -> str:
    """`same`, `refused`, or `quarantined` where a lost reply is told at its place; anything else is a fault.

    Errors of other kinds pass.
    """
    try:
        after = annotations(path)
    except StoreError as error:
        said = str(error)
        return "refused" if said.startswith(str(path)) and "\n" not in said else f"not one line about it: {said}"
    if after == before:
        return "same"
    if [one.slot for one in after] != [one.slot for one in before]:
        return "places changed"
    for old, new in zip(before, after, strict=True):
        told = new.preference is None and new.failure in (DAMAGED_REPLY, DAMAGED_FAILURE, UNASKED)
        # the reason of a failure decides nothing
        if not (old == new or told or (old.preference is None and new.preference is None)):
            return f"{old} became {new}"
    return "quarantined"


@pytest.mark.parametrize("damaged", [flips, truncations])
def test_no_damaged_byte_changes_a_verdict_without_a_word(
    sound: Path, tmp_path: Path, damaged: Callable[[bytes], Iterator[tuple[str, bytes]]]
) -> None:
    before = annotations(sound)
    path = tmp_path / "damaged.db"
    path.touch(mode=0o600)
    outcomes: Counter[str] = Counter()
    for what, content in damaged(sound.read_bytes()):
        path.write_bytes(content)
        outcome = judge(path, before)
        assert outcome in ("same", "refused", "quarantined"), f"{what}: {outcome}"
        outcomes[outcome] += 1
        for beside in tmp_path.glob("damaged.db-*"):
            beside.unlink()
    assert outcomes["refused"] > 5


@pytest.mark.parametrize("table", ["replies", "asked", "judges"])
def test_what_a_check_finds_a_repair_takes_away_and_a_run_fills_again(sound: Path, tmp_path: Path, table: str) -> None:
    before = annotations(sound)
    path = tmp_path / "damaged.db"
    shutil.copy(sound, path)
    with open_store(url(path)) as store:
        # nobody reads what stands in cells that were given up
        store.vacuum()
    content = path.read_bytes()
    # as rows have it, and no index
    needle = {"replies": b"Because of 3", "asked": b"candidate_firstpairwise_label", "judges": b"bracket_label"}[table]
    offset = content.index(needle) + 3
    path.write_bytes(content[:offset] + b"#" + content[offset + 1 :])
    with open_store(url(path)) as store:
        found = check(store)
        assert [one.table for one in found.damaged] == [table]
        with store.transaction() as connection:
            connection.execute(sa.text("UPDATE owners SET beat = 0"))
        assert repair(store).n_repaired >= 1
        assert check(store).sound
        refill(store)
    assert annotations(path) == before


def refill(store: Store) -> None:
    fill(store, 12)
    planned = work(store, 8, model="other")
    posed = open_work(store, planned)
    answered = batch(planned, posed[:5])
    store.commit(Batch(answered.replies, [], [*answered.places, (planned.digest, posed[5].slot)]))
