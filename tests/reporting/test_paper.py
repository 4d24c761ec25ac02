"""The forms of a board for papers and model cards: marks, captions, tidy csv, model-index and BibTeX."""

import csv
import datetime
import functools
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from evalkit.boards.best import best_of
from evalkit.boards.build import Board, build_boards
from evalkit.boards.metrics import WIN_RATE, ArenaFormula, Recipe
from evalkit.boards.overview import NamedBoard, build_overview
from evalkit.reporting.bibtex import WORKS, boards_bibtex
from evalkit.reporting.forms import FORMS, OVERVIEW_FORMS
from evalkit.reporting.latex import boards_latex
from evalkit.reporting.markdown import boards_markdown
from evalkit.reporting.marks import caption
from tests.boards.test_build import entry, with_missing
from tests.reporting.test_latex import ATTACKS as LATEX
from tests.reporting.test_markup import ATTACKS as MARKUP
from tests.reporting.test_tables import AUDITED, BOARDS

TODAY = datetime.datetime.now(datetime.UTC).date().isoformat()
HOSTILE = [
    *LATEX[:-1],
    *MARKUP,
    "- a: b",
    "{a: b}",
    "key: value # x",
    "*all*",
    "&anchor",
    "!!python/object:os",
    "'\"",
    "no",
]
HF_CLOSE = [entry("strong", 1.5), entry("close", 1.45, seed=2), entry("weak", -1.0, seed=3)]
(CLOSE,) = build_boards(HF_CLOSE, Recipe(metric=WIN_RATE))


@functools.cache
def hostile() -> Board:
    entries = [entry(name, 0.5 - place / 40, seed=place + 1, n=60) for place, name in enumerate(HOSTILE)]
    (board,) = build_boards(entries, Recipe(metric=WIN_RATE))
    return board


def cells(table: str, model: str) -> list[str]:
    (line,) = (line for line in table.splitlines() if f" {model} " in line and ("|" in line or "&" in line))
    return [cell.strip() for cell in re.split(r"(?<!\\)[|&]", line) if cell.strip()]


def test_the_best_is_bold_the_second_underlined_and_what_may_be_the_best_has_a_dagger() -> None:
    latex, markdown = boards_latex([CLOSE]), boards_markdown([CLOSE])
    values = {row.entry.model: f"{row.raw.estimate.value:.2f}" for row in CLOSE.rows}
    dagger = r"\textsuperscript{\dag}"
    assert cells(latex, "strong")[2] == rf"\textbf{{{values['strong']}}}"
    assert cells(latex, "close")[2] == rf"\underline{{{values['close']}}}{dagger}"
    assert cells(latex, "weak")[2] == values["weak"]
    assert cells(markdown, "strong")[2] == f"**{values['strong']}**"
    assert cells(markdown, "close")[2] == f"*{values['close']}* †"
    for said in ("paired test on common instructions", "for 2 comparisons in a column"):
        assert said in latex and said in markdown


def test_a_caption_says_judge_baseline_n_and_date() -> None:
    date = datetime.date(2026, 1, 2)
    assert caption(CLOSE, [CLOSE], date=date) == (
        "judge j, against b, ranked by win rate, n = 120, made on 2026-01-02 (UTC)"
    )
    (board,) = build_boards([entry("whole", 1.0), with_missing(entry("part", 0.5, seed=2), 1)], Recipe())
    assert "n = 119 to 120" in caption(board, [board])
    for form in ("latex", "markdown"):
        assert f"n = 120, made on {TODAY} (UTC)" in FORMS[form]([CLOSE])


def test_a_board_without_two_ranked_models_has_no_marks_and_no_word_of_them() -> None:
    (board,) = build_boards([entry("alone", 1.0)], Recipe())
    assert "textbf" not in boards_latex([board]) and "bold" not in boards_markdown([board])


def test_tidy_csv_has_a_line_for_each_model_and_metric() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMS["csv-tidy"](BOARDS))))
    assert [(row["model"], row["metric"]) for row in rows] == [
        (model, metric) for model in ("strong", "weak", "few") for metric in ("lc_win_rate", "win_rate")
    ]
    wide = {row["model"]: row for row in csv.DictReader(io.StringIO(FORMS["csv"](BOARDS)))}
    for row in rows:
        prefix = {"lc_win_rate": "lc", "win_rate": "win_rate"}[row["metric"]]
        there = wide[row["model"]]
        assert row["value"] == there[row["metric"]] and row["status"] == there[f"{prefix}_status"]
        assert (row["lower"], row["upper"]) == (there[f"{prefix}_lower"], there[f"{prefix}_upper"])
        assert (row["n"], row["n_missing"]) == (there["n_total"], there["n_missing"])
    assert [row["mark"] for row in rows] == ["best", "best", "second", "second", "", ""]
    assert [row["rank"] for row in rows] == ["1", "", "2", "", "", ""]


def test_tidy_csv_says_second_of_a_model_that_is_alike_too() -> None:
    rows = list(csv.DictReader(io.StringIO(FORMS["csv-tidy"]([CLOSE]))))
    best = best_of(CLOSE.rows, CLOSE.metric)
    assert best is not None and set(best.second) & set(best.alike)
    marks = {row["model"]: row["mark"] for row in rows if row["metric"] == CLOSE.metric.name}
    assert {marks[model] for model in set(best.second) & set(best.alike)} == {"second alike"}


def test_tidy_csv_has_the_same_columns_for_one_benchmark_and_for_several() -> None:
    several = OVERVIEW_FORMS["csv-tidy"](build_overview([NamedBoard("bench", CLOSE), NamedBoard("other", CLOSE)], {}))
    one = FORMS["csv-tidy"]([CLOSE])
    assert one.splitlines()[0] == several.splitlines()[0]
    # a board alone shows the number at equal length besides
    shown = {row["model"]: row for row in csv.DictReader(io.StringIO(one)) if row["metric"] == "win_rate"}
    mine = [row for row in csv.DictReader(io.StringIO(several)) if row["benchmark"] == "bench"]
    assert len(mine) == len(shown) == 3
    for beside in mine:
        assert {**shown[beside["model"]], "benchmark": "bench"} == beside


def test_tidy_csv_has_the_parts_too() -> None:
    one = entry("m", 1.0)
    (board,) = build_boards(
        [replace(one, slices={"turn 1": one.sample, "turn 2": one.sample})], Recipe(metric=WIN_RATE)
    )
    rows = list(csv.DictReader(io.StringIO(FORMS["csv-tidy"]([board]))))
    assert [row["part"] for row in rows] == ["", "", "turn 1", "turn 2"]
    assert {row["metric"] for row in rows[2:]} == {"win_rate"} and {row["n"] for row in rows} == {"120"}


def test_the_hub_reads_the_model_card() -> None:
    hub = pytest.importorskip("huggingface_hub")
    from huggingface_hub.repocard_data import model_index_to_eval_results

    for board in (CLOSE, hostile(), *BOARDS, *AUDITED):
        document = yaml.safe_load(FORMS["model-card"]([board]))
        for entry_ in document["model-index"]:
            name, results = model_index_to_eval_results([entry_])
            data = hub.ModelCardData(model_name=name, eval_results=results)
            again = yaml.safe_load(data.to_yaml())["model-index"]
            assert again == [entry_]
            assert all(result.task_type == "text-generation" for result in results)
    names = [entry_["name"] for entry_ in yaml.safe_load(FORMS["model-card"]([hostile()]))["model-index"]]
    assert sorted(names)[:2] == sorted(row.entry.model for row in hostile().rows)[:2] and len(names) == len(HOSTILE)


def test_a_model_card_has_only_numbers_that_there_are() -> None:
    document = yaml.safe_load(FORMS["model-card"](BOARDS))
    assert [entry_["name"] for entry_ in document["model-index"]] == ["strong", "weak", "few"]
    strong, _, few = document["model-index"]
    (result,) = strong["results"]
    assert [metric["type"] for metric in result["metrics"]] == ["lc_win_rate", "win_rate"]
    args = result["metrics"][0]["args"]
    assert (args["n"], args["judge"], args["baseline"], args["status"]) == (120, "j", "b", "ok")
    assert args["lower"] < result["metrics"][0]["value"] < args["upper"]
    assert [metric["type"] for metric in few["results"][0]["metrics"]] == ["win_rate"]
    assert "null" not in str(yaml.safe_load(FORMS["model-card"](AUDITED)))


def test_bibtex_has_the_works_that_the_board_used_and_no_others() -> None:
    keys = re.findall(r"^@\w+\{(\w+),$", boards_bibtex([CLOSE]), re.MULTILINE)
    assert keys == ["dubois2024length", "mogstad2024inference", "miller2024adding"]
    arena = [replace(row, recipe=replace(row.recipe, arena=ArenaFormula.V01)) for row in CLOSE.rows]
    text = boards_bibtex([replace(CLOSE, rows=tuple(arena))])
    assert "bradley1952rank" in text and "li2024crowdsourced" in text and "zheng2023judging" not in text
    graded = replace(
        CLOSE.rows[0].entry, baseline="", slices=dict.fromkeys(("turn 1", "turn 2"), CLOSE.rows[0].entry.sample)
    )
    (board,) = build_boards([graded, replace(graded, model="other")], Recipe())
    text = boards_bibtex([board])
    assert "zheng2023judging" in text and "dubois2024length" not in text
    assert all(work.fields["year"] and work.fields["author"] and work.fields["title"] for work in WORKS)
    assert len({work.key for work in WORKS}) == len(WORKS)


def test_no_name_is_a_command_in_any_form() -> None:
    board = hostile()
    for form in ("csv-tidy", "model-card", "bibtex", "markdown", "latex"):
        text = FORMS[form]([board])
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text), form
    for row in csv.reader(io.StringIO(FORMS["csv-tidy"]([board]))):
        assert not any(cell.startswith(("=", "+", "@", "-")) for cell in row if not re.fullmatch(r"-?[\d.]+", cell))
    assert {line.count("†") for line in boards_markdown([board]).splitlines()} <= {0, 1, 2}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not on this machine")
def test_pdflatex_sets_every_table(tmp_path: Path) -> None:
    body = "\n".join(boards_latex([board]) for board in (CLOSE, hostile(), *BOARDS, *AUDITED))
    document = rf"\documentclass{{article}}\usepackage{{booktabs,graphicx}}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "board.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "board.tex"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "board.pdf").read_bytes().startswith(b"%PDF")
    # no table runs off the page, however many columns it has
    log = (tmp_path / "board.log").read_text(errors="replace")
    assert not re.search(r"Overfull \\hbox.*in paragraph at lines.*\n\[\]\[\]", log)
