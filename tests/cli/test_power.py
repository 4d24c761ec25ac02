"""evalkit power, as a user runs it."""

import json
from pathlib import Path

import pytest

from tests.cli.running import evalkit
from tests.cli.test_bad_input import refused_in_one_line
from tests.stats.stat_samples import draw


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Preferences of two models, as evalkit leaderboard reads them."""
    lines = ["judge,model,baseline,index,preference,len_1,len_2"]
    for model, intercept in (("new", 0.2), ("old", -0.1)):
        sample = draw(1, 120, intercept=intercept).sample
        assert sample.length_difference is not None
        for row, (value, length) in enumerate(zip(sample.preference, sample.length_difference, strict=True)):
            lines.append(f"one,{model},base,{row},{1 + value:.6f},5000,{5000 + length:.0f}")
    path = tmp_path / "preferences.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_deviation_alone_tells_the_instructions_that_two_points_take(tmp_path: Path) -> None:
    done = evalkit("power", "--sd", "0.33", "--margin", "2", "--power", "0.5", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (option,) = json.loads(done.stdout)["options"]
    assert option["instructions"] == pytest.approx(1050, rel=0.03)
    assert option["half_width"] == pytest.approx(2, abs=0.01)


def test_verdicts_at_hand_tell_what_is_needed_and_what_they_can_tell(table: Path) -> None:
    done = evalkit("power", "--source", table.name, "--true", "55", "--price", "0.02", cwd=table.parent)
    assert done.returncode == 0, done.stderr
    assert "true LC win rate is 55" in done.stdout
    assert "The 120 instructions at hand, in one order, pass" in done.stdout
    assert "note: verdict noise not measured" in done.stdout


def test_every_option_is_heard(table: Path) -> None:
    done = evalkit(
        "power", "--source", table.name, "--judge", "one", "--model", "new", "--against", "old", "--metric", "win_rate",
        "--margin", "3", "--true", "1", "--power", "0.9", "--confidence", "0.9", "--most", "100000", "--json",
        cwd=table.parent,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert (document["threshold"], document["true"], document["power"], document["confidence"]) == (-3, 1, 0.9, 0.9)
    assert (document["model"], document["against"], document["metric"]) == ("new", "old", "win_rate")
    few = evalkit("power", "--sd", "0.5", "--min", "60", "--true", "61", "--most", "100", "--json", cwd=table.parent)
    assert (json.loads(few.stdout)["threshold"], json.loads(few.stdout)["options"]) == (60, [])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--sd", "0.3"], "either --true PERCENT, or --margin POINTS"),
        (["--sd", "0.3", "--true", "52", "--margin", "2"], "either --true PERCENT, or --margin POINTS"),
        (["--sd", "0.3", "--true", "49"], "true value of 49 must be above the threshold 50"),
        (["--sd", "0.3", "--against", "old"], "true value of 0 must be above the threshold 0"),
        (["--sd", "nan", "--margin", "2"], "nan is not a number"),
        (["--sd", "0.3", "--margin", "2", "--power", "nan"], "nan is not a number"),
        (["--sd", "0.3", "--against", "old", "--margin", "inf"], "not in the range"),
        (["--sd", "0.3", "--against", "old", "--min", "50"], "--min and --against are two gates"),
        (["--sd", "0.7", "--margin", "2"], "--sd 0.7: a preference lies between 0 and 1"),
        (["--sd", "0.3", "--margin", "2", "--price-judge", "surface"], "--price-judge needs the tokens"),
        (["--margin", "2"], "no store yet"),
        (["--source", "preferences.csv", "--margin", "2", "--model", "nwe"], "unknown model 'nwe'"),
        (["--source", "preferences.csv", "--margin", "2", "--price-judge", "surface"], "names no prices"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_line(table: Path, arguments: list[str], told: str) -> None:
    done = evalkit("power", *arguments, cwd=table.parent)
    refused_in_one_line(done, told)
