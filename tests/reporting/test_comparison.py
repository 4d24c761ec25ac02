"""Comparisons as people and programs read them."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evalkit.auditing.lengths import audit_lengths
from evalkit.boards.comparison import Comparisons, compare
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE, Recipe
from evalkit.reporting.comparison import comparison_json, comparison_text
from evalkit.stats.sample import build_sample

N = 60
NOISE = np.random.default_rng(1).uniform(-0.1, 0.1, N)


def entry(model: str, level: float, *, seed: int = 0, missing: int = 0) -> Entry:
    spread = np.random.default_rng(seed).uniform(-0.05, 0.05, N) if seed else 0.0
    preference = level + NOISE + spread
    preference[:missing] = np.nan
    keys = [f"k{number:03d}" for number in range(N)]
    return Entry(model, "judge", "base", build_sample(keys, preference), None)


def found(*entries: Entry, recipe: Recipe | None = None) -> Comparisons:
    recipe = recipe or Recipe(metric=WIN_RATE)
    return compare(entries, recipe, models=[one.model for one in entries], n_swings=2)


def lines_of(*entries: Entry) -> Sequence[str]:
    return comparison_text(found(*entries), {}).splitlines()


def test_the_first_line_says_who_is_ahead_whoever_was_named_first() -> None:
    better, worse = entry("better", 0.6, seed=1), entry("worse", 0.4, seed=2)
    first, second = lines_of(better, worse)[0], lines_of(worse, better)[0]
    assert first == second
    assert first.startswith("better is ahead of worse by 20.09 points of win rate, 95 % interval [19.02, 21.17")
    assert first.endswith("], p <0.0001.")


def test_the_first_line_says_that_models_cannot_be_told_apart() -> None:
    line = lines_of(entry("one", 0.5, seed=1), entry("other", 0.5, seed=2))[0]
    assert line.startswith("one and other cannot be told apart in win rate: +0.09 points, 95 % interval [-0.98, +1.17")


def test_the_first_line_says_why_there_is_no_answer() -> None:
    recipe = Recipe(metric=LC_WIN_RATE)
    text = comparison_text(found(entry("one", 0.5), entry("other", 0.4), recipe=recipe), {})
    assert text.startswith("one and other cannot be compared in LC win rate: one: lengths unknown.\n")
    assert "\none: not estimable: lengths unknown\n" in text


def test_missing_verdicts_are_told_with_what_they_could_change() -> None:
    text = "\n".join(lines_of(entry("one", 0.6, seed=1, missing=3), entry("other", 0.5, seed=2)))
    assert "\n57 instructions with a verdict on both; judge judge, against base\n" in text
    assert "of 60 instructions asked about both, verdicts are missing: 3 on one. Were all of these against one" in text


def test_instructions_that_decide_are_shown_with_their_text_in_one_line() -> None:
    one, other = entry("one", 0.6, seed=1), entry("other", 0.5, seed=2)
    swing = found(one, other).detail
    assert swing is not None
    key = swing.swings[0].key
    text = comparison_text(found(one, other), {key: "First\nline, \x1b[31m" + "long " * 100})
    (line,) = [line for line in text.splitlines() if "First line, " in line]
    assert "First line, \\u001b[31mlong" in line and key not in text
    assert line.endswith("…")


def test_of_several_models_the_text_says_which_are_not_told_apart_and_warns_of_single_intervals() -> None:
    text = lines_of(entry("a", 0.5, seed=1), entry("b", 0.5, seed=2), entry("c", 0.8, seed=3))
    assert text[0] == "2 of 3 pairs of 3 models differ in win rate, at 95 % confidence for all pairs together."
    assert text[1] == "not told apart: a, b"
    assert text[-1] == "note: p allows for all pairs (Holm); each interval is that of its pair alone"


def test_names_cannot_move_the_cursor_and_long_ones_are_cut() -> None:
    text = "\n".join(lines_of(entry("\x1b[2J", 0.6, seed=1), entry("m" * 300, 0.5, seed=2)))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 200


def test_json_holds_every_number_with_its_status_and_no_nan() -> None:
    one, other = entry("one", 0.6, seed=1), entry("other", 0.5, seed=2)
    document = json.loads(comparison_json(found(one, other), {"k000": "text"}))
    (pair,) = document["pairs"]
    assert (pair["models"], pair["n"], pair["n_missing"]) == (["one", "other"], N, [0, 0])
    shown = pair["differences"]["win_rate"]
    assert shown["lower"] < shown["value"] < shown["upper"]
    lc = pair["differences"]["lc_win_rate"]
    assert (lc["value"], lc["p_value"], lc["status"]) == (None, None, "not_estimable(one: lengths unknown)")
    fragility = document["detail"]["fragility"]
    assert fragility["at_most"] == len(fragility["reversed"])
    assert {one["model"] for one in fragility["reversed"]} <= {"one", "other"}
    assert document["indistinguishable"] == []


def test_a_model_whose_outputs_an_audit_refuses_is_marked() -> None:
    null = replace(entry("null", 0.8, seed=1), audit=audit_lengths([500] * 60))
    for entries in ([null, entry("one", 0.4, seed=2)], [null, entry("one", 0.4, seed=2), entry("two", 0.5, seed=3)]):
        assert "\nnull: audit failed: 60 answers of one length, 500 characters\n" in comparison_text(
            found(*entries), {}
        )
        document = json.loads(comparison_json(found(*entries), {}))
        assert document["audit_failed"] == {"null": "60 answers of one length, 500 characters"}


def test_tables_fit_a_narrow_terminal_by_shorter_names() -> None:
    models = [entry(f"a-model-of-a-long-name-{number}", 0.5 + 0.1 * number, seed=number + 1) for number in range(3)]
    for some in (models, models[:2]):
        text = comparison_text(found(*some), {}, columns=80)
        rows = [line for line in text.splitlines() if "[" in line and "…" in line]
        assert rows or "…" in text
        assert all(len(line) <= 80 for line in text.splitlines() if line.count("  ") > 3)


def test_a_sign_that_is_neither_sure_nor_sound_is_not_called_fragile() -> None:
    sure = "\n".join(lines_of(entry("one", 0.6, seed=1), entry("other", 0.5, seed=2)))
    assert "fragility: reversing " in sure and "make the difference no longer significant" in sure
    even = "\n".join(lines_of(entry("one", 0.5, seed=1), entry("other", 0.5, seed=2)))
    assert "is enough to put other ahead" in even
