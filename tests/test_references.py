from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.references import Reference, read_aliases, read_reference, reference_names, shared_models


def test_every_shipped_reference_has_scores_a_source_and_a_date() -> None:
    assert reference_names() == ["arena_elo_20240202", "arena_elo_20240418", "chatbot_arena_20240329"]
    for name in reference_names():
        reference = read_reference(name)
        assert len(reference.scores) >= 20
        assert reference.source
        assert reference.date.startswith("2024-")


def test_every_alias_leads_to_a_model_with_a_score() -> None:
    known = {model for name in reference_names() for model in read_reference(name).scores}
    assert set(read_aliases().values()) <= known


def test_names_join_through_aliases_and_each_model_counts_once() -> None:
    reference = Reference("r", {"gpt-4-1106-preview": 1.0, "vicuna-13b": 2.0}, "", "")
    aliases = {"gpt4_1106_preview": "gpt-4-1106-preview", "vicuna-13b-v1.5": "vicuna-13b"}
    shared = shared_models(["vicuna-13b", "vicuna-13b-v1.5", "gpt4_1106_preview", "new"], reference, aliases)
    assert [(one.model, one.score) for one in shared] == [("gpt4_1106_preview", 1.0), ("vicuna-13b-v1.5", 2.0)]


def test_a_file_with_model_and_rating_is_a_reference(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("model,rating\na,1200.5\nb,1100\n")
    assert read_reference(str(path)).scores == {"a": 1200.5, "b": 1100.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model,elo\na,1\n", "expected the columns model and score"),
        ("model,score\na,high\n", "row 1: score: expected a number, found 'high'"),
        ("model,score\na\n", "row 1: not as many fields"),
        ("model,score\na,1,2\n", "row 1: not as many fields"),
        ("model,score\na,nan\n", "row 1: score: expected a number"),
        ("model,score\na,1\na,2\n", "row 2: model 'a' stands twice"),
        ("", "holds no rows"),
    ],
)
def test_a_bad_reference_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as error:
        read_reference(str(path))
    assert str(error.value).startswith(str(path))
