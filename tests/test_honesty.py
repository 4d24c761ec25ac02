"""A short form of benchmarks/honesty: a few of its cells with few runs and loose bounds, and the benchmark itself."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from benchmarks.honesty.cells import Cell, all_cells
from benchmarks.honesty.gameability import gameability
from benchmarks.honesty.judges import WEIGHTED
from benchmarks.honesty.lengths import Habit, baseline_loading, draw_noise, lengths_of, population
from benchmarks.honesty.measures import Figure, Group, Seen, groups_of
from benchmarks.honesty.page import DOCS, csv_text, made_on, page_text, publish, read_lines
from benchmarks.honesty.processes import BALANCED, THIN, Process, Spoiled, Stratum
from benchmarks.honesty.promises import Kind, Verdict, broken, verdict
from benchmarks.honesty.runner import code_version, read_results, run_cell, run_cells, version_of
from benchmarks.honesty.sources import Source, candidates_of, gate_of
from benchmarks.honesty.table import Line, figure_text, lines_of, terminal
from evalkit.gating.rule import Rule
from evalkit.types import OK, Estimate, degraded
from tests.conftest import REAL_DATA

CELLS = {cell.title: cell for cell in all_cells()}


def groups(title: str, *, runs: int, strata: int | None = None) -> list[Group]:
    """Those of a cell, or of its first strata alone."""
    cell = CELLS[title]
    process = replace(cell.process, strata=cell.process.strata[:strata])
    return list(run_cell(replace(cell, process=process), runs=runs).groups)


def value(figure: Figure) -> float:
    assert figure.value is not None
    return figure.value


def covers_or_refuses(group: Group, coverage: float) -> bool:
    return value(group.refused) >= 90 or value(group.coverage) >= coverage


def test_where_the_form_is_right_intervals_hold_and_gates_rarely_pass_a_model_at_the_threshold() -> None:
    for group in groups("own form, n=200, alone", runs=80, strata=2):
        assert value(group.refused) <= 20
        assert value(group.coverage) >= 87
        assert value(group.passes) <= 9
        # what recorded judges have in common pulls a judge that is unlike them, and the interval allows for it
        assert abs(value(group.bias)) < value(group.width) / 4


@pytest.mark.parametrize("source", ["board of 20", "history of 20"])
def test_a_judge_that_punishes_shortness_alone_is_measured_right_among_twenty_models(source: str) -> None:
    balanced, *_ = groups(f"asymmetric 2.41 / 0.05, n=805, {source}", runs=16)
    assert value(balanced.refused) <= 20
    assert value(balanced.coverage) >= 75


@pytest.mark.parametrize("r", ["-0.25", "+0.25"])
def test_lengths_that_go_with_easiness_are_covered_or_refused_without_a_history(r: str) -> None:
    for group in groups(f"confounded r={r}, n=805, alone", runs=40):
        assert covers_or_refuses(group, 75), group.stratum


@pytest.mark.parametrize("part", ["45 % short refusals", "half bad and short", "half bad and padded"])
def test_answers_that_are_bad_and_short_pass_no_gate(part: str) -> None:
    for group in groups(f"{part}, n=805, alone", runs=20):
        assert value(group.passes) <= 10, group.stratum


def test_a_model_with_a_slope_of_its_own_is_covered_or_refused_beside_a_history() -> None:
    found = groups("dislikes length, n=805, history of 20", runs=32)
    assert all(covers_or_refuses(group, 60) for group in found), found


def test_raw_rates_of_a_few_percent_are_covered_on_fifty_instructions() -> None:
    for group in groups("rare, raw, n=50, alone", runs=100):
        assert value(group.coverage) >= 89, group.stratum


def test_a_gate_that_looks_often_at_two_percent_fails_no_model_there() -> None:
    (group,) = groups("sequential, raw, n=805, alone", runs=40, strata=1)
    assert value(group.fails) <= 7.5


def test_there_are_both_kinds_of_cells_in_all_sizes_with_and_without_histories() -> None:
    cells = list(CELLS.values())
    assert len(cells) == len(all_cells())
    assert len({cell.process for cell in cells}) >= 20
    for kind in (Kind.CALIBRATED, Kind.ADVERSARIAL):
        chosen = [cell for cell in cells if cell.kind == kind]
        assert {cell.n for cell in chosen} == {50, 200, 805}
        assert {cell.source for cell in chosen} >= {Source.ALONE, Source.BOARD_20, Source.APART}


@pytest.mark.parametrize(
    "process",
    [
        Process(),
        Process(position=0.8),
        Process(sources=0.6),
        Process(interaction=1.2),
        Process(spoiled=Spoiled(0.4, 2.0, -1.0)),
    ],
)
def test_the_true_win_rate_at_equal_length_is_that_of_verdicts_at_equal_length(process: Process) -> None:
    """Without an effect of length, the mean chance of many verdicts is the win rate at equal length."""
    judge = replace(process.judge, slope=WEIGHTED.slope._replace(mean=0.0, sd=0.0))
    judge = replace(judge, modulus=judge.slope, balanced_modulus=judge.slope)
    process = replace(process, judge=judge)
    for drawn in process.draw(np.random.default_rng(5), 60, history=0, candidates=4):
        assert process.win_rate(drawn.model) == pytest.approx(drawn.lc, abs=0.6)


@pytest.mark.parametrize("stratum", [BALANCED, THIN])
@pytest.mark.parametrize("r", [-0.5, 0.0, 0.25])
def test_lengths_have_the_share_and_the_correlation_with_easiness_that_a_cell_asks_for(
    stratum: Stratum, r: float
) -> None:
    generator, n = np.random.default_rng(3), 100_000
    baseline, hidden = generator.normal(size=(2, n))
    on_baseline = baseline_loading(WEIGHTED, r)
    easiness = on_baseline * baseline + np.sqrt(1 - on_baseline**2) * hidden
    own = population(WEIGHTED, Habit(stratum.share)).loading(r, on_baseline)
    noise = own * hidden + np.sqrt(1 - own**2) * draw_noise(generator, n, None)
    lengths = lengths_of(WEIGHTED, Habit(stratum.share), baseline=baseline, noise=noise)
    assert np.corrcoef(lengths.term, easiness)[0, 1] == pytest.approx(r, abs=0.02)
    assert (lengths.difference >= 0).mean() == pytest.approx(stratum.share, abs=0.01)


def test_a_board_decides_as_the_gate_does_on_the_same_models() -> None:
    drawn = Process().draw(np.random.default_rng(2), 120, history=0, candidates=6)
    known = candidates_of(Source.BOARD_6, drawn)
    for entry, minimum in zip(known.entries, (5.0, 10.0, 20.0, 30.0, 40.0, 50.0), strict=True):
        rule = Rule(minimum=minimum)
        gated = gate_of(Source.BOARD_6, rule).decide(entry, known.entries, rule)
        assert known.decide(entry, rule).outcome == gated.outcome


def seen(world: int, *, lower: float, upper: float, ok: bool = True) -> Seen:
    estimate = Estimate(50.0, 1.0, lower, upper, 100, OK if ok else degraded("thin"))
    return Seen(world, "balanced", estimate, truth=52.0)


def test_coverage_is_that_of_ok_rows_and_its_error_that_of_draws() -> None:
    rows = [seen(world, lower=48, upper=51 if world % 2 else 53) for world in range(10) for _ in range(20)]
    (group,) = groups_of([*rows, *(seen(11, lower=0, upper=1, ok=False) for _ in range(50))], [])
    assert group.rows == 250
    assert value(group.refused) == pytest.approx(20)
    assert value(group.coverage) == pytest.approx(50)
    # ten draws, each of which covers always or never
    assert group.coverage.error == pytest.approx(100 * 0.5 / np.sqrt(9), rel=1e-6)
    assert value(group.bias) == pytest.approx(-2)


def test_a_share_that_never_varied_still_has_an_error() -> None:
    (group,) = groups_of([seen(world, lower=48, upper=53) for world in range(8)], [])
    assert value(group.coverage) == 100
    assert group.coverage.error == pytest.approx(100 * np.sqrt(0.9 * 0.1 / 8))


def group_with(**figures: float) -> Group:
    (group,) = groups_of([seen(world, lower=48, upper=53) for world in range(400)], [])
    figured = {name: {"value": one, "error": 1.0} for name, one in figures.items()}
    return Group.of_json({**group.as_json(), **figured})


@pytest.mark.parametrize(
    ("figures", "kind", "found"),
    [
        ({"coverage": 90.5}, Kind.CALIBRATED, ()),
        ({"coverage": 89.5}, Kind.CALIBRATED, ("coverage",)),
        ({"coverage": 99.5}, Kind.OWN, ("coverage",)),
        ({"passes": 8.0}, Kind.CALIBRATED, ("passes",)),
        ({"refused": 30.0}, Kind.CALIBRATED, ("refused",)),
        ({"pairs": 85.0}, Kind.CALIBRATED, ("pairs",)),
        ({"coverage": 50.0, "passes": 50.0}, Kind.ADVERSARIAL, ("coverage", "passes")),
        ({"coverage": 50.0, "passes": 50.0, "refused": 91.0}, Kind.ADVERSARIAL, ()),
        ({"fails": 6.0}, Kind.SEQUENTIAL, ("fails",)),
    ],
)
def test_a_promise_is_broken_by_more_than_two_monte_carlo_errors(
    figures: dict[str, float], kind: Kind, found: tuple[str, ...]
) -> None:
    assert broken(group_with(**figures), kind) == found


def test_a_cell_beyond_the_promise_is_shown_as_failed_all_the_same() -> None:
    failed = group_with(coverage=50.0)
    assert verdict(failed, Kind.ADVERSARIAL, beyond=True) == Verdict.BEYOND
    assert verdict(failed, Kind.ADVERSARIAL, beyond=False) == Verdict.FAILS


@pytest.fixture
def small() -> Cell:
    return replace(CELLS["own form, n=50, alone"], n=40)


def test_a_finished_cell_is_kept_and_not_simulated_again(small: Cell, tmp_path: Path) -> None:
    out = tmp_path / "kept" / "honesty.jsonl"
    ((_, first),) = run_cells([small], runs=3, out=out, jobs=1)
    with out.open("a") as file:
        file.write('{"cell": "cut off by a ki')
    ((_, again),) = run_cells([small], runs=2, out=out, jobs=1)
    assert again == first
    assert read_results(out) == [first]


def test_more_runs_another_cell_or_another_code_is_simulated_anew(small: Cell, tmp_path: Path) -> None:
    out = tmp_path / "honesty.jsonl"
    ((_, first),) = run_cells([small], runs=3, out=out, jobs=1)
    ((_, more),) = run_cells([small], runs=5, out=out, jobs=1)
    assert (first.worlds, more.worlds) == (3, 5)
    code = code_version()
    assert version_of(small, code) == first.version
    assert version_of(replace(small, n=60), code) != first.version
    values = [json.loads(line) for line in out.read_text().splitlines()]
    out.write_text("".join(json.dumps({**one, "version": "older"}) + "\n" for one in values))
    ((_, anew),) = run_cells([small], runs=3, out=out, jobs=1)
    assert anew.version == first.version
    assert anew.groups == first.groups


def test_the_table_has_a_line_for_each_kind_of_model(small: Cell) -> None:
    lines = lines_of(small, run_cell(small, runs=3))
    assert [line.name for line in lines] == [f"own form, {one}" for one in ("balanced", "25 %", "10 %", "3 %")]
    table = terminal(lines).splitlines()
    assert len(table) == 1 + len(lines)
    assert all(len(line.rstrip()) >= 60 for line in table)


@pytest.fixture(scope="module")
def published() -> list[Line]:
    return read_lines((DOCS / "honesty.csv").read_text(encoding="utf-8"))


def test_the_published_file_has_the_lines_and_the_verdicts_of_the_code(published: list[Line]) -> None:
    """Every cell has its kinds of models, in the code's order, and each verdict is that of its figures."""
    assert csv_text(published) == (DOCS / "honesty.csv").read_text(encoding="utf-8")
    assert [line.name for line in published] == [
        f"{cell.name}, {stratum.name}" for cell in all_cells() for stratum in cell.process.strata
    ]
    assert list(dict.fromkeys(line.cell for line in published)) == all_cells()


def test_the_published_page_has_the_figures_of_its_file(published: list[Line]) -> None:
    page = (DOCS / "honesty.md").read_text(encoding="utf-8")
    assert page.count("written by benchmarks.honesty") == page.count("<!-- end -->") == 5
    assert page_text(page, published, made=made_on(page)) == page, "take the tables from `publish`"


@pytest.mark.parametrize("page", ["honesty.md", "statistics.md"])
def test_tables_of_what_was_before_end_with_the_counts_of_the_published_lines(page: str, published: list[Line]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    shown = re.findall(r"^\| .* \| \d+ of \d+ fail.* \| (\w+ of \d+) fail.* \|$", text, re.MULTILINE)
    counts = []
    for kind in Kind:
        found = [line for line in published if line.cell.kind == kind]
        counts.append(f"{sum(line.verdict != Verdict.HOLDS for line in found) or 'none'} of {len(found)}")
    assert shown == counts
    beyond = sum(line.verdict == Verdict.BEYOND for line in published)
    assert f"fail, {beyond} of them beyond" in text


def test_reasons_on_the_published_page_have_the_figures_of_their_lines(published: list[Line]) -> None:
    words = " ".join((DOCS / "honesty.md").read_text(encoding="utf-8").split())
    lines = {(line.name, line.cell.n, line.cell.source): line.group for line in published}
    unlike = lines["alpaca_eval_gpt4, 75 %", 805, Source.ALONE]
    assert f"models of whose answers 75 % are longer are covered in {figure_text(unlike.coverage)} %" in words
    careful = [line.group for line in published if line.cell.kind == Kind.OWN and line.verdict != Verdict.HOLDS]
    assert {(one.stratum, one.coverage.value) for one in careful} == {("25 %", 100.0)}
    inverted = lines["inverted U, balanced", 805, Source.ALONE]
    assert f"covers {value(inverted.coverage):.0f} %, and a gate exactly at the truth passes none" in words
    assert inverted.passes.value == 0
    undeclared = [
        value(line.group.coverage)
        for line in published
        if line.cell.name == "random sources" and line.verdict != Verdict.HOLDS
    ]
    assert f"covered in {min(undeclared):.0f} to {max(undeclared):.0f} % at 805 instructions" in words
    beyond = [line for line in published if line.verdict == Verdict.BEYOND]
    for spoiled, what in ((True, "at equal length"), (False, "where length correlates with easiness at -0.5 or 0.5")):
        biases = [abs(value(line.group.bias)) for line in beyond if bool(line.cell.process.spoiled) == spoiled]
        assert f"up to {max(biases):.0f} points off {what}" in words
    assert {line.cell.source for line in beyond} == {Source.ALONE}
    assert max(value(line.group.passes) for line in beyond) <= 5


def test_what_is_published_can_be_read_again_and_no_spreadsheet_computes_it(small: Cell, tmp_path: Path) -> None:
    cell = CELLS["own form, n=50, alone"]
    lines = lines_of(cell, run_cell(small, runs=3))
    lines.append(replace(lines[0], cell=replace(cell, name="=1+1")))
    text = csv_text(lines)
    assert "\nown form,'=1+1,balanced,50,alone,3," in text
    again = read_lines("\n".join(text.splitlines()[:-1]))
    assert [replace(line.group, covered=Figure(None)) for line in lines[:-1]] == [line.group for line in again]
    (tmp_path / "honesty.md").write_text("a\n<!-- count: written by benchmarks.honesty -->\nold\n<!-- end -->\nb\n")
    publish(again, made=date(2026, 1, 2), folder=tmp_path)
    assert (
        (tmp_path / "honesty.md")
        .read_text()
        .startswith("a\n<!-- count: written by benchmarks.honesty -->\n\n**Of 4 lines")
    )
    assert read_lines((tmp_path / "honesty.csv").read_text()) == again


def test_gameability_is_the_relative_spread_of_pairs_in_units_of_the_win_rates_spread() -> None:
    metric = {"a": 10.0, "a_concise": 8.0, "a_verbose": 12.0, "b": 40.0, "b_concise": 30.0}
    found = gameability(metric, metric, ["a", "b"])
    concise = (np.sqrt(2) / 9 + 10 / np.sqrt(2) / 35) / 2
    assert found.verbosity == pytest.approx(100 * np.sqrt(2) / 11)
    assert found.conciseness == pytest.approx(100 * concise)
    assert found.pairs == pytest.approx(100 * (np.sqrt(2) / 11 + 2 * concise) / 3)
    halved = {name: 25 + one / 2 for name, one in metric.items()}
    assert gameability(halved, metric, ["a", "b"]).verbosity == pytest.approx(2 * 100 * np.sqrt(0.5) / 30.5)


def test_the_published_table_has_the_papers_gameability() -> None:
    """Dubois et al. 2024: 25 % for win rates and 10 % under length control, of two more families than are here."""
    path = REAL_DATA / "alpaca_eval" / "published_alpaca_eval2.csv"
    if not path.exists():
        pytest.skip("the published AlpacaEval files are not beside this checkout")
    import pandas as pd

    table = pd.read_csv(path).set_index("model")
    raw, lc = (
        {str(model): float(one) for model, one in table[name].items()}
        for name in ("win_rate", "length_controlled_winrate")
    )
    families = [name for name in raw if {f"{name}_concise", f"{name}_verbose"} <= raw.keys()]
    assert gameability(raw, raw, families).mean == pytest.approx(25.7, abs=0.1)
    assert gameability(lc, raw, families).mean == pytest.approx(10.6, abs=0.1)
