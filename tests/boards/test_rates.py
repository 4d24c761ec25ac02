"""A model's rates on whatever sample of its verdicts."""

import numpy as np
import pytest

from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, STYLE_WIN_RATE, WIN_RATE, DifficultySource, Recipe
from evalkit.boards.rates import check_controls, learn
from evalkit.boards.row import build_row
from evalkit.errors import StatsError, UnknownName
from evalkit.stats.sample import build_sample

N = 80


def entry(model: str, seed: int) -> Entry:
    generator = np.random.default_rng(seed)
    bold = generator.integers(0, 9, N).astype(float), generator.integers(0, 9, N).astype(float)
    sample = build_sample(
        [f"{number:03d}" for number in range(N)],
        generator.random(N),
        length_difference=generator.normal(0, 300, N).round(),
        measures={"bold": bold, "mine": bold},
    )
    return Entry(model, "j", "b", sample, None)


def test_the_rates_are_those_of_a_row_with_the_one_that_decides_first() -> None:
    recipe = Recipe(metric=WIN_RATE, controls=("length", "bold"))
    one = entry("a", 1)
    row = build_row(one, recipe)
    rates = learn([one], recipe).measure(one, one.sample)
    assert list(rates) == [WIN_RATE, LC_WIN_RATE, STYLE_WIN_RATE]
    assert {metric: rate.estimate for metric, rate in rates.items()} == {
        metric: row.measured(metric).estimate for metric in rates
    }


def test_another_sample_changes_the_rates_and_not_the_history() -> None:
    entries = [entry(f"m{number}", number) for number in range(6)]
    rates = learn(entries, Recipe(difficulty=DifficultySource.FIT))
    assert rates.length is not None
    part = entries[0].sample.restricted(entries[0].sample.keys[:50])
    assert rates.measure(entries[0], part)[LC_WIN_RATE].estimate.n == 50


def test_a_history_of_too_few_models_is_refused_with_the_judge_and_the_cure() -> None:
    with pytest.raises(StatsError, match="judge 'j': .* cannot be learned from 1 model;.*--judge.*--difficulty auto"):
        learn([entry("a", 1)], Recipe(difficulty=DifficultySource.FIT))


def test_rates_of_the_baseline_itself_teach_no_difficulty() -> None:
    entries = [entry(f"m{number}", number) for number in range(4)]
    with pytest.raises(StatsError, match="from 4 models"):
        learn([*entries, entry("b", 9)], Recipe(difficulty=DifficultySource.FIT))


def test_a_control_that_nobody_knows_is_a_slip_and_a_measure_is_none() -> None:
    check_controls([entry("a", 1)], ["length", "markdown", "mine", "tokens"])
    with pytest.raises(UnknownName, match="unknown control 'mien'. Did you mean 'mine'"):
        learn([entry("a", 1)], Recipe(controls=("mien",)))
