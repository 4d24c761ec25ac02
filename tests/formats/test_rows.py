"""Rows that a caller gives as values are read and checked as those of files."""

import collections
import datetime
import decimal
import enum
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.api.boards import Wishes, make_leaderboard, read_behind
from evalkit.boards.build import Board
from evalkit.boards.entries import Aggregation
from evalkit.catalog.benchmarks import read_benchmark
from evalkit.catalog.questions import load_baseline, load_questions
from evalkit.catalog.references import read_reference
from evalkit.errors import ConfigError, InputError
from evalkit.formats.alpaca_eval import read_recording
from evalkit.formats.difficulty import read_difficulty
from evalkit.formats.foreign import detect
from evalkit.formats.judgments import read_judgments
from evalkit.formats.layouts import layout_of
from evalkit.formats.outputs import read_one, read_output_field, read_outputs
from evalkit.formats.questions import read_question_field, read_questions
from evalkit.formats.rows import Rows, Source
from evalkit.formats.scores import read_scores
from evalkit.formats.table import read_preferences
from evalkit.formats.votes import read_votes
from evalkit.judge_spec.config import read_judge
from evalkit.judging.layout import Options
from evalkit.judging.work import plan_all
from evalkit.provenance.row_content import row_values
from evalkit.reporting.assembly import assemble_report
from evalkit.sources.battles import gather_battles
from evalkit.sources.entries import read_sources
from evalkit.sources.files import JudgedFile, NumberTable
from evalkit.sources.selection import Sources, read_recipe
from evalkit.sources.texts import texts_of_files
from evalkit.sources.transcripts import read_judged

Listed = list[dict[str, Any]]
EXAMPLES = Path(__file__).parents[2] / "examples" / "outputs"
OUTPUTS: Listed = [
    {"instruction": "Say hi", "output": "Hi.", "generator": "m", "dataset": "talk", "tokens": 2},
    {"instruction": "Name ü", "output": None, "generator": "m", "dataset": None, "tokens": 0},
    {"instruction": "Count", "output": "# One\n\n- two", "generator": "m", "dataset": "numbers", "tokens": 7},
]


class Wrapped:
    """A frame of another library, which can become one of ours."""

    def __init__(self, method: str, made: object) -> None:
        setattr(self, method, lambda: made)


def framed(rows: Listed) -> pd.DataFrame:
    return pd.DataFrame(rows)


VALUES: dict[str, Callable[[Listed], object]] = {
    "list": list,
    "tuple": tuple,
    "deque": collections.deque,
    "mappings": lambda rows: [collections.ChainMap(row) for row in rows],
    "frame": framed,
    "frame of objects": lambda rows: framed(rows).astype(object),
    "frame of categories": lambda rows: framed(rows).astype({"generator": "category", "dataset": "category"}),
    "frame of nullables": lambda rows: framed(rows).convert_dtypes(),
    "frame of Arrow": lambda rows: framed(rows).convert_dtypes(dtype_backend="pyarrow"),
    "frame in another order": lambda rows: framed(rows).set_index(pd.Index([7, 7, 3])),
    "frame with an index": lambda rows: framed(rows).set_index("instruction"),
    "frame with two": lambda rows: framed(rows).set_index(["instruction", "generator"]),
    "records of a frame": lambda rows: framed(rows).to_dict("records"),
    "table": pa.Table.from_pylist,
    "table of a frame with an index": lambda rows: pa.Table.from_pandas(framed(rows).set_index("instruction")),
    "to_arrow": lambda rows: Wrapped("to_arrow", pa.Table.from_pylist(rows)),
    "to_pandas": lambda rows: Wrapped("to_pandas", framed(rows)),
    "dataset": datasets.Dataset.from_list,
    "dataset for another library": lambda rows: datasets.Dataset.from_list(rows).with_format("numpy"),
    "dataset in another order": lambda rows: datasets.Dataset.from_list(rows[::-1]).select([2, 1, 0]),
    "dataset of one split": lambda rows: datasets.DatasetDict(test=datasets.Dataset.from_list(rows)),
    "by model": lambda rows: {"m": [{name: row[name] for name in row if name != "generator"} for row in rows]},
    "frame by model": lambda rows: {"m": framed(rows)},
}


def written(path: Path, rows: object) -> Path:
    path.write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize("kind", VALUES)
def test_outputs_of_every_kind_of_value_are_those_of_the_file(tmp_path: Path, kind: str) -> None:
    value = Rows.of(VALUES[kind](OUTPUTS), "outputs")
    (of_value,), (of_file,) = read_outputs([value]), read_outputs([str(written(tmp_path / "o.json", OUTPUTS))])
    assert (of_value.model, of_value.source, of_value.notes) == ("m", "outputs", ())
    assert (of_value.examples, of_value.outputs) == (of_file.examples, of_file.outputs)
    # a value is read as often as a file may be
    assert read_output_field(value, "dataset") == read_output_field(str(tmp_path / "o.json"), "dataset")


def test_answers_by_instruction_are_outputs_named_after_the_value(tmp_path: Path) -> None:
    found = read_one([Rows.of({"Say hi": "Hi.", "Be silent": None}, "baseline")])
    assert (found.model, found.source) == ("baseline", "baseline")
    assert [example.instruction for example in found.examples] == ["Say hi", "Be silent"]
    assert [output.text for output in found.outputs] == ["Hi.", ""]


def test_conversations_have_a_text_for_each_turn(tmp_path: Path) -> None:
    asked, said = ["Ask", "Ask more"], ["Answer", "More"]
    file = written(tmp_path / "outputs.json", [{"instruction": asked, "output": said}])
    values = ({tuple(asked): said}, pd.DataFrame({"instruction": [asked], "output": [np.array(said)]}))
    for value in values:
        found = read_one([Rows.of(value, "outputs")])
        assert found.outputs == read_one([str(file)]).outputs and found.examples[0].turns == tuple(asked)


def test_models_are_told_apart_by_the_names_they_are_given_under() -> None:
    value = {"mine": {"Say hi": "Hi."}, "theirs": pd.DataFrame({"instruction": ["Say hi"], "output": ["Hello."]})}
    assert [(one.model, one.outputs[0].text) for one in read_outputs([Rows.of(value, "outputs")])] == [
        ("mine", "Hi."),
        ("theirs", "Hello."),
    ]
    choices: Listed = [{"question_id": 1, "choices": [{"index": 0, "turns": ["Hi."]}]}]
    questions = read_questions(Rows.of([{"question_id": 1, "turns": ["Say hi"]}], "questions"))
    (found,) = read_outputs([Rows.of({"mine": choices}, "outputs")], questions=questions)
    assert found.model == "mine"


ANSWER = {"instruction": "Say hi", "output": "Hi."}
LOOP: list[Any] = []
LOOP.append(LOOP)


WANTED = "a data frame, a list of records, a dictionary or a dataset"
TWO_SPLITS = datasets.DatasetDict({name: datasets.Dataset.from_list(OUTPUTS) for name in "ba"})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, f"expected a path, {WANTED}, found int"),
        ("o.json", f"expected a path, {WANTED}, found str"),
        (b"o.json", f"expected a path, {WANTED}, found bytes"),
        (iter([ANSWER]), f"expected a path, {WANTED}, found list_iterator"),
        (Wrapped("to_pandas", pd.Series([1])), f"expected a path, {WANTED}, found Wrapped"),
        ({"m": 3}, f'model "m": expected {WANTED}, found int'),
        ({1: [ANSWER]}, "expected the name of a model, found a number"),
        ({"m": []}, 'model "m": holds no rows'),
        ([], "holds no rows"),
        ({}, "holds no rows"),
        (pd.DataFrame(), "holds no rows"),
        (pd.DataFrame({"output": []}), "holds no rows"),
        (pa.table({"a": []}), "holds no rows"),
        (datasets.Dataset.from_list([]), "holds no rows"),
        (TWO_SPLITS, "has the splits a, b. Give one of them"),
        (pd.DataFrame([["a", "b"]]), "column 1: expected a text as its name, found '0' (int)"),
        (pd.DataFrame([["a", "b"]], columns=["o", "o"]), "column 'o' stands twice in the header"),
        (pa.table([["a"], ["b"]], ["o", "o"]), "column 'o' stands twice in the header"),
    ],
)
def test_a_value_that_holds_no_rows_is_refused_at_once(value: object, message: str) -> None:
    with pytest.raises(InputError) as refused:
        Rows.of(value, "outputs")
    assert str(refused.value) == f"outputs: {message}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Hi.", "expected a mapping, found text"),
        (None, "expected a mapping, found null"),
        ({3: "Hi."}, "expected a text as the name of a field, found a number"),
        ({"a": {"b": {3: 1}}}, 'expected a text as the name of a field in field "a.b", found a number'),
        ({"a": [1, b"x"]}, 'field "a[1]": found bytes, which no file of rows can hold'),
        ({"a": {"b": {1}}}, 'field "a.b": found set, which no file of rows can hold'),
        ({"a": 10**5000}, 'field "a": found a number too long to read, which no file of rows can hold'),
        ({"a": datetime.date(2024, 1, 1)}, 'field "a": found date, which no file of rows can hold'),
        ({"a": np.datetime64("2024-01-01", "ns")}, 'field "a": found datetime, which no file of rows can hold'),
        ({"a": np.longdouble(1)}, 'field "a": found longdouble, which no file of rows can hold'),
        ({"a": LOOP}, "JSON nested too deeply. Expected an array of flat objects"),
        ({"instruction": "Count"}, 'field "output": missing. Found: "instruction"'),
    ],
)
def test_a_wrong_row_is_named_with_its_number_and_its_field(value: object, message: str) -> None:
    with pytest.raises(InputError) as refused:
        read_outputs([Rows.of([ANSWER, value], "outputs")])
    assert str(refused.value) == f"outputs: row 2: {message}"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            pd.DataFrame([ANSWER, {**ANSWER, "a": object()}]),
            'row 2: field "a": found object, which no file of rows can hold',
        ),
        (pd.DataFrame([{**ANSWER, "a": 1j}]), 'row 1: field "a": found complex, which no file of rows can hold'),
        (
            pd.DataFrame([ANSWER, {"instruction": 3, "output": "x"}]),
            'row 2: field "instruction": expected text, found a number',
        ),
        ({"Say hi": "Hi.", "Count": 3}, 'row 2: field "output": expected text, found a number'),
        ({"Say hi": "Hi.", 3: "Hi."}, 'row 2: field "instruction": expected text, found a number'),
        ({"Say hi": "Hi.", "Count": ["One", "Two"]}, 'row 2: field "output": expected text, found a list'),
        (
            {"mine": [ANSWER, {"instruction": "Count"}]},
            'model "mine": row 2: field "output": missing. Found: "instruction", "generator"',
        ),
        (
            {"mine": [{**ANSWER, "generator": "m"}]},
            "model \"mine\": row 1: field \"generator\": expected 'mine' or nothing, found 'm'",
        ),
    ],
)
def test_a_wrong_cell_of_a_frame_or_a_dictionary_is_named(value: object, message: str) -> None:
    rows = Rows.of(value, "outputs")
    with pytest.raises(InputError) as refused:
        read_outputs([rows])
    assert str(refused.value) == f"outputs: {message}"


WRONG: list[Any] = [
    {"instruction": "Count"},
    {"instruction": 3, "output": "x"},
    {"instruction": ["a", "b"], "output": ["x", 3]},
    {"instruction": None, "output": "x"},
    {"instruction": "a", "output": {"text": "x"}},
    {"instruction": "a", "output": True},
    {"instruction": [], "output": "x"},
    {"choices": [], "question_id": 1},
    {"messages": [{"role": "user", "content": 3}], "uid": "u"},
    {"instruction": "a", "output": "x", "tokens": 10**400},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_cell_is_refused_in_the_words_for_files(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path = written(tmp_path / "o.json", [ANSWER, wrong])
    with pytest.raises(InputError) as of_file:
        read_outputs([str(path)])
    with pytest.raises(InputError) as of_value:
        read_outputs([Rows.of([ANSWER, wrong], "outputs")])
    assert str(of_value.value) == str(of_file.value).replace(str(path), "outputs")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=4), min_size=1, max_size=4))
def test_what_json_can_hold_is_read_as_from_json(rows: Listed) -> None:
    assert [record.fields for record in Rows.of(rows, "rows").records()] == json.loads(json.dumps(rows)) == rows


class Colour(enum.StrEnum):
    RED = "red"


def test_what_other_libraries_have_for_pythons_own_values_becomes_these() -> None:
    other = {
        "text": np.str_("a"), "enum": Colour.RED, "count": np.int64(3), "share": np.float64(0.5),
        "half": np.float16(0.5), "true": np.bool_(True), "number": enum.IntEnum("Number", "ONE").ONE,  # type: ignore[attr-defined]
        "array": np.array([[1, 2], [3, 4]]), "tuple": ({"a": (1.5, pd.NA)}, np.array(["x", None], dtype=object)),
        "nan": float("nan"), "NA": pd.NA, "NaT": pd.NaT, "numpy's": np.datetime64("NaT"),
    }  # fmt: skip
    (record,) = Rows.of([other], "rows").records()
    plain = {
        "text": "a", "enum": "red", "count": 3, "share": 0.5, "half": 0.5, "true": True, "number": 1,
        "array": [[1, 2], [3, 4]], "tuple": [{"a": [1.5, None]}, ["x", None]],
        "nan": None, "NA": None, "NaT": None, "numpy's": None,
    }  # fmt: skip
    assert record.fields == plain
    assert json.loads(json.dumps(record.fields)) == plain
    assert {type(value) for value in record.fields.values()} <= {str, int, float, bool, list, type(None)}


def test_a_frame_may_hold_what_a_parquet_file_may(tmp_path: Path) -> None:
    when: Any = ["2024-01-01", None, "2024-01-02"]
    more: dict[str, Any] = {
        "when": pd.to_datetime(when),
        "price": [decimal.Decimal("1.5")] * 3,
        "raw": [b"x"] * 3,
        "logprob": [-math.inf, math.nan, -1.0],
    }
    frame = pd.DataFrame(OUTPUTS).assign(**more)
    frame.to_parquet(tmp_path / "o.parquet")
    of_file = read_one([str(tmp_path / "o.parquet")])
    assert read_one([Rows.of(frame, "outputs")]).outputs == of_file.outputs
    assert read_one([Rows.of(pq.read_table(tmp_path / "o.parquet"), "outputs")]).outputs == of_file.outputs
    with pytest.raises(InputError, match='^outputs: row 1: field "output": expected text, found Timestamp$'):
        read_one([Rows.of(frame.assign(output=frame["when"]), "outputs")])


def test_the_callers_frame_stays_as_it_was() -> None:
    frame = pd.DataFrame(OUTPUTS).set_index("instruction")
    before = frame.copy()
    rows = Rows.of(frame, "outputs")
    read_outputs([rows])
    pd.testing.assert_frame_equal(frame, before)
    assert repr(rows) == "Rows(name='outputs')" and str(rows) == "outputs"


def test_questions_may_be_values(tmp_path: Path) -> None:
    asked: Listed = [
        {"question_id": n, "category": "c", "turns": [f"Ask {n}", "More"], "reference": ["r", ""]} for n in (1, 2)
    ]
    right: Listed = [{"question_id": 1, "choices": [{"turns": ["Right", "Also"]}]}]
    files = [written(tmp_path / name, rows) for name, rows in (("q.json", asked), ("r.json", right))]
    of_file = read_questions(str(files[0]), references=str(files[1]))
    for make in (list, framed, pa.Table.from_pylist):
        questions = Rows.of(make(asked), "questions")
        assert read_questions(questions, references=Rows.of(make(right), "answers")) == of_file
        assert read_question_field(questions, "category") == {"1": "c", "2": "c"}
        assert load_questions(read_benchmark("example"), questions) == read_questions(str(files[0]))
    with pytest.raises(InputError, match="^questions: row 2: question '1' stands twice"):
        read_questions(Rows.of([asked[0], asked[0]], "questions"))
    with pytest.raises(InputError, match="^answers: holds an answer to none of the questions of questions$"):
        read_questions(Rows.of(asked, "questions"), references=Rows.of([{**right[0], "question_id": 3}], "answers"))


def test_a_plan_is_the_same_for_a_file_and_a_value() -> None:
    benchmark, judge = read_benchmark("example"), read_judge("surface")

    def plan(baseline: str | Rows, candidate: str | Rows) -> object:
        compared = load_baseline(benchmark, [baseline])
        candidates = read_outputs([candidate], like=compared)
        (work,) = plan_all(compared, candidates, [judge], Options(benchmark.name), secret=b"")
        return work.record

    paths = EXAMPLES / "baseline.json", EXAMPLES / "careful.json"
    of_files = plan(*map(str, paths))
    for make in (list, framed, datasets.Dataset.from_list):
        baseline, candidate = (Rows.of(make(json.loads(path.read_text())), path.stem) for path in paths)
        assert plan(baseline, candidate) == of_files


def annotation(n: int, model: str = "m", **more: Any) -> dict[str, Any]:
    return {
        "instruction": f"Do the thing number {n}", "output_1": f"{n}" + "a" * (n % 7), "generator_1": "base",
        "output_2": f"{model}{n}" + "b" * (7 * n % 11), "generator_2": model, "annotator": "j", "dataset": "ab"[n % 2],
        "preference": (1.0, 1.25, 2.0, None)[n % 4], **more,
    }  # fmt: skip


def columns(boards: list[Board]) -> list[dict[str, Any]]:
    return [row_values(row) for board in boards for row in board.rows]


ANNOTATIONS = [annotation(n, model) for model in ("m", "o") for n in range(40)]
NUMBERS: Listed = [
    {"judge": "j", "model": model, "baseline": "base", "instruction": f"Do the thing number {n}",
     "preference": (1.0, 1.25, 2.0, None)[(n + len(model)) % 4], "len_1": n + 1, "len_2": 7 * n % 11 + 1,
     "bold_1": n % 3, "bold_2": None if n == 5 else n % 2, "category": "ab"[n % 2], "pack": n // 2}
    for model in ("zz", "mm") for n in range(40)
]  # fmt: skip
VERDICTS = {
    "annotations": ANNOTATIONS,
    "numbers": NUMBERS,
    "mt_bench": [
        {"question_id": n, "model": model, "judge": ["j", "p"], "judgment": "Good.", "score": n % 9 + 1, "turn": 1}
        for model in ("m", "o") for n in range(12)
    ],
    "arena_hard": [
        {"question_id": n, "model": model, "judge": "j", "games": [{"score": "A>B"}, {"score": "B>>A"}]}
        for model in ("m", "o") for n in range(12)
    ],
}  # fmt: skip


@pytest.mark.parametrize("make", [list, framed, datasets.Dataset.from_list], ids=["list", "frame", "dataset"])
@pytest.mark.parametrize("name", VERDICTS)
def test_a_board_of_verdicts_given_as_values_is_that_of_the_file(
    tmp_path: Path, name: str, make: Callable[[Listed], object]
) -> None:
    path = tmp_path / "verdicts.parquet"
    if make is list:
        path = written(tmp_path / "verdicts.json", VERDICTS[name])
    else:
        pq.write_table(pa.Table.from_pylist(VERDICTS[name]), path)
    rows = Rows.of(make(VERDICTS[name]), "verdicts")
    assert (detect(rows), layout_of(rows).container) == (detect(path), "rows")
    found, of_file = (columns(make_leaderboard(Sources(files=(source,)))) for source in (rows, path))
    assert len(of_file) == 2 and found == of_file


def test_a_report_of_values_has_their_texts_and_their_name(tmp_path: Path) -> None:
    def report(source: Source) -> Any:
        sources = Sources(files=(source,))
        files = read_behind(sources)
        return assemble_report(make_leaderboard(sources, files=files), read_judged(sources, files), sources)

    of_file = report(written(tmp_path / "verdicts", ANNOTATIONS).rename(tmp_path / "verdicts.json"))
    of_value = report(Rows.of(pd.DataFrame(ANNOTATIONS), "verdicts"))
    assert of_value.chunks == of_file.chunks and of_value.judged.places == of_file.judged.places
    assert (of_value.title, of_value.sources) == ("verdicts", ("verdicts",))
    keys = set(of_value.judged.instructions)
    assert texts_of_files([Rows.of(ANNOTATIONS, "verdicts")], keys) == of_value.judged.instructions


def test_a_frame_of_rows_with_different_fields_is_read_as_the_rows_themselves(tmp_path: Path) -> None:
    alone = {"output_1", "generator_1", "preference"}
    rows = [
        *(annotation(n) for n in range(12)),
        *(annotation(n, key=f"k{n // 2}", turn=n % 2 + 1, blanks_2=1) for n in range(20, 32)),
        *(
            {name: value for name, value in annotation(n, rating=n % 5 + 1, scale=[1, 5]).items() if name not in alone}
            for n in range(40, 52)
        ),
    ]
    rows[-1]["rating"] = None
    path = written(tmp_path / "verdicts.json", rows)
    frame = Rows.of(pd.DataFrame(rows), "verdicts")
    assert read_judgments(frame) == read_judgments(path)
    (of_value,), (of_file,) = (read_sources([one], Aggregation(), texts=True) for one in (frame, path))
    assert isinstance(of_value, JudgedFile) and isinstance(of_file, JudgedFile)
    assert (of_value.texts, of_value.instructions) == (of_file.texts, of_file.instructions)
    declared = [read_sources([one], Aggregation(cluster="dataset"))[0].clusters for one in (frame, path)]
    assert declared[0] == declared[1] is not None


def test_several_values_of_one_name_are_several_sources() -> None:
    halves = [Rows.of([row for row in ANNOTATIONS if row["generator_2"] == model], "verdicts") for model in "mo"]
    whole = Rows.of(ANNOTATIONS, "verdicts")
    both, one = (columns(make_leaderboard(Sources(files=files))) for files in (tuple(halves), (whole,)))
    assert both == one


def test_a_field_of_values_declares_clusters(tmp_path: Path) -> None:
    frame = pd.DataFrame(NUMBERS)
    frame.to_parquet(tmp_path / "n.parquet")
    sources = (tmp_path / "n.parquet", Rows.of(frame, "verdicts"), Rows.of(NUMBERS, "verdicts"))
    of_file, *of_values = (columns(make_leaderboard(Sources(files=(source,), cluster="pack"))) for source in sources)
    assert [row["design_effect"] for row in of_file] != [1.0, 1.0] and of_values[0] == of_file
    assert [row["design_effect"] for row in of_values[1]] == [row["design_effect"] for row in of_file]


NUMBER_FRAMES: dict[str, Callable[[pd.DataFrame], object]] = {
    "frame": lambda frame: frame,
    "objects": lambda frame: frame.astype(object).where(frame.notna(), None),
    "categories": lambda frame: frame.astype({"judge": "category", "model": pd.CategoricalDtype(["zz", "mm"])}),
    "nullables": lambda frame: frame.convert_dtypes(),
    "Arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "table": pa.Table.from_pandas,
    "index": lambda frame: frame.set_index(["instruction", "model"]),
    "other index": lambda frame: frame.set_index(pd.Index([0] * len(frame))),
}


@pytest.mark.parametrize("kind", NUMBER_FRAMES)
def test_a_frame_of_preferences_is_read_by_columns_as_its_file_is(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame(NUMBERS)
    frame.to_parquet(tmp_path / "n.parquet")
    rows = Rows.of(NUMBER_FRAMES[kind](frame), "verdicts")
    (table,) = read_sources([rows], Aggregation())
    assert isinstance(table, NumberTable)
    for mine, theirs in zip(table.groups, read_preferences(tmp_path / "n.parquet"), strict=True):
        assert (mine.judge, mine.model, mine.baseline) == (theirs.judge, theirs.model, theirs.baseline)
        assert (mine.keys, mine.categories) == (theirs.keys, theirs.categories)
        assert mine.measures.keys() == theirs.measures.keys() == {"bold"}
        for name in ("preference", "baseline_chars", "candidate_chars"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))
        np.testing.assert_array_equal(mine.measures["bold"], theirs.measures["bold"])


@pytest.mark.parametrize(
    "change",
    [{"preference": 3.0}, {"len_1": None}, {"model": None}, {"instruction": None}, {"preference": "1.5"}, {}],
    ids=str,
)
def test_a_wrong_preference_is_refused_in_the_words_for_files(tmp_path: Path, change: dict[str, Any]) -> None:
    rows = [*NUMBERS[:5], {**NUMBERS[0], "instruction": "other", **change} if change else NUMBERS[0]]
    path = written(tmp_path / "n.json", rows)
    for make in (list, framed):
        with pytest.raises(InputError) as of_file:
            read_preferences(path)
        with pytest.raises(InputError) as of_value:
            read_preferences(Rows.of(make(rows), "verdicts"))
        assert str(of_value.value) == str(of_file.value).replace(str(path), "verdicts")


def test_verdicts_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"^verdicts: holds no verdicts: its records are those of alpaca_eval \(out"):
        make_leaderboard(Sources(files=(Rows.of(OUTPUTS, "verdicts"),)))
    rows = [annotation(0), {name: value for name, value in annotation(1).items() if name != "preference"}]
    with pytest.raises(InputError, match='^verdicts: row 2: field "preference": missing$'):
        read_judgments(Rows.of(rows, "verdicts"))


SIDES = {"sum_assistant_a_tokens": 300, "sum_assistant_b_tokens": 100}
VOTES: Listed = [
    {"model_a": "x", "model_b": "ü", "winner": "model_a", "question_id": "q1", "conv_metadata": SIDES},
    {"model_a": "ü", "model_b": "z", "winner": "model_b", "question_id": "q2", "conv_metadata": SIDES},
    {"model_a": "z", "model_b": "x", "winner": "tie", "question_id": "q1", "conv_metadata": SIDES},
    {"model_a": "x", "model_b": "ü", "winner": None, "question_id": "q3", "conv_metadata": SIDES},
]
VOTE_VALUES: dict[str, Callable[[Listed], object]] = {
    "list": list,
    "frame": framed,
    "objects": lambda rows: framed(rows).astype(object),
    "categories": lambda rows: framed(rows).astype({"winner": "category", "model_a": "category"}),
    "Arrow": lambda rows: framed(rows).convert_dtypes(dtype_backend="pyarrow"),
    "table": pa.Table.from_pylist,
    "table of views": lambda rows: pa.Table.from_pylist(rows).set_column(
        2, "winner", pa.array([row["winner"] for row in rows], pa.string_view())
    ),
    "dataset": datasets.Dataset.from_list,
    "mixed": lambda rows: framed(
        [{**row, "other": other} for row, other in zip(rows, (1, "a", None, b"x"), strict=True)]
    ),
    "mixed ids": lambda rows: framed([{**row, "question_id": {"q1": 1}.get(row["question_id"], "q")} for row in rows]),
}


@pytest.mark.parametrize("kind", VOTE_VALUES)
def test_votes_given_as_values_are_those_of_the_file(tmp_path: Path, kind: str) -> None:
    rows = Rows.of(VOTE_VALUES[kind](VOTES), "votes")
    of_file = read_votes(written(tmp_path / "v.json", VOTES), controls=["tokens"])
    of_value = read_votes(rows, controls=["tokens"])
    assert (of_value.source, of_value.models, of_value.n_undecided) == ("votes", of_file.models, 1)
    assert of_value.cluster_column == "question_id"
    for name in ("a", "b", "outcome", "cluster"):
        np.testing.assert_array_equal(getattr(of_value, name), getattr(of_file, name))
    np.testing.assert_array_equal(of_value.style["tokens"], of_file.style["tokens"])
    assert gather_battles([rows]).battles.models == gather_battles([tmp_path / "v.json"]).battles.models


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"winner": "nobody"}, "votes: row 2: winner: expected one of model_a, model_b, tie"),
        ({"model_a": None}, "votes: row 2: model_a: expected a text, found nothing"),
        ({"model_a": 3}, 'votes: row 2: field "model_a": expected text, found a number'),
        ({"question_id": None}, "votes: row 2: question_id: expected a text, found nothing"),
    ],
    ids=str,
)
def test_a_wrong_vote_in_a_frame_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        read_votes(Rows.of(pd.DataFrame([VOTES[0], {**VOTES[1], **change}]), "votes"))
    assert str(refused.value).startswith(message)


def test_battles_come_from_values_of_both_kinds() -> None:
    both = gather_battles([Rows.of(framed(VOTES), "votes"), Rows.of(framed(ANNOTATIONS), "verdicts")])
    assert set(both.battles.models) == {"x", "ü", "z", "m", "o", "base"}


SCORES: Listed = [
    {"model": "a", "score": 3, "lower": 2.0, "upper": 4.5, "source": "people", "date": "2024-01-01"},
    {"model": "b", "score": None, "lower": None, "upper": None, "source": None, "date": None},
    {"model": "c", "score": 5.5, "lower": 5.0, "upper": None, "source": None, "date": None},
]


@pytest.mark.parametrize("make", [list, framed, pa.Table.from_pylist], ids=["list", "frame", "table"])
def test_scores_and_human_rankings_may_be_values(tmp_path: Path, make: Callable[[Listed], object]) -> None:
    path = tmp_path / "board.jsonl"
    path.write_text("\n".join(map(json.dumps, SCORES)))
    board = Rows.of(make(SCORES), "board")
    assert read_scores(board) == read_scores(path)
    assert read_reference(board) == read_reference(str(path))
    with pytest.raises(InputError, match="^board: row 4: model 'a' stands twice"):
        read_scores(Rows.of(make([*SCORES, SCORES[0]]), "board"))


def test_difficulty_may_be_a_value(tmp_path: Path) -> None:
    frame = pd.DataFrame({"index": range(5), "instruction_difficulty": [0.5, -1.0, 0.0, 2.0, 1.5]})
    frame.to_csv(tmp_path / "d.csv", index=False)
    rows = Rows.of(frame, "difficulty")
    assert read_difficulty(rows) == read_difficulty(tmp_path / "d.csv")
    assert read_recipe(Sources(files=(tmp_path,), difficulty=rows)).difficulty == read_difficulty(rows)
    with pytest.raises(ConfigError, match="lc_compat needs --difficulty FOLDER"):
        make_leaderboard(Sources(files=(tmp_path,), difficulty=rows), Wishes(estimator="lc_compat"))


def test_recorded_replies_may_be_a_value(tmp_path: Path) -> None:
    rows = [annotation(n, raw_completion={"message": {"content": "m"}}) for n in range(3)]
    of_file = read_recording(written(tmp_path / "a.json", rows))
    assert read_recording(Rows.of(rows, "replay")).rows == of_file.rows
