import re
from dataclasses import replace

import pytest

from evalkit.boards.build import build_boards
from evalkit.boards.metrics import Recipe
from evalkit.reporting.latex import boards_latex, latex_text
from tests.boards.test_build import entry
from tests.reporting.test_tables import AUDITED, BOARDS, HOSTILE, few

ATTACKS = [
    r"\input{/etc/passwd}",
    r"\write18{rm -rf}",
    "100 % sure",
    "a & b",
    "$x^2$",
    "#1",
    "under_score",
    "~/x",
    "}\\end{table}{",
    "^^5cinput x",
    "<a|b>",
    HOSTILE,
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_name_is_a_command(attack: str) -> None:
    shown = latex_text(attack)
    ours = re.sub(r"\\(?:textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar)\{\}", "", shown)
    ours = re.sub(r"\\symbol\{34\}|\\[&%$#_{}]|-\{\}|\{[`']\}", "", ours)
    assert not set(ours) & set("\\{}%&$#_^~|<>"), shown
    assert shown.isprintable()


def test_dashes_and_quotes_do_not_join() -> None:
    assert latex_text("a--b---c") == "a-{}-b-{}-{}-c"
    assert latex_text(",,a,b") == ",{},a,b"
    assert latex_text("''") == "{'}{'}"


def test_a_table_has_the_rules_of_booktabs_and_every_line_its_cells() -> None:
    table = boards_latex(BOARDS)
    assert table.startswith("% \\usepackage{booktabs}\n% \\usepackage{graphicx}\n")
    assert [table.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 2, 1]
    assert r"\begin{tabular}{@{}llrrrrrrl@{}}" in table
    whole = [line for line in table.splitlines() if line.endswith(r"\\")]
    assert [line.strip() for line in whole if "multicolumn" in line] == [
        r"\multicolumn{9}{@{}l@{}}{\emph{not ranked}} \\"
    ]
    lines = [line for line in whole if "multicolumn" not in line]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in lines} == {8}
    assert r"95 \% interval" in lines[0] and "strong" in lines[1]
    assert r"few: not estimable: 2 instructions, at least 30 needed\par" in table
    assert table.count(r"\begin") == table.count(r"\end{")


def test_refused_outputs_are_marked_and_told_of() -> None:
    table = boards_latex(AUDITED)
    assert r"audit failed \\" in table and "null: audit failed: one answer" in table


def test_a_name_is_no_option_of_the_line_above_it() -> None:
    boards = build_boards([few("[1cm] x"), few("* y")], Recipe())
    split = boards_latex(boards)
    assert not re.search(r"\\\\\s*[\[*]", split)


def test_scores_by_part_are_a_table_of_their_own() -> None:
    one = entry("[m]", 1.0)
    (board,) = build_boards([replace(one, slices={"turn 1": one.sample, "turn 2": one.sample})], Recipe())
    table = boards_latex([board])
    assert table.count(r"\begin{tabular}") == 2 and r"\begin{tabular}{@{}llrrr@{}}" in table
    assert "    {}[m] & " in table
