"""correlate in Python gives what the command prints, as a value."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evalkit as ek
from tests.cli.running import evalkit
from tests.cli.test_correlate import MODELS, board
from tests.reporting.test_tables import HOSTILE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two boards, a human ranking, and names that the ranking does not know with a file that maps them."""
    board(tmp_path, "mine.csv", swapped=True)
    board(tmp_path, "few.csv", models=MODELS[2:])
    board(tmp_path, "human.csv")
    board(tmp_path, "renamed.csv", models=[f"my-{name}" for name in MODELS])
    (tmp_path / "names.json").write_text(json.dumps({f"my-{name}": name for name in MODELS}))
    return tmp_path


@pytest.mark.parametrize(
    ("boards", "options", "keywords"),
    [
        (["mine.csv"], [], {}),
        (["mine.csv", "few.csv"], ["--common", "--metric", "score"], {"common": True, "metric": "score"}),
        (
            ["renamed.csv"],
            ["--map", "names.json", "--reference-metric", "score"],
            {"maps": "names.json", "reference_metric": "score"},
        ),
    ],
)
def test_the_function_gives_what_the_command_prints(
    folder: Path, monkeypatch: pytest.MonkeyPatch, boards: list[str], options: list[str], keywords: dict[str, Any]
) -> None:
    monkeypatch.chdir(folder)
    found = ek.correlate(*boards, reference="human.csv", **keywords)
    given = ("correlate", *boards, "--reference", "human.csv", *options)
    text, document = evalkit(*given, cwd=folder), evalkit(*given, "--json", cwd=folder)
    assert text.returncode == 0, text.stderr
    assert (str(found), found.to_json()) == (text.stdout, document.stdout)
    assert f"{found!r}\n" == text.stdout
    assert found.written("markdown") == evalkit(*given, "--format", "markdown", cwd=folder).stdout


def test_the_frame_has_a_row_for_each_board_and_measure(folder: Path) -> None:
    found = ek.correlate(folder / "mine.csv", folder / "few.csv", reference=folder / "human.csv")
    frame = found.frame
    pd.testing.assert_frame_equal(frame, pd.read_csv(io.StringIO(found.written("csv"))), check_dtype=False)
    # six measures of each board, and the differences of two coefficients
    assert len(frame) == 14 and frame["n_models"].dtype == "int64"
    assert {str(frame[name].dtype) for name in ("value", "lower", "upper", "stderr")} == {"float64"}
    assert frame["value"][0] == pytest.approx(0.9580, abs=1e-4)


def test_the_metrics_are_flat_and_leave_out_what_cannot_be_estimated(folder: Path) -> None:
    metrics = ek.correlate(folder / "mine.csv", reference=folder / "human.csv").metrics()
    assert metrics["mine/spearman_lower"] < metrics["mine/spearman"] < metrics["mine/spearman_upper"]
    assert metrics["mine/n_models"] == 12
    few = ek.correlate(board(folder, "two.csv", models=MODELS[:2]), reference=folder / "human.csv")
    assert "two/spearman" not in few.metrics() and few.frame["value"].isna()[0]


def test_differences_are_values_rows_and_metrics_for_each_ranking(folder: Path) -> None:
    older = pd.DataFrame({"model": MODELS[:9], "score": range(9), "date": "2020-01-01"})
    found = ek.correlate(folder / "mine.csv", folder / "few.csv", reference=[folder / "human.csv", older])
    assert [len(pair.models) for pair in found.differences] == [10, 7]
    rows = found.frame[found.frame["measure"] == "spearman_difference"]
    assert list(rows["versus"]) == ["few", "few"] and list(rows["n_models"]) == [10, 7]
    assert rows["reference_date"].isna().tolist() == [True, False]
    assert rows["value"].tolist() == pytest.approx([pair.spearman.estimate.value for pair in found.differences])
    assert "human/mine/spearman_less/few" in found.metrics() and "reference/mine/spearman" in found.metrics()
    with pytest.raises(ek.EvalkitError, match="no reference was given"):
        ek.correlate(folder / "mine.csv", reference=[])


def test_names_are_matched_by_a_dictionary_as_by_a_file(folder: Path) -> None:
    names = {f"my-{name}": name for name in MODELS}
    found, filed = (
        ek.correlate(folder / "renamed.csv", reference=folder / "human.csv", maps=maps)
        for maps in (names, [folder / "names.json"])
    )
    assert found.to_json() == filed.to_json() and found.boards[0].agreement.spearman.n == 12


def test_the_figure_is_the_one_that_the_command_draws(folder: Path) -> None:
    ek.correlate(folder / "mine.csv", reference=folder / "human.csv").plot().save(folder / "api.svg")
    done = evalkit("correlate", "mine.csv", "--reference", "human.csv", "--plot", "cli.svg", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "api.svg").read_bytes() == (folder / "cli.svg").read_bytes()
    both = ek.correlate(folder / "mine.csv", folder / "few.csv", reference=folder / "human.csv")
    with pytest.raises(ek.EvalkitError, match="the figure shows one board beside the reference, and these are 2"):
        both.plot()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reference": "nobody"}, "unknown reference 'nobody'"),
        ({"metric": "elo"}, "mine.csv: no column 'elo'"),
        ({"reference_metric": "elo"}, "human.csv: no column 'elo'"),
        ({"maps": {"a": "b"}}, "^maps number 1: maps no board's models"),
        ({"maps": ["none.json"]}, "none.json"),
    ],
)
def test_a_wrong_keyword_is_one_line_that_names_it(folder: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ek.EvalkitError, match=said) as caught:
        ek.correlate(folder / "mine.csv", **{"reference": folder / "human.csv", **wrong})
    assert "\n" not in str(caught.value) and "--" not in str(caught.value)


def test_without_a_board_there_is_nothing_to_correlate(folder: Path) -> None:
    with pytest.raises(ek.EvalkitError, match="no board was given"):
        ek.correlate(reference=folder / "human.csv")


def test_a_notebook_shows_a_table_in_which_nothing_is_markup(folder: Path) -> None:
    # a board is named after its file
    name = f"<img src=x onerror=alert(1)>{HOSTILE}.csv".replace("/", "")
    evil = board(folder, name)
    shown = ek.correlate(evil, reference=folder / "human.csv")._repr_html_()
    assert "<img" not in shown and "&lt;img src=x" in shown and "\x1b" not in shown


def test_a_board_that_is_given_twice_is_told_apart_and_the_csv_has_the_permutation_p(folder: Path) -> None:
    twice = ek.correlate(folder / "mine.csv", folder / "mine.csv", reference=folder / "human.csv")
    assert [one.board for one in twice.boards] == ["mine #1", "mine #2"]
    (pair,) = twice.differences
    assert (pair.first, pair.second) == ("mine #1", "mine #2")
    assert {"mine #1/spearman", "mine #2/spearman"} <= twice.metrics().keys()
    alone = ek.correlate(folder / "mine.csv", reference=folder / "human.csv")
    (one,) = alone.boards
    assert one.board == "mine"
    tested = {coefficient.value: found.p_value for coefficient, found in one.robustness.items()}
    shown = pd.read_csv(io.StringIO(alone.written("csv"))).set_index("measure")["permutation_p"].dropna()
    assert shown.to_dict() == pytest.approx(tested) and "spearman" in tested
    both = ek.correlate(folder / "mine.csv", reference=[folder / "human.csv", folder / "human.csv"])
    assert [beside.reference.name for beside in both.references] == ["human #1", "human #2"]


def test_a_table_of_other_columns_is_refused_with_the_cure(tmp_path: Path) -> None:
    many = tmp_path / "many.csv"
    for text, cure in (
        (
            "model,benchmark,metric,value\na,x,lc_win_rate,1\n",
            "write the board with --format csv-wide",
        ),
        ("model,elo\na,1\n", "Name the column of the scores with --metric COLUMN"),
        ("name_of_it,score\na,1\n", "Name the column of the models model"),
    ):
        many.write_text(text)
        with pytest.raises(ek.InputError, match="expected the columns model and score") as raised:
            ek.correlate(many, reference=many)
        assert cure in (raised.value.for_command or str(raised.value))
