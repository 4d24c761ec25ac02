"""What evalkit gate leaves for CI: always of this run, also where the gate decided nothing or could not begin."""

import json
import signal
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evalkit.cli import main
from tests.cli.gating import EXAMPLES, Said, run, verdict_rows, write_table
from tests.zygote import Zygote

FILES = ("--junit", "out/gate.xml", "--summary", "out/gate.md", "--badge", "out/badge.json")
FIFTY = ("--min", "50")
EXAMPLE = (EXAMPLES / "careful.json", "--benchmark", "example", "--judge", "surface")
# what goes wrong -> arguments besides the files, the exit code, and the word for how the gate ended
WRONG = {
    "a missing file": (("nope.json", *FIFTY), 2, "refused"),
    "an unknown option": (("--bogus", "x", EXAMPLES / "careful.json", *FIFTY), 2, "refused"),
    "an unknown option of the group": ((*EXAMPLE, *FIFTY), 2, "refused"),
    "a value of the wrong kind": ((*EXAMPLE, "--min", "much"), 2, "refused"),
    "a forgotten value": ((*EXAMPLE, "--min"), 2, "refused"),
    "no candidate": (FIFTY, 2, "refused"),
    "a candidate too many": ((*EXAMPLE, "other", *FIFTY), 2, "refused"),
    "no threshold": (EXAMPLE, 2, "refused"),
    "an unknown judge": ((*EXAMPLE[:-1], "nobody", *FIFTY), 2, "refused"),
    "a bad setting": ((*EXAMPLE, *FIFTY), 2, "refused"),
    "settings that are not TOML": ((*EXAMPLE, *FIFTY), 2, "refused"),
    "a budget of nothing": ((*EXAMPLE, *FIFTY, "--max-requests", "0"), 3, "stopped"),
}
SETTINGS = {"a bad setting": "[gate]\nmini = 3\n", "settings that are not TOML": "[gate\n"}


def passed_before(folder: Path, zygote: Zygote) -> None:
    """A folder with the files of an earlier gate that passed."""
    table = write_table(folder / "table.csv", verdict_rows(0.9, 100))
    assert run(zygote, "gate", "candidate", *FIFTY, "--metric", "win_rate", "--source", table, *FILES,
               cwd=folder).status == 0  # fmt: skip


def check(folder: Path, ending: str) -> None:
    """All files tell of one run that decided nothing."""
    (suite,) = ElementTree.parse(folder / "out" / "gate.xml").getroot()
    assert (suite.get("errors"), suite.get("failures"), suite.get("tests")) == ("1", "0", "1")
    assert suite.find(".//error") is not None
    summary = (folder / "out" / "gate.md").read_text(encoding="utf-8")
    assert summary.startswith(f"### evalkit gate: {ending}\n") and "passed" not in summary
    badge = json.loads((folder / "out" / "badge.json").read_text(encoding="utf-8"))
    assert badge["message"] == ending and badge["color"] != "brightgreen"


@pytest.mark.parametrize("case", WRONG)
def test_a_gate_without_a_decision_says_so_in_every_file(case: str, zygote: Zygote, tmp_path: Path) -> None:
    arguments, status, ending = WRONG[case]
    passed_before(tmp_path, zygote)
    if case in SETTINGS:
        (tmp_path / "evalkit.toml").write_text(SETTINGS[case], encoding="utf-8")
    first = ["--nope", "gate"] if case == "an unknown option of the group" else ["gate"]
    said = run(zygote, *first, *FILES, *arguments, cwd=tmp_path, GITHUB_ACTIONS="true")
    assert said.status == status, said.err
    check(tmp_path, ending)
    (told,) = [line for line in said.err.splitlines() if line.startswith("::")]
    assert told.startswith(f"::error title=evalkit gate {ending}::")
    for name in ("gate.md", "gate.xml"):
        # the reason is the error's own, and the judge is named where one was
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert ("a toy judge: an offline rule that reads no meaning" in text) == ("surface" in map(str, arguments))


def test_files_named_by_settings_or_variables_are_found_too(zygote: Zygote, tmp_path: Path) -> None:
    passed_before(tmp_path, zygote)
    (tmp_path / "evalkit.toml").write_text('[gate]\njunit = "out/gate.xml"\nbadge = "out/badge.json"\nmini = 1\n')
    said = run(zygote, "gate", "nope.json", cwd=tmp_path, EVALKIT_GATE_SUMMARY="out/gate.md", EVALKIT_JUDGE="longest")
    assert said.status == 2
    check(tmp_path, "refused")
    assert "longest" in json.loads((tmp_path / "out" / "badge.json").read_text())["label"]


def test_an_exception_is_told_of_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], zygote: Zygote
) -> None:
    passed_before(tmp_path, zygote)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("evalkit.cli.gate.gate", broken)
    monkeypatch.setattr(sys, "argv", ["evalkit", "gate", *map(str, EXAMPLE), *FIFTY, *FILES])
    monkeypatch.chdir(tmp_path)
    assert main._run() == 70
    check(tmp_path, "internal error")
    assert "a fault of ours" in capsys.readouterr().err


def test_a_gate_that_is_killed_leaves_no_earlier_decision(zygote: Zygote, tmp_path: Path) -> None:
    passed_before(tmp_path, zygote)
    running = zygote.start(
        ["gate", *EXAMPLE, *FIFTY, *FILES], cwd=tmp_path, environment={"EVALKIT_FAULT": "before_commit:1:kill9"}
    )
    assert running.wait() == -signal.SIGKILL
    check(tmp_path, "unfinished")


def test_a_gate_that_is_ended_in_good_order_is_stopped(zygote: Zygote, tmp_path: Path) -> None:
    passed_before(tmp_path, zygote)
    said = run(zygote, "gate", *EXAMPLE, *FIFTY, *FILES, cwd=tmp_path, EVALKIT_FAULT="before_commit:1:term")
    assert said.status == 143, said.err
    check(tmp_path, "stopped")


def test_the_outputs_themselves_are_never_written_over(zygote: Zygote, tmp_path: Path) -> None:
    """Where the value of --summary was forgotten, the candidate is taken for it."""
    outputs = (EXAMPLES / "careful.json").read_bytes()
    (tmp_path / "careful.json").write_bytes(outputs)
    said = run(zygote, "gate", "--summary", "careful.json", *FIFTY, cwd=tmp_path)
    assert said.status == 2
    assert (tmp_path / "careful.json").read_bytes() == outputs


def test_a_shared_summary_is_added_to(zygote: Zygote, tmp_path: Path) -> None:
    shared = tmp_path / "step.md"
    shared.write_text("what another command of the step wrote\n")
    for arguments in (("nope.json", *FIFTY), (*EXAMPLE, *FIFTY)):
        run(zygote, "gate", *arguments, "--summary", shared, cwd=tmp_path, GITHUB_STEP_SUMMARY=str(shared))
    text = shared.read_text()
    assert text.startswith("what another command of the step wrote\n### evalkit gate: refused\n")
    assert text.count("### evalkit gate: ") == 2 and "### evalkit gate: passed\n" in text


def toys(folder: Path, said: Said) -> list[str]:
    badge = json.loads((folder / "out" / "badge.json").read_text(encoding="utf-8"))["label"]
    junit = (folder / "out" / "gate.xml").read_text(encoding="utf-8")
    annotation = next(line for line in said.err.splitlines() if line.startswith("::"))
    return [badge, junit, annotation, said.out, (folder / "out" / "gate.md").read_text(encoding="utf-8")]


@pytest.mark.parametrize("judge", ["surface", "longest", "random", "own.yaml"])
def test_a_decision_of_a_toy_judge_says_so_wherever_people_look(judge: str, zygote: Zygote, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("client: heuristic\nmodel: longest\nparser: token_probability\n")
    said = run(zygote, "gate", EXAMPLES / "careful.json", "--benchmark", "example", "--judge", judge, *FIFTY, *FILES,
               cwd=tmp_path, GITHUB_ACTIONS="true")  # fmt: skip
    assert said.out, said.err
    texts = toys(tmp_path, said)
    assert all("toy judge" in text for text in texts)
    assert "| judge is | **a toy judge: an offline rule that reads no meaning." in texts[-1]


def test_what_a_judge_of_a_file_is_stays_unsaid(zygote: Zygote, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.9, 100, judge="somebody"))
    said = run(zygote, "gate", "candidate", *FIFTY, "--metric", "win_rate", "--source", table, *FILES, cwd=tmp_path,
               GITHUB_ACTIONS="true")  # fmt: skip
    assert said.status == 0
    texts = toys(tmp_path, said)
    assert all("somebody" in text for text in texts) and not any("toy" in text for text in texts)
