"""Blanks around texts: white space of every script, and letters that nobody sees."""

import time
import unicodedata

import pytest

from evalkit.text.blanks import blanks_around


@pytest.mark.parametrize(
    "blank",
    [" ", "\t", "\n", "\r\n", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u3000", "\u200b", "\u200d", "\u2060",
     "\ufeff", "\u00ad", "\u2800", "\u3164", "\u180e", "\u061c", "\U000e0041", "\x00", "\u202e"],
)  # fmt: skip
def test_what_shows_nothing_is_blank_on_either_side_and_counted_no_further_in(blank: str) -> None:
    assert blanks_around([f"{blank * 3}one{blank}two{blank * 4}"]) == 7 * len(blank)
    assert blanks_around([blank * 5]) == 5 * len(blank)


def test_every_space_of_unicode_is_blank() -> None:
    letters = map(chr, range(0x110000))
    spaces = [letter for letter in letters if letter.isspace() or unicodedata.category(letter) == "Zs"]
    assert len(spaces) > 20
    assert blanks_around(["x" + "".join(spaces)]) == len(spaces)


@pytest.mark.parametrize("text", ["", "word", "…", "-", "#", "e\u0301", "日本", "\U0001f600", "\ud800", "."])
def test_what_shows_is_not_blank(text: str) -> None:
    assert blanks_around([text]) == 0


def test_turns_are_looked_at_one_by_one() -> None:
    assert blanks_around(["one  ", "\ntwo", "  "]) == 5


def test_a_million_blanks_take_no_time_wherever_they_stand() -> None:
    start = time.process_time()
    assert blanks_around([" " * 500_000 + "x" + " " * 1_000_000 + "y" + " " * 500_000]) == 1_000_000
    assert time.process_time() - start < 2
