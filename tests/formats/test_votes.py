"""Tables of votes."""

import contextlib
import csv
import gzip
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evalkit.errors import EvalkitError, InputError
from evalkit.formats.records import read_records
from evalkit.formats.rows import Rows as RowsOfPython
from evalkit.formats.votes import column_names, read_votes

Rows = list[dict[str, Any]]
SIDES: dict[str, Any] = {
    "sum_assistant_a_tokens": 300,
    "sum_assistant_b_tokens": 100,
    "header_count_a": {"h1": 1, "h2": 0, "h3": 2, "h4": 0, "h5": 0, "h6": 0},
    "header_count_b": {"h1": 0, "h2": 0, "h3": 0, "h4": 0, "h5": 0, "h6": 0},
    "list_count_a": {"ordered": 1, "unordered": 0},
    "list_count_b": {"ordered": 1, "unordered": 2},
    "bold_count_a": {"**": 0, "__": 0},
    "bold_count_b": {"**": 0, "__": 0},
}
ROWS: Rows = [
    {"model_a": "x", "model_b": "ü", "winner": "model_a", "question_id": "q1", "conv_metadata": SIDES},
    {"model_a": "ü", "model_b": "=z", "winner": "model_b", "question_id": "q2", "conv_metadata": SIDES},
    {"model_a": "=z", "model_b": "x", "winner": "tie", "question_id": "q1", "conv_metadata": SIDES},
    {"model_a": "x", "model_b": "ü", "winner": None, "question_id": "q3", "conv_metadata": SIDES},
    {"model_a": "x", "model_b": "ü", "winner": "tie (bothbad)", "question_id": "q3", "conv_metadata": SIDES},
]


def write_csv(path: Path, rows: Rows) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({k: json.dumps(v) if isinstance(v, dict) else v for k, v in row.items()})


WRITERS: dict[str, Callable[[Path, Rows], object]] = {
    ".csv": write_csv,
    ".parquet": lambda path, rows: pq.write_table(pa.Table.from_pylist(rows), path),
    ".json": lambda path, rows: path.write_text(json.dumps(rows)),
    ".jsonl": lambda path, rows: path.write_text("\n".join(map(json.dumps, rows))),
    ".jsonl.gz": lambda path, rows: path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode())),
}


def votes_file(folder: Path, rows: Rows, suffix: str = ".csv") -> Path:
    path = folder / f"votes{suffix}"
    WRITERS[suffix](path, rows)
    return path


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_every_kind_of_file_gives_the_same_votes(tmp_path: Path, suffix: str) -> None:
    votes = read_votes(votes_file(tmp_path, ROWS, suffix), controls=("tokens", "headers", "lists", "bold"))
    names = [votes.models[one] for one in votes.a], [votes.models[one] for one in votes.b]
    assert names == (["x", "ü", "=z", "x"], ["ü", "=z", "x", "ü"])
    assert votes.outcome.tolist() == [1.0, 0.0, 0.5, 0.5]
    assert votes.n_undecided == 1
    assert votes.cluster_column == "question_id" and votes.cluster is not None
    assert [votes.clusters[one] for one in votes.cluster] == ["q1", "q2", "q1", "q3"]
    assert {name: values[0] for name, values in votes.style.items()} == {
        "tokens": 0.5,
        "headers": 1.0,
        "lists": -0.5,
        "bold": 0.0,
    }


@pytest.mark.parametrize("winner", ["tie", "tie (bothbad)", "both_bad", "bothbad", "tie (both bad)"])
def test_every_way_of_writing_a_tie_is_half(tmp_path: Path, winner: str) -> None:
    assert read_votes(votes_file(tmp_path, [{**ROWS[0], "winner": winner}])).outcome.tolist() == [0.5]


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_the_cluster_is_what_is_asked_for_or_the_first_known_column(tmp_path: Path, suffix: str) -> None:
    rows = [{**row, "evaluation_session_id": f"s{n // 2}", "voter": n % 2} for n, row in enumerate(ROWS)]
    path = votes_file(tmp_path, rows, suffix)
    assert read_votes(path).cluster_column == "evaluation_session_id"
    chosen = read_votes(path, cluster="voter")
    assert chosen.cluster is not None
    assert [chosen.clusters[one] for one in chosen.cluster] == ["0", "1", "0", "0"]
    assert read_votes(path, clustered=False).cluster is None


def test_a_table_without_any_cluster_has_none(tmp_path: Path) -> None:
    rows = [{name: row[name] for name in ("model_a", "model_b", "winner")} for row in ROWS]
    assert read_votes(votes_file(tmp_path, rows)).cluster is None


def test_names_that_look_like_nothing_are_names(tmp_path: Path) -> None:
    votes = read_votes(votes_file(tmp_path, [{**ROWS[0], "model_a": "NA", "model_b": "null"}]))
    assert votes.models == ("NA", "null")


def without(name: str) -> Rows:
    return [{key: value for key, value in row.items() if key != name} for row in ROWS]


def changed(row: int, **values: Any) -> Rows:
    return [{**one, **values} if number == row else one for number, one in enumerate(ROWS)]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (without("winner"), r"missing column\(s\) winner. Found: model_a, model_b, question_id"),
        (changed(2, winner="model_c"), "row 3: winner: expected one of model_a, model_b, tie.*found 'model_c'"),
        (changed(1, model_b=None), "(row 2|:2).*model_b.*expected"),
        (changed(1, question_id=None), "(row 2|:2).*question_id.*expected"),
        ([{**row, "winner": None} for row in ROWS], "no row has a winner"),
    ],
    ids=["no winner", "unknown winner", "no model", "no cluster", "undecided"],
)
def test_what_is_wrong_is_named_with_its_row(tmp_path: Path, suffix: str, rows: Rows, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_votes(votes_file(tmp_path, rows, suffix))


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize(
    "metadata",
    [{**SIDES, "sum_assistant_b_tokens": None}, {**SIDES, "sum_assistant_b_tokens": -1}, None],
    ids=["null", "negative", "nothing"],
)
def test_a_count_that_is_none_is_named_with_its_row(tmp_path: Path, suffix: str, metadata: Any) -> None:
    path = votes_file(tmp_path, changed(2, conv_metadata=metadata), suffix)
    with pytest.raises(InputError, match=r"row 3: conv_metadata.sum_assistant_[ab]_tokens: expected a count"):
        read_votes(path, controls=("tokens",))


def test_what_is_asked_for_and_not_there_is_named(tmp_path: Path) -> None:
    path = votes_file(tmp_path, without("conv_metadata"))
    with pytest.raises(InputError, match="no column 'voter' to cluster by. Found: model_a"):
        read_votes(path, cluster="voter")
    with pytest.raises(InputError, match="no column 'conv_metadata', which --control tokens,bold needs"):
        read_votes(path, controls=("tokens", "bold"))
    with pytest.raises(InputError, match=r"bold_count_a"):
        read_votes(
            votes_file(tmp_path, [{**row, "conv_metadata": {"h": 1}} for row in ROWS], ".parquet"), controls=("bold",)
        )


def test_a_column_of_lists_is_no_cluster(tmp_path: Path) -> None:
    path = votes_file(tmp_path, [{**row, "turns": ["a"]} for row in ROWS], ".parquet")
    with pytest.raises(InputError, match="turns: expected texts, found list"):
        read_votes(path, cluster="turns")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.csv", None, "no such file"),
        ("none.parquet", None, "no such file"),
        ("empty.csv", b"", "the file is empty"),
        ("header.csv", b"model_a,model_b,winner\n", "holds no rows"),
        ("twice.csv", b"model_a,model_b,winner,winner\nx,y,tie,tie\n", "stands twice"),
        ("long.csv", b"model_a,model_b,winner\nx,y,tie,more\n", "cannot be read: .*Expected 3 columns, got 4"),
        ("latin.csv", b"model_a,model_b,winner\nx,\xe4,tie\n", "not UTF-8 text: invalid continuation byte"),
        ("header.latin.csv", b"model_a,model_b,\xe4\nx,y,tie\n", "not UTF-8 text"),
        ("wrong.parquet", b"PAR1 but not really PAR1", "cannot be read"),
        ("wrong.txt", b"model_a", "unknown kind of file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_votes(path)
    assert "\n" not in str(caught.value) and str(caught.value).startswith(str(path))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "votes.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read_votes(tmp_path / "votes.csv")


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_whatever_bytes_a_file_holds_it_is_read_or_refused(tmp_path: Path, suffix: str) -> None:
    path = votes_file(tmp_path, ROWS, suffix)
    original, chance = path.read_bytes(), random.Random(0)
    for _ in range(150):
        path.write_bytes(spoiled(original, chance))
        with contextlib.suppress(EvalkitError):
            votes = read_votes(path, controls=("tokens", "headers"))
            assert len(votes.a) == len(votes.b) == len(votes.outcome)
            assert all(np.isfinite(values).all() for values in votes.style.values())


def spoiled(content: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, cut out or doubled."""
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.randrange(1, 20))
    middle: Sequence[bytes] = (b"", chance.randbytes(end - start), content[start:end] * 2)
    return content[:start] + chance.choice(middle) + content[end:]


@pytest.mark.parametrize(
    "text",
    [
        "model_a,model_b, winner\nx,y,model_a\ny,x,model_a\nx,y,tie\n",
        "Model A,Model B,Winner\nx,y,x\ny,x,y\nx,y,Tie\n",
        "left,right,winner\nx,y,left\ny,x,left\nx,y,draw\n",
        "left_model;right_model;winner\nx;y;x\ny;x;y\nx;y;tie\n",
        "\ufeffsep=;\r\nmodel_a;model_b;winner\r\nx;y;A\r\ny;x;a\r\nx;y;TIE\r\n",
    ],
)
@pytest.mark.parametrize("value", [False, True])
def test_sides_and_winners_may_go_by_other_words(tmp_path: Path, text: str, value: bool) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(text, encoding="utf-8", newline="")
    source = RowsOfPython.of([record.fields for record in read_records(path)], "votes") if value else path
    assert {"model_a", "model_b", "winner"} <= {*column_names(source)}
    votes = read_votes(source)
    assert votes.models == ("x", "y")
    assert votes.outcome.tolist() == [1.0, 1.0, 0.5]


def test_a_winner_that_took_no_part_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("model_a,model_b,winner\nx,y,x\nx,y,z\n")
    with pytest.raises(InputError, match=r"row 2: winner: expected one of .* the name of one of the two models.*'z'"):
        read_votes(path)


@pytest.mark.parametrize("value", [False, True])
def test_white_space_around_names_and_winners_is_no_part_of_them(tmp_path: Path, value: bool) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("model_a, model_b, winner\na, b, a\nb ,\tc, model_b\na, c, \n")
    votes = read_votes(RowsOfPython.of([record.fields for record in read_records(path)], "votes") if value else path)
    assert (votes.models, votes.n_undecided) == (("a", "b", "c"), 1)
    assert [votes.models[one] for one in (*votes.a, *votes.b)] == ["a", "b", "b", "c"]
    assert votes.outcome.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("suffix", list(WRITERS))
@pytest.mark.parametrize(("yes", "no"), [(1, 0), (True, False), (1.0, 0.0)])
def test_a_column_for_each_outcome_gives_the_winner(tmp_path: Path, suffix: str, yes: Any, no: Any) -> None:
    marks = [(yes, no, no), (no, yes, no), (no, no, yes), (no, no, no)]
    names = ("winner_model_a", "winner_model_b", "winner_tie")
    rows = [{"model_a": "x", "model_b": "y", **dict(zip(names, mark, strict=True))} for mark in marks]
    for source in (votes_file(tmp_path, rows, suffix), RowsOfPython.of(rows, "votes")):
        votes = read_votes(source)
        assert (votes.outcome.tolist(), votes.n_undecided) == ([1.0, 0.0, 0.5], 1)


@pytest.mark.parametrize(
    ("marks", "said"),
    [("1,1,0", "row 2: winner_model_a and winner_model_b are marked. Mark one"), ("0,x,1", "row 2: winner_model_b: e")],
)
def test_marks_that_name_no_winner_are_refused_with_their_row(tmp_path: Path, marks: str, said: str) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(f"model_a,model_b,winner_model_a,winner_model_b,winner_tie\nx,y,1,0,0\nx,y,{marks}\n")
    with pytest.raises(InputError, match=said):
        read_votes(path)
