"""An audit in Python: the command's texts, documents and refusals, with names of keywords."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import AuditFailed
from tests.api.hostile import NAME, shown_as_text
from tests.auditing.answers import BASELINE, HONEST, INSTRUCTIONS
from tests.cli.running import evalkit

EXAMPLES = Path(__file__).parents[2] / "examples"
OUTPUTS, QUESTIONS = EXAMPLES / "outputs", EXAMPLES / "instructions.json"
CAREFUL, WORDY = OUTPUTS / "careful.json", OUTPUTS / "wordy.json"


def constant(folder: Path, model: str = "constant") -> Path:
    """Outputs that all are the same."""
    path = folder / "constant.json"
    rows = [{"instruction": text, "output": "The same.", "generator": model} for text in INSTRUCTIONS]
    path.write_text(json.dumps(rows))
    return path


def baseline(folder: Path) -> Path:
    path = folder / "baseline.json"
    rows = zip(INSTRUCTIONS, BASELINE, strict=True)
    path.write_text(json.dumps([{"instruction": one, "output": text, "generator": "base"} for one, text in rows]))
    return path


@pytest.mark.parametrize(
    ("keywords", "options"),
    [
        ({"benchmark": "example"}, ["--benchmark", "example"]),
        ({"key": "id"}, ["--key", "id"]),
        (
            {"baseline": WORDY, "questions": QUESTIONS, "audit_limit": {"max-empty": 0.1}},
            ["--baseline", WORDY, "--questions", QUESTIONS, "--audit-limit", "max-empty=0.1"],
        ),
    ],
)
def test_the_function_gives_what_the_command_prints(
    keywords: dict[str, Any], options: list[object], tmp_path: Path
) -> None:
    audits = ek.audit(CAREFUL, str(OUTPUTS / "terse.json"), **keywords)
    words = ["audit", "outputs", CAREFUL, OUTPUTS / "terse.json", *options]
    done = evalkit(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, str(audits))
    assert evalkit(*words, "--json", cwd=tmp_path).stdout == audits.to_json()
    assert done.stderr == "".join(f"note: {note}\n" for note in audits.command_notes)
    assert audits.passed
    audits.raise_for_failures()


def test_outputs_that_fail_raise_what_ends_the_command_with_five(tmp_path: Path) -> None:
    path, theirs = constant(tmp_path), baseline(tmp_path)
    audits = ek.audit(path, baseline=theirs)
    assert not audits.passed and audits.audits["constant"].failures
    with pytest.raises(AuditFailed, match=r"constant: audit failed: .*with audit_limit min-distinct=0 ") as caught:
        audits.raise_for_failures()
    done = evalkit("audit", "outputs", path, "--baseline", theirs, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, str(audits))
    assert done.stderr == f"evalkit: error: {caught.value.for_command}\n"


def test_the_frame_has_a_row_for_each_model_and_check(write_outputs: Callable[..., Path], tmp_path: Path) -> None:
    good = write_outputs("good", HONEST, instructions=INSTRUCTIONS)
    audits = ek.audit(good, constant(tmp_path))
    frame = audits.frame
    assert list(frame.columns) == [
        *("model", "baseline", "check", "value", "limit", "fails", "verdict", "skipped", "reason", "count", "n")
    ]
    assert frame["model"].unique().tolist() == ["good", "constant"]
    assert frame["value"].dtype == frame["limit"].dtype == "float64" and frame["fails"].dtype == "bool"
    assert frame["count"].dtype == "Int64"
    skipped = frame[frame["verdict"] == "skipped"]
    assert skipped["value"].isna().all() and skipped["skipped"].notna().all()
    values = audits.metrics()
    assert values["constant/distinct"] == pytest.approx(0.01) and "good/copied" not in values
    assert pd.isna(frame["baseline"]).all()


def test_outputs_and_a_baseline_can_be_values(write_outputs: Callable[..., Path]) -> None:
    good = write_outputs("good", HONEST, instructions=INSTRUCTIONS)
    rows = json.loads(good.read_text())
    theirs = pd.DataFrame({"instruction": INSTRUCTIONS, "output": BASELINE, "generator": "base"})
    assert str(ek.audit(rows, baseline=theirs)) == str(ek.audit(pd.DataFrame(rows), baseline=theirs.to_dict("records")))
    assert ek.audit(rows, baseline=theirs).examined[0].baseline == "base"


def test_notes_name_keywords_and_not_options() -> None:
    alone = [{"instruction": "Name a colour.", "output": "Blue is one.", "generator": "m"}]
    assert ek.audit(alone).notes == ("copies of a baseline are not looked for. Name its outputs with baseline",)


def test_a_notebook_shows_a_name_as_text(tmp_path: Path) -> None:
    assert shown_as_text(ek.audit(constant(tmp_path, NAME)))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"benchmark": "exmaple"}, "unknown benchmark 'exmaple'. Did you mean 'example'"),
        ({"baseline": "nowhere.json"}, "nowhere.json: no such file"),
        ({"baseline": [CAREFUL, WORDY]}, "has one baseline, and baseline names 2"),
        ({"audit_limit": {"max-emty": 1}}, "unknown audit limit 'max-emty'"),
    ],
)
def test_a_wrong_keyword_is_one_line_that_names_it(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ek.EvalkitError, match=reason) as caught:
        ek.audit(CAREFUL, **{"benchmark": "example", **wrong})
    assert "\n" not in str(caught.value) and "--" not in str(caught.value)
