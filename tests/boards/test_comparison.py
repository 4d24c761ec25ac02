"""Models compared pair by pair."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.build import build_boards
from evalkit.boards.comparison import Comparisons, ModelPair, compare
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, SCORE, WIN_RATE, DifficultySource, Recipe
from evalkit.errors import ConfigError, InputError, StatsError, UnknownName
from evalkit.stats.sample import Floats, Sample, build_sample
from evalkit.types import StatusKind

N = 120
KEYS = [f"{i:04d}" for i in range(N)]
RAW = Recipe(metric=WIN_RATE)


def sample(level: float, *, seed: int = 1, keys: Sequence[str] = KEYS, missing: Sequence[str] = ()) -> Sample:
    """Verdicts that share each instruction's difficulty with all other models."""
    generator = np.random.default_rng(seed)
    n = len(keys)
    length = generator.normal(0, 300, n).round()
    difficulty = np.random.default_rng(99).normal(0, 1, n)
    chance = 1 / (1 + np.exp(-(level + 0.8 * np.tanh(length / 300) + difficulty)))
    preference: Floats = generator.beta(4 * chance, 4 * (1 - chance))
    preference[[key in missing for key in keys]] = np.nan
    return build_sample(keys, preference, length_difference=length)


def entry(model: str, level: float, *, judge: str = "j", baseline: str = "b", digest: str = "", seed: int = 1) -> Entry:
    return Entry(model, judge, baseline, sample(level, seed=seed), avg_length=1000.0, digest=digest)


def pair_of(entries: Sequence[Entry], recipe: Recipe = RAW) -> ModelPair:
    (pair,) = compare(entries, recipe, models=[one.model for one in entries]).pairs
    return pair


def of_three(*levels: float) -> Comparisons:
    entries = [entry(name, level, seed=seed) for seed, (name, level) in enumerate(zip("abc", levels, strict=True))]
    return compare(entries, RAW, models=["a", "b", "c"])


def test_the_difference_is_that_of_the_rates_on_the_common_instructions() -> None:
    first = entry("a", 0.5)
    second = replace(entry("b", 0.0, seed=2), sample=sample(0.0, seed=2).restricted(KEYS[:80]))
    pair = pair_of([first, second])
    assert (pair.n, pair.n_asked, pair.missing) == (80, 80, (0, 0))
    shown = pair.differences[WIN_RATE]
    assert shown.first.value == pytest.approx(100 * first.sample.preference[:80].mean())
    assert shown.second.value == pytest.approx(100 * second.sample.preference.mean())
    assert shown.estimate.value == pytest.approx((shown.first.value or 0) - (shown.second.value or 0))
    assert shown.estimate.n == 80


def test_on_the_same_instructions_both_rates_are_those_of_the_board() -> None:
    entries = [entry("a", 0.5), entry("b", 0.0, seed=2)]
    (board,) = build_boards(entries, Recipe())
    rows = {row.entry.model: row for row in board.rows}
    pair = pair_of(entries, Recipe())
    assert list(pair.differences) == [LC_WIN_RATE, WIN_RATE]
    assert pair.differences[LC_WIN_RATE].first == rows["a"].lc
    assert pair.differences[WIN_RATE].second == rows["b"].raw.estimate


def test_missing_verdicts_are_counted_where_both_were_asked_and_bound_the_difference() -> None:
    first = replace(entry("a", 0.0), sample=sample(0.0, missing=KEYS[:6]))
    second = replace(entry("b", 0.0), sample=sample(0.0, seed=2, missing=KEYS[4:8]).restricted(KEYS[2:]))
    pair = pair_of([first, second])
    assert (pair.n, pair.n_asked, pair.missing) == (N - 8, N - 2, (4, 4))
    known = first.sample.restricted(KEYS[8:]).preference.sum() - second.sample.restricted(KEYS[8:]).preference.sum()
    # against the first: it loses where it is missing, the second wins where that is
    worst = known - second.sample.restricted(KEYS[2:4]).preference.sum()
    worst += first.sample.restricted(KEYS[6:8]).preference.sum() - 4
    assert pair.pessimistic.value == pytest.approx(100 * worst / (N - 2))
    assert pair.optimistic.value == pytest.approx(100 * (worst + 8) / (N - 2))


def test_without_missing_verdicts_both_bounds_are_the_difference() -> None:
    pair = pair_of([entry("a", 0.5), entry("b", 0.0, seed=2)])
    assert pair.pessimistic == pair.optimistic == pair.differences[WIN_RATE].estimate


def test_two_models_have_a_p_value_of_their_own_and_more_share_holms() -> None:
    found = of_three(0.0, 0.1, 3.0)
    assert [pair.models for pair in found.pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    shown = [pair.differences[WIN_RATE] for pair in found.pairs]
    # the least significant of three keeps its p-value, the most significant has it tripled
    assert shown[0].adjusted == shown[0].p_value
    smallest = min(shown, key=lambda one: one.p_value or 0)
    assert smallest.adjusted == 3 * (smallest.p_value or 0)
    two = pair_of([entry("a", 0.0), entry("c", 3.0, seed=2)]).differences[WIN_RATE]
    assert two.adjusted == two.p_value
    assert found.alike == (("a", "b"),)
    assert found.detail is None


def test_models_far_apart_are_all_told_apart() -> None:
    assert of_three(-3.0, 0.0, 3.0).alike == ()


def test_the_largest_swings_come_first_and_equal_ones_by_key() -> None:
    ones = build_sample(["k1", "k2", "k3", "k4"], np.array([1.0, 0.5, 1.0, 0.2]))
    others = build_sample(["k1", "k2", "k3", "k4"], np.array([0.0, 0.6, 0.0, 0.9]))
    entries = [Entry("a", "j", "b", ones, None), Entry("c", "j", "b", others, None)]
    detail = compare(entries, RAW, models=["a", "c"], n_swings=3).detail
    assert detail is not None
    assert [(one.key, one.first, one.second) for one in detail.swings] == [
        ("k1", 1.0, 0.0),
        ("k3", 1.0, 0.0),
        ("k4", 0.2, 0.9),
    ]
    assert detail.fragility is not None


def by_category(model: str, levels: tuple[float, float], seed: int) -> Entry:
    whole = sample(0.0, seed=seed)
    parts = {
        f"category {name}": sample(level, seed=seed).restricted(KEYS[start : start + 60])
        for name, level, start in zip(("x", "y"), levels, (0, 60), strict=True)
    }
    return Entry(model, "j", "b", whole, None, slices=parts)


def test_each_category_has_its_sign_with_an_interval_and_p_values_that_allow_for_their_number() -> None:
    detail = compare(
        [by_category("a", (1.0, -1.0), 1), by_category("c", (-1.0, 1.0), 2)], RAW, models=["a", "c"]
    ).detail
    assert detail is not None
    x, y = detail.slices["category x"], detail.slices["category y"]
    assert (x.estimate.lower or 0) > 0 > (y.estimate.upper or 0)
    assert x.estimate.n == 60
    assert min(x.adjusted or 0, y.adjusted or 0) == 2 * min(x.p_value or 0, y.p_value or 0)


def test_categories_too_small_for_the_metric_are_compared_by_the_raw_rate() -> None:
    def small(one: Entry) -> Entry:
        return replace(one, slices={"category x": one.sample.restricted(KEYS[:20]), "category y": one.sample})

    entries = [small(entry("a", 1.0)), small(entry("c", 0.0, seed=2))]
    detail = compare(entries, Recipe(), models=["a", "c"]).detail
    assert detail is not None
    assert detail.slices_metric == WIN_RATE
    assert detail.slices["category x"].estimate.n == 20


def test_grades_are_compared_on_their_scale_and_are_not_reversed() -> None:
    def graded(model: str, grades: list[float]) -> Entry:
        shares = (np.array(grades) - 1) / 9
        return Entry(model, "j", "", build_sample(KEYS[: len(grades)], shares), None, scale=(1.0, 10.0))

    found = compare([graded("a", [9, 8, 7]), graded("c", [7, 7, 7.5])], Recipe(), models=["a", "c"])
    assert found.metric == SCORE
    assert found.pairs[0].differences[SCORE].estimate.value == pytest.approx(8 - 21.5 / 3)
    assert found.detail is not None
    assert found.detail.fragility is None
    assert (found.detail.swings[0].first, found.detail.swings[0].second) == pytest.approx((9, 7))


def test_difficulty_is_learned_from_all_models_and_not_only_from_those_compared() -> None:
    recipe = replace(RAW, metric=LC_WIN_RATE, difficulty=DifficultySource.FIT)
    entries = [entry(f"m{level}", level / 4, seed=level) for level in range(6)]
    (board,) = build_boards(entries, recipe)
    on_board = {row.entry.model: row.lc for row in board.rows}
    (pair,) = compare(entries, recipe, models=["m1", "m4"]).pairs
    assert pair.differences[LC_WIN_RATE].first == on_board["m1"]
    with pytest.raises(StatsError, match="cannot be learned from 2 models"):
        compare([entries[1], entries[4]], recipe, models=["m1", "m4"])


def test_a_wider_confidence_widens_every_interval() -> None:
    entries = [entry("a", 0.2), entry("b", 0.0, seed=2)]
    usual, sure = (pair_of(entries, replace(RAW, confidence=one)) for one in (0.95, 0.99))
    for metric in usual.differences:
        assert (sure.differences[metric].estimate.lower or 0) < (usual.differences[metric].estimate.lower or 0)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (entry("c", 0.0, judge="k"), "a has verdicts of judge j against b; c has verdicts of judge k against b"),
        (entry("c", 0.0, baseline="d"), "judge j against b; c has verdicts of judge j against d"),
        (
            entry("c", 0.0, digest="0f"),
            "judge j (form 1 of 2) against b; c has verdicts of judge j (form 2 of 2) against b",
        ),
    ],
)
def test_other_judges_forms_of_a_judge_and_baselines_are_refused_in_one_line(second: Entry, said: str) -> None:
    with pytest.raises(InputError, match="only verdicts of one judge") as refused:
        compare([entry("a", 0.0), second], RAW, models=["a", "c"])
    assert said in str(refused.value)


def test_of_several_judges_that_the_models_share_one_must_be_chosen() -> None:
    entries = [entry(model, 0.0, judge=judge) for judge in "jk" for model in "ac"]
    with pytest.raises(InputError, match="judge j against b, judge k against b. Choose one with --judge"):
        compare(entries, RAW, models=["a", "c"])


def test_a_judge_that_only_one_of_them_has_is_left_aside() -> None:
    found = compare([entry("a", 0.0), entry("c", 1.0), entry("a", 3.0, judge="k")], RAW, models=["a", "c"])
    assert found.judge == "j"


def test_names_that_cannot_be_compared_are_refused() -> None:
    entries = [entry("a", 0.0), entry("c", 1.0)]
    with pytest.raises(UnknownName, match="Did you mean 'cc'"):
        compare([*entries, entry("cc", 0.0)], RAW, models=["a", "ccc"])
    with pytest.raises(InputError, match="'b' is the baseline and has no verdicts of its own"):
        compare(entries, RAW, models=["a", "b"])
    for models in (["a"], ["a", "a"], []):
        with pytest.raises(ConfigError, match="name from 2 to 30 models, each once"):
            compare(entries, RAW, models=models)
    with pytest.raises(InputError, match="'a' stands twice under judge 'j'"):
        compare([*entries, entry("a", 0.0)], RAW, models=["a", "c"])


def test_models_without_a_common_instruction_are_refused_with_the_reason_and_not_with_a_number() -> None:
    first, second = entry("a", 0.0), entry("c", 0.0)
    halves = [replace(first, sample=first.sample.restricted(KEYS[:60]))]
    halves.append(replace(second, sample=second.sample.restricted(KEYS[60:])))
    pair = pair_of(halves)
    assert pair.n == 0
    assert pair.differences[WIN_RATE].estimate.status.kind == StatusKind.NOT_ESTIMABLE
    assert compare(halves, RAW, models=["a", "c"]).detail is not None
