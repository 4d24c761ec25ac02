import csv
import io
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import evalkit
from tests.conftest import REAL_DATA

MODELS = [f"m{number:02d}" for number in range(12)]


def board(folder: Path, name: str, *, swapped: bool = False, models: list[str] = MODELS) -> Path:
    path = folder / name
    rows = ["model,score,lower,upper"]
    for place, model in enumerate(models):
        value = place ^ 1 if swapped else place
        rows.append(f"{model},{value},{value - 0.7},{value + 0.7}")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_board_gets_a_line_with_every_measure_and_what_stands_behind_it(tmp_path: Path) -> None:
    reference = board(tmp_path, "human.csv")
    done = evalkit("correlate", board(tmp_path, "mine.csv", swapped=True), "--reference", reference, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    header, line, *notes = done.stdout.splitlines()
    assert header.split() == ["board", "models", "Spearman", "Kendall", "Pearson", "separability", "agreement", "Brier"]
    # six swaps of neighbours: 1 - 6 * 12 / (12 * 143), and 1 - 2 * 6 / 66
    assert line.startswith("mine   12      0.958 [")
    assert "  0.818 [" in line
    assert any("Spearman: permutation p 0.0001, without one model" in note for note in notes)


def test_json_and_csv_hold_the_same_numbers_with_their_intervals(tmp_path: Path) -> None:
    named = [board(tmp_path, "mine.csv", swapped=True), "--reference", board(tmp_path, "human.csv")]
    (document,) = json.loads(evalkit("correlate", *named, "--json", cwd=tmp_path).stdout)["boards"]
    rows = list(csv.DictReader(io.StringIO(evalkit("correlate", *named, "--format", "csv", cwd=tmp_path).stdout)))
    assert [row["measure"] for row in rows] == [
        "spearman",
        "kendall",
        "pearson",
        "separability",
        "agreement_with_confidence",
        "pair_rank_brier",
    ]
    for row in rows[1:]:
        assert float(row["value"]) == pytest.approx(document[row["measure"]]["value"], abs=1e-8)
        assert float(row["lower"]) <= float(row["value"]) <= float(row["upper"])
    assert document["spearman"] == pytest.approx(float(rows[0]["value"]), abs=1e-8)
    assert document["robustness"]["kendall"]["permutation_p"] < 0.001
    assert document["n_models"] == 12


def test_models_that_take_no_part_are_named_and_hostile_names_stay_harmless(tmp_path: Path) -> None:
    mine = board(tmp_path, "mine.csv", models=[*MODELS[:11], "=\x1b[31mevil|"])
    named = [mine, "--reference", board(tmp_path, "human.csv")]
    done = evalkit("correlate", *named, cwd=tmp_path)
    assert "1 model not in the reference: =\\u001b[31mevil|" in done.stdout
    assert "1 model not on the board: m11" in done.stdout
    markdown = evalkit("correlate", *named, "--format", "markdown", "--out", tmp_path / "out.md", cwd=tmp_path)
    assert markdown.returncode == 0
    assert "\x1b" not in (tmp_path / "out.md").read_text()
    assert "evil\\|" in (tmp_path / "out.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mine.csv", "--reference", "nobody"], "unknown reference 'nobody'"),
        (["none.csv", "--reference", "human.csv"], "none.csv: no such file"),
        (["mine.csv", "--reference", "human.csv", "--metric", "elo"], "mine.csv: no column 'elo'. Found: model, score"),
        (["mine.csv", "--reference", "human.csv", "--reference-metric", "elo"], "human.csv: no column 'elo'"),
        (["mine.csv", "--reference", "human.csv", "--map", "bad.json"], "bad.json: 'a': expected a name"),
        (["mine.csv", "--reference", "human.csv", "--map", "strange.json"], "--map number 1: maps no board's"),
    ],
)
def test_a_wrong_argument_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    board(tmp_path, "mine.csv")
    board(tmp_path, "human.csv")
    (tmp_path / "bad.json").write_text('{"a": 1}')
    (tmp_path / "strange.json").write_text('{"a": "b"}')
    done = evalkit("correlate", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_four_boards_on_their_common_models_give_the_published_table() -> None:
    folder = REAL_DATA / "meta"
    if not folder.is_dir():
        pytest.skip("the published bootstrap scores are not beside this checkout")
    maps = [part for name in ("alpaca_to_arena", "arena_to_arena_hard", "arena_to_mt_bench")
            for part in ("--map", folder / f"{name}.json")]  # fmt: skip
    names = ("alpaca_LC", "alpaca", "arena_hard", "mt_bench")
    boards = [folder / f"{name}.jsonl" for name in names]
    human = REAL_DATA / "human" / "chatbot_arena_20240329.csv"
    done = evalkit("correlate", *boards, "--common", "--reference", human, *maps, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["boards"]
    assert [one["board"] for one in found] == list(names)
    assert {one["n_models"] for one in found} == {20}
    # Li et al. 2024, arXiv:2406.11939, and the notebook beside it
    assert [one["spearman"] for one in found] == pytest.approx([0.8782, 0.7579, 0.9323, 0.8932], abs=5e-5)
    for measure, expected in (
        ("separability", [0.8789, 0.7105, 0.8421, 0.3632]),
        ("agreement_with_confidence", [0.8729, 0.7910, 0.9040, 0.6949]),
        ("pair_rank_brier", [0.1347, 0.1642, 0.0705, 0.1008]),
    ):
        assert [one[measure]["value"] for one in found] == pytest.approx(expected, abs=5.1e-5)
    # twenty models do not tell that length control, or Arena-Hard, agrees better
    differences = json.loads(done.stdout)["differences"]
    assert [(pair["first"], pair["second"]) for pair in differences] == list(combinations(names, 2))
    assert [pair["spearman"]["significant"] for pair in differences] == [False] * 6
    assert all(len(one["notes"]) == 1 for one in found), "the published resamples are sorted"


def test_two_boards_are_compared_beside_two_rankings_and_columns_of_one_table_are_boards(tmp_path: Path) -> None:
    reference, older = board(tmp_path, "human.csv"), board(tmp_path, "older.csv", models=MODELS[:8])
    other = [f"{model},{place},{(5 * place) % 12}" for place, model in enumerate(MODELS)]
    (tmp_path / "both.csv").write_text("\n".join(["model,new,old", *other]) + "\n")
    named = ["--reference", reference, "--reference", older, "--metric", "new", "--metric", "old"]
    done = evalkit("correlate", tmp_path / "both.csv", *named, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    blocks = done.stdout.split("Beside ")
    assert [block.split(",")[0] for block in blocks[1:]] == ["human", "older"]
    assert all("new less old  " in block for block in blocks[1:])
    assert "12 models like these would show a difference of" in blocks[1]
    document = json.loads(evalkit("correlate", tmp_path / "both.csv", *named, "--json", cwd=tmp_path).stdout)
    assert [(one["board"], one["reference"], one["n_models"]) for one in document["boards"]] == [
        ("new", "human", 12), ("old", "human", 12), ("new", "older", 8), ("old", "older", 8),
    ]  # fmt: skip
    assert [pair["n_models"] for pair in document["differences"]] == [12, 8]


def test_sorted_resamples_are_said_to_pair_nothing(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"model": model, "score": place, "results": [place + step / 100 for step in range(-10, 10)]}
        for place, model in enumerate(MODELS)
    ]
    (tmp_path / "drawn.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    named = ["--reference", board(tmp_path, "human.csv")]
    said = (
        "the resamples of each model are sorted, so that they no longer tell which of different models belong together"
    )
    assert said in evalkit("correlate", tmp_path / "drawn.jsonl", *named, cwd=tmp_path).stdout
    rows[3]["results"].reverse()
    (tmp_path / "drawn.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert said not in evalkit("correlate", tmp_path / "drawn.jsonl", *named, cwd=tmp_path).stdout


def preferences(folder: Path, models: list[str]) -> Path:
    path = folder / "table.csv"
    rows = ["judge,model,baseline,index,preference,len_1,len_2"]
    for place, model in enumerate(models):
        rows += [f"j,{model},b,{n},{2 if (n * 7 + place) % 11 < 3 + place else 1},500,{480 + n}" for n in range(40)]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_board_is_checked_against_its_benchmarks_reference_unless_told_not_to(tmp_path: Path) -> None:
    known = ["gpt-4-0314", "claude-2.1", "vicuna-33b", "llama-2-7b-chat", "gemma-2b-it"]
    table = preferences(tmp_path, known)
    wanted = ("leaderboard", table, "--metric", "win_rate", "--json")
    (checked,) = json.loads(evalkit(*wanted, cwd=tmp_path).stdout)["boards"]
    assert checked["agreement"]["reference"] == "chatbot_arena_20240329"
    assert checked["agreement"]["n_models"] == 5
    assert set(checked["agreement"]["kendall"]) >= {"value", "lower", "upper", "status"}
    assert checked["agreement"]["separability"]["value"] is not None
    (left,) = json.loads(evalkit(*wanted, "--reference", "none", cwd=tmp_path).stdout)["boards"]
    assert left["agreement"] is None
    (other,) = json.loads(evalkit(*wanted, "--reference", "arena_elo_20240418", cwd=tmp_path).stdout)["boards"]
    assert other["agreement"]["reference"] == "arena_elo_20240418"


def test_a_board_of_models_that_nobody_ranked_gets_no_line_unless_asked_for(tmp_path: Path) -> None:
    table = preferences(tmp_path, ["one", "two", "three", "four", "five"])
    assert "Spearman" not in evalkit("leaderboard", table, cwd=tmp_path).stdout
    asked = evalkit("leaderboard", table, "--reference", "chatbot_arena_20240329", cwd=tmp_path)
    assert "Spearman with chatbot_arena_20240329: 0 shared models, at least 4 needed" in asked.stdout
