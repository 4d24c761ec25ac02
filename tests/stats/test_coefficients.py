"""Priors of coefficients: what a regression with some of them gets, and how they give way."""

import numpy as np
import pytest

from evalkit.stats.coefficients import square_root, widening
from evalkit.stats.covariates import DIFFICULTY, LONGER, SHORTER
from tests.stats.stat_samples import prior_of

SPREAD = np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])
PRIOR = prior_of((SHORTER, LONGER, DIFFICULTY), (1.0, 3.0, 0.5), spread=SPREAD)


def test_a_regressions_columns_get_their_means_and_the_inverse_of_their_covariance_in_its_own_order() -> None:
    held = PRIOR.on((LONGER, "intercept", SHORTER))
    assert held.mean.tolist() == [3.0, 0.0, 1.0]
    # the inverse of [[2, 1], [1, 2]] is [[2, -1], [-1, 2]] / 3
    expected = [[2 / 3, 0, -1 / 3], [0, 0, 0], [-1 / 3, 0, 2 / 3]]
    assert held.precision == pytest.approx(np.array(expected), abs=1e-3)


def test_of_a_column_alone_the_marginal_variance_counts() -> None:
    assert PRIOR.on(("intercept", LONGER)).precision == pytest.approx(np.array([[0, 0], [0, 0.5]]), abs=1e-3)


def test_columns_that_a_prior_does_not_know_are_left_free() -> None:
    held = PRIOR.on(("intercept", "bold"))
    assert not held.mean.any() and not held.precision.any()


def test_the_three_ways_to_be_unlike_the_typical_model_add_up() -> None:
    prior = prior_of(("a",), (0.0,), spread=(3.0,), error=(4.0,), form=np.array([[144.0]]))
    assert prior.covariance.tolist() == [[169.0]]
    assert prior.on(("a",)).precision[0, 0] == pytest.approx(1 / 169, rel=1e-4)


def test_two_slopes_that_are_one_still_have_a_precision_which_holds_their_gap_and_leaves_their_sum() -> None:
    held = prior_of((SHORTER, LONGER), (1.0, 1.0), spread=np.full((2, 2), 0.09)).on((SHORTER, LONGER))
    gap, total = np.array([1.0, -1.0]), np.array([1.0, 1.0])
    assert gap @ held.precision @ gap > 1e3
    # a deviation of 0.3 moves both slopes by 0.3
    assert 0.09 * total @ held.precision @ total == pytest.approx(1, rel=0.01)


def test_chosen_are_those_that_are_known_in_the_order_asked_for() -> None:
    some = PRIOR.chosen((DIFFICULTY, "bold", SHORTER))
    assert some.names == (DIFFICULTY, SHORTER)
    assert some.mean.tolist() == [0.5, 1.0]
    assert some.spread.tolist() == [[1.0, 0.0], [0.0, 2.0]]
    assert PRIOR.chosen(("bold",)).names == ()


def test_a_prior_is_widened_in_the_coefficients_named_and_keeps_its_means_and_correlations() -> None:
    wide = PRIOR.widened((LONGER,), 3.0)
    assert wide.spread.tolist() == [[2.0, 3.0, 0.0], [3.0, 18.0, 1.5], [0.0, 1.5, 1.0]]
    assert wide.mean.tolist() == PRIOR.mean.tolist()
    assert PRIOR.widened(("bold",), 3.0).spread.tolist() == SPREAD.tolist()
    unsure = prior_of(("a",), (1.0,), spread=(1.0,), error=(2.0,), form=np.array([[9.0]])).widened(("a",), 2.0)
    assert [part.tolist() for part in (unsure.spread, unsure.error, unsure.form)] == [[[4.0]], [[16.0]], [[36.0]]]


def test_a_coefficient_that_is_folded_into_another_adds_its_mean_and_its_variance_worked_by_hand() -> None:
    spread = np.array([[4.0, 0.0, 2.0], [0.0, 1.0, 0.0], [2.0, 0.0, 8.0]])
    prior = prior_of(("a", "b", "c"), (1.0, 5.0, 3.0), spread=spread, error=(1.0, 2.0, 4.0), form=spread / 2)
    folded = prior.folded({"c": "a"}, 0.5)
    assert folded.names == ("a", "b")
    # a + c/2: mean 1 + 3/2, variance 4 + 2 * 2/2 + 8/4
    assert folded.mean.tolist() == [2.5, 5.0]
    assert folded.spread.tolist() == [[8.0, 0.0], [0.0, 1.0]]
    assert folded.error.tolist() == [[5.0, 0.0], [0.0, 4.0]]
    assert folded.form.tolist() == [[4.0, 0.0], [0.0, 0.5]]
    # what b has in common with c it then has with a
    joint = prior_of(("a", "b", "c"), (0.0, 0.0, 0.0), spread=np.array([[1.0, 0, 0], [0, 1.0, 0.4], [0, 0.4, 1.0]]))
    assert joint.folded({"c": "a"}, 0.5).spread.tolist() == [[1.25, 0.2], [0.2, 1.0]]


def test_folded_no_times_a_coefficient_is_left_out_and_one_that_is_unknown_changes_nothing() -> None:
    gone = PRIOR.folded({DIFFICULTY: SHORTER}, 0.0)
    assert gone.names == (SHORTER, LONGER)
    assert gone.mean.tolist() == [1.0, 3.0]
    assert gone.spread.tolist() == [[2.0, 1.0], [1.0, 2.0]]
    same = PRIOR.folded({"bold": SHORTER}, 0.7)
    assert same.names == PRIOR.names
    assert same.mean.tolist() == PRIOR.mean.tolist() and same.spread.tolist() == SPREAD.tolist()
    # nor has a prior a coefficient that it knows only the change of
    assert PRIOR.chosen((LONGER, DIFFICULTY)).folded({DIFFICULTY: SHORTER}, 0.7).mean.tolist() == [3.0]


@pytest.mark.parametrize(
    "covariance",
    [[[4.0, 2.0], [2.0, 3.0]], [[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, -1e-17]]],
)
def test_the_root_of_a_covariance_squares_to_it_whatever_its_rank(covariance: list[list[float]]) -> None:
    root = square_root(np.array(covariance))
    assert root @ root.T == pytest.approx(np.array(covariance), abs=1e-12)


def test_a_prior_gives_way_from_two_deviations_on() -> None:
    assert widening(np.array([0.0, 1.0, 2.0, 2.5, 4.0, 10.0])).tolist() == [1.0, 1.0, 1.0, 1.5, 3.0, 9.0]


def test_under_the_wider_prior_a_model_lies_between_one_and_two_deviations_away() -> None:
    far = np.linspace(2.0, 50.0, 200)
    left = far / widening(far)
    assert (left > 1).all() and (left <= 2).all()
    assert (np.diff(left) < 0).all()
