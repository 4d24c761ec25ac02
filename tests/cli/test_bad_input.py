"""Whatever is wrong with the input: one line on stderr that names the place, exit 2, and nothing written."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Done, evalkit

REPOSITORY = Path(__file__).parents[2]
ROWS = [{"instruction": f"Instruction {n}", "output": f"Answer {n}", "generator": "m"} for n in range(5)]


def spoiled(row: int, **changes: object) -> bytes:
    rows = [dict(one) for one in ROWS]
    rows[row].update(changes)  # type: ignore[arg-type]
    return json.dumps(rows).encode()


def without(row: int, field: str) -> bytes:
    rows = [dict(one) for one in ROWS]
    del rows[row][field]
    return json.dumps(rows).encode()


FILES = {
    "missing field": (without(2, "output"), ['candidate.json: row 3: field "output": missing']),
    "null": (spoiled(2, instruction=None), ['candidate.json: row 3: field "instruction": expected text, found null']),
    "wrong type": (spoiled(4, output=17), ['candidate.json: row 5: field "output": expected text, found a number']),
    "invalid JSON": (b'[{"instruction": "x", "output": }]', ["candidate.json: not valid JSON at line 1 column 33"]),
    "cut short": (json.dumps(ROWS).encode()[:-20], ["candidate.json: not valid JSON at line 1"]),
    "empty": (b"", ["candidate.json: the file is empty"]),
    "no rows": (b"[]", ["candidate.json: the file holds no rows"]),
    "not an array": (b'{"a": 1}', ["candidate.json: expected an array of objects, found a mapping"]),
    "row of another kind": (b'["text"]', ["candidate.json: row 1: expected an object, found text"]),
    "deep nesting": (b"[" * 100_000, ["candidate.json: JSON nested too deeply"]),
    "not UTF-8": (json.dumps(ROWS).encode("utf-16"), ["candidate.json: not UTF-8 text"]),
    "repeated key": (b'[{"output": "a", "output": "b"}]', ["candidate.json: key 'output' stands twice"]),
    "missing rows": (
        json.dumps(ROWS[:3]).encode(),
        ["does not match the 5 instructions", "2 missing", "Instruction 3"],
    ),
    "repeated rows": (json.dumps([*ROWS, ROWS[0]]).encode(), ["1 repeated", "Instruction 0"]),
}


@pytest.mark.parametrize("case", list(FILES))
def test_a_bad_outputs_file_is_one_line_and_leaves_nothing_behind(tmp_path: Path, case: str) -> None:
    content, said = FILES[case]
    (tmp_path / "candidate.json").write_bytes(content)
    (tmp_path / "baseline.json").write_text(json.dumps(ROWS))
    done = evalkit("annotate", "candidate.json", "--baseline", "baseline.json", cwd=tmp_path)
    refused_in_one_line(done, *said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["baseline.json", "candidate.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json"], ["nowhere.json: no such file"]),
        (["."], ["is a folder"]),
        (["good.txt"], ["good.txt: unknown kind of file"]),
        (["good.json", "--judge", "surfaec"], ["unknown judge 'surfaec'", "Did you mean 'surface'"]),
        (["good.json", "--judge", "none/of/it.yaml"], ["none/of/it.yaml: no such judge file"]),
        (["good.json", "--judge", "alpaca_eval_2"], ["OPENAI_API_KEY is not set"]),
        (["good.json", "--benchmark", "alpaca"], ["unknown benchmark 'alpaca'"]),
        (["good.json", "--replay", "nowhere.json"], ["nowhere.json: no such file"]),
        (["good.json", "--store", "nonsense"], ["nonsense: not a database address"]),
        (["good.json", "--store", "sqlite:///."], [".: is a folder"]),
        (["good.json", "--key", "id"], ['baseline.json: row 1: field "id": missing']),
        (["good.json", "--repeats", "0"], ["--repeats"]),
        (["good.json", "--orders", "thrice"], ["--orders"]),
        ([], ["OUTPUTS"]),
    ],
)
def test_a_bad_argument_is_one_line_and_leaves_nothing_behind(
    tmp_path: Path, arguments: list[str], said: list[str]
) -> None:
    for name in ("good.json", "good.txt", "baseline.json"):
        (tmp_path / name).write_text(json.dumps(ROWS))
    done = evalkit("annotate", *arguments, "--baseline", "baseline.json", cwd=tmp_path)
    refused_in_one_line(done, *said)
    assert not (tmp_path / "results").exists()


def test_without_a_baseline_the_cure_is_named(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(ROWS))
    refused_in_one_line(evalkit("annotate", "good.json", cwd=tmp_path), "Give --baseline FILE")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("judge,model,baseline,index,preference,len_1\nj,m,b,0,1,5\n", ["missing column(s) len_2"]),
        (
            "judge,model,baseline,index,preference,len_1,len_2\nj,m,b,0,7,5,5\n",
            ["row 1: preference", "found '7'"],
        ),
        ("judge,model,baseline,index,preference,len_1,len_2\nj,m,b,0,x,5,5\n", ["row 1: preference", "'x'"]),
        ("judge,model,baseline,index,preference,len_1,len_2\nj,m,b,0,1,-5,5\n", ["row 1: len_1"]),
        ("judge,model,baseline,index,preference,len_1,len_2\nj,m,b,one,1,5,5\n", ["row 1: index"]),
        ("judge,model,baseline,index,preference,len_1,len_2\n" + "j,m,b,0,1,5,5\n" * 2, ["1 rows repeat", "row 2"]),
        ("", ["the file is empty"]),
        ("judge\n", ["holds no rows"]),
    ],
)
def test_a_bad_table_is_one_line(tmp_path: Path, table: str, said: list[str]) -> None:
    (tmp_path / "table.csv").write_text(table)
    refused_in_one_line(evalkit("leaderboard", "table.csv", cwd=tmp_path), "table.csv", *said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reference", "chatbot"], ["unknown reference 'chatbot'"]),
        (["--estimator", "lc_compat"], ["needs --difficulty FOLDER"]),
        (["--judge", "other"], ["unknown judge 'other'", "Known: j"]),
        (["--difficulty", "fit"], ["cannot be learned from 1 model;"]),
        (["--difficulty", "nowhere.csv"], ["nowhere.csv: no such file"]),
    ],
)
def test_a_board_that_cannot_be_built_is_one_line(tmp_path: Path, arguments: list[str], said: list[str]) -> None:
    (tmp_path / "t.csv").write_text("judge,model,baseline,index,preference,len_1,len_2\nj,m,b,0,1,5,5\nj,m,b,1,2,5,9\n")
    refused_in_one_line(evalkit("leaderboard", "t.csv", *arguments, cwd=tmp_path), *said)


def test_a_board_without_a_store_says_what_to_do(tmp_path: Path) -> None:
    refused_in_one_line(evalkit("leaderboard", cwd=tmp_path), "Run evalkit annotate first")
    assert not (tmp_path / "results").exists()


def test_a_board_of_another_benchmark_is_told_which_has_verdicts(tmp_path: Path) -> None:
    source = REPOSITORY / "tests" / "guard" / "store.jsonl.gz"
    assert evalkit("store", "import", source, cwd=tmp_path).returncode == 0
    done = evalkit("leaderboard", "--benchmark", "mt_bench", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "It has some for example: add --benchmark example" in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("annotate = 3", ["[annotate]: expected a table"]),
        ("[anotate]\n", ["[anotate]"]),
        ("[annotate]\njuge = 'x'", ["unknown option 'juge'"]),
        ("[annotate", ["not valid TOML"]),
    ],
)
def test_a_bad_settings_file_is_one_line(tmp_path: Path, settings: str, said: list[str]) -> None:
    (tmp_path / "evalkit.toml").write_text(settings)
    refused_in_one_line(evalkit("judges", cwd=tmp_path), "evalkit.toml", *said)


def test_hostile_names_reach_the_terminal_escaped(tmp_path: Path) -> None:
    done = evalkit("annotate", "\x1b]52;c;AAAA\x07\u202e.json", "--baseline", "b.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr


def refused_in_one_line(done: Done, *said: str) -> None:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("evalkit: error: ")
    assert len(done.stderr) <= 520
    for text in said:
        assert text in done.stderr
