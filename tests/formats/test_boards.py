"""AlpacaEval's leaderboard csv, read and written."""

from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.formats.boards import AlpacaRow, read_board, row_of_ours, write_board
from tests.conftest import REAL_DATA


def board(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "board.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("column", ["", "model", "name", "Unnamed: 0"])
def test_the_model_stands_in_a_column_without_a_name_or_under_a_usual_one(tmp_path: Path, column: str) -> None:
    path = board(tmp_path, f"{column},avg_length,win_rate,n_wins,mode,link\nm,2049.0,50.25,,community,x\n")
    assert read_board(path) == (AlpacaRow(model="m", avg_length=2049, win_rate=50.25, mode="community"),)


def test_columns_without_a_value_are_left_out_and_the_rest_comes_back(tmp_path: Path) -> None:
    rows = (AlpacaRow(model="a,b", win_rate=97.69900497512438, n_wins=783), AlpacaRow(model="c", win_rate=None))
    path = tmp_path / "out.csv"
    write_board(path, rows)
    assert path.read_text() == ',win_rate,n_wins\n"a,b",97.69900497512438,783\nc,,\n'
    assert read_board(path) == rows


def test_no_model_is_taken_for_a_formula(tmp_path: Path) -> None:
    write_board(tmp_path / "out.csv", [AlpacaRow(model="=1+1", win_rate=1.0)])
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "'=1+1,1.0"


def test_a_row_of_ours_is_exported_by_alpaca_evals_names() -> None:
    values = {
        "model": "m", "win_rate": 61.5, "win_rate_stderr": 1.5, "lc_win_rate": 55.0, "lc_stderr": 1.4, "n_wins": 3,
        "n_losses": 2, "n_ties": 1, "n_total": 6, "avg_length": 1234.6, "discrete_win_rate": 58.3,
    }  # fmt: skip
    assert row_of_ours(values, mode="community") == AlpacaRow(
        model="m", win_rate=61.5, standard_error=1.5, n_wins=3, n_wins_base=2, n_draws=1, n_total=6,
        discrete_win_rate=58.3, mode="community", avg_length=1235, length_controlled_winrate=55.0,
    )  # fmt: skip
    assert row_of_ours({"model": "m", "lc_win_rate": None}) == AlpacaRow(model="m")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "model,score\nm,1\n",
            "row 1: is not a row of a leaderboard: expected a model and its win_rate, found 'model'",
        ),
        ("a,win_rate\nm,1\n", "row 1: is not a row of a leaderboard"),
        ("model,win_rate\n ,1\n", "row 1: the model has no name"),
        ("model,win_rate\nm,x\n", "row 1: win_rate: expected a number, found 'x'"),
        ("model,win_rate\nm,inf\n", "row 1: win_rate: expected a number, found 'inf'"),
        ("model,win_rate,n_wins\nm,1,1.5\n", "row 1: n_wins: expected a whole number, found 1.5"),
        ("model,win_rate\nm,1\nm,2\n", "row 2: model 'm' stands twice"),
    ],
)
def test_what_is_no_leaderboard_is_refused_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    path = board(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_board(path)
    assert str(error.value).startswith(f"{path}: {reason}")


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the published leaderboards are not beside this checkout")
@pytest.mark.parametrize(("name", "n"), [("published_alpaca_eval1.csv", 102), ("published_alpaca_eval2.csv", 210)])
def test_a_published_leaderboard_comes_back_value_by_value(tmp_path: Path, name: str, n: int) -> None:
    rows = read_board(REAL_DATA / "alpaca_eval" / name)
    write_board(tmp_path / "copy.csv", rows)
    assert read_board(tmp_path / "copy.csv") == rows
    assert len(rows) == n
    assert all(row.win_rate is not None and row.n_total is not None for row in rows)
