"""Rows out of JSON, JSON lines, CSV and Parquet; what cannot be read is named by file and row."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.errors import EvalkitError, InputError
from evalkit.formats.records import Record, read_records

# every kind of line end, quote, comma and look-alike of "nothing" that a text may hold
AWKWARD = [
    "plain",
    "",
    "  kept  ",
    'say "hi", she said',
    "one\ntwo\r\nthree\rfour",
    "line\u2028paragraph\u2029next\x85vertical\x0b",
    "NA",
    "null",
    "nan",
    "007",
    "1e5",
    "=SUM(A1)",
    "äöü 漢字 🙂 e\u0301",
    "<<<first 00\n{{ x }} {% raw %}",
]
ROWS: list[dict[str, Any]] = [{"instruction": f"task {n}", "output": text} for n, text in enumerate(AWKWARD)]


def as_json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode("utf-8")


# without the time of compression, which would stand in the names of tests
ZIPPED = gzip.compress(as_json(ROWS), mtime=0)


def as_json_lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n" for row in rows)


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8")


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


WRITERS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    ".json": as_json,
    ".jsonl": as_json_lines,
    ".csv": as_csv,
    ".parquet": as_parquet,
}


def saved(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def refusal(path: Path) -> str:
    """What reading says, once it is sure to be one line that begins with the file."""
    with pytest.raises(EvalkitError) as error:
        list(read_records(path))
    message = str(error.value)
    assert isinstance(error.value, InputError)
    assert message.startswith(f"{path}:")
    assert len(message.splitlines()) == 1
    return message.removeprefix(str(path))


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("suffix", WRITERS)
def test_every_kind_of_file_gives_the_same_rows_byte_for_byte(tmp_path: Path, suffix: str, zipped: bool) -> None:
    content = WRITERS[suffix](ROWS)
    name = f"model-1.5{suffix}" + (".gz" if zipped else "")
    records = list(read_records(saved(tmp_path, name, gzip.compress(content) if zipped else content)))
    assert [record.fields for record in records] == ROWS


@pytest.mark.parametrize(
    ("suffix", "second"), [(".json", ": row 2"), (".jsonl", ":2"), (".csv", ": row 2"), (".parquet", ": row 2")]
)
def test_every_row_knows_its_place(tmp_path: Path, suffix: str, second: str) -> None:
    path = saved(tmp_path, f"rows{suffix}", WRITERS[suffix](ROWS))
    assert list(read_records(path))[1].where == f"{path}{second}"


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv"])
def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path, f"rows{suffix}", b"\xef\xbb\xbf" + WRITERS[suffix](ROWS))
    assert [record.fields for record in read_records(path)] == ROWS


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv"])
def test_windows_line_ends_between_rows_change_nothing(tmp_path: Path, suffix: str) -> None:
    rows = [{"instruction": "a", "output": "b"}, {"instruction": "c", "output": "d"}]
    content = WRITERS[suffix](rows).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"}, {", b"},\r\n{")
    assert b"\r\n" in content
    assert [record.fields for record in read_records(saved(tmp_path, f"rows{suffix}", content))] == rows


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path: Path) -> None:
    path = saved(tmp_path, "rows.jsonl", '{"output": "one\u2028two\u2029three\x85four"}\n{"output": "five"}\n')
    assert [record.text("output") for record in read_records(path)] == ["one\u2028two\u2029three\x85four", "five"]


def test_blank_lines_between_json_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    path = saved(tmp_path, "rows.jsonl", '\n{"a": "1"}\r\n   \n\n{"a": "2"}')
    assert [record.where for record in read_records(path)] == [f"{path}:2", f"{path}:5"]


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ('{"instruction": "b", "outp', "Unterminated string"),
        ('{"instruction": "b", "output": "c"', "not valid JSON"),
        ("{", "not valid JSON"),
    ],
)
def test_a_torn_last_line_is_refused_with_its_number_by_who_does_not_ask_for_it(
    tmp_path: Path, last: str, reason: str
) -> None:
    said = refusal(saved(tmp_path, "rows.jsonl", '{"instruction": "a", "output": "x"}\n\n' + last))
    assert said.startswith(":3: ")
    assert reason in said


# what may be torn in the middle: a character of four bytes, an escaped pair, numbers, literals, an inner value
LAST = (
    r'{"instruction": "é🙂\ud83d\ude42 \" \\", "n": -12.5e+10, "t": [true, null, {"a": []}], '
    '"output": "x\u2028y"}'
).encode()


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gz"])
def test_lines_that_break_off_anywhere_in_the_last_one_give_the_rows_before_it(tmp_path: Path, zipped: bool) -> None:
    whole = '{"output": "ä"}\r\n\n{"output": "b"}\n'.encode()
    for length in range(len(LAST)):
        content, torn = whole + LAST[:length], list[str]()
        name = "rows.jsonl.gz" if zipped else "rows.jsonl"
        path = saved(tmp_path, name, gzip.compress(content, 1) if zipped else content)
        found = list(read_records(path, on_torn=torn.append))
        assert [record.text("output") for record in found] == ["ä", "b"], length
        assert torn == [f"{path}: breaks off inside line 4, which begins at byte 35 and is left out"] * (length > 0)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", " "])
def test_a_whole_last_line_is_a_row_however_it_ends(tmp_path: Path, end: str) -> None:
    torn: list[str] = []
    path = saved(tmp_path, "rows.jsonl", b'{"output": "a"}\n' + LAST + end.encode())
    assert len(list(read_records(path, on_torn=torn.append))) == 2
    assert torn == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": "b"}\n{"a": "c\n{"a": "d"}\n', ":2: not valid JSON"),
        ('{"a": "b"}\n{"a": "c\n', ":2: not valid JSON"),
        ('{"a": "b', ":1: not valid JSON"),
        ('{"a": "b"}\n{"a": "c"} {"a": "d"}', ":2: not valid JSON"),
        ("{'a': 'b'}\n{'a': 'c'}", ":1: not valid JSON"),
        ('{"a": "b"}\n{\'a\': 1}', ":2: not valid JSON"),
        ('{"a": "b"}\n{"a": {"b": 1, "b": 2}, "c', ":2: key 'b' stands twice"),
        (b'{"a": "b"}\n{"a": "\xff', ": not UTF-8 text (byte 18)"),
        (b'{"a": "b"}\n{"a": "c"}\xc3', ": not UTF-8 text (byte 21)"),
        ('{"a": "b"}\n[1, 2]', ":2: expected an object, found a list"),
    ],
    ids=[
        "torn in the middle",
        "torn and ended",
        "nothing before it",
        "two in a line",
        "Python literals",
        "a Python literal at the end",
        "a repeated key",
        "a byte that begins no character",
        "a torn character behind a row",
        "a whole list",
    ],
)
def test_what_is_no_torn_last_line_stays_refused(tmp_path: Path, content: bytes | str, reason: str) -> None:
    path = saved(tmp_path, "rows.jsonl", content)
    torn: list[str] = []
    with pytest.raises(InputError) as error:
        list(read_records(path, on_torn=torn.append))
    assert str(error.value).startswith(f"{path}{reason}")
    assert torn == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"instruction": "a"}', ": expected an array of objects, found a mapping"),
        ('"text"', ": expected an array of objects, found text"),
        ("null", ": expected an array of objects, found null"),
        ('[{"a": "b"}, ["c"]]', ": row 2: expected an object, found a list"),
        ('[{"a": "b"}, null]', ": row 2: expected an object, found null"),
        ("[true]", ": row 1: expected an object, found true (a truth value)"),
        ('[{"a": "b"}, {"a": "c"', ": not valid JSON at line 1 column 23"),
        ('[{"a": "b", "a": "c"}]', ": key 'a' stands twice in one object"),
        ("[" * 100_000, ": JSON nested too deeply"),
        ("[]", ": the file holds no rows"),
        ("", ": the file is empty"),
        (" \n\t\r\n", ": the file is empty"),
    ],
    ids=[
        "object",
        "text",
        "null",
        "list in a row",
        "null in a row",
        "truth value in a row",
        "truncated",
        "repeated key",
        "nesting",
        "no rows",
        "no bytes",
        "only white space",
    ],
)
def test_json_that_is_no_array_of_objects_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    assert refusal(saved(tmp_path, "rows.json", content)).startswith(reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": "b"}\n[1]\n', ":2: expected an object, found a list"),
        ('{"a": "b"}\n{"a": "c", "a": "d"}\n', ":2: key 'a' stands twice"),
        ('{"a": "b"} {"a": "c"}\n', ":1: not valid JSON"),
        ("\ufeff", ": the file holds no rows"),
        ("", ": the file is empty"),
    ],
    ids=["list", "repeated key", "two objects in a line", "only a byte order mark", "no bytes"],
)
def test_json_lines_that_are_no_objects_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    assert refusal(saved(tmp_path, "rows.jsonl", content)).startswith(reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('a,b\nx,"torn', ": not valid CSV:"),
        (f"a,{'b' * 200_000}\nx,y\n", ": not valid CSV: the header: field larger"),
        ("a,b\nx,y\nx,y,z\n", ": not valid CSV:"),
        ("a,b\n", ": the file holds no rows"),
        ("\ufeff", ": not valid CSV:"),
        ("\n\n", ": the file is empty"),
        ("", ": the file is empty"),
    ],
    ids=[
        "torn quotation",
        "a name too long",
        "a field too many",
        "only a header",
        "only a byte order mark",
        "blank lines",
        "no bytes",
    ],
)
def test_csv_that_is_no_table_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    assert refusal(saved(tmp_path, "rows.csv", content)).startswith(reason)


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv"])
def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path, suffix: str) -> None:
    content = WRITERS[suffix](ROWS).decode("utf-8").encode("utf-16")
    assert refusal(saved(tmp_path, f"rows{suffix}", content)).startswith(": not UTF-8 text")


@pytest.mark.parametrize(
    "content",
    [b"PAR1", b"PAR1" + b"x" * 100 + b"PAR1", b"not parquet at all", as_parquet(ROWS)[:-20], as_parquet(ROWS)[20:]],
    ids=["only the magic", "nothing between the magic", "text", "torn end", "torn beginning"],
)
def test_a_broken_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(saved(tmp_path, "rows.parquet", content)).startswith(": not a Parquet file:")


def test_a_parquet_file_without_rows_is_refused(tmp_path: Path) -> None:
    table = pa.table({"instruction": pa.array([], type=pa.string())})
    pq.write_table(table, tmp_path / "rows.parquet")
    assert refusal(tmp_path / "rows.parquet") == ": the file holds no rows"


@pytest.mark.parametrize(
    "content",
    [b"not gzip", ZIPPED[:-10], ZIPPED + b"garbage", b"\x1f\x8b"],
    ids=["text", "torn end", "garbage behind", "only the magic"],
)
@pytest.mark.parametrize("suffix", WRITERS)
def test_a_broken_gzip_file_is_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    assert refusal(saved(tmp_path, f"rows{suffix}.gz", content)).startswith(": not a gzip file:")


def test_a_gzip_file_with_a_wrong_check_sum_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(as_json(ROWS)))
    content[-8] ^= 0xFF
    assert "CRC check failed" in refusal(saved(tmp_path, "rows.json.gz", bytes(content)))


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0), gzip.compress(b" \n", mtime=0)])
def test_an_empty_gzip_file_is_refused_as_empty(tmp_path: Path, content: bytes) -> None:
    assert refusal(saved(tmp_path, "rows.jsonl.gz", content)) == ": the file is empty"


@pytest.mark.parametrize("name", ["rows.txt", "rows", "rows.JSON", "rows.xlsx", "rows.json.zip", ".json"])
def test_a_file_of_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    said = refusal(saved(tmp_path, name, as_json(ROWS)))
    assert said == ": unknown kind of file. Known: .json, .jsonl, .csv, .parquet, each also with .gz"


def test_a_zipped_file_of_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    assert refusal(saved(tmp_path, "rows.gz", gzip.compress(as_json(ROWS)))).startswith(": unknown kind of file")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.json").mkdir()
    assert refusal(tmp_path / "rows.json").startswith(": is a folder. Name a file in it")
    assert refusal(tmp_path).startswith(": is a folder. Name a file in it")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "rows.json") == ": no such file"
    assert refusal(tmp_path / "nowhere" / "rows.parquet.gz") == ": no such file"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"a": "b", "c": "d"}, 'missing. Found: "a", "c"'),
        ({}, "missing. Found: no fields"),
        ({"output": None}, "expected text, found null"),
        ({"output": 3}, "expected text, found a number"),
        ({"output": 0.5}, "expected text, found a number"),
        ({"output": True}, "expected text, found true (a truth value)"),
        ({"output": ["a"]}, "expected text, found a list"),
        ({"output": {"text": "a"}}, "expected text, found a mapping"),
        ({"output": b"a"}, "expected text, found bytes"),
    ],
)
def test_a_field_that_is_no_text_is_refused_with_row_and_field(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError) as error:
        Record("rows.json: row 7", fields).text("output")
    assert str(error.value).startswith(f'rows.json: row 7: field "output": {reason}')


def test_half_of_a_surrogate_pair_in_a_text_is_the_mark_of_a_lost_character() -> None:
    assert Record("w", {"output": "ab\ud83dc"}).text("output") == "ab\ufffdc"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lines.json", '{"a": "b"}\n{"a": "c"}\n'),
        ("array.jsonl", '[{"a": "b"},\n {"a": "c"}]'),
        ("comma.json", '[{"a": "b"}, {"a": "c"},]'),
        ("excel.csv", "\ufeffa;x\r\nb;1,5\r\nc;2,5\r\n"),
        ("named.csv", "sep=;\na;x\nb;1\nc;2\n"),
        ("tabs.csv", "a\tx\nb\t1\nc\t2\n"),
        ("blank.csv", " a , x\nb,1\nc,2\n"),
        ("numbers.json", '[{"a": "b", "x": NaN}, {"a": "c", "x": Infinity}]'),
        ("numbers.jsonl", '{"a": "b", "x": NaN}\n{"a": "c", "x": -Infinity}'),
    ],
)
def test_common_slips_of_writers_are_read(tmp_path: Path, name: str, content: str) -> None:
    rows = list(read_records(saved(tmp_path, name, content)))
    assert [row.text("a") for row in rows] == ["b", "c"]
    assert [set(row.fields) for row in rows] in ([{"a", "x"}] * 2, [{"a"}] * 2)


def test_only_the_first_fields_of_a_wide_row_are_named() -> None:
    with pytest.raises(InputError) as error:
        Record("w", {f"column {n}": "" for n in range(1000)}).text("output")
    assert len(str(error.value)) < 200


def test_an_empty_text_is_a_text() -> None:
    assert Record("w", {"output": ""}).text("output") == ""


@pytest.mark.parametrize("fields", [{}, {"dataset": None}, {"dataset": float("nan")}], ids=["missing", "null", "NaN"])
def test_an_optional_field_may_be_missing(fields: dict[str, Any]) -> None:
    assert Record("w", fields).optional_text("dataset") is None


def test_an_optional_field_that_is_there_must_be_text() -> None:
    assert Record("w", {"dataset": "x"}).optional_text("dataset") == "x"
    with pytest.raises(InputError, match="expected text, found a number"):
        Record("w", {"dataset": 3}).optional_text("dataset")


@pytest.mark.parametrize("text", ["instruction,output\na,b,c\n", "instruction,output\na,b,\nc,d,\n"])
def test_a_csv_row_with_a_field_too_many_is_refused_in_the_first_row_too(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="row 1"):
        list(read_records(tmp_path / "a.csv"))


def test_a_csv_row_with_a_field_too_few_is_refused_and_no_empty_answer(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("instruction,output\nDo it.,Done\nTorn ins", encoding="utf-8")
    with pytest.raises(InputError, match="row 2"):
        list(read_records(tmp_path / "a.csv"))


def test_a_csv_header_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("instruction,output,output\na,b,c\n", encoding="utf-8")
    with pytest.raises(InputError, match="'output' stands twice"):
        list(read_records(tmp_path / "a.csv"))


@pytest.mark.parametrize("position", range(10, 40))
def test_a_gzip_file_with_a_flipped_byte_is_refused(tmp_path: Path, position: int) -> None:
    rows = json.dumps([{"instruction": f"i{n}", "output": f"o{n * n}"} for n in range(50)]).encode()
    content = bytearray(gzip.compress(rows, mtime=0))
    content[position] ^= 0xFF
    (tmp_path / "a.json.gz").write_bytes(bytes(content))
    with pytest.raises(InputError):
        list(read_records(tmp_path / "a.json.gz"))


def test_parquet_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    text = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    pq.write_table(pa.table({"instruction": text, "output": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError):
        list(read_records(tmp_path / "a.parquet"))


def test_a_parquet_file_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["output", "output"])
    pq.write_table(table, tmp_path / "a.parquet")
    assert refusal(tmp_path / "a.parquet") == ": column 'output' stands twice in the header"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_header_of_a_csv_file_is_its_first_line_that_is_not_blank(tmp_path: Path, line_end: str) -> None:
    path = saved(tmp_path, "a.csv", line_end.join(["", "", "instruction,output", "007,1e5", ""]))
    assert [record.fields for record in read_records(path)] == [{"instruction": "007", "output": "1e5"}]


def test_a_field_of_a_csv_file_may_be_of_any_length(tmp_path: Path) -> None:
    long = "a,b\n" * 100_000
    path = saved(
        tmp_path, "a.csv", as_csv([{"instruction": long, "output": "x"}, {"instruction": "y", "output": long}])
    )
    assert [record.fields["output"] for record in read_records(path)] == ["x", long]


def test_what_comes_first_is_given_before_what_is_wrong_is_met(tmp_path: Path) -> None:
    for name, content in (("a.json", '[{"a": 1}, 2]'), ("a.jsonl", '{"a": 1}\n2\n')):
        records = read_records(saved(tmp_path, name, content))
        assert next(records).fields == {"a": 1}
        with pytest.raises(InputError, match="expected an object, found a number"):
            next(records)


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.csv"])
def test_half_of_a_surrogate_pair_costs_its_character_and_no_file(tmp_path: Path, name: str) -> None:
    texts = ["whole", "half \ud83d pair", "\udc00"]
    rows = [json.dumps({"output": text}, ensure_ascii=False) for text in texts]
    whole = {
        "rows.json": f"[{','.join(rows)}]",
        "rows.jsonl": "\n".join(rows),
        "rows.csv": "\n".join(["output", *texts]),
    }
    path = tmp_path / name
    path.write_bytes(whole[name].encode("utf-8", "surrogatepass"))
    assert [record.text("output") for record in read_records(path)] == ["whole", "half \ufffd pair", "\ufffd"]


@pytest.mark.parametrize("wrong", [b"\xff", b"\xed\xa0", b"\xc0\x80", b"\xf5\x80\x80\x80"])
def test_other_bytes_that_are_no_text_are_refused_with_their_place(tmp_path: Path, wrong: bytes) -> None:
    (tmp_path / "rows.json").write_bytes(b'[{"output": "' + wrong + b'"}]')
    with pytest.raises(InputError, match=r"rows\.json: not UTF-8 text \(byte 13\)"):
        list(read_records(tmp_path / "rows.json"))


def test_half_of_a_pair_is_read_wherever_the_bytes_are_cut(tmp_path: Path) -> None:
    half = "\ud83d".encode("utf-8", "surrogatepass")
    for cut in range(4):
        content = b" " * ((1 << 16) - cut - 13) + b'[{"output": "' + half + b'"}]'
        (tmp_path / "rows.json").write_bytes(content)
        assert [record.text("output") for record in read_records(tmp_path / "rows.json")] == ["\ufffd"]
