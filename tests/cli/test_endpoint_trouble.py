"""Whole runs against an endpoint that misbehaves: every verdict obtained, or the reason why not, and no time wasted."""

import itertools
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.rig import MockJudge, mock_judge, write_judge, write_outputs
from tests.zygote import Running, Zygote

Script = list[Mapping[str, Any]]


def annotate(
    zygote: Zygote, folder: Path, judge: MockJudge, *more: object, n: int = 100, kind: Any = "label", **extra: Any
) -> tuple[int, Running]:
    """Judge n answers; the exit status and what was printed."""
    write_judge(folder, judge.url, kind=kind, **extra)
    write_outputs(folder, "base", n)
    write_outputs(folder, "cand", n, seed=1)
    command = ["annotate", "cand.json", "--baseline", "base.json", "--judge", "judge.yaml", "--json", *more]
    running = zygote.start(command, cwd=folder)
    return running.wait(), running


def rows(running: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(running.out.read_text())
    return found


def test_a_storm_of_rate_limits_is_waited_out_and_nobody_asks_early(zygote: Zygote, tmp_path: Path) -> None:
    storm: Script = [
        {
            "when": {"share": 0.6, "until": 6.0},
            "do": {"status": 429, "retry_after": {"low": 1.0, "high": 1.5, "form": "seconds"}},
        }
    ]
    with mock_judge(tmp_path / "judge", latency=0.02, script=storm) as judge:
        status, running = annotate(zygote, tmp_path, judge, n=200)
        ledger = judge.ledger()
    assert status == 0, running.said
    assert rows(running)[0]["n_total"] == 200
    assert [entry for entry in ledger if entry.early] == []
    wasted = sum(not entry.billed for entry in ledger)
    assert wasted / 200 <= 1.15


@pytest.mark.parametrize("form", ["seconds", "ms", "date"])
def test_every_form_of_retry_after_is_kept_to_by_everybody(zygote: Zygote, tmp_path: Path, form: str) -> None:
    busy: Script = [
        {"when": {"after": 10, "count": 1}, "do": {"status": 429, "retry_after": {"low": 1, "high": 1, "form": form}}}
    ]
    with mock_judge(tmp_path / "judge", latency=0.01, script=busy) as judge:
        status, running = annotate(zygote, tmp_path, judge)
        ledger = judge.ledger()
    assert status == 0, running.said
    assert not any(entry.early for entry in ledger)
    gaps = [after.arrived - before.arrived for before, after in itertools.pairwise(ledger)]
    assert max(gaps) > 0.4


@pytest.mark.parametrize(
    "do", [{"silence": True}, {"drip": 0.3}, {"endless": True}], ids=["silence", "drip", "endless"]
)
def test_an_answer_that_does_not_end_is_given_up_at_the_deadline_and_asked_again(
    zygote: Zygote, tmp_path: Path, do: dict[str, Any]
) -> None:
    script: Script = [{"when": {"after": 5, "count": 3}, "do": do}]
    with mock_judge(tmp_path / "judge", script=script) as judge:
        # a machine that is busy for a second makes no other answer late
        status, running = annotate(zygote, tmp_path, judge, n=40, timeout=2.0)
        ledger = judge.ledger()
    assert status == 0, running.said
    assert rows(running)[0]["n_total"] == 40
    assert "3 perhaps billed without a usable reply" in running.said
    # what did not end was waited for until the deadline, and no longer than it takes to notice that on a busy machine
    first = {entry.hash: entry.arrived for entry in ledger if entry.attempt == 1}
    waits = [again.arrived - first[again.hash] for again in ledger if again.attempt == 2]
    assert len(waits) == 3 and all(1.5 < wait < 20 for wait in waits)


def test_broken_connections_are_tried_again(zygote: Zygote, tmp_path: Path) -> None:
    kinds = ("before_headers", "after_headers", "mid_body")
    script: Script = [
        {"when": {"share": 0.1 + number / 10, "attempts": [1]}, "do": {"reset": kind}}
        for number, kind in enumerate(kinds)
    ]
    with mock_judge(tmp_path / "judge", latency=0.01, script=script) as judge:
        status, running = annotate(zygote, tmp_path, judge, n=50)
        ledger = judge.ledger()
    assert status == 0, running.said
    assert rows(running)[0]["n_total"] == 50
    assert sum(entry.fault == "reset" for entry in ledger) >= 10


def test_a_server_that_is_restarted_during_a_run_costs_no_verdict(zygote: Zygote, tmp_path: Path) -> None:
    with mock_judge(tmp_path / "judge", latency=0.05) as judge:
        write_judge(tmp_path, judge.url)
        write_outputs(tmp_path, "base", 200)
        write_outputs(tmp_path, "cand", 200, seed=1)
        command = ["annotate", "cand.json", "--baseline", "base.json", "--judge", "judge.yaml", "--json"]
        running = zygote.start(command, cwd=tmp_path)
        while not judge.ledger():
            time.sleep(0.01)
        judge.restart(down=1.0)
        assert running.wait() == 0, running.said
    assert rows(running)[0]["n_total"] == 200


def test_a_server_that_is_not_there_is_noticed_soon(zygote: Zygote, tmp_path: Path) -> None:
    with mock_judge(tmp_path / "judge") as judge:
        pass
    status, running = annotate(zygote, tmp_path, judge, "--max-wait", 2)
    assert status == 3
    assert "it has given no answer for" in running.said
    assert running.said.strip().splitlines()[-1].startswith("evalkit: error: 127.0.0.1")


def test_an_outage_is_probed_with_single_requests(zygote: Zygote, tmp_path: Path) -> None:
    script: Script = [{"when": {"after": 100}, "do": {"status": 503}}]
    with mock_judge(tmp_path / "judge", latency=0.02, script=script) as judge:
        status, _ = annotate(zygote, tmp_path, judge, "--max-wait", 5, n=600)
        ledger = judge.ledger()
    assert status == 3
    failed = [entry for entry in ledger if entry.status == 503]
    assert len(failed) <= 10 + 16 + 10
    first = failed[0].arrived
    assert sum(entry.arrived > first + 2.0 for entry in failed) <= 8


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ({"status": 401, "body": '{"error": {"message": "bad key"}}'}, "401: bad key"),
        ({"status": 404, "body": '{"error": {"message": "no such model"}}'}, "404: no such model"),
        (
            {"status": 429, "body": '{"error": {"message": "You exceeded", "code": "insufficient_quota"}}'},
            "You exceeded",
        ),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, "302"),
    ],
)
def test_what_concerns_the_whole_account_stops_the_run_at_once(
    zygote: Zygote, tmp_path: Path, do: dict[str, Any], said: str
) -> None:
    with mock_judge(tmp_path / "judge", latency=0.01, script=[{"when": {"after": 30}, "do": do}]) as judge:
        status, running = annotate(zygote, tmp_path, judge, "--concurrency", 8)
        ledger = judge.ledger()
    assert status == 2
    assert said in running.said.splitlines()[-1]
    assert sum(entry.status == do["status"] for entry in ledger) <= 8


def test_a_long_wait_ends_the_run_with_what_to_do(zygote: Zygote, tmp_path: Path) -> None:
    do = {"status": 429, "headers": {"Retry-After": "86400"}}
    with mock_judge(tmp_path / "judge", latency=0.01, script=[{"when": {"after": 30}, "do": do}]) as judge:
        status, running = annotate(zygote, tmp_path, judge, "--concurrency", 8)
    assert status == 3
    assert "asks to wait 86,400 seconds, longer than --max-wait 300" in running.said
    assert rows(running)[0]["n_total"] >= 30 - 8


def test_a_judge_whose_model_changes_during_the_run_gets_a_row_for_each(zygote: Zygote, tmp_path: Path) -> None:
    script: Script = [{"when": {"after": 60}, "do": {"model": "mock-2"}}]
    with mock_judge(tmp_path / "judge", latency=0.01, script=script) as judge:
        status, running = annotate(zygote, tmp_path, judge)
    assert status == 3
    assert [(row["part"], row["n_total"], row["n_missing"]) for row in rows(running)] == [
        ("mock", 60, 40),
        ("mock-2", 40, 60),
    ]
    assert rows(running)[0]["failures"] == {"answered as mock-2": 40}
    assert "the endpoint answered as mock and as mock-2" in running.said


def test_probabilities_and_single_draws_are_not_averaged_unless_asked_for(zygote: Zygote, tmp_path: Path) -> None:
    script: Script = [{"when": {"after": 70}, "do": {"logprobs": "none"}}]
    with mock_judge(tmp_path / "judge", latency=0.01, script=script) as judge:
        _, running = annotate(zygote, tmp_path, judge, kind="token")
        (row,) = rows(running)
        assert row["readings"] == {"sampled": 30, "weighted": 70}
        assert row["win_rate"] is None
        assert "mixed: 70 verdicts are weighted" in row["lc_status"]
        _, running = annotate(zygote, tmp_path, judge, "--allow-mixed", kind="token")
        assert rows(running)[0]["n_total"] == 100
        assert judge.n_billed == 100


def test_malformed_replies_are_asked_again_and_never_become_a_verdict(zygote: Zygote, tmp_path: Path) -> None:
    odd = ["[[{first}]] or [[{second}]]", "", "I would say {first}.", "[[X]]", "```\n{first}\n```", "[[{first}"]
    script: Script = [{"when": {"share": 0.05, "attempts": [1]}, "do": {"text": text}} for text in odd]
    with mock_judge(tmp_path / "clean") as clean:
        _, plain = annotate(zygote, tmp_path, clean, "--results", "plain", n=200, reasks=8)
    with mock_judge(tmp_path / "judge", script=script) as judge:
        status, running = annotate(zygote, tmp_path, judge, n=200, reasks=8)
        asked_again = sum(entry.fault is not None for entry in judge.ledger())
    assert status == 0, running.said
    assert f"{asked_again} asked again for want of a verdict" in running.said
    assert asked_again > 20
    assert rows(running)[0]["win_rate"] == pytest.approx(rows(plain)[0]["win_rate"], abs=1e-9)


MODERATED = {"error": {"message": "Your input was flagged for violence.", "code": 403, "metadata": {"reasons": ["v"]}}}


@pytest.mark.parametrize("status", [200, 403])
def test_one_moderated_prompt_is_one_failed_row_and_stays_one(zygote: Zygote, tmp_path: Path, status: int) -> None:
    script: Script = [{"when": {"contains": "Task 7:"}, "do": {"status": status, "body": json.dumps(MODERATED)}}]
    with mock_judge(tmp_path / "judge", latency=0.01, script=script) as judge:
        for expected in (100, 101):
            code, running = annotate(zygote, tmp_path, judge)
            assert len(judge.ledger()) == expected
            (row,) = rows(running)
            assert (code, row["n_total"], row["n_missing"]) == (0, 99, 1), running.said
            ((reason, n),) = row["failures"].items()
            assert n == 1 and reason.startswith("403: ") and reason.endswith("Your input was flagged for violence.")


def test_the_words_of_a_rate_limit_are_shown_and_its_wait_is_read(zygote: Zygote, tmp_path: Path) -> None:
    words = "Rate limit reached for requests per day (RPD): Limit 200, Used 200. Please try again in 7m12s."
    script: Script = [{"do": {"status": 429, "body": json.dumps({"error": {"message": words}})}}]
    with mock_judge(tmp_path / "judge", script=script) as judge:
        status, running = annotate(zygote, tmp_path, judge, "--max-wait", 15)
    assert status == 3
    said = running.said.splitlines()[-1]
    assert f"asks to wait 432 seconds, longer than --max-wait 15. The last answer: 429: {words[:-1]}. What" in said
    assert said.count("Rate limit reached") == 1


def test_a_copied_judge_answers_at_the_address_that_is_given(zygote: Zygote, tmp_path: Path) -> None:
    assert zygote.start(["judges", "show", "vllm", "--yaml"], cwd=tmp_path).wait() == 0
    shown = zygote.start(["judges", "show", "vllm", "--yaml"], cwd=tmp_path)
    assert shown.wait() == 0
    (tmp_path / "mine.yaml").write_text(shown.out.read_text())
    with mock_judge(tmp_path / "judge") as judge:
        checked = zygote.start(["judges", "check", "mine.yaml", "--base-url", judge.url], cwd=tmp_path)
        assert checked.wait() == 0, checked.said
    assert "probability of the right answer" in checked.out.read_text()
