"""`--published`, and the same as a keyword: tables that ship, of a file, of a value and of the store."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import evalkit as ek
from evalkit.cli.main import group
from evalkit.errors import EvalkitError

JUDGE = "weighted_alpaca_eval_gpt4_turbo"
N = 805
LEADERBOARD = (
    ",win_rate,standard_error,n_total,avg_length\ngpt4_1106_preview,50.0,0.0,805,2049\nimported,41.0,1.5,805,1000\n"
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model's made verdicts by AlpacaEval 2's judge on as many instructions as it has; they say 40 %."""
    path = tmp_path_factory.mktemp("published") / "table.csv"
    rows = "".join(
        f"{JUDGE},mine,gpt4_1106_preview,{n},{1 + (n % 5 < 2)},{100 + n},{100 + 7 * n % 900}\n" for n in range(N)
    )
    path.write_text(f"judge,model,baseline,index,preference,len_1,len_2\n{rows}")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(one) for one in arguments], catch_exceptions=False)


def test_the_command_and_the_keyword_show_the_same_rows(table: Path, tmp_path: Path) -> None:
    asked = ("leaderboard", table, "--metric", "win_rate", "--difficulty", "none", "--reference", "none")
    done = run(*asked, "--published", "near:1", "--published", "claude-2.1,gpt-4-0613", "--json")
    assert done.exit_code == 0, done.output
    board = ek.leaderboard(
        table, metric="win_rate", difficulty="none", reference="none", published=["near:1", "claude-2.1,gpt-4-0613"]
    )
    assert json.loads(done.output) == json.loads(board.to_json())
    (beside,) = json.loads(done.output)["boards"][0]["published"]
    assert (beside["table"], beside["comparable"], beside["date"]) == ("alpaca_eval_2", True, "2024-12-27")
    # AlpacaEval's own spelling of gpt-4-0613, by the aliases
    names = [row["model"] for row in beside["rows"]]
    assert len(names) == 4 and names[2:] == ["gpt4_0613", "claude-2.1"]
    above, below = (beside["rows"][place]["win_rate"] for place in (0, 1))
    assert below < 40 <= above
    assert list(board.published["model"]) == names and list(board.frame["model"]) == ["mine"]
    assert ek.leaderboard(table, difficulty="none", reference="none").published.empty
    assert board.sha256 == ek.leaderboard(table, metric="win_rate", difficulty="none", reference="none").sha256


def test_the_lc_win_rate_of_another_formula_is_not_compared(table: Path) -> None:
    shown = ek.leaderboard(table, difficulty="none", reference="none", published="top:2").written("markdown")
    assert "not comparable with this board: its LC win rates follow another formula, which --estimator" in shown


def test_a_file_a_frame_and_an_imported_leaderboard_are_tables_too(table: Path, tmp_path: Path) -> None:
    path = tmp_path / f"{JUDGE}_leaderboard.csv"
    path.write_text(LEADERBOARD)
    frame = pd.DataFrame({"model": ["valued"], "win_rate": [39.0]})
    given: dict[str, Any] = {
        "metric": "win_rate",
        "difficulty": "none",
        "reference": "none",
        "results": tmp_path / "results",
    }
    by_file = ek.leaderboard(table, published=[path, "all"], **given)
    (beside,) = by_file.boards[0].neighbours
    assert ([row.model for row in beside.rows], beside.apart) == (["gpt4_1106_preview", "imported"], ())
    (beside,) = ek.leaderboard(table, published=frame, **given).boards[0].neighbours
    assert beside.apart == ("the table does not name its judge", "the table does not name its baseline")
    assert run("import", "auto", path, "--results", given["results"]).exit_code == 0
    found = ek.leaderboard(table, published="imported", **given).boards[0].neighbours
    assert {row.model for beside in found for row in beside.rows} == {"imported"}
    assert [beside.apart for beside in found if beside.rows] == [()]


def test_leaderboards_of_the_other_tools_are_imported_and_shown(tmp_path: Path) -> None:
    (tmp_path / "arena.csv").write_text("model,score,rating_q025,rating_q975,avg_tokens\nm,82.6,80.7,84.6,662\n")
    (tmp_path / "bench.csv").write_text("key,Model,MT-bench (score)\ngpt-4,GPT-4,8.99\n")
    results = ("--results", tmp_path / "results")
    done = run("import", "auto", tmp_path / "arena.csv", tmp_path / "bench.csv", *results)
    assert done.exit_code == 0 and "evalkit store published" in done.output
    shown = run("store", "published", *results)
    assert "82.60" in shown.output and "8.99" in shown.output and "662 tokens" in shown.output


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("near:none", "expected a whole number above 0 after near:"),
        ("gpt5", "unknown published model 'gpt5'"),
        ("missing.csv", "missing.csv: no such published table file"),
    ],
)
def test_a_wrong_wish_is_one_line(table: Path, wanted: str, said: str) -> None:
    done = CliRunner().invoke(
        group, ["leaderboard", str(table), "--difficulty", "none", "--published", wanted], standalone_mode=False
    )
    assert isinstance(done.exception, EvalkitError) and said in str(done.exception)


def test_a_benchmark_without_a_table_says_what_to_name(table: Path) -> None:
    with pytest.raises(EvalkitError, match="no published table is of benchmark 'example'"):
        ek.leaderboard(table, benchmark="example", difficulty="none", published="near")


def test_benchmarks_name_their_published_tables(tmp_path: Path) -> None:
    assert "alpaca_eval_1 (102, 2024-05-11), alpaca_eval_2 (210, 2024-12-27)" in str(ek.benchmarks())
    (table,) = json.loads(run("benchmarks", "show", "mt_bench").output)["published"]
    assert (table["table"], table["models"], table["date"], table["judge"]) == ("mt_bench", 33, "2024-04-18", "gpt-4")


def test_a_report_shows_published_rows(table: Path, tmp_path: Path) -> None:
    page = ek.report(table, difficulty="none", published="top:1", metric="win_rate", out=tmp_path / "report.html")
    text = page.path.read_text()
    assert "published beside: AlpacaEval 2 of 2024-12-27" in text and "f19c323d8309" in text


def test_published_rows_stand_below_an_overview_joined_by_model(table: Path, tmp_path: Path) -> None:
    alone = ek.leaderboard(benchmarks={"alpaca_eval": table, "mine": table}, reference="none")
    both = {"alpaca_eval": table, "mine": table}
    made = ek.leaderboard(benchmarks=both, reference="none", published=["claude-2.1,gpt-4-0613"])
    assert [line.model for line in made.overview.published] == ["gpt-4-0613", "claude-2.1"]
    # the tables are of one benchmark, and the other one's columns have no published number
    cells = zip(made.overview.columns, made.overview.published[0].cells, strict=True)
    assert {column.benchmark for column, cell in cells if cell is not None} == {"alpaca_eval"}
    assert made.frame.equals(alone.frame)
    lines = list(csv.DictReader(io.StringIO(made.written("csv"))))
    assert {line["status"] for line in lines if line["model"] == "claude-2.1"} <= {
        "published",
        "published, not comparable",
    }
    document = json.loads(made.to_json())
    assert len(document["published"]) == len(lines) - len(alone.frame)
    for form in ("table", "markdown", "latex", "html"):
        assert "claude-2.1" in made.written(form) and "claude-2.1" not in alone.written(form)
    with pytest.raises(ek.EvalkitError, match="no published table is of one, two"):
        ek.leaderboard(benchmarks={"one": table, "two": table}, reference="none", published="all")
    with pytest.raises(ek.EvalkitError, match="unknown published model 'claude-2.l'. Did you mean 'claude-2.1'"):
        ek.leaderboard(benchmarks=both, reference="none", published="claude-2.l")
