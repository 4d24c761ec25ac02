from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.row import DifficultySource, Metric, Recipe
from evalkit.errors import InputError, StatsError
from evalkit.references import Reference
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


def board(*entries: Entry, recipe: Recipe | None = None, **options: object) -> Board:
    (one,) = build_boards(entries, recipe or Recipe(), **options)  # type: ignore[arg-type]
    return one


def test_rows_stand_in_the_order_of_the_metric_with_their_rank_ranges() -> None:
    built = board(entry("weak", -1.5), entry("strong", 1.5, seed=2), entry("middling", 0.0, seed=3))
    assert [row.entry.model for row in built.rows] == ["strong", "middling", "weak"]
    ranks = [(row.rank.rank, row.rank.lower, row.rank.upper) for row in built.rows if row.rank]
    assert ranks == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_models_that_cannot_be_told_apart_share_their_rank_range() -> None:
    built = board(entry("one", 0.0, seed=4), entry("other", 0.02, seed=5))
    assert {(row.rank.lower, row.rank.upper) for row in built.rows if row.rank} == {(1, 2)}


def test_a_row_that_cannot_be_estimated_stands_last_without_a_rank() -> None:
    built = board(entry("few", 3.0, n=10), entry("weak", -1.0))
    assert [row.entry.model for row in built.rows] == ["weak", "few"]
    assert built.rows[1].rank is None
    assert built.rows[1].lc.status.kind == StatusKind.NOT_ESTIMABLE
    assert built.rows[1].raw.estimate.value is not None


def test_the_metric_decides_the_order() -> None:
    few = entry("few", 3.0, n=10)
    built = board(few, entry("weak", -1.0), recipe=Recipe(metric=Metric.WIN_RATE))
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


def test_difficulty_learned_from_the_table_sharpens_the_estimate() -> None:
    entries = [entry(f"m{n}", n / 4 - 1, seed=n) for n in range(8)]
    plain = board(*entries)
    learned = board(*entries, recipe=Recipe(difficulty=DifficultySource.FIT))
    errors = [np.mean([row.lc.stderr for row in built.rows if row.lc.stderr is not None]) for built in (plain, learned)]
    assert errors[1] < errors[0]
    assert set(learned.rows[0].controlled.coefficients) == {"intercept", "length", "difficulty"}


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
    built = board(replace(whole, parts=both), replace(one, parts={"category math": one.sample, "turn 1": one.sample}))
    parts = {row.entry.model: row.parts for row in built.rows}
    assert set(parts["whole"]) == {"category code", "category math"}, "of turns there is only one"
    assert set(parts["one"]) == {"category math"}


def test_a_model_whose_outputs_were_refused_stands_last_and_takes_nobodys_rank() -> None:
    entries = [entry("strong", 1.5), entry("middling", 0.0, seed=2), entry("weak", -1.5, seed=3)]
    null = refused(entry("null", 4.0, seed=4))
    for metric in (Metric.LC_WIN_RATE, Metric.WIN_RATE):
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
