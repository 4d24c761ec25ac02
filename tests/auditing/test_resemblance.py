import numpy as np

from evalkit.auditing.resemblance import RESEMBLANCE, largest_cluster


def mixed(n: int, seed: int, words: int = 60) -> list[list[str]]:
    draw = np.random.default_rng(seed)
    return [[f"w{word}" for word in draw.integers(0, 400, words)] for _ in range(n)]


def test_texts_that_have_nothing_in_common_make_no_cluster() -> None:
    assert len(largest_cluster(mixed(300, seed=1))) == 1
    assert largest_cluster([]) == []


def test_equal_texts_make_one_whatever_their_length() -> None:
    others = mixed(10, seed=2)
    for text in (["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]):
        assert largest_cluster([text, *others, text, text]) == [0, 11, 12]


def test_the_largest_of_several_clusters_is_found() -> None:
    (one, other), rest = mixed(2, seed=3), mixed(50, seed=4)
    assert largest_cluster([*rest, one, one, other, other, other]) == [52, 53, 54]


def test_texts_are_tied_by_how_many_of_their_triples_they_share() -> None:
    shared = mixed(1, seed=5, words=1000)[0]
    for own, expected in ((50, 200), (700, 1)):
        # by hand: 998 common triples of 998 + 2 own in all
        jaccard = 998 / (998 + 2 * own)
        assert (jaccard > RESEMBLANCE) == (expected > 1)
        texts = [[*shared, *text] for text in mixed(200, seed=6, words=own)]
        assert len(largest_cluster(texts)) == expected


def test_a_chain_of_neighbours_is_one_cluster() -> None:
    words = mixed(1, seed=7, words=2000)[0]
    chain = [words[10 * place : 10 * place + 400] for place in range(100)]
    assert len(largest_cluster(chain)) == 100


def test_the_order_of_the_texts_does_not_matter() -> None:
    texts = [*mixed(40, seed=8), *([mixed(1, seed=9)[0]] * 20)]
    order = np.random.default_rng(10).permutation(60).tolist()
    found = largest_cluster([texts[place] for place in order])
    assert sorted(order[place] for place in found) == largest_cluster(texts) == list(range(40, 60))
