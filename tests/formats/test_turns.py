"""Conversations are judged turn by turn, each in the light of those before it, and stay one cluster."""

import dataclasses

import pytest

from evalkit.formats.turns import answer_up_to, split_turns, turn_key
from evalkit.text.markdown import count_markdown
from evalkit.types import Example, Output

CONVERSATION = Example("81", ("Write.", "Shorten."), "writing", reference=("r1", "r2"))


def test_each_turn_is_an_instruction_with_the_turns_before_it() -> None:
    first, second = split_turns(CONVERSATION)
    assert (first.key, first.turns, first.reference) == ("81:1", ("Write.",), ("r1",))
    assert (second.key, second.turns, second.reference) == ("81:2", ("Write.", "Shorten."), ("r1", "r2"))
    assert {first.category, second.category} == {"writing"}


def test_the_turns_of_a_conversation_are_one_cluster() -> None:
    assert {part.cluster for part in split_turns(CONVERSATION)} == {"81"}
    named = dataclasses.replace(CONVERSATION, cluster="twins")
    assert {part.cluster for part in split_turns(named)} == {"twins"}


def test_what_has_one_turn_stays_as_it_is() -> None:
    example = Example("k", ("Do it.",), reference=("r",))
    assert split_turns(example) == [example]


def test_a_reference_for_the_first_turn_alone_is_there_at_both() -> None:
    parts = split_turns(dataclasses.replace(CONVERSATION, reference=("r1",)))
    assert [part.reference for part in parts] == [("r1",), ("r1",)]


@pytest.mark.parametrize("n", [2, 3, 5])
def test_keys_are_the_conversations_own_with_the_number_of_the_turn(n: int) -> None:
    parts = split_turns(Example("a:b", tuple("x" * n)))
    assert [part.key for part in parts] == [turn_key("a:b", turn) for turn in range(1, n + 1)]
    assert [len(part.turns) for part in parts] == list(range(1, n + 1))


def test_an_answer_goes_as_far_as_its_turn() -> None:
    output = Output("81", "cand", ("# A title", "Short."), measures={"tokens": 9.0})
    first, second = (answer_up_to(output, part) for part in split_turns(CONVERSATION))
    assert first == Output("81:1", "cand", ("# A title",), measures=count_markdown("# A title"))
    # what its source counted is of the whole answer
    assert second == Output("81:2", "cand", ("# A title", "Short."), measures={"tokens": 9.0})


def test_a_turn_that_a_model_did_not_get_to_has_no_answer() -> None:
    first, second = (answer_up_to(Output("81", "cand", ("One.",)), part) for part in split_turns(CONVERSATION))
    assert first is not None and first.texts == ("One.",)
    assert second is None
    assert [answer_up_to(Output("81", "cand", ()), part) for part in split_turns(CONVERSATION)] == [None, None]


def test_an_answer_that_is_too_long_to_be_judged_is_so_at_every_turn() -> None:
    oversize = Output("81", "cand", (), oversize_chars=10**7)
    found = [answer_up_to(oversize, part) for part in split_turns(CONVERSATION)]
    assert [(one.key, one.oversize_chars) for one in found if one is not None] == [("81:1", 10**7), ("81:2", 10**7)]


def test_of_an_answer_with_more_turns_than_were_asked_for_the_rest_is_left_out() -> None:
    example = Example("k", ("Do it.",))
    found = answer_up_to(Output("k", "cand", ("one", "two")), example)
    assert found is not None and found.texts == ("one",)
