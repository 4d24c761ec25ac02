"""Errors that name what was meant and the way out, in the words of the commands that there are."""

from pathlib import Path

import pytest

import evalkit as ek
from evalkit.errors import ConfigError, InputError
from evalkit.judge_spec import copied_judge, read_judge
from tests.cli.running import evalkit
from tests.clients.asking import request_of


def test_a_judge_that_was_shown_as_json_is_no_judges_file_and_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(evalkit("judges", "show", "vllm", cwd=tmp_path).stdout)
    with pytest.raises(ConfigError, match=r"evalkit judges show vllm --yaml > mine.yaml writes a judge's file"):
        read_judge(str(mine))


def test_a_prompt_with_an_unknown_name_is_named_with_the_names_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(copied_judge("pairwise_label").replace("{{ first }}", "{{ answer_a }}"))
    with pytest.raises(ConfigError) as error:
        request_of(read_judge("mine.yaml"))
    said = str(error.value)
    assert "mine.yaml: the prompt cannot be rendered: 'answer_a' is undefined. It may use {{ instruction }}" in said
    assert "{{ first }}, {{ second }}" in said


@pytest.mark.parametrize("name", ["missing.json", "missing.jsonl.gz", "there.csv"])
def test_a_file_in_the_place_of_a_model_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.csv").write_text("a\n1\n")
    said = "is a file, and no model" if name == "there.csv" else "no such file"
    with pytest.raises(InputError, match=f"^{name}: {said}"):
        ek.compare(name, "other")


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        (["judges", "appraise", "x.jsonl", "--judge", "surface"], None),
        (["judges", "appraise"], None),
        (["judges", "surface"], "evalkit judges show surface"),
        (["judges", "mine.yaml", "--yaml"], "evalkit judges show mine.yaml --yaml"),
        (["audit", "x.jsonl"], "evalkit audit outputs x.jsonl"),
    ],
)
def test_only_a_command_that_takes_what_was_typed_is_proposed(
    tmp_path: Path, typed: list[str], proposed: str | None
) -> None:
    said = evalkit(*typed, cwd=tmp_path).stderr
    listed = "It has evalkit judges ask|check|evaluate|show"
    assert (f"Did you mean: {proposed}\n" if proposed else listed) in said


def test_a_store_of_published_leaderboards_alone_names_the_command_that_shows_them(tmp_path: Path) -> None:
    (tmp_path / "board.csv").write_text(
        ",win_rate,standard_error,n_total,avg_length,length_controlled_winrate\nmine,50.0,1.5,805,1000,49.0\n"
    )
    assert evalkit("import", "alpaca_eval", "board.csv", cwd=tmp_path).returncode == 0
    assert "no verdicts. evalkit store published shows them" in evalkit("leaderboard", cwd=tmp_path).stderr
