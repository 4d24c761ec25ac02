"""A metric is a function and a line: whatever the dictionary holds is in rows, boards, comparisons and gates."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.background import UNTAUGHT, Background
from evalkit.boards.build import Board, build_boards
from evalkit.boards.comparison import compare
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, METRICS, STYLE_WIN_RATE, WIN_RATE, Held, Metric, Recipe
from evalkit.boards.rates import Estimators
from evalkit.boards.row import build_row
from evalkit.cli.sources import metric_option
from evalkit.gating.decide import decide
from evalkit.gating.rule import Outcome, Rule
from evalkit.reporting.latex import boards_latex
from evalkit.reporting.markdown import boards_markdown
from evalkit.reporting.markup.boards import boards_html
from evalkit.reporting.page.table import board_table
from evalkit.reporting.page.words import finding
from evalkit.reporting.rows import rows_text
from evalkit.reporting.tables import boards_text
from evalkit.reporting.values import boards_csv, boards_json
from evalkit.stats.controlled_rate import Controlled
from evalkit.stats.winrate import Measured
from evalkit.types import OK, Estimate
from tests.boards.test_build import entry

MEDIAN = Metric("median_preference", "median preference")
RANKED_BY_IT = Recipe(MEDIAN, controls=("length",))


def median_preference(entry: Entry, recipe: Recipe, _: Background) -> Controlled:
    """The median in percent, as if preferences were spread evenly between their quartiles."""
    sample = entry.sample
    lower_quartile, median, upper_quartile = np.quantile(sample.preference, [0.25, 0.5, 0.75])
    influence = 100 * (upper_quartile - lower_quartile) * np.sign(sample.preference - median)
    value, stderr = 100 * float(median), float(influence.std() / np.sqrt(sample.n))
    reach = 1.96 * stderr
    return Controlled(Measured(Estimate(value, stderr, value - reach, value + reach, sample.n, OK), influence))


@pytest.fixture(autouse=True)
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, MEDIAN, median_preference)


def board(recipe: Recipe = RANKED_BY_IT) -> Board:
    (built,) = build_boards([entry("weak", -1.5, seed=3), entry("strong", 1.5)], recipe)
    return built


def test_a_row_has_its_number_and_a_row_of_grades_has_not() -> None:
    one = entry("strong", 1.5)
    row = build_row(one, Recipe())
    assert list(row.numbers) == [LC_WIN_RATE, WIN_RATE, MEDIAN]
    assert row.measured(MEDIAN).estimate.value == pytest.approx(100 * np.median(one.sample.preference))
    graded = build_row(replace(one, baseline="", scale=(1.0, 10.0)), Recipe())
    assert MEDIAN not in graded.numbers
    assert graded.status(MEDIAN).reason == "graded alone"


def test_a_board_can_be_ranked_by_it_and_has_its_column_in_every_form() -> None:
    built = board()
    assert [(row.entry.model, row.rank and row.rank.rank) for row in built.rows] == [("strong", 1), ("weak", 2)]
    shown = f"{built.rows[0].measured(MEDIAN).estimate.value:.2f}"
    for text in (boards_text([built]), boards_markdown([built]), boards_latex([built]), boards_html([built])):
        assert MEDIAN.title in text
        assert shown in text
    assert "strong leads with a median preference of 85.76 %" in finding(built)
    assert board_table(board(Recipe())).others == ("Win rate", "Median preference")
    assert f"  median preference  {shown} [" in rows_text(built.rows)


def test_files_have_its_number_interval_error_and_status_behind_the_metrics_before_it() -> None:
    built = board()
    (first, _) = csv.DictReader(io.StringIO(boards_csv([built])))
    columns = list(first)
    start = columns.index("style_status") + 1
    own = ["median_preference", *(f"median_preference_{part}" for part in ("lower", "upper", "stderr", "status"))]
    assert columns[start : start + 6] == [*own, "discrete_win_rate"]
    document = json.loads(boards_json([built]))["boards"][0]
    assert document["metric"] == "median_preference"
    estimate = built.rows[0].measured(MEDIAN).estimate
    found = [document["rows"][0][name] for name in own]
    assert found == [*(pytest.approx(one) for one in (estimate.value, estimate.lower, estimate.upper, estimate.stderr)),
                     "ok"]  # fmt: skip
    assert [float(first[name]) for name in own[:4]] == found[:4]


def test_models_are_compared_and_released_by_it() -> None:
    strong, weak = entry("strong", 1.5), entry("weak", -1.5, seed=3)
    (pair,) = compare([strong, weak], RANKED_BY_IT, models=["strong", "weak"]).pairs
    ahead = pair.differences[MEDIAN]
    assert ahead.estimate.value == pytest.approx((ahead.first.value or 0) - (ahead.second.value or 0))
    rates = Estimators(RANKED_BY_IT)
    outcomes = [
        decide(one, rates, Rule(metric=MEDIAN, minimum=50.0), benchmark="bench").outcome for one in (strong, weak)
    ]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]


@pytest.mark.parametrize("held", [None, Held.LENGTH, Held.STYLE])
def test_its_function_is_taught_about_what_it_holds_equal(held: Held | None, monkeypatch: pytest.MonkeyPatch) -> None:
    taught = []

    def noting(entry: Entry, recipe: Recipe, background: Background) -> Controlled:
        taught.append(background)
        return median_preference(entry, recipe, background)

    length, style = Background(name="length"), Background(name="style")
    own = Metric("own", "own", held=held)
    monkeypatch.setitem(METRICS, own, noting)
    rates = Estimators(RANKED_BY_IT, length, style)
    rates.row(entry("strong", 1.5))
    assert taught == [{None: UNTAUGHT, Held.LENGTH: length, Held.STYLE: style}[held]]
    assert rates.background(own) is (None if held is None else taught[0])


def test_a_metric_at_equal_style_is_of_rows_with_controls() -> None:
    one = entry("strong", 1.5)
    assert STYLE_WIN_RATE not in build_row(one, Recipe()).numbers
    assert STYLE_WIN_RATE in build_row(one, RANKED_BY_IT).numbers
    assert build_row(one, Recipe()).status(STYLE_WIN_RATE).reason == "no controls were asked for"


def test_the_choices_of_the_option_are_the_metrics_of_comparisons() -> None:
    @metric_option
    def command(metric: str | None) -> None:
        """Takes the option."""

    (option,) = command.__click_params__  # type: ignore[attr-defined]
    assert list(option.type.choices) == [one.name for one in METRICS if not one.graded and one != MEDIAN]
