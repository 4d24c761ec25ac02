import asyncio

import pytest

from evalkit.clients.heuristic import RULES, heuristic_endpoint, open_heuristic
from evalkit.errors import RejectedRequest, UnknownName
from evalkit.judge_spec.config import read_judge
from evalkit.judge_spec.parsers import find_parser
from evalkit.judge_spec.prompting import ask
from evalkit.judging.annotations import candidate_preference
from evalkit.judging.pairing import pair_exactly
from evalkit.judging.requests import build_request
from evalkit.types import (
    BOTH_ORDERS,
    ChatRequest,
    Example,
    Grading,
    JudgeConfig,
    Order,
    Output,
    Preference,
    Question,
    Rating,
    Unparsed,
    Verdict,
)
from tests.builders import output_set


def verdict_of(config: JudgeConfig, question: Question) -> Verdict:
    request = build_request(question, config, heuristic_endpoint(config))
    reply = asyncio.run(open_heuristic(config).complete(request))
    return find_parser(config.parser, config.parser_options)(reply, question.labels)


def preference(judge: str, baseline: str, candidate: str, order: Order, secret: bytes = b"s") -> float:
    config = read_judge(judge)
    (comparison,) = pair_exactly(output_set("base", [baseline]), output_set("cand", [candidate])).comparisons
    question = ask(comparison, order, repeat=0, secret=secret, tie=config.tie)
    verdict = verdict_of(config, question)
    assert not isinstance(verdict, Unparsed), verdict.reason
    return candidate_preference(verdict, order)


@pytest.mark.parametrize("order", BOTH_ORDERS)
def test_the_longest_wins_the_shortest_loses_and_equal_lengths_tie(order: Order) -> None:
    assert preference("longest", "short", "much longer", order) == 1.0
    assert preference("shortest", "short", "much longer", order) == 0.0
    assert preference("longest", "12345", "abcde", order) == 0.5


@pytest.mark.parametrize("judge", ["surface", "longest", "shortest"])
def test_a_rule_over_texts_has_no_position_bias(judge: str) -> None:
    pair = ("A few plain words.", "1. A list\n2. with **bold** words and 17 figures")
    first, second = (preference(judge, *pair, order) for order in BOTH_ORDERS)
    assert first == pytest.approx(second, abs=1e-12)


def test_surface_gives_an_empty_answer_next_to_no_chance() -> None:
    assert preference("surface", "A perfectly ordinary answer to the question.", "?!", Order.BASELINE_FIRST) < 0.01


def test_the_coin_is_fair_and_tosses_the_same_for_the_same_question() -> None:
    tosses = [preference("random", "a", "b", Order.BASELINE_FIRST, secret=bytes([n])) for n in range(200)]
    assert 70 < sum(tosses) < 130
    assert preference("random", "a", "b", Order.BASELINE_FIRST, secret=b"\0") == tosses[0]


def grade(answers: tuple[str, ...], judge: str = "surface_grade") -> float:
    config = read_judge(judge)
    example = Example("k", tuple(f"Turn {n}" for n in range(len(answers))))
    alone = Grading(example, Output("k", "cand", answers))
    verdict = verdict_of(config, ask(alone, Order.ALONE, repeat=0, secret=b"s", tie=None))
    assert isinstance(verdict, Rating), verdict
    assert (verdict.low, verdict.high) == (1, 10)
    return verdict.value


def test_an_answer_alone_is_graded_by_its_looks() -> None:
    poor = "?!"
    middling = "Water boils when its vapour pushes as hard as the air above does, which takes less heat on a mountain."
    rich = "\n".join(f"{n}. **point {n}** of a list with figures" for n in range(99))
    assert 1 <= grade((poor,)) < grade((middling,)) < grade((rich,)) <= 10


def test_of_a_conversation_the_last_answer_is_graded() -> None:
    assert grade(("?!", "a fairly good answer of several words")) == grade(("a fairly good answer of several words",))


@pytest.mark.parametrize("order", BOTH_ORDERS)
def test_five_verdicts_say_how_far_the_looks_are_apart(order: Order) -> None:
    config = read_judge("surface_five_way")

    def said(baseline: str, candidate: str) -> tuple[float, bool]:
        (comparison,) = pair_exactly(output_set("base", [baseline]), output_set("cand", [candidate])).comparisons
        verdict = verdict_of(config, ask(comparison, order, repeat=0, secret=b"s", tie=None))
        assert isinstance(verdict, Preference), verdict
        return candidate_preference(verdict, order), verdict.strong

    plain = "A plain answer of some words."
    assert said(plain, plain) == (0.5, False)
    assert said(plain, plain + " And one more.") == (1.0, False)
    assert said(plain, "?!") == (0.0, True)
    assert said("?!", plain) == (1.0, True)


def test_a_heuristic_gives_no_answers() -> None:
    client = open_heuristic(read_judge("surface"))
    with pytest.raises(RejectedRequest, match="judges answers and gives none"):
        asyncio.run(client.complete(ChatRequest("key", "surface", (), {})))


def test_every_shipped_offline_judge_has_its_rule_and_an_unknown_one_is_named() -> None:
    import dataclasses

    assert {read_judge(name).model for name in ("surface", "longest", "shortest", "random")} == set(RULES)
    with pytest.raises(UnknownName, match="Did you mean 'surface'"):
        open_heuristic(dataclasses.replace(read_judge("surface"), model="surfase"))
