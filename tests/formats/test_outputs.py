"""Models' outputs from files, dataset folders and named datasets, joined by model and keyed by instruction."""

import gzip
import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.errors import EvalkitError, InputError
from evalkit.formats.instructions import MAX_OUTPUT_CHARS, instruction_key
from evalkit.formats.outputs import read_one, read_outputs
from evalkit.types import OutputSet

Row = dict[str, Any]
ROWS: list[Row] = [
    {"instruction": "Say hi.", "output": "Hi\u2028there", "generator": "m", "dataset": "chat"},
    {"instruction": "Count.", "output": "1, 2\r\n3", "generator": "m", "dataset": None},
    {"instruction": "Stay silent.", "output": "", "generator": "m", "dataset": "chat"},
]
TEXTS = [row["output"] for row in ROWS]


def save(path: Path, rows: list[Row]) -> str:
    content = json.dumps(rows).encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return str(path)


def texts(outputs: OutputSet) -> list[str]:
    return [output.text for output in outputs.outputs]


def refusal(*sources: str, key: str | None = None) -> str:
    with pytest.raises(EvalkitError) as error:
        read_outputs(sources, key=key)
    assert isinstance(error.value, InputError)
    message = str(error.value)
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "a.jsonl", "a.jsonl.gz", "a.csv", "a.parquet", "a.parquet.gz"])
def test_the_kind_of_file_does_not_matter(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rows = [{**row, "dataset": row["dataset"] or "chat"} for row in ROWS]
    if ".jsonl" in name:
        content = "".join(json.dumps(row) + "\r\n" for row in rows).encode("utf-8")
    elif ".csv" in name:
        quoted = [[str(value).replace('"', '""') for value in row.values()] for row in rows]
        lines = [",".join(f'"{value}"' for value in row) for row in [list(rows[0]), *quoted]]
        content = "\r\n".join(lines).encode("utf-8")
    elif ".parquet" in name:
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        content = sink.getvalue().to_pybytes()
    else:
        content = json.dumps(rows).encode("utf-8")
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)

    outputs = read_one([str(path)])
    assert outputs.model == "m"
    assert outputs.source == str(path)
    assert texts(outputs) == TEXTS
    assert [example.instruction for example in outputs.examples] == [row["instruction"] for row in ROWS]
    assert [example.category for example in outputs.examples] == ["chat"] * 3
    assert [output.key for output in outputs.outputs] == [instruction_key(row["instruction"]) for row in ROWS]


def test_the_key_of_an_instruction_is_sixteen_digits_of_its_digest() -> None:
    # echo -n "Say hi." | sha256sum
    assert instruction_key("Say hi.") == "e276e57b8ac9f385"
    assert instruction_key("Say hi. ") != instruction_key("Say hi.")


def test_an_empty_answer_is_kept_as_an_answer(tmp_path: Path) -> None:
    outputs = read_one([save(tmp_path / "a.json", ROWS)])
    assert [output.empty for output in outputs.outputs] == [False, False, True]


def test_a_category_may_be_missing(tmp_path: Path) -> None:
    outputs = read_one([save(tmp_path / "a.json", [ROWS[1], {"instruction": "i", "output": "o", "generator": "m"}])])
    assert [example.category for example in outputs.examples] == [None, None]


@pytest.mark.parametrize("generator", [{}, {"generator": None}, {"generator": ""}], ids=["missing", "null", "empty"])
@pytest.mark.parametrize("name", ["my-model.json", "my-model.json.gz"])
def test_a_file_that_names_no_model_is_its_model(tmp_path: Path, name: str, generator: Row) -> None:
    outputs = read_one([save(tmp_path / name, [{"instruction": "i", "output": "o", **generator}])])
    assert outputs.model == "my-model"


def test_models_come_in_order_of_first_appearance_with_their_rows_in_order(tmp_path: Path) -> None:
    rows = [{"instruction": f"i{n}", "output": f"o{n}", "generator": model} for n, model in enumerate("zaza")]
    found = read_outputs([save(tmp_path / "all.json", rows)])
    assert [(one.model, texts(one)) for one in found] == [("z", ["o0", "o2"]), ("a", ["o1", "o3"])]


def test_several_sources_of_one_model_are_joined(tmp_path: Path) -> None:
    first, second = save(tmp_path / "a.json", ROWS[:2]), save(tmp_path / "b.json", ROWS[2:])
    outputs = read_one([second, first])
    assert outputs.source == f"{second}, {first}"
    assert texts(outputs) == [TEXTS[2], *TEXTS[:2]]


def test_repeated_instructions_are_left_to_the_pairing(tmp_path: Path) -> None:
    assert texts(read_one([save(tmp_path / "a.json", [ROWS[0], ROWS[0]])])) == [TEXTS[0]] * 2


def test_several_models_where_one_is_wanted_are_refused(tmp_path: Path) -> None:
    source = save(tmp_path / "a.json", [{**ROWS[0], "generator": f"model-{n}"} for n in range(9)])
    with pytest.raises(InputError) as error:
        read_one([source])
    assert str(error.value).startswith(f"{source}: expected the outputs of one model, found 9: model-0, model-1")
    assert "model-5" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"output": 3}, 'field "output": expected text, found a number'),
        ({"output": ["a"]}, 'field "output": expected text, found a list'),
        ({"instruction": None}, 'field "instruction": expected text, found null'),
        ({"generator": 4}, 'field "generator": expected text, found a number'),
        ({"dataset": ["a"]}, 'field "dataset": expected text, found a list'),
    ],
)
def test_a_field_of_a_wrong_kind_is_refused_with_file_and_row(tmp_path: Path, change: Row, reason: str) -> None:
    source = save(tmp_path / "a.json", [ROWS[0], {**ROWS[1], **change}, ROWS[2]])
    assert refusal(source).startswith(f"{source}: row 2: {reason}")


@pytest.mark.parametrize("field", ["instruction", "output"])
def test_a_missing_field_is_refused_with_file_row_and_what_there_is(tmp_path: Path, field: str) -> None:
    short = {name: value for name, value in ROWS[1].items() if name != field}
    source = save(tmp_path / "a.json", [ROWS[0], short])
    names = ", ".join(f'"{name}"' for name in short)
    assert refusal(source) == f'{source}: row 2: field "{field}": missing. Found: {names}'


def test_a_whole_surrogate_pair_in_json_is_one_character(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"instruction": "i", "output": "\\ud83d\\ude42", "generator": "m"}]', encoding="utf-8")
    assert texts(read_one([str(path)])) == ["🙂"]


def test_the_line_of_a_wrong_row_in_json_lines_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"instruction": "i", "output": "o"}\n\n{"instruction": "j", "output": 0}\n', encoding="utf-8")
    assert refusal(str(path)).startswith(f'{path}:3: field "output": expected text, found a number')


@pytest.mark.parametrize(
    ("content", "empty"),
    [
        ("null", True),
        ('""', True),
        ('" \\n\\t\\u00a0"', True),
        ('"None"', False),
        ('"null"', False),
        ('"nan"', False),
        ('"0"', False),
    ],
)
def test_an_answer_that_is_null_is_empty_and_a_word_for_nothing_is_a_text(
    tmp_path: Path, content: str, empty: bool
) -> None:
    path = tmp_path / "a.json"
    path.write_text(f'[{{"instruction": "i", "output": {content}}}]', encoding="utf-8")
    (output,) = read_one([str(path)]).outputs
    assert output.empty is empty
    assert output.texts == (json.loads(content) or "",)


@pytest.mark.parametrize(
    "column",
    [pa.array(["o", None]), pa.array([None, None], pa.string()), pa.nulls(2), pa.array([float("nan")] * 2)],
    ids=["one missing", "all missing", "no kind", "NaN, as pandas writes a column that is missing"],
)
def test_an_answer_missing_from_a_parquet_file_is_empty(tmp_path: Path, column: pa.Array) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"instruction": ["i", "j"], "output": column}), path)
    assert texts(read_one([str(path)]))[1] == ""


def test_an_answer_missing_from_a_csv_file_is_empty_and_a_row_without_the_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("instruction,output\ni,\nj,NA\n", encoding="utf-8")
    assert texts(read_one([str(path)])) == ["", "NA"]
    path.write_text("instruction,output\ni\n", encoding="utf-8")
    assert refusal(str(path)).startswith(f"{path}: not valid CSV: ")


class TestAnswersOfAnySize:
    def test_of_an_answer_too_long_for_any_judge_only_the_length_is_kept(self, tmp_path: Path) -> None:
        # counted in characters: this one has twice as many bytes
        rows = [{"instruction": str(extra), "output": "ä" * (MAX_OUTPUT_CHARS + extra)} for extra in (0, 1, 700)]
        outputs = read_one([save(tmp_path / "a.json", rows)]).outputs
        assert [output.oversize_chars for output in outputs] == [None, MAX_OUTPUT_CHARS + 1, MAX_OUTPUT_CHARS + 700]
        assert [len(output.texts) for output in outputs] == [1, 0, 0]

    def test_an_instruction_of_that_length_is_refused_with_its_row(self, tmp_path: Path) -> None:
        row = {"instruction": "i" * (MAX_OUTPUT_CHARS + 1), "output": "o"}
        source = save(tmp_path / "a.json", [ROWS[0], row])
        assert refusal(source).startswith(f'{source}: row 2: field "instruction": 1000001 characters, more than')


class TestLinesThatBreakOff:
    def test_the_rows_before_are_read_and_the_rest_is_noted(self, tmp_path: Path) -> None:
        path = tmp_path / "a.jsonl"
        whole = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS[:2])
        path.write_bytes(whole + b'{"instruction": "i", "outp')
        outputs = read_one([str(path)])
        assert texts(outputs) == TEXTS[:2]
        assert outputs.notes == (
            f"{path}: breaks off inside line 3, which begins at byte {len(whole)} and is left out",
        )

    def test_only_the_models_of_that_file_have_the_note(self, tmp_path: Path) -> None:
        path = tmp_path / "torn.jsonl"
        path.write_text('{"instruction": "i", "output": "o"}\n{"instr', encoding="utf-8")
        torn, whole = read_outputs([str(path), save(tmp_path / "whole.json", ROWS)])
        assert (torn.model, len(torn.notes)) == ("torn", 1)
        assert (whole.model, whole.notes) == ("m", ())


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.json", "no such file"), ("notes.txt", "unknown kind of file"), ("empty.json", "the file is empty")],
)
def test_a_source_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    (tmp_path / "empty.json").write_text("", encoding="utf-8")
    good = save(tmp_path / "good.json", ROWS)
    assert refusal(good, str(tmp_path / name)).startswith(f"{tmp_path / name}: {reason}")


@pytest.mark.parametrize("name", ["x" * 300 + ".json", "a\0b.json"], ids=["too long", "NUL"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(str(tmp_path / name)).startswith(f"{tmp_path / name}: cannot be read: ")


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    assert refusal(str(tmp_path)).startswith(f"{tmp_path}: is a folder. Name a file in it, or a dataset folder")


@pytest.mark.parametrize("ids", [[7, 8, 9], ["7", "8", "9"]], ids=["numbers", "texts"])
def test_a_named_field_is_the_key(tmp_path: Path, ids: list[object]) -> None:
    source = save(tmp_path / "a.json", [{**row, "id": name} for row, name in zip(ROWS, ids, strict=True)])
    outputs = read_one([source], key="id")
    assert [output.key for output in outputs.outputs] == ["7", "8", "9"]
    assert [example.key for example in outputs.examples] == ["7", "8", "9"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (True, "expected text, found true (a truth value)"),
        (1.5, "expected text, found a number"),
        (None, "expected text, found null"),
        ([1], "expected text, found a list"),
    ],
)
def test_a_key_that_is_neither_text_nor_a_whole_number_is_refused(tmp_path: Path, value: object, reason: str) -> None:
    source = save(tmp_path / "a.json", [{**ROWS[0], "id": 1}, {**ROWS[1], "id": value}])
    assert refusal(source, key="id").startswith(f'{source}: row 2: field "id": {reason}')


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    source = save(tmp_path / "a.json", ROWS)
    assert refusal(source, key="id").startswith(f'{source}: row 1: field "id": missing')


class TestDatasetFolders:
    def test_a_saved_dataset_reads_like_a_file(self, tmp_path: Path) -> None:
        datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "saved"))
        outputs = read_one([str(tmp_path / "saved")])
        assert outputs == OutputSet(
            "m",
            str(tmp_path / "saved"),
            read_one([save(tmp_path / "a.json", ROWS)]).examples,
            read_one([save(tmp_path / "a.json", ROWS)]).outputs,
        )

    def test_the_only_split_of_a_saved_dictionary_is_read(self, tmp_path: Path) -> None:
        datasets.DatasetDict({"eval": datasets.Dataset.from_list(ROWS)}).save_to_disk(str(tmp_path / "saved"))
        assert texts(read_one([str(tmp_path / "saved")])) == TEXTS

    def test_two_splits_are_refused_by_name_and_each_can_be_named(self, tmp_path: Path) -> None:
        rows = datasets.Dataset.from_list(ROWS)
        folder = tmp_path / "saved"
        datasets.DatasetDict({"train": rows, "eval": rows.select([0])}).save_to_disk(str(folder))
        assert refusal(str(folder)).startswith(f"{folder}: has the splits eval, train. Name one")
        assert texts(read_one([str(folder / "eval")])) == TEXTS[:1]

    def test_a_wrong_row_of_a_saved_dataset_is_named(self, tmp_path: Path) -> None:
        folder = tmp_path / "saved"
        datasets.Dataset.from_list([ROWS[0], {**ROWS[1], "instruction": None}]).save_to_disk(str(folder))
        assert refusal(str(folder)).startswith(f'{folder}: row 2: field "instruction": expected text, found null')

    def test_a_missing_answer_of_a_saved_dataset_is_empty(self, tmp_path: Path) -> None:
        datasets.Dataset.from_list([ROWS[0], {**ROWS[1], "output": None}]).save_to_disk(str(tmp_path / "saved"))
        assert texts(read_one([str(tmp_path / "saved")])) == [TEXTS[0], ""]

    def test_a_row_that_the_library_cannot_give_is_named(self, tmp_path: Path) -> None:
        column = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
        folder = tmp_path / "saved"
        datasets.Dataset(pa.table({"instruction": column, "output": ["x"]})).save_to_disk(str(folder))
        assert refusal(str(folder)).startswith(f"{folder}: row 1: cannot be read: ")

    @pytest.mark.parametrize(
        ("file", "content"),
        [("state.json", b"{"), ("dataset_info.json", None), ("*.arrow", b"broken"), ("*.arrow", None)],
        ids=["torn state", "no description", "broken table", "no table"],
    )
    def test_a_damaged_folder_is_refused_with_its_name(self, tmp_path: Path, file: str, content: bytes | None) -> None:
        folder = tmp_path / "saved"
        datasets.Dataset.from_list(ROWS).save_to_disk(str(folder))
        (damaged,) = folder.glob(file)
        damaged.unlink()
        if content is not None:
            damaged.write_bytes(content)
        assert refusal(str(folder)).startswith(f"{folder}: cannot be loaded as a dataset:")


class TestNamedDatasets:
    """The hub itself is never asked: what matters here is what it would be asked."""

    @pytest.mark.parametrize(
        ("name", "asked"),
        [
            ("hf:owner/data", {"path": "owner/data", "name": None, "split": None}),
            ("hf:owner/data:config", {"path": "owner/data", "name": "config", "split": None}),
            ("hf:owner/data:config:eval", {"path": "owner/data", "name": "config", "split": "eval"}),
        ],
    )
    def test_a_name_is_taken_apart(self, monkeypatch: pytest.MonkeyPatch, name: str, asked: Row) -> None:
        calls: list[Row] = []

        def load(**arguments: Any) -> datasets.DatasetDict:
            calls.append(arguments)
            return datasets.DatasetDict({"eval": datasets.Dataset.from_list(ROWS)})

        monkeypatch.setattr(datasets, "load_dataset", load)
        outputs = read_one([name])
        assert calls == [asked]
        assert texts(outputs) == TEXTS
        assert outputs.source == name

    def test_whatever_the_library_raises_is_one_line_with_the_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def load(**_: Any) -> None:
            raise RuntimeError("first line\nsecond line " + "x" * 1000)

        monkeypatch.setattr(datasets, "load_dataset", load)
        said = refusal("hf:owner/data")
        assert said.startswith("hf:owner/data: cannot be loaded from the hub: first line second line x")
        assert len(said) < 300

    def test_several_splits_are_refused_by_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = datasets.Dataset.from_list(ROWS)
        monkeypatch.setattr(datasets, "load_dataset", lambda **_: datasets.DatasetDict({"b": rows, "a": rows}))
        assert refusal("hf:owner/data").startswith("hf:owner/data: has the splits a, b. Name one")


def test_a_dot_in_a_file_name_is_part_of_the_models_name(tmp_path: Path) -> None:
    for version in ("3.1", "3.2"):
        (tmp_path / f"llama-{version}.json").write_text(json.dumps([{"instruction": "i", "output": version}]))
    found = read_outputs([str(tmp_path / f"llama-{version}.json") for version in ("3.1", "3.2")])
    assert [one.model for one in found] == ["llama-3.1", "llama-3.2"]


@pytest.mark.parametrize("content", ["{}", "[]"])
def test_a_damaged_dataset_dictionary_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "dataset_dict.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        read_outputs([str(tmp_path)])
