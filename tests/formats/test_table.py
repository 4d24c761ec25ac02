"""Tables of preferences: how rows are named, and what they say of the answers."""

import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

from evalkit.boards.entries import Aggregation
from evalkit.boards.gathering import entries_of_table
from evalkit.errors import InputError
from evalkit.formats.instructions import instruction_key
from evalkit.formats.judgments import read_judgments
from evalkit.formats.table import read_preferences
from evalkit.sources.entries import read_sources
from evalkit.sources.transcripts import transcripts_of

ROWS: list[dict[str, Any]] = [
    {
        "judge": "j", "model": "m", "baseline": "b", "key": f"k{n}", "preference": 1.0 + n / 4, "len_1": 5, "len_2": 9,
        "bold_1": 1, "bold_2": None if n == 2 else n, "output_1": "text", "output_2": "text", "tokens_1": 3,
    }
    for n in range(4)
]  # fmt: skip


def saved(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    if path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join("" if v is None else str(v) for v in row.values()) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        datasets.Dataset.from_list(rows).to_parquet(path)
    else:
        datasets.Dataset.from_list(rows).save_to_disk(str(path))
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet", "dataset"])
def test_a_table_in_any_form_has_keys_and_measures_of_both_answers(tmp_path: Path, name: str) -> None:
    (group,) = read_preferences(saved(tmp_path / name))
    assert group.keys == ("k0", "k1", "k2", "k3")
    assert list(group.preference) == [0.0, 0.25, 0.5, 0.75]
    # of texts, and of what only one answer has, nothing is measured
    assert list(group.measures) == ["bold"]
    candidate, baseline = group.measures["bold"]
    np.testing.assert_array_equal(candidate, [0.0, 1.0, np.nan, 3.0])
    np.testing.assert_array_equal(baseline, np.ones(4))


def test_measures_reach_the_board_and_single_verdicts(tmp_path: Path) -> None:
    path = saved(tmp_path / "t.csv")
    (entry,) = entries_of_table(read_preferences(path))
    np.testing.assert_array_equal(entry.sample.measures["bold"][0], [0.0, 1.0, np.nan, 3.0])
    slots = [one.slot for one in read_judgments(path).verdicts]
    assert [one.candidate_measures for one in slots] == [{"bold": 0.0}, {"bold": 1.0}, {}, {"bold": 3.0}]
    assert [one.baseline_measures for one in slots] == [{"bold": 1.0}] * 4


def test_a_key_goes_before_an_instruction_and_that_before_an_index(tmp_path: Path) -> None:
    plain = {name: value for name, value in ROWS[0].items() if name != "key"}
    both = {"instruction": "Why?", "index": 7}
    (named,) = read_preferences(saved(tmp_path / "a.csv", [{**ROWS[0], **both}]))
    (asked,) = read_preferences(saved(tmp_path / "b.csv", [{**plain, **both}]))
    (counted,) = read_preferences(saved(tmp_path / "c.csv", [{**plain, "index": 7}]))
    assert [one.keys for one in (named, asked, counted)] == [("k0",), (instruction_key("Why?"),), ("000007",)]


def test_a_row_without_a_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 2: key: expected a key, found"):
        read_preferences(saved(tmp_path / "t.csv", [ROWS[0], {**ROWS[1], "key": None}]))
    with pytest.raises(InputError, match=r"missing column\(s\) key, instruction or index"):
        read_preferences(saved(tmp_path / "u.csv", [{name: v for name, v in ROWS[0].items() if name != "key"}]))


@pytest.mark.parametrize("column", ["dataset", "category"])
def test_categories_split_a_tables_scores_where_that_is_asked_for(column: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = [("koala", 0, 2), ("koala", 1, 1), ("vicuna", 2, 2), ("", 3, 1)]
    lines = [f"j,c,b,{index},{name},{preference},1,1" for name, index, preference in rows]
    path.write_text("\n".join([f"judge,model,baseline,index,{column},preference,len_1,len_2", *lines]))
    (group,) = read_preferences(path)
    assert group.categories == ("koala", "koala", "vicuna", None)
    known = {"000000": "koala", "000001": "koala", "000002": "vicuna"}
    assert transcripts_of(read_sources([path], Aggregation(), texts=True)).categories == known
    (entry,) = entries_of_table([group], Aggregation(by=("category",)))
    assert {name: part.preference.tolist() for name, part in entry.slices.items()} == {
        "category koala": [1.0, 0.0],
        "category vicuna": [1.0],
    }
    assert entries_of_table([group])[0].slices == {}
    assert [verdict.slot.category for verdict in read_judgments(path).verdicts] == list(group.categories)


def test_a_table_without_categories_has_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("judge,model,baseline,index,preference,len_1,len_2\nj,c,b,0,1.5,1,1\n")
    assert transcripts_of(read_sources([path], Aggregation(), texts=True)).categories == {}
    assert entries_of_table(read_preferences(path), Aggregation(by=("category",)))[0].slices == {}


def test_a_number_is_no_category(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("judge,model,baseline,index,dataset,preference,len_1,len_2\nj,c,b,0,7,1.5,1,1\n")
    assert read_preferences(path)[0].categories == (None,)
