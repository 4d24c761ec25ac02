import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from evalkit.boards.build import build_boards
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import WIN_RATE, ArenaFormula, Recipe
from evalkit.provenance.canonical import canonical_digest
from evalkit.provenance.row_content import row_values
from evalkit.reporting.latex import boards_latex
from evalkit.reporting.markdown import boards_markdown
from evalkit.reporting.rows import rows_text
from evalkit.reporting.tables import boards_text
from evalkit.reporting.values import boards_csv, boards_json
from evalkit.stats.controlled_rate import Controlled
from evalkit.stats.sample import build_sample
from evalkit.text.width import width
from evalkit.types import Audit, Finding, Severity, degraded
from tests.boards.test_build import entry, refused, uniform, with_missing

HOSTILE = '=HYPERLINK("http://x")\x1b]52;c;AA\x07|\u202e'
CONTRACT = {
    *("model", "judge", "baseline", "avg_length", "rank", "rank_lower", "rank_upper"),
    *("lc_win_rate", "lc_lower", "lc_upper", "lc_stderr", "lc_status"),
    *("win_rate", "win_rate_stderr", "win_rate_lower", "win_rate_upper", "discrete_win_rate"),
    *("n_wins", "n_losses", "n_ties", "n_total", "n_missing"),
}


def few(model: str = "few") -> Entry:
    preference = np.array([1.0, 0.0, np.nan])
    sample = build_sample(["a", "b", "c"], preference, length_difference=np.array([1.0, 2.0, 3.0]))
    return Entry(model, "j", "b", sample, 100.0, failures={"no verdict recorded": 1})


BOARDS = build_boards([entry("strong", 1.5), entry("weak", -1.0, seed=2), few()], Recipe())


def test_the_columns_that_scripts_rely_on_are_there() -> None:
    assert set(row_values(BOARDS[0].rows[0])) >= CONTRACT
    assert set(next(csv.reader(io.StringIO(boards_csv(BOARDS))))) >= CONTRACT


def test_a_number_that_cannot_be_had_is_an_empty_field_in_csv_and_null_in_json() -> None:
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(boards_csv(BOARDS)))}
    assert [rows["few"][name] for name in ("lc_win_rate", "lc_lower", "lc_stderr", "rank")] == [""] * 4
    assert rows["few"]["lc_status"] == "not_estimable(2 instructions, at least 30 needed)"
    document = json.loads(boards_json(BOARDS))
    assert document["boards"][0]["rows"][-1]["lc_win_rate"] is None


def test_every_row_says_what_is_missing() -> None:
    row = json.loads(boards_json(BOARDS))["boards"][0]["rows"][-1]
    assert (row["n_total"], row["n_missing"]) == (2, 1)
    assert row["coverage"] == pytest.approx(2 / 3)
    assert (row["win_rate_worst"], row["win_rate_best"]) == (pytest.approx(100 / 3), pytest.approx(200 / 3))
    assert row["failures"] == {"no verdict recorded": 1}


def test_columns_line_up_and_fit_the_width_they_are_given() -> None:
    wide = build_boards([entry("strong" * 20, 1.5), entry("weak", -1.0, seed=2)], Recipe())
    for columns in (100, 120):
        lines = boards_text(wide, columns=columns).splitlines()
        assert max(len(line) for line in lines if not line.startswith("note: ")) <= columns
    table = boards_text(BOARDS, columns=200).splitlines()
    ends = {line.index("%") if "%" in line else None for line in table[:1]}
    assert ends == {None}
    numbers = [line[: line.index("]") + 1] for line in table if "]" in line and not line.startswith("few")]
    assert len({len(line) for line in numbers}) == 1


def test_hostile_names_are_harmless_in_every_format() -> None:
    boards = build_boards([few(HOSTILE)], Recipe())
    for text in (boards_text(boards), boards_markdown(boards), rows_text(boards[0].rows)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    (row,) = csv.DictReader(io.StringIO(boards_csv(boards)))
    assert row["model"].startswith("'=")
    document = boards_json(boards)
    assert json.loads(document)["boards"][0]["rows"][0]["model"] == HOSTILE
    assert document.isascii()


def test_reasons_and_notes_stand_below_the_table() -> None:
    assert "\nfew: not estimable: 2 instructions, at least 30 needed\n" in boards_text(BOARDS)
    assert "\n- few: not estimable: 2 instructions, at least 30 needed\n" in boards_markdown(BOARDS)


def test_rows_that_are_not_ranked_stand_below_a_line_that_says_so() -> None:
    lines = boards_text(BOARDS, columns=150).splitlines()
    (place,) = (number for number, line in enumerate(lines) if line.startswith("── not ranked ─"))
    assert width(lines[place]) == width(lines[1])
    assert lines[place - 1].startswith("2 ") and "weak" in lines[place - 1]
    assert lines[place + 1].startswith("- ") and "few" in lines[place + 1]
    marked = boards_markdown(BOARDS).splitlines()
    (place,) = (number for number, line in enumerate(marked) if "*not ranked*" in line)
    assert "weak" in marked[place - 1] and "few" in marked[place + 1]
    assert marked[place].count("|") == marked[place + 1].count("|")
    for alike in ([entry("strong", 1.5), entry("weak", -1.0, seed=2)], [few(), few("more")]):
        boards = build_boards(alike, Recipe())
        assert "not ranked" not in boards_text(boards) + boards_markdown(boards) + boards_latex(boards)


def test_a_cause_that_many_models_share_is_one_line_with_the_first_names() -> None:
    boards = build_boards([*(uniform(f"m{number:02d}", 1.0) for number in range(12)), entry("fair", 0.0)], Recipe())
    lines = [line for line in boards_text(boards).splitlines() if "won every comparison" in line]
    assert lines == [
        "m00, m01, m02 and 9 more: they won every comparison, so that how far their verdicts spread is not known"
    ]
    statuses = [row["lc_status"] for row in csv.DictReader(io.StringIO(boards_csv(boards)))]
    assert statuses == ["ok", *["degraded(all_wins)"] * 12], "codes stay in csv"
    rows = json.loads(boards_json(boards))["boards"][0]["rows"]
    assert [row["lc_status"] for row in rows] == statuses and [row["rank"] for row in rows] == [1, *[None] * 12]


def test_missing_verdicts_are_told_once_and_not_again_of_every_other_rate() -> None:
    (board,) = build_boards([entry("whole", 0.0), with_missing(entry("part", 1.0, seed=2), 30)], Recipe())
    told = [line for line in boards_text([board]).splitlines() if "missing" in line and not line.startswith("rank")]
    assert told == [
        "part: 30 of 120 verdicts are missing, so that its LC win rate is that of the other instructions only"
    ]


def test_the_baselines_own_row_is_called_so() -> None:
    table = boards_text(build_boards([entry("b", 0.0), entry("strong", 1.5, seed=2)], Recipe()), columns=150)
    (line,) = (line for line in table.splitlines() if line.startswith("-") and " b " in line)
    assert line.endswith("baseline")
    assert "b: the baseline itself, which is 50 by definition" in table.splitlines()
    assert "note: the baseline itself" not in table and "not ranked" not in table


def test_a_board_of_a_published_formula_says_in_one_line_why_nobody_is_ranked() -> None:
    (board,) = build_boards([entry("one", 0.5), entry("other", -0.5, seed=2)], Recipe(WIN_RATE))
    recipe = Recipe(WIN_RATE, arena=ArenaFormula.V2)
    rows = []
    for row in board.rows:
        estimate = replace(row.raw.estimate, status=degraded("compat: rows are resampled as if independent"))
        number = Controlled(replace(row.raw, estimate=estimate))
        rows.append(replace(row.with_numbers({WIN_RATE: number}), recipe=recipe, rank=None))
    table = boards_text([replace(board, rows=tuple(rows))])
    assert table.startswith("j, against b, in the order of win rate\n")
    assert (
        "every model: a published formula made their win rates (rows are resampled as if independent), so that the "
        "rows stand in the order of their numbers and none is ranked"
    ) in table.splitlines()
    assert "not ranked" not in table


def test_a_row_alone_tells_its_reason_in_words() -> None:
    text = rows_text(build_boards([with_missing(entry("m", 0.5), 30)], Recipe())[0].rows)
    assert "] degraded: 30 of 120 verdicts are missing\n" in text


def test_a_column_without_a_status_says_below_the_table_what_is_not_ok_in_it() -> None:
    recipe = Recipe(metric=WIN_RATE, controls=("code",))
    table = boards_text(build_boards([entry("strong", 1.5), entry("weak", -1.0, seed=2), few()], recipe))
    assert "LC win rate of few: not estimable: 2 instructions, at least 30 needed" in table
    assert "style win rate of strong, weak: not estimable: code unknown" in table


def test_a_published_interval_is_called_by_its_own_confidence() -> None:
    (board,) = build_boards([entry("strong", 1.5)], Recipe(metric=WIN_RATE))
    published = replace(board.rows[0].raw.estimate, notes=("90 % interval",))
    row = board.rows[0].with_numbers({WIN_RATE: Controlled(replace(board.rows[0].raw, estimate=published))})
    table = boards_text([replace(board, rows=(row,))])
    assert "90 % interval" in table.splitlines()[2] and "95 %" not in table
    assert "note: 90 % interval" in table


def test_categories_are_told_apart_from_turns_and_from_each_other_and_do_not_stretch_the_table() -> None:
    one = entry("m", 1.0)
    names = ("turn 1", "turn 2", "category turn 1", "category a b", "category a_b", "category " + "y" * 300)
    boards = build_boards([replace(one, slices=dict.fromkeys(names, one.sample))], Recipe())
    table = boards_text(boards, columns=150).splitlines()
    start = next(place for place, line in enumerate(table) if line.startswith("model"))
    assert re.split("  +", table[start]) == ["model", "part", "win rate", "95 % interval", "n"]
    assert table[start - 1] == "win rate in each part, raw, not at equal length:"
    parts = [re.split("  +", line) for line in table[start + 1 : start + 7]]
    assert [line[1] for line in parts] == ["turn 1", "turn 2", "category turn 1", "a b", "a_b", "y" * 23 + "…"]
    assert all(re.fullmatch(r"\[.*\]", line[3]) and line[4] == "120" for line in parts)
    columns = next(csv.reader(io.StringIO(boards_csv(boards))))
    assert len(set(columns)) == len(columns)
    assert {"turn_1", "category_turn 1", "category_a b", "category_a_b"} <= set(columns)


AUDITED = build_boards([refused(entry("null", 3.0)), entry("strong", 1.5), entry("weak", -1.0, seed=2)], Recipe())


def test_refused_outputs_are_marked_in_every_table() -> None:
    for table in (boards_text(AUDITED, columns=150), boards_markdown(AUDITED)):
        (line,) = (line for line in table.splitlines() if "null" in line and "LC" not in line and "%" not in line[:9]
                   and "audit failed: " not in line)  # fmt: skip
        assert line.strip(" |").startswith("-") and line.strip(" |").endswith("audit failed")
        assert "null: audit failed: one answer to 120 instructions" in table


def test_csv_and_json_say_what_the_audit_found() -> None:
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(boards_csv(AUDITED)))}
    assert rows["null"]["audit"] == "failed: one answer to 120 instructions"
    assert (rows["null"]["rank"], rows["strong"]["rank"], rows["strong"]["audit"]) == ("", "1", "")
    document = json.loads(boards_json(AUDITED))["boards"][0]["rows"][-1]
    assert document["audit"] == rows["null"]["audit"]
    assert document["audit_checks"] == ["distinct", "empty"]
    assert document["audit_findings"] == [
        {
            "check": "distinct",
            "severity": "fail",
            "reason": "one answer to 120 instructions",
            "count": 120,
            "n": 120,
            "keys": [],
        }
    ]


def test_several_reasons_are_counted_and_a_row_alone_names_them_all() -> None:
    null = refused(entry("null", 3.0))
    assert null.audit is not None
    more = (*null.audit.findings, Finding("empty", Severity.FAIL, "70 of 120 answers are empty", 70, 120))
    (board,) = build_boards([replace(null, audit=replace(null.audit, findings=more))], Recipe())
    assert row_values(board.rows[0])["audit"] == "failed: one answer to 120 instructions (and 1 more)"
    assert "failed: one answer to 120 instructions; 70 of 120 answers are empty" in rows_text(board.rows)


def test_warnings_pass_and_stand_on_a_row_alone() -> None:
    warned = Audit(120, ("empty",), (Finding("empty", Severity.WARN, "2 of 120 answers are empty", 2, 120),))
    (board,) = build_boards([replace(entry("m", 0.0), audit=warned)], Recipe())
    assert row_values(board.rows[0])["audit"] == "passed"
    assert "passed, with warnings: 2 of 120 answers are empty" in rows_text(board.rows)


def test_the_digest_is_of_numbers_and_not_of_what_could_be_audited() -> None:
    one = entry("m", 0.0)
    plain, audited, null = (build_boards([form, entry("n", 1.0, seed=2)], Recipe())[0].rows for form in
                            (one, replace(one, audit=Audit(120, ("lengths",))), refused(one)))  # fmt: skip
    assert canonical_digest(plain) == canonical_digest(audited) == canonical_digest(null)


def test_where_answers_are_nearly_all_shorter_the_cure_is_named_if_there_are_models_to_learn_from() -> None:
    def shorter(model: str) -> Entry:
        lengths = np.linspace(-900.0, -100.0, 40)
        sample = build_sample([f"{key:02d}" for key in range(40)], np.tile([0.0, 1.0], 20), length_difference=lengths)
        return Entry(model, "j", "b", sample, 100.0)

    models = [shorter(f"m{number}") for number in range(5)]
    hint = "note: 5 of 5 LC win rates are extrapolated; --difficulty fit learns from all models"
    assert hint in boards_text(build_boards(models, Recipe()))
    assert "--difficulty fit" not in boards_text(build_boards(models[:4], Recipe()))
