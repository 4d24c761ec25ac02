"""Which instructions are near-duplicates of each other."""

import itertools
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.auditing.near_duplicates import near_duplicates
from tests.variants import families, word


def clusters(texts: list[str]) -> set[frozenset[int]]:
    """The places of the texts in each cluster of more than one."""
    found: dict[int, list[int]] = {}
    for place, number in enumerate(near_duplicates(texts)):
        found.setdefault(number, []).append(place)
    return {frozenset(places) for places in found.values() if len(places) > 1}


FOUR = "Which town has more bridges than any other"
SCHEDULE = "Please write a letter to my landlord about the broken heating in our kitchen"


def test_two_instructions_above_one_half_are_one_cluster_and_at_one_half_are_two() -> None:
    # 12 words have 10 triples; another last word changes one: 9 / 11
    assert clusters([f"{SCHEDULE} today", f"{SCHEDULE} soon", FOUR]) == {frozenset({0, 1})}
    # 4 words against the first 3 of them: 1 triple of 2
    assert clusters(["one two three four", "one two three", FOUR]) == set()
    # 3 triples of 5 is more than one half
    assert clusters(["a1 b1 c1 d1 e1 f1", "a1 b1 c1 d1 e1 z1", FOUR]) == {frozenset({0, 1})}


def test_two_fives_of_near_duplicates_are_two_clusters() -> None:
    assert clusters(families(10, 5)) == {frozenset(range(5)), frozenset(range(5, 10))}
    assert clusters([*families(10, 5), FOUR]) == {frozenset(range(5)), frozenset(range(5, 10))}


def test_numbers_count_in_the_order_of_the_texts() -> None:
    first, second, third, fourth, *_ = families(6, 2)
    assert near_duplicates([first, third, second, fourth]) == [0, 1, 0, 1]
    assert near_duplicates([]) == []
    assert near_duplicates(["alone"]) == [0]


def test_a_chain_of_small_changes_is_not_one_cluster() -> None:
    # neighbours share 8 of 14 triples (0.57), those two apart 5 of 17
    names = [word(random.Random(3)) + str(n) for n in range(25)]
    chain = [" ".join(names[start : start + 13]) for start in (0, 3, 6)]
    found = clusters([*chain, *families(20, 1)])
    assert len(found) == 1
    assert all(len(one) == 2 for one in found)


@pytest.mark.parametrize("n", [7, 40, 300])
def test_a_template_alone_makes_no_near_duplicates(n: int) -> None:
    generator = random.Random(n)
    begun = "Translate the following sentence from English into German, and keep its tone"
    assert clusters([f"{begun}: {' '.join(word(generator) for _ in range(6))}" for _ in range(n)]) == set()


def test_near_duplicates_within_a_template_are_found_by_what_fills_it() -> None:
    begun = "Translate the following sentence from English into German, and keep its tone: "
    assert clusters([begun + text for text in families(60, 3)]) == {frozenset(range(n, n + 3)) for n in range(0, 60, 3)}


def test_the_same_words_are_one_cluster_whatever_the_template() -> None:
    same = ["Write a poem.", "write  a poem!"] * 30
    assert clusters([*same, *families(20, 1)]) == {frozenset(range(60))}


def test_short_and_empty_instructions_are_compared_whole() -> None:
    texts = ["Hello", "hello!", "Hello you", "", " ", "+++", "+++", "---", "Hi"]
    assert clusters(texts) == {frozenset({0, 1}), frozenset({3, 4}), frozenset({5, 6})}


def test_texts_without_blanks_are_compared_by_their_letters() -> None:
    chinese = [
        "请写一封信给我的房东说明厨房的暖气坏了",
        "请写一封信给我的房东说明厨房的暖气坏掉",
        "今天天气怎么样适合去爬山吗",
    ]
    assert clusters(chinese) == {frozenset({0, 1})}
    russian = [
        "Напиши письмо моему хозяину о сломанном отоплении",
        "Напиши письмо моему хозяину о сломанном кране",
        "Кто?",
    ]
    assert clusters(russian) == {frozenset({0, 1})}


WORDS = st.lists(st.sampled_from([f"w{n}" for n in range(12)]), max_size=9).map(" ".join)


@given(st.lists(WORDS, max_size=14), st.randoms())
def test_the_order_of_the_texts_changes_nothing(texts: list[str], dice: random.Random) -> None:
    order = list(range(len(texts)))
    dice.shuffle(order)
    shuffled = {frozenset(order[place] for place in one) for one in clusters([texts[place] for place in order])}
    assert shuffled == clusters(texts)


@given(st.lists(WORDS, max_size=14))
def test_every_two_of_a_cluster_are_alike(texts: list[str]) -> None:
    for one in clusters(texts):
        for a, b in itertools.combinations(one, 2):
            alone = near_duplicates([texts[a], texts[b], "and another one", "and then the next of these"])
            alike = _jaccard(texts[a].split(), texts[b].split())
            # rarer triples than all of them may decide, where some are a template's
            assert alone[0] == alone[1] or alike > 0 or texts[a] == texts[b]


def _jaccard(one: list[str], other: list[str]) -> float:
    sets = [{tuple(own[n : n + 3]) for n in range(max(1, len(own) - 2))} for own in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_the_published_instructions_hold_one_family_of_fifteen(real_outputs: Path) -> None:
    rows = json.loads((real_outputs / "outputs" / "gpt4_1106_preview.json").read_text())
    texts = [row["instruction"] for row in rows]
    # 15 in one cluster have the 105 pairs that there are
    (found,) = clusters(texts)
    assert len(texts) == 805 and len(found) == 15
