"""power in Python gives what the command prints, as a value."""

from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from tests.api.example import judge_example
from tests.cli.running import evalkit

COLUMNS = ["orders", "repeats", "instructions", "questions", "half_width", "dollars"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge_example(tmp_path_factory.mktemp("judged"))


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        (["--true", "55", "--benchmark", "example"], {"true_rate": 55, "benchmark": "example"}),
        (
            ["--source", "results", "--model", "wordy", "--against", "terse", "--metric", "win_rate", "--margin", "3",
             "--confidence", "0.9", "--power", "0.9", "--most", "5000"],
            {"source": "results", "model": "wordy", "against": "terse", "metric": "win_rate", "margin": 3,
             "confidence": 0.9, "power": 0.9, "most": 5000},
        ),
        (["--sd", "0.33", "--margin", "2", "--price", "0.01"], {"sd": 0.33, "margin": 2, "price": 0.01}),
        (
            ["--sd", "0.5", "--min", "60", "--true", "61", "--most", "100"],
            {"sd": 0.5, "minimum": 60, "true_rate": 61, "most": 100},
        ),
    ],
)  # fmt: skip
def test_the_function_gives_what_the_command_prints(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], keywords: dict[str, Any]
) -> None:
    monkeypatch.chdir(folder)
    found = ek.power(**keywords)
    text, document = (evalkit("power", *options, *more, cwd=folder) for more in ([], ["--json"]))
    assert text.returncode == 0, text.stderr
    assert (str(found), found.to_json()) == (text.stdout, document.stdout)
    assert f"{found!r}\n" == text.stdout


def test_options_may_come_from_the_variables_of_their_names(tmp_path: Path) -> None:
    given = {"EVALKIT_POWER_SD": "0.33", "EVALKIT_POWER_TRUE": "52", "EVALKIT_POWER_POWER": "0.9"}
    done = evalkit("power", cwd=tmp_path, **given)
    assert done.stdout == str(ek.power(sd=0.33, true_rate=52, power=0.9))


def test_the_frame_has_a_row_for_each_plan() -> None:
    frame = ek.power(sd=0.33, margin=2, price=0.01).frame
    assert list(frame.columns) == COLUMNS and len(frame) == 1
    assert {name for name in frame if frame[name].dtype == "int64"} == set(COLUMNS[:4])
    assert frame["dollars"][0] == pytest.approx(frame["questions"][0] / 100)
    free = ek.power(sd=0.33, margin=2).frame
    assert free["dollars"].dtype == "float64" and free["dollars"].isna().all()
    none = ek.power(sd=0.5, minimum=60, true_rate=61, most=100)
    assert list(none.frame.columns) == COLUMNS and none.frame.empty and none.advice.options == ()
    assert "<th>instructions</th>" in none._repr_html_()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "give either true_rate=PERCENT, or margin=POINTS above the threshold"),
        ({"true_rate": 101}, "^true_rate: expected a number from -100 to 100, found 101"),
        ({"true_rate": 49}, "true value of 49 must be above the threshold 50"),
        ({"margin": 2, "minimum": 100}, "^minimum: expected a number above 0 and below 100, found 100"),
        ({"margin": float("nan")}, "^margin: expected a number, found nan"),
        ({"against": "old", "minimum": 50}, "^minimum and against are two gates"),
        ({"sd": 0.7, "margin": 2}, "^sd 0.7: a preference lies between 0 and 1"),
        ({"sd": 0, "margin": 2}, "^sd: expected a number above 0 and at most 1, found 0"),
        ({"margin": 2, "power": 1}, "^power: expected a number from 0.05 to 0.999, found 1"),
        ({"margin": 2, "confidence": "0.9"}, "^confidence: expected a number, found '0.9'"),
        ({"margin": 2, "most": 0.5}, "^most: expected a whole number, found 0.5"),
        ({"margin": 2, "price": -1}, "^price: expected a number from 0, found -1"),
        ({"margin": 2, "metric": "lc"}, "unknown metric 'lc'"),
        ({"margin": 2, "price_judge": "surface"}, "^price_judge needs the tokens of stored replies: leave sd out"),
    ],
)
def test_a_wrong_keyword_is_one_line_that_names_it(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ek.EvalkitError, match=said) as caught:
        ek.power(**{"sd": 0.3, **wrong})
    assert "\n" not in str(caught.value) and "--" not in str(caught.value)


def test_the_judge_whose_prices_count_must_have_prices(folder: Path) -> None:
    with pytest.raises(ek.EvalkitError, match="^price_judge surface: the judge's file names no prices"):
        ek.power(margin=2, benchmark="example", price_judge="surface", results=folder / "results")
