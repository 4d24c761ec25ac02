"""Looking at a growing sample: the published boundary, its edges, and errors over all looks in simulated gates."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from evalkit.stats.intervals import proportion_interval
from evalkit.stats.sample import Floats
from evalkit.stats.sequential import EARLY_SHARE, TIGHTEST_AT, early_look_confidence, last_look_confidence

N, BATCH = 805, 50
LOOKS = (*range(BATCH, N, BATCH), N)


def look_confidence(n: int) -> float:
    """Of a look at n of the N that were planned."""
    return last_look_confidence(alpha=0.05) if n == N else early_look_confidence(n, alpha=0.05, n_planned=N)


def errors(confidence: float) -> float:
    """Half-width in standard errors."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def reach(n: int, *, n_planned: int = N) -> float:
    """Of a look before the last one."""
    return errors(early_look_confidence(n, alpha=0.05, n_planned=n_planned))


@pytest.mark.parametrize("n", [50, 100, 201, 400, 804])
def test_the_width_of_early_looks_is_that_of_the_published_theorem(n: int) -> None:
    # theorem 2.2: sd * sqrt(2 (t rho^2 + 1) / (t^2 rho^2) * log(sqrt(t rho^2 + 1) / alpha)), with the share of alpha
    # that early looks get, and rho^2 for t = 805 / 4: the root of x = log(1 + x) - 2 log(0.025), over t
    alpha, rho2 = 0.5 * 0.05, 9.752937920 / (N / 4)
    published = math.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * math.log(math.sqrt(n * rho2 + 1) / alpha))
    assert reach(n) / math.sqrt(n) == pytest.approx(published, rel=1e-6)


def test_no_other_scale_is_tighter_at_the_share_that_it_is_tuned_for() -> None:
    tuned = reach(round(TIGHTEST_AT * 10_000), n_planned=10_000)
    assert all(reach(2500, n_planned=other) >= tuned - 1e-9 for other in (2000, 5000, 9000, 11_000, 20_000, 90_000))


def test_a_quarter_or_four_times_the_tuned_sample_costs_less_than_a_tenth() -> None:
    assert reach(2500, n_planned=2500) < 1.1 * reach(2500, n_planned=10_000)
    assert reach(2500, n_planned=40_000) < 1.1 * reach(2500, n_planned=10_000)


def test_early_looks_and_the_last_one_share_the_error() -> None:
    # 0.025 of 0.05 are left to the last look: 97.5 %, which takes 2.24 standard errors
    assert last_look_confidence(alpha=0.05) == pytest.approx(0.975)
    assert errors(last_look_confidence(alpha=0.05)) == pytest.approx(2.2414, abs=1e-4)
    assert 1 - last_look_confidence(alpha=0.1) == pytest.approx(0.1 * (1 - EARLY_SHARE))


def test_the_last_look_is_wider_than_a_single_one_and_narrower_than_any_before() -> None:
    assert 0.95 < look_confidence(N) < min(look_confidence(n) for n in range(2, N))


def test_planning_for_a_handful_does_not_fail() -> None:
    assert 0.99 < early_look_confidence(1, alpha=0.05, n_planned=1) < 1
    assert 0 < early_look_confidence(1, alpha=0.5, n_planned=10**9) < 1


@pytest.mark.parametrize("decided", [False, True])
def test_all_looks_together_hold_the_truth_as_often_as_promised(decided: bool) -> None:
    # by the boundary alone, which is a little narrower than the interval with Student's quantile
    generator, runs, looks = np.random.default_rng(3), 4000, np.array(LOOKS)
    preference = generator.beta(0.2, 0.2, (runs, N))
    if decided:
        preference = (generator.random((runs, N)) < preference).astype(float)
    sums, squares = preference.cumsum(axis=1)[:, looks - 1], (preference**2).cumsum(axis=1)[:, looks - 1]
    mean = sums / looks
    stderr = np.sqrt((squares / looks - mean**2) / (looks - 1))
    outside = np.abs(mean - 0.5) > stderr * [errors(look_confidence(n)) for n in LOOKS]
    # the early looks' promise is for ever, and these end
    assert outside[:, :-1].any(axis=1).mean() < 0.05 * EARLY_SHARE
    assert 0.02 < outside.any(axis=1).mean() < 0.05


def first_decisions(truth: float, runs: int) -> tuple[Floats, Floats]:
    """By run: 1 where it passed at 50, -1 where it failed, 0 where it could not tell; how many instructions it took.

    Raw win rates of preferences of about the spread that an LC win rate's influence has on real verdicts.
    """
    generator = np.random.default_rng(round(truth))
    shape = 0.35 * truth / 100, 0.35 * (1 - truth / 100)
    outcome, took = np.zeros(runs), np.full(runs, float(N))
    for run, values in enumerate(generator.beta(*shape, (runs, N))):
        for n in LOOKS:
            mean, stderr = values[:n].mean(), values[:n].std(ddof=1) / math.sqrt(n)
            lower, upper = proportion_interval(mean, stderr, n, confidence=look_confidence(n))
            if lower >= 0.5 or upper < 0.5:
                outcome[run], took[run] = 1 if lower >= 0.5 else -1, n
                break
    return outcome, took


@pytest.mark.parametrize("truth", [0.02, 0.98])
def test_looks_at_a_rare_rate_decide_wrongly_no_oftener_than_promised(truth: float) -> None:
    # verdicts that are all but sure, as log-probabilities give them: the first looks may see no win at all
    generator, runs = np.random.default_rng(round(100 * truth)), 100
    won = generator.random((runs, N)) < truth
    mean_preference = truth * (1 - 2e-6) + 1e-6
    ends = {-1: 0, 0: 0, 1: 0}
    for values in np.where(won, 1 - 1e-6, 1e-6):
        ends[_first_end(values, mean_preference)] += 1
    # 2.5 % a side, and two Monte-Carlo errors of 1.6; by the error alone it is 26 % on the side of the rare ones
    assert max(ends[1], ends[-1]) / runs <= 0.055


def _first_end(values: Floats, threshold: float) -> int:
    """1 where a look passes, -1 where one fails, 0 where none can tell."""
    for n in LOOKS:
        mean, stderr = float(values[:n].mean()), float(values[:n].std(ddof=1)) / math.sqrt(n)
        lower, upper = proportion_interval(mean, stderr, n, confidence=look_confidence(n))
        if lower >= threshold or upper < threshold:
            return 1 if lower >= threshold else -1
    return 0


def test_a_clearly_better_model_passes_early() -> None:
    outcome, took = first_decisions(60, 60)
    assert (outcome == 1).mean() >= 0.97
    assert np.median(took) <= 0.4 * N


def test_a_clearly_worse_model_fails_early() -> None:
    outcome, took = first_decisions(40, 60)
    assert (outcome == -1).mean() >= 0.97
    assert np.median(took) <= 0.4 * N
