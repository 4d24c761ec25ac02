"""compare in Python gives what the command prints, as a value."""

import json
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from tests.api.example import judge_example
from tests.cli.running import evalkit
from tests.reporting.test_tables import HOSTILE

TEXTS = ["model", "against", "metric", "status"]
COUNTS = ["n", "n_asked", "n_missing", "n_missing_against"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge_example(tmp_path_factory.mktemp("judged"))


@pytest.mark.parametrize(
    ("models", "options", "keywords"),
    [
        (["careful", "wordy"], ["--benchmark", "example"], {"benchmark": "example"}),
        (
            ["careful", "wordy", "terse"],
            ["--source", "results", "--metric", "win_rate", "--confidence", "0.9"],
            {"source": "results", "metric": "win_rate", "confidence": 0.9},
        ),
        (
            ["wordy", "terse"],
            ["--source", "results", "--by", "category", "--swings", "2", "--judge", "surface"],
            {"source": [Path("results")], "by": "category", "swings": 2, "judge": "surface"},
        ),
        (
            ["wordy", "careful"],
            ["--benchmark", "example", "--metric", "style_win_rate", "--control", "length,markdown"],
            {"benchmark": "example", "metric": "style_win_rate", "control": ["length", "markdown"]},
        ),
    ],
)
def test_the_function_gives_what_the_command_prints(
    folder: Path, monkeypatch: pytest.MonkeyPatch, models: list[str], options: list[str], keywords: dict[str, Any]
) -> None:
    monkeypatch.chdir(folder)
    found = ek.compare(*models, **keywords)
    text, document = (evalkit("compare", *models, *options, *more, cwd=folder) for more in ([], ["--json"]))
    assert text.returncode == 0, text.stderr
    assert (str(found), found.to_json()) == (text.stdout, document.stdout)
    assert f"{found!r}\n" == text.stdout


def test_the_frame_has_a_row_for_each_pair_with_the_difference_that_decides(folder: Path) -> None:
    found = ek.compare("careful", "wordy", "terse", benchmark="example", metric="win_rate", results=folder / "results")
    frame = found.frame
    assert list(zip(frame["model"], frame["against"], strict=True)) == [
        ("careful", "wordy"),
        ("careful", "terse"),
        ("wordy", "terse"),
    ]
    assert {name for name in frame if frame[name].dtype == "int64"} == set(COUNTS)
    assert {name for name in frame if frame[name].dtype == "float64"} == set(frame) - {*TEXTS, *COUNTS}
    pairs = json.loads(found.to_json())["pairs"]
    assert list(frame["difference"]) == [pair["differences"]["win_rate"]["value"] for pair in pairs]
    assert (frame["difference"] - (frame["value"] - frame["value_against"])).abs().max() < 1e-6


def test_the_metrics_are_flat_and_leave_out_what_cannot_be_estimated(folder: Path) -> None:
    metrics = ek.compare("careful", "wordy", benchmark="example", results=folder / "results").metrics()
    assert metrics["careful vs wordy/win_rate"] == pytest.approx(-7.5196, abs=1e-4)
    assert metrics["careful vs wordy/win_rate_lower"] < metrics["careful vs wordy/win_rate"] < 0
    assert metrics["careful vs wordy/n"] == 48
    assert all(type(value) is float for value in metrics.values())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"confidence": 1}, "confidence: expected a number from 0.5 and below 1, found 1"),
        ({"swings": -1}, "swings: expected a whole number from 0, found -1"),
        ({"by": "categroy"}, "by: unknown value 'categroy'. Did you mean 'category'"),
        ({"metric": "lc"}, "unknown metric 'lc'"),
        ({"cluster": "dataset"}, "cluster: a store keeps the clusters"),
        ({"judge": "nobody"}, "unknown judge 'nobody'"),
    ],
)
def test_a_wrong_keyword_is_one_line_that_names_it(folder: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ek.EvalkitError, match=said) as caught:
        ek.compare("careful", "wordy", **{"benchmark": "example", "results": folder / "results", **wrong})
    assert "\n" not in str(caught.value) and f"--{next(iter(wrong))}" not in str(caught.value)


def test_models_are_named_one_by_one(folder: Path) -> None:
    with pytest.raises(ek.EvalkitError, match="models: expected names one by one, found a list"):
        ek.compare(["careful", "wordy"], results=folder / "results")  # type: ignore[arg-type]


def test_a_notebook_shows_a_table_in_which_nothing_is_markup(tmp_path: Path) -> None:
    evil = f"<img src=x onerror=alert(1)>{HOSTILE}"
    rows = [
        {"instruction": f"i{n}", "output_1": "a", "generator_1": "base", "output_2": "b" * (n + 1),
         "generator_2": model, "annotator": "j", "preference": 1.2 + n % 3 * 0.3}
        for model in (evil, "other") for n in range(9)
    ]  # fmt: skip
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    shown = ek.compare(evil, "other", source=tmp_path / "rows.json")._repr_html_()
    assert "<img" not in shown and "&lt;img src=x" in shown and "\x1b" not in shown
