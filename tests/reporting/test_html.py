"""The report's page: what its files may not hold, what its policy allows, and the words and shapes made of numbers."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalkit.boards.behaviour import behaviour
from evalkit.boards.build import Board, build_boards
from evalkit.boards.entries import Entry, Judging
from evalkit.boards.judged import Transcripts
from evalkit.boards.matrix import win_matrix
from evalkit.boards.metrics import WIN_RATE, ArenaFormula, Recipe
from evalkit.reporting.chunks import encode_chunks
from evalkit.reporting.columns import judge_notices
from evalkit.reporting.html import Report, report_html
from evalkit.reporting.page.axis import shared_axis
from evalkit.reporting.page.coverage import coverage
from evalkit.reporting.page.document import PAGE, SCRIPTS, page_script
from evalkit.reporting.page.drawings import apart, checked
from evalkit.reporting.page.heat import category_heat, matrix_heat, step_of
from evalkit.reporting.page.judge import judge_panel
from evalkit.reporting.page.numbers import GRADE, POINTS, RATE, dollars
from evalkit.reporting.page.table import board_table
from evalkit.reporting.page.words import basis, finding, statements
from evalkit.reporting.plots.palette import DARK, LIGHT, ROLES
from evalkit.reporting.site.pages import SITE_SCRIPTS
from evalkit.stats.controlled_rate import Controlled
from evalkit.stats.sample import build_sample
from evalkit.text.numbers import named, plural
from evalkit.types import Audit, Estimate, Finding, Severity, degraded

NAMES = ("good", "fair", "poor")
REFUSED_OUTPUTS = Audit(200, ("one",), (Finding("one", Severity.FAIL, "one answer to everything", 200, 200),))


def entry(model: str, share: float, *, n: int = 200, **changes: Any) -> Entry:
    draw = np.random.default_rng(round(1000 * share))
    preference = (draw.random(n) < share).astype(float)
    keys = [f"k{number:04d}" for number in range(n)]
    lengths = draw.normal(0, 300, n).round()
    sample = build_sample(keys, preference, length_difference=lengths)
    return replace(Entry(model, "judge", "base", sample, 800.0, "digest"), **changes)


def board(*entries: Entry) -> Board:
    (found,) = build_boards(entries or [entry(name, share) for name, share in zip(NAMES, (0.8, 0.5, 0.2), strict=True)],
                            Recipe(WIN_RATE))  # fmt: skip
    return found


def report(*boards: Board, title: str = "A title", judged: Transcripts | None = None) -> Report:
    judged = Transcripts() if judged is None else judged
    return Report(
        title,
        boards,
        judged,
        tuple(win_matrix(one.rows) for one in boards),
        tuple(behaviour(one, judged) for one in boards),
        ("a source",),
        encode_chunks(boards, judged),
    )


@pytest.fixture(scope="module")
def page() -> str:
    return report_html(report(board()))


@pytest.mark.parametrize("path", sorted(PAGE.glob("*.jinja")), ids=lambda path: path.name)
def test_no_template_trusts_what_it_is_given(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe|autoescape|Markup|tojson", text)
    assert not re.search(r"\sstyle=|\son[a-z]+=", text)
    # an attribute without quotes ends at a blank in a name
    assert not re.search(r"=\{\{", text)


def test_the_script_never_makes_markup_or_code_of_a_text() -> None:
    script = page_script(sorted(path.stem for path in (PAGE / "js").iterdir()))
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser|srcdoc|setHTML"
    assert not re.search(forbidden, script)
    assert not re.search(r"createContextualFragment|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(", script)
    assert set(re.findall(r"https?://[^\"]*", script)) == {"http://www.w3.org/2000/svg"}
    assert '"use strict";' in script
    assert not re.search(r"</script|<!--", script, re.IGNORECASE)


def test_every_script_is_part_of_a_page() -> None:
    parts = {*SCRIPTS, "embedded", "start", "plain", *SITE_SCRIPTS}
    assert sorted(parts) == sorted(path.stem for path in (PAGE / "js").iterdir())


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#39;", "'").split("; "))
    for kind, rule in (("style", "style-src"), ("script", "script-src")):
        held = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        assert len(held) == 1
        digest = base64.b64encode(hashlib.sha256(held[0].encode()).digest()).decode()
        assert rules.pop(rule) == f"'sha256-{digest}'"
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }


def test_the_page_refers_to_nothing_outside_of_itself(page: str) -> None:
    outside = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"https?://|//[a-z]|@import|url\((?!#)", outside)
    assert not re.search(r"<[^>]*\sstyle=", outside)
    assert set(re.findall(r'href="([^#"])', outside)) == set()
    assert not re.search(r"<(iframe|object|embed|form|link|img|base)\b", outside)


def test_equal_reports_are_equal_to_the_byte(page: str) -> None:
    assert report_html(report(board())) == page


def test_no_two_elements_of_a_page_with_several_boards_have_one_id() -> None:
    boards = [board(entry("good", 0.8, judge=judge), entry("fair", 0.5, judge=judge)) for judge in ("one", "two")]
    ids = re.findall(r'\sid="([^"]*)"', report_html(report(*boards)))
    assert len(ids) == len(set(ids))


def test_halves_of_pairs_and_control_characters_in_names_reach_no_file() -> None:
    strange = "a\ud800b\x00c\u202ed"
    named: dict[str, Any] = {"judge": strange, "baseline": strange}
    one = board(entry(strange, 0.6, **named), entry("other", 0.4, **named))
    page = report_html(report(one, title=strange))
    page.encode("utf-8")
    assert "a\\ud800b\\u0000c\\u202ed" in page
    # to the letter only where the script finds a row by it
    assert "\u202e" not in re.sub(r'data-name="[^"]*"', "", page)


def test_a_title_is_text() -> None:
    assert "<title>&lt;/title&gt;&lt;b&gt;</title>" in report_html(report(board(), title="</title><b>"))


def test_without_a_board_the_page_says_so() -> None:
    assert "There is no board: the sources hold no verdicts." in report_html(report())


def test_the_finding_is_a_sentence_with_the_interval() -> None:
    number = r"\d\d\.\d\d"
    leads = rf"good leads with a win rate of {number} % \[{number}, {number}\] against base"
    assert re.fullmatch(rf"{leads}; at 95 % confidence, every other model is behind it\.", finding(board()))
    close = board(entry("a", 0.5), entry("b", 0.501), entry("c", 0.1))
    assert finding(close).endswith("; at 95 % confidence, 1 other model of 2 cannot be told apart from it.")
    pair = board(entry("a", 0.5), entry("b", 0.501))
    assert finding(pair).endswith("; at 95 % confidence, the other model cannot be told apart from it.")
    apart = board(entry("a", 0.8), entry("b", 0.2))
    assert finding(apart).endswith("; at 95 % confidence, the other model is behind it.")
    even = board(entry("a", 0.5), entry("b", 0.501), entry("c", 0.502))
    assert finding(even).endswith("; at 95 % confidence, none of the 2 other models can be told apart from it.")
    assert re.fullmatch(r"alone has a win rate of .* against base\.", finding(board(entry("alone", 0.5))))


def test_models_of_one_rank_lead_together() -> None:
    tied = board(entry("a", 0.6), replace(entry("b", 0.6)), entry("c", 0.1))
    sure = r"at 95 % confidence, each may have a rank from 1 to 2\."
    assert re.fullmatch(rf"a, b lead together with a win rate of [\d.]+ % against base; {sure}", finding(tied))


def test_a_finding_is_about_ranked_models_only() -> None:
    won = finding(board(entry("won", 1.0), entry("fair", 0.5), entry("poor", 0.2)))
    assert won.startswith("fair leads with") and won.endswith("the other ranked model is behind it.")
    alone = finding(board(entry("won", 1.0)))
    assert alone == "won is not ranked: it won every comparison, so that how far its verdicts spread is not known."
    assert finding(board(entry("won", 1.0), entry("lost", 0.0))) == "No model is ranked: 2 degraded."


def test_a_page_says_how_many_models_are_ranked() -> None:
    some = [entry("won", 1.0), entry("fair", 0.5), entry("null", 0.9, audit=REFUSED_OUTPUTS)]
    assert basis(board(*some))[-1] == "1 ranked, 1 degraded, 1 refused by the audit"
    assert basis(board())[-1] == "no verdict missing"


def test_rows_below_the_ranked_ones_stand_apart_and_their_marks_are_hollow() -> None:
    lines = board_table(board(entry("won", 1.0), entry("lost", 0.0), entry("fair", 0.5))).lines
    assert [(line.model, line.ranked, line.apart) for line in lines] == [
        ("fair", True, False),
        ("won", False, True),
        ("lost", False, False),
    ]
    assert [line.whisker is not None and line.whisker.hollow for line in lines] == [False, True, True]
    page = report_html(report(board(entry("won", 1.0), entry("fair", 0.5))))
    assert '<tr class="unranked apart" data-kind="degraded" data-name="won">' in page
    assert "it won every comparison" in page and "all_wins" not in page


def test_the_baselines_own_row_keeps_its_place_when_ranks_are_sorted() -> None:
    lines = board_table(board(entry("good", 0.8), entry("base", 0.5), entry("poor", 0.2), entry("won", 1.0))).lines
    assert [(line.model, line.rank.text, line.rank.value) for line in lines] == [
        ("good", "1", 1),
        ("base", "–", 1.5),
        ("poor", "2", 2),
        ("won", "–", None),
    ]
    assert (lines[1].kind, lines[1].status) == ("itself", "baseline")
    (at_equal_length,) = build_boards([entry("good", 0.8), entry("base", 0.5)], Recipe())
    told = [(one.word, one.subject, one.meaning) for one in statements(at_equal_length)]
    assert (
        "baseline",
        "LC win rate of base",
        "Not ranked: the baseline itself, which is 50 by definition.",
    ) in told


def test_the_page_of_a_published_formula_names_no_leader() -> None:
    recipe = Recipe(WIN_RATE, arena=ArenaFormula.V01)
    row = board(entry("a", 0.8)).rows[0]
    estimate = replace(row.raw.estimate, status=degraded("compat: rows are resampled as if independent"))
    number = Controlled(replace(row.raw, estimate=estimate))
    by_formula = replace(row.with_numbers({WIN_RATE: number}), rank=None, recipe=recipe)
    said = finding(replace(board(), rows=(by_formula,)))
    assert said == "No model is ranked: a published formula made the win rates, and the rows are in their order."


def test_a_finding_counts_only_models_that_have_a_rank() -> None:
    out = REFUSED_OUTPUTS
    some = board(entry("good", 0.8), entry("poor", 0.1), entry("null", 0.9, audit=out))
    assert "good leads" in finding(some) and finding(some).endswith("the other ranked model is behind it.")
    alone = board(entry("good", 0.8), entry("null", 0.9, audit=out))
    assert finding(alone).endswith(" against base; no other model is ranked.")
    assert finding(board(entry("null", 0.9, audit=out))) == "No model is ranked: 1 refused by the audit."


def test_an_audit_refuses_a_model_everywhere_on_the_page() -> None:
    part = entry("x", 0.6, n=50).sample
    one = board(entry("good", 0.8, slices={"category a": part, "category b": part}),
                entry("null", 0.9, audit=REFUSED_OUTPUTS, slices={"category a": part, "category b": part}))  # fmt: skip
    line = board_table(one).lines[-1]
    assert (line.shown.value, line.whisker, line.full) == (None, None, "not drawn: audit failed")
    assert all(other.value is None for other in line.others)
    heat = category_heat(one)
    assert heat is not None and [cell.step for cell in heat.rows[-1].cells] == [None, None]
    assert heat.rows[-1].cells[0].words == "not estimable: an audit refused the outputs"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/home/me/secret/preferences.parquet", "preferences.parquet"),
        ("../secret/results/", "results"),
        ("annotations.json", "annotations.json"),
        (".", "."),
        ("sqlite:////home/me@work/secret/evalkit.db, verdicts on a, b", "sqlite:///evalkit.db, verdicts on a, b"),
        (
            "postgresql://me:***@db:5432/evals?password=secret, verdicts on x",
            "postgresql://db:5432/evals, verdicts on x",
        ),
    ],
)
def test_a_page_names_its_sources_without_folders_users_and_passwords(source: str, name: str) -> None:
    page = report_html(replace(report(board()), sources=(source,)))
    assert f'<span class="source">{name}</span>' in page
    assert "secret" not in page and "me@" not in page


def test_a_sum_of_which_a_part_is_unknown_says_so() -> None:
    known, unknown = (Judging(replies=3, tokens=(10, 5), cost=cost) for cost in (1.5, None))
    both = coverage(board(entry("a", 0.8, judging=known), entry("b", 0.2, judging=unknown)))
    assert (both.total_cost, both.total_tokens) == ("at least $1.50", "30")
    assert coverage(board(entry("a", 0.8, judging=known))).total_cost == "$1.50"


def test_what_judges_say_of_themselves_stands_beside_the_finding() -> None:
    assert "says\\u001bso" in judge_notices(board(entry("a", 0.8, judging=Judging(notices=("says\x1bso",)))))


def test_every_number_has_its_status_in_words() -> None:
    one = board(entry("good", 0.8), entry("lost", 0.0), entry("null", 0.9, audit=REFUSED_OUTPUTS))
    told = [(each.kind, each.subject, each.meaning) for each in statements(one)]
    assert told[0] == ("audit", "null", "Not ranked: one answer to everything.")
    assert any(kind == "degraded" and subject == "Win rate of lost" for kind, subject, _ in told)
    assert any(kind == "ok" and subject == "Win rate of good" for kind, subject, _ in told)
    page = report_html(report(one))
    assert "1 ranked, 1 degraded, 1 refused by the audit" in page and "one answer to everything" in page


def estimates(*numbers: tuple[float, float, float]) -> Sequence[Estimate]:
    return [Estimate(value, 1.0, lower, upper, 100) for value, lower, upper in numbers]


def test_an_axis_holds_every_interval_and_the_even_mark() -> None:
    axis = shared_axis(estimates((12, 9, 15), (30, 25, 36)), scale=(0, 100), even=50)
    assert (axis.low, axis.high) == (0, 50) and axis.even == 97.0
    assert [tick.label for tick in axis.ticks] == ["0", "10", "20", "30", "40", "50"]
    whisker = axis.whisker(Estimate(25, 1, 0, 50, 10, degraded("few")), hollow=True)
    assert whisker is not None and (whisker.lower, whisker.at, whisker.upper) == (3.0, 50.0, 97.0) and whisker.hollow
    assert axis.whisker(Estimate.refused("none", n=0), hollow=True) is None


def test_an_axis_never_leaves_the_scale_and_never_makes_much_of_little() -> None:
    wide = shared_axis(estimates((99, 97, 100)), scale=(0, 100), even=50)
    assert (wide.low, wide.high) == (50, 100)
    tiny = shared_axis(estimates((50.1, 50, 50.2)), scale=(0, 100), even=50)
    assert (tiny.low, tiny.high) == (0, 100)
    assert shared_axis([], scale=(1, 10), even=None).high == 10


def test_colours_of_a_table_step_away_from_even_on_both_sides() -> None:
    steps = [step_of(value, (0, 100)) for value in (0, 5, 15, 25, 35, 45, 50, 55, 65, 75, 85, 95, 100)]
    assert steps == [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
    assert step_of(5.5, (1, 10)) == 5
    assert [step_of(50 + off, (0, 100)) + step_of(50 - off, (0, 100)) for off in (0, 3, 11, 21, 31, 49)] == [10] * 6


def test_a_matrix_says_which_pairs_are_told_apart() -> None:
    heat = matrix_heat(win_matrix(board().rows))
    assert heat is not None and heat.columns == ("good", "fair", "poor", "base")
    first = heat.rows[0].cells
    assert first[0].self and first[0].step is None
    assert first[2].sure and first[2].step is not None and first[2].step > 5
    number = r"\d\d\.\d\d"
    assert re.fullmatch(rf"{number} % \[{number}, {number}\], 200 instructions", first[2].words)
    assert re.fullmatch(r"\d\d", first[2].text)


def test_scores_are_split_only_where_they_were() -> None:
    assert category_heat(board()) is None
    part = entry("x", 0.6, n=50).sample
    split = board(entry("good", 0.8, slices={"category a b": part, "category c": part}))
    heat = category_heat(split)
    assert heat is not None and heat.columns == ("a b", "c")
    assert "Not measured: the scores were not split." in report_html(report(board()))


def test_what_the_judge_was_not_asked_is_named_with_its_cure() -> None:
    panel = judge_panel(behaviour(board(), Transcripts()), graded=False)
    position = panel.facts[0]
    assert position.value == "not measured" and position.cure == "evalkit annotate --orders both"
    assert panel.no_retest and panel.points == () and panel.cure == "evalkit annotate --repeats 2"
    assert sum(bar.height > 0 for bar in panel.bars) == 2


def test_a_bias_that_is_shown_as_zero_has_no_sign() -> None:
    measured = behaviour(board(), Transcripts())
    for value, shown in ((0.004, "0.00 points"), (-0.004, "0.00 points"), (1.375, "+1.38 points")):
        panel = judge_panel(replace(measured, position=Estimate(value, 1.0, -3.0, 5.7, 48)), graded=False)
        assert panel.facts[0].value == shown


def test_numbers_are_written_for_people() -> None:
    assert [RATE.number(one) for one in (None, 0.0, -0.004, 63.444, -3.0)] == ["–", "0.00", "0.00", "63.44", "−3.00"]
    assert POINTS.interval(Estimate(1, 1, -2.5, 4.5, 10)) == "[−2.50, 4.50]"
    assert GRADE.full(Estimate(8.5, 1, 8, 9, 10)) == "8.50 [8.00, 9.00]"
    assert RATE.full(Estimate.refused("too few", n=1)) == "not estimable: too few"
    assert [dollars(one) for one in (None, 0.0, 0.0123, 1234.5)] == ["–", "$0.00", "$0.0123", "$1,234.50"]
    assert plural(1, "model") == "1 model" and plural(1200, "model") == "1,200 models"
    assert named(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"


@pytest.mark.parametrize(
    "svg",
    [
        "<svg><script>1</script></svg>",
        '<svg onload="1"></svg>',
        "<svg><foreignObject/></svg>",
        '<svg><use href="http://example.com/a#b"/></svg>',
        '<svg><path clip-path="url(http://example.com/a)"/></svg>',
        '<svg><path style="fill:red"/></svg>',
        "<svg><style>a{}</style></svg>",
        '<svg><a href="#b"/></svg>',
        "<!DOCTYPE svg><svg/>",
        "<svg><!-- --></svg>",
        '<svg xmlns:x="http://www.w3.org/1999/xlink"><use x:href="#a"/></svg>',
    ],
)
def test_a_drawing_that_could_do_more_than_be_seen_is_refused(svg: str) -> None:
    with pytest.raises(ValueError, match="a drawing"):
        checked(svg)


def test_drawings_of_several_boards_keep_their_ids_apart() -> None:
    svg = (
        '<svg><defs><path id="a" d="M0 0"/></defs><use href="#a"/><g clip-path="url(#a)"><text>id="a"</text></g></svg>'
    )
    moved = apart(svg, "b1")
    assert 'id="b1-a"' in moved and 'href="#b1-a"' in moved and "url(#b1-a)" in moved
    assert checked(moved) == moved


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_page_has_the_colours_of_the_plots(page: str) -> None:
    for role in ROLES:
        assert f"--{role}: light-dark({LIGHT[role]}, {DARK[role]});" in page
        assert f".ek-fill-{role} {{ fill: var(--{role}); }}" in page
        assert f".ek-stroke-{role} {{ stroke: var(--{role}); }}" in page


def test_numbers_on_coloured_cells_can_be_read() -> None:
    colours = dict(re.findall(r"--([ht]\d+): (light-dark\([^)]*\))", (PAGE / "page.css").read_text(encoding="utf-8")))
    assert len(colours) == 22
    for step in range(11):
        grounds, inks = (re.findall(r"#[0-9a-f]{6}", colours[f"{kind}{step}"]) for kind in "ht")
        assert all(contrast(*pair) >= 4.5 for pair in zip(grounds, inks, strict=True)), step


def test_verdicts_that_length_explains_are_called_so_in_words() -> None:
    lengths = np.linspace(-300.0, 300.0, 200)
    sample = build_sample([f"k{one}" for one in range(200)], (lengths > 0).astype(float), length_difference=lengths)
    (separated,) = build_boards([entry("m", 0.5, sample=sample)], Recipe())
    said = "the length or style of its answers alone explains the verdicts"
    assert finding(separated).startswith(f"m is not ranked: {said}, so that its LC win rate rests on")
    assert board_table(separated).lines[0].reason == said
