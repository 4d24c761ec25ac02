"""evalkit ratings, as a user runs it."""

import json
import random
from pathlib import Path

import pytest

from tests.cli.running import Done, evalkit
from tests.cli.test_bad_input import refused_in_one_line


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    """600 votes between four models, two by each voter."""
    chance, lines = random.Random(0), ["model_a,model_b,winner,voter,conv_metadata"]
    for n in range(600):
        a, b = chance.sample(range(4), 2)
        winner = "model_a" if chance.random() < 0.5 + 0.12 * (b - a) else chance.choice(["model_b", "tie"])
        counts = f'"{{""sum_assistant_a_tokens"": {chance.randint(1, 9)}, ""sum_assistant_b_tokens"": 5}}"'
        lines.append(f"model {a},model {b},{winner},{n // 2},{counts}")
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def run(votes: Path, *options: str) -> Done:
    done = evalkit("ratings", votes.name, *options, cwd=votes.parent)
    assert done.returncode == 0, done.stderr
    return done


def test_votes_become_a_table(votes: Path) -> None:
    lines = run(votes).stdout.splitlines()
    assert lines[0] == "Bradley-Terry: 4 models, 600 battles, elo scale with the models' mean at 1000"
    assert lines[3].split()[:3] == ["1", "model", "0"] or lines[3].startswith("1 (1-2)")
    assert lines[-1].startswith("note: sandwich intervals; every battle counts as independent.")


def test_every_option_is_heard(votes: Path) -> None:
    document = json.loads(
        run(
            votes, "--cluster", "voter", "--control", "tokens", "--interval", "bootstrap", "--rounds", "20",
            "--anchor", "model 3=0", "--scale", "strength", "--json",
        ).stdout
    )  # fmt: skip
    assert (document["n_clusters"], document["clustered_by"], document["rounds"]) == (300, "voter", 20)
    assert list(document["coefficients"]) == ["tokens"]
    anchored = next(row for row in document["rows"] if row["model"] == "model 3")
    assert (anchored["rating"], anchored["lower"], anchored["stderr"]) == (0.0, 0.0, 0.0)
    assert json.loads(run(votes, "--json").stdout)["rows"] == json.loads(run(votes, "--format", "json").stdout)["rows"]


def test_the_same_votes_give_the_same_output(votes: Path) -> None:
    options = ("--cluster", "voter", "--interval", "bootstrap", "--rounds", "50", "--format", "csv")
    assert run(votes, *options).stdout == run(votes, *options).stdout


def test_elo_is_marked_as_order_dependent(votes: Path) -> None:
    assert "all: degraded: Elo ratings depend on the order" in run(votes, "--method", "elo", "--elo-k", "8").stdout


def test_out_writes_a_file(votes: Path) -> None:
    assert run(votes, "--format", "markdown", "--out", "board.md").stdout == ""
    assert "| rank | model |" in (votes.parent / "board.md").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cluster", "nobody"), "no column 'nobody' to cluster by"),
        (("--control", "tokens,beauty"), "unknown control 'beauty'"),
        (("--control", "headers"), "row 1: conv_metadata.header_count_a: expected a count, found null"),
        (("--anchor", "gpt"), "anchor 'gpt' has no battles"),
        (("--anchor", "model 1=nan"), "expected a number after the sign of equality"),
        (("--rounds", "3"), "--rounds"),
        (("--judge", "x"), "unknown judge 'x'"),
        (("missing.csv",), "missing.csv: no such file"),
    ],
)
def test_what_is_wrong_is_one_line(votes: Path, options: tuple[str, ...], said: str) -> None:
    refused_in_one_line(evalkit("ratings", votes.name, *options, cwd=votes.parent), said)


def test_groups_that_never_met_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("model_a,model_b,winner\na,b,tie\nc,d,tie\n")
    refused_in_one_line(evalkit("ratings", "votes.csv", cwd=tmp_path), "2 groups that never met", "'a', 'b'; 'c', 'd'")


def test_hostile_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    rows = [{"model_a": "\x1b]0;x\x07", "model_b": "b\u202e", "winner": one} for one in ("tie", "model_a", "model_b")]
    (tmp_path / "votes.json").write_text(json.dumps(rows))
    done = evalkit("ratings", "votes.json", cwd=tmp_path)
    assert done.returncode == 0 and not {"\x1b", "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_published_verdicts_rank_as_their_win_rates(tmp_path: Path, real_outputs: Path) -> None:
    table = real_outputs / "preferences.parquet"
    done = evalkit("ratings", table, "--judge", "weighted_alpaca_eval_gpt4_turbo", "--json", cwd=tmp_path)
    rows = [row for row in json.loads(done.stdout)["rows"] if row["model"] != "gpt4_1106_preview"]
    # all met the same baseline on the same instructions, so that strengths are log-odds of win rates; the model with
    # one answer to everything is refused
    assert json.loads(done.stdout)["left_out"] == {"models whose outputs an audit refused": 1}
    assert len(rows) == 43 and [row["win_rate"] for row in rows] == sorted(
        (row["win_rate"] for row in rows), reverse=True
    )
