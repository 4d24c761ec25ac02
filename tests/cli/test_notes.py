"""What commands print for people fits the terminal, and reaches other programs line by line as it is."""

import io

import pytest

from evalkit.cli.notes import folded, print_notes

LONG = "The judge measures style, not quality. Use it to try evalkit out, never to rank models."


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_folded_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert folded(f"{LONG}\nshort", Terminal()).split("\n") == [
        "The judge measures style, not quality.",
        "  Use it to try evalkit out, never to",
        "  rank models.",
        "short",
    ]


def test_without_a_terminal_a_line_stays_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert folded(LONG, io.StringIO()) == LONG


def test_a_note_is_printed_once_and_cannot_move_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_notes(["so\x1b it is", "so\x1b it is"])
    assert capsys.readouterr().err == "note: so\\u001b it is\n"
