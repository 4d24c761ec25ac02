from pathlib import Path

import click
import pytest

from evalkit.cli.leaderboard import command
from evalkit.reporting.panels import PANELS
from tests.cli.running import Done, evalkit

TABLE = ["judge,model,baseline,index,preference,len_1,len_2"]
TABLE += [
    f"{judge},{model},base,{index},{1 + (index * 7 % 10 < wins)},{400 + index},{400 + index * 13 % 90}"
    for judge in ("first", "second")
    for model, wins in (("good", 7), ("bad", 3))
    for index in range(60)
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("\n".join(TABLE) + "\n")
    return path


def scores(path: Path, *, step: int) -> Path:
    path.write_text(
        "model,score,lower,upper\n" + "".join(f"m{n},{n * step},{n * step - 1},{n * step + 1}\n" for n in range(8))
    )
    return path


def refused(done: Done, *said: str) -> None:
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and all(one in done.stderr for one in said), done.stderr


def test_a_board_is_drawn_beside_the_table_that_is_printed(table: Path, tmp_path: Path) -> None:
    usual = evalkit("leaderboard", table, "--judge", "first", cwd=tmp_path)
    done = evalkit("leaderboard", table, "--judge", "first", "--plot", "new/board.svg", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, usual.stdout)
    assert done.stderr == f"{usual.stderr}note: new/board.svg: written\n"
    text = (tmp_path / "new" / "board.svg").read_text()
    assert text.startswith("<svg ") and ">good</text>" in text and "LC win rate against base" in text


@pytest.mark.parametrize("panel", [one for one in PANELS if one != "agreement"])
def test_a_panel_is_named(panel: str, table: Path, tmp_path: Path) -> None:
    done = evalkit("leaderboard", table, "--judge", "first", "--plot", "p.pdf", "--panel", panel, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF-")


def test_several_panels_are_drawn_into_a_file_each(table: Path, tmp_path: Path) -> None:
    panels = ("--panel", "board", "--panel", "lift")
    done = evalkit("leaderboard", table, "--judge", "first", "--plot", "p.svg", *panels, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == ["p-board.svg", "p-lift.svg"]
    assert "p-board.svg: written" in done.stderr and "p-lift.svg: written" in done.stderr


def test_what_cannot_be_drawn_is_told_in_a_line_with_the_cure(table: Path, tmp_path: Path) -> None:
    refused(
        evalkit("leaderboard", table, "--plot", "b.svg", cwd=tmp_path),
        "these are 2",
        "--judge names one of: first, second",
    )
    refused(evalkit("leaderboard", table, "--plot", "b.gif", cwd=tmp_path), "b.gif", ".svg, .png or .pdf")
    refused(evalkit("leaderboard", table, "--panel", "lift", cwd=tmp_path), "add --plot FILE")
    one = ("leaderboard", table, "--judge", "first", "--plot")
    refused(evalkit(*one, "b.svg", "--panel", "agreement", cwd=tmp_path), "--reference names one")
    refused(evalkit(*one, table / "b.svg", cwd=tmp_path), "cannot be written")
    assert list(tmp_path.iterdir()) == [table]


def test_the_help_names_every_panel() -> None:
    (option,) = (one for one in command.params if one.name == "panels")
    assert isinstance(option.type, click.Choice) and tuple(option.type.choices) == PANELS


def test_a_correlation_is_drawn_as_a_scatter(tmp_path: Path) -> None:
    board, human = scores(tmp_path / "mine.csv", step=3), scores(tmp_path / "human.csv", step=5)
    done = evalkit("correlate", board, "--reference", human, "--plot", "a.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("board")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    other = scores(tmp_path / "other.csv", step=2)
    refused(
        evalkit("correlate", board, other, "--reference", human, "--plot", "b.png", cwd=tmp_path),
        "these are 2; name one",
    )
