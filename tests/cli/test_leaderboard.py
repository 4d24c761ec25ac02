"""How the command prints its boards, and on what."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import evalkit

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TABLE = "judge,model,baseline,index,preference,len_1,len_2\n" + "".join(
    f"j,m{'odel' * 5},b,{n},{1 + (n % 3 > 0)},{100 + n},{100 + 7 * n % 90}\n" for n in range(60)
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


@pytest.mark.parametrize(
    ("form", "start"),
    [("latex", "% \\usepackage{booktabs}\n"), ("html", "<!doctype html>\n"), ("markdown", "**judge j, against b")],
)
def test_a_board_is_written_in_the_format_asked_for(form: str, start: str, table: Path) -> None:
    done = evalkit("leaderboard", table, "--format", form, cwd=table.parent)
    assert done.stdout.startswith(start) and "66.67" in done.stdout
    evalkit("leaderboard", table, "--format", form, "--out", "out", cwd=table.parent)
    assert (table.parent / "out").read_text() == done.stdout


def test_what_another_program_reads_has_all_columns_and_no_colours(table: Path) -> None:
    done = evalkit("leaderboard", table, cwd=table.parent, COLUMNS="60", TERM="xterm")
    assert "avg chars" in done.stdout
    assert not set("\x1b●├") & set(done.stdout)


def test_forced_colours_are_kept_and_never_go_into_a_file(table: Path) -> None:
    done = evalkit("leaderboard", table, cwd=table.parent, COLUMNS="130", FORCE_COLOR="1")
    assert "\x1b[1m" in done.stdout and "●" in done.stdout
    plain = evalkit("leaderboard", table, cwd=table.parent, COLUMNS="130", FORCE_COLOR="1", NO_COLOR="1")
    assert plain.stdout == COLOUR.sub("", done.stdout)
    for form in ("table", "csv", "json", "markdown", "latex", "html"):
        evalkit("leaderboard", table, "--format", form, "--out", "out", cwd=table.parent, FORCE_COLOR="1")
        assert "\x1b" not in (table.parent / "out").read_text()


@pytest.mark.parametrize(("environment", "colour"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_on_a_terminal_the_board_is_drawn_and_fits(environment: dict[str, str], colour: bool, table: Path) -> None:
    text = on_a_terminal("leaderboard", str(table), columns=72, environment=environment)
    assert ("\x1b[2m" in text) == colour
    lines = COLOUR.sub("", text).splitlines()
    assert max(map(len, lines)) <= 72
    assert any(line.startswith("no room for") for line in lines)


def on_a_terminal(*arguments: str, columns: int, environment: dict[str, str]) -> str:
    """What a command prints on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    hidden = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    clean = {name: value for name, value in os.environ.items() if name not in hidden}
    size = f"import fcntl, struct, termios; fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('4H', 40, {columns}, 0, 0))"
    program = f"{size}; from evalkit.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**clean, "TERM": "xterm", **environment},
    ) as process:
        os.close(theirs)
        read = bytearray()
        try:
            while piece := os.read(ours, 65536):
                read += piece
        except OSError:
            # how a terminal says that nobody writes to it any more
            pass
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return read.decode().replace("\r\n", "\n")
