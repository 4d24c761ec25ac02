"""The published formula: equal to the reference implementation, and as weak where that is weak."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import StatsError
from evalkit.stats.alpaca_compat import GamedBaselines, lc_compat
from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Sample
from evalkit.types import Estimate
from tests.stats.stat_samples import draw, sample_of, value_of


def gamed_baselines(difficulty: Mapping[str, float]) -> GamedBaselines:
    """A verbose and a concise copy of the baseline under a judge that likes length; `length` is baseline minus copy."""
    generator = np.random.default_rng(99)
    n = len(difficulty)
    length = np.concatenate([generator.normal(-1, 1, n), generator.normal(1, 1, n)])
    return GamedBaselines(expit(-1.2 * np.tanh(length)), length, np.tile(list(difficulty.values()), 2))


def compat(sample: Sample, difficulty: Mapping[str, float]) -> Estimate:
    return lc_compat(sample, difficulty=difficulty, gamed=gamed_baselines(difficulty))


@pytest.mark.parametrize(
    ("n", "intercept", "value", "stderr"),
    [
        (20, -0.4, 43.21144, 4.15477),
        (100, -0.4, 46.24302, 1.51027),
        (300, -2.2, 10.42127, 0.21766),
        (805, 0.9, 71.41486, 0.46074),
    ],
)
def test_drawn_verdicts_give_the_values_of_the_reference_implementation(
    n: int, intercept: float, value: float, stderr: float
) -> None:
    # recorded from get_length_controlled_winrate of alpaca_eval 0.6.6 with scikit-learn 1.9.1, given the same tables
    drawn = draw([5, n], n, intercept=intercept, difficulty=0.8)
    estimate = compat(drawn.sample, drawn.difficulty)
    assert (estimate.value, estimate.stderr) == pytest.approx((value, stderr), abs=0.01)


def test_its_standard_error_is_marked_as_none_and_no_interval_is_given() -> None:
    drawn = draw(1, 200, difficulty=0.8)
    estimate = compat(drawn.sample, drawn.difficulty)
    assert str(estimate.status) == "degraded(compat: no sampling error)"
    assert (estimate.lower, estimate.upper) == (None, None)
    assert estimate.n == 200


def test_on_plenty_of_data_it_comes_near_to_our_estimate_with_a_smaller_error() -> None:
    drawn = draw(2, 3000, difficulty=0.9)
    ours = length_controlled_win_rate(drawn.sample, difficulty=drawn.difficulty).estimate
    theirs = compat(drawn.sample, drawn.difficulty)
    assert value_of(theirs) == pytest.approx(value_of(ours), abs=1.0)
    assert value_of(theirs) == pytest.approx(drawn.lc_win_rate, abs=3)
    assert theirs.stderr is not None
    assert ours.stderr is not None
    assert theirs.stderr < 0.7 * ours.stderr


def test_row_order_changes_no_bit() -> None:
    drawn = draw(3, 120, difficulty=0.8)
    assert drawn.sample.length_difference is not None
    expected = compat(drawn.sample, drawn.difficulty)
    for seed in range(3):
        rows = np.random.default_rng(seed).permutation(120)
        shuffled = sample_of(
            drawn.sample.preference[rows],
            drawn.sample.length_difference[rows],
            keys=[drawn.sample.keys[row] for row in rows],
        )
        assert compat(shuffled, drawn.difficulty) == expected


def with_gaps() -> tuple[Sample, dict[str, float]]:
    """Sixty instructions without a verdict, whose answers are four times as long and whose difficulty is off centre."""
    drawn = draw([5, 300], 300, intercept=-2.2, difficulty=0.8)
    assert drawn.sample.length_difference is not None
    preference, length = drawn.sample.preference.copy(), drawn.sample.length_difference.copy()
    preference[:60] = float("nan")
    length[:60] *= 4
    return sample_of(preference, length), {key: value + 0.7 for key, value in drawn.difficulty.items()}


def test_instructions_without_a_verdict_still_count_in_scale_and_prediction_as_in_the_reference() -> None:
    sample, difficulty = with_gaps()
    estimate = compat(sample, difficulty)
    assert (estimate.value, estimate.stderr) == pytest.approx((12.46253, 0.22272), abs=0.01)
    assert estimate.n == 240


def test_no_verdicts_are_refused() -> None:
    with pytest.raises(StatsError, match="no verdicts"):
        compat(sample_of([float("nan")] * 9, np.arange(9.0)), {})


def test_unknown_lengths_are_refused() -> None:
    drawn = draw(5, 50)
    with pytest.raises(StatsError, match="lengths unknown"):
        compat(sample_of(drawn.sample.preference), drawn.difficulty)


def test_a_single_unknown_length_is_refused() -> None:
    drawn = draw(5, 50)
    with pytest.raises(StatsError, match="lengths unknown"):
        compat(sample_of(drawn.sample.preference, [*range(49), float("nan")]), drawn.difficulty)


@pytest.mark.parametrize("length", [0.0, 250.0])
def test_a_length_difference_that_never_changes_is_refused(length: float) -> None:
    drawn = draw(6, 50)
    with pytest.raises(StatsError, match="the same everywhere"):
        compat(sample_of(drawn.sample.preference, [length] * 50), drawn.difficulty)


@pytest.mark.parametrize("missing_verdict", [False, True])
def test_a_difficulty_that_is_missing_is_named(missing_verdict: bool) -> None:
    drawn = draw(7, 50)
    preference = drawn.sample.preference.copy()
    if missing_verdict:
        preference[42] = float("nan")
    known = {key: value for key, value in drawn.difficulty.items() if key != "0042"}
    with pytest.raises(StatsError, match="no difficulty for 1 of 50 instructions, first '0042'"):
        compat(sample_of(preference, drawn.sample.length_difference), known)


@pytest.mark.parametrize("won", [0.0, 1.0])
def test_all_wins_or_all_losses_stay_finite(won: float) -> None:
    drawn = draw(8, 200)
    value = value_of(compat(sample_of([won] * 200, drawn.sample.length_difference), drawn.difficulty))
    assert value == pytest.approx(100 * won, abs=1)


def test_the_published_formula_equals_the_reference_implementation_for_every_model(
    real_data: Path, real_samples: Mapping[str, Sample]
) -> None:
    # alpaca_eval 0.6.6 run on the same verdicts, difficulties and gamed baselines
    folder = real_data / "alpaca_eval" / "reconstructed"
    reference = pd.read_csv(folder / "lc_reference_values.csv").set_index("model")
    table = pd.read_csv(folder / "instruction_difficulty.csv")
    difficulty = {
        f"{index:06d}": float(value)
        for index, value in zip(table["index"], table["instruction_difficulty"], strict=True)
    }
    rows = pd.read_csv(folder / "df_gamed.csv")
    gamed = GamedBaselines(
        rows["preference"].to_numpy(float),
        rows["std_delta_len"].to_numpy(float),
        rows["instruction_difficulty"].to_numpy(float),
    )
    shared = sorted(set(real_samples) & set(reference.index))
    assert len(shared) == 44
    for model in shared:
        estimate = lc_compat(real_samples[model], difficulty=difficulty, gamed=gamed)
        assert value_of(estimate) == pytest.approx(reference["length_controlled_winrate"][model], abs=0.01), model
        assert estimate.stderr == pytest.approx(reference["lc_standard_error"][model], abs=0.01), model


def test_difficulties_by_index_are_no_difficulties_of_texts() -> None:
    drawn = draw(7, 50)
    by_index = {f"{place:06d}": value for place, value in enumerate(drawn.difficulty.values())}
    with pytest.raises(
        StatsError, match="for any of the 50 instructions: the file names them by index.*column instruction"
    ):
        compat(sample_of(drawn.sample.preference, [*range(50)]), by_index)
