import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Done, evalkit

EXAMPLES = Path(__file__).parents[2] / "examples" / "outputs"


def annotate(folder: Path, *models: str, judge: str = "surface", more: tuple[object, ...] = ()) -> Done:
    files = [EXAMPLES / f"{model}.json" for model in models]
    return evalkit("annotate", *files, "--benchmark", "example", "--judge", judge, *more, cwd=folder)


def test_a_model_gets_a_row_and_its_files(tmp_path: Path) -> None:
    done = annotate(tmp_path, "careful")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("careful against baseline, judge surface\n")
    assert "note: The judge 'surface' measures style, not quality." in done.stderr
    folder = tmp_path / "results" / "careful" / "surface"
    row = json.loads((folder / "row.json").read_text())
    annotations = json.loads((folder / "annotations.json").read_text())
    assert (row["model"], row["n_total"], row["n_missing"], row["lc_status"]) == ("careful", 48, 0, "ok")
    assert len(annotations) == 48
    mean = sum(one["preference"] - 1 for one in annotations) / 48
    assert row["win_rate"] == pytest.approx(100 * mean, abs=1e-8)


def test_a_second_run_sends_nothing_and_prints_the_same(tmp_path: Path) -> None:
    first, second = annotate(tmp_path, "careful"), annotate(tmp_path, "careful")
    assert second.stdout == first.stdout
    assert "48 of 48 replies, 48 from the store" in second.stderr


def test_several_models_and_judges_become_a_row_each(tmp_path: Path) -> None:
    done = annotate(tmp_path, "careful", "wordy", more=("--judge", "random", "--json"))
    rows = json.loads(done.stdout)
    assert [(row["model"], row["judge"]) for row in rows] == [
        ("careful", "surface"),
        ("careful", "random"),
        ("wordy", "surface"),
        ("wordy", "random"),
    ]


def test_rules_are_counted_on_the_row(tmp_path: Path) -> None:
    (row,) = json.loads(annotate(tmp_path, "terse", more=("--json",)).stdout)
    assert row["rules"] == {"candidate_empty": 1, "identical": 1}


def test_a_dry_run_prints_requests_tokens_and_cost_and_writes_nothing(tmp_path: Path) -> None:
    done = annotate(tmp_path, "careful", judge="pairwise_json", more=("--dry-run", "--json"))
    assert done.returncode == 0, done.stderr
    (forecast,) = json.loads(done.stdout)
    assert (forecast["requests"], forecast["stored"]) == (96, 0)
    assert forecast["completion_tokens"] == 96 * 400
    assert forecast["cost_once"] == pytest.approx(
        (forecast["prompt_tokens"] * 2.0 + forecast["completion_tokens"] * 8.0) / 1e6
    )
    assert forecast["cost"] == pytest.approx(3 * forecast["cost_once"])
    assert not (tmp_path / "results").exists()


def test_a_dry_run_counts_what_is_stored(tmp_path: Path) -> None:
    annotate(tmp_path, "careful")
    (forecast,) = json.loads(annotate(tmp_path, "careful", more=("--dry-run", "--json")).stdout)
    assert (forecast["requests"], forecast["stored"]) == (0, 48)


def test_a_limit_on_requests_ends_incomplete_and_the_next_run_continues(tmp_path: Path) -> None:
    done = annotate(tmp_path, "careful", more=("--max-requests", 10))
    assert done.returncode == 3
    assert "--max-requests reached" in done.stderr
    again = annotate(tmp_path, "careful")
    assert again.returncode == 0
    assert "48 of 48 replies, 10 from the store" in again.stderr


def test_instructions_without_an_output_are_counted_and_bounded(
    tmp_path: Path, write_outputs: Callable[..., Path]
) -> None:
    baseline = write_outputs("base", [f"answer {n}" for n in range(200)])
    candidate = write_outputs("cand", [f"a longer answer {n}" for n in range(199)])
    done = evalkit("annotate", candidate, "--baseline", baseline, "--on-mismatch", "intersect", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["n_total"], row["n_missing"], row["coverage"]) == (199, 1, 0.995)
    assert row["win_rate_best"] - row["win_rate_worst"] == pytest.approx(0.5)
    assert row["failures"] == {"no output for this instruction": 1}


def test_a_control_that_counts_characters_is_refused_or_worth_fifty(tmp_path: Path) -> None:
    (row,) = json.loads(annotate(tmp_path, "wordy", judge="longest", more=("--json",)).stdout)
    assert row["win_rate"] > 75
    assert row["lc_status"] == "degraded(separated)"
    assert row["lc_lower"] < 50 < row["lc_upper"]


def test_the_store_becomes_a_board_in_every_format(tmp_path: Path) -> None:
    annotate(tmp_path, "careful", "wordy", "terse")
    board = ("leaderboard", "--benchmark", "example")
    table = evalkit(*board, cwd=tmp_path)
    assert "careful" in table.stdout
    assert "95 % interval" in table.stdout
    document: dict[str, Any] = json.loads(evalkit(*board, "--json", cwd=tmp_path).stdout)
    (one,) = document["boards"]
    rows = list(csv.DictReader(io.StringIO(evalkit(*board, "--format", "csv", cwd=tmp_path).stdout)))
    assert [row["model"] for row in rows] == [row["model"] for row in one["rows"]]
    assert [float(row["lc_win_rate"]) for row in rows] == [row["lc_win_rate"] for row in one["rows"]]
    markdown = evalkit(*board, "--format", "markdown", "--out", "board.md", cwd=tmp_path)
    assert markdown.stdout == ""
    assert (tmp_path / "board.md").read_text().count("\n| ") == 6, (
        "header, rule, three models, and a line above the last"
    )


def test_a_board_from_written_files_equals_the_board_from_the_store(tmp_path: Path) -> None:
    annotate(tmp_path, "careful", "wordy", "terse")
    stored = evalkit("leaderboard", "--benchmark", "example", "--format", "csv", cwd=tmp_path).stdout
    written = evalkit("leaderboard", "results", "--format", "csv", cwd=tmp_path).stdout

    def numbers(text: str) -> list[list[str]]:
        return [list(row.values())[:-3] for row in csv.DictReader(io.StringIO(text))]

    assert numbers(written) == numbers(stored)


def test_settings_come_from_flag_then_variable_then_file(tmp_path: Path) -> None:
    (tmp_path / "evalkit.toml").write_text(
        '[annotate]\nbenchmark = "example"\njudge = ["longest"]\nresults = "there"\n'
    )
    outputs = EXAMPLES / "careful.json"
    assert "judge longest" in evalkit("annotate", outputs, cwd=tmp_path).stdout
    assert (tmp_path / "there" / "careful" / "longest").is_dir()
    assert "judge shortest" in evalkit("annotate", outputs, cwd=tmp_path, EVALKIT_JUDGE="shortest").stdout
    limited = evalkit("annotate", outputs, "--json", cwd=tmp_path, EVALKIT_ANNOTATE_LIMIT="31")
    assert json.loads(limited.stdout)[0]["n_total"] == 31
    flagged = evalkit("annotate", outputs, "--judge", "surface", cwd=tmp_path, EVALKIT_JUDGE="shortest")
    assert "judge surface" in flagged.stdout


def test_the_recorded_replies_of_a_published_judge_give_its_published_win_rate(
    tmp_path: Path, real_outputs: Path
) -> None:
    for model, published in (("gpt-3.5-turbo-1106", 9.177964), ("alpaca-7b", 2.591451)):
        recorded = real_outputs / "annotations" / f"{model}.weighted_alpaca_eval_gpt4_turbo.json.gz"
        done = evalkit(
            "annotate", real_outputs / "outputs" / f"{model}.json",
            "--baseline", real_outputs / "outputs" / "gpt4_1106_preview.json",
            "--judge", "alpaca_eval_2", "--replay", recorded, "--audit", "off", "--json", cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (row,) = json.loads(done.stdout)
        assert row["win_rate"] == pytest.approx(published, abs=1e-6)
        assert row["rules"] == {"identical": 805 - {"gpt-3.5-turbo-1106": 801, "alpaca-7b": 802}[model]}
        assert row["n_total"] == 805
        assert row["failures"] == {}


def test_the_demo_shows_a_verbose_model_fall_back(tmp_path: Path) -> None:
    done = evalkit("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    wordy = next(line.split() for line in done.stdout.splitlines() if " wordy " in line)
    place = wordy.index("wordy")
    controlled, raw = float(wordy[place + 1]), float(wordy[place + 4])
    assert raw > controlled + 5
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["judges", "prompts", "benchmarks", "references"])
def test_lists_name_what_is_shipped(tmp_path: Path, command: str) -> None:
    done = evalkit(command, cwd=tmp_path)
    expected = {"judges": "alpaca_eval_2", "prompts": "pairwise_json", "benchmarks": "example"}
    assert expected.get(command, "chatbot_arena_20240329") in done.stdout
    assert json.loads(evalkit(command, "--json", cwd=tmp_path).stdout)


@pytest.mark.parametrize(
    ("command", "name", "said"),
    [
        ("judges", "pairwise_json", "answer_schema"),
        ("prompts", "pairwise_token", "{{ instruction }}"),
        ("benchmarks", "alpaca_eval", "gpt4_1106_preview"),
        ("references", "arena_elo_20240202", "gpt-4-0125-preview"),
    ],
)
def test_one_can_be_shown(tmp_path: Path, command: str, name: str, said: str) -> None:
    assert said in evalkit(command, "show", name, cwd=tmp_path).stdout


def test_checking_an_offline_judge_asks_one_question(tmp_path: Path) -> None:
    done = evalkit("judges", "check", "surface", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "probability of the right answer: 0." in done.stdout


def test_a_budget_is_shared_by_all_models_of_a_run_and_every_row_is_printed(tmp_path: Path) -> None:
    done = annotate(tmp_path, "careful", "wordy", more=("--max-requests", 60, "--json"))
    assert done.returncode == 3
    assert [row["n_total"] for row in json.loads(done.stdout)] == [48, 12]


def test_a_limit_on_cost_needs_prices(tmp_path: Path) -> None:
    done = annotate(tmp_path, "careful", more=("--max-cost", 1))
    assert done.returncode == 2
    assert "--max-cost needs the prices of judge 'surface'" in done.stderr


def test_two_recordings_of_one_pair_in_one_store_are_both_read_rightly(tmp_path: Path) -> None:
    for name in ("one", "other"):
        annotate(tmp_path, "careful", judge="surface", more=("--results", name))
    rows = []
    for name in ("one", "other", "one"):
        recorded = tmp_path / name / "careful" / "surface" / "annotations.json"
        done = annotate(tmp_path, "careful", more=("--replay", recorded, "--json"))
        rows += json.loads(done.stdout)
    assert [row["win_rate"] for row in rows] == [rows[0]["win_rate"]] * 3
    assert [row["n_total"] for row in rows] == [48] * 3


def test_a_recording_can_be_replayed_under_explicit_keys(tmp_path: Path) -> None:
    annotate(tmp_path, "careful")
    recorded = tmp_path / "results" / "careful" / "surface" / "annotations.json"
    done = annotate(tmp_path, "careful", more=("--replay", recorded, "--key", "id", "--json"))
    (row,) = json.loads(done.stdout)
    assert row["n_total"] == 48


def test_a_judge_asked_in_another_way_gets_a_board_of_its_own(tmp_path: Path) -> None:
    annotate(tmp_path, "careful")
    annotate(tmp_path, "wordy", more=("--orders", "both"))
    shown = evalkit("leaderboard", "--benchmark", "example", cwd=tmp_path).stdout
    assert "surface (one order)" in shown and "surface (both orders)" in shown
    assert "careful" in shown
    assert "wordy" in shown


def test_the_interval_shown_is_that_of_the_metric(tmp_path: Path) -> None:
    annotate(tmp_path, "careful")
    board = ("leaderboard", "--benchmark", "example", "--metric", "win_rate")
    row = json.loads(evalkit(*board, "--json", cwd=tmp_path).stdout)["boards"][0]["rows"][0]
    assert f"[{row['win_rate_lower']:.2f}, {row['win_rate_upper']:.2f}]" in evalkit(*board, cwd=tmp_path).stdout


def test_a_traceback_shows_only_on_request_and_the_exit_code_stays(tmp_path: Path) -> None:
    plain = evalkit("judges", "show", "none", cwd=tmp_path)
    debugged = evalkit("--debug", "judges", "show", "none", cwd=tmp_path)
    assert (plain.returncode, debugged.returncode) == (2, 2)
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debugged.stderr


def test_without_a_command_the_help_is_shown_whole(tmp_path: Path) -> None:
    done = evalkit(cwd=tmp_path)
    assert done.returncode == 2
    assert "leaderboard" in done.stderr
    assert done.stderr.count("\n") > 10


def test_a_reader_that_stops_reading_is_no_error(tmp_path: Path) -> None:
    annotate(tmp_path, "careful")
    shown = subprocess.run(
        f"{sys.executable} -m evalkit leaderboard --benchmark example --json | head -c 10",
        shell=True, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert len(shown.stdout) == 10
    assert "error" not in shown.stderr
