"""One number for each model from several boards."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats.aggregate import Aggregated, AggregateMethod, Part, aggregate
from evalkit.stats.ratings.bradley_terry import solve_strengths
from evalkit.stats.sample import Floats, build_sample
from evalkit.stats.winrate import win_rate
from evalkit.types import StatusKind

Draw = Callable[[int, int], Floats]


def part_of(verdicts: Floats | Sequence[Sequence[float]], benchmark: str = "one", weight: float = 1.0) -> Part:
    """A board of raw win rates, a row of verdicts a model."""
    samples = tuple(build_sample(range(len(row)), list(row)) for row in verdicts)
    return Part(benchmark, tuple(map(win_rate, samples)), samples, weight)


def won(*counts: int, n: int = 40) -> list[list[float]]:
    """Verdicts of models that win so many of n instructions, and lose the others."""
    return [[1.0] * count + [0.0] * (n - count) for count in counts]


def values(found: Aggregated) -> list[float | None]:
    return [one.value for one in found.estimates]


def test_mean_ranks_worked_by_hand() -> None:
    # ranks 1, 2, 3 on the first board and 1.5, 3, 1.5 on the second, which counts three times as much
    parts = [part_of(won(30, 20, 10)), part_of(won(30, 10, 30), "two", 3.0)]
    assert values(aggregate(parts, AggregateMethod.MEAN_RANK)) == pytest.approx([1.375, 2.75, 1.875])


def test_standardised_scores_worked_by_hand() -> None:
    verdicts = won(36, 20, 4)
    # rates 90, 50, 10 have the variance 3200 / 3. A row's contribution is 100 (verdict - rate) / 40; about the mean of
    # the three models the contributions of an instruction that none, one, two or all win are those of the errors
    (part,) = [part_of(verdicts)]
    pulls = np.array([[(row - np.mean(row)) * 100 / 40] for row in np.array(verdicts)])[:, 0, :]
    sampling = ((pulls - pulls.mean(axis=0)) ** 2).sum() / 3
    own = np.array([rate.estimate.stderr for rate in part.measured], dtype=float)
    beyond = np.maximum(own**2 - (pulls**2).sum(axis=1), 0).mean() * 2 / 3
    expected = 40 / math.sqrt(3200 / 3 - sampling - beyond)
    assert values(aggregate([part], AggregateMethod.Z)) == pytest.approx([expected, 0, -expected])


def test_strengths_worked_by_hand() -> None:
    # of 20 instructions the first beats the second on 15 and the third on 18, the second beats the third on 15: odds of
    # 3, 9 and 3, which strengths of log 3, 0 and -log 3 give exactly; 400 log10 3 = 190.85 points of Elo
    orders = ["abc"] * 11 + ["acb"] * 3 + ["bac"] * 4 + ["cab"] * 1 + ["cba"] * 1
    verdicts = [[1 - order.index(model) / 2 for order in orders] for model in "abc"]
    found = aggregate([part_of(verdicts)], AggregateMethod.BT)
    assert values(found) == pytest.approx([1190.85, 1000, 809.15], abs=0.01)
    assert [one.n for one in found.estimates] == [20, 20, 20]


def test_a_part_weighs_the_same_whatever_its_size() -> None:
    orders = ["abc"] * 11 + ["acb"] * 3 + ["bac"] * 4 + ["cab"] * 1 + ["cba"] * 1
    small, large = (
        [[1 - order.index(model) / 2 for order in orders * times] for model in names]
        for times, names in ((1, "abc"), (5, "cba"))
    )
    found = aggregate([part_of(small), part_of(large, "two")], AggregateMethod.BT)
    assert values(found) == pytest.approx([1000, 1000, 1000])


def test_the_strengths_vary_as_those_of_resampled_instructions() -> None:
    rng = np.random.default_rng(5)
    verdicts = np.clip(rng.normal([[0.3], [0.2], [0.0], [-0.2]], 1.0, (4, 150)), -1, 1)
    verdicts = (verdicts + 1) / 2

    def strengths(drawn: Floats) -> Floats:
        shares = np.array([[0.0 if i == j else ((a > b) + 0.5 * (a == b)).mean() for j, b in enumerate(drawn)]
                           for i, a in enumerate(drawn)])  # fmt: skip
        return np.asarray(400 / math.log(10) * solve_strengths(shares[None])[0])

    refitted = np.array([strengths(verdicts[:, rng.integers(150, size=150)]) for _ in range(400)])
    errors = [one.stderr for one in aggregate([part_of(verdicts)], AggregateMethod.BT).estimates]
    assert errors == pytest.approx(refitted.std(axis=0).tolist(), rel=0.15)


def test_boards_of_one_benchmark_share_its_instructions() -> None:
    rng = np.random.default_rng(3)
    verdicts = rng.uniform(size=(3, 200)) ** np.array([[0.5], [1.0], [2.0]])
    alone, twice, apart = (
        aggregate(parts, AggregateMethod.Z).estimates[0].stderr
        for parts in (
            [part_of(verdicts)],
            [part_of(verdicts), part_of(verdicts)],
            [part_of(verdicts), part_of(verdicts, "two")],
        )
    )
    assert alone is not None and twice == pytest.approx(alone, rel=0.05)
    assert apart == pytest.approx(alone / math.sqrt(2), rel=0.05)


def test_rank_intervals_of_clear_models_are_single_ranks() -> None:
    for method in AggregateMethod:
        rng = np.random.default_rng(1)
        rates = rng.uniform(size=(3, 400)) ** np.array([[0.3], [1.0], [3.0]])
        found = aggregate([part_of(rates), part_of(rates[:, ::-1], "two")], method)
        assert [(one.rank, one.lower, one.upper) for one in found.ranks if one] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_a_mean_rank_allows_every_rank_among_models_that_hardly_differ() -> None:
    rng = np.random.default_rng(2)
    (first, *_) = aggregate([part_of(rng.uniform(size=(4, 100)))], AggregateMethod.MEAN_RANK).estimates
    assert (first.lower, first.upper) == (1, 4)


def test_scores_that_hardly_differ_make_a_doubtful_z() -> None:
    rng = np.random.default_rng(2)
    found = aggregate([part_of(rng.uniform(size=(4, 100)), "noise")], AggregateMethod.Z)
    assert {one.status.kind for one in found.estimates} == {StatusKind.DEGRADED}
    assert found.estimates[0].status.reason == "the scores on noise hardly differ beyond chance"


def test_a_model_that_lost_every_battle_has_no_strength_and_leaves_the_others_theirs() -> None:
    orders = ["abc"] * 11 + ["acb"] * 3 + ["bac"] * 4 + ["cab"] * 1 + ["cba"] * 1
    verdicts = [[1 - order.index(model) / 4 for order in orders] for model in "abc"]
    found = aggregate([part_of([*verdicts, [0.0] * 20])], AggregateMethod.BT)
    assert values(found)[:3] == pytest.approx([1190.85, 1000, 809.15], abs=0.01)
    assert found.estimates[3].value is None and found.ranks[3] is None
    assert str(found.estimates[3].status.reason).startswith("unbounded below")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "there are no boards to aggregate"),
        ([part_of(won(30, 20))], "2 models stand on every board, at least 3 needed"),
        ([part_of(won(30, 20, 10)), part_of(won(30, 20, 10, 5), "two")], "two has 4 models, and one has 3"),
        ([part_of(won(30, 20, 10), weight=0.0)], "one: expected a positive weight, found 0.0"),
    ],
)
def test_what_cannot_be_aggregated_is_refused(parts: list[Part], said: str) -> None:
    with pytest.raises(StatsError) as caught:
        aggregate(parts, AggregateMethod.Z)
    assert str(caught.value) == said


def test_equal_mean_ranks_share_a_rank_whatever_the_last_digits_of_their_sums_are() -> None:
    for boards in (3, 5, 6, 7):
        # two models take turns, and the third is always last
        parts = [part_of(won(*((30, 25, 5) if at % 2 else (25, 30, 5)), n=40), f"b{at}") for at in range(2 * boards)]
        first, second, third = aggregate(parts, AggregateMethod.MEAN_RANK).ranks
        assert first is not None and second is not None and third is not None
        assert (first.rank, second.rank, third.rank) == (1, 1, 3)
        assert first == second


def test_battles_that_are_all_ties_give_no_sure_strength() -> None:
    found = aggregate([part_of([[0.5] * 40] * 3)], AggregateMethod.BT)
    assert {one.status.kind for one in found.estimates} == {StatusKind.DEGRADED}


def test_an_unbounded_model_takes_no_rank_from_those_that_have_one() -> None:
    # three models far apart, and one that lost every battle
    rng = np.random.default_rng(4)
    levels = np.array([[2.0], [0.0], [-2.0]]) + rng.normal(0, 0.7, size=(3, 400))
    found = aggregate([part_of(np.vstack([(levels / 20 + 0.5).clip(0.01, 1), np.zeros((1, 400))]))], AggregateMethod.BT)
    assert [None if one is None else one.rank for one in found.ranks] == [1, 2, 3, None]
    assert found.estimates[2].value is not None and found.estimates[2].value < 500


def test_a_handful_of_instructions_gives_no_interval() -> None:
    found = aggregate([part_of(won(8, 5, 2, n=9))], AggregateMethod.BT)
    assert {str(one.status) for one in found.estimates} == {"not_estimable(fewer than 10 instructions on one)"}


def drawn_boards(rng: np.random.Generator, skills: Floats, n: int) -> list[Floats]:
    """Verdicts of each board: instructions are heavy-tailed in difficulty, and suit some models better than others."""
    boards = []
    for skill in skills.T:
        level = skill[:, None] + rng.standard_t(3, size=n) + rng.normal(0, 0.7, size=(len(skill), n))
        beaten = rng.uniform(size=level.shape) < 0.85 / (1 + np.exp(-level))
        boards.append(np.where(beaten, 1.0, np.where(rng.uniform(size=level.shape) < 0.15, 0.5, 0.0)))
    return boards


def true_values(method: AggregateMethod, boards: Sequence[Floats]) -> Floats:
    if method == AggregateMethod.BT:
        shares = sum(
            np.array([((row > board) + 0.5 * (row == board)).mean(axis=1) for row in board]) for board in boards
        ) * (1 - np.eye(len(boards[0])))
        return np.asarray(1000 + 400 / math.log(10) * solve_strengths(shares[None])[0])
    rates = np.array([board.mean(axis=1) for board in boards])
    if method == AggregateMethod.Z:
        return np.asarray(((rates - rates.mean(1, keepdims=True)) / rates.std(1, keepdims=True)).mean(axis=0))
    return np.asarray((1 + (rates[:, None, :] > rates[:, :, None]).sum(axis=2)).mean(axis=0))


@pytest.mark.parametrize(
    ("method", "least", "most"),
    [(AggregateMethod.Z, 0.9, 0.99), (AggregateMethod.BT, 0.9, 0.99), (AggregateMethod.MEAN_RANK, 0.93, 1.0)],
)
def test_intervals_hold_under_a_process_that_no_method_assumes(
    method: AggregateMethod, least: float, most: float
) -> None:
    rng = np.random.default_rng(11)
    # the second and third model are nearly tied on both boards
    skills = np.array([[1.2, 0.6], [0.05, 0.1], [0.0, 0.12], [-0.5, -1.0], [-1.4, -0.9]])
    truth = true_values(method, drawn_boards(rng, skills, 200_000))
    held = []
    for _ in range(40):
        parts = [part_of(board, f"b{at}") for at, board in enumerate(drawn_boards(rng, skills, 120))]
        for one, true in zip(aggregate(parts, method).estimates, truth, strict=True):
            assert one.lower is not None and one.upper is not None
            held.append(one.lower <= true <= one.upper)
    assert least <= np.mean(held) <= most
