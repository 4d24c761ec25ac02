from pathlib import Path

import pytest

from evalkit.catalog.references import (
    Reference,
    names_by_map,
    read_aliases,
    read_name_map,
    read_reference,
    reference_names,
    shared_models,
)
from evalkit.errors import InputError


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


def test_a_reference_has_intervals_where_its_file_gives_them(tmp_path: Path) -> None:
    assert len(read_reference("chatbot_arena_20240329").intervals) == 76
    assert read_reference("arena_elo_20240202").intervals == {}
    path = tmp_path / "mine.csv"
    path.write_text("model,rating,rating_q025,rating_q975\na,1200,1190,1210\n")
    assert read_reference(str(path)).intervals == {"a": (1190.0, 1210.0)}


def test_another_column_can_be_the_reference(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("Model,Elo,Other\na,,1\nb,3,2\n")
    assert read_reference(str(path), metric="Elo").scores == {"b": 3.0}


def test_a_reference_in_the_boards_own_spelling_is_joined_by_it() -> None:
    aliases = {"v-1.5": "v", "w2": "w", "W-2": "w"}
    same = Reference("r", {"v": 1.0, "v-1.5": 2.0}, "", "")
    assert {one.model: one.canonical for one in shared_models(["v", "v-1.5"], same, aliases)} == {
        "v": "v",
        "v-1.5": "v-1.5",
    }
    # both may use aliases of a model that neither calls by its own name
    other = Reference("r", {"W-2": 1.0}, "", "")
    assert [(one.model, one.canonical) for one in shared_models(["w2"], other, aliases)] == [("w2", "W-2")]


def test_a_map_goes_either_way_and_over_capital_letters() -> None:
    reference = Reference("r", {"a": 1.0, "b": 2.0}, "", "")
    assert names_by_map({"Ours-A": "a", "ours-b": "b"}, ["ours-a", "ours-b"], reference) == {
        "ours-a": "a",
        "ours-b": "b",
    }
    assert names_by_map({"a": "ours-a"}, ["OURS-A"], reference) == {"OURS-A": "a"}
    renamed = {"b": "a"}
    assert [(one.model, one.canonical) for one in shared_models(["a", "b"], reference, {}, renamed=renamed)] == [
        ("b", "a")
    ]


@pytest.mark.parametrize("text", ["[]", "{}", '{"a": 1}', "{"])
def test_a_map_that_is_no_object_of_names_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_name_map(path)
    assert str(error.value).startswith(str(path))
