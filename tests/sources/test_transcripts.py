"""What can be read behind boards, from every kind of source."""

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Aggregation
from evalkit.boards.judged import Transcripts
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.errors import InputError
from evalkit.formats.instructions import instruction_key
from evalkit.reporting.chunks import likeliest_tokens
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.sources.exports import export_verdicts
from evalkit.sources.imports import ImportOptions, import_files
from evalkit.sources.selection import Sources, read_source_files
from evalkit.sources.stored import Scope
from evalkit.sources.transcripts import MEAN_ONLY, judged_of_store, read_judged
from evalkit.store import Batch, Store
from evalkit.types import Annotation, ChatReply, Order, Rating, Reading
from tests.builders import given, words
from tests.store.filling import BENCHMARK, JUDGE, fill, open_work, reply_to, url, work

TEXTS = ["Say hello.", "Count to three."]
KEYS = [instruction_key(text) for text in TEXTS]
ROW = {
    "instruction": TEXTS[0], "generator_1": "base", "output_1": "hi", "generator_2": "cand", "output_2": "hello",
    "annotator": "judge", "dataset": "talk", "preference": 2.0,
}  # fmt: skip


def of_files(sources: Sources) -> Transcripts:
    return read_judged(sources, read_source_files(sources, Aggregation()))


def judged_of(paths: list[Path]) -> Transcripts:
    return of_files(Sources(files=tuple(paths)))


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.suffix == ".jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) if lines else json.dumps(rows))
    return path


def choice(text: str, *likely: tuple[str, float]) -> dict[str, Any]:
    """A recorded reply with the likeliest first tokens."""
    tokens = [{"token": token, "logprob": math.log(share)} for token, share in likely]
    content = [{"token": text, "top_logprobs": tokens}] if tokens else None
    return {"message": {"role": "assistant", "content": text}, "logprobs": {"content": content}}


def own(text: str, order: str, repeat: int = 0) -> dict[str, Any]:
    return {**choice(text), "order": order, "repeat": repeat, "labels": ["K", "M", None]}


def places(judged: Transcripts) -> list[Annotation]:
    """Those of the only group and key."""
    (by_key,) = judged.places.values()
    (found,) = by_key.values()
    return list(found)


def told(verdicts: list[Annotation]) -> list[tuple[Order | None, float | None, str | None]]:
    return [(one.slot.order, one.preference, words(one)) for one in verdicts]


def likely(verdict: Annotation) -> dict[str, float]:
    return {} if verdict.reply is None else dict(likeliest_tokens(verdict.reply))


def fits_boards(judged: Transcripts, path: Path) -> None:
    """Every row of a board finds its verdicts under its own names and keys."""
    for entry in entries_of_files([path]):
        by_key = judged.places[entry.judge, entry.digest, entry.baseline, entry.model]
        assert sorted(by_key) == sorted({*entry.sample.keys, *entry.sample.missing})


def test_a_recorded_file_tells_its_texts_its_categories_and_what_the_judge_said(tmp_path: Path) -> None:
    raw = choice("M", ("M", 0.75), ("m", 0.2), ("The", 0.01), ("x", 1e-9))
    path = write(tmp_path / "a.json", {**ROW, "preference": 1 + 0.2 / 0.95, "raw_completion": raw})
    judged = judged_of([path])
    fits_boards(judged, path)
    assert judged.instructions == {KEYS[0]: TEXTS[0]} and judged.categories == {KEYS[0]: "talk"}
    assert judged.answers == {("base", KEYS[0]): "hi", ("cand", KEYS[0]): "hello"}
    (place,) = places(judged)
    # m is the answer shown first; only the candidate being first gives its probability
    assert (place.slot.order, place.reading, words(place)) == (Order.CANDIDATE_FIRST, Reading.WEIGHTED, "M")
    assert list(likely(place)) == ["M", "m", "The"]
    assert likely(place)["M"] == pytest.approx(0.75) and place.preference == pytest.approx(0.2 / 0.95)


def test_a_tool_call_is_a_reply_and_the_models_it_names_tell_the_order(tmp_path: Path) -> None:
    arguments = {"ordered_models": [{"model": "M", "rank": 1}], "concise_explanation": "Better."}
    named = {"m": "output_1", "M": "output_2"}
    path = write(tmp_path / "a.json", {**ROW, "raw_completion": arguments, "referenced_models": named})
    assert told(places(judged_of([path]))) == [(Order.BASELINE_FIRST, 1.0, json.dumps(arguments))]


def test_a_row_of_ours_tells_each_order_and_repeat(tmp_path: Path) -> None:
    raw = [own("[[K]]", "baseline_first"), own("[[M]]", "baseline_first", 1), own("[[K]]", "candidate_first")]
    judged = judged_of([write(tmp_path / "annotations.json", {**ROW, "preference": 1.75, "raw_completion": raw})])
    assert told(places(judged)) == [
        (Order.BASELINE_FIRST, 0.0, "[[K]]"),
        (Order.BASELINE_FIRST, 1.0, "[[M]]"),
        (Order.CANDIDATE_FIRST, 1.0, "[[K]]"),
    ]
    assert [one.slot.repeat for one in places(judged)] == [0, 1, 0]


def test_replies_that_do_not_give_the_recorded_mean_are_shown_beside_it(tmp_path: Path) -> None:
    raw = [own("A wins", "baseline_first"), own("B wins", "candidate_first")]
    path = write(tmp_path / "annotations.json", {**ROW, "preference": 1.5, "raw_completion": raw})
    mean, *replies = places(judged_of([path]))
    assert told([mean, *replies]) == [
        (None, 0.5, None),
        (Order.BASELINE_FIRST, None, "A wins"),
        (Order.CANDIDATE_FIRST, None, "B wins"),
    ]
    assert [one.failure for one in replies] == [MEAN_ONLY, MEAN_ONLY]


@pytest.mark.parametrize("raw", [None, "just text", 7, [{"order": "sideways"}], {"message": {"content": None}}, [[]]])
def test_replies_of_no_known_form_leave_the_verdict_as_it_is(raw: object, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {**ROW, "raw_completion": raw})
    (place,) = places(judged_of([path]))
    assert (place.preference, place.failure) == (1.0, None)
    said = {"just text": "just text", "[{'order': 'sideways'}]": '{"order": "sideways"}'}
    assert words(place) == said.get(str(raw))


def test_a_rule_and_the_reason_of_a_missing_verdict_are_those_of_the_row(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.json",
        {**ROW, "preference": 1.5, "rule": "identical", "raw_completion": []},
        {**ROW, "instruction": TEXTS[1], "preference": None, "failure": "timed out", "rule": 5},
    )
    (by_key,) = judged_of([path]).places.values()
    (ruled,), (failed,) = by_key[KEYS[0]], by_key[KEYS[1]]
    where = dataclasses.replace(ruled.slot, order=None, repeat=0, turn=1, rule="identical")
    assert ruled == Annotation(where, 0.5, reading=Reading.RECORDED)
    where = dataclasses.replace(failed.slot, order=None, repeat=0, turn=1, rule=None)
    assert failed == Annotation(where, None, "timed out")


def test_grades_are_told_on_their_scale(tmp_path: Path) -> None:
    row = {name: value for name, value in ROW.items() if not name.endswith("_1") and name != "preference"}
    raw = [own("[[7]]", "alone"), own("[[8]]", "alone", 1)]
    path = write(tmp_path / "annotations.json", {**row, "rating": 7.5, "scale": [1, 10], "raw_completion": raw})
    judged = judged_of([path])
    fits_boards(judged, path)
    assert told(places(judged)) == [(Order.ALONE, None, "[[7]]"), (Order.ALONE, None, "[[8]]")]
    assert [(one.slot.repeat, one.rating) for one in places(judged)] == [
        (0, Rating(7.0, 1.0, 10.0)),
        (1, Rating(8.0, 1.0, 10.0)),
    ]
    assert judged.answers == {("cand", KEYS[0]): "hello"}


def test_a_conversation_of_ours_goes_by_its_own_keys(tmp_path: Path) -> None:
    rows = [{**ROW, "key": key, "turn": turn} for key, turn in (("q:1", 1), ("q:2", 2), ("p", 1))]
    path = write(tmp_path / "annotations.json", *rows)
    judged = judged_of([path])
    fits_boards(judged, path)
    assert sorted(judged.instructions) == ["p:1", "q:1", "q:2"]


def test_mt_bench_judgments_hold_their_texts_in_the_prompts(tmp_path: Path) -> None:
    grade = "[Question]\nQ\n\n[The Start of Assistant's Answer]\nA\n[The End of Assistant's Answer]"
    row = {"question_id": 81, "model": "m", "judge": ["gpt-4", "single-v1"], "user_prompt": grade,
           "judgment": "Fine: [[7]]", "score": 7, "turn": 1}  # fmt: skip
    judged = judged_of([path := write(tmp_path / "gpt-4_single.jsonl", row)])
    fits_boards(judged, path)
    assert judged.instructions == {"81:1": "Q"} and judged.answers == {("m", "81:1"): "A"}
    assert told(places(judged)) == [(Order.ALONE, None, "Fine: [[7]]")]
    assert [one.rating for one in places(judged)] == [Rating(7.0, 1.0, 10.0)]


def test_mt_bench_pairs_tell_both_games_and_in_the_first_the_candidate_is_a(tmp_path: Path) -> None:
    sides = "\n\n".join(f"[The Start of Assistant {a}'s Answer]\n{text}\n[The End of Assistant {a}'s Answer]"
                        for a, text in (("A", "of m1"), ("B", "of m2")))  # fmt: skip
    row = {"question_id": 81, "model_1": "m1", "model_2": "m2", "judge": ["gpt-4", "pair-v2"], "turn": 1,
           "g1_user_prompt": f"[User Question]\nQ\n\n{sides}", "g1_judgment": "[[A]]", "g1_winner": "model_1",
           "g2_user_prompt": "", "g2_judgment": "[[C]]", "g2_winner": "tie"}  # fmt: skip
    judged = judged_of([path := write(tmp_path / "gpt-4_pair.jsonl", row)])
    fits_boards(judged, path)
    assert judged.answers == {("m1", "81:1"): "of m1", ("m2", "81:1"): "of m2"}
    assert told(places(judged)) == [
        (Order.CANDIDATE_FIRST, 1.0, "[[A]]"),
        (Order.BASELINE_FIRST, 0.5, "[[C]]"),
    ]


def test_the_old_form_of_a_pair_does_not_tell_whose_answer_is_which(tmp_path: Path) -> None:
    row = {
        "question_id": 81,
        "model_1": "m1",
        "model_2": "m2",
        "judge": "j",
        "winner": "model_1",
        "judgment": "[[A]]",
        "user_prompt": "[Question]\nQ\n\n[The Start of Assistant A's Answer]\nx\n[The End of Assistant A's Answer]",
    }
    judged = judged_of([write(tmp_path / "old_pair.jsonl", row)])
    assert judged.instructions == {"81": "Q"} and judged.answers == {}
    assert [one.slot.order for one in places(judged)] == [None]


@pytest.mark.parametrize("field", ["user_prompt", "prompt"])
def test_arena_hard_games_hold_their_texts_in_the_prompts(field: str, tmp_path: Path) -> None:
    sides = "\n\n".join(f"<|The Start of Assistant {a}'s Answer|>\n{text}\n<|The End of Assistant {a}'s Answer|>"
                        for a, text in (("A", "of base"), ("B", "of m")))  # fmt: skip
    text = f"<|User Prompt|>\nQ\n\n{sides}"
    prompt: Any = text if field == "user_prompt" else [{"role": "system", "content": "J"}, {"content": text}]
    game = {field: prompt, "judgment": {"answer": "[[A>>B]]"}, "score": "A>>B"}
    row = {"uid": "u", "category": "hard", "judge": "j", "model": "m", "baseline": "base", "games": [game, game]}
    judged = judged_of([path := write(tmp_path / "m.jsonl", row)])
    fits_boards(judged, path)
    assert judged.instructions == {"u": "Q"} and judged.categories == {"u": "hard"}
    assert judged.answers == {("base", "u"): "of base", ("m", "u"): "of m"}
    assert told(places(judged)) == [
        (Order.BASELINE_FIRST, 0.0, "[[A>>B]]"),
        (Order.CANDIDATE_FIRST, 1.0, "[[A>>B]]"),
    ]


@pytest.mark.parametrize("text", ["B is much better.", ""])
def test_a_strong_verdict_is_shown_with_the_words_of_the_file(text: str, tmp_path: Path) -> None:
    games = [{"score": "B>>A", "judgment": {"answer": text}}]
    row = {"uid": "u", "judge": "j", "model": "m", "baseline": "base", "games": games}
    judged = judged_of([write(tmp_path / "m.jsonl", row)])
    assert told(places(judged)) == [(Order.BASELINE_FIRST, 1.0, text)]


def test_a_table_of_numbers_tells_only_categories(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "judge,model,baseline,index,dataset,preference,len_1,len_2\nj,c,b,0,koala,1.5,1,1\nj,c,b,1,,2,1,1\n"
    )
    judged = judged_of([path])
    assert judged.categories == {"000000": "koala"}
    assert not (judged.places or judged.instructions or judged.answers)


def test_a_table_of_single_verdicts_tells_orders_and_repeats(store: Store, tmp_path: Path) -> None:
    fill(store, 6)
    export_verdicts(store, "parquet", tmp_path, Scope(BENCHMARK))
    judged = judged_of([path := tmp_path / "verdicts.parquet"])
    fits_boards(judged, path)
    (by_key,) = judged.places.values()
    assert {one.slot.order for both in by_key.values() for one in both} <= {Order.BASELINE_FIRST, Order.CANDIDATE_FIRST}
    assert judged.instructions == {}


def test_a_table_may_have_texts_beside_its_numbers(tmp_path: Path) -> None:
    row = {"judge": "j", "model": "c", "baseline": "b", "key": "k", "order": "baseline_first", "preference": 2}
    judged = judged_of([write(tmp_path / "table.jsonl", {**row, "instruction": "Q", "output_2": "A"})])
    assert (judged.instructions, judged.answers) == ({"k": "Q"}, {("c", "k"): "A"})


def test_only_the_judge_that_is_wanted_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", ROW, {**ROW, "instruction": TEXTS[1], "annotator": "other"})
    judged = of_files(Sources(files=(path,), judge="other"))
    assert [group[0] for group in judged.places] == ["other"] and set(judged.instructions) == {KEYS[1]}
    assert len(of_files(Sources(files=(path,))).places) == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.json"):
        judged_of([tmp_path / "gone.json"])


def test_the_store_tells_what_was_sent_and_said(store: Store, tmp_path: Path) -> None:
    fill(store, 6)
    judged = judged_of_store(store, benchmark=BENCHMARK, results=tmp_path)
    (entry,) = entries_of_store(store, benchmark=BENCHMARK)
    ((group, by_key),) = judged.places.items()
    assert group == (entry.judge, entry.digest, entry.baseline, entry.model)
    assert sorted(by_key) == sorted({*entry.sample.keys, *entry.sample.missing})
    # the first answer equals the baseline's: nothing was sent
    assert len(judged.instructions) == 5 and len(judged.answers) == 10
    assert judged.answers["cand", "k003"].startswith("cand 3") and judged.answers["base", "k003"] == "baseline 3"
    said = [words(one) for key in by_key for one in by_key[key]]
    assert said[0] is None and all(text and text.startswith("Because of") for text in said[1:])
    assert by_key["k000"][0].slot.rule == "identical"


def test_an_offline_judge_is_sent_nothing_and_the_written_annotations_hold_the_texts(
    store: Store, tmp_path: Path
) -> None:
    fill(store, 3)
    key = "k000"
    others = write(tmp_path / "r" / "other" / "annotations.json", {**ROW, "generator_2": "x", "generator_1": "y"})
    others.write_text(f"{others.read_text()[:-1]}, broken, and never read as far as here")
    row = {**ROW, "key": key, "instruction": "Text of it.", "output_1": "baseline 0", "output_2": "baseline 0"}
    write(tmp_path / "r" / "cand" / "annotations.json", row)
    judged = judged_of_store(store, benchmark=BENCHMARK, results=tmp_path / "r")
    assert judged.instructions[key] == "Text of it."
    assert judged.answers["cand", key] == judged.answers["base", key] == "baseline 0"


def test_a_judge_in_two_forms_has_the_verdicts_of_each_under_its_own_digest(store: Store, tmp_path: Path) -> None:
    fill(store, 2)
    changed = dataclasses.replace(JUDGE, digest="0" * 12)
    fill(store, 2, config=changed)
    judged = judged_of_store(store, benchmark=BENCHMARK, results=tmp_path)
    assert {group[:2] for group in judged.places} == {(JUDGE.name, JUDGE.digest), (JUDGE.name, changed.digest)}
    assert set(judged.places) == {
        (one.judge, one.digest, one.baseline, one.model) for one in entries_of_store(store, benchmark=BENCHMARK)
    }
    only = judged_of_store(store, benchmark=BENCHMARK, judge="nobody", results=tmp_path)
    assert only.places == {}


def test_imported_files_tell_their_texts_in_the_store_as_well(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {**ROW, "preference": 1.9, "raw_completion": choice("M", ("M", 0.9), ("m", 0.1))})
    import_files(store, [path], ImportOptions(benchmark="alpaca_eval"), judges_folder=tmp_path)
    judged = judged_of_store(store, benchmark="alpaca_eval", results=tmp_path / "none")
    assert judged.instructions == {KEYS[0]: TEXTS[0]}
    assert judged.answers == {("base", KEYS[0]): "hi", ("cand", KEYS[0]): "hello"}
    (place,) = places(judged)
    # as the file itself tells it, order and probabilities included
    elsewhere = dataclasses.replace(place, slot=dataclasses.replace(place.slot, benchmark=""))
    assert [elsewhere] == places(judged_of([path]))
    assert (place.slot.order, place.reading, words(place)) == (Order.BASELINE_FIRST, Reading.WEIGHTED, "M")
    assert list(likely(place)) == ["M", "m"]


def test_an_imported_row_that_tells_no_order_is_not_said_to_have_one(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {**ROW, "preference": 1.2, "raw_completion": "better"})
    import_files(store, [path], ImportOptions(benchmark="alpaca_eval"), judges_folder=tmp_path)
    judged = judged_of_store(store, benchmark="alpaca_eval", results=tmp_path / "none")
    assert [(one.slot.order, words(one)) for one in places(judged)] == [(None, "better")]


def test_sources_without_files_are_the_stores(store: Store, tmp_path: Path) -> None:
    fill(store, 2)
    address = url(tmp_path / "store.db")
    with pytest.raises(InputError, match="no store yet"):
        read_judged(Sources(results=tmp_path / "elsewhere"), ())
    assert read_judged(Sources(board="alpaca_eval", store=address, results=tmp_path), ()).places == {}
    # without a name it is the only benchmark that the store has
    assert len(read_judged(Sources(store=address, results=tmp_path), ()).places) == 1


def test_an_answer_that_was_changed_between_two_judges_stands_beside_neither_verdict(tmp_path: Path) -> None:
    once = write(tmp_path / "a.json", ROW)
    again = write(tmp_path / "b.json", {**ROW, "annotator": "other", "output_2": "HELLO"})
    judged = judged_of([once, again])
    assert judged.answers == {("base", KEYS[0]): "hi"} and len(judged.places) == 2


def test_the_store_tells_no_answer_of_which_verdicts_are_on_another_form(store: Store, tmp_path: Path) -> None:
    paths = [
        write(tmp_path / "a.json", ROW),
        write(tmp_path / "b.json", {**ROW, "annotator": "other", "output_2": "changed"}),
    ]
    for path in paths:
        import_files(store, [path], ImportOptions(benchmark="alpaca_eval"), judges_folder=tmp_path)
    judged = judged_of_store(store, benchmark="alpaca_eval", results=tmp_path / "none")
    assert judged.answers == {("base", KEYS[0]): "hi"}


def test_written_annotations_of_another_run_lend_no_text(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    row = {**ROW, "key": "k000", "output_1": "an answer of yesterday", "output_2": "baseline 0"}
    write(tmp_path / "r" / "cand" / "annotations.json", row)
    judged = judged_of_store(store, benchmark=BENCHMARK, results=tmp_path / "r")
    assert ("base", "k000") not in judged.answers and judged.answers["cand", "k000"] == "baseline 0"


def test_what_another_model_answered_in_the_judges_name_is_no_verdict_of_a_part() -> None:
    mine, others, rule = (
        given(0.8, reading=Reading.STATED, reply=ChatReply("Yes.", model="new")),
        given(0.1, reading=Reading.STATED, reply=ChatReply("No.", model="old")),
        given(0.5, rule="identical"),
    )
    judged = Transcripts(places={("judge", "d", "base", "cand"): {"k": (mine, others, rule)}})
    whole = Board("judge", "d", "", "base", WIN_RATE, ())
    assert judged.given(whole, "cand") == {"k": (mine, others, rule)} and judged.given(whole, "x") == {}
    first, second, third = judged.given(dataclasses.replace(whole, served_as="new"), "cand")["k"]
    assert (first, third) == (mine, rule)
    assert (second.preference, second.reading, words(second)) == (None, None, "No.")
    assert second.failure == "answered as old"


def test_the_store_tells_which_model_was_served(store: Store, tmp_path: Path) -> None:
    planned = work(store, 3)
    posed = open_work(store, planned)
    replies = [
        (one.request, dataclasses.replace(reply_to(one), model=served))
        for one, served in zip(posed, ("old", "new"), strict=True)
    ]
    store.commit(Batch(replies=replies, places=[(planned.digest, one.slot) for one in posed]))
    judged = judged_of_store(store, benchmark=BENCHMARK, results=tmp_path)
    boards = build_boards(entries_of_store(store, benchmark=BENCHMARK), Recipe())
    assert [board.served_as for board in boards] == ["new", "old"]
    for board in boards:
        (row,) = board.rows
        said = {key: one.preference for key, (one,) in judged.given(board, "cand").items()}
        assert {key for key, one in said.items() if one is not None} == set(row.entry.sample.keys)
