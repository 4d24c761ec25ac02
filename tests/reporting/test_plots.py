import functools
import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from evalkit.boards.build import Board, build_boards
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.catalog.references import Reference
from evalkit.errors import ConfigError
from evalkit.reporting.panels import PANELS, one_board
from evalkit.reporting.plots import PLOTS, Plot, agreement_plot, plots_of
from evalkit.reporting.plots.frame import EDGE, WIDTH
from evalkit.reporting.plots.palette import LIGHT
from evalkit.reporting.plots.style import drawing
from evalkit.reporting.plots.words import short_name
from tests.boards.test_build import entry
from tests.reporting.drawn import HOSTILE, PEOPLE, crowded_board, few, graded_board, mixed_board, winner

MIXED, GRADED, CROWDED = mixed_board(), graded_board(), crowded_board()
DRAWABLE = [("mixed", MIXED, name) for name in PLOTS]
DRAWABLE += [("graded", GRADED, name) for name in ("board", "length", "ranks")]
DRAWABLE += [("crowded", CROWDED, name) for name in ("board", "lift", "length", "ranks")]
NAMES = [f"{kind}-{name}" for kind, _, name in DRAWABLE]
EVERY = pytest.mark.parametrize(("board", "name"), [case[1:] for case in DRAWABLE], ids=NAMES)


@functools.cache
def drawn(board: Board, name: str) -> Plot:
    return PLOTS[name](board)


@functools.cache
def texts_of(figure: Figure) -> list[Text]:
    """Every text that is drawn."""
    with drawing():
        figure.draw(renderer_of(figure))
    undrawn = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            undrawn |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    found = [one for one in figure.findobj(Text) if isinstance(one, Text)]
    return [one for one in found if one.get_text() and one.get_visible() and one not in undrawn]


def renderer_of(figure: Figure):  # type: ignore[no-untyped-def]
    return FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]


def words_of(plot: Plot) -> str:
    return " ".join(one.get_text() for one in texts_of(plot.figure))


def texts_in(plot: Plot) -> set[str]:
    return {one.get_text() for one in texts_of(plot.figure)}


@EVERY
def test_no_two_texts_of_a_figure_overlap_and_all_are_inside_it(board: Board, name: str) -> None:
    figure = drawn(board, name).figure
    texts, renderer = texts_of(figure), renderer_of(figure)
    with drawing():
        boxes = [(one.get_text(), one.get_window_extent(renderer)) for one in texts]
    size = figure.bbox
    for text, box in boxes:
        assert box.x0 >= -0.5 and box.x1 <= size.x1 + 0.5 and box.y0 >= -0.5 and box.y1 <= size.y1 + 0.5, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        # lines of text may touch; letters may not
        apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 3 or b.y1 <= a.y0 + 3
        assert apart, f"{one!r} meets {other!r}"


@EVERY
def test_nothing_is_read_as_a_formula_and_only_the_palette_is_used(board: Board, name: str) -> None:
    figure = drawn(board, name).figure
    for text in texts_of(figure):
        assert text.get_parse_math() is False
        assert text.get_color() in LIGHT.values()


@EVERY
def test_a_figure_says_in_words_what_it_shows_and_every_tip_has_its_place(board: Board, name: str) -> None:
    plot = drawn(board, name)
    assert plot.name == name and plot.title
    assert plot.description.endswith(".") and "None" not in plot.description and "nan" not in plot.description
    gids = {one.get_gid() for one in plot.figure.findobj(lambda one: one.get_gid() is not None)}
    assert plot.tips and set(plot.tips) <= gids


def test_forty_four_models_all_have_a_line_with_their_name() -> None:
    for name in ("board", "lift", "ranks"):
        assert {row.entry.model for row in CROWDED.rows} <= texts_in(drawn(CROWDED, name))


def test_a_scatter_says_how_many_names_it_leaves_out() -> None:
    plot = drawn(CROWDED, "length")
    named = sum(one.get_text().startswith("model-") for one in texts_of(plot.figure))
    assert 8 < named < 44
    assert f"{44 - named} of 44 names have no room here" in words_of(plot)
    assert len(plot.tips) == 44


def test_what_could_not_be_estimated_or_was_refused_is_not_drawn_as_a_number() -> None:
    plot = drawn(MIXED, "board")
    words = words_of(plot)
    assert "not estimable" in words and "refused by an audit" in words
    null = next(row for row in MIXED.rows if row.entry.model == "null")
    assert null.lc.value is not None and f"{null.lc.value:.2f}" not in words
    assert "Not drawn: 1 refused by an audit, 1 not estimable." in plot.description
    assert plot.tips[f"line-{MIXED.rows.index(null)}"] == "null: refused by an audit: one answer to 120 instructions"
    # four models with a number: one dot each
    assert sum(np.size(line.get_xdata()) for line in dots_of(plot)) == 4
    assert not any(name in drawn(MIXED, "length").description for name in ("null", "few"))


def dots_of(plot: Plot) -> Iterator[matplotlib.lines.Line2D]:
    yield from (line for line in plot.figure.axes[0].get_lines() if line.get_marker() == "o")


def test_degraded_numbers_are_hollow_and_the_figure_says_what_that_means() -> None:
    for name in ("board", "length"):
        plot = drawn(MIXED, name)
        hollow = [x for one in dots_of(plot) if one.get_markerfacecolor() == LIGHT["surface"] for x in one.get_xdata()]  # type: ignore[union-attr]
        assert hollow, name
    assert "hollow: a number with a reservation" in words_of(drawn(MIXED, "length"))
    assert "grey and hollow: not ranked" in words_of(drawn(MIXED, "board"))
    assert "hollow" not in words_of(drawn(CROWDED, "board"))


def heights(line: matplotlib.lines.Line2D) -> list[float]:
    return [float(y) for y in np.asarray(line.get_ydata())]


def test_models_without_a_rank_are_grey_below_a_rule_in_every_chart_of_lines() -> None:
    assert 0 < MIXED.n_placed < len(MIXED.rows)
    for name in ("board", "lift", "ranks"):
        lines = [heights(line) for line in drawn(MIXED, name).figure.axes[0].get_lines()]
        assert lines.count([MIXED.n_placed - 0.5] * 2) == 1, name
        whole = [heights(line) for line in drawn(CROWDED, name).figure.axes[0].get_lines()]
        assert not any(y % 1 for line in whole for y in line), f"{name}: a rule where all are ranked"
    below = [dot for dot in dots_of(drawn(MIXED, "board")) if any(y >= MIXED.n_placed for y in heights(dot))]
    assert below and all(dot.get_markeredgecolor() == LIGHT["muted"] for dot in below)


def test_ranks_are_drawn_of_ranked_models_only_and_the_others_keep_their_line() -> None:
    words = words_of(drawn(MIXED, "ranks"))
    ranked = sum(row.rank is not None for row in MIXED.rows)
    assert sum(np.size(dot.get_xdata()) for dot in dots_of(drawn(MIXED, "ranks"))) == ranked == 2
    assert "the baseline itself" in words and "3 not ranked" in words and "all" in words


def test_a_model_that_is_not_ok_is_hollow_beside_people() -> None:
    people = Reference("people", {"strong": 1200.0, "all": 1100.0}, "", "")
    (board,) = build_boards([entry("strong", 1.5), winner("all")], Recipe(), reference=people)
    dots = [one for one in dots_of(PLOTS["agreement"](board)) if one.get_markerfacecolor() == LIGHT["surface"]]
    assert [list(np.asarray(one.get_xdata())) for one in dots] == [[1100]]


def test_win_rates_are_drawn_over_their_whole_scale_with_a_line_at_fifty() -> None:
    for name in ("board", "lift"):
        axes = drawn(CROWDED, name).figure.axes[0]
        assert axes.get_xlim() == (0, 100)
        assert any(list(line.get_xdata()) == [50, 50] for line in axes.get_lines())  # type: ignore[arg-type]
    assert drawn(GRADED, "board").figure.axes[0].get_xlim() == (1, 10)


def test_an_axis_that_is_cut_says_so() -> None:
    axes = drawn(CROWDED, "length").figure.axes[0]
    assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] < 100
    assert axes.get_ylabel() == "LC win rate, percent; the scale goes on to 100"
    assert "the axes show the range of these models" in words_of(drawn(MIXED, "agreement"))


def test_arrows_lead_from_the_raw_to_the_controlled_number() -> None:
    plot = drawn(CROWDED, "lift")
    lines = plot.figure.axes[0].get_lines()
    ends = {tuple(map(float, line.get_xdata())) for line in lines}  # type: ignore[arg-type]
    for row in CROWDED.rows:
        assert (row.raw.estimate.value, row.lc.value) in ends


def test_rates_changes_and_ends_of_intervals_have_two_decimals() -> None:
    row = CROWDED.rows[0]
    controlled, raw = row.lc, row.raw.estimate
    assert controlled.value is not None and raw.value is not None
    ends = f"{controlled.lower:.2f} to {controlled.upper:.2f}"
    assert {f"{controlled.value:.2f}", ends} <= texts_in(drawn(CROWDED, "board"))
    change = f"{controlled.value - raw.value:+.2f}".replace("-", "−")
    moved = f"{raw.value:.2f} to {controlled.value:.2f}"
    assert {change, moved} <= texts_in(drawn(CROWDED, "lift"))
    (beside,) = [tip for tip in drawn(MIXED, "agreement").tips.values() if tip.startswith("strong: ")]
    assert re.fullmatch(r"strong: \d+\.\d\d \[\d+\.\d\d, \d+\.\d\d\] on the board, .*", beside)


def test_a_board_has_the_plots_that_it_has_numbers_for() -> None:
    assert plots_of(MIXED) == list(PLOTS) == list(PANELS)
    assert plots_of(GRADED) == ["board", "length", "ranks"]
    assert plots_of(CROWDED) == ["board", "lift", "length", "ranks"]
    with pytest.raises(ConfigError, match="no win rate to hold length equal in"):
        drawn(GRADED, "lift")
    with pytest.raises(ConfigError, match="--reference names one"):
        drawn(CROWDED, "agreement")


def test_one_model_alone_has_no_ranks_to_draw_and_no_order_to_agree_with() -> None:
    (board,) = build_boards([entry("m", 0.0)], Recipe(metric=WIN_RATE))
    assert plots_of(board) == ["board", "lift", "length"]
    assert MIXED.agreement is not None
    shared = replace(MIXED, agreement=replace(MIXED.agreement, pairs=MIXED.agreement.pairs[:1]))
    assert "agreement" not in plots_of(shared)


def test_no_lengths_are_drawn_where_none_is_known() -> None:
    (board,) = build_boards([replace(entry("m", 0.0), avg_length=None)], Recipe())
    assert "length" not in plots_of(board)
    with pytest.raises(ConfigError, match="do not tell how long"):
        drawn(board, "length")


def test_agreement_shows_each_shared_model_on_both_sides_with_spearman_above() -> None:
    agreement = MIXED.agreement
    assert agreement is not None
    assert [(pair.score.model, pair.human) for pair in agreement.pairs] == [
        (model, PEOPLE.scores[model]) for model in agreement.models
    ]
    plot = agreement_plot(agreement, "Board $1 beside people", measure="win_rate")
    assert "3 shared models, at least 4 needed" in words_of(plot)
    assert "Board $1 beside people" in words_of(plot)
    strong = next(tip for tip in plot.tips.values() if tip.startswith("strong"))
    assert strong.endswith("on the board, 1200 [1190, 1210] by people")


def test_a_measure_is_named_as_harmlessly_as_everything_else() -> None:
    assert MIXED.agreement is not None
    plot = agreement_plot(MIXED.agreement, "t", measure=HOSTILE)
    assert "\\u0007" in words_of(plot) and "script&gt;" in plot._repr_svg_()


def test_agreement_with_nobody_is_refused() -> None:
    (board,) = build_boards([entry("m", 0.0)], Recipe(), reference=PEOPLE, aliases={})
    assert board.agreement is not None
    with pytest.raises(ConfigError, match="shares no model with people"):
        agreement_plot(board.agreement, "t")


def test_a_board_of_one_model_without_a_number_can_be_drawn() -> None:
    (board,) = build_boards([few("few")], Recipe())
    for name in plots_of(board):
        assert "1 not estimable" in words_of(drawn(board, name)), name


def test_the_confidence_that_was_asked_for_stands_above_the_intervals() -> None:
    (board,) = build_boards([entry("m", 0.0)], Recipe(metric=WIN_RATE, confidence=0.9))
    assert "90 % interval" in words_of(drawn(board, "board"))


def test_long_names_keep_both_ends() -> None:
    assert short_name("Mixtral-8x7B-Instruct-v0.1_concise") == "Mixtral-8x7B-Instruct-v0.1_concise"
    shown = short_name("some-organisation/Mixtral-8x7B-Instruct-v0.1_concise")
    assert len(shown) == 34 and shown.startswith("some-organisation/") and shown.endswith("v0.1_concise"[-11:])
    assert "\x1b" not in short_name(HOSTILE) and "\u202e" not in short_name(HOSTILE)


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_a_figure_is_written_to_the_same_bytes_every_time(form: str, tmp_path: Path) -> None:
    first, second = tmp_path / f"first.{form}", tmp_path / f"second.{form.upper()}"
    PLOTS["board"](MIXED).save(first)
    if form == "pdf":
        # its dates would be whole seconds
        time.sleep(1.1)
    PLOTS["board"](mixed_board()).save(second)
    assert first.read_bytes() == second.read_bytes()
    signature = {"svg": b"<svg ", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-1."}[form]
    assert first.read_bytes().startswith(signature)


def test_a_figure_of_no_known_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"board\.jpg: expected a name that ends in \.svg, \.png or \.pdf"):
        drawn(MIXED, "board").save(tmp_path / "board.jpg")


def test_settings_of_the_user_change_no_figure_and_stay_as_they_were(tmp_path: Path) -> None:
    PLOTS["board"](MIXED).save(tmp_path / "usual.svg")
    theirs = {"font.size": 31.0, "svg.fonttype": "path", "savefig.bbox": "tight", "text.usetex": True}
    with matplotlib.rc_context(theirs):  # type: ignore[arg-type]
        before = dict(matplotlib.rcParams)
        PLOTS["board"](MIXED).save(tmp_path / "theirs.svg")
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "usual.svg").read_bytes() == (tmp_path / "theirs.svg").read_bytes()


def test_a_notebook_shows_a_figure() -> None:
    plot = drawn(MIXED, "board")
    assert plot._repr_svg_().startswith("<svg ")
    assert plot._repr_png_().startswith(b"\x89PNG")


def test_figures_are_as_wide_as_each_other_and_as_high_as_they_have_lines() -> None:
    few_lines, many_lines = drawn(MIXED, "board").figure, drawn(CROWDED, "board").figure
    assert few_lines.get_figwidth() == many_lines.get_figwidth() == WIDTH > 2 * EDGE
    assert many_lines.get_figheight() - few_lines.get_figheight() > 0.19 * (44 - 6)


def test_one_board_is_drawn_and_of_several_the_cure_is_named() -> None:
    assert one_board([MIXED]) is MIXED
    with pytest.raises(ConfigError, match="these are 2; --judge names one of: j, k"):
        one_board([MIXED, replace(MIXED, judge="k")])
    with pytest.raises(ConfigError, match="name fewer sources: they differ in the baseline: b, c"):
        one_board([MIXED, replace(MIXED, baseline="c")])
    with pytest.raises(ConfigError, match="they differ in the form of the judge"):
        one_board([replace(MIXED, digest="1"), replace(MIXED, digest="2")])
    with pytest.raises(ConfigError, match="the model that the endpoint served: x, y"):
        one_board([replace(MIXED, served_as="x"), replace(MIXED, served_as="y")])
