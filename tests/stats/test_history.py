"""What is learned of instructions and coefficients from many models."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from evalkit.errors import StatsError
from evalkit.stats.controlled_rate import length_controlled_win_rate
from evalkit.stats.covariates import (
    CURVATURE,
    DIFFICULTY,
    INTERCEPT,
    LONGER,
    LONGER_BALANCED,
    SHORTER,
    SHORTER_BALANCED,
    at_balance,
)
from evalkit.stats.history import MIN_MODELS, History, fit_history
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats, Sample
from tests.stats.stat_samples import keys_for, mirrored, mirrored_prior, numbers, sample_of

TYPICAL_LENGTH, TYPICAL_DIFFICULTY = 1.6, 1.1
NODES, SHARES = np.polynomial.hermite_e.hermegauss(60)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    samples: dict[str, Sample]
    difficulty: Floats
    lc_win_rate: dict[str, float]


def draw_board(models: int, n: int, *, seed: int = 0) -> Board:
    """Soft verdicts of several models on the same instructions, coefficients spread around the typical ones."""
    generator = np.random.default_rng([seed, models, n])
    difficulty = generator.normal(size=n)
    samples, truth = {}, {}
    for index in range(models):
        level = generator.normal(-1, 0.8)
        slope = generator.normal(TYPICAL_LENGTH, 0.2)
        weight = generator.normal(TYPICAL_DIFFICULTY, 0.2)
        length = generator.normal(0, 400, n).round()
        chance = expit(level + slope * np.tanh(length / 400) + weight * difficulty)
        samples[f"model {index}"] = sample_of(generator.beta(chance, 1 - chance), length)
        truth[f"model {index}"] = 100 * float(expit(level + weight * NODES) @ SHARES / SHARES.sum())
    return Board(samples, difficulty, truth)


@pytest.fixture(scope="module")
def board() -> Board:
    return draw_board(20, 400)


@pytest.fixture(scope="module")
def history(board: Board) -> History:
    return fit_history(board.samples)


def reordered(sample: Sample, order: NDArray[np.int64]) -> Sample:
    assert sample.length_difference is not None
    return sample_of(
        sample.preference[order], sample.length_difference[order], keys=[sample.keys[place] for place in order]
    )


def by_key(values: Mapping[str, float]) -> Floats:
    return np.array([values[key] for key in sorted(values)])


def test_the_difficulty_that_made_the_verdicts_is_found_again_with_its_sign(board: Board, history: History) -> None:
    assert sorted(history.difficulty) == keys_for(400)
    assert np.corrcoef(by_key(history.difficulty), board.difficulty)[0, 1] > 0.85


def test_difficulty_is_centred_with_unit_spread(history: History) -> None:
    found = by_key(history.difficulty)
    assert found.mean() == pytest.approx(0, abs=1e-9)
    assert found.std() == pytest.approx(1, abs=1e-9)


def test_the_prior_is_the_typical_model_and_says_nothing_of_the_intercept(history: History) -> None:
    assert history.prior.names == (SHORTER, LONGER, SHORTER_BALANCED, LONGER_BALANCED, CURVATURE, DIFFICULTY)
    # lengths were drawn around the baseline's: every model is balanced, and nothing tells of one that is not
    typical = at_balance(history.prior, 1.0).chosen((SHORTER, LONGER, DIFFICULTY))
    assert typical.mean.tolist() == pytest.approx([TYPICAL_LENGTH, TYPICAL_LENGTH, TYPICAL_DIFFICULTY], abs=0.25)
    on = history.prior.on((INTERCEPT, SHORTER, LONGER, DIFFICULTY))
    assert on.mean[0] == 0
    assert not on.precision[0].any() and not on.precision[:, 0].any()


def test_the_prior_spreads_as_the_models_do_and_knows_the_mean_as_well_as_so_many_tell_it(history: History) -> None:
    # slopes and weights were drawn with a deviation of 0.2, by twenty models; five more of 0.3 are taken for granted
    typical = at_balance(history.prior, 1.0).chosen((SHORTER, LONGER, DIFFICULTY))
    spread, error = (np.sqrt(np.diag(one)) for one in (typical.spread, typical.error))
    assert ((spread > 0.1) & (spread < 0.4)).all()
    assert ((error > 0.2 / 20**0.5 / 2) & (error < 0.2)).all()
    # of models that are all balanced alike none tells what one-sided lengths would change
    assert (np.sqrt(np.diag(at_balance(history.prior, 0.0).error)[:2]) > 2 * error[:2]).all()


def test_what_was_learned_brings_every_model_to_its_true_answer(board: Board, history: History) -> None:
    errors = []
    for model, sample in board.samples.items():
        estimate = length_controlled_win_rate(
            sample, difficulty=history.for_model(model, sample), prior=history.prior
        ).estimate
        value, stderr, _, _ = numbers(estimate)
        errors.append((value - board.lc_win_rate[model]) / stderr)
    assert np.abs(errors).max() < 3.5
    assert 0.4 < np.mean(np.square(errors)) < 2


def test_neither_the_order_of_models_nor_that_of_instructions_matters(board: Board, history: History) -> None:
    again = fit_history(dict(reversed(board.samples.items())))
    assert again.difficulty == history.difficulty
    for model, member in history.members.items():
        assert again.members[model].coefficients == member.coefficients
        assert again.members[model].dispersion == member.dispersion
    assert again.shape == history.shape
    for part in ("mean", "spread", "error", "form"):
        assert getattr(again.prior, part).tolist() == getattr(history.prior, part).tolist()
    shuffled = np.random.default_rng(0).permutation(400)
    moved = {model: reordered(sample, shuffled) for model, sample in board.samples.items()}
    assert fit_history(moved).difficulty == history.difficulty


def test_swapping_sides_turns_the_difficulties_around_and_the_two_slopes_change_their_roles(
    board: Board, history: History
) -> None:
    swapped = fit_history({model: mirrored(sample) for model, sample in board.samples.items()})
    assert by_key(swapped.difficulty) == pytest.approx(-by_key(history.difficulty), abs=1e-4)
    expected = mirrored_prior(history.prior)
    for part in ("mean", "spread", "error", "form"):
        assert getattr(swapped.prior, part) == pytest.approx(getattr(expected, part), abs=1e-3)
    assert swapped.shape is not None and history.shape is not None
    assert swapped.shape.weights == pytest.approx(history.shape.weights, abs=1e-3)


def test_a_models_own_verdicts_do_not_decide_its_difficulties(board: Board, history: History) -> None:
    sample = board.samples["model 3"]
    flipped = sample.preference.copy()
    flipped[:40] = 1 - np.round(flipped[:40])
    other = sample_of(flipped, sample.length_difference)
    changed = fit_history({**board.samples, "model 3": other})
    own = by_key(changed.for_model("model 3", other)) - by_key(history.for_model("model 3", sample))
    joint = by_key(changed.difficulty) - by_key(history.difficulty)
    assert np.abs(own[:40]).mean() < 0.2 * np.abs(joint[:40]).mean()


def test_the_difficulty_without_a_model_is_near_to_a_fit_without_it(board: Board, history: History) -> None:
    others = {model: sample for model, sample in board.samples.items() if model != "model 5"}
    refitted = by_key(fit_history(others).difficulty)
    without, joint = (
        float(np.corrcoef(by_key(values), refitted)[0, 1])
        for values in (history.for_model("model 5", board.samples["model 5"]), history.difficulty)
    )
    assert without > 0.999
    # with its own verdicts in, the difficulty is further from what the others say
    assert joint < without - 0.002


def test_a_model_that_took_no_part_gets_the_common_difficulty(board: Board, history: History) -> None:
    assert history.for_model("newcomer", board.samples["model 0"]) is history.difficulty


def test_models_without_verdicts_lengths_or_variation_take_no_part(board: Board, history: History) -> None:
    some = board.samples["model 0"]
    idle = {
        "no verdicts": sample_of([float("nan")] * 400, some.length_difference),
        "no lengths": sample_of(some.preference),
        "one length": sample_of(some.preference, [9.0] * 400),
    }
    fitted = fit_history({**board.samples, **idle})
    assert fitted.difficulty == history.difficulty
    assert not set(idle) & set(fitted.members)


@pytest.mark.parametrize("usable", [0, 1, MIN_MODELS - 1])
def test_fewer_than_five_models_teach_nothing(usable: int, board: Board) -> None:
    chosen = dict(list(board.samples.items())[:usable])
    chosen["no lengths"] = sample_of(board.samples["model 9"].preference)
    with pytest.raises(StatsError, match=rf"learned from {usable} models?; at least 5 needed"):
        fit_history(chosen)


def test_instructions_that_a_model_never_saw_keep_the_common_difficulty(board: Board) -> None:
    sample = board.samples["model 2"]
    assert sample.length_difference is not None
    part = sample_of(sample.preference[:300], sample.length_difference[:300])
    fitted = fit_history({**board.samples, "model 2": part})
    own = fitted.for_model("model 2", part)
    assert [own[key] for key in keys_for(400)[300:]] == [fitted.difficulty[key] for key in keys_for(400)[300:]]
    assert [own[key] for key in keys_for(300)] != [fitted.difficulty[key] for key in keys_for(300)]


def test_models_that_always_win_or_always_lose_do_not_break_the_fit(board: Board) -> None:
    length = board.samples["model 0"].length_difference
    extreme = {"winner": sample_of(np.ones(400), length), "loser": sample_of(np.zeros(400), length)}
    fitted = fit_history({**board.samples, **extreme})
    assert np.isfinite(by_key(fitted.difficulty)).all()
    assert np.abs(by_key(fitted.for_model("winner", extreme["winner"]))).max() < 10
    assert np.corrcoef(by_key(fitted.difficulty), board.difficulty)[0, 1] > 0.85


def test_more_models_know_the_difficulty_better() -> None:
    agreement = []
    for models in (5, 10, 40):
        drawn = draw_board(models, 300, seed=1)
        found = by_key(fit_history(drawn.samples).difficulty)
        agreement.append(float(np.corrcoef(found, drawn.difficulty)[0, 1]))
    assert agreement == sorted(agreement)
    assert agreement[-1] > 0.9


def test_published_verdicts_give_the_difficulties_of_an_independent_joint_fit(
    real_data: Path, real_history: History
) -> None:
    table = pd.read_csv(real_data / "alpaca_eval" / "reconstructed" / "instruction_difficulty.csv")
    assert len(real_history.difficulty) == 805
    found = [real_history.difficulty[f"{index:06d}"] for index in table["index"]]
    assert np.corrcoef(found, table["instruction_difficulty"])[0, 1] > 0.97
