"""Several benchmarks in one table, and their aggregate."""

from dataclasses import replace

import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE, Recipe
from evalkit.boards.overview import NamedBoard, Overview, build_overview
from evalkit.boards.paired_agreement import PairedBy
from evalkit.boards.row import BoardRow
from evalkit.boards.standing import agreements_of, leads_of, stand, with_standing
from evalkit.catalog.references import Reference
from evalkit.errors import ConfigError, StatsError, UnknownName
from evalkit.stats import Controlled
from evalkit.stats.aggregate import AggregateMethod
from evalkit.types import StatusKind
from tests.boards.test_build import board, entry, refused, with_missing


def raw(*entries: Entry) -> Board:
    return board(*entries, recipe=Recipe(metric=WIN_RATE))


def overview(*boards: Board, aliases: dict[str, str] | None = None) -> Overview:
    return build_overview([NamedBoard(f"bench{at}", one) for at, one in enumerate(boards)], aliases or {})


def three(seed: int = 1, **levels: float) -> list[Entry]:
    chosen = {"strong": 1.5, "middling": 0.0, "weak": -1.5, **levels}
    return [entry(model, level, seed=seed + at) for at, (model, level) in enumerate(chosen.items())]


def test_a_model_has_a_cell_for_each_number_of_each_board() -> None:
    made = overview(board(*three()), raw(*three(7)))
    assert [(column.benchmark, column.metric) for column in made.columns] == [
        ("bench0", LC_WIN_RATE), ("bench0", WIN_RATE), ("bench1", WIN_RATE),
    ]  # fmt: skip
    assert [row.model for row in made.rows] == ["strong", "middling", "weak"]
    for place, column in enumerate(made.columns):
        own = {row.entry.model: row.measured(column.metric).estimate for row in column.board.rows}
        assert {row.model: row.cells[place].estimate for row in made.rows} == own


def test_a_model_that_a_board_lacks_has_a_cell_that_says_so() -> None:
    made = overview(raw(*three()), raw(*three()[:2]))
    (missing,) = [row.cells[1] for row in made.rows if row.model == "weak"]
    assert missing.row is None and missing.value is None
    assert missing.status.reason == "no verdicts by j on bench1"


def test_models_are_joined_by_aliases_and_never_by_likeness() -> None:
    aliases = {"Strong-8B": "strong", "strong-8b-chat": "strong"}
    made = overview(raw(*three()), raw(entry("Strong-8B", 1.0), entry("Middling", 0.0)), aliases=aliases)
    assert {row.model: row.spellings for row in made.rows} == {
        "strong": ("Strong-8B", "strong"), "middling": ("middling",), "weak": ("weak",), "Middling": ("Middling",),
    }  # fmt: skip


def test_two_spellings_on_one_board_stay_apart() -> None:
    aliases = {"Strong-8B": "strong", "strong-8b-chat": "strong"}
    both = raw(entry("Strong-8B", 1.0), entry("strong-8b-chat", 0.9, seed=2), entry("weak", -1.0))
    made = overview(raw(*three()), both, aliases=aliases)
    assert {"strong", "Strong-8B", "strong-8b-chat"} <= {row.model for row in made.rows}
    assert made.apart == (("Strong-8B", "strong-8b-chat"),)


def test_an_aggregate_leaves_out_who_lacks_a_number_and_says_why() -> None:
    made = overview(raw(*three(), entry("other", 0.5)), raw(*three(7), refused(entry("failed", 0.0))))
    standing = stand(made, AggregateMethod.MEAN_RANK)
    assert [(one.model, one.estimate.value) for one in standing.models] == [("strong", 1), ("middling", 2), ("weak", 3)]
    assert standing.left_out == {
        "other": "no verdicts by j on bench1", "failed": "no verdicts by j on bench0",
    }  # fmt: skip
    both = overview(raw(*three(), refused(entry("failed", 0.0))), raw(*three(7), entry("failed", 0.0)))
    assert stand(both, AggregateMethod.BT).left_out == {"failed": "its outputs for bench0 failed their audit"}


def test_instruction_wins_need_no_controlled_number_and_a_reason_names_its_benchmark() -> None:
    short = [replace(one, sample=one.sample.restricted(frozenset(one.sample.keys[:20]))) for one in three(7)]
    made = overview(board(*three()), board(*short))
    # the second board ranks by a number at equal length, which so few instructions do not give
    assert all(row.cells[2].value is None and row.cells[3].value is not None for row in made.rows)
    placed = stand(made, AggregateMethod.BT)
    assert [one.model for one in placed.models] == ["strong", "middling", "weak"] and not placed.left_out
    assert all(one.estimate.value is not None and one.estimate.lower is not None for one in placed.models)
    for method in (AggregateMethod.Z, AggregateMethod.MEAN_RANK):
        with pytest.raises(StatsError, match=r"Left out: .*: no LC win rate on bench1: "):
            stand(made, method)


def test_ranks_without_a_benchmark_tell_whom_the_aggregate_hangs_on() -> None:
    # on the third board the middling model is far ahead
    boards = [raw(*three()), raw(*three(7)), raw(*three(13, middling=3.0))]
    standing = stand(overview(*boards), AggregateMethod.MEAN_RANK, {"bench2": 10.0})
    assert standing.weights == pytest.approx({"bench0": 1 / 12, "bench1": 1 / 12, "bench2": 10 / 12})
    assert [one.model for one in standing.models] == ["middling", "strong", "weak"]
    assert standing.models[0].without == {"bench0": 1, "bench1": 1, "bench2": 2}
    assert standing.hangs_on == {"bench0": (), "bench1": (), "bench2": ("middling", "strong")}


def test_two_judges_share_the_weight_of_their_benchmark() -> None:
    named = [
        NamedBoard("one", one)
        for judge in ("a", "b")
        for one in build_boards([replace(item, judge=judge) for item in three()], Recipe(metric=WIN_RATE))
    ]
    other = NamedBoard("two", raw(*three(7, strong=-3.0)))
    ranks = {one.model: one.estimate.value for one in stand(
        build_overview([*named, other], {}), AggregateMethod.MEAN_RANK
    ).models}  # fmt: skip
    assert ranks == {"middling": 1.5, "strong": 2.0, "weak": 2.5}


def test_a_place_that_rests_on_doubtful_numbers_is_doubtful_unless_it_rests_on_verdicts_alone() -> None:
    made = overview(raw(*three()), raw(*three()[:2], with_missing(three()[2], 40)))
    doubtful = stand(made, AggregateMethod.MEAN_RANK).models
    assert {one.estimate.status.kind for one in doubtful} == {StatusKind.DEGRADED}
    assert doubtful[0].estimate.status.reason == "rests on numbers that are not ok: weak on bench1"
    # missing verdicts touch what rests on verdicts, and a doubtful control does not
    assert {one.estimate.status.kind for one in stand(made, AggregateMethod.BT).models} == {StatusKind.DEGRADED}
    extrapolated = replace(made.columns[0].board.rows[2], numbers={WIN_RATE: _doubted(made.columns[0].board.rows[2])})
    rows = (*made.columns[0].board.rows[:2], extrapolated)
    doubted = overview(replace(made.columns[0].board, rows=rows), raw(*three(7)))
    assert {one.estimate.status.kind for one in stand(doubted, AggregateMethod.Z).models} == {StatusKind.DEGRADED}
    assert {one.estimate.status.kind for one in stand(doubted, AggregateMethod.BT).models} == {StatusKind.OK}


def _doubted(row: BoardRow) -> Controlled:
    return row.number(WIN_RATE).doubted("extrapolated")


def test_the_order_of_the_overview_is_that_of_the_aggregate() -> None:
    made = overview(raw(*three(), entry("other", 3.0)), raw(*three(7)))
    assert made.rows[0].model == "other"
    ordered = with_standing(made, stand(made, AggregateMethod.Z))
    assert [row.model for row in ordered.rows] == ["strong", "middling", "weak", "other"]


def test_columns_and_the_aggregate_are_compared_with_people() -> None:
    models = {f"m{at}": 1.5 - 0.5 * at for at in range(7)}
    boards = [raw(*(entry(name, level, seed=at) for name, level in models.items())) for at in (1, 2)]
    made = overview(*boards)
    made = with_standing(made, stand(made, AggregateMethod.MEAN_RANK))
    people = Reference("people", {name: 100 * level for name, level in models.items()}, "here", "2026-01-01")
    found = agreements_of(made, people, {})
    assert [one.column for one in found] == [*made.columns, None]
    # the lowest mean rank is the best, so that the aggregate agrees with the ratings and does not oppose them
    assert [one.agreement.spearman.value for one in found] == pytest.approx([1, 1, 1])


def test_columns_are_compared_in_their_agreement_with_people_pair_by_pair() -> None:
    models = {f"m{at}": 1.5 - 0.3 * at for at in range(10)}
    entries = [entry(name, level, seed=at) for at, (name, level) in enumerate(models.items())]
    made = overview(board(*entries), raw(*entries[::-1]))
    made = with_standing(made, stand(made, AggregateMethod.BT))
    people = Reference("people", {name: 100 * level for name, level in models.items()}, "here", "2026-01-01")
    leads = leads_of(made, people, {})
    assert [(lead.first, lead.second, lead.paired_by) for lead in leads] == [
        ("bench0 LC win rate", "bench0 win rate", PairedBy.INSTRUCTION),
        ("bench0 LC win rate", "bench1 win rate", PairedBy.MODEL),
        ("aggregate (bt)", "bench0 LC win rate", PairedBy.MODEL),
        ("aggregate (bt)", "bench1 win rate", PairedBy.MODEL),
    ]
    assert {lead.n_pairs for lead in leads} == {4}
    apart = leads[1].spearman
    ranks = {one.column: one.agreement.spearman.value for one in agreements_of(made, people, {})}
    first, _, second = (ranks[column] for column in made.columns)
    assert first is not None and second is not None
    assert apart.estimate.value == pytest.approx(first - second)


@pytest.mark.parametrize(
    ("boards", "weights", "error", "said"),
    [
        (1, {}, ConfigError, "there is only bench0"),
        (2, {"nosuch": 2.0}, UnknownName, "unknown benchmark 'nosuch'. Known: bench0, bench1"),
    ],
)
def test_what_cannot_be_aggregated_is_refused(
    boards: int, weights: dict[str, float], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        stand(overview(*(raw(*three()) for _ in range(boards))), AggregateMethod.Z, weights)


def test_too_few_models_on_every_board_are_refused_by_name() -> None:
    made = overview(raw(*three()), raw(*three()[:2]))
    with pytest.raises(StatsError, match=r"2 models stand on every board, at least 3 needed\. Left out: weak: no verd"):
        stand(made, AggregateMethod.BT)
