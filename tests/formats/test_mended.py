"""Files of outputs that are nearly right: what is read with a note, and what is refused with the cure."""

import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.outputs import read_one, read_outputs
from evalkit.judging.pairing import pair_common
from evalkit.types import OutputSet

ROWS = [{"instruction": f"Wh\u00e9re is {number}?", "output": "Here.", "generator": "m"} for number in range(3)]


def read(folder: Path, content: object, like: OutputSet | None = None) -> OutputSet:
    path = folder / "o.json"
    path.write_text(json.dumps(content))
    (found,) = read_outputs([path], like=like)
    return found


def test_a_file_without_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='row 1: field "output": missing. Found: "instruction"'):
        read(tmp_path, [{"instruction": row["instruction"]} for row in ROWS])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"prompt": "Why?", "response": "So.", "model": "m"},
            "Rename prompt to instruction, response to output, model",
        ),
        (
            {"instruction": "Why?", "answer": "So."},
            '"output": missing. Found: "instruction", "answer". Rename answer to output',
        ),
    ],
)
def test_other_names_of_the_fields_are_refused_with_the_cure(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, [row])


def test_a_mapping_around_the_array_is_refused_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    path.write_text(json.dumps({"data": ROWS}))
    with pytest.raises(InputError, match="found a mapping. Write the array in 'data' alone into the file"):
        read_one([path])


@pytest.mark.parametrize(("old", "new"), [("?", "?\u200b"), ("\u00e9", "e\u0301"), ("Wh", "\ufeffWh")])
def test_instructions_that_differ_by_what_nobody_sees_are_the_same(tmp_path: Path, old: str, new: str) -> None:
    baseline = read(tmp_path, ROWS)
    rows = [{**row, "instruction": row["instruction"].replace(old, new)} for row in ROWS]
    found = read(tmp_path, rows, baseline)
    assert [example.key for example in found.examples] == [example.key for example in baseline.examples]
    assert "3 answer(s), the first in row 1, have another id or other white space or unseen" in found.notes[0]


def test_instructions_that_look_alike_are_shown_with_their_difference(tmp_path: Path) -> None:
    long = f"{ROWS[0]['instruction']} {'a' * 90}"
    first, second = (read(tmp_path, [{**ROWS[0], "instruction": long + end}]) for end in ("a", "\u0430"))
    with pytest.raises(InputError, match=r"The first is '…a{5,}' here and '…a{5,}\\u0430' there"):
        pair_common(second, first)
