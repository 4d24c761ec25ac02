"""Boards that tests draw."""

import functools
from dataclasses import replace

import numpy as np

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import Recipe
from evalkit.catalog.references import Reference
from evalkit.stats.sample import build_sample
from tests.boards.test_build import entry, refused

HOSTILE = "</text><script>alert(1)</script>$x_1$ \\frac{1}{ \x1b]52;c;AA\x07|\u202e \ufffe\ud800 &amp; 日本"
PEOPLE = Reference("people", {"strong": 1200.0, "b": 1100.0, HOSTILE: 950.0}, "", "", {"strong": (1190.0, 1210.0)})


def few(model: str) -> Entry:
    """A model with too few verdicts for a win rate at equal length."""
    return entry(model, 0.4, n=12)


def winner(model: str) -> Entry:
    """A model that wins every comparison, which makes its number a degraded one, and of unknown length."""
    one = entry(model, 2.0, seed=8)
    sample = build_sample(list(one.sample.keys), np.ones(one.sample.n), length_difference=one.sample.length_difference)
    return replace(one, sample=sample, avg_length=None)


@functools.cache
def mixed_board() -> Board:
    """Everything that can be with a row, and a hostile name."""
    strong = replace(entry("strong", 1.5), avg_length=1500.0)
    rows = [strong, entry("b", 0.0, seed=2), refused(entry("null", 3.0, seed=3)), few("few"), winner("all")]
    (board,) = build_boards([*rows, entry(HOSTILE, -1.0, seed=5)], Recipe(), reference=PEOPLE, aliases={})
    return board


@functools.cache
def graded_board() -> Board:
    """Grades from 1 to 10."""
    entries = [replace(entry(f"g{n}", n / 3, seed=n), baseline="", scale=(1.0, 10.0)) for n in range(4)]
    (board,) = build_boards(entries, Recipe())
    return board


@functools.cache
def crowded_board(n: int = 44) -> Board:
    """Many models, most of them alike."""
    entries = [
        replace(entry(f"model-{i:02d}-of-some-family", -2 + i / 30, seed=i), avg_length=900.0 + 17 * (i * 7 % 11))
        for i in range(n)
    ]
    (board,) = build_boards(entries, Recipe())
    return board
