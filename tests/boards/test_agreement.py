from collections.abc import Sequence

import pytest

from evalkit.boards.agreement import Agreement, agree, correlate
from evalkit.boards.joined import join, narrowed
from evalkit.catalog.references import Reference
from evalkit.errors import InputError
from evalkit.formats.scores import Score, ScoreTable
from evalkit.stats.agreement import Coefficient
from evalkit.types import StatusKind

NAMES = [f"m{number}" for number in range(12)]
EXACT = Reference("human", {name: 1000.0 + 10 * place for place, name in enumerate(NAMES)}, "source", "2024-01-01")
MEASURED = Reference(
    "human",
    EXACT.scores,
    "source",
    "2024-01-01",
    {name: (score - 12, score + 12) for name, score in EXACT.scores.items()},
)
# neighbours swapped now and then
VALUES = [1, 0, 2, 3, 5, 4, 6, 8, 7, 9, 10, 11]


def scores(reach: float | None = None, names: Sequence[str] = NAMES) -> list[Score]:
    return [
        Score(name, float(value)) if reach is None else Score(name, float(value), value - reach, value + reach)
        for name, value in zip(names, VALUES, strict=False)
    ]


def width(agreement: Agreement) -> float:
    assert agreement.spearman.lower is not None
    assert agreement.spearman.upper is not None
    return agreement.spearman.upper - agreement.spearman.lower


def test_errors_of_either_side_widen_the_interval() -> None:
    plain = agree(scores(), EXACT, {})
    assert width(plain) < width(agree(scores(2.0), EXACT, {}))
    assert width(plain) < width(agree(scores(), MEASURED, {}))
    assert plain.spearman.value == agree(scores(2.0), MEASURED, {}).spearman.value


def test_what_needs_intervals_is_refused_without_them_and_given_with_them() -> None:
    plain, full = agree(scores(), EXACT, {}), agree(scores(0.4), MEASURED, {})
    assert plain.confident.status.kind == plain.brier.status.kind == StatusKind.NOT_ESTIMABLE
    assert plain.separability.status.reason == "the board gives no interval for 12 of 12 models"
    assert full.separability.value == 1
    assert full.confident.value == 1
    assert full.brier.value is not None


def test_every_model_that_takes_no_part_is_named() -> None:
    rows = [*scores(names=NAMES[:10]), Score("m10", None), Score("stranger", 3.0)]
    agreement = agree(rows, EXACT, {}, degraded={"m0", "stranger"})
    assert agreement.models == tuple(sorted(NAMES[:10]))
    assert (agreement.left_out, agreement.unknown, agreement.absent) == (("m10",), ("stranger",), ("m11",))
    assert agreement.degraded == ("m0",)


def test_boards_can_be_narrowed_to_the_models_that_all_share() -> None:
    one = ScoreTable("one", "score", tuple(scores(0.4)))
    other = ScoreTable("other", "score", tuple(scores(0.4, [f"x{name}" for name in NAMES[:9]])))
    leads = [{f"x{name}": name for name in NAMES}]
    (joined,) = join([one, other], [EXACT], {}, maps=leads)
    assert [len(found.agreement.models) for found in correlate(joined)] == [12, 9]
    common = correlate(narrowed(joined))
    assert [len(found.agreement.models) for found in common] == [9, 9]
    assert common[0].agreement.spearman == common[1].agreement.spearman
    assert set(common[0].robustness) == set(Coefficient)


def test_a_map_that_fits_no_board_is_refused() -> None:
    table = ScoreTable("one", "score", tuple(scores()))
    with pytest.raises(InputError, match="--map number 2: maps no board's models to those of human or back"):
        join([table], [EXACT], {}, maps=[{"m0": "m0"}, {"a": "b"}])
