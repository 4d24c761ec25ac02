"""Whatever the folder of results is called, the store and the rows stand in it together, and nothing beside it."""

import json
import os
from pathlib import Path

import pytest

from evalkit.errors import StoreError
from evalkit.store import open_store, store_exists, store_url
from tests.attacks.world import run, write_answers

NAMES = [
    "res?x", "res%20x", "res%2Fx", "%2e%2e", "%00", "%", "q?cache=shared&uri=true", "q?mode=memory", "?", "a#b", "#",
    "a;b", "a b", " before", "after ", "a&b=c", "a+b", "é'\"`", "😀", "new\nline", "tab\tname", "-rf", "--store",
    ":memory:", "file:x", "file:x?mode=memory&uri=true", "sqlite:x", "a@b:c", "u:p@h", "$HOME", "~", "~root", "*?[x]",
    "{x}", "back\\slash", "..x", "dot.", "\u202erev", "\ufeffmark", "con", "x" * 255, "😀" * 63, "é" * 127, "\udcff",
]  # fmt: skip
TYPED = [
    "postgresql://user:secret@host:abc/x", "postgresql://user:secret@host:99_9/x", "postgresql://user:secret@[::1/x",
    "sqlite:///x?mode=ro", "sqlite:///x?uri=true&cache=shared", "sqlite://host/x", "sqlite:///", "sqlite://",
    "sqlite:x", "sqlite:///:memory:", "sqlite:///file:x", "sqlite:///a\0b", "sqlite:///" + "x" * 300,
    "mysql://user:secret@host/x", "oracle://x", "no://x", "://", " ", "sqlite+aiosqlite:///x", "postgresql://user:secret@host/x?plugin=no",
]  # fmt: skip


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_answers(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_store_and_rows_stand_in_the_folder_that_was_named(answers: Path, name: str) -> None:
    before = set(os.listdir(answers))
    address = store_url(None, Path(name))
    assert not store_exists(address)
    with open_store(address) as store:
        assert store.path is not None and store.path.samefile(Path(name) / "evalkit.db")
    assert store_exists(address)
    assert set(os.listdir(answers)) - before == {name}
    left = [path.name for path in Path(name).iterdir()]
    assert left == ["evalkit.db"] and (Path(name) / "evalkit.db").read_bytes().startswith(b"SQLite format 3")


@pytest.mark.parametrize("name", ["res?x", "q?cache=shared&uri=true"])
def test_a_command_finds_what_another_left_in_such_a_folder(answers: Path, name: str) -> None:
    before = set(os.listdir(answers))
    judged = run("annotate", "cand.json", "--baseline", "base.json", "--judge", "surface", f"--results={name}")
    assert judged[0] == 0, judged[1]
    assert (Path(name) / "cand" / "surface" / "row.json").is_file()
    code, said = run("leaderboard", "--benchmark", "cand", f"--results={name}")
    assert code == 0 and "cand" in said
    assert run("store", "check", f"--results={name}")[0] == 0
    assert set(os.listdir(answers)) - before == {name}


@pytest.mark.parametrize("address", TYPED)
def test_a_wrong_address_is_one_line_without_its_password(answers: Path, address: str) -> None:
    before = set(os.listdir(answers))
    with pytest.raises(StoreError) as raised:
        open_store(store_url(address, Path("results")))
    said = str(raised.value)
    assert "\n" not in said and "secret" not in said
    assert set(os.listdir(answers)) == before


def write_judge(folder: str, rule: str) -> str:
    path = Path(folder) / "mine.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"client: heuristic\nmodel: {rule}\nparser: token_probability\norders: one\n")
    return str(path)


def rows_by_judge() -> dict[str, str]:
    """The digest of the judge in each folder of the candidate's rows."""
    rows = {path.parent.name: json.loads(path.read_text()) for path in Path("results/cand").glob("*/row.json")}
    return {name: row["judge_digest"] for name, row in rows.items()}


@pytest.mark.usefixtures("answers")
def test_two_judges_of_one_file_name_keep_their_rows_apart() -> None:
    first, other = write_judge("a", "surface"), write_judge("b", "longest")
    for judge in (first, other, first, other):
        assert run("annotate", "cand.json", "--baseline", "base.json", "--judge", judge)[0] == 0
    rows = rows_by_judge()
    assert len(rows) == 2 and len(set(rows.values())) == 2 and all(name.startswith("mine") for name in rows)
    for name in rows:
        assert run("verify", f"results/cand/{name}")[0] == 0
    # an edited judge writes over the rows that it had before
    write_judge("b", "shortest")
    assert run("annotate", "cand.json", "--baseline", "base.json", "--judge", other)[0] == 0
    assert set(rows_by_judge()) == set(rows) and rows_by_judge()["mine"] == rows["mine"]
    assert rows_by_judge() != rows
