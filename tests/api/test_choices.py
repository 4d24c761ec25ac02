"""Python's functions choose what is not named by the same rules as the commands."""

import json
import logging
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.errors import ConfigError, InputError
from tests.rig import write_outputs

N = 12


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a model's outputs and those of its baseline."""
    monkeypatch.chdir(tmp_path)
    write_outputs(tmp_path, "mine", N).rename("outputs.json")
    write_outputs(tmp_path, "base", N).rename("baseline.json")
    return tmp_path


def test_outputs_alone_are_enough(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="evalkit"):
        run = ek.annotate("outputs.json", progress=False)
    assert [row.entry.baseline for row in run.rows] == ["base"]
    assert caplog.messages[0].startswith("judge surface: offline")
    assert run.notes[0] == caplog.messages[0] and "benchmark outputs: a set of your own" in run.notes[1]
    assert [row.entry.model for row in ek.leaderboard().rows] == ["mine"] == [row.entry.model for row in run.rows]
    assert run.leaderboard().rows[0].entry.model == "mine"
    assert ek.gate("mine", minimum=1, min_n=2).estimate.n == N


def test_values_are_named_after_their_keyword(folder: Path) -> None:
    rows = json.loads(Path("outputs.json").read_text())
    run = ek.annotate(rows, baseline="baseline.json", progress=False)
    assert run.sources.benchmark.name == "outputs"
    with pytest.raises(ConfigError, match="nothing to compare with: .* Give baseline=FILE"):
        ek.annotate([{**row, "instruction": f"{row['instruction']}!"} for row in rows], results="other", progress=False)


def test_everything_in_a_folder_may_be_given_at_once(folder: Path) -> None:
    write_outputs(folder, "second", N)
    run = ek.annotate("second.json", "outputs.json", "baseline.json", progress=False)
    assert sorted(row.entry.model for row in run.rows) == ["mine", "second"]


# of the library that counts tokens, where it is installed
@pytest.mark.filterwarnings("ignore:open_binary is deprecated")
def test_a_forecast_names_the_judge_that_a_key_chooses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [work.judge for work in ek.forecast("outputs.json").works] == ["surface"]
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert [work.judge for work in ek.forecast("outputs.json").works] == ["alpaca_eval_2"]
    assert [work.judge for work in ek.forecast("outputs.json", judge="longest").works] == ["longest"]


def test_two_files_that_may_be_the_baseline_are_both_named(folder: Path) -> None:
    write_outputs(folder, "other", N).rename("reference_outputs.json")
    with pytest.raises(ConfigError, match=r"baseline\.json and reference_outputs\.json: each may be the baseline"):
        ek.annotate("outputs.json", progress=False)


def test_a_baseline_on_other_instructions_is_not_taken(folder: Path) -> None:
    rows = json.loads(Path("baseline.json").read_text())
    Path("baseline.json").write_text(json.dumps([{**row, "instruction": f"Else {n}"} for n, row in enumerate(rows)]))
    with pytest.raises(ConfigError, match="nothing to compare with"):
        ek.annotate("outputs.json", progress=False)


def test_a_file_beside_the_outputs_that_could_be_the_baseline_is_named(folder: Path) -> None:
    Path("baseline.json").rename("old.json")
    Path("broken.json").write_text("[{")
    Path("other.json").write_text(json.dumps([{"instruction": "Else", "output": "x"}]))
    with pytest.raises(ConfigError, match=r"\. old\.json beside it answers the same instructions: "):
        ek.annotate("outputs.json", progress=False)


def test_a_new_set_does_not_go_under_the_name_of_another(folder: Path) -> None:
    ek.annotate("outputs.json", progress=False)
    for name in ("outputs.json", "baseline.json"):
        rows = json.loads(Path(name).read_text())
        Path(name).write_text(json.dumps([{**row, "instruction": f"Else {n}"} for n, row in enumerate(rows)]))
    with pytest.raises(ConfigError, match="the store's benchmark 'outputs' has other instructions"):
        ek.annotate("outputs.json", progress=False)
    assert ek.annotate("outputs.json", benchmark="round two", progress=False).sources.benchmark.name == "round two"


def test_a_gate_of_a_missing_file_says_so(folder: Path) -> None:
    with pytest.raises(InputError, match=r"^missing\.json: no such file$"):
        ek.gate("missing.json", minimum=50)
