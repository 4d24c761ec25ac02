"""The benchmark families from answers to boards, offline."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Done, evalkit

N = 40
CATEGORIES = ("coding", "math")


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def write_arena(folder: Path) -> None:
    """Questions, a baseline and two models in the layout of Arena-Hard's second edition."""
    write_lines(
        folder / "questions.jsonl",
        [{"uid": f"u{n}", "category": CATEGORIES[n % 2], "prompt": f"Question {n}"} for n in range(N)],
    )
    for model, lines in (("base", 2), ("longer", 4), ("shorter", 1)):
        rows = []
        for n in range(N):
            text = "\n".join(f"- point {n * k} **bold** of {model}" for k in range(lines + n % 3))
            said = [{"role": "user", "content": f"Question {n}"}, {"role": "assistant", "content": {"answer": text}}]
            rows.append({"uid": f"u{n}", "ans_id": f"{model}{n}", "model": model, "messages": said})
        write_lines(folder / f"{model}.jsonl", rows)
    (folder / "arena.yaml").write_text(
        "description: Mine.\nstyle: arena_hard\njudge: surface_five_way\nbaseline: base\n"
        "baseline_outputs: base.jsonl\nquestions: questions.jsonl\n"
    )


def write_conversations(folder: Path) -> None:
    """Questions of two turns and two models' answers in MT-Bench's layout."""
    write_lines(
        folder / "questions.jsonl",
        [{"question_id": n, "category": CATEGORIES[n % 2], "turns": [f"First {n}", f"Then {n}"]} for n in range(N)],
    )
    for model, words in (("chatty", 200), ("curt", 9)):
        write_lines(
            folder / f"{model}.jsonl",
            [
                {"question_id": n, "answer_id": f"{n}", "model_id": model, "tstamp": 0.0, "choices": [
                    {"index": 0, "turns": [" ".join([str(n), *(f"word{n * k}" for k in range(1, words))]),
                                           f"second of {model}"]}
                ]}
                for n in range(N)
            ],
        )  # fmt: skip
    (folder / "talk.yaml").write_text(
        "description: Mine.\nstyle: mt_bench\njudge: surface_grade\nquestions: questions.jsonl\n"
    )


def board(folder: Path, name: str, *more: str) -> list[dict[str, str]]:
    done = evalkit("leaderboard", "--benchmark", name, "--format", "csv", "--reference", "none", *more, cwd=folder)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


@pytest.fixture
def arena(tmp_path: Path) -> Path:
    write_arena(tmp_path)
    done = evalkit("annotate", "longer.jsonl", "shorter.jsonl", "--benchmark", "arena.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    write_conversations(tmp_path)
    done = evalkit("annotate", "chatty.jsonl", "curt.jsonl", "--benchmark", "talk.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_an_arena_board_shows_raw_length_and_style_controlled_rates_side_by_side(arena: Path) -> None:
    rows = {row["model"]: row for row in board(arena, "arena.yaml")}
    assert set(rows) == {"longer", "shorter"}
    assert float(rows["longer"]["win_rate"]) > float(rows["shorter"]["win_rate"])
    for row in rows.values():
        assert row["lc_status"] and row["style_status"], "each with its status"
        assert row["category_coding_n"] == row["category_math_n"] == str(N // 2)
    done = evalkit("leaderboard", "--benchmark", "arena.yaml", "--reference", "none", cwd=arena)
    assert "style win rate" in done.stdout and "ranked by style win rate" in done.stdout


def test_what_is_held_equal_is_the_users_choice(arena: Path) -> None:
    assert "style_win_rate" not in board(arena, "arena.yaml", "--control", "none")[0]
    document = json.loads(board_json(arena, "--control", "bold").stdout)
    assert all(set(row["style_coefficients"]) <= {"intercept", "bold"} for row in document["boards"][0]["rows"])
    unknown = board_json(arena, "--control", "length,emoji")
    assert unknown.returncode == 2
    assert "unknown control 'emoji'" in unknown.stderr


def board_json(folder: Path, *more: str) -> Done:
    return evalkit("leaderboard", "--benchmark", "arena.yaml", "--reference", "none", "--json", *more, cwd=folder)


def test_style_cannot_rank_where_nothing_is_held_equal(arena: Path) -> None:
    done = board_json(arena, "--control", "none", "--metric", "style_win_rate")
    assert done.returncode == 2
    assert "--metric style_win_rate needs something to hold equal: --control" in done.stderr


def test_a_category_can_be_a_board_of_its_own(arena: Path) -> None:
    assert {row["n_total"] for row in board(arena, "arena.yaml", "--category", "coding")} == {str(N // 2)}


def test_a_jury_can_be_pooled(arena: Path) -> None:
    judged = ("annotate", "longer.jsonl", "--benchmark", "arena.yaml", "--judge", "longest", "--orders", "both")
    assert evalkit(*judged, cwd=arena).returncode == 0
    pooled = {row["judge"] for row in board(arena, "arena.yaml", "--pool") if row["model"] == "longer"}
    assert pooled == {"longest + surface_five_way"}


@pytest.mark.parametrize("formula", ["arena_v0.1", "arena_v2"])
def test_published_formulas_stand_beside_ours_marked_as_such(arena: Path, formula: str) -> None:
    document = json.loads(board_json(arena, "--estimator", formula, "--control", "length,bold").stdout)
    assert all(row["style_status"].startswith("degraded(compat") for row in document["boards"][0]["rows"])


def test_conversations_are_graded_turn_by_turn(talk: Path) -> None:
    rows = {row["model"]: row for row in board(talk, "talk.yaml")}
    assert {(row["n_total"], row["n_questions"]) for row in rows.values()} == {(str(2 * N), str(N))}
    chatty = rows["chatty"]
    assert float(chatty["turn_1"]) > float(chatty["turn_2"])
    mean = (float(chatty["turn_1"]) + float(chatty["turn_2"])) / 2
    assert float(chatty["score"]) == pytest.approx(mean)
    assert (rows["chatty"]["rank"], rows["curt"]["rank"]) == ("1", "2")
    shown = evalkit("leaderboard", "--benchmark", "talk.yaml", "--reference", "none", cwd=talk).stdout
    assert re.findall(r"chatty +(turn 1|turn 2|coding|math) ", shown) == ["turn 1", "turn 2", "coding", "math"]


def test_conversations_are_compared_in_both_orders_and_a_win_needs_both(talk: Path) -> None:
    judged = ("annotate", "chatty.jsonl", "--benchmark", "talk.yaml", "--judge", "surface", "--orders", "both")
    done = evalkit(*judged, "--baseline", "curt.jsonl", "--json", cwd=talk)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert row["n_wins"] + row["n_losses"] + row["n_ties"] == 2 * N
    assert row["win_rate"] == pytest.approx(100 * (row["n_wins"] + row["n_ties"] / 2) / (2 * N))


def test_a_judge_that_compares_needs_a_baseline(talk: Path) -> None:
    done = evalkit("annotate", "chatty.jsonl", "--benchmark", "talk.yaml", "--judge", "surface", cwd=talk)
    assert done.returncode == 2
    assert "Give --baseline FILE" in done.stderr


def test_answers_without_their_questions_are_refused_with_the_cure(tmp_path: Path) -> None:
    write_conversations(tmp_path)
    done = evalkit("annotate", "chatty.jsonl", "--judge", "surface_grade", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "--questions" in done.stderr


def write_pair_judgments(folder: Path) -> None:
    write_lines(
        folder / "j_pair.jsonl",
        [
            {"question_id": n, "model_1": "m", "model_2": "base", "judge": ["j", "pair-v2"], "turn": 1,
             "g1_winner": "model_1", "g2_winner": "tie" if n % 2 else "model_1"}
            for n in range(N)
        ],
    )  # fmt: skip


def test_a_file_of_the_board_that_is_named_follows_the_boards_habits(tmp_path: Path) -> None:
    write_pair_judgments(tmp_path)
    done = evalkit("leaderboard", "j_pair.jsonl", "--format", "csv", cwd=tmp_path)
    (plain,) = csv.DictReader(io.StringIO(done.stdout))
    (named,) = board(tmp_path, "mt_bench", "j_pair.jsonl")
    assert (float(plain["win_rate"]), float(named["win_rate"])) == (87.5, 75.0)


def test_ratings_of_a_store_take_a_win_for_what_its_board_does(tmp_path: Path) -> None:
    write_pair_judgments(tmp_path)
    assert evalkit("import", "mt_bench", "j_pair.jsonl", cwd=tmp_path).returncode == 0
    done = evalkit("ratings", "--benchmark", "mt_bench", "--format", "csv", cwd=tmp_path)
    rates = {row["model"]: float(row["win_rate"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert rates == {"m": 75.0, "base": 25.0}


def test_a_category_that_nothing_is_of_is_named_and_no_empty_board(tmp_path: Path) -> None:
    write_pair_judgments(tmp_path)
    (tmp_path / "table.csv").write_text("judge,model,baseline,index,preference,len_1,len_2\nj,m,base,0,2,9,9\n")
    for source in ("j_pair.jsonl", "table.csv"):
        done = evalkit("leaderboard", source, "--category", "nosuch", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{source}: holds no verdicts of category 'nosuch'" in done.stderr


def test_judges_of_a_table_can_be_pooled(tmp_path: Path) -> None:
    rows = "".join(f"{judge},m,base,0,{code},9,9\n" for judge, code in (("j", 2), ("k", 1)))
    (tmp_path / "table.csv").write_text(f"judge,model,baseline,index,preference,len_1,len_2\n{rows}")
    done = evalkit("leaderboard", "table.csv", "--pool", "--format", "csv", cwd=tmp_path)
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["judge"], float(row["win_rate"])) == ("j + k", 50.0)


def test_orders_make_no_other_judge_of_one_that_grades(talk: Path) -> None:
    done = evalkit("annotate", "curt.jsonl", "--benchmark", "talk.yaml", "--orders", "both", cwd=talk)
    assert done.returncode == 0, done.stderr
    assert len([row for row in board(talk, "talk.yaml") if row["model"] == "curt"]) == 1


def test_offline_judges_of_one_heuristic_share_a_run(arena: Path) -> None:
    judges = ("--judge", "surface", "--judge", "surface_five_way", "--orders", "both")
    done = evalkit("annotate", "longer.jsonl", "--benchmark", "arena.yaml", *judges, "--json", cwd=arena)
    assert done.returncode == 0, done.stderr
    assert [row["n_total"] for row in json.loads(done.stdout)] == [N, N]


def test_a_forecast_of_answers_is_a_document_too(talk: Path) -> None:
    (talk / "model.yaml").write_text("client: openai\nmodel: m\nbase_url: http://127.0.0.1:9/v1\nplain_http: true\n")
    asked = ("generate", "model.yaml", "--benchmark", "talk.yaml", "--dry-run", "--json")
    done = evalkit(*asked, cwd=talk, OPENAI_API_KEY="k")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["model"], document["turn"], document["requests"], document["stored"]) == ("model", 1, N, 0)
