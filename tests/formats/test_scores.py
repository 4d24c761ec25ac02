import json
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.formats.scores import Score, read_scores


def table(folder: Path, text: str, name: str = "board.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_score_has_the_interval_that_stands_beside_it(tmp_path: Path) -> None:
    read = read_scores(table(tmp_path, "model,score,lower,upper\na,3,2,4\nb,5,,\n"))
    assert (read.name, read.metric) == ("board", "score")
    assert read.scores == (Score("a", 3, 2, 4), Score("b", 5))


@pytest.mark.parametrize(
    ("header", "metric", "interval", "stderr"),
    [
        ("model,rating,rating_q025,rating_q975", None, (1, 2), None),
        ("model,lc_win_rate,lc_lower,lc_upper,lc_stderr", "lc_win_rate", (1, 2), 3),
        ("model,win_rate,win_rate_lower,win_rate_upper,win_rate_stderr", "win_rate", (1, 2), 3),
        ("Model,accuracy,lower,upper", "accuracy", (1, 2), None),
        # a bare interval belongs to the score
        ("model,accuracy,lower,upper,score", "accuracy", (None, None), None),
        # AlpacaEval's lc_standard_error is no sampling error
        ("model,length_controlled_winrate,lc_standard_error", None, (None, None), None),
    ],
)
def test_every_layout_finds_its_own_columns(
    tmp_path: Path, header: str, metric: str | None, interval: tuple[float | None, float | None], stderr: float | None
) -> None:
    values = ",".join(str(number) for number in range(len(header.split(",")) - 1))
    (score,) = read_scores(table(tmp_path, f"{header}\nm,{values}\n"), metric=metric).scores
    assert (score.model, score.value) == ("m", 0)
    assert (score.lower, score.upper) == interval
    assert score.stderr == stderr


def test_json_lines_bring_the_mean_and_the_spread_of_their_results(tmp_path: Path) -> None:
    row = {"model": "a", "score": 3.0, "lower": 1, "upper": 5, "results": [1.0, 2.0, 6.0]}
    (score,) = read_scores(table(tmp_path, json.dumps(row) + "\n", "board.jsonl")).scores
    assert score.resampled_mean == pytest.approx(3)
    assert score.stderr == pytest.approx((14 / 3) ** 0.5)


def test_an_empty_field_is_a_model_without_a_number_and_an_empty_row_is_no_model(tmp_path: Path) -> None:
    read = read_scores(table(tmp_path, "model,score\na,\nb,1\n,\n"))
    assert read.scores == (Score("a", None), Score("b", 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model,elo\na,1\n", "expected the columns model and score, found model, elo"),
        ("model,score\na,high\n", "row 1: score: expected a number, found 'high'"),
        ("model,score\na,1_0\n", "row 1: score: expected a number, found '1_0'"),
        ("model,score\na,1e999\n", "row 1: score: expected a number"),
        ("model,score,lower,upper\na,1,3,2\n", "row 1: lower: 3 is above the upper bound 2"),
        ("model,score,stderr\na,1,-1\n", "row 1: stderr: expected a standard error, found -1"),
        ("model,score\na,1\na,2\n", "row 2: model 'a' stands twice"),
        ("model,score\n,2\n", "row 1: model: expected a name"),
        ("model,score\na,\n", "score: no row holds a number"),
        ("model,score\na\n", "row 1: not as many fields"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_scores(path)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'elo'. Found: model, score"):
        read_scores(table(tmp_path, "model,score\na,1\n"), metric="elo")


@pytest.mark.parametrize("value", ['"x"', "true", "[1]", "1" + "0" * 400])
def test_json_that_holds_no_number_is_refused(tmp_path: Path, value: str) -> None:
    path = table(tmp_path, f'{{"model": "a", "score": {value}}}\n', "board.jsonl")
    with pytest.raises(InputError, match="score: expected a number"):
        read_scores(path)
