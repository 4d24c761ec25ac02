"""Commands that judge, and boards, print the JSON document of the function on the same input."""

import json
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from tests.api.example import judge_example
from tests.cli.running import evalkit
from tests.conftest import REPOSITORY

CAREFUL = str(REPOSITORY / "examples" / "outputs" / "careful.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge_example(tmp_path_factory.mktemp("judged"))


def printed(folder: Path, *arguments: str) -> Any:
    done = evalkit(*arguments, "--json", cwd=folder)
    assert done.returncode in (0, 4), done.stderr
    return json.loads(done.stdout)


def test_annotate_and_its_forecast(folder: Path) -> None:
    keywords: dict[str, Any] = {"benchmark": "example", "results": folder / "results", "orders": "both", "limit": 40}
    options = ("--benchmark", "example", "--orders", "both", "--limit", "40")
    forecast = ek.forecast(CAREFUL, **keywords)
    assert json.loads(forecast.to_json()) == printed(folder, "annotate", CAREFUL, *options, "--dry-run")
    run = ek.annotate(CAREFUL, **keywords, progress=False)
    assert json.loads(run.to_json()) == printed(folder, "annotate", CAREFUL, *options)
    assert str(run) == evalkit("annotate", CAREFUL, *options, cwd=folder).stdout.rstrip("\n") + "\n"


@pytest.mark.parametrize(
    ("keywords", "options"),
    [
        ({}, ()),
        ({"metric": "win_rate", "by": ["category"]}, ("--metric", "win_rate", "--by", "category")),
        ({"control": ["length", "markdown"], "bootstrap": 50}, ("--control", "length,markdown", "--bootstrap", "50")),
        ({"strong_weight": 2.0, "pool": True}, ("--strong-weight", "2", "--pool")),
    ],
)
def test_leaderboard(folder: Path, keywords: dict[str, Any], options: tuple[str, ...]) -> None:
    board = ek.leaderboard(benchmark="example", judge="surface", results=folder / "results", **keywords)
    command = ("leaderboard", "--benchmark", "example", "--judge", "surface")
    assert json.loads(board.to_json()) == printed(folder, *command, *options)


@pytest.mark.parametrize(
    ("keywords", "options"),
    [
        ({"minimum": 50}, ("--min", "50")),
        (
            {"minimum": 60, "metric": "win_rate", "confidence": 0.9},
            ("--min", "60", "--metric", "win_rate", "--confidence", "0.9"),
        ),
        ({"against": "terse", "margin": 2.0}, ("--against", "terse", "--margin", "2")),
    ],
)
def test_gate(folder: Path, keywords: dict[str, Any], options: tuple[str, ...]) -> None:
    decided = ek.gate("wordy", benchmark="example", results=folder / "results", **keywords)
    assert json.loads(decided.to_json()) == printed(
        folder, "gate", "wordy", "--benchmark", "example", "--judge", "surface", *options
    )
    with pytest.raises(ek.Inconclusive) if not decided.passed else pytest.raises(AssertionError):
        decided.raise_for_outcome()
        raise AssertionError
