"""Published rows beside a board, in every form: marked, with source and date, and harmless."""

import csv
import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from evalkit.boards.build import Board, build_boards
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.boards.published import Choice, with_neighbours
from evalkit.catalog.published import PublishedTable
from evalkit.formats.published import PublishedNumber, PublishedRow
from evalkit.provenance.canonical import canonical_digest
from evalkit.reporting.forms import FORMS
from evalkit.reporting.plots.figures import PLOTS
from evalkit.reporting.published import published_text
from evalkit.reporting.screen import Screen
from evalkit.reporting.svg import plot_svg
from evalkit.reporting.terminal import boards_drawn
from tests.boards.test_build import entry
from tests.reporting.test_markup import ATTACKS as MARKUP

# half of these break out of a cell of some form
HOSTILE = ["=1+1", "a|b", "} & \\input{x} %", "\x1b]52;c;AA\x07\u202e", *MARKUP]
TABLE = PublishedTable(
    "home/they/table.csv",
    tuple(
        PublishedRow(name, {"win_rate": PublishedNumber(70.0 - place, stderr=1.25)}, n=120, avg_chars=900.0)
        for place, name in enumerate(["theirs", *HOSTILE])
    ),
    title="Their board",
    judge="judge j",
    judges=("j",),
    baseline="b",
    date="2024-01-02",
    source="a paper, table 3",
    note="the note of the table",
)
MODELS = [entry("weak", -0.5), entry("strong", 0.7, seed=2)]


def board(table: PublishedTable = TABLE) -> Board:
    boards = build_boards(MODELS, Recipe(metric=WIN_RATE))
    (found,) = with_neighbours(boards, [table], Choice(every=True), aliases={})
    return found


APART = board(replace(TABLE, judges=("k",), judge="judge k"))


# a model's card and the list of works have no place for other people's rows
WITH_ROWS = [form for form in FORMS if form not in ("model-card", "bibtex")]


@pytest.mark.parametrize("form", WITH_ROWS)
def test_every_form_has_the_published_rows_with_their_source_and_date(form: str) -> None:
    shown = FORMS[form]([board()])
    for part in ("theirs", "published", "2024-01-02", "a paper, table 3"):
        assert part in shown, (form, part)
    apart = FORMS[form]([APART])
    assert "it was judged by judge k, and this board by j" in apart


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("json",)])
def test_no_published_name_breaks_out_of_a_form(form: str) -> None:
    shown = FORMS[form]([board()])
    assert "\x1b" not in shown and "\u202e" not in shown and "\x07" not in shown
    if form == "html":
        assert "<script>alert" not in shown and "<img" not in shown
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(shown)))
        assert {row["model"] for row in rows} >= {"'=1+1", "a|b"}
    if form == "markdown":
        assert {line.count("|") - line.count("\\|") for line in shown.splitlines() if "stderr" in line} == {7}


def test_own_models_stand_among_published_ones_at_the_places_of_their_numbers_and_have_no_number_of_theirs() -> None:
    text = FORMS["table"]([board()])
    lines = [line for line in text.splitlines() if line.endswith(("  here", "  published"))]
    own = [(place, line.split()[0]) for place, line in enumerate(lines) if line.endswith(" here")]
    # 70, 69 and so on are the published numbers, and 61.95 and 39.04 our own
    assert own == [(9, "strong"), (len(TABLE.rows) + 1, "weak")], text
    # the line of a published row begins with its model: it has no rank
    assert text.index("strong") < text.index("published beside: Their board of 2024-01-02, judge judge j against b")
    assert "published rows have no rank, and no test compares them with the models judged here" in text
    assert "the note of the table" in text


def test_published_rows_that_cannot_be_compared_stand_alone() -> None:
    text = FORMS["table"]([APART])
    _, _, beside = text.partition("published beside:")
    assert "strong" not in beside and beside.count("published, not comparable") == len(TABLE.rows)


def test_csv_and_json_mark_what_is_published_and_keep_the_digest() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMS["csv"]([board()]))))
    assert [row["published"] for row in rows[:3]] == ["", "", "home/they/table.csv"]
    assert (rows[2]["rank"], rows[2]["win_rate"], rows[2]["win_rate_stderr"]) == ("", "70.0", "1.25")
    document = json.loads(FORMS["json"]([APART]))["boards"][0]
    assert len(document["rows"]) == 2
    (beside,) = document["published"]
    assert (beside["date"], beside["comparable"], beside["source"]) == ("2024-01-02", False, "a paper, table 3")
    assert beside["rows"][0]["model"] == "theirs" and beside["not_comparable_because"]
    alone = build_boards(MODELS, Recipe(metric=WIN_RATE))
    assert canonical_digest(board().rows) == canonical_digest(alone[0].rows)
    assert "published" not in json.loads(FORMS["json"](alone))["boards"][0]


def test_a_narrow_terminal_leaves_columns_out_and_keeps_the_models() -> None:
    for columns in (60, 200):
        drawn = boards_drawn([board()], Screen(columns, colour=True))
        assert "theirs" in drawn and "\x1b[1mstrong" in drawn and "\x1b]" not in drawn
    assert "no room for" in boards_drawn([board()], Screen(60))


def test_the_figure_draws_comparable_rows_only() -> None:
    few = replace(board().neighbours[0], rows=TABLE.rows[:2])
    svg = plot_svg(PLOTS["board"](replace(board(), neighbours=(few,))), page=False)
    ElementTree.fromstring(svg)
    assert "theirs (published)" in svg and "2 published rows below, judged alike and without a rank" in svg
    assert "(published)" not in plot_svg(
        PLOTS["board"](replace(APART, neighbours=(replace(few, apart=("x",)),))), page=False
    )


def test_a_table_that_was_imported_is_headed_by_the_part_of_its_path_that_tells_it_from_others() -> None:
    own = {"arena": build_boards(MODELS, Recipe(metric=WIN_RATE))[0].rows}
    one = replace(TABLE, name="home/a/board.csv", benchmark="arena")
    text = published_text([one], own)
    assert text.startswith("board.csv, as imported")
    assert "here, by j" in text and "published" in text and "LC win rate" not in text
    two = published_text([one, replace(one, name="home/b/board.csv")], {})
    assert "a/board.csv, as imported" in two and "b/board.csv, as imported" in two and "home" not in two
