import itertools
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.files import safe_name, write_text

NAMES = [
    "../../etc/passwd", "/abs/x", "a/b", "a\\b", "..", ".", "", " ", "-rf", "~root", "CON", "nul.txt", "com1",
    "name.", "tab\tname", "nul\0name", "\u202ename", "／fullwidth", "a:b", "*?", "\ud83d", "new\nline", "|pipe",
    "$(id)", "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leaves_its_folder_or_is_reserved(tmp_path: Path, name: str) -> None:
    safe = safe_name(name)
    path = tmp_path / safe
    assert path.resolve().parent == tmp_path.resolve()
    assert safe.split(".")[0].lower() not in {"con", "nul", "com1"}
    assert not safe.startswith(("-", "."))
    assert len(safe) <= 100
    write_text(path, "x")


def test_hostile_names_stay_apart_and_plain_ones_stay_themselves() -> None:
    assert len({safe_name(name) for name in NAMES}) == len(NAMES)
    for name in ("gpt-4.1", "Meta-Llama-3_70B", "claude-2.1_concise"):
        assert safe_name(name) == name


def test_a_reader_sees_the_old_or_the_new_text_and_no_litter_stays(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "board.csv"
    write_text(path, "old")
    write_text(path, "new é\n")
    assert path.read_bytes() == "new é\n".encode()
    assert [one.name for one in path.parent.iterdir()] == ["board.csv"]


def test_a_place_that_cannot_be_written_is_named_and_the_old_text_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(InputError, match="file/board.csv: cannot be written"):
        write_text(tmp_path / "file" / "board.csv", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="folder: cannot be written"):
        write_text(tmp_path / "folder", "x")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "folder"]


def test_a_reader_sees_the_old_file_or_the_new_one_and_nothing_between(tmp_path: Path) -> None:
    path, texts, reads = tmp_path / "row.json", ["a" * 200_000, "b" * 100_000], 10_000
    write_text(path, texts[0])
    done = threading.Event()

    def rewrite() -> None:
        for text in itertools.cycle(texts):
            if done.is_set():
                return
            write_text(path, text)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        partial = sum(path.read_text() not in texts for _ in range(reads))
    finally:
        done.set()
        writer.join()
    assert partial == 0


def test_what_a_killed_process_left_beside_a_file_is_swept_away(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f".row.json.{ended.pid}-0123abcd.part"
    kept = tmp_path / f".row.json.{os.getpid()}-0123abcd.part"
    left.touch()
    kept.touch()
    write_text(tmp_path / "row.json", "{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([kept.name, "row.json"])


def test_a_full_device_is_named_with_the_reason(tmp_path: Path) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("this machine has no /dev/full")
    # the device is in no folder that a rename of this test could reach
    handle = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(InputError, match="cannot be written: No space left on device"):
            write_text(Path(f"/dev/fd/{handle}"), "text" * 99_999)
    finally:
        os.close(handle)
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / "none" / ".." / "x\0y", "text")


def test_what_needs_a_server_or_a_browser_lies_where_make_looks_for_it() -> None:
    tests = Path(__file__).parent
    makefile = (tests.parent / "Makefile").read_text(encoding="utf-8")
    for marker, folder in (("server", "integration"), ("browser", "browser")):
        assert f"pytest -m {marker} tests/{folder}\n" in makefile
        named = re.compile(rf"^[^#\n]*pytest\.mark\.{marker}\b", re.MULTILINE)
        marked = [path for path in tests.rglob("test_*.py") if named.search(path.read_text(encoding="utf-8"))]
        assert marked and {path.parent.name for path in marked} == {folder}
