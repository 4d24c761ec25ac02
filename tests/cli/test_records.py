"""What a run leaves behind besides its row: the record, the log, the digest, and the money."""

import json
import os
import pty
import re
from pathlib import Path
from typing import Any

import pytest

from tests.rig import mock_judge, write_judge, write_outputs
from tests.zygote import Running, Zygote

COMMAND = ["annotate", "cand.json", "--baseline", "base.json", "--judge", "judge.yaml", "--verbose"]


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    write_outputs(tmp_path, "base", 40)
    write_outputs(tmp_path, "cand", 40, seed=1)
    return tmp_path


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "results" / "cand" / "judge" / "run.json").read_text())
    return found


def test_the_record_counts_what_was_sent_and_paid_and_names_what_decided_it(zygote: Zygote, outputs: Path) -> None:
    with mock_judge(outputs / "mock", script=[{"when": {"after": 3, "count": 2}, "do": {"status": 500}}]) as judge:
        write_judge(outputs, judge.url, prices={"input": 100.0, "output": 1000.0})
        running = zygote.run([*COMMAND, "--seed", 4, "--json"], cwd=outputs)
        first = record(outputs)
        zygote.run([*COMMAND, "--seed", 4], cwd=outputs)
        again = record(outputs)
    (row,) = json.loads(running.out.read_text())
    assert (first["questions"], first["replied"], first["sent"], first["seed"]) == (40, 40, 42, 4)
    assert first["served"] == ["mock"]
    assert first["cost_of_this_run"] == pytest.approx(row["cost"])
    assert row["cost"] == pytest.approx((first["prompt_tokens"] * 100 + first["completion_tokens"] * 1000) / 1e6)
    assert (again["sent"], again["from_store"], again["cost_of_this_run"]) == (0, 40, 0.0)
    assert again["rows_sha256"] == first["rows_sha256"]
    assert {"evalkit", "python", "sqlite", "aiohttp"} <= first["versions"].keys()


def test_the_digest_changes_with_a_single_verdict_and_with_nothing_else(zygote: Zygote, outputs: Path) -> None:
    hashes: list[str] = []
    for seed in (0, 0, 1):
        with mock_judge(outputs / f"mock-{len(hashes)}", seed=seed) as judge:
            write_judge(outputs, "${MOCK_URL}")
            running = zygote.run(
                [*COMMAND, "--results", f"r{len(hashes)}"],
                cwd=outputs,
                environment={"MOCK_URL": judge.url},
            )
            hashes.append(re.findall(r"sha256 (\w{64})", running.said)[0])
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_log_tells_what_happened_to_every_question(zygote: Zygote, outputs: Path) -> None:
    script: list[dict[str, Any]] = [
        {"when": {"after": 3, "count": 2}, "do": {"status": 500}},
        {"when": {"after": 9, "count": 1}, "do": {"text": "Neither."}},
        {"when": {"after": 12, "count": 1}, "do": {"status": 400, "body": '{"error": {"message": "too long"}}'}},
    ]
    with mock_judge(outputs / "mock", script=script) as judge:
        write_judge(outputs, judge.url)
        zygote.start([*COMMAND, "--log", "logs/run.jsonl"], cwd=outputs).wait()
    events = [json.loads(line) for line in (outputs / "logs" / "run.jsonl").read_text().splitlines()]
    counts = {name: sum(event["event"] == name for event in events) for name in {event["event"] for event in events}}
    assert counts == {"sent": 43, "again": 2, "reasked": 1, "replied": 39, "failed": 1}
    assert next(event["why"] for event in events if event["event"] == "failed") == "400: too long"


def test_a_person_sees_a_run_go_and_a_pipe_does_not(zygote: Zygote, outputs: Path) -> None:
    with mock_judge(outputs / "mock", latency=0.6) as judge:
        write_judge(outputs, judge.url, prices={"input": 1.0, "output": 1.0})
        quiet = zygote.run(COMMAND, cwd=outputs)
        assert "\r" not in quiet.said
        shown = on_a_terminal(zygote, [*COMMAND, "--results", "seen"], outputs)
    assert re.search(r"judge: \d+ of 40 done, \d+ in flight, 0 failed, \$0\.00", shown)
    assert "left" in shown


def on_a_terminal(zygote: Zygote, command: list[str], folder: Path) -> str:
    """What a command writes to a terminal as its stderr."""
    leader, follower = pty.openpty()
    try:
        running: Running = zygote.start(command, cwd=folder, err=Path(os.ttyname(follower)))
        assert running.wait() == 0
        return os.read(leader, 1_000_000).decode()
    finally:
        os.close(leader)
        os.close(follower)


def test_a_forecast_counts_with_the_models_own_tokenizer_and_sends_nothing(zygote: Zygote, outputs: Path) -> None:
    with mock_judge(outputs / "mock") as judge:
        write_judge(outputs, judge.url, model="gpt-4.1", prices={"input": 2.0, "output": 8.0})
        running = zygote.run([*COMMAND, "--dry-run", "--json"], cwd=outputs)
        assert judge.ledger() == []
    (forecast,) = json.loads(running.out.read_text())
    assert forecast["requests"] == 40
    assert forecast["tokenizer"] == "o200k_base"
    assert 40 * 200 < forecast["prompt_tokens"] < 40 * 800
    assert forecast["cost_once"] == pytest.approx(
        (forecast["prompt_tokens"] * 2 + forecast["completion_tokens"] * 8) / 1e6
    )


def test_repeats_are_compared_with_each_other(zygote: Zygote, outputs: Path) -> None:
    flips = [{"when": {"share": 0.3}, "do": {"text": "[[{first}]]"}}]
    with mock_judge(outputs / "mock", script=flips) as judge:
        write_judge(outputs, judge.url)
        running = zygote.run([*COMMAND, "--repeats", "3", "--json"], cwd=outputs)
    (row,) = json.loads(running.out.read_text())
    assert row["self_disagreement"]["n"] == 40
    assert 5 < row["self_disagreement"]["value"] < 40
    assert row["self_disagreement"]["lower"] < row["self_disagreement"]["value"] < row["self_disagreement"]["upper"]


def test_identical_answers_are_judged_where_that_is_asked_for(zygote: Zygote, outputs: Path) -> None:
    with mock_judge(outputs / "mock") as judge:
        write_judge(outputs, judge.url)
        same = ["annotate", "base.json", "--baseline", "base.json", "--judge", "judge.yaml"]
        zygote.run(same, cwd=outputs)
        assert judge.n_billed == 0
        zygote.run([*same, "--no-shortcut"], cwd=outputs)
        assert judge.n_billed == 40
