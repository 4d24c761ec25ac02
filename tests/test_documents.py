"""JSON and YAML read strictly: whatever is ambiguous is one line that names the file."""

import json
from pathlib import Path

import pytest

from evalkit.documents import MAX_YAML_BYTES, decode, kind_of, parse_json, read_text, read_yaml
from evalkit.errors import ConfigError, EvalkitError, InputError
from evalkit.judge_spec.config import read_judge

ALIAS_BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]\n"
JUDGE = "client: heuristic\nparser: bracket_label\n"


def one_line(error: pytest.ExceptionInfo[EvalkitError], place: object) -> str:
    """The message, once it is sure to be one line that begins with the place."""
    message = str(error.value)
    assert message.startswith(f"{place}:")
    assert len(message.splitlines()) == 1
    return message


def yaml_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "setting.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[]", []),
        (' {"a": [1, 2.5, true, null, "x"]}\r\n', {"a": [1, 2.5, True, None, "x"]}),
        ('{"a": {"b": 1}, "c": {"b": 2}}', {"a": {"b": 1}, "c": {"b": 2}}),
        ('"\u2028 and \\u2028"', "\u2028 and \u2028"),
        ("9" * 4000, int("9" * 4000)),
    ],
    ids=["empty array", "every kind", "one key in two objects", "line separator", "long integer"],
)
def test_valid_json_is_read_as_it_stands(text: str, value: object) -> None:
    assert parse_json(text, "file.json") == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "a": 2}', "key 'a' stands twice"),
        ('[{"a": {"b": 1, "c": 2, "b": 1}}]', "key 'b' stands twice"),
        ('{"a": 1, "\\u0061": 2}', "key 'a' stands twice"),
        ('{"a\\nb": 1, "a\\nb": 2}', "key 'a\\nb' stands twice"),
        ("[NaN]", "NaN is not a JSON value"),
        ('{"a": Infinity}', "Infinity is not a JSON value"),
        ("-Infinity", "-Infinity is not a JSON value"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("9" * 5_000, "5000 digits"),
        ('[{"a": -' + "9" * 5_000 + "}]", "5000 digits"),
        ("\ufeff[]", "BOM"),
        ("", "line 1 column 1"),
        ("   ", "not valid JSON"),
        ('[{"a": "b"},\n {"a": "', "line 2 column 8"),
        ('[{"a": 1}', "not valid JSON at line 1"),
        ("[1] [2]", "Extra data"),
        ("[1,]", "not valid JSON"),
        ("{'a': 1}", "not valid JSON"),
        ("[01]", "not valid JSON"),
        ('["a\tb"]', "Invalid control character"),
        ("[True]", "not valid JSON"),
        ("[1] // done", "Extra data"),
    ],
    ids=[
        "repeated key",
        "repeated key deep inside",
        "repeated key in two spellings",
        "repeated key with a line break",
        "NaN",
        "Infinity",
        "minus Infinity",
        "100,000 open arrays",
        "100,000 nested arrays",
        "100,000 nested objects",
        "integer of 5,000 digits",
        "negative integer of 5,000 digits",
        "byte order mark",
        "empty",
        "blank",
        "truncated inside a text",
        "truncated behind an object",
        "two values",
        "trailing comma",
        "single quotes",
        "leading zero",
        "raw tab in a text",
        "a Python literal",
        "comment",
    ],
)
def test_json_that_is_not_strict_is_one_line_that_names_the_place(text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        parse_json(text, "some/file.json")
    assert reason in one_line(error, "some/file.json")


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "marked.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": "\xc3\xa4"}')
    assert parse_json(read_text(path), str(path)) == {"a": "ä"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_a_file_of_another_encoding_is_refused_with_its_name(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "foreign.json"
    path.write_bytes('{"a": "äöü€"}'.replace("€", "" if encoding == "latin-1" else "€").encode(encoding))
    with pytest.raises(InputError) as error:
        read_text(path)
    assert "not UTF-8" in one_line(error, path)


def test_the_first_wrong_byte_is_named() -> None:
    with pytest.raises(InputError, match=r"^here: not UTF-8 text \(byte 3\)"):
        decode(b"abc\xffdef", "here")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.json", "no such file"), (".", "is a folder"), ("a\0b.json", "cannot be read"), ("x" * 300, "too long")],
    ids=["missing", "folder", "NUL in the name", "name too long"],
)
def test_a_file_that_cannot_be_opened_is_an_input_error(tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    with pytest.raises(InputError) as error:
        read_text(path)
    assert reason in one_line(error, path).lower()


def test_a_file_used_as_a_folder_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    path = tmp_path / "file" / "inner.json"
    with pytest.raises(InputError) as error:
        read_text(path)
    assert "Not a directory" in one_line(error, path)


def test_a_plain_yaml_mapping_is_read_as_it_stands(tmp_path: Path) -> None:
    text = "\ufeffname: a judge\nquoted: 'NO'\nnumber: 1.5\nlist: [a, b]\nmapping: {a: {b: 1}}\nlong: >\n  one\n  two\n"
    assert read_yaml(yaml_file(tmp_path, text)) == {
        "name": "a judge",
        "quoted": "NO",
        "number": 1.5,
        "list": ["a", "b"],
        "mapping": {"a": {"b": 1}},
        "long": "one two\n",
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2\n", "line 2: key 'a' stands twice"),
        ("x:\n  a: 1\n  'a': 1\n", "line 3: key 'a' stands twice"),
        ("x: [{a: 1, a: 2}]", "key 'a' stands twice"),
        ("? a\n? a\n", "line 2: key 'a' stands twice"),
        ("a: &a 1\nb: *a\n", "line 2: aliases are not allowed"),
        ("a: *never\n", "line 1: aliases are not allowed"),
        (ALIAS_BOMB, "line 2: aliases are not allowed"),
        ("a: &a [*a]\n", "aliases are not allowed"),
        ("&a {b: *a}\n", "aliases are not allowed"),
        ("a: &a {x: 1}\nb:\n  <<: *a\n", "aliases are not allowed"),
        ("b:\n  <<: {x: 1}\n", "merge"),
        ("a: !!python/object/apply:os.system ['true']\n", "python/object/apply:os.system"),
        ("a: !!python/object:evalkit.types.Prices {}\n", "python/object:evalkit.types.Prices"),
        ("a: !!python/name:os.system\n", "python/name:os.system"),
        ("a: !mine 1\n", "'!mine'"),
        ("NO: x\n", "key False is read as false (a truth value); put it in quotes"),
        ("12: x\n", "key 12 is read as a number; put it in quotes"),
        ("1.5: x\n", "key 1.5 is read as a number"),
        ("~: x\n", "key None is read as null"),
        ("2024-01-01: x\n", "put it in quotes"),
        ("? [a]\n: x\n", "key ['a'] is read as a list"),
        ("? {a: b}\n: x\n", "is read as a mapping"),
        ("a: {b: {3: x}}\n", "key 3 is read as a number"),
        ("", "expected a mapping of settings, found null"),
        ("# only a comment\n", "found null"),
        ("- a\n- b\n", "found a list"),
        ("just a text\n", "found text"),
        ("12\n", "found a number"),
        ("NO\n", "found false (a truth value)"),
        ("a: 1\n---\nb: 2\n", "another document"),
        ("a: b: c\n", "line 1: mapping values are not allowed here"),
        ("a: 1\n\tb: 2\n", "line 2:"),
        ("a: 'torn\n", "line 2:"),
        ("a: [1, 2\n", "line 2:"),
        ("a: \x01\n", "not valid YAML"),
        ("a: 2024-99-99\n", "month must be in 1..12"),
        ("a: " + "9" * 5_000, "5000 digits"),
        ("a: " + "[" * 100_000, "nested too deeply"),
        ("{a: " * 5_000, "nested too deeply"),
        ("a: " + "x" * MAX_YAML_BYTES, "more than the 1000000"),
    ],
    ids=[
        "repeated key",
        "repeated key deep inside",
        "repeated key in a flow mapping",
        "repeated key without values",
        "alias",
        "alias of nothing",
        "alias bomb",
        "list inside itself",
        "mapping inside itself",
        "merged alias",
        "merged mapping",
        "Python call",
        "Python object",
        "Python name",
        "own tag",
        "truth value as key",
        "integer as key",
        "float as key",
        "null as key",
        "date as key",
        "list as key",
        "mapping as key",
        "number as inner key",
        "empty",
        "comment",
        "list",
        "text",
        "number",
        "truth value",
        "two documents",
        "colon in a plain text",
        "tab",
        "torn quotation",
        "torn list",
        "control character",
        "impossible date",
        "integer of 5,000 digits",
        "100,000 open lists",
        "5,000 open mappings",
        "too large",
    ],
)
def test_yaml_that_is_not_strict_is_one_line_that_names_the_file(tmp_path: Path, text: str, reason: str) -> None:
    path = yaml_file(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_yaml(path)
    assert reason in one_line(error, path)


def test_a_python_tag_runs_nothing(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    path = yaml_file(tmp_path, f"a: !!python/object/apply:pathlib.Path.touch [{json.dumps(str(witness))}]\n")
    with pytest.raises(ConfigError):
        read_yaml(path)
    assert not witness.exists()


def test_yaml_of_the_largest_size_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    largest = "a: " + "x" * (MAX_YAML_BYTES - 3)
    assert len(read_yaml(yaml_file(tmp_path, largest))["a"]) == MAX_YAML_BYTES - 3
    with pytest.raises(ConfigError, match="1000001 bytes"):
        read_yaml(yaml_file(tmp_path, largest + "x"))


def test_yaml_in_utf_16_is_refused(tmp_path: Path) -> None:
    path = yaml_file(tmp_path, "a: ä\n".encode("utf-16"))
    with pytest.raises(InputError) as error:
        read_yaml(path)
    assert "not UTF-8" in one_line(error, path)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("NO", "false (a truth value)"),
        ("yes", "true (a truth value)"),
        ("on", "true (a truth value)"),
        ("012", "a number"),
        ("1.0", "a number"),
        ("1:20", "a number"),
        ("1_000", "a number"),
        (".nan", "a number"),
        ("2024-01-01", "date"),
        ("2024-01-01 10:00:00", "datetime"),
        ("~", "null"),
        ("", "null"),
    ],
)
def test_a_text_that_yaml_reads_as_something_else_must_be_quoted(tmp_path: Path, written: str, found: str) -> None:
    path = yaml_file(tmp_path, f"{JUDGE}model: {written}\n")
    with pytest.raises(ConfigError) as error:
        read_judge(str(path))
    assert one_line(error, path) == f"{path}: model: expected text, found {found}. Put it in quotes"
    assert read_judge(str(yaml_file(tmp_path, f"{JUDGE}model: '{written}'\n"))).model == written


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "true (a truth value)"),
        (0, "a number"),
        (0.5, "a number"),
        ("", "text"),
        ([], "a list"),
        ({}, "a mapping"),
        (b"", "bytes"),
    ],
)
def test_every_value_has_a_name_in_the_readers_words(value: object, name: str) -> None:
    assert kind_of(value) == name


@pytest.mark.parametrize(
    "text",
    [
        "a: !!bool maybe",
        "a: !!timestamp x",
        "a: !!int ''",
        "a: !!float ''",
        "a: !!map [b, c]",
        "a: !!set [b]",
        '? !!int ""\n: 1',
        '"\\UFFFFFFFF": 1',
    ],
)
def test_a_tag_that_does_not_fit_its_value_is_a_config_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        read_yaml(tmp_path / "a.yaml")


@pytest.mark.parametrize("text", ["1e999", '[{"a": -1e999}]'])
def test_a_number_that_overflows_to_infinity_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="too large"):
        parse_json(text, "x")
