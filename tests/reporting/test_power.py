"""Advice as people and programs read it."""

import pytest

from evalkit.boards.power import Basis, advise
from evalkit.reporting.power import advice_document, advice_text
from evalkit.stats.power import Effort, Level, Margin, Spread

MEASURED = Basis(
    spread=Spread(instruction=0.05, order=0.01, repeat=0.1, design=1.2), model="cand\x1b[1m", judge="one",
    effort=Effort(n=805, orders=2, repeats=1.5), orders=(1, 2), repeats=(1, 2), price=0.01, notes=("so\x07 it is",),
)  # fmt: skip


def test_a_table_and_sentences_say_what_is_needed() -> None:
    text = advice_text(advise(0.53, MEASURED, gate=Level(threshold=0.5), power=0.8), metric="lc_win_rate")
    lines = text.splitlines()
    assert lines[0] == "The gate passes where the lower end of the 95 % interval is at 50.00 or above."
    assert lines[1] == "To pass with a probability of 80 % when the true LC win rate is 53.00 takes:"
    assert lines[3].split() == ["orders", "repeats", "instructions", "questions", "dollars", "interval"]
    assert len(lines[4:8]) == 4 and lines[4].startswith("one")
    assert "Fewest questions: " in text and "The 805 instructions at hand, in both orders, pass 5" in text
    assert "Measured: sd 24.49 points between instructions, 10.95 by order, 34.64 between repeats" in text


def test_names_and_notes_cannot_move_a_terminal() -> None:
    text = advice_text(advise(0.53, MEASURED, gate=Level(threshold=0.5), power=0.8), metric="win_rate")
    assert "\x1b" not in text and "\x07" not in text


def test_a_paired_gate_is_told_as_one() -> None:
    basis = Basis(spread=Spread(instruction=0.1), model="cand", against="old", judge="one")
    text = advice_text(advise(0.0, basis, gate=Margin(threshold=-0.02), power=0.9), metric="win_rate")
    assert "at -2.00 or above" in text and "when the true difference in win rate is 0.00 takes" in text
    assert "cand minus old" in text


def test_what_no_number_would_reach_is_said() -> None:
    basis = Basis(spread=Spread(instruction=0.25), effort=Effort(n=30))
    text = advice_text(advise(0.991, basis, gate=Level(threshold=0.99), power=0.8, most=100), metric="win_rate")
    assert "nothing: no number of instructions that there could be would do." in text
    assert "The 30 instructions at hand, in one order, pass no model with such a probability." in text


def test_a_document_holds_percent_and_null_for_what_is_not_known() -> None:
    document = advice_document(advise(0.53, MEASURED, gate=Level(threshold=0.5), power=0.8), metric="lc_win_rate")
    assert (document["threshold"], document["true"]) == (50.0, 53.0)
    assert document["spread"] == {"instruction": 0.05, "order": 0.01, "repeat": 0.1, "design_effect": 1.2}
    first = document["options"][0]
    assert first["dollars"] == pytest.approx(0.01 * first["questions"])
    bare = Basis(spread=Spread(instruction=0.05))
    unknown = advice_document(advise(0.53, bare, gate=Level(threshold=0.5), power=0.8), metric="lc_win_rate")
    assert (unknown["spread"]["order"], unknown["spread"]["repeat"], unknown["at_hand"]) == (None, None, None)
