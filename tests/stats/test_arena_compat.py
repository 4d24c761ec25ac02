"""Arena-Hard's formulas: worked by hand, against general solvers, and how much too narrow their intervals are."""

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from evalkit.errors import StatsError
from evalkit.stats.arena_compat import Games, arena_v01, arena_v2
from evalkit.stats.logistic import expit
from evalkit.stats.sample import Floats
from evalkit.types import Estimate
from tests.stats.stat_samples import draw_arena, numbers, value_of

Score = Callable[..., list[Estimate]]

STYLE = ("tokens", "headers", "lists", "bold")


def games_of(model: list[int], preference: list[float], strong: list[bool] | None = None) -> Games:
    return Games(np.array(model), np.array(preference), np.array(strong or [False] * len(model)))


def drawn_games(seed: int, models: int = 3, n: int = 200) -> Games:
    """Five-way verdicts in which longer answers and more markup win more often."""
    generator = np.random.default_rng(seed)
    model = np.repeat(np.arange(models), n)
    style = {
        name: (
            generator.poisson(mean * (1 + model / 4)).astype(float),
            generator.poisson(mean, n * models).astype(float),
        )
        for name, mean in zip(STYLE, (400, 1, 6, 4), strict=True)
    }
    more = (style["lists"][0] - style["lists"][1]) / (style["lists"][0] + style["lists"][1] + 1)
    chance = expit(model - 1 + 1.5 * more + generator.normal(size=n * models))
    preference = np.where(
        generator.random(n * models) < 0.2, 0.5, (generator.random(n * models) < chance).astype(float)
    )
    return Games(model, preference, (preference != 0.5) & (generator.random(n * models) < 0.3), style)


def relative(games: Games, names: tuple[str, ...] = STYLE) -> Floats:
    return np.column_stack([(a - b) / (a + b + 1) for a, b in (games.style[name] for name in names)])


# --- without control


def test_a_strong_verdict_counts_three_times_and_a_tie_half() -> None:
    # a strong win, a loss and a tie: (3 + 0 + 1/2) / 5
    games = games_of([0, 0, 0], [1.0, 0.0, 0.5], [True, False, False])
    assert value_of(arena_v01(games)[0]) == pytest.approx(70, abs=1e-9)
    # v2 has the mean of resampled means, which a thousand of them bring near
    assert value_of(arena_v2(games, replicates=4000)[0]) == pytest.approx(70, abs=1.5)


def test_each_model_has_its_own_score_and_counts_its_games() -> None:
    games = games_of([1, 0, 1, 0, 1], [1.0, 0.0, 0.5, 0.0, 1.0])
    first, second = arena_v01(games)
    assert value_of(first) == pytest.approx(0, abs=1e-6)
    assert value_of(second) == pytest.approx(100 * 2.5 / 3)
    assert (first.n, second.n) == (2, 3)
    assert value_of(arena_v2(games)[0]) == 0


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.booleans()), min_size=1, max_size=60))
def test_without_control_the_rating_is_the_weighted_mean_verdict(verdicts: list[tuple[float, bool]]) -> None:
    preference, strong = (list(column) for column in zip(*verdicts, strict=True))
    estimate = arena_v01(games_of([0] * len(verdicts), preference, [bool(one) for one in strong]), replicates=2)[0]
    expected = np.average(preference, weights=np.where(strong, 3, 1))
    assert value_of(estimate) == pytest.approx(100 * expected, abs=1e-6)


def test_the_bradley_terry_fit_of_the_same_games_gives_the_same_scores() -> None:
    games = drawn_games(1)
    # every row twice, so that a tie is a win and a loss; each model in steps of ten to one, without the baseline's own
    design = np.log(10) * np.eye(3)[games.model]
    fit = sm.GLM(games.preference, design, family=sm.families.Binomial(), var_weights=games.copies).fit(tol=1e-12)
    ratings = 400 * fit.params + 1000
    expected = 100 / (1 + 10 ** ((1000 - ratings) / 400))
    assert [value_of(one) for one in arena_v01(games, replicates=2)] == pytest.approx(expected.tolist(), abs=1e-6)


@pytest.mark.parametrize("score", [arena_v01, arena_v2])
def test_the_bounds_are_those_of_resampled_rows(score: Score) -> None:
    generator = np.random.default_rng(2)
    games = games_of(
        [0] * 500, generator.integers(0, 2, 500).astype(float).tolist(), (generator.random(500) < 0.4).tolist()
    )
    estimate = score(games, replicates=2000)[0]
    value, stderr, lower, upper = numbers(estimate)
    rows = int(games.copies.sum())
    quantile = 1.96 if score is arena_v01 else 1.645
    assert stderr == pytest.approx(np.sqrt(value * (100 - value) / rows), rel=0.06)
    assert ((upper - lower) / 2) == pytest.approx(quantile * stderr, rel=0.06)
    assert estimate.notes == (() if score is arena_v01 else ("90 % interval",))


@pytest.mark.parametrize("score", [arena_v01, arena_v2])
@pytest.mark.parametrize("controls", [(), STYLE])
def test_the_same_games_give_the_same_bits_and_say_what_they_are(score: Score, controls: tuple[str, ...]) -> None:
    games = drawn_games(3, n=60)
    first, again = score(games, controls, replicates=5), score(games, controls, replicates=5)
    assert first == again
    assert {str(one.status) for one in first} == {"degraded(compat: rows are resampled as if independent)"}


# --- with control


def test_style_control_v01_is_the_penalised_regression_of_doubled_rows() -> None:
    games = drawn_games(4)
    rows = np.repeat(np.arange(len(games.model)), games.copies)
    features = relative(games)[rows]
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    players = np.log(10) * np.column_stack([np.eye(3)[games.model[rows]], -np.ones(len(rows))])
    design = np.tile(np.hstack([players, features]), (2, 1))
    # a tie is a win in its first copy and a loss in its second
    outcome = np.concatenate([games.preference[rows] >= 0.5, games.preference[rows] > 0.5])
    fit = LogisticRegression(fit_intercept=False, tol=1e-10, max_iter=5000).fit(design, outcome).coef_[0]
    expected = 100 / (1 + 10 ** (fit[3] - fit[:3]))
    scores = arena_v01(games, STYLE, replicates=2)
    assert [value_of(one) for one in scores] == pytest.approx(expected.tolist(), abs=1e-3)
    # and control does something
    assert value_of(scores[0]) != pytest.approx(value_of(arena_v01(games, replicates=2)[0]), abs=0.3)


def test_style_control_v2_is_about_the_unpenalised_regression_on_densities() -> None:
    games = drawn_games(5)
    rows = np.repeat(np.arange(len(games.model)), games.copies)
    (tokens, base), *others = (games.style[name] for name in STYLE)
    densities = [(a / (tokens + 1), b / (base + 1)) for a, b in others]
    features = np.column_stack([(tokens - base) / (tokens + base), *((p - q) / (p + q + 1) for p, q in densities)])[
        rows
    ]
    features = (features - features.mean(axis=0)) / features.std(axis=0, ddof=1)
    design = np.hstack([np.eye(3)[games.model[rows]], features])
    fit = sm.GLM(games.preference[rows], design, family=sm.families.Binomial()).fit(tol=1e-12)
    expected = 100 * expit(fit.params[:3])
    for one, value in zip(arena_v2(games, STYLE, replicates=200), expected, strict=True):
        _, stderr, lower, upper = numbers(one)
        # the median of 200 refits is as near as that
        assert value_of(one) == pytest.approx(value, abs=0.25 * stderr)
        assert lower < value < upper


@pytest.mark.parametrize("controls", [("tokens",), ("headers", "lists", "bold"), ("bold",)])
def test_any_of_the_controls_may_be_asked_for_alone(controls: tuple[str, ...]) -> None:
    games = drawn_games(6, n=80)
    for run in (arena_v01, arena_v2):
        assert all(0 < value_of(one) < 100 for one in run(games, controls, replicates=10))


def test_a_model_that_always_wins_stays_within_bounds() -> None:
    games = drawn_games(7, n=60)
    wins = Games(games.model, np.where(games.model == 2, 1.0, games.preference), games.strong, games.style)
    for run in (arena_v01, arena_v2):
        for controls in ((), STYLE):
            value, _, lower, upper = numbers(run(wins, controls, replicates=10)[2])
            assert 80 < lower <= value <= upper <= 100


def test_answers_without_a_single_token_differ_in_nothing() -> None:
    games = drawn_games(8, n=60)
    empty = {name: tuple(np.where(np.arange(180) < 5, 0.0, one) for one in both) for name, both in games.style.items()}
    again = Games(games.model, games.preference, games.strong, {name: (a, b) for name, (a, b) in empty.items()})
    assert all(0 < value_of(one) < 100 for one in arena_v2(again, STYLE, replicates=5))


# --- what is refused


@pytest.mark.parametrize("score", [arena_v01, arena_v2])
def test_what_is_not_known_is_refused_by_name(score: Score) -> None:
    games = drawn_games(9, n=20)
    with pytest.raises(StatsError, match="no verdicts"):
        score(games_of([], []))
    with pytest.raises(StatsError, match="a preference is unknown"):
        score(games_of([0], [float("nan")]))
    with pytest.raises(StatsError, match="code unknown"):
        score(games, ("code",))
    for wrong, message in ((np.nan, "bold unknown"), (-1.0, "bold is negative somewhere")):
        style = {**games.style, "bold": (np.full(60, wrong), np.zeros(60))}
        with pytest.raises(StatsError, match=message):
            score(Games(games.model, games.preference, games.strong, style), ("bold",))
    with pytest.raises(StatsError, match="the bold difference is the same everywhere"):
        score(
            Games(games.model, games.preference, games.strong, {**games.style, "bold": (np.zeros(60), np.zeros(60))}),
            ("bold",),
        )


# --- what is wrong with it


def test_a_ninety_percent_interval_of_resampled_rows_holds_the_truth_six_times_of_ten() -> None:
    held = []
    for seed in range(300):
        drawn = draw_arena([10, seed], 300)
        _, _, lower, upper = numbers(arena_v2(drawn.games)[0])
        held.append(lower <= drawn.win_rate <= upper)
    assert 55 <= 100 * np.mean(held) <= 70
