"""Foreign files are told apart, and come back field by field as they were."""

import csv
import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.errors import EvalkitError, InputError, UnknownName
from evalkit.formats.foreign import FORMATS, ForeignFile, detect, read_foreign, write_foreign
from evalkit.formats.layouts import Layout
from tests.conftest import REAL_DATA

Row = dict[str, Any]
TURNS = [{"index": 0, "turns": ["a"]}]
KINDS: list[tuple[str, str, str, Row]] = [
    ("alpaca_eval", "outputs", "m.json", {"instruction": "i", "output": "o", "generator": "m"}),
    (
        "alpaca_eval", "annotations", "a.json",
        {"instruction": "i", "output_1": "a", "output_2": "b", "generator_2": "m", "preference": None},
    ),
    ("alpaca_eval", "leaderboard", "board.csv", {"": "m", "win_rate": "50.10", "standard_error": "1.0"}),
    ("mt_bench", "question", "question.jsonl", {"question_id": 1, "category": "x", "turns": ["a", "b"]}),
    ("mt_bench", "answer", "m.jsonl", {"question_id": 1, "model_id": "m", "choices": TURNS}),
    ("mt_bench", "reference_answer", "reference_answer/gpt-4.jsonl", {"question_id": 1, "choices": TURNS}),
    ("mt_bench", "single", "j_single.jsonl", {"question_id": 1, "model": "m", "judgment": "", "score": -1}),
    ("mt_bench", "pair", "j_pair.jsonl", {"question_id": 1, "model_1": "a", "model_2": "b", "g1_winner": "tie"}),
    ("arena_hard", "question", "question.jsonl", {"uid": "x", "prompt": "p", "category": "c"}),
    ("arena_hard", "question", "question.jsonl", {"question_id": "x", "turns": [{"content": "p"}]}),
    ("arena_hard", "answer", "m.jsonl", {"uid": "x", "model": "m", "messages": []}),
    ("arena_hard", "answer", "m.jsonl", {"question_id": "x", "choices": [{"turns": [{"content": "p"}]}]}),
    ("arena_hard", "judgment", "m.jsonl", {"uid": "x", "model": "m", "games": [None, None]}),
    ("arena_hard", "leaderboard", "b.csv", {"model": "m", "score": "5", "rating_q025": "4", "rating_q975": "6"}),
    ("mt_bench", "leaderboard", "l.csv", {"key": "m", "Model": "M", "MT-bench (score)": "8.1"}),
    ("table", "rows", "t.jsonl", {"anything": [1, 1.0, {"else": None}]}),
]  # fmt: skip


def saved(path: Path, rows: list[Row]) -> Path:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([list(rows[0]), *(list(row.values()) for row in rows)])
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def back(path: Path, folder: Path) -> ForeignFile:
    """Write a file back and read it again."""
    file = read_foreign(path)
    # whoever stores it stores JSON
    records = json.loads(json.dumps(file.records, allow_nan=False))
    copy = folder / "copy" / path.name
    write_foreign(ForeignFile(file.format, file.kind, file.name, file.layout, tuple(records)), copy)
    return read_foreign(copy)


@pytest.mark.parametrize(("format_", "kind", "name", "row"), KINDS)
def test_a_file_is_told_by_the_fields_of_its_first_record(
    tmp_path: Path, format_: str, kind: str, name: str, row: Row
) -> None:
    path = saved(tmp_path / name, [row])
    assert detect(path) == (format_, kind)
    assert kind in FORMATS[format_]
    file = read_foreign(path)
    assert (file.format, file.kind, file.records) == (format_, kind, (row,))
    assert back(path, tmp_path).records == file.records


def test_every_kind_of_file_can_be_told(tmp_path: Path) -> None:
    told = {(format_, kind) for format_, kind, _, _ in KINDS} | {("inspect", "log"), ("alpaca_eval", "evaluator")}
    assert told == {(format_, kind) for format_, kinds in FORMATS.items() for kind in kinds}


def test_a_format_that_is_named_must_fit_and_a_table_always_does(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.json", [KINDS[0][3]])
    with pytest.raises(
        InputError, match=r"is not a file of mt_bench; its records are those of alpaca_eval \(outputs\)"
    ):
        read_foreign(path, format="mt_bench")
    assert read_foreign(path, format="table").kind == "rows"
    with pytest.raises(UnknownName, match="unknown format 'mtbench'. Did you mean 'mt_bench'"):
        read_foreign(path, format="mtbench")


def test_numbers_of_a_csv_keep_their_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b',a,b\r\nx,007,1.50\r\n"y\r\nz",," 1e5"\r\n')
    assert read_foreign(path).records == ({"": "x", "a": "007", "b": "1.50"}, {"": "y\r\nz", "a": "", "b": " 1e5"})
    assert back(path, tmp_path).records == read_foreign(path).records
    path.write_bytes(b'a\n"b\rc"\n""\n')
    assert back(path, tmp_path).records == ({"a": "b\rc"}, {"a": ""})


@pytest.mark.parametrize("name", ["t.json.gz", "t.jsonl.gz", "t.csv.gz", "t.parquet.gz"])
def test_a_compressed_file_comes_back_compressed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name.removesuffix(".gz")
    if "parquet" in name:
        pq.write_table(pa.table({"a": ["x", None]}), path)
    else:
        saved(path, [{"a": "x"}, {"a": "y"}])
    zipped = tmp_path / name
    zipped.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    assert read_foreign(zipped).layout.gzip
    assert back(zipped, tmp_path) == read_foreign(zipped)
    assert back(zipped, tmp_path).records == read_foreign(path).records


def test_an_object_of_json_is_one_record(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text('\ufeff {"b": 1, "a": [NaN, 1.0]}', encoding="utf-8")
    file = read_foreign(path)
    assert (file.format, file.layout, file.records) == (
        "table", Layout("object"), ({"b": 1, "a": [{"$float": "nan"}, 1.0]},),
    )  # fmt: skip
    assert back(path, tmp_path) == file
    assert (tmp_path / "copy" / "map.json").read_text() == '{"b": 1, "a": [NaN, 1.0]}\n'


@pytest.mark.parametrize("name", ["log.json", "log.eval"])
def test_a_log_of_inspect_comes_back_whole(tmp_path: Path, name: str) -> None:
    log = {"version": 2, "status": "success", "eval": {"task": "t"}, "samples": [{"id": 1, "score": float("nan")}]}
    path = tmp_path / name
    if name.endswith(".json"):
        path.write_text(json.dumps(log))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("header.json", json.dumps(log))
            archive.writestr("samples/1_epoch_1.json", json.dumps(log["samples"]))
            archive.writestr("summaries.json", "[1.0, 1]")
    file = read_foreign(path)
    assert (file.format, file.kind, file.name) == ("inspect", "log", "log")
    assert back(path, tmp_path) == file


def test_a_saved_dataset_comes_back_with_its_columns_and_its_split(tmp_path: Path) -> None:
    features = datasets.Features({
        "instruction": datasets.Value("string"),
        "score": datasets.Value("float32"),
        "label": datasets.ClassLabel(names=["no", "yes"]),
        "tags": [datasets.Value("string")],
    })  # fmt: skip
    rows = {"instruction": ["i", "j"], "score": [float("nan"), None], "label": [1, 0], "tags": [["a"], []]}
    dataset = datasets.Dataset.from_dict(rows, features=features)
    for name, whole in (("one", dataset), ("split", datasets.DatasetDict({"eval": dataset}))):
        path = tmp_path / name
        whole.save_to_disk(str(path))
        assert back(path, tmp_path) == read_foreign(path)
        found = datasets.load_from_disk(str(tmp_path / "copy" / name))
        assert isinstance(found, type(whole))
        assert (found["eval"] if name == "split" else found).features == features


def test_the_folder_of_an_evaluator_comes_back_text_by_text(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "deep").mkdir(parents=True)
    texts = {"configs.yaml": "mine: {}\n", "prompt.txt": "é {instruction}", "deep/b.txt": "\r\n"}
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    file = read_foreign(folder)
    assert (file.format, file.kind, file.name) == ("alpaca_eval", "evaluator", "mine")
    assert {record["path"]: record["text"] for record in file.records} == texts
    assert back(folder, tmp_path) == file
    with pytest.raises(InputError, match="is there already"):
        write_foreign(file, folder)


@pytest.mark.parametrize("place", ["../x.yaml", "/x.yaml", "a/../../x.txt", "x.py"])
def test_no_text_is_written_outside_of_its_folder(tmp_path: Path, place: str) -> None:
    file = ForeignFile("alpaca_eval", "evaluator", "x", Layout("folder"), ({"path": place, "text": "x"},))
    with pytest.raises(InputError, match="is not a path inside the folder of an evaluator"):
        write_foreign(file, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_under_a_name_of_its_own_kind(tmp_path: Path) -> None:
    file = read_foreign(saved(tmp_path / "m.jsonl", [{"a": 1}]))
    with pytest.raises(InputError, match=r"a file whose name ends in \.jsonl"):
        write_foreign(file, tmp_path / "m.json")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", b"", "the file is empty"),
        ("a.json", b" \n ", "the file is empty"),
        ("a.json", b"[]", "the file holds no rows"),
        ("a.json", b"3", "expected an array of objects or an object"),
        ("a.jsonl", b'{"\\ud83d": 1}', "the record has a name with half of a surrogate pair"),
        ("a.json.gz", b"{}", "not a gzip file"),
        ("a.parquet", b"PAR1", "not a Parquet file"),
        ("a.csv", b"a,a\n1,2\n", "column 'a' stands twice"),
        ("a.txt", b"x", "unknown kind of file. Known: .json, .jsonl, .csv, .parquet, each also with .gz, and .eval"),
        ("a.eval", b"x", "not an archive of a log"),
    ],
)
def test_a_file_that_cannot_be_kept_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EvalkitError) as error:
        read_foreign(path)
    said = str(error.value)
    assert said.startswith(str(path)) and reason in said and len(said.splitlines()) == 1


def test_a_dataset_without_rows_is_refused(tmp_path: Path) -> None:
    datasets.Dataset.from_dict({"instruction": [], "output": []}).save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(InputError, match="saved: (the dataset holds no rows|cannot be loaded as a dataset)"):
        read_foreign(tmp_path / "saved")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder without configs.yaml and no saved dataset"):
        read_foreign(tmp_path)


PUBLISHED = sorted(
    path.relative_to(REAL_DATA).as_posix()
    for path in REAL_DATA.rglob("*")
    if path.is_file() and path.suffix != ".md"
)  # fmt: skip


@pytest.mark.skipif(not PUBLISHED, reason="the published files are not beside this checkout")
def test_every_published_file_comes_back_field_by_field(tmp_path: Path) -> None:
    kinds = set()
    for name in PUBLISHED:
        path = REAL_DATA / name
        copy = tmp_path / path.name
        file = read_foreign(path)
        kinds.add((file.format, file.kind))
        write_foreign(file, copy)
        assert independently(copy) == independently(path), name
    assert len(PUBLISHED) > 40
    assert len(kinds) == 9


def independently(path: Path) -> object:
    """What a file holds, read by nothing of ours; numbers as they are written."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    if suffix == ".parquet":
        table = pq.read_table(path)
        return str(table.schema), [repr(column.to_pylist()) for column in table.columns]
    text = content.decode()
    if suffix == ".csv":
        return list(csv.reader(text.splitlines(keepends=True)))
    lines = text.splitlines() if suffix == ".jsonl" and "\u2028" not in text else [text]
    if suffix == ".jsonl" and len(lines) == 1:
        lines = text.strip("\n").split("\n")
    return [repr(json.loads(line)) for line in lines]
