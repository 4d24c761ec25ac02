"""An overview of several benchmarks in the forms for papers: marks by column, tidy and wide csv, cards, works."""

import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from evalkit.boards.best import best_of, best_of_column
from evalkit.boards.build import build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import WIN_RATE, Recipe
from evalkit.boards.overview import NamedBoard, Overview, build_overview
from evalkit.reporting.forms import FORMS, OVERVIEW_FORMS
from evalkit.reporting.overview import column_title
from tests.boards.test_build import entry
from tests.reporting.test_paper import HOSTILE


def graded(model: str, level: float, seed: int) -> Entry:
    one = replace(entry(model, level, seed=seed, judge="grader"), baseline="", scale=(1.0, 10.0), avg_length=None)
    first, second = (one.sample.restricted(set(one.sample.keys[half::2])) for half in (0, 1))
    return replace(one, slices={"turn 1": first, "turn 2": second})


def of(names: list[str]) -> Overview:
    pairs = build_boards(
        [entry(name, 1.2 - place / 4, seed=place + 1) for place, name in enumerate(names)], Recipe(metric=WIN_RATE)
    )
    grades = build_boards(
        [graded(f"{name}-v1", 1.0 - place / 3, place + 9) for place, name in enumerate(names)], Recipe()
    )
    named = [NamedBoard("alpaca_eval", pairs[0]), NamedBoard("mt_bench", grades[0])]
    return build_overview(named, {f"{name}-v1": name for name in names})


OVERVIEW = of(["strong", "close", "weak"])


def test_each_column_is_marked_by_the_same_function_as_a_board() -> None:
    column = OVERVIEW.columns[0]
    assert best_of_column(column) == best_of(column.board.rows, column.metric)
    rows = list(csv.DictReader(io.StringIO(OVERVIEW_FORMS["csv-tidy"](OVERVIEW))))
    marks = {(row["model"], row["benchmark"], row["metric"], row["part"]): row["mark"] for row in rows}
    assert len(marks) == len(OVERVIEW.rows) * len(OVERVIEW.columns)
    for place, each in enumerate(OVERVIEW.columns):
        best = best_of_column(each)
        assert best is not None
        # the boards' own spellings, where the overview has the canonical name
        for row in OVERVIEW.rows:
            behind = row.cells[place].row
            assert behind is not None
            word = marks[row.model, each.benchmark, each.metric.name, each.part or ""]
            assert (word == "best") == (behind.entry.model in best.best)
            assert ("alike" in word) == (behind.entry.model in best.alike)
    assert {each.part for each in OVERVIEW.columns} >= {"turn 1", "turn 2"}


def test_latex_and_markdown_have_a_row_a_model_and_marks() -> None:
    for form, bold in (("latex", r"\\textbf\{\d"), ("markdown", r"\| \*\*\d")):
        text = OVERVIEW_FORMS[form](OVERVIEW)
        assert len(re.findall(bold, text)) == len(OVERVIEW.columns), text
        assert "judge j against b, n = 120" in text and "made on 20" in text and "paired test" in text
        assert all(model in text for model in ("strong", "close", "weak"))


def test_wide_csv_has_a_line_for_each_model_and_agrees_with_tidy_csv() -> None:
    wide = list(csv.DictReader(io.StringIO(OVERVIEW_FORMS["csv-wide"](OVERVIEW))))
    tidy = list(csv.DictReader(io.StringIO(OVERVIEW_FORMS["csv-tidy"](OVERVIEW))))
    assert [row["model"] for row in wide] == [row.model for row in OVERVIEW.rows]
    names = [column_title(OVERVIEW, column).replace(" ", "_") for column in OVERVIEW.columns]
    assert [row[name] for row in wide for name in names] == [row["value"] for row in tidy]
    assert [row[f"{name}_status"] for row in wide for name in names] == [row["status"] for row in tidy]


def test_the_model_card_names_the_benchmarks_and_joins_the_spellings() -> None:
    index = yaml.safe_load(OVERVIEW_FORMS["model-card"](OVERVIEW))["model-index"]
    assert [entry_["name"] for entry_ in index] == ["strong", "close", "weak"]
    assert [result["dataset"]["type"] for result in index[0]["results"]] == ["alpaca_eval", "mt_bench"]
    hub = pytest.importorskip("huggingface_hub.repocard_data")
    assert len(hub.model_index_to_eval_results(index)[1]) >= 9


def test_bibtex_has_the_works_of_both_benchmarks() -> None:
    keys = re.findall(r"^@\w+\{(\w+),$", OVERVIEW_FORMS["bibtex"](OVERVIEW), re.MULTILINE)
    assert keys[:3] == ["li2023alpacaeval", "dubois2024length", "zheng2023judging"] and "bradley1952rank" not in keys


def test_an_overview_has_every_form_of_a_board() -> None:
    assert OVERVIEW_FORMS.keys() == FORMS.keys()


def test_hostile_names_are_texts_in_every_form(tmp_path: Path) -> None:
    overview = of(HOSTILE[:12])
    for form in ("csv-wide", "csv-tidy", "markdown", "latex", "model-card", "bibtex"):
        text = OVERVIEW_FORMS[form](overview)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text), form
    table = [line for line in OVERVIEW_FORMS["markdown"](overview).splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert not re.search(r"(?<!\\)[<\[]", "\n".join(table))
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not on this machine")
    document = (
        r"\documentclass{article}\usepackage{booktabs,graphicx}\begin{document}"
        rf"{OVERVIEW_FORMS['latex'](overview)}\end{{document}}"
    )
    (tmp_path / "o.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "o.tex"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
