"""How a board of ratings is printed."""

import csv
import io
import json
from dataclasses import replace

import pytest

from evalkit.boards.ratings import RatingBoard, RatingRecipe
from evalkit.reporting.ratings import COLUMNS, ratings_csv, ratings_json, ratings_markdown, ratings_text
from evalkit.stats.ranks import RankInterval
from evalkit.stats.ratings.rated import Rated
from evalkit.stats.ratings.scale import Scale, Unit
from evalkit.types import Estimate, degraded

BOARD = RatingBoard(
    RatingRecipe(scale=Scale(anchor="b\x1b[31m")),
    (
        Rated("=cmd|x", Estimate(1100.25, 10.0, 1080.0, 1120.5, 40), 1, RankInterval(1, 1, 2), 50, 64.0),
        Rated("b\x1b[31m", Estimate(1000.0, 0.0, 1000.0, 1000.0, 40), 2, RankInterval(2, 1, 2), 50, 36.0),
        Rated("c", Estimate(900.0, None, None, None, 1, degraded("unbounded below")), 3, RankInterval(3, 1, 3), 2, 0.0),
    ),
    n_battles=51,
    n_clusters=40,
    clustered_by="question_id",
    left_out={"battles without a verdict": 4},
    coefficients={"tokens": Estimate(0.25, 0.05, 0.15, 0.35, 40)},
    units={"tokens": 0.4},
)


def test_the_table_says_what_a_reader_must_know() -> None:
    assert ratings_text(BOARD).splitlines() == [
        "Bradley-Terry at equal tokens: 3 models, 51 battles, elo scale with b\\u001b[31m at 1000",
        "",
        "rank     model        rating  95 % interval     battles  win rate  status",
        "1 (1-2)  =cmd|x       1100.2  [1080.0, 1120.5]  50       64.00     ok",
        "2 (1-2)  b\\u001b[31m  1000.0  [1000.0, 1000.0]  50       36.00     ok",
        "3 (1-3)  c            900.0   -                 2        0.00      degraded",
        "",
        "c: degraded: unbounded below",
        "note: sandwich intervals; 40 clusters by question_id. Rank intervals hold for all models at once",
        "note: tokens: +0.250 [+0.150, +0.350] log-odds for a typical difference of 0.4",
        "note: left out: 4 battles without a verdict",
    ]


def test_a_penalised_board_says_so() -> None:
    board = replace(BOARD, penalised=True)
    assert "note: Jeffreys' penalty moves all ratings towards each other" in ratings_text(board)
    assert json.loads(ratings_json(board))["penalised"] is True
    assert "Jeffreys" not in ratings_text(BOARD)


def test_csv_has_all_columns_no_formulas_and_empty_fields_for_what_is_missing() -> None:
    rows = list(csv.DictReader(io.StringIO(ratings_csv(BOARD))))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["model"] == "'=cmd|x"
    assert (rows[2]["lower"], rows[2]["stderr"], rows[2]["status"]) == ("", "", "degraded(unbounded below)")


def test_json_has_every_number_and_null_for_what_is_missing() -> None:
    document = json.loads(ratings_json(BOARD))
    assert document["rows"][0]["rating"] == 1100.25 and document["rows"][2]["upper"] is None
    # 100.25 points above the anchor: 100 / (1 + 10^(-100.25 / 400))
    assert document["rows"][0]["expected_against_anchor"]["value"] == pytest.approx(64.03965, abs=1e-4)
    assert document["rows"][2]["expected_against_anchor"]["lower"] is None
    assert document["coefficients"]["tokens"] == {
        "value": 0.25, "lower": 0.15, "upper": 0.35, "stderr": 0.05, "n": 40, "unit": 0.4,
    }  # fmt: skip
    assert document["clustered_by"] == "question_id" and document["left_out"] == {"battles without a verdict": 4}
    assert document["interval"] == "sandwich" and document["rounds"] is None


def test_markdown_escapes_names() -> None:
    assert "| 1 (1-2) | =cmd\\|x | 1100.2 |" in ratings_markdown(BOARD)
    assert "\x1b" not in ratings_markdown(BOARD)


@pytest.mark.parametrize("form", [ratings_text, ratings_markdown])
def test_strengths_have_three_decimals(form: object) -> None:
    row = Rated("a", Estimate(0.12345, 0.1, -0.05, 0.3, 9), 1, RankInterval(1, 1, 1), 9, 50.0)
    board = replace(BOARD, recipe=RatingRecipe(scale=Scale(Unit.STRENGTH)), rows=(row,))
    assert callable(form) and "0.123" in form(board) and "-0.050, 0.300" in form(board)


def test_models_of_the_same_reason_share_a_line_and_elo_says_what_it_is() -> None:
    why = degraded("order dependent")
    rows = tuple(Rated(name, Estimate(1.0, None, None, None, 9, why), 1, None, 9, 50.0) for name in "abcde")
    board = replace(BOARD, recipe=RatingRecipe(method="elo"), rows=rows, coefficients={}, left_out={})
    assert ratings_text(board).splitlines()[-1] == "all: degraded: order dependent"
    assert ratings_text(board).startswith("Elo, online: 5 models")
    mixed = replace(board, rows=(*rows, Rated("f", Estimate(1.0, 1.0, 0.0, 2.0, 9), 1, RankInterval(1, 1, 1), 9, 50.0)))
    assert "a, b, c and 2 more: degraded: order dependent" in ratings_text(mixed)
