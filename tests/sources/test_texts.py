"""Instructions behind keys."""

import json
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.formats.instructions import instruction_key
from evalkit.sources.stored import Scope
from evalkit.sources.texts import texts_of_files, texts_of_store
from evalkit.store import Store
from tests.store.filling import BENCHMARK, fill

TEXTS = ["Say hello.", "Count to three."]
KEYS = [instruction_key(text) for text in TEXTS]


def annotations(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "instruction": text,
            "generator_1": "b",
            "output_1": "x",
            "generator_2": "c",
            "output_2": "y",
            "annotator": "j",
            "preference": 1.5,
        }
        for text in TEXTS
    ]
    path.write_text(json.dumps(rows))
    return path


def test_a_folder_of_annotations_knows_the_instructions_of_its_rows(tmp_path: Path) -> None:
    annotations(tmp_path / "c" / "j.json")
    assert texts_of_files([tmp_path], {KEYS[1], "unknown"}) == {KEYS[1]: TEXTS[1]}


def test_a_table_without_instructions_knows_none(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("judge,model,baseline,index,preference,len_1,len_2\nj,c,b,0,1.5,1,1\n")
    assert texts_of_files([path], {"000000"}) == {}


def test_a_row_may_name_its_key(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"key": ["no name"], "instruction": "One"}\n{"key": "q2:1", "instruction": "Two"}\n')
    assert texts_of_files([path], {"q2:1"}) == {"q2:1": "Two"}


def test_nothing_is_read_when_nothing_is_wanted(tmp_path: Path) -> None:
    assert texts_of_files([tmp_path / "missing.json"], set()) == {}
    with pytest.raises(InputError, match=r"missing\.json"):
        texts_of_files([tmp_path / "missing.json"], {"x"})


def test_the_store_and_the_written_results_know_what_was_asked(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    annotations(tmp_path / "results" / "c" / "j" / "annotations.json")
    asked = {asked.key for asked, _, _ in store.answered(next(iter(store.judges())).digest, benchmark=BENCHMARK)}
    found = texts_of_store(store, Scope(BENCHMARK), {*asked, KEYS[0]}, results=tmp_path / "results")
    assert found[KEYS[0]] == TEXTS[0]
    assert set(found) <= {*asked, KEYS[0]}
    assert len(found) > 1, "what was sent to the judge holds instructions"
