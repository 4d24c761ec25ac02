"""Forms of judges are told apart in words, and pairs are counted for both of their models."""

import json
from pathlib import Path

import numpy as np

from evalkit.boards.entries import Entry
from evalkit.boards.forms import judge_forms
from evalkit.stats.sample import build_sample
from tests.cli.running import evalkit


def entry(digest: str, *, baseline: str = "b", judge: str = "j") -> Entry:
    return Entry("m", judge, baseline, build_sample(["1"], np.array([1.0])), None, digest=digest)


def test_a_judge_of_one_form_is_called_by_its_name() -> None:
    assert judge_forms([entry("1"), entry("1", baseline="c")]) == {("j", "1"): "j"}


def test_grades_and_pairs_are_told_apart_before_anything_else() -> None:
    assert judge_forms([entry("1"), entry("2", baseline="")]) == {("j", "1"): "j (pairs)", ("j", "2"): "j (grades)"}


def test_forms_that_nothing_is_known_of_are_numbered() -> None:
    found = judge_forms([entry("1"), entry("2"), entry("3", baseline="")])
    assert sorted(found.values()) == ["j (grades)", "j (pairs, form 1 of 2)", "j (pairs, form 2 of 2)"]


def test_mt_benchs_pairs_have_a_table_over_all_models_and_lengths_of_imported_answers(tmp_path: Path) -> None:
    def pair(question: int, one: str, two: str, *winners: str) -> dict[str, object]:
        games = {f"g{number}_winner": winner for number, winner in enumerate(winners, start=1)}
        asked = {"question_id": question, "judge": ["gpt-4", "pair-v2"], "turn": 1}
        return {**asked, "model_1": one, "model_2": two, **games}

    pairs = [
        pair(81, "x", "y", "model_1", "model_1"),
        pair(82, "x", "y", "model_1", "model_2"),
        pair(81, "x", "z", "model_2", "model_2"),
        pair(82, "y", "z", "model_1", "model_1"),
    ]
    answers = [
        {"question_id": question, "model_id": model, "choices": [{"turns": ["word " * (question - 79), "more"]}]}
        for model in "xyz"
        for question in (81, 82)
    ]
    for name, rows in (("gpt-4_pair.jsonl", pairs), ("answers.jsonl", answers)):
        (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert evalkit("import", "mt_bench", "gpt-4_pair.jsonl", "answers.jsonl", cwd=tmp_path).returncode == 0
    shown = evalkit("leaderboard", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    title = "gpt-4, all pairs, in the order of the adjusted win rate"
    lines = shown.stdout.splitlines()
    table = [line.split() for line in lines[lines.index(title) + 4 : -2]]
    assert [row[:4] for row in table] == [["x", "1", "1", "1"], ["y", "1", "1", "1"], ["z", "1", "1", "0"]]
    assert [row[-1] for row in table] == ["50.00"] * 3
    # the first turns have 10 and 15 characters
    assert any(line.split()[1:2] == ["x"] and "12" in line.split() for line in lines), shown.stdout
    assert title in evalkit("leaderboard", "--format", "markdown", cwd=tmp_path).stdout
