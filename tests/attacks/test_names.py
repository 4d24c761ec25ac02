"""Whatever a model, a judge or a baseline is called, no sink takes its name for anything but text."""

import csv
import functools
import html.parser
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evalkit.boards.build import Board
from evalkit.boards.releases import Series
from evalkit.files import safe_name
from evalkit.reporting.comparison import comparison_json, comparison_text
from evalkit.reporting.gate import gate_explanation, gate_json, gate_text
from evalkit.reporting.gate_ci import gate_annotation, gate_badge, gate_junit, gate_summary
from evalkit.reporting.html import report_html
from evalkit.reporting.journal import open_journal
from evalkit.reporting.latex import boards_latex
from evalkit.reporting.markdown import boards_markdown
from evalkit.reporting.markup.boards import boards_fragment, boards_html
from evalkit.reporting.model_card import boards_model_card
from evalkit.reporting.plots.figures import PLOTS
from evalkit.reporting.plots.releases import releases_plot
from evalkit.reporting.ratings import ratings_csv, ratings_json, ratings_markdown, ratings_text
from evalkit.reporting.releases import releases_json, releases_text
from evalkit.reporting.rows import rows_json, rows_text
from evalkit.reporting.svg import plot_svg
from evalkit.reporting.tables import boards_text
from evalkit.reporting.tidy import boards_tidy
from evalkit.reporting.values import boards_csv, boards_json
from tests.attacks.names import FORBIDDEN, NAMES, board_of, compared, gate_of, rated, releases_of, report_of
from tests.attacks.typed import packed_texts

# all names in two, where every further model takes a second
HALVES = ["".join(list(NAMES.values())[half::2]) for half in (0, 1)]
HARMLESS = [f"model {number:02d}" for number in range(len(NAMES))]


@functools.cache
def hostile() -> Board:
    return board_of(list(NAMES.values()))


@functools.cache
def plain() -> Board:
    return board_of(HARMLESS)


@functools.cache
def report() -> str:
    """In a report each model has figures, and no place cuts a name but these, which the figures below show whole."""
    return report_html(report_of(["".join(list(NAMES.values())[part::9]) for part in range(9)]))


@functools.cache
def series() -> Series:
    return releases_of(["".join(list(NAMES.values())[part::9]) for part in range(9)])


TEXTS: dict[str, Callable[[], str]] = {
    "a table in a terminal": lambda: boards_text([hostile()], columns=120),
    "a table in a pipe": lambda: boards_text([hostile()]),
    "rows": lambda: rows_text(hostile().rows),
    "rows as JSON": lambda: rows_json(hostile().rows),
    "markdown": lambda: boards_markdown([hostile()]),
    "csv": lambda: boards_csv([hostile()]),
    "JSON": lambda: boards_json([hostile()]),
    "LaTeX": lambda: boards_latex([hostile()]),
    "tidy csv": lambda: boards_tidy([hostile()]),
    "a model card": lambda: boards_model_card([hostile()]),
    "HTML": lambda: boards_html([hostile()]),
    "a fragment of HTML": lambda: boards_fragment([hostile()]),
    "ratings": lambda: ratings_text(rated(list(NAMES.values()))),
    "ratings as markdown": lambda: ratings_markdown(rated(list(NAMES.values()))),
    "ratings as csv": lambda: ratings_csv(rated(list(NAMES.values()))),
    "ratings as JSON": lambda: ratings_json(rated(list(NAMES.values()))),
    "a comparison": lambda: comparison_text(compared(HALVES), {}, columns=120),
    "a comparison as JSON": lambda: comparison_json(compared(HALVES), {}),
    "releases": lambda: releases_text([series()]),
    "releases as JSON": lambda: releases_json([series()]),
    "a figure of releases": lambda: plot_svg(releases_plot(series()), page=False),
    "a report": report,
}
OF_A_GATE: dict[str, Callable[..., str]] = {
    "text": gate_text,
    "explanation": gate_explanation,
    "JSON": gate_json,
    "JUnit": gate_junit,
    "summary": gate_summary,
    "badge": gate_badge,
    "annotation": gate_annotation,
}


class Structure(html.parser.HTMLParser):
    """The tags of a document with the names of their attributes, but none of the texts."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, ...]] = set()
        self.feed(document)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add((tag, *sorted(name for name, _ in attributes)))


@pytest.mark.parametrize("sink", list(TEXTS))
def test_no_sink_holds_a_character_that_does_more_than_be_seen(sink: str) -> None:
    text = TEXTS[sink]()
    found = FORBIDDEN.search(text)
    assert found is None, (sink, text[max(0, found.start() - 40) : found.end() + 20])


@pytest.mark.parametrize("sink", list(OF_A_GATE))
def test_no_file_of_a_gate_takes_a_name_for_more_than_text(sink: str) -> None:
    for name, typed in NAMES.items():
        text = OF_A_GATE[sink](gate_of(typed))
        assert FORBIDDEN.search(text) is None, name
        if sink in ("JSON", "badge"):
            json.loads(text)
        else:
            commands = [line for line in text.splitlines() if re.match(r"\s*::|.*##\w*\[", line)]
            assert len(commands) == (sink == "annotation"), name
        if sink == "JUnit":
            ElementTree.fromstring(text)
        if sink == "annotation":
            assert len(text.splitlines()) == 1 and text.startswith("::error title="), name


@pytest.mark.parametrize("sink", ["csv", "tidy csv", "ratings as csv"])
def test_no_cell_of_a_csv_is_a_formula_whatever_divides_its_cells(sink: str) -> None:
    text = TEXTS[sink]()
    for delimiter in ",;\t|":
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            for cell in row:
                number = re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell)
                assert (
                    number or not cell.lstrip(" \"'").startswith(("=", "+", "@", "＝", "＋", "＠")) or "'" in cell[:3]
                )
                assert number or not cell.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("sink", ["markdown", "ratings as markdown"])
def test_no_name_ends_a_cell_of_markdown_or_is_a_link_or_a_tag(sink: str) -> None:
    table = [line for line in TEXTS[sink]().splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert not re.search(r"(?<!\\)[<\[]", "\n".join(table))


def test_no_name_is_a_command_of_latex() -> None:
    allowed, found = (set(re.findall(r"\\[A-Za-z]+", boards_latex([board]))) for board in (plain(), hostile()))
    signs = ("backslash", "asciitilde", "asciicircum", "less", "greater", "bar")
    assert found - allowed <= {"\\symbol", *(f"\\text{sign}" for sign in signs)}
    assert not re.search(r"(?<!\\)[$]", boards_latex([hostile()]))


@pytest.mark.parametrize("page", ["HTML", "a fragment of HTML", "a report"])
def test_no_name_and_no_answer_is_a_tag_or_an_attribute(page: str) -> None:
    of_harmless = {
        "HTML": lambda: boards_html([plain()]),
        "a fragment of HTML": lambda: boards_fragment([plain()]),
        "a report": lambda: report_html(report_of(HARMLESS[:3])),
    }
    # a drawing holds a letter of any script as a path
    letters = {("path", "class", "d", "id"), ("use", "class", "href", "x", "y")}
    assert Structure(TEXTS[page]()).tags - letters <= Structure(of_harmless[page]()).tags


def test_what_a_report_unpacks_names_models_in_harmless_letters_and_keeps_answers_as_they_are() -> None:
    index, *_ = (json.loads(text) for text in packed_texts(report()))
    names = [*index["models"], *index["categories"], *(str(value) for one in index["boards"] for value in one.values())]
    assert len(index["models"]) == len(set(index["models"]))
    assert [name for name in names if FORBIDDEN.search(name)] == []


def test_a_figure_shows_names_as_text() -> None:
    # the figures of the report are drawn by the same function
    drawn = plot_svg(PLOTS["board"](hostile()), page=False)
    assert FORBIDDEN.search(drawn) is None
    both = drawn, TEXTS["a figure of releases"]()
    tags = {element.tag.rpartition("}")[2] for text in both for element in ElementTree.fromstring(text).iter()}
    assert tags <= {"svg", "title", "desc", "style", "g", "defs", "path", "use", "text", "clipPath", "rect"}


def test_a_file_is_named_in_plain_letters_stays_in_its_folder_and_is_no_others() -> None:
    named = {name: safe_name(typed) for name, typed in NAMES.items()}
    assert len(set(named.values())) == len(NAMES)
    for name, plain in named.items():
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}", plain) and plain.lower() != "con", name


def test_a_log_is_one_line_of_plain_letters_for_an_event(tmp_path: Path) -> None:
    with open_journal(tmp_path / "log") as write:
        for name in NAMES.values():
            write("failed", {"model": name, "reason": name})
    lines = (tmp_path / "log").read_text(encoding="ascii").splitlines()
    assert [json.loads(line)["model"] for line in lines] == list(NAMES.values())
    assert FORBIDDEN.search("\n".join(lines)) is None
