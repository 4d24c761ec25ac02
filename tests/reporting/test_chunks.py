"""What a page unpacks: every comparison, every text and every verdict, by number."""

import base64
import dataclasses
import gzip
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Aggregation, Entry
from evalkit.boards.judged import Transcripts
from evalkit.boards.metrics import Recipe
from evalkit.errors import ConfigError
from evalkit.provenance.canonical import canonical_digest
from evalkit.reporting.chunks import SampleSize, encode_chunks
from evalkit.sources.entries import entries_of_files, read_sources
from evalkit.sources.transcripts import transcripts_of
from evalkit.stats.sample import build_sample
from evalkit.types import BOTH_ORDERS, Annotation, Audit, ChatReply, Finding, Labels, Order, Rating, Reading, Severity
from tests.builders import given

KEYS = ["k1", "k2", "k3", "k4"]
GROUP = ("judge", "d", "base", "cand")


def unpack(chunks: dict[str, str], name: str = "index") -> Any:
    return json.loads(gzip.decompress(base64.b64decode(chunks[name], validate=True)).decode("utf-8"))


def entry(model: str = "cand", preference: tuple[float, ...] = (1.0, 0.25, 0.5, np.nan), **facts: Any) -> Entry:
    lengths = np.array([10.0, -4.0, np.nan, 7.0])
    sample = build_sample(KEYS, np.array(preference), length_difference=lengths)
    given = {"judge": "judge", "digest": "d", "baseline": "base", "avg_length": 5.0, **facts}
    return Entry(model=model, sample=sample, **given)


def boards(*entries: Entry) -> list[Board]:
    return build_boards(list(entries) or [entry()], Recipe())


def judged(**parts: Any) -> Transcripts:
    return Transcripts(
        instructions={key: f"Do {key}." for key in KEYS},
        answers={(model, key): f"{model} on {key}" for model in ("base", "cand") for key in KEYS},
        categories={"k1": "math", "k2": "art", "k3": "math"},
        **parts,
    )


def reply_of(text: str, *likely: tuple[str, float]) -> ChatReply:
    """A reply with the probabilities of its first token."""
    return ChatReply(text, (tuple((token, math.log(share)) for token, share in likely),))


def rows(index: Any) -> list[tuple[Any, ...]]:
    columns = index["rows"]
    assert len({len(column) for column in columns.values()}) == 1
    names = ("board", "model", "key", "preference", "length", "orders")
    return list(zip(*(columns[name] for name in names), strict=True))


def test_every_comparison_is_a_row_and_one_without_a_verdict_has_none() -> None:
    index = unpack(encode_chunks(boards(), judged()))
    assert index["models"] == ["base", "cand"] and index["keys"] == KEYS
    assert (index["categories"], index["category"]) == (["art", "math"], [1, 0, 1, -1])
    assert (index["text"], index["sampled"]) == (True, None)
    assert index["boards"] == [
        {"judge": "judge", "digest": "d", "part": "", "baseline": "base", "metric": "lc_win_rate", "graded": False,
         "scale": [0.0, 100.0]}
    ]  # fmt: skip
    assert rows(index) == [
        (0, 1, 0, 1.0, 10, 0), (0, 1, 1, 0.25, -4, 0), (0, 1, 2, 0.5, None, 0), (0, 1, 3, None, 7, 0)
    ]  # fmt: skip


def test_a_row_says_whether_the_orders_agree() -> None:
    def both(*shares: float | None, repeat: int = 0) -> tuple[Annotation, ...]:
        return tuple(given(one, order, repeat=repeat) for order, one in zip(BOTH_ORDERS, shares, strict=True))

    places = {
        "k1": both(0.9, 0.6),
        "k2": both(0.9, 0.4),
        # repeats are averaged first
        "k3": (*both(0.9, 0.6), *both(0.0, 0.9, repeat=1)),
        "k4": both(0.9, None),
    }
    index = unpack(encode_chunks(boards(), judged(places={GROUP: places})))
    assert index["rows"]["orders"] == [1, 2, 2, 0]


def test_texts_lie_in_pieces_by_model_and_verdicts_by_board_and_model() -> None:
    place = given(
        None, Order.ALONE, repeat=2, turn=2, rating=Rating(7.5, 1.0, 10.0), reading=Reading.STATED,
        reply=reply_of("Fine.", ("8", 0.01), ("7", 0.98765432)),
    )  # fmt: skip
    places = {GROUP: {"k2": (place, given(rule="identical")), "gone": (place,)}}
    chunks = encode_chunks(boards(), judged(places=places))
    assert sorted(chunks) == ["answers-0", "answers-1", "index", "instructions", "places-0-1"]
    assert unpack(chunks, "instructions") == [f"Do {key}." for key in KEYS]
    assert unpack(chunks, "answers-0") == [f"base on {key}" for key in KEYS]
    assert unpack(chunks, "places-0-1") == {
        "1": [
            [2, 2, None, 7.5, "stated", "Fine.", [["7", 0.987654], ["8", 0.01]], None, None, 2, None],
            [-1, 0, None, None, None, None, [], "identical", None, 1, None],
        ]
    }


def test_without_text_neither_instructions_nor_answers_nor_replies_are_there() -> None:
    place = given(0.3, Order.BASELINE_FIRST, reply=reply_of("secret", ("K", 0.3)))
    chunks = encode_chunks(boards(), judged(places={GROUP: {"k1": (place,)}}), text=False)
    assert sorted(chunks) == ["index", "places-0-1"]
    assert unpack(chunks)["text"] is False
    assert unpack(chunks, "places-0-1") == {"0": [[0, 0, 0.3, None, None, None, [["K", 0.3]], None, None, 1, None]]}


def test_a_table_of_numbers_has_an_index_only() -> None:
    chunks = encode_chunks(boards(), Transcripts())
    assert list(chunks) == ["index"] and unpack(chunks)["text"] is False


def test_a_sample_is_drawn_by_its_seed_and_is_the_same_for_every_model() -> None:
    made = boards(entry(), entry("other"))
    before = canonical_digest(made[0].rows)
    chunks = encode_chunks(made, judged(), sample=SampleSize(2, seed=5))
    index = unpack(chunks)
    assert index["sampled"] == {"n": 2, "of": 4, "seed": 5} and len(index["keys"]) == 2
    assert [one[2] for one in rows(index) if one[1] == 1] == [one[2] for one in rows(index) if one[1] == 2]
    assert unpack(chunks, "instructions") == [f"Do {key}." for key in index["keys"]]
    assert canonical_digest(made[0].rows) == before
    drawn = {tuple(unpack(encode_chunks(made, judged(), sample=SampleSize(2, seed)))["keys"]) for seed in range(9)}
    assert len(drawn) > 2
    whole = unpack(encode_chunks(made, judged(), sample=SampleSize(9)))
    assert whole["keys"] == KEYS and whole["sampled"] == {"n": 4, "of": 4, "seed": 0}


@pytest.mark.parametrize("n", [0, -3])
def test_a_sample_of_nothing_is_refused(n: int) -> None:
    with pytest.raises(ConfigError, match="at least 1"):
        SampleSize(n)


def test_what_is_drawn_does_not_hang_on_what_else_there_is() -> None:
    more = dataclasses.replace(entry(), sample=build_sample([*KEYS, "k5"], np.array([1.0, 0, 1, 0, 1])))
    few, many = (
        set(unpack(encode_chunks(boards(one), Transcripts(), sample=SampleSize(2)))["keys"]) for one in (entry(), more)
    )
    assert len(few & many) >= 1 and few - many <= set(KEYS)


@pytest.mark.parametrize(("share", "written"), [(0.4999999999, 0.4999999999), (1e-12, 1e-12), (0.1234567891, 0.123457)])
def test_rounding_makes_no_tie_and_no_certainty(share: float, written: float) -> None:
    index = unpack(encode_chunks(boards(entry(preference=(share, 0.5, 1.0, 0.0))), Transcripts()))
    assert index["rows"]["preference"] == [written, 0.5, 1.0, 0.0]


def test_grades_are_told_on_their_scale_and_have_no_baseline() -> None:
    graded = entry(preference=(1.0, 0.0, 0.5, np.nan), baseline="", scale=(1.0, 10.0))
    index = unpack(encode_chunks(boards(graded), Transcripts()))
    assert index["models"] == ["cand"]
    assert (index["boards"][0]["graded"], index["boards"][0]["scale"]) == (True, [1.0, 10.0])
    assert index["rows"]["preference"] == [10.0, 1.0, 5.5, None]


def test_the_turns_of_a_conversation_are_told_apart() -> None:
    graded = entry(preference=(1.0, 0.0, 0.5, np.nan), baseline="", scale=(1.0, 10.0))
    group = ("judge", "d", "", "cand")
    best, worst = given(rating=Rating(10.0, 1.0, 10.0)), given(turn=2, rating=Rating(1.0, 1.0, 10.0))
    places = {group: {"k1": (best,), "k2": (worst,)}}
    assert unpack(encode_chunks(boards(graded), Transcripts(places=places)))["turn"] == [1, 2, 0, 0]
    single = {group: {"k1": (best,)}}
    assert unpack(encode_chunks(boards(graded), Transcripts(places=single)))["turn"] == []


def test_a_model_that_an_audit_refused_can_be_read_as_well() -> None:
    finding = Finding("copies", Severity.FAIL, "4 of 4 answers are the same", 4, 4)
    refused = entry("same", audit=Audit(4, ("copies",), (finding,)))
    made = boards(entry(), refused)
    assert [row.entry.refused for row in made[0].rows] == [False, True]
    index = unpack(encode_chunks(made, judged()))
    assert index["rows"]["model"].count(index["models"].index("same")) == 4


HALF = "half \ud800 a pair"


def test_half_of_a_surrogate_pair_is_kept_as_it_is() -> None:
    made = boards(entry(f"model {HALF}"))
    known = Transcripts({"k1": HALF, "k2": "whole 🎉 ü"}, {("base", "k1"): HALF}, {"k1": HALF})
    chunks = encode_chunks(made, known)
    assert unpack(chunks, "instructions")[:2] == [HALF, "whole 🎉 ü"]
    assert unpack(chunks, "answers-0")[0] == HALF
    assert unpack(chunks)["models"] == ["base", "model half \\ud800 a pair"]


def test_a_half_pair_in_a_name_can_be_sampled() -> None:
    made = boards(dataclasses.replace(entry(), sample=build_sample([f"k{HALF}", "k2"], np.array([1.0, 0.0]))))
    assert len(unpack(encode_chunks(made, Transcripts(), sample=SampleSize(1)))["keys"]) == 1


def test_the_bytes_are_the_same_every_time_and_names_hold_digits_and_fixed_words_only() -> None:
    made, known = boards(entry("</script>"), entry('"><b>')), judged(places={GROUP: {"k1": (given(),)}})
    chunks = encode_chunks(made, known)
    assert chunks == encode_chunks(made, known)
    assert all(re.fullmatch(r"(index|instructions|answers|places)(-\d+){0,2}", name) for name in chunks)
    assert all(re.fullmatch(r"[A-Za-z0-9+/]+=*", chunk) for chunk in chunks.values())


def test_a_real_run_with_texts_can_be_read_whole(real_outputs: Path) -> None:
    path = real_outputs / "annotations" / "gpt-3.5-turbo-1106.weighted_alpaca_eval_gpt4_turbo.json.gz"
    made, known = (
        build_boards(entries_of_files([path]), Recipe()),
        transcripts_of(read_sources([path], Aggregation(), texts=True)),
    )
    chunks = encode_chunks(made, known)
    index = unpack(chunks)
    assert index["models"] == ["gpt-3.5-turbo-1106", "gpt4_1106_preview"] and len(index["keys"]) == 805
    assert len(index["categories"]) == 5 and -1 not in index["category"]
    assert None not in unpack(chunks, "instructions") + unpack(chunks, "answers-0") + unpack(chunks, "answers-1")
    places = unpack(chunks, "places-0-0")
    assert len(places) == 805
    said = index["rows"]["preference"]
    by_key = dict(zip(index["rows"]["key"], said, strict=True))
    assert all(place[2] == by_key[int(key)] for key, (place,) in places.items())
    # who was shown first was dealt by chance, and is read out of the probabilities
    assert 300 < sum(place[0] == 0 for (place,) in places.values()) < 500


def test_the_names_that_a_reply_gives_to_answers_are_told() -> None:
    own = given(0.9, Order.BASELINE_FIRST, reply=reply_of("[[Q]]"))
    labelled = dataclasses.replace(own, slot=dataclasses.replace(own.slot, labels=Labels("K", "Q")))
    foreign = given(0.0, Order.CANDIDATE_FIRST, reply=reply_of("So it is [[B>>A]]"))
    unknown = given(0.0, Order.CANDIDATE_FIRST, reply=reply_of("B is better"))
    chunks = encode_chunks(boards(), judged(places={GROUP: {"k1": (labelled, foreign, unknown)}}))
    assert [place[-1] for place in unpack(chunks, "places-0-1")["0"]] == [["K", "Q"], ["A", "B"], None]
