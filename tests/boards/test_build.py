from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, STYLE_WIN_RATE, WIN_RATE, DifficultySource, Metric, Recipe
from evalkit.catalog.references import Reference
from evalkit.errors import InputError, StatsError
from evalkit.provenance.row_content import row_values
from evalkit.stats.alpaca_compat import CompatInputs, GamedBaselines
from evalkit.stats.sample import build_sample
from evalkit.types import Audit, Finding, Severity, StatusKind

N = 120


def entry(model: str, level: float, *, judge: str = "j", baseline: str = "b", seed: int = 1, n: int = N) -> Entry:
    """A model of a given skill in log-odds; answers as long as the baseline's on average."""
    generator = np.random.default_rng(seed)
    length = generator.normal(0, 300, n).round()
    difficulty = np.random.default_rng(99).normal(0, 1, n)
    chance = 1 / (1 + np.exp(-(level + 0.8 * np.tanh(length / 300) + difficulty)))
    preference = generator.beta(4 * chance, 4 * (1 - chance))
    sample = build_sample([f"{i:04d}" for i in range(n)], preference, length_difference=length)
    return Entry(model, judge, baseline, sample, avg_length=1000.0)


def refused(one: Entry) -> Entry:
    """The same model, whose outputs an audit fails."""
    finding = Finding("distinct", Severity.FAIL, f"one answer to {N} instructions", N, N)
    return replace(one, audit=Audit(N, ("distinct", "empty"), (finding,)))


def uniform(model: str, preference: float) -> Entry:
    """A model that wins, ties or loses every comparison, which makes its number a degraded one."""
    sample = entry(model, 0.0).sample
    return Entry(model, "j", "b", replace(sample, preference=np.full(sample.n, preference)), avg_length=1000.0)


def with_missing(one: Entry, n: int) -> Entry:
    """The same model without its last verdicts."""
    sample = one.sample
    preference = np.where(np.arange(sample.n) < sample.n - n, sample.preference, np.nan)
    return replace(one, sample=build_sample(sample.keys, preference, length_difference=sample.length_difference))


def board(*entries: Entry, recipe: Recipe | None = None, **options: object) -> Board:
    (one,) = build_boards(entries, recipe or Recipe(), **options)  # type: ignore[arg-type]
    return one


def test_rows_stand_in_the_order_of_the_metric_with_their_rank_intervals() -> None:
    built = board(entry("weak", -1.5), entry("strong", 1.5, seed=2), entry("middling", 0.0, seed=3))
    assert [row.entry.model for row in built.rows] == ["strong", "middling", "weak"]
    ranks = [(row.rank.rank, row.rank.lower, row.rank.upper) for row in built.rows if row.rank]
    assert ranks == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_models_that_cannot_be_told_apart_share_their_rank_interval() -> None:
    built = board(entry("one", 0.0, seed=4), entry("other", 0.02, seed=5))
    assert {(row.rank.lower, row.rank.upper) for row in built.rows if row.rank} == {(1, 2)}


def test_a_row_that_cannot_be_estimated_stands_last_without_a_rank() -> None:
    built = board(entry("few", 3.0, n=10), entry("weak", -1.0))
    assert [row.entry.model for row in built.rows] == ["weak", "few"]
    assert built.rows[1].rank is None
    assert built.rows[1].lc.status.kind == StatusKind.NOT_ESTIMABLE
    assert built.rows[1].raw.estimate.value is not None


def test_only_what_is_ok_is_ranked_and_the_rest_stands_below_by_how_much_is_wrong_with_it() -> None:
    rows = [
        refused(entry("null", 4.0, seed=4)),
        entry("few", 3.0, n=10),
        uniform("losing", 0.0),
        entry("weak", -1.5, seed=3),
        uniform("winning", 1.0),
        entry("strong", 1.5),
    ]
    built = board(*rows)
    assert [row.entry.model for row in built.rows] == ["strong", "weak", "winning", "losing", "few", "null"]
    assert [row.rank.rank if row.rank else None for row in built.rows] == [1, 2, None, None, None, None]
    assert built.n_placed == 2


def test_a_row_that_is_not_ok_takes_nobodys_rank_and_widens_nobodys_range() -> None:
    sound = [entry("strong", 1.5), entry("middling", 0.0, seed=2), entry("weak", -1.5, seed=3)]
    without, with_it = board(*sound), board(*sound, uniform("winning", 1.0), uniform("losing", 0.0))
    assert [row.rank for row in with_it.rows[:3]] == [row.rank for row in without.rows]


def test_the_baselines_own_row_stands_at_its_number_without_a_rank() -> None:
    built = board(entry("b", 0.0, seed=5), entry("strong", 1.5), entry("weak", -1.5, seed=3), uniform("winning", 1.0))
    assert [row.entry.model for row in built.rows] == ["strong", "b", "weak", "winning"]
    assert [row.rank.rank if row.rank else None for row in built.rows] == [1, None, 2, None]
    assert built.n_placed == 3
    raw = board(entry("b", 0.0, seed=5), entry("strong", 1.5), recipe=Recipe(metric=WIN_RATE))
    assert [row.entry.model for row in raw.rows if row.rank] == ["strong"]
    nobody = board(entry("b", 0.0, seed=5), uniform("winning", 1.0), uniform("losing", 0.0))
    assert [row.entry.model for row in nobody.rows] == ["winning", "b", "losing"]
    assert nobody.n_placed == 0


@pytest.mark.parametrize("metric", [LC_WIN_RATE, WIN_RATE])
def test_a_row_of_which_verdicts_are_missing_is_degraded_whatever_it_is_rated_by(metric: Metric) -> None:
    whole, few = entry("whole", -1.0), with_missing(entry("few", 1.0, seed=2), 20)
    built = board(whole, few, recipe=Recipe(metric=metric, controls=("length",)))
    assert [row.entry.model for row in built.rows] == ["whole", "few"]
    assert built.rows[1].rank is None
    told = "degraded(coverage: 20 of 120 verdicts are missing)"
    for one in (LC_WIN_RATE, WIN_RATE, STYLE_WIN_RATE):
        assert str(built.rows[1].status(one)) == told
        assert built.rows[0].status(one).kind == StatusKind.OK
    assert built.rows[1].measured(metric).estimate.status.kind == StatusKind.OK, "a gate has a rule of its own"
    values = row_values(built.rows[1])
    assert [values[name] for name in ("lc_status", "win_rate_status", "style_status")] == [told] * 3


def test_grades_of_which_some_are_missing_are_degraded_and_named_as_such() -> None:
    graded = [replace(entry(name, level, baseline=""), scale=(1.0, 10.0)) for name, level in (("a", 1.0), ("b", -1.0))]
    built = board(with_missing(graded[0], 30), graded[1])
    assert [(row.entry.model, row.rank is None) for row in built.rows] == [("b", False), ("a", True)]
    assert row_values(built.rows[1])["score_status"] == "degraded(coverage: 30 of 120 verdicts are missing)"


def test_what_is_missing_and_what_else_is_wrong_are_both_told_and_one_percent_may_be_missing() -> None:
    won = with_missing(uniform("won", 1.0), 20)
    assert str(board(won).rows[0].status(WIN_RATE)) == ("degraded(all_wins; coverage: 20 of 120 verdicts are missing)")
    nothing = with_missing(entry("m", 0.0), N)
    assert str(board(nothing).rows[0].status(WIN_RATE)) == "not_estimable(no verdicts)"
    assert board(with_missing(entry("m", 0.0), 1)).rows[0].rank is not None


def test_a_board_of_a_published_formula_keeps_the_order_of_the_number_and_ranks_nobody() -> None:
    entries = [
        entry(name, level, seed=n) for n, (name, level) in enumerate((("weak", -1.5), ("strong", 1.5), ("b", 0)))
    ]
    keys = entries[0].sample.keys
    gamed = GamedBaselines(np.array([0.2, 0.8]), np.array([-0.5, 0.5]), np.array([0.0, 0.0]))
    recipe = Recipe(compat=CompatInputs({key: int(key) % 5 - 2.0 for key in keys}, gamed))
    built = board(*entries, recipe=recipe)
    assert built.published and [row.entry.model for row in built.rows] == ["strong", "b", "weak"]
    assert [row.rank for row in built.rows] == [None] * 3 and built.n_placed == 0
    raw = board(*entries, recipe=replace(recipe, metric=WIN_RATE))
    assert not raw.published and [row.rank is None for row in raw.rows if row.entry.model != "b"] == [False, False]


def test_an_agreement_says_which_of_its_models_are_not_ok() -> None:
    entries = [entry(f"m{n}", n / 2 - 1.5, seed=n) for n in range(5)]
    entries += [uniform("won", 1.0), entry("b", 0.0, seed=9)]
    reference = Reference("human", {**{f"m{n}": 1000.0 + n for n in range(5)}, "won": 1.0, "b": 2.0}, "", "")
    agreement = board(*entries, reference=reference).agreement
    assert agreement is not None and agreement.spearman.n == 7
    assert agreement.degraded == ("won",), "the baseline is 50 by definition"


def test_the_metric_decides_the_order() -> None:
    few = entry("few", 3.0, n=10)
    built = board(few, entry("weak", -1.0), recipe=Recipe(metric=WIN_RATE))
    assert [row.entry.model for row in built.rows] == ["few", "weak"]


def test_the_baseline_itself_is_worth_fifty_by_construction() -> None:
    built = board(entry("b", 2.0), entry("weak", -1.0))
    row = next(row for row in built.rows if row.entry.model == "b")
    assert (row.lc.value, row.lc.lower, row.lc.upper, str(row.lc.status)) == (50.0, 50.0, 50.0, "degraded(identical)")


def test_judges_and_baselines_are_never_mixed_in_one_board() -> None:
    entries = [entry("m", 0.0), entry("m", 0.0, judge="k"), entry("m", 0.0, baseline="c")]
    assert len(build_boards(entries, Recipe())) == 3


def test_a_model_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'m' stands twice"):
        build_boards([entry("m", 0.0), entry("m", 1.0)], Recipe())


def test_the_order_of_the_entries_changes_nothing() -> None:
    entries = [entry(f"m{n}", n / 3, seed=n) for n in range(6)]
    for recipe in (Recipe(), Recipe(difficulty=DifficultySource.FIT)):
        forward, backward = board(*entries, recipe=recipe), board(*entries[::-1], recipe=recipe)
        assert [row.lc for row in forward.rows] == [row.lc for row in backward.rows]


def test_difficulty_learned_from_the_table_enters_the_regression_and_its_error_costs_little() -> None:
    entries = [entry(f"m{n}", n / 12 - 1, seed=n) for n in range(24)]
    plain = board(*entries)
    learned = board(*entries, recipe=Recipe(difficulty=DifficultySource.FIT))
    errors = [np.mean([row.lc.stderr for row in built.rows if row.lc.stderr is not None]) for built in (plain, learned)]
    assert errors[1] < 1.05 * errors[0]
    assert set(learned.rows[0].controlled.coefficients) == {
        "intercept", "length_shorter", "length_longer", "length_curvature", "difficulty"
    }  # fmt: skip


def test_too_few_models_teach_no_difficulty() -> None:
    with pytest.raises(StatsError, match="at least 5"):
        board(entry("m", 0.0), recipe=Recipe(difficulty=DifficultySource.FIT))


def test_known_difficulty_enters_only_where_it_covers_every_instruction() -> None:
    known: Mapping[str, float] = {f"{i:04d}": float(i % 7) for i in range(N)}
    partly = {key: value for key, value in known.items() if key != "0003"}
    assert "difficulty" in board(entry("m", 0.0), recipe=Recipe(difficulty=known)).rows[0].controlled.coefficients
    row = board(entry("m", 0.0), recipe=Recipe(difficulty=partly)).rows[0]
    assert "difficulty" not in row.controlled.coefficients
    assert row.lc.notes == (f"difficulty known for {N - 1} of {N} instructions: term left out",)


def test_a_reference_counts_every_number_once_and_names_what_has_none() -> None:
    entries = [entry(f"m{n}", n / 2 - 1.5, seed=n) for n in range(7)]
    entries += [entry("alias of m1", 0.5, seed=20), entry("few", 0.0, n=10), entry("unknown", 0.0, seed=30)]
    reference = Reference("human", {**{f"m{n}": 1000.0 + n for n in range(7)}, "few": 1.0}, "source", "2024-01-01")
    agreement = board(*entries, reference=reference, aliases={"alias of m1": "m1"}).agreement
    assert agreement is not None
    # where an alias and an equal spelling both lead to one model, the alias was written down on purpose
    assert sorted(agreement.models) == ["alias of m1", "m0", "m2", "m3", "m4", "m5", "m6"]
    assert agreement.left_out == ("few",)
    assert agreement.spearman.n == 7
    assert agreement.spearman.value is not None
    assert agreement.spearman.lower is not None
    assert agreement.spearman.lower < agreement.spearman.value


def test_a_bootstrap_interval_is_the_same_every_time_and_near_the_formula() -> None:
    one, again, formula = (
        board(entry("m", 0.3), recipe=Recipe(replicates=replicates)).rows[0].lc for replicates in (300, 300, 0)
    )
    assert one == again
    assert one.stderr == pytest.approx(formula.stderr, rel=0.2)


def test_a_model_of_one_category_has_its_score_beside_those_of_others() -> None:
    whole = entry("whole", 1.0)
    both = {"category code": whole.sample, "category math": whole.sample, "turn 1": whole.sample}
    one = entry("one", 0.0, seed=2)
    built = board(replace(whole, slices=both), replace(one, slices={"category math": one.sample, "turn 1": one.sample}))
    parts = {row.entry.model: row.slices for row in built.rows}
    assert set(parts["whole"]) == {"category code", "category math"}, "of turns there is only one"
    assert set(parts["one"]) == {"category math"}


def test_a_model_whose_outputs_were_refused_stands_last_and_takes_nobodys_rank() -> None:
    entries = [entry("strong", 1.5), entry("middling", 0.0, seed=2), entry("weak", -1.5, seed=3)]
    null = refused(entry("null", 4.0, seed=4))
    for metric in (LC_WIN_RATE, WIN_RATE):
        without, with_it = (board(*some, recipe=Recipe(metric=metric)) for some in (entries, [null, *entries]))
        assert [row.entry.model for row in with_it.rows] == ["strong", "middling", "weak", "null"]
        assert [row.rank for row in with_it.rows[:3]] == [row.rank for row in without.rows]
        assert with_it.rows[3].rank is None
        assert with_it.rows[3].raw.estimate.value is not None, "its number is told all the same"


def test_difficulty_is_not_learned_from_refused_outputs() -> None:
    entries = [entry(f"m{n}", n / 4 - 1, seed=n) for n in range(8)]
    recipe = Recipe(difficulty=DifficultySource.FIT)
    without = board(*entries, recipe=recipe)
    with_it = board(*entries, refused(entry("null", 4.0, seed=20)), recipe=recipe)
    assert [row.lc for row in with_it.rows[:8]] == [row.lc for row in without.rows]
    assert with_it.rows[8].lc.value is not None


def test_a_reference_is_not_compared_with_refused_outputs() -> None:
    entries = [entry(f"m{n}", n / 2 - 1.5, seed=n) for n in range(7)]
    reference = Reference("human", {f"m{n}": 1000.0 + n for n in range(7)}, "source", "2024-01-01")
    agreement = board(*entries[:6], refused(entries[6]), reference=reference).agreement
    assert agreement is not None
    assert agreement.left_out == ("m6",)
    assert agreement.spearman.n == 6


def test_a_board_of_refused_outputs_only_has_no_ranks() -> None:
    assert [row.rank for row in board(refused(entry("null", 0.0))).rows] == [None]
