"""Arena-Hard's judgments as verdicts, of both editions."""

from typing import Any

import pytest

from evalkit.errors import InputError
from evalkit.formats.arena_hard import game_verdicts
from evalkit.formats.records import Record
from evalkit.judge_spec.parsers import arena_hard_verdict
from evalkit.types import Annotation, ChatReply, Labels, Order, Preference, Unparsed

Row = dict[str, Any]
V2: Row = {
    "uid": "ab", "category": "hard_prompt", "judge": "gpt-4.1", "model": "cand", "baseline": "o3-mini",
    "games": [
        {"score": "B>>A", "judgment": {"answer": "So [[B>>A]]"}, "prompt": []},
        {"score": "A=B", "judgment": {"answer": "So [[A=B]]"}, "prompt": []},
    ],
}  # fmt: skip
V01: Row = {
    "question_id": "ab", "model": "cand", "judge": "gpt-4",
    "games": [{"user_prompt": "…", "judgment": "[[A>B]]", "score": "A>B"}, {"judgment": "[[A>B]]", "score": "A>B"}],
}  # fmt: skip
LABELS = {
    "A>>B": (1.0, True), "A>B": (1.0, False), "A=B": (0.5, False), "B>A": (0.0, False), "B>>A": (0.0, True),
    "B<<A": (1.0, True), "B<A": (1.0, False), "B=A": (0.5, False), "A<B": (0.0, False), "A<<B": (0.0, True),
}  # fmt: skip


def verdicts(row: Row, **options: Any) -> list[Annotation]:
    return list(game_verdicts([Record("file:1", row)], **options))


def test_the_baseline_is_a_in_the_first_game_and_b_in_the_second() -> None:
    first, second = verdicts(V2)
    slot = first.slot
    assert (slot.key, slot.cluster, slot.category, slot.judge) == ("ab", "ab", "hard_prompt", "gpt-4.1")
    assert (slot.model, slot.baseline) == ("cand", "o3-mini")
    # B is the candidate
    assert (slot.order, first.preference, first.strong) == (Order.BASELINE_FIRST, 1.0, True)
    assert (second.slot.order, second.preference, second.strong) == (Order.CANDIDATE_FIRST, 0.5, False)
    assert first.reply == ChatReply("So [[B>>A]]")


def test_the_first_edition_names_no_baseline_and_has_texts() -> None:
    first, second = verdicts(V01)
    assert (first.slot.baseline, first.preference, second.preference) == ("gpt-4-0314", 0.0, 1.0)
    assert verdicts(V01, baseline="other")[0].slot.baseline == "other"


@pytest.mark.parametrize("label", LABELS)
def test_every_label_says_which_is_better_and_whether_by_much(label: str) -> None:
    _, second = verdicts({**V01, "games": [None, {"score": label}]})
    assert (second.preference, second.strong) == LABELS[label]


@pytest.mark.parametrize(
    ("game", "reason"),
    [
        (None, "the judge's call failed: the file has null for the game"),
        ({"score": None, "judgment": "hm"}, "no verdict was found in the reply"),
        ({"judgment": "hm"}, "no verdict was found in the reply"),
        ({"score": "A>B", "judgment": "$ERROR$"}, "the judge's call failed ($ERROR$)"),
    ],
)
def test_a_game_without_a_verdict_is_a_failure(game: Row | None, reason: str) -> None:
    first, second = verdicts({**V2, "games": [game, V2["games"][1]]})
    assert (first.preference, first.strong, first.failure) == (None, False, reason)
    assert second.failure is None


@pytest.mark.parametrize(
    ("games", "reason"),
    [
        (None, 'field "games": expected a list of one or two games, found null'),
        ([], 'field "games": expected a list of one or two games, found 0 games'),
        ([None] * 3, 'field "games": expected a list of one or two games, found 3 games'),
        (["x"], 'field "games[0]": expected a mapping, found text'),
        ([{"score": 3}], 'field "games[0].score": expected text, found a number'),
        ([{"score": "A>>>B"}], 'field "games[0].score": expected one of A>>B, B<<A'),
        ([{"score": "A>B", "judgment": {}}, {"score": "A>B", "judgment": {"answer": 1}}], 'field "games[1].judgment"'),
    ],
)
def test_games_of_a_wrong_kind_are_refused_with_their_place(games: object, reason: str) -> None:
    with pytest.raises(InputError) as error:
        verdicts({**V2, "games": games})
    assert str(error.value).startswith(f"file:1: {reason}")


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("[[A>B]]", "A>B"),
        ("my verdict: [[a>>b]].", "A>>B"),
        ("first [[A>B]], then [[B>A]]", "B>A"),
        ("only [B>>A] here", "B>>A"),
        ("[[A<B]]", "A<B"),
        ("[A>B] and [[A=B]]", "A=B"),
    ],
)
def test_a_recorded_reply_reads_as_arena_hard_reads_it(reply: str, label: str) -> None:
    p_a, strong = LABELS[label]
    assert arena_hard_verdict(ChatReply(reply), Labels("A", "B")) == Preference(p_a, strong=strong)


@pytest.mark.parametrize("reply", ["", "A>B", "[[C]]", "[[A>>>B]]", "[A] is good"])
def test_a_recorded_reply_without_a_verdict_is_unparsed(reply: str) -> None:
    assert isinstance(arena_hard_verdict(ChatReply(reply), Labels("A", "B")), Unparsed)
