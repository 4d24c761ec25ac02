"""Single verdicts as values, from the store and from files."""

from pathlib import Path

import pytest

import evalkit as ek
from tests.api.example import judge_example
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge_example(tmp_path_factory.mktemp("judged")) / "results"


def test_the_verdicts_of_the_store_make_the_board(results: Path) -> None:
    found = ek.verdicts(benchmark="example", results=results)
    frame = found.frame
    assert len(found) == len(frame) == 3 * 48
    board = ek.leaderboard(benchmark="example", results=results).frame.set_index("model")["win_rate"]
    for model, preferences in frame.groupby("model")["preference"]:
        assert 100 * preferences.mean() == pytest.approx(board[model])
    assert str(found).splitlines()[0] == "careful against baseline, judge surface: 48 verdicts"


def test_texts_are_columns_where_they_are_asked_for(results: Path) -> None:
    with_texts = ek.verdicts(benchmark="example", results=results, texts=True).frame
    assert {"instruction", "output", "baseline_output"} <= set(with_texts)
    assert with_texts["output"].notna().all() and with_texts["instruction"].notna().all()
    assert "output" not in ek.verdicts(benchmark="example", results=results).frame


def test_files_and_values_give_the_same_verdicts_as_the_store(results: Path) -> None:
    stored = ek.verdicts(benchmark="example", results=results).frame.sort_values(["model", "key"])
    read = ek.verdicts(results).frame.sort_values(["model", "key"])
    assert read["preference"].tolist() == pytest.approx(stored["preference"].tolist())
    # a table of numbers is the smallest form of verdicts
    table = [
        {"judge": "j", "model": "m", "baseline": "b", "index": n, "preference": 1.5, "len_1": 1, "len_2": 2}
        for n in range(3)
    ]
    assert ek.verdicts(table).frame["preference"].tolist() == [0.5, 0.5, 0.5]


def test_a_judge_without_verdicts_is_an_error(results: Path) -> None:
    with pytest.raises(ek.ConfigError, match="unknown judge 'nobody'"):
        ek.verdicts(benchmark="example", results=results, judge="nobody")


def test_the_frame_of_verdicts_is_refused_as_a_table_whose_preferences_are_codes(results: Path, tmp_path: Path) -> None:
    @ek.judge(name="longer", version="1")
    def longer(pair: ek.Pair) -> str:
        return "first" if len(pair.first) > len(pair.second) else "second"

    outputs = REPOSITORY / "examples" / "outputs" / "wordy.json"
    ek.annotate(outputs, benchmark="example", judge=longer, results=tmp_path)
    # sure wins and losses, which would be taken for losses and ties
    frame = ek.verdicts(benchmark="example", results=tmp_path).frame
    frame.to_csv(tmp_path / "verdicts.csv", index=False)
    for source in (frame, frame.to_dict("records"), tmp_path / "verdicts.csv"):
        with pytest.raises(ek.InputError, match=r"row 1: is a row of `evalkit.verdicts`, whose preferences are prob"):
            ek.leaderboard(source)
