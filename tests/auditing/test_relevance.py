import numpy as np
import pytest

from evalkit.auditing.relevance import PERMUTATIONS, relevance_p
from evalkit.auditing.words import words
from tests.auditing.answers import HONEST, INSTRUCTIONS, SHIPPED, shipped

SLOT = [words(text) for text in INSTRUCTIONS]
SAID = [words(text) for text in HONEST]


def test_the_probability_is_by_hand_that_of_the_orders_that_do_as_well() -> None:
    # of the six orders of three answers one gives each its own words, so that about a sixth of all draws do as well
    asked = [["one"], ["two"], ["three"]]
    p = relevance_p(asked, asked)
    assert p == pytest.approx(1 / 6, abs=4 * np.sqrt(1 / 6 * 5 / 6 / PERMUTATIONS))


def test_answers_that_all_overlap_alike_are_as_good_as_any_others() -> None:
    assert relevance_p(SLOT, [SAID[0]] * 100) == 1
    assert relevance_p(SLOT, [["nothing", "shared"]] * 100) == 1


def test_no_draw_does_as_well_as_honest_answers() -> None:
    assert relevance_p(SLOT, SAID) == 1 / (1 + PERMUTATIONS)


def test_under_chance_the_probability_is_uniform() -> None:
    draw = np.random.default_rng(11)
    found = []
    for _ in range(300):
        rows, places = draw.choice(100, 30, replace=False), draw.choice(100, 30, replace=False)
        found.append(relevance_p([SLOT[row] for row in rows], [SAID[place] for place in places]))
    for level in (0.1, 0.25, 0.5, 0.75):
        # four standard errors of 300 draws
        assert np.mean(np.array(found) <= level) == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 300))
    # by a continuous statistic three of 300 would be expected
    assert np.sum(np.array(found) <= 0.01) <= 10


@pytest.mark.parametrize("model", SHIPPED)
def test_twenty_honest_answers_are_enough(model: str) -> None:
    outputs = shipped(model)
    asked = [words(one.instruction) for one in outputs.examples]
    said = [words(one.text) for one in outputs.outputs]
    draw = np.random.default_rng(12)
    for _ in range(30):
        rows = draw.choice(48, 20, replace=False)
        assert relevance_p([asked[row] for row in rows], [said[row] for row in rows]) <= 0.01


def test_common_words_count_little_beside_rare_ones() -> None:
    # every answer holds the words of all instructions but its own rare one; and then that one too
    common = [f"common{n % 5}" for n in range(60)]
    asked = [["please", common[n], f"rare{n}"] for n in range(60)]
    said = [["please", *set(common), f"rare{n}"] for n in range(60)]
    assert relevance_p(asked, said) == 1 / (1 + PERMUTATIONS)
    assert relevance_p(asked, [["please", *sorted(set(common))]] * 60) == 1


def test_the_order_of_the_rows_does_not_matter() -> None:
    order = np.random.default_rng(13).permutation(100).tolist()
    shuffled = [*SAID[11:], *SAID[:11]]
    one = relevance_p(SLOT, shuffled)
    assert one == relevance_p([SLOT[row] for row in order], [shuffled[row] for row in order])


def test_of_very_many_answers_a_part_is_looked_at() -> None:
    asked = [[f"w{n}", f"v{n % 7}"] for n in range(3000)]
    assert relevance_p(asked, asked) == 1 / (1 + PERMUTATIONS)
    assert relevance_p(asked, [*asked[1:], asked[0]]) > 0.01
