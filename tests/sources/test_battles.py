"""Battles gathered from files of several kinds."""

import json
from pathlib import Path

import pytest

from evalkit.boards.battles import CollectedBattles
from evalkit.errors import ConfigError, InputError, StatsError, UnknownName
from evalkit.sources.battles import gather_battles

VOTES = "model_a,model_b,winner,question_id\nx,y,model_a,1\ny,z,tie,1\nz,x,model_b,2\nx,x,tie,3\nx,y,,4\n"
TABLE = (
    "judge,model,baseline,index,preference,len_1,len_2\n"
    "j,m,base,0,2,10,10\nj,m,base,1,1.25,10,10\nj,m,base,2,,10,10\nj,n,base,0,1.5,10,10\nj,n,base,1,1,10,10\n"
)


def annotations(model: str, judge: str = "j", baseline: str = "base") -> str:
    rows = [
        {"instruction": f"Do {n}", "output_1": "a", "generator_1": baseline, "output_2": "b", "generator_2": model,
         "annotator": judge, "preference": preference}
        for n, preference in enumerate([1.0, 1.75, None])
    ]  # fmt: skip
    return json.dumps(rows)


def outcomes(gathered: CollectedBattles) -> list[tuple[str, str, float]]:
    battles = gathered.battles
    names = battles.models
    return [
        (names[a], names[b], outcome)
        for a, b, outcome in zip(battles.a.tolist(), battles.b.tolist(), battles.outcome.tolist(), strict=True)
    ]


def test_votes_become_battles_and_what_is_no_battle_is_counted(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(VOTES)
    gathered = gather_battles([tmp_path / "votes.csv"])
    assert outcomes(gathered) == [("x", "y", 1.0), ("y", "z", 0.5), ("z", "x", 0.0)]
    assert gathered.left_out == {"battles without a verdict": 1, "battles of a model against itself": 1}
    assert gathered.clustered_by == "question_id" and gathered.battles.n_clusters == 2


def test_preferences_become_battles_with_the_baseline_clustered_by_instruction(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    gathered = gather_battles([tmp_path / "table.csv"])
    assert outcomes(gathered) == [
        ("m", "base", 1.0), ("m", "base", 0.25), ("n", "base", 0.5), ("n", "base", 0.0),
    ]  # fmt: skip
    assert gathered.battles.cluster is not None and gathered.battles.cluster.tolist() == [0, 1, 0, 1]
    assert gathered.left_out == {"battles without a verdict": 1}
    assert gather_battles([tmp_path / "table.csv"], cluster="none").battles.cluster is None


def test_annotation_files_and_folders_of_them_are_read(tmp_path: Path) -> None:
    for model in ("m", "n"):
        (tmp_path / model).mkdir()
        (tmp_path / model / "annotations.json").write_text(annotations(model))
    gathered = gather_battles([tmp_path])
    assert sorted(outcomes(gathered)) == [
        ("m", "base", 0.0), ("m", "base", 0.75), ("n", "base", 0.0), ("n", "base", 0.75),
    ]  # fmt: skip
    assert gathered.battles.n_clusters == 2 and gathered.left_out == {"battles without a verdict": 2}


def test_sources_of_different_kinds_make_one_set_of_battles(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text(VOTES.replace("z", "base"))
    (tmp_path / "annotations.json").write_text(annotations("m"))
    gathered = gather_battles([tmp_path / "votes.csv", tmp_path / "annotations.json"])
    assert gathered.battles.models == ("base", "m", "x", "y")
    # a question of one file is no instruction of the other
    assert gathered.battles.n == 5 and gathered.battles.n_clusters == 4
    assert gathered.clustered_by == "instruction and question_id"


def test_a_cluster_that_goes_on_in_another_file_is_the_same_one(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("model_a,model_b,winner,question_id\nx,y,model_a,1\ny,z,tie,2\n")
    (tmp_path / "two.csv").write_text("model_a,model_b,winner,question_id\nz,x,tie,2\nw,x,tie,3\n")
    battles = gather_battles([tmp_path / "one.csv", tmp_path / "two.csv"]).battles
    assert battles.cluster is not None and battles.cluster.tolist() == [0, 1, 1, 2]


def test_several_judges_must_be_chosen_from(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE + "k,m,base,0,1,10,10\n")
    with pytest.raises(InputError, match="several judges: j, k. Choose one with --judge"):
        gather_battles([tmp_path / "table.csv"])
    assert outcomes(gather_battles([tmp_path / "table.csv"], judge="k")) == [("m", "base", 0.0)]
    with pytest.raises(UnknownName, match="unknown judge 'x'"):
        gather_battles([tmp_path / "table.csv"], judge="x")


def test_a_source_named_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "annotations.json").write_text(annotations("m"))
    with pytest.raises(InputError, match="model 'm' stands twice under judge 'j' and baseline 'base'"):
        gather_battles([tmp_path / "annotations.json"] * 2)


def test_what_only_votes_have_is_refused_for_verdicts(tmp_path: Path) -> None:
    (tmp_path / "annotations.json").write_text(annotations("m"))
    with pytest.raises(ConfigError, match="are for tables of votes"):
        gather_battles([tmp_path / "annotations.json"], controls=("tokens",))
    with pytest.raises(ConfigError, match="are for tables of votes"):
        gather_battles([tmp_path / "annotations.json"], cluster="category")
    with pytest.raises(UnknownName, match="unknown control 'length'"):
        gather_battles([tmp_path / "annotations.json"], controls=("length",))


def test_nothing_left_to_rate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("model_a,model_b,winner\nx,x,tie\n")
    with pytest.raises(StatsError, match="there are no battles"):
        gather_battles([tmp_path / "votes.csv"])
    with pytest.raises(InputError, match="holds no file of a known format"):
        gather_battles([tmp_path])


def test_a_model_without_a_single_verdict_is_counted(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").write_text("model_a,model_b,winner\nx,y,tie\nx,z,\n")
    gathered = gather_battles([tmp_path / "votes.csv"])
    assert gathered.battles.models == ("x", "y")
    assert gathered.left_out == {"battles without a verdict": 1, "models without a single verdict": 1}


def test_turns_of_one_question_are_one_cluster_whichever_of_them_lacks_a_verdict(tmp_path: Path) -> None:
    rows = [
        {"question_id": 81, "model_1": model, "model_2": "base", "judge": ["j", "pair-v2"], "turn": turn,
         "g1_winner": "error" if lost == turn else "model_1", "g2_winner": "model_2"}
        for model, lost in (("m", 1), ("n", 2)) for turn in (1, 2)
    ]  # fmt: skip
    rows.append({**rows[0], "question_id": 82, "g1_winner": "tie"})
    (tmp_path / "j_pair.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    battles = gather_battles([tmp_path / "j_pair.jsonl"]).battles
    assert (battles.n, battles.n_clusters) == (3, 2)
