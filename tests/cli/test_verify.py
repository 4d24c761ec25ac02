"""evalkit verify: equal, or what differs, in exit codes and lines."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Done, evalkit
from tests.cli.test_annotate import annotate
from tests.store.test_database import execute


def verify(folder: Path, *words: object) -> Done:
    return evalkit("verify", *words, cwd=folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for model in ("careful", "wordy"):
        done = annotate(tmp_path, model, more=("--bootstrap", 50) if model == "wordy" else ())
        assert done.returncode == 0, done.stderr
    return tmp_path


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


ROW = "results/careful/surface/row.json"


@pytest.mark.parametrize("named", [ROW, "results/careful/surface", "results/careful"])
def test_an_untouched_row_is_equal(folder: Path, named: str) -> None:
    done = verify(folder, named)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "equal: careful under surface, 48 verdicts\n"


def test_every_row_below_a_folder_is_verified(folder: Path) -> None:
    done = verify(folder, "results")
    assert done.returncode == 0, done.stderr
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == [
        "equal: careful under surface",
        "equal: wordy under surface",
    ]


def test_an_edited_number_exits_5_and_says_both(folder: Path) -> None:
    lc = json.loads((folder / ROW).read_text())["lc_win_rate"]
    edit(folder / ROW, lc_win_rate=99.5)
    done = verify(folder, "results")
    assert done.returncode == 5 and done.stderr == ""
    assert f"lc_win_rate: the file says 99.5, the store gives {lc} (the number was edited)" in done.stdout
    assert "equal: wordy" in done.stdout
    document = json.loads(verify(folder, "results", "--json").stdout)
    assert [one["equal"] for one in document["rows"]] == [False, True]
    assert {"field": "lc_win_rate", "file": "99.5", "store": str(lc), "cause": "the number was edited"} in document[
        "rows"
    ][0]["differences"]


def test_an_edited_reply_exits_5(folder: Path) -> None:
    execute(folder / "results" / "evalkit.db", "UPDATE replies SET reply = replace(reply, '-', '- ') WHERE rowid < 5")
    done = verify(folder, ROW)
    assert done.returncode == 5
    assert "damaged in the store" in done.stdout


def test_edited_verdicts_exit_5_and_make_no_board(folder: Path) -> None:
    path = folder / "results/careful/surface/annotations.json"
    rows = json.loads(path.read_text())
    rows[0]["preference"] = 2.0
    path.write_text(json.dumps(rows))
    done = verify(folder, ROW)
    assert done.returncode == 5
    assert "annotations.json: the row says" in done.stdout
    board = evalkit("leaderboard", "results/careful", cwd=folder)
    assert board.returncode == 2
    assert "not the file that row.json beside it was computed with" in board.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "row.json: not valid JSON"),
        ('{"win_rate": 50}', "row.json: has no provenance"),
        ("[]", "row.json: holds no row"),
        ('{"provenance": {"plan": null}}', "another tool"),
    ],
)
def test_what_cannot_be_verified_exits_2_in_one_line(folder: Path, text: str, said: str) -> None:
    (folder / "row.json").write_text(text)
    done = verify(folder, "row.json")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert said in done.stderr and done.stdout == ""


def test_a_folder_without_rows_and_a_missing_store_are_named(folder: Path) -> None:
    (folder / "empty").mkdir()
    done = verify(folder, "empty")
    assert done.returncode == 2 and "empty: holds no row.json" in done.stderr
    done = verify(folder, ROW, "--store", "sqlite:///none.db")
    assert done.returncode == 2 and "no store yet" in done.stderr
    assert not (folder / "none.db").exists()


def test_a_hostile_name_reaches_the_terminal_harmless(folder: Path) -> None:
    edit(folder / ROW, model="x\x1b]52;c;aa\x07\ny")
    done = verify(folder, ROW)
    assert done.returncode == 5
    assert "\x1b" not in done.stdout and "\x07" not in done.stdout
    assert all(line.startswith("differs: ") for line in done.stdout.splitlines())
