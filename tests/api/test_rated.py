"""ratings in Python gives what the command prints, as a value."""

import io
import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evalkit as ek
from tests.api.example import judge_example
from tests.cli.running import evalkit
from tests.reporting.test_tables import HOSTILE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the judged example, and with 300 votes between three models, two by each voter."""
    made = judge_example(tmp_path_factory.mktemp("judged"))
    chance, lines = random.Random(0), ["model_a,model_b,winner,voter,conv_metadata"]
    for n in range(300):
        a, b = chance.sample(range(3), 2)
        winner = "model_a" if chance.random() < 0.5 + 0.12 * (b - a) else chance.choice(["model_b", "tie"])
        counts = f'"{{""sum_assistant_a_tokens"": {chance.randint(1, 9)}, ""sum_assistant_b_tokens"": 5}}"'
        lines.append(f"model {a},model {b},{winner},{n // 2},{counts}")
    (made / "votes.csv").write_text("\n".join(lines) + "\n")
    return made


@pytest.mark.parametrize(
    ("votes", "options", "keywords"),
    [
        ([], ["--benchmark", "example"], {"benchmark": "example"}),
        (
            [],
            ["--benchmark", "example", "--anchor", "baseline=0", "--scale", "strength", "--cluster", "none"],
            {"benchmark": "example", "anchor": "baseline=0", "scale": "strength", "cluster": "none"},
        ),
        (
            ["votes.csv"],
            ["--control", "tokens", "--cluster", "voter", "--interval", "bootstrap", "--rounds", "20"],
            {"control": ["tokens"], "cluster": "voter", "interval": "bootstrap", "rounds": 20},
        ),
        (["votes.csv"], ["--method", "elo", "--elo-k", "8"], {"method": "elo", "elo_k": 8}),
        (["results"], ["--judge", "surface"], {"judge": "surface"}),
    ],
)
def test_the_function_gives_what_the_command_prints(
    folder: Path, monkeypatch: pytest.MonkeyPatch, votes: list[str], options: list[str], keywords: dict[str, Any]
) -> None:
    monkeypatch.chdir(folder)
    found = ek.ratings(*votes, **keywords)
    text, document = (evalkit("ratings", *votes, *options, *more, cwd=folder) for more in ([], ["--json"]))
    assert text.returncode == 0, text.stderr
    assert (str(found), found.to_json()) == (text.stdout, document.stdout)
    assert f"{found!r}\n" == text.stdout


def test_the_frame_is_the_table_that_the_command_writes(folder: Path) -> None:
    found = ek.ratings(folder / "votes.csv")
    frame = found.frame
    pd.testing.assert_frame_equal(frame, pd.read_csv(io.StringIO(found.written("csv"))), check_dtype=False)
    assert {str(frame[name].dtype) for name in ("rank", "rank_lower", "rank_upper")} == {"Int64"}
    assert {str(frame[name].dtype) for name in ("rating", "lower", "upper", "stderr", "win_rate")} == {"float64"}
    assert frame["n_battles"].dtype == "int64"
    elo = ek.ratings(folder / "votes.csv", method="elo").frame
    assert elo["lower"].isna().all() and elo["rank_upper"].isna().all() and elo["lower"].dtype == "float64"


def test_the_metrics_are_flat_and_leave_out_what_cannot_be_estimated(folder: Path) -> None:
    metrics = ek.ratings(folder / "votes.csv").metrics()
    assert metrics["model 0/rating_lower"] < metrics["model 0/rating"] < metrics["model 0/rating_upper"]
    assert "model 0/rating_lower" not in ek.ratings(folder / "votes.csv", method="elo").metrics()
    assert all(type(value) is float for value in metrics.values())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"method": "btt"}, "^method: unknown value 'btt'. Did you mean 'bt'"),
        ({"interval": "none"}, "^interval: unknown value 'none'"),
        ({"rounds": 3}, "^rounds: expected a whole number from 20 to 100000, found 3"),
        ({"scale": "log"}, "^scale: unknown value 'log'"),
        ({"elo_k": 0}, "^elo_k: expected a number above 0 and at most 1000, found 0"),
        ({"anchor": "model 1=nan"}, "^anchor model 1=nan: expected a number after"),
        ({"method": "elo", "control": "tokens"}, "^control needs method bt"),
        ({"control": ["tokens", "beauty"]}, "unknown control 'beauty'"),
    ],
)
def test_a_wrong_keyword_is_one_line_that_names_it(folder: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ek.EvalkitError, match=said) as caught:
        ek.ratings(folder / "votes.csv", **wrong)
    assert "\n" not in str(caught.value) and "--" not in str(caught.value)


def test_what_is_for_tables_of_votes_needs_one(folder: Path) -> None:
    with pytest.raises(ek.EvalkitError, match="^control and cluster=COLUMN are for tables of votes"):
        ek.ratings(benchmark="example", control="tokens", results=folder / "results")
    with pytest.raises(ek.EvalkitError, match="unknown form 'latex'"):
        ek.ratings(folder / "votes.csv").written("latex")


def test_a_notebook_shows_a_table_in_which_nothing_is_markup(tmp_path: Path) -> None:
    evil = f"<img src=x onerror=alert(1)>{HOSTILE}"
    rows = [{"model_a": evil, "model_b": "b", "winner": one} for one in ("tie", "model_a", "model_b")]
    (tmp_path / "votes.json").write_text(json.dumps(rows))
    shown = ek.ratings(tmp_path / "votes.json")._repr_html_()
    assert "<img" not in shown and "&lt;img src=x" in shown and "\x1b" not in shown
