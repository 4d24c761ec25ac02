"""What a path of the user's leads to survives whatever is written there, also where root may do anything."""

import json
import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalkit import streams
from evalkit.clients import builtin
from evalkit.clients.address import http_endpoint
from evalkit.clients.builtin import ClientKind
from evalkit.documents import read_text
from evalkit.errors import InputError, StoreError
from evalkit.files import write_text
from evalkit.store import open_store, store_url
from evalkit.types import ChatReply
from tests.attacks.world import run, write_answers
from tests.metaeval.made_labels import labelled
from tests.scripted import ScriptedClient

JUDGED = ("--benchmark", "cand")
# a log holds nothing of verdicts that were stored before
FRESH = ("--results", "{folder}/fresh")
GENERATE = ("generate", "model.yaml", "--questions", "cand.json", "--benchmark", "mine.yaml")
EVALUATE = ("judges", "evaluate", "surface", "--human", "labels.jsonl")
# each option that writes a file, and a command that needs it
WRITERS = {
    "leaderboard --out": ("leaderboard", *JUDGED, "--format", "csv", "--out"),
    "leaderboard --plot": ("leaderboard", *JUDGED, "--plot"),
    "report --out": ("report", *JUDGED, "--no-text", "--out"),
    "ratings --out": ("ratings", "votes.csv", "--format", "csv", "--out"),
    "correlate --out": ("correlate", "one.csv", "--reference", "two.csv", "--format", "csv", "--out"),
    "correlate --plot": ("correlate", "one.csv", "--reference", "two.csv", "--plot"),
    "releases --plot": ("releases", "cand", *JUDGED, "--plot"),
    "gate --junit": ("gate", "cand", *JUDGED, "--min", "1", "--junit"),
    "gate --summary": ("gate", "cand", *JUDGED, "--min", "1", "--summary"),
    "gate --badge": ("gate", "cand", *JUDGED, "--min", "1", "--badge"),
    "gate --log": ("gate", "cand.json", "--baseline", "base.json", "--judge", "surface", "--min", "1", *FRESH, "--log"),
    "annotate --log": ("annotate", "cand.json", "--baseline", "base.json", "--judge", "surface", *FRESH, "--log"),
    "generate --out": (*GENERATE, "--out"),
    "generate --log": (*GENERATE, *FRESH, "--log"),
    "benchmarks learn --out": ("benchmarks", "learn", "imported", "--results", "many", "--out"),
    "judges evaluate --out": (*EVALUATE, "--format", "csv", "--out"),
    "judges evaluate --report": (*EVALUATE, "--report"),
    "judges evaluate --plot": (*EVALUATE, "--plot"),
    "judges evaluate --log": (*EVALUATE, *FRESH, "--log"),
    "store export": ("store", "export"),
}
# those with a way of their own to the file, and of them the quick ones
SOME = ["leaderboard --out", "gate --junit", "annotate --log", "store export", "generate --out", "generate --log"]
LEARN = "benchmarks learn --out"
# a history is learned from this many models
MANY = 20
# a plot's name must end in its form
ENDING = ".svg"
# a gate of so few instructions cannot tell, and says so with 3 or 4
DONE = {0, 1, 3, 4}


@pytest.fixture(scope="module")
def judged() -> Iterator[Path]:
    # the name of a socket may not be longer than a hundred bytes
    with tempfile.TemporaryDirectory(prefix="ek") as name:
        folder, before = Path(name), Path.cwd()
        os.chdir(folder)
        try:
            write_answers(folder)
            votes = [f"m{n % 3},m{(n + 1) % 3},m{n % 3}" for n in range(9)]
            (folder / "votes.csv").write_text("model_a,model_b,winner\n" + "\n".join(votes) + "\n")
            for board, scores in (("one", (3, 2, 1, 5, 4)), ("two", (1, 2, 3, 4, 5))):
                rows = [f"m{n},{score}" for n, score in enumerate(scores)]
                (folder / f"{board}.csv").write_text("model,score\n" + "\n".join(rows) + "\n")
            write_many(folder / "many.json")
            (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, labelled())))
            (folder / "mine.yaml").write_text("description: questions of the tests\n")
            (folder / "model.yaml").write_text("client: openai\nmodel: m\nkey_variable: none\n")
            for words in (
                ("annotate", "cand.json", "--baseline", "base.json", "--judge", "surface"),
                ("import", "alpaca_eval", "many.json", "--benchmark", "imported", "--results", "many"),
            ):
                code, said = run(*words)
                assert code == 0, said
            with pytest.MonkeyPatch.context() as patch:
                answering = ScriptedClient(lambda _: ChatReply("An answer."))
                patch.setitem(builtin.BUILTIN, "openai", ClientKind(lambda _: answering, http_endpoint))
                yield folder
        finally:
            os.chdir(before)


def write_many(path: Path) -> None:
    """Verdicts on so many models that a history can be learned from them."""
    rows = [
        {
            "instruction": f"What is {question}?", "generator_1": "base", "generator_2": f"m{model}",
            "output_1": "words " * (3 + question), "output_2": "words " * (1 + (model * 5 + question * 3) % 17),
            "annotator": "someone", "preference": 1.0 + (model * 7 + question * 5) % 11 / 10,
        }
        for model in range(MANY) for question in range(8)
    ]  # fmt: skip
    path.write_text(json.dumps(rows))


@pytest.fixture
def place(judged: Path) -> Iterator[Path]:
    """A folder of its own for each test, with a short name."""
    with tempfile.TemporaryDirectory(dir=judged, prefix="p") as name:
        yield Path(name)


def write(writer: str, target: Path) -> tuple[int, str]:
    """Let a command write to a target; whatever else it leaves is beside the target's folder."""
    with tempfile.TemporaryDirectory() as folder:
        return run(*(word.format(folder=folder) for word in WRITERS[writer]), target)


class Reader:
    """Reads whatever comes out of a descriptor until it is closed at its other end."""

    def __init__(self, opened: Callable[[], int]) -> None:
        self.content = b""
        self._opened = opened
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        handle = self._opened()
        try:
            while piece := os.read(handle, 1 << 16):
                self.content += piece
        except OSError:
            # a terminal ends so
            pass
        finally:
            os.close(handle)

    def ended(self) -> bytes:
        self._thread.join(10)
        return self.content


@pytest.mark.parametrize("writer", WRITERS)
def test_a_link_is_followed_and_stays(place: Path, writer: str) -> None:
    target, link = place / "target", place / f"link{ENDING}"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("target")
    code, said = write(writer, link)
    assert code in DONE, said
    assert link.is_symlink() and os.readlink(link) == "target"
    assert target.read_text() != "old" and not target.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == (0o600 if writer == "store export" else 0o640)
    assert sorted(path.name for path in place.iterdir()) == [f"link{ENDING}", "target"]


@pytest.mark.parametrize("writer", SOME)
def test_a_link_to_nothing_is_filled_where_it_leads(place: Path, writer: str) -> None:
    link = place / f"link{ENDING}"
    (place / "there").mkdir()
    link.symlink_to(place / "there" / "new")
    code, said = write(writer, link)
    assert code in DONE, said
    assert link.is_symlink() and (place / "there" / "new").stat().st_size > 0
    assert len(list(place.iterdir())) == 2


@pytest.mark.parametrize("writer", [*SOME, LEARN])
def test_a_device_is_written_into_and_stays(place: Path, writer: str) -> None:
    # a terminal of this test's own: nothing can be renamed over it
    master, slave = os.openpty()
    name, link = os.ttyname(slave), place / f"link{ENDING}"
    link.symlink_to(name)
    reader = Reader(lambda: master)
    try:
        code, said = write(writer, link)
    finally:
        os.close(slave)
    assert code in DONE, said
    assert reader.ended() and link.is_symlink()
    assert not list(Path(name).parent.glob(".*.part"))


@pytest.mark.parametrize("writer", [*SOME, "report --out", LEARN])
def test_a_pipe_is_written_into_while_somebody_reads(place: Path, writer: str) -> None:
    pipe = place / f"pipe{ENDING}"
    os.mkfifo(pipe)
    reader = Reader(lambda: os.open(pipe, os.O_RDONLY))
    code, said = write(writer, pipe)
    assert code in DONE, said
    assert len(reader.ended()) > 50 and pipe.is_fifo()


@pytest.mark.parametrize("writer", SOME)
def test_a_pipe_that_nobody_reads_costs_one_line_and_no_hang(
    place: Path, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "WAIT_SECONDS", 0.05)
    pipe = place / f"pipe{ENDING}"
    os.mkfifo(pipe)
    code, said = write(writer, pipe)
    assert code == 2 and "a pipe that nobody reads from" in said and "\n" not in said
    assert pipe.is_fifo()


@pytest.mark.parametrize("writer", WRITERS)
def test_folders_sockets_and_read_only_files_are_refused_and_stay(place: Path, writer: str) -> None:
    locked, folder = place / f"locked{ENDING}", place / f"folder{ENDING}"
    locked.write_text("kept")
    locked.chmod(0o444)
    folder.mkdir()
    address = place / f"socket{ENDING}"
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(address))
        for target, reason in ((locked, "read-only"), (folder, "is a directory"), (address, "a socket")):
            code, said = write(writer, target)
            assert code == 2 and reason in said
            link = target.with_suffix(f".link{ENDING}")
            link.symlink_to(target.name)
            assert write(writer, link)[0] == 2
        assert address.is_socket()
    assert locked.read_text() == "kept" and stat.S_IMODE(locked.stat().st_mode) == 0o444
    assert list(folder.iterdir()) == []


def test_every_option_that_writes_a_file_is_attacked() -> None:
    import importlib

    import click

    from evalkit.cli.main import COMMANDS, _module
    from evalkit.cli.options import WrittenFile, WrittenFolder

    found, looked_at = set(), set()
    for name in COMMANDS:
        command = importlib.import_module(f"evalkit.cli.{_module(name)}").command
        for sub, one in {"": command, **getattr(command, "commands", {})}.items():
            for option in one.params:
                called = option.opts[0] if isinstance(option, click.Option) else ""
                words = " ".join(filter(None, (name, sub, called)))
                if isinstance(option.type, WrittenFile):
                    found.add(words)
                elif isinstance(option.type, click.Path) and not isinstance(option.type, WrittenFolder):
                    looked_at.add(words)
    assert found == set(WRITERS)
    read = {word for word in looked_at if word.split()[-1] in ("--out", "--log", "--plot", "--junit", "--summary")}
    assert read == set()


@pytest.mark.parametrize("setting", [
    ("leaderboard", "out"), ("leaderboard", "plot"), ("report", "out"), ("gate", "junit"), ("gate", "summary"),
    ("gate", "badge"), ("gate", "log"), ("annotate", "log"), ("generate", "out"), ("generate", "log"),
    ("ratings", "out"), ("correlate", "out"), ("correlate", "plot"), ("export", "out"), ("benchmarks", "out"),
    ("init", "dir"),
])  # fmt: skip
def test_a_settings_file_names_no_file_that_is_written(place: Path, setting: tuple[str, str]) -> None:
    command, option = setting
    target, before = place / "target", Path.cwd()
    target.write_text("kept")
    (place / "evalkit.toml").write_text(f'[{command}]\n{option} = "{target}"\n')
    os.chdir(place)
    try:
        code, said = run("judges", "list")
    finally:
        os.chdir(before)
    assert code == 2 and f"[{command}]: {option} names what is written" in said and f"--{option}" in said
    assert target.read_text() == "kept"


def test_the_output_of_this_process_is_written_to_as_it_is(place: Path) -> None:
    with (place / "file").open("w+b") as file:
        file.write(b"before ")
        file.flush()
        write_text(Path(f"/dev/fd/{file.fileno()}"), "text")
        file.seek(0)
        assert file.read() == b"before text"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        write_text(Path(f"/proc/self/fd/{ours.fileno()}"), "text")
        assert theirs.recv(99) == b"text"


@pytest.mark.parametrize("words", [
    ("annotate", "{}", "--baseline", "base.json", "--judge", "surface"), ("annotate", "cand.json", "--baseline", "{}"),
    ("audit", "outputs", "{}"), ("leaderboard", "{}"), ("ratings", "{}"), ("correlate", "{}", "--reference", "two.csv"),
    ("compare", "a", "b", "--source", "{}"), ("import", "alpaca_eval", "{}"), ("store", "import", "{}"),
    ("verify", "{}"), ("annotate", "cand.json", "--judge", "{}"), ("report", "{}"), ("gate", "{}", "--min", "1"),
])  # fmt: skip
@pytest.mark.parametrize("ending", [".json", ".csv", ".parquet"])
def test_a_pipe_in_the_place_of_a_file_is_refused_at_once(place: Path, words: tuple[str, ...], ending: str) -> None:
    pipe = place / f"pipe{ending}"
    os.mkfifo(pipe)
    code, said = run(*(word.format(pipe) for word in words))
    assert code == 2, said
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["/dev/null", "/dev/zero", "/dev/full"])
def test_a_device_in_the_place_of_a_file_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is a device. Save what it gives"):
        read_text(Path(name))


@pytest.mark.parametrize("kind", ["journal", "wal", "shm"])
def test_a_link_beside_a_store_is_never_written_through(place: Path, kind: str) -> None:
    victim, results = place / "victim", place / "results"
    victim.write_text("kept")
    open_store(store_url(None, results)).close()
    (results / f"evalkit.db-{kind}").symlink_to(victim)
    with pytest.raises(StoreError, match="is not a plain file, and SQLite would write into it"):
        open_store(store_url(None, results))
    assert victim.read_text() == "kept"


def test_the_room_that_a_store_keeps_free_is_never_taken_from_another_file(place: Path) -> None:
    victim = place / "victim"
    victim.write_text("kept")
    with open_store(store_url(None, place / "results")) as store:
        assert store.reserve.path is not None
        store.reserve.path.symlink_to(victim)
        store.reserve.set_aside()
        assert store.reserve.release()
    assert victim.read_text() == "kept"


def test_a_store_behind_a_link_is_made_and_kept_where_the_link_leads(place: Path) -> None:
    (place / "results").mkdir()
    (place / "disk").mkdir()
    (place / "results" / "evalkit.db").symlink_to(place / "disk" / "big.db")
    for _ in range(2):
        open_store(store_url(None, place / "results")).close()
    assert (place / "results" / "evalkit.db").is_symlink() and (place / "disk" / "big.db").is_file()


def test_a_store_that_is_a_pipe_or_a_socket_is_refused(place: Path) -> None:
    os.mkfifo(place / "evalkit.db")
    with pytest.raises(StoreError, match="is not a plain file"):
        open_store(store_url(None, place))
