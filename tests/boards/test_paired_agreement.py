"""Two boards compared in how far they agree with the same people."""

import numpy as np
import pytest

from evalkit.boards import (
    WIN_RATE,
    PairedBy,
    Recipe,
    agreement_difference,
    agreement_differences,
    beside_reference,
    build_boards,
    join,
    metric_difference,
    narrowed,
)
from evalkit.catalog import Reference
from evalkit.formats import Score, ScoreTable
from evalkit.stats import Coefficient, Floats, holm
from tests.boards.test_build import entry, refused

NAMES = [f"m{number:02d}" for number in range(16)]
HUMAN = Reference("human", {name: float(place) for place, name in enumerate(NAMES)}, "source", "2024-01-01")
DRAWN = np.random.default_rng(2)
NEAR, FAR, FARTHER = (np.arange(16) + error * DRAWN.normal(size=16) for error in (1.0, 4.0, 6.0))


def column(values: Floats, names: list[str] = NAMES) -> list[Score]:
    return [Score(name, float(value)) for name, value in zip(names, values, strict=False)]


def table(name: str, values: Floats, names: list[str] = NAMES) -> ScoreTable:
    return ScoreTable(name, "score", tuple(column(values, names)))


def test_two_columns_are_compared_over_the_models_that_both_and_the_reference_know() -> None:
    first = [*column(NEAR[:12], [f"my-{name}" for name in NAMES]), Score("stranger", 3.0), Score("m15", None)]
    found = agreement_difference(
        first, column(FAR[2:], NAMES[2:]), HUMAN, {}, names=("mine", "theirs"),
        renamed=({f"my-{name}": name for name in NAMES}, None),
    )  # fmt: skip
    assert found.models == tuple(NAMES[2:12]) and found.spearman.estimate.n == 10
    assert (found.first, found.second, found.paired_by, found.n_pairs) == ("mine", "theirs", PairedBy.MODEL, 1)
    assert found.spearman.first is not None and found.spearman.second is not None
    assert found.spearman.estimate.value == pytest.approx(found.spearman.first - found.spearman.second)
    assert found.significant(found.spearman) == (found.spearman.p_value is not None and found.spearman.p_value < 0.05)


def test_every_pair_of_boards_is_compared_and_p_counts_the_pairs() -> None:
    (joined,) = join([table("a", NEAR), table("b", FAR), table("c", FARTHER)], [HUMAN], {})
    found = agreement_differences(joined)
    assert [(pair.first, pair.second) for pair in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert {pair.n_pairs for pair in found} == {3}
    for coefficient in (Coefficient.SPEARMAN, Coefficient.KENDALL):
        plain = [pair.differences[coefficient].p_value for pair in found]
        assert [pair.adjusted[coefficient] for pair in found] == holm(plain)
    assert found[0].adjusted_p(found[0].spearman) == found[0].adjusted[Coefficient.SPEARMAN]


def test_several_rankings_are_joined_each_by_itself() -> None:
    newer = Reference("newer", {name: -score for name, score in list(HUMAN.scores.items())[:8]}, "s", "2025-01-01")
    boards = [table("a", NEAR), table("b", FAR[:12])]
    old, new = (beside_reference(joined) for joined in join(boards, [HUMAN, newer], {}))
    assert [len(pair.models) for pair in (*old.differences, *new.differences)] == [12, 8]
    assert new.boards[0].agreement.spearman.value is not None and new.boards[0].agreement.spearman.value < 0
    common = beside_reference(narrowed(join(boards, [HUMAN], {})[0]), reference=HUMAN)
    assert [len(one.agreement.models) for one in common.boards] == [12, 12] and common.reference is HUMAN


def test_a_map_may_fit_one_ranking_only() -> None:
    other = Reference("other", {f"x{name}": score for name, score in HUMAN.scores.items()}, "s", "")
    maps = [{name: f"x{name}" for name in NAMES}]
    assert [len(joined.shared()[0]) for joined in join([table("a", NEAR)], [HUMAN, other], {}, maps=maps)] == [16, 16]


def test_lc_and_raw_of_one_board_are_paired_by_instruction_and_leave_out_what_is_no_number() -> None:
    entries = [entry(name, -1.6 + 0.2 * place, seed=place) for place, name in enumerate(NAMES)]
    (built,) = build_boards([*entries[:13], refused(entries[13])], Recipe(), reference=HUMAN)
    lead = built.control_lead
    assert lead is not None and built.agreement is not None
    assert (lead.first, lead.second, lead.paired_by) == ("LC win rate", "win rate", PairedBy.INSTRUCTION)
    assert lead.models == tuple(NAMES[:13]) and lead.spearman.first == built.agreement.spearman.value
    # the same instructions were drawn for both metrics
    assert lead.spearman.instructions is not None and 0 < lead.spearman.instructions < 0.1
    (raw,) = build_boards(entries[:13], Recipe(metric=WIN_RATE), reference=HUMAN)
    assert raw.control_lead == lead
    assert metric_difference(built.rows, (WIN_RATE, WIN_RATE), HUMAN, {}).spearman.estimate.value == 0


def test_a_board_that_shares_too_few_models_says_why() -> None:
    (built,) = build_boards([entry(name, 0.2, seed=1) for name in NAMES[:4]], Recipe(), reference=HUMAN)
    assert built.control_lead is not None
    assert built.control_lead.spearman.estimate.status.reason == (
        "4 shared models cannot show a difference, at least 6 needed"
    )
    (alone,) = build_boards([entry("stranger", 0.2)], Recipe(), reference=HUMAN)
    assert alone.control_lead is not None and alone.control_lead.models == ()
