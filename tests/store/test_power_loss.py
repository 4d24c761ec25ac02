"""What is left after a power cut: a trace of all writes is replayed into every state that a disk may be found in."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from evalkit.errors import StoreError
from evalkit.store import open_store
from tests.rig import REPOSITORY
from tests.store.filling import url

SECTOR = 512
ACKNOWLEDGED = "acknowledged"
# commits a batch at a time and, when the store says that it is on disk, writes the keys down
CHILD = """
import sys
from pathlib import Path
from evalkit.store import open_store
from evalkit.store.database import BARE
from tests.store.filling import batch, open_work, url, work
folder, n, synchronous = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with open_store(url(folder / "store.db")) as store, open(folder / "acknowledged", "ab", buffering=0) as told:
    planned = work(store, 3 * n + 1)
    posed = open_work(store, planned)
    with store._engine.execution_options(**{BARE: True}).connect() as connection:
        connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
    store.enter("run", concurrency=4)
    for first in range(0, len(posed), 3):
        some = posed[first : first + 3]
        store.commit(batch(planned, some, first=first))
        told.write(" ".join(one.request.key for one in some).encode() + b" ")
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to the folder: C names a file, U takes a name, W writes, T cuts, S syncs."""

    op: str
    inode: int
    offset: int
    name: str
    data: bytes


@dataclass(slots=True)
class Disk:
    """Files by inode, and the names that lead to them."""

    files: dict[int, bytearray] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "Disk":
        return Disk({inode: bytearray(content) for inode, content in self.files.items()}, dict(self.names))

    def apply(self, step: Step) -> None:
        content = self.files.setdefault(step.inode, bytearray())
        if step.op == "C":
            self.names[step.name] = step.inode
        elif step.op == "U":
            self.names.pop(step.name, None)
        elif step.op == "W":
            content.extend(bytes(max(0, step.offset - len(content))))
            content[step.offset : step.offset + len(step.data)] = step.data
        elif step.op == "T":
            del content[step.offset :]
            content.extend(bytes(step.offset - len(content)))

    def write(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, inode in self.names.items():
            if name.startswith("store.db"):
                (folder / name).write_bytes(self.files.get(inode, b""))
                (folder / name).chmod(0o600)


@dataclass(frozen=True, slots=True)
class Loss:
    """How many states were looked at, and what was not as promised in them."""

    n_states: int
    n_damaged: int
    n_lost: int


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and Linux")
    library = tmp_path_factory.mktemp("library") / "disk_trace.so"
    source = Path(__file__).with_name("disk_trace.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


def record(library: Path, folder: Path, *, n: int, synchronous: str) -> list[Step]:
    """The steps of a process that commits n batches."""
    (folder / "disk").mkdir(parents=True)
    trace = folder / "trace"
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "TRACED_FOLDER": str(folder / "disk"),
        "TRACE": str(trace),
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [sys.executable, "-c", CHILD, str(folder / "disk"), str(n), synchronous]
    subprocess.run(command, env=environment, check=True, timeout=60)
    return list(read_trace(trace.read_bytes()))


def read_trace(content: bytes) -> Iterator[Step]:
    at = 0
    while at < len(content):
        end = content.index(b"\n", at)
        op, inode, offset, length, name = content[at:end].decode().split(" ", 4)
        at = end + 1 + int(length)
        yield Step(op, int(inode), int(offset), name, content[end + 1 : at])


def crash_states(steps: Sequence[Step], folder_inode: int, seed: int) -> Iterator[tuple[Disk, set[str]]]:
    """For each sync or acknowledgement, disks that a power cut just before it may leave, and what was promised then.

    What was synced is there. Of what was not, nothing is, or all, or a part: the first writes, some writes, or some
    sectors of them. Names are synced with their folder.
    """
    durable, pending, promised = Disk(), list[Step](), set[str]()
    told = next(step.inode for step in steps if step.op == "C" and step.name == ACKNOWLEDGED)
    draw = random.Random(seed)
    for step in steps:
        if step.op == "S" or step.inode == told:
            for kept in subsets(pending, draw):
                disk = durable.copy()
                for one in kept:
                    disk.apply(one)
                yield disk, set(promised)
        if step.op == "W" and step.inode == told:
            promised.update(step.data.decode().split())
        elif step.op == "S":
            synced = [one for one in pending if belongs(one, step.inode, folder_inode)]
            pending = [one for one in pending if not belongs(one, step.inode, folder_inode)]
            for one in synced:
                durable.apply(one)
        else:
            pending.append(step)


def belongs(step: Step, inode: int, folder_inode: int) -> bool:
    return inode == (folder_inode if step.op in "CU" else step.inode)


def subsets(pending: Sequence[Step], draw: random.Random) -> Iterator[list[Step]]:
    yield []
    if not pending:
        return
    yield list(pending)
    yield list(pending[: draw.randrange(len(pending) + 1)])
    yield [one for one in pending if draw.random() < 0.5]
    yield [one for one in sectors(pending) if draw.random() < 0.5]


def sectors(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        if step.op != "W":
            yield step
            continue
        for start in range(0, len(step.data), SECTOR):
            yield Step("W", step.inode, step.offset + start, "", step.data[start : start + SECTOR])


def check(disk: Disk, promised: set[str], folder: Path) -> tuple[bool, int]:
    """Whether the store is damaged, and how many promised replies it has lost."""
    if "store.db" not in disk.names:
        return False, len(promised)
    disk.write(folder)
    connection = sqlite3.connect(folder / "store.db")
    try:
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        sound = False
    finally:
        connection.close()
    try:
        with open_store(url(folder / "store.db")) as store:
            return not sound, len(promised - store.replies(promised).keys())
    except StoreError:
        return True, len(promised)


def replay(library: Path, folder: Path, *, n: int, synchronous: str = "FULL") -> Loss:
    """Record, cut the power everywhere, and count."""
    steps = record(library, folder, n=n, synchronous=synchronous)
    folder_inode = (folder / "disk").stat().st_ino
    n_states = n_damaged = n_lost = 0
    for disk, promised in crash_states(steps, folder_inode, seed=0):
        damaged, lost = check(disk, promised, folder / "found")
        n_states += 1
        n_damaged += damaged
        n_lost += lost
    return Loss(n_states, n_damaged, n_lost)


def test_no_power_cut_costs_a_reply_that_was_acknowledged(library: Path, tmp_path: Path) -> None:
    loss = replay(library, tmp_path, n=20)
    assert loss.n_states > 300
    assert (loss.n_damaged, loss.n_lost) == (0, 0), loss


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_without_waiting_for_the_disk_acknowledged_replies_would_be_lost(
    library: Path, tmp_path: Path, synchronous: str
) -> None:
    """That the replay can see a loss where there is one."""
    assert replay(library, tmp_path, n=5, synchronous=synchronous).n_lost > 0
