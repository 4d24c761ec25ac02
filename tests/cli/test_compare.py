"""evalkit compare from files and from a store."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.running import Done, evalkit

N = 60
INSTRUCTIONS = [f"Instruction number {number}." for number in range(N)]


def rows(model: str, level: float, *, seed: int) -> list[dict[str, Any]]:
    """Annotations in AlpacaEval's form: a shared difficulty, answers of many lengths, two categories."""
    generator = np.random.default_rng(seed)
    shared = np.random.default_rng(9).normal(size=N)
    chance = 1 / (1 + np.exp(-(level + shared + 0.3 * generator.normal(size=N))))
    return [
        {
            "instruction": instruction,
            "output_1": "b" * 50,
            "generator_1": "base",
            "output_2": "c" * int(length),
            "generator_2": model,
            "dataset": ("coding", "math")[number % 2],
            "annotator": "judge",
            "preference": 1 + float(p),
        }
        for number, (instruction, p, length) in enumerate(
            zip(INSTRUCTIONS, chance, generator.integers(20, 90, N), strict=True)
        )
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, (model, level) in enumerate({"good": 0.6, "fair": 0.0, "alike": 0.02}.items()):
        place = tmp_path / "results" / model / "judge"
        place.mkdir(parents=True)
        (place / "annotations.json").write_text(json.dumps(rows(model, level, seed=seed)))
    return tmp_path


def compared(folder: Path, *arguments: object) -> Done:
    done = evalkit("compare", *arguments, "--source", "results", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def test_two_models_of_a_folder_are_compared_with_the_instructions_that_decide(folder: Path) -> None:
    done = compared(folder, "good", "fair", "--swings", "2", "--metric", "win_rate")
    first = done.stdout.splitlines()[0]
    assert first.startswith("good is ahead of fair by ") and "points of win rate" in first
    assert done.stdout.count("Instruction number ") == 2
    assert "fragility: reversing " in done.stdout
    assert done.stderr == ""


def test_several_models_are_compared_with_each_other(folder: Path) -> None:
    text = compared(folder, "good", "fair", "alike", "--metric", "win_rate").stdout
    assert text.startswith("2 of 3 pairs of 3 models differ in win rate, at 95 % confidence for all pairs together.\n")
    assert "not told apart: fair, alike" in text


def test_categories_are_compared_where_they_are_asked_for(folder: Path) -> None:
    document = json.loads(compared(folder, "good", "fair", "--by", "category", "--json").stdout)
    assert sorted(document["detail"]["parts"]) == ["category coding", "category math"]
    assert document["metric"] == "lc_win_rate"
    assert document["detail"]["swings"][0]["instruction"].startswith("Instruction number")


def test_confidence_and_sources_may_come_from_the_settings_file(folder: Path) -> None:
    (folder / "evalkit.toml").write_text('[compare]\nsource = ["results"]\nconfidence = 0.8\nmetric = "win_rate"\n')
    done = evalkit("compare", "good", "fair", cwd=folder)
    assert "80 % interval" in done.stdout.splitlines()[0]


def test_models_of_the_store_are_compared_with_the_instructions_they_were_asked(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    for model, words in (("base", 50), ("short", 40), ("long", 60)):
        outputs = []
        for instruction in INSTRUCTIONS:
            said = " ".join(f"word{one}" for one in generator.integers(0, 10_000, words + generator.integers(20)))
            outputs.append({"instruction": instruction, "output": f"To {instruction} {said}", "generator": model})
        (tmp_path / f"{model}.json").write_text(json.dumps(outputs))
    judged = ("short.json", "long.json", "--baseline", "base.json", "--judge", "longest", "--audit", "warn")
    done = evalkit("annotate", *judged, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = evalkit("compare", "short", "long", "--metric", "win_rate", "--swings", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("long is ahead of short by ")
    assert done.stdout.count("Instruction number ") == 3


def test_a_table_may_lack_verdicts_and_instructions(tmp_path: Path) -> None:
    with (tmp_path / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["judge", "model", "baseline", "index", "preference", "len_1", "len_2"])
        for model, level in (("a", 0.6), ("c", 0.4)):
            for number in range(N):
                empty = model == "c" and number < 3
                share = level + (number * 7 % 11) / 30
                writer.writerow(["j", model, "base", number, "" if empty else 1 + share, 50, 40 + number])
    done = evalkit("compare", "a", "c", "--source", "table.csv", "--metric", "win_rate", cwd=tmp_path)
    assert "57 instructions with a verdict on both" in done.stdout
    assert "verdicts are missing: 3 on c" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["good", "nobody"], "unknown model 'nobody'"),
        (["good"], "name from 2 to 30 models, each once; found good"),
        (["good", "base"], "'base' is the baseline"),
        (["good", "fair", "--judge", "nobody"], "unknown judge 'nobody'"),
        (["good", "fair", "--confidence", "1"], "--confidence"),
        (["good", "fair", "--metric", "style_win_rate"], "--metric style_win_rate needs something to hold equal"),
        (["good", "fair", "--difficulty", "fit"], "difficulty cannot be learned from 3 models"),
        (["good", "fair", "--difficulty", "missing.csv"], "missing.csv"),
        (["good", "fair", "--source", "missing.json"], "missing.json"),
        (["good", "fair", "--control", "typo"], "unknown control 'typo'"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_two(folder: Path, arguments: list[str], said: str) -> None:
    done = evalkit("compare", *arguments, "--source", "results", cwd=folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_store_and_without_sources_the_cure_is_named(tmp_path: Path) -> None:
    done = evalkit("compare", "a", "b", cwd=tmp_path)
    assert done.returncode == 2
    assert "no store yet. Run evalkit annotate first, or name sources" in done.stderr
