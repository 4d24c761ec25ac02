"""Files and verdicts out of the store: where they go, what they hold, and what cannot be written."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import InputError, StoreError, UnknownName
from evalkit.formats.arena_hard import game_rows, game_verdicts
from evalkit.formats.mt_bench import pair_rows, pair_verdicts, single_rows, single_verdicts
from evalkit.formats.records import Record
from evalkit.formats.verdicts import Exchange, Stored
from evalkit.sources.exports import WRITERS, export_documents, export_verdicts
from evalkit.sources.stored import Scope
from evalkit.store import Store
from evalkit.store.documents import DocumentName, write_document
from evalkit.types import BOTH_ORDERS, Annotation, Message, Order, Rating
from tests.formats.test_verdict_table import ALONE, SLOT
from tests.store.filling import BENCHMARK, fill

LINES = {"container": "lines", "gzip": False, "columns": [], "schema": None, "split": None}
SENT = (Message("system", "Be fair."), Message("user", "Which?"))
PAIR = dataclasses.replace(SLOT, key="81:2", repeat=0)


def keep(store: Store, *names: str, kind: str = "question", **heading: object) -> None:
    for name in names:
        write_document(store, DocumentName("mt_bench", kind, name), {**LINES, **heading}, [{"name": name}])


def places(store: Store, folder: Path, **which: str) -> list[str]:
    done = export_documents(store, "mt_bench", folder, **which)
    assert all(path.is_file() for path in done.files)
    return sorted(path.relative_to(folder).as_posix() for path in done.files)


# imported files


def test_files_go_where_their_kind_and_place_say(store: Store, tmp_path: Path) -> None:
    keep(store, "a.jsonl", "deep/er/b.jsonl")
    keep(store, "a.jsonl", kind="single")
    out = tmp_path / "out"
    assert places(store, out) == ["question/a.jsonl", "question/deep/er/b.jsonl", "single/a.jsonl"]
    assert json.loads((out / "question/deep/er/b.jsonl").read_text()) == {"name": "deep/er/b.jsonl"}
    assert places(store, tmp_path / "two", kind="single") == ["single/a.jsonl"]
    for name in ("deep/er/b.jsonl", "deep/er/b", "b.jsonl", "b"):
        assert places(store, tmp_path / "three", name=name) == ["question/deep/er/b.jsonl"]


@pytest.mark.parametrize(
    "name",
    ["../../x.jsonl", "/etc/x.jsonl", "..", "", ".", "a/../../../x", "a\\..\\x", "con.jsonl", "\x00\n", "é" * 400],
)
def test_no_name_leads_out_of_the_folder(store: Store, tmp_path: Path, name: str) -> None:
    keep(store, name)
    (place,) = places(store, tmp_path / "deep" / "out")
    assert ".." not in place.split("/") and place.startswith("question/") and place.isascii()
    assert [path.name for path in tmp_path.iterdir() if path.name != "store.db"][:1] in (["deep"], ["store.db-journal"])


def test_a_hostile_kind_stays_inside_as_well(store: Store, tmp_path: Path) -> None:
    keep(store, "a.jsonl", kind="../..")
    (place,) = places(store, tmp_path / "out")
    assert place.endswith("/a.jsonl") and ".." not in place


def test_two_files_that_would_fall_together_are_refused_before_any_is_written(store: Store, tmp_path: Path) -> None:
    keep(store, "x/a.jsonl", "x//a.jsonl")
    with pytest.raises(
        InputError, match=r"'x/a.jsonl' and 'x//a.jsonl' would both be written to .*/question/x/a.jsonl"
    ):
        export_documents(store, "mt_bench", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert places(store, tmp_path / "out", name="x//a.jsonl") == ["question/x/a.jsonl"]


def test_a_file_cannot_lie_inside_of_another(store: Store, tmp_path: Path) -> None:
    keep(store, "a.jsonl", "a.jsonl/b.jsonl")
    with pytest.raises(InputError, match="would both be written to"):
        export_documents(store, "mt_bench", tmp_path / "out")


@pytest.mark.parametrize("heading", [{"container": "tape"}, {"columns": None}, {"more": 1}])
def test_a_layout_of_another_version_is_named(store: Store, tmp_path: Path, heading: dict[str, Any]) -> None:
    keep(store, "a.jsonl", **heading)
    with pytest.raises(StoreError, match=r"question 'a.jsonl' has an unknown layout. Import it again"):
        export_documents(store, "mt_bench", tmp_path / "out")


def test_nothing_to_export_is_an_error_with_the_cure(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no file of mt_bench. Bring some in with evalkit import mt_bench FILES"):
        export_documents(store, "mt_bench", tmp_path)
    keep(store, "a.jsonl")
    with pytest.raises(InputError, match=r"holds no file of mt_bench \(single\)"):
        export_documents(store, "mt_bench", tmp_path, kind="single")
    with pytest.raises(UnknownName, match="unknown kind of mt_bench 'game'"):
        export_documents(store, "mt_bench", tmp_path, kind="game")
    with pytest.raises(InputError, match="Name their benchmark with --benchmark NAME"):
        export_documents(store, "datasets", tmp_path)
    for format_ in WRITERS:
        with pytest.raises(InputError, match="holds no verdicts for benchmark 'bench'. Run evalkit annotate or"):
            export_verdicts(store, format_, tmp_path, Scope(BENCHMARK))


# verdicts


def exchange(prompt: str, reply: str | None) -> Exchange:
    return Exchange(prompt, SENT, reply, 1.5) if reply else Exchange(prompt)


def own(slot: Any, preference: float | None, *, reply: str | None = "said", strong: bool = False) -> Stored:
    failure = None if preference is not None else "silent"
    return Annotation(slot, preference, failure, strong=strong), exchange("pair", reply)


def both(*preferences: float | None, strong: bool = False, reply: str | None = "said") -> list[Stored]:
    """A comparison's verdicts, the one with the baseline first before the other."""
    return [
        own(dataclasses.replace(PAIR, order=order), preference, strong=strong, reply=reply)
        for order, preference in zip(BOTH_ORDERS, preferences, strict=False)
    ]


def graded(value: float | None, *, low: float = 1.0, reply: str | None = "[[7]]") -> Stored:
    rating = None if value is None else Rating(value, low, 10.0)
    annotation = Annotation(dataclasses.replace(ALONE, repeat=0), None, None if rating else "silent", rating=rating)
    return annotation, exchange("grade", reply)


def records(rows: Any) -> list[Record]:
    return [Record(f"row {number}", json.loads(json.dumps(row))) for number, row in enumerate(rows, start=1)]


def read(verdict: Annotation) -> tuple[Order | None, float | None, bool]:
    return verdict.slot.order, verdict.preference, verdict.strong


def test_a_grade_is_a_row_of_mt_bench() -> None:
    (row,) = single_rows([graded(7.0)])
    assert row == {
        "question_id": 81, "model": "m", "judge": ["j", "grade"], "user_prompt": "Be fair.\n\nWhich?",
        "judgment": "[[7]]", "score": 7, "turn": 2, "tstamp": 1.5,
    }  # fmt: skip
    assert isinstance(row["score"], int)


@pytest.mark.parametrize(
    ("verdict", "score", "judgment", "failure"),
    [
        (graded(7.5), 7.5, "[[7]]", None),
        (graded(7.0, reply=None), 7, "", None),
        (graded(None, reply="Hm."), -1, "Hm.", "no grade was found in the reply"),
        (graded(None, reply=None), -1, "$ERROR$", "the judge's call failed ($ERROR$)"),
        (graded(7.0, reply="It says $ERROR$. [[7]]"), 7, "It says ERROR. [[7]]", None),
    ],
)
def test_grades_and_what_stands_for_none_are_read_as_they_were_meant(
    verdict: Stored, score: float, judgment: str, failure: str | None
) -> None:
    rows = list(single_rows([verdict]))
    assert (rows[0]["score"], rows[0]["judgment"]) == (score, judgment)
    (again,) = single_verdicts(records(rows))
    assert (again.rating, again.failure) == (verdict[0].rating, failure)
    slot = again.slot
    assert (slot.question, slot.turn, slot.judge, slot.model) == ("81", 2, "j", "m")


def test_a_pair_in_both_orders_is_a_row_with_two_games() -> None:
    (row,) = pair_rows(both(1.0, 0.5))
    # in the first game the answer of model_1, the candidate, is shown first
    assert (row["model_1"], row["model_2"], row["g1_winner"], row["g2_winner"]) == ("m", "b", "tie", "model_1")
    assert (row["question_id"], row["turn"], row["judge"], row["g1_user_prompt"]) == (
        81, 2, ["j", "pair"], "Be fair.\n\nWhich?",
    )  # fmt: skip
    assert [read(one) for one in pair_verdicts(records([row]))] == [
        (Order.CANDIDATE_FIRST, 0.5, False), (Order.BASELINE_FIRST, 1.0, False)
    ]  # fmt: skip


def test_a_pair_in_one_order_is_a_row_with_one_winner_and_a_rule_decides_both_games() -> None:
    (row,) = pair_rows(both(0.0))
    assert row["winner"] == "model_2" and "g1_winner" not in row
    assert [one.preference for one in pair_verdicts(records([row]))] == [0.0]
    (row,) = pair_rows([own(dataclasses.replace(PAIR, rule="identical"), 0.5, reply=None)])
    assert (row["g1_winner"], row["g2_winner"], row["g1_judgment"]) == ("tie", "tie", "")


def test_a_game_without_a_verdict_is_an_error() -> None:
    (row,) = pair_rows([both(None, reply="Hm.")[0], own(dataclasses.replace(PAIR), None, reply=None)])
    assert (row["g1_winner"], row["g2_winner"], row["g1_judgment"], row["g2_judgment"]) == (
        "error", "error", "$ERROR$", "Hm.",
    )  # fmt: skip
    assert [one.preference for one in pair_verdicts(records([row]))] == [None, None]


@pytest.mark.parametrize(("key", "question"), [("81:2", 81), ("0081:2", "0081"), ("u:1:2", "u:1"), ("٣:2", "٣"),
                                               ("9" * 30 + ":2", "9" * 30)])  # fmt: skip
def test_a_question_is_a_number_only_where_that_loses_nothing(key: str, question: int | str) -> None:
    annotation, said = graded(7.0)
    slot = dataclasses.replace(annotation.slot, key=key)
    (row,) = single_rows([(dataclasses.replace(annotation, slot=slot), said)])
    assert row["question_id"] == question and type(row["question_id"]) is type(question)


# a tie is never strong
@pytest.mark.parametrize(("preference", "strong"), [(0.0, False), (0.0, True), (0.5, False), (1.0, False), (1.0, True)])
def test_games_have_the_baseline_as_a_first_and_as_b_then(preference: float, strong: bool) -> None:
    (row,) = game_rows(both(preference, preference, strong=strong))
    assert {name: row[name] for name in ("uid", "category", "judge", "model", "baseline")} == {
        "uid": "81:2", "category": "math", "judge": "j", "model": "m", "baseline": "b"
    }  # fmt: skip
    scores = {0.0: ["A>B", "B>A"], 0.5: ["A=B", "A=B"], 1.0: ["B>A", "A>B"]}[preference]
    assert [game["score"] for game in row["games"]] == [one.replace(">", ">>") if strong else one for one in scores]
    assert row["games"][0]["prompt"] == [
        {"role": "system", "content": "Be fair."},
        {"role": "user", "content": "Which?"},
    ]
    assert [read(one) for one in game_verdicts(records([row]))] == [
        (order, preference, strong) for order in BOTH_ORDERS
    ]


def test_a_failed_call_is_a_null_game_and_an_unreadable_reply_a_null_score() -> None:
    (row,) = game_rows([both(None, reply=None)[0], both(0.0, None, reply="Hm.")[1]])
    assert row["games"][0] is None
    assert (row["games"][1]["score"], row["games"][1]["judgment"]) == (None, {"answer": "Hm."})
    assert [one.preference for one in game_verdicts(records([row]))] == [None, None]


def test_repeats_are_rows_of_their_own() -> None:
    repeated = [
        own(dataclasses.replace(PAIR, order=order, repeat=repeat), preference)
        for order in BOTH_ORDERS
        for repeat, preference in enumerate((0.0, 1.0))
    ]
    again = list(game_verdicts(records(game_rows(repeated))))
    assert [(one.slot.repeat, one.preference) for one in again] == [(0, 0.0), (0, 0.0), (1, 1.0), (1, 1.0)]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            lambda: single_rows([graded(7.0, low=0.0)]),
            "grades from 0 to 10, and MT-Bench's files hold grades from 1 to 10",
        ),
        (lambda: pair_rows(both(0.25)), "gives probabilities, and MT-Bench's files hold winners"),
        (lambda: game_rows(both(0.25, 0.25)), "gives probabilities, and Arena-Hard's files hold five verdicts"),
        (lambda: game_rows(both(0.0)), "was asked in one order, and Arena-Hard's files hold both"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_with_a_way_out(rows: Any, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as error:
        list(rows())
    assert "Choose another judge with --judge" in str(error.value)


def test_verdicts_of_the_engine_are_written_with_their_texts_and_a_board(store: Store, tmp_path: Path) -> None:
    fill(store, 12)
    fill(store, 12, model="a/../b")
    done = export_verdicts(store, "alpaca_eval", tmp_path / "out", Scope(BENCHMARK))
    assert all(path.resolve().is_relative_to(tmp_path / "out") for path in done.files)
    rows = json.loads((tmp_path / "out" / "cand" / "pairwise_label" / "annotations.json").read_text())
    judged = [row for row in rows if row["rule"] is None]
    assert len(rows) == 12 and len(judged) == 11
    assert all(row["instruction"].startswith("Instruction number") for row in judged)
    assert all((row["output_1"] or "").startswith("baseline ") for row in judged)
    # what a rule decided was never sent
    assert [row["instruction"] for row in rows if row["rule"]] == [None]
    assert done.notes == ("2 rows lack texts that the store does not hold; parquet needs none",)
    assert (tmp_path / "out" / "leaderboard.csv").read_text().splitlines()[0].startswith(",win_rate,standard_error")


def test_every_format_is_written_whole_or_not_at_all(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    with pytest.raises(InputError, match="asked in one order"):
        export_verdicts(store, "arena_hard", tmp_path / "out", Scope(BENCHMARK))
    assert not (tmp_path / "out").exists()
    for format_ in sorted(WRITERS.keys() - {"arena_hard"}):
        done = export_verdicts(store, format_, tmp_path / format_, Scope(BENCHMARK))
        assert done.files and all(path.exists() and n for path, n in done.files.items())
