"""Power of a gate: published sample sizes, properties, and simulated gates beside the printed probability."""

import math

import numpy as np
import pytest

from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.intervals import clustered_stderr, proportion_interval
from evalkit.stats.power import Effort, Level, Margin, Spread, detectable, gate_power, needed_instructions
from tests.stats.stat_samples import draw, numbers

EVEN = Level(threshold=0.5)


@pytest.mark.parametrize(("sd", "n"), [(0.33, 1050), (0.5, 2400)])
def test_two_points_of_half_width_take_what_the_normal_formula_says(sd: float, n: int) -> None:
    # (1.96 sd / 0.02)^2 is 1,046 and 2,401; a truth of one half-width above the threshold passes half of the time
    needed = needed_instructions(0.52, gate=EVEN, spread=Spread(instruction=sd**2), power=0.5)
    assert needed == pytest.approx(n, rel=0.03)
    lower, upper = EVEN.interval(0.5, Spread(instruction=sd**2), Effort(n=n))
    assert (upper - lower) / 2 == pytest.approx(0.02, rel=0.02)


def test_a_published_sample_size_for_one_proportion() -> None:
    # Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, section 2.5: to tell 0.6 from 0.5 with
    # power 0.8 takes ((1.96 sqrt(.5 * .5) + 0.842 sqrt(.6 * .4)) / 0.1)^2 = 194, and 204 with the correction for
    # continuity, which the exact interval contains
    needed = needed_instructions(0.6, gate=EVEN, spread=Spread(instruction=0.25), power=0.8)
    assert needed == pytest.approx(204, rel=0.02)


def test_a_difference_takes_the_sample_size_of_a_paired_t_test() -> None:
    # Cohen 1988, Statistical Power Analysis, table 2.4.1 for a difference of half a deviation: 34 pairs for 0.8
    needed = needed_instructions(0.5, gate=Margin(threshold=0.0), spread=Spread(instruction=1.0), power=0.8)
    assert needed == pytest.approx(34, abs=1)


def test_a_mean_varies_by_its_components_worked_by_hand() -> None:
    spread = Spread(instruction=0.1, order=0.02, repeat=0.06, design=1.5)
    assert spread.variance(Effort(n=30)) == pytest.approx(1.5 * (0.1 + 0.02 + 0.06) / 30)
    assert spread.variance(Effort(n=30, repeats=3)) == pytest.approx(1.5 * (0.1 + 0.02 + 0.02) / 30)
    # both orders leave nothing of the order's
    assert spread.variance(Effort(n=30, orders=2, repeats=3)) == pytest.approx(1.5 * (0.1 + 0.01) / 30)
    assert Effort(n=30, orders=2, repeats=3).questions == 180


def test_at_the_threshold_the_gate_passes_with_half_of_what_is_left_to_certainty() -> None:
    for gate in (EVEN, Level(threshold=0.5, confidence=0.9), Margin(threshold=-0.02, confidence=0.9)):
        power = gate_power(gate.threshold, gate=gate, spread=Spread(instruction=0.2), effort=Effort(n=805))
        assert power == pytest.approx((1 - gate.confidence) / 2, abs=0.005)


def test_power_rises_with_everything_that_is_paid_for() -> None:
    spread = Spread(instruction=0.1, order=0.05, repeat=0.1)
    efforts = [Effort(n=200), Effort(n=200, repeats=2), Effort(n=200, orders=2, repeats=2), Effort(n=400, orders=2)]
    powers = [gate_power(0.54, gate=EVEN, spread=spread, effort=effort) for effort in efforts]
    assert powers == sorted(powers)
    truths = [gate_power(true, gate=EVEN, spread=spread, effort=Effort(n=200)) for true in (0.49, 0.5, 0.52, 0.56, 0.7)]
    assert truths == sorted(truths)


@pytest.mark.parametrize("gate", [EVEN, Level(threshold=0.3, at=0.4), Margin(threshold=-0.03)])
def test_what_is_needed_and_what_is_detectable_are_each_others_reverse(gate: Level | Margin) -> None:
    spread, true = Spread(instruction=0.12, repeat=0.05), gate.threshold + 0.04
    n = needed_instructions(true, gate=gate, spread=spread, power=0.8)
    assert n is not None
    assert detectable(gate=gate, spread=spread, effort=Effort(n=n), power=0.8) == pytest.approx(true, abs=1e-4)
    short = gate_power(true, gate=gate, spread=spread, effort=Effort(n=n - 1))
    assert short < 0.8 <= gate_power(true, gate=gate, spread=spread, effort=Effort(n=n)) + 1e-9


def test_four_times_the_instructions_resolve_half_the_distance() -> None:
    spread = Spread(instruction=0.12)
    near, far = (detectable(gate=EVEN, spread=spread, effort=Effort(n=n), power=0.8) for n in (2000, 500))
    assert near is not None and far is not None
    assert (far - 0.5) / (near - 0.5) == pytest.approx(2, rel=0.02)


def test_what_cannot_be_reached_has_no_number() -> None:
    spread = Spread(instruction=0.12)
    assert needed_instructions(0.5, gate=EVEN, spread=spread, power=0.8) is None
    assert needed_instructions(0.50001, gate=EVEN, spread=spread, power=0.8) is None
    assert (
        detectable(gate=Level(threshold=0.99), spread=Spread(instruction=0.25), effort=Effort(n=30), power=0.8) is None
    )
    assert gate_power(0.995, gate=Level(threshold=0.99), spread=Spread(instruction=0.25), effort=Effort(n=30)) == 0.0


def test_an_estimate_takes_thirty_instructions_however_clear_the_case() -> None:
    assert needed_instructions(0.99, gate=EVEN, spread=Spread(instruction=0.01), power=0.8) == 30


def test_verdicts_that_never_vary_pass_where_the_exact_interval_does() -> None:
    # 60 wins of 100 are too few for the exact interval, 61 are enough
    assert gate_power(0.59, gate=EVEN, spread=Spread(instruction=0.0), effort=Effort(n=100)) == 0.0
    assert gate_power(0.62, gate=EVEN, spread=Spread(instruction=0.0), effort=Effort(n=100)) == 1.0


@pytest.mark.parametrize(("true", "n"), [(0.53, 805), (0.55, 400), (0.6, 100)])
@pytest.mark.parametrize("decided", [False, True])
def test_the_printed_power_of_a_raw_gate_is_the_simulated_one(true: float, n: int, decided: bool) -> None:
    generator, runs = np.random.default_rng(n), 600
    # the spread of a board at the threshold is used for a truth above it
    shape = 0.8
    chance = generator.beta(shape * true, shape * (1 - true), (runs, n))
    values = (generator.random((runs, n)) < chance).astype(float) if decided else chance
    mean, stderr = values.mean(axis=1), values.std(axis=1, ddof=1) / math.sqrt(n)
    passed = [proportion_interval(float(a), float(b), n)[0] >= 0.5 for a, b in zip(mean, stderr, strict=True)]
    spread = Spread(instruction=0.25 if decided else 0.25 / (1 + shape))
    printed = gate_power(true, gate=EVEN, spread=spread, effort=Effort(n=n))
    # within 3 points, and what 600 runs leave open
    assert np.mean(passed) == pytest.approx(printed, abs=0.03 + 2 * math.sqrt(0.25 / runs))


def test_the_printed_power_of_a_paired_gate_is_the_simulated_one() -> None:
    generator, runs, n = np.random.default_rng(5), 1500, 200
    common = generator.normal(size=(runs, n))
    differences = 0.3 * np.tanh(common + generator.normal(size=(runs, n))) - 0.3 * np.tanh(common)
    sd = float(differences.std())
    gate, spread = Margin(threshold=-0.03), Spread(instruction=sd**2)
    passed = [
        gate.interval(float(one.mean()), Spread(instruction=float(one.var(ddof=1))), Effort(n=n))[0] >= -0.03
        for one in differences
    ]
    printed = gate_power(0.0, gate=gate, spread=spread, effort=Effort(n=n))
    assert np.mean(passed) == pytest.approx(printed, abs=0.03 + 2 * math.sqrt(0.25 / runs))


def test_the_printed_power_of_an_lc_gate_is_the_simulated_one() -> None:
    runs, n, length = 400, 400, 1.2
    board = draw(0, 20_000, intercept=0.0, length=length).sample
    controlled = length_controlled_win_rate(board)
    stderr = 100 * clustered_stderr(controlled.measured.influence / 100, board.cluster)
    spread = Spread(instruction=(stderr / 100) ** 2 * board.n)
    drawn = [draw((1, run), n, intercept=0.25, length=length) for run in range(runs)]
    passed = np.mean([numbers(length_controlled_win_rate(one.sample).estimate)[2] >= 50 for one in drawn])
    printed = gate_power(drawn[0].lc_win_rate / 100, gate=EVEN, spread=spread, effort=Effort(n=n))
    assert 0.5 < printed < 0.99
    assert passed == pytest.approx(printed, abs=0.03 + 2 * math.sqrt(0.25 / runs))
