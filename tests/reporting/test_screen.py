import io
from collections.abc import Mapping

import pytest

from evalkit.reporting.screen import Screen, find_screen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        ({}, True),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "0"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"FORCE_COLOR": "0"}, True),
    ],
)
def test_a_terminal_has_colours_unless_somebody_wants_none(environment: Mapping[str, str], colour: bool) -> None:
    screen = find_screen(Terminal(), environment)
    assert screen is not None and screen.colour == colour


@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": ""}, {"FORCE_COLOR": "0"}, {"NO_COLOR": "1"}])
def test_a_file_is_no_screen(environment: Mapping[str, str]) -> None:
    assert find_screen(io.StringIO(), environment) is None


def test_colours_can_be_forced_for_what_is_kept_and_looked_at_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "77")
    assert find_screen(io.StringIO(), {"FORCE_COLOR": "1"}) == Screen(77, colour=True)
    assert find_screen(io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}) == Screen(77)


def test_nothing_is_painted_without_colours() -> None:
    assert Screen(80).paint("x", "1") == "x"
    assert Screen(80, colour=True).paint("x", "1", "31") == "\x1b[1;31mx\x1b[0m"
    assert Screen(80, colour=True).paint("", "1") == ""
