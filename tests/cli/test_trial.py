"""A judge whose first replies hold no verdict costs twelve requests, and the message shows what it said."""

import json
from pathlib import Path
from typing import Any

import pytest

import evalkit as ek
from evalkit.errors import Incomplete
from tests.cli.running import Done, evalkit
from tests.rig import MockJudge, mock_judge, write_judge, write_outputs

# the prompt asks for a label in brackets, and the parser wants JSON
UNREADABLE: dict[str, Any] = {"kind": "label", "parser": "json_field"}


def lay(folder: Path, judge: MockJudge, *, n: int = 30, **extra: Any) -> None:
    write_judge(folder, judge.url, **{**UNREADABLE, **extra})
    write_outputs(folder, "base", n)
    write_outputs(folder, "cand", n, seed=1)


def ask(folder: Path, command: str, *more: object) -> Done:
    given = ("--baseline", "base.json", "--judge", "judge.yaml", *more)
    return evalkit(command, "cand.json", *given, cwd=folder)


@pytest.mark.parametrize(("command", "more"), [("annotate", ()), ("gate", ("--min", "50"))])
def test_a_judge_that_nobody_can_read_is_stopped_with_its_last_reply(
    tmp_path: Path, command: str, more: tuple[str, ...]
) -> None:
    with mock_judge(tmp_path / "mock") as judge:
        lay(tmp_path, judge)
        done = ask(tmp_path, command, *more)
        assert len(judge.ledger()) == 12
    assert done.returncode == 3
    (said,) = (line for line in done.stderr.splitlines() if line.startswith("evalkit: error: "))
    assert said.startswith(
        "evalkit: error: judge: none of its first 12 requests brought a verdict. The last reply reads '"
    )
    assert "]]': the reply: not valid JSON at line 1 column 1" in said
    assert said.endswith("Or go on with --no-stop")


def test_with_no_stop_every_question_is_asked(tmp_path: Path) -> None:
    with mock_judge(tmp_path / "mock") as judge:
        lay(tmp_path, judge, n=10)
        done = ask(tmp_path, "annotate", "--no-stop")
        assert len(judge.ledger()) == 30
    assert (done.returncode, "coverage 0.00 %" in done.stderr) == (3, True)


def test_python_is_told_of_its_keyword(tmp_path: Path) -> None:
    with mock_judge(tmp_path / "mock") as judge:
        lay(tmp_path, judge)
        run = ek.annotate(
            tmp_path / "cand.json",
            baseline=tmp_path / "base.json",
            judge=tmp_path / "judge.yaml",
            results=tmp_path / "results",
            progress=False,
        )
        assert len(judge.ledger()) == 12
        with pytest.raises(Incomplete, match=r"Or go on with stop=False$"):
            run.raise_for_incomplete()
    written = json.loads((tmp_path / "results" / "cand" / "judge" / "run.json").read_text())
    assert written["stopped"].startswith("judge: none of its first 12 requests brought a verdict.")


def test_a_dry_run_names_the_most_that_asking_again_may_cost(tmp_path: Path) -> None:
    with mock_judge(tmp_path / "mock") as judge:
        lay(tmp_path, judge, prices={"input": 1.0, "output": 10.0}, parameters={"max_tokens": 1000}, reasks=2)
        done = ask(tmp_path, "annotate", "--dry-run")
        (found,) = json.loads(ask(tmp_path, "annotate", "--dry-run", "--json").stdout)
        assert judge.ledger() == []
    assert (found["requests"], found["most_requests"]) == (30, 90)
    assert found["cost"] == pytest.approx(3 * found["cost_once"])
    assert found["cost_once"] > 0.3
    once, most = f"about ${found['cost_once']:.2f}", f"at most ${found['cost']:.2f}"
    assert f"{once}, and {most} if every question has to be asked again 2 times, about" in " ".join(done.stdout.split())
