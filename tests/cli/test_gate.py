"""evalkit gate as a CI job runs it: what passes, what fails, and what is refused."""

import json
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import rig
from tests.cli.gating import EXAMPLES, Said, example_answers, run, verdict_rows, write_outputs, write_table
from tests.mixtures import MODEL, refusing
from tests.zygote import Zygote

FIFTY = ("--min", "50")
# made verdicts have no lengths that anybody would answer with
RAW = (*FIFTY, "--metric", "win_rate")
OUTCOMES = {
    "coverage": (verdict_rows(0.8, 100, missing=6), 3),
    "one": (verdict_rows(0.8, 1), 3),
    "all missing": (verdict_rows(0.8, 100, missing=100), 3),
    "spans": (verdict_rows(0.5, 100), 4),
    "above": (verdict_rows(0.6, 100), 0),
    "below": (verdict_rows(0.4, 100), 1),
}


@pytest.fixture(scope="module")
def judged(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store holds the example's models under two judges."""
    folder = tmp_path_factory.mktemp("judged")
    for judge in ("surface", "shortest"):
        said = run(
            zygote,
            "annotate",
            *(EXAMPLES / f"{model}.json" for model in ("careful", "wordy")),
            "--benchmark",
            "example",
            "--judge",
            judge,
            cwd=folder,
        )
        assert said.status == 0, said.err
    return folder


def gate(zygote: Zygote, *arguments: object, cwd: Path, **environment: str) -> Said:
    said = run(zygote, "gate", *arguments, cwd=cwd, **environment)
    assert "Traceback" not in said.err
    return said


@pytest.mark.parametrize("case", OUTCOMES)
def test_the_exit_code_is_the_outcome(case: str, zygote: Zygote, tmp_path: Path) -> None:
    rows, status = OUTCOMES[case]
    said = gate(zygote, "candidate", *RAW, "--source", write_table(tmp_path / "table.csv", rows), cwd=tmp_path)
    assert said.status == status, said.err
    assert said.out.count("\n") == 3
    assert status == 0 or said.error.startswith(f"evalkit: gate {said.out.split(':')[0].lower()}: candidate: ")
    # a decision is a result, whichever it is
    assert "evalkit: error" not in said.err


def test_a_run_that_may_ask_nothing_is_incomplete(zygote: Zygote, tmp_path: Path) -> None:
    outputs = EXAMPLES / "careful.json"
    said = gate(zygote, outputs, *FIFTY, "--benchmark", "example", "--max-requests", "0", cwd=tmp_path)
    assert said.status == 3
    assert "--max-requests reached" in said.error


def test_outputs_are_judged_first_and_never_twice(zygote: Zygote, tmp_path: Path) -> None:
    said = gate(zygote, EXAMPLES / "careful.json", *FIFTY, "--benchmark", "example", cwd=tmp_path)
    assert (said.status, said.out.split(":")[0]) == (0, "PASSED")
    assert "48 of 48 replies, 0 from the store" in said.err
    again = gate(zygote, EXAMPLES / "careful.json", *FIFTY, "--benchmark", "example", cwd=tmp_path)
    assert again.out == said.out
    assert "48 of 48 replies, 48 from the store" in again.err
    assert gate(zygote, "careful", *FIFTY, "--benchmark", "example", cwd=tmp_path).out == said.out
    row = tmp_path / "results" / "careful" / "surface" / "row.json"
    assert gate(zygote, row, *FIFTY, "--benchmark", "example", cwd=tmp_path).out == said.out


def test_a_worse_model_fails_and_a_better_one_passes(zygote: Zygote, tmp_path: Path) -> None:
    worse = write_outputs(tmp_path / "worse.json", "worse", [text[:150] for text in example_answers("baseline")])
    said = gate(
        zygote, worse, *FIFTY, "--benchmark", "example", "--judge", "longest", "--metric", "win_rate", cwd=tmp_path
    )
    assert said.status == 1, said.err


def test_a_model_is_held_against_another_one(zygote: Zygote, judged: Path) -> None:
    about = ("careful", "--against", "wordy", "--benchmark", "example", "--judge", "surface", "--metric", "win_rate")
    assert gate(zygote, *about, "--margin", "12", cwd=judged).status == 0
    assert gate(zygote, *about, "--margin", "5", cwd=judged).status == 4


@pytest.mark.parametrize(("choice", "status"), [("fail", 4), ("warn", 0), ("pass", 0)])
def test_an_inconclusive_gate_ends_as_configured(choice: str, status: int, zygote: Zygote, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.5, 100))
    said = gate(zygote, "candidate", *FIFTY, "--source", table, "--inconclusive", choice, cwd=tmp_path)
    assert said.status == status
    assert said.out.startswith("INCONCLUSIVE")
    assert ("let through" in said.err) == (choice == "warn")


def test_settings_hold_thresholds_and_flags_override_them(zygote: Zygote, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.6, 100))
    (tmp_path / "evalkit.toml").write_text('[gate]\nmin = 70\nmin-n = 90\nmetric = "win_rate"\n', encoding="utf-8")
    assert gate(zygote, "candidate", "--source", table, cwd=tmp_path).status == 1
    assert gate(zygote, "candidate", "--source", table, "--min", "50", cwd=tmp_path).status == 0
    assert gate(zygote, "candidate", "--source", table, "--min", "50", "--min-n", "101", cwd=tmp_path).status == 3


def test_what_a_gate_writes_for_ci_holds_the_decision(zygote: Zygote, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.4, 100))
    files = ("--junit", "out/gate.xml", "--summary", "out/gate.md", "--badge", "out/badge.json")
    said = gate(zygote, "candidate", *RAW, "--source", table, *files, "--json", cwd=tmp_path, GITHUB_ACTIONS="true")
    assert said.status == 1
    document = json.loads(said.out)
    assert (document["outcome"], document["n"], document["threshold"]) == ("failed", 100, 50.0)
    assert "::error" in said.err
    suite = ElementTree.parse(tmp_path / "out" / "gate.xml").getroot()
    assert suite.find(".//failure") is not None
    assert "FAILED" in (tmp_path / "out" / "gate.md").read_text(encoding="utf-8").upper()
    assert json.loads((tmp_path / "out" / "badge.json").read_text(encoding="utf-8"))["color"] == "red"


def test_the_explanation_holds_every_number(zygote: Zygote, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.6, 200, missing=1))
    said = gate(zygote, "candidate", *RAW, "--source", table, "--explain", "--confidence", "0.9", cwd=tmp_path)
    assert said.status == 0, said.err
    for number in ("90 %", "199", "200", "99.50 %", "5 %", "50.00"):
        assert number in said.out, number


def write_numbered(folder: Path, wins: int, of: int = 400) -> tuple[object, ...]:
    """A candidate that is the longer one that often, evenly spread; what it takes to judge it by that."""
    words = ("paint", "river", "engine", "harvest", "letter", "winter", "signal", "garden", "copper", "voyage")
    for name, extra in (("base", 0), ("candidate", 1)):
        rows = []
        for n in range(of):
            topic = f"{words[n % 10]} {words[n // 10 % 10]} {n}"
            longer = (n * wins) % of < wins
            text = f"About {topic}: " + " ".join(words[(n * 7 + k) % 10] for k in range(12))
            text += " indeed" if extra and longer else ""
            rows.append(
                {
                    "instruction": f"Tell of {topic}",
                    "output": text[: len(text) - (extra - longer) * extra],
                    "generator": name,
                }
            )
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    return ("candidate.json", "--baseline", "base.json", "--judge", "longest", "--metric", "win_rate",
            "--audit-limit", "max-near-duplicates=1")  # fmt: skip


def test_judging_in_batches_stops_early_and_says_what_it_saved(zygote: Zygote, tmp_path: Path) -> None:
    about = (*write_numbered(tmp_path, 280), *FIFTY)
    said = gate(zygote, *about, "--sequential", "--json", cwd=tmp_path)
    assert said.status == 0, said.err
    document = json.loads(said.out)
    spent = document["spent"]
    assert (spent["of"], spent["instructions"], document["n"]) == (400, 150, 150)
    assert spent["looks"] == 3
    assert document["confidence"] > 0.95
    assert document["error_rate"] == pytest.approx(0.025)
    # the verdicts that were saved are missing from the board until they are asked for
    whole = gate(zygote, "candidate", *FIFTY, "--judge", "longest", "--metric", "win_rate", cwd=tmp_path)
    assert whole.status == 3
    assert "250 of 400 instructions have no verdict" in whole.error
    assert gate(zygote, *about, cwd=tmp_path).status == 0


def test_a_close_case_is_decided_when_everything_is_judged(zygote: Zygote, tmp_path: Path) -> None:
    said = gate(zygote, *write_numbered(tmp_path, 224), *FIFTY, "--sequential", "--json", cwd=tmp_path)
    assert said.status == 0, said.err
    document = json.loads(said.out)
    assert (document["spent"]["instructions"], document["spent"]["looks"]) == (400, 8)
    assert document["confidence"] == pytest.approx(0.975)
    assert document["error_rate"] == pytest.approx(0.025)


def test_batches_look_first_at_what_is_in_the_store(zygote: Zygote, tmp_path: Path) -> None:
    about = (*write_numbered(tmp_path, 208), *FIFTY)
    assert gate(zygote, *about, cwd=tmp_path).status == 4
    document = json.loads(gate(zygote, *about, "--sequential", "--json", cwd=tmp_path).out)
    assert (document["spent"]["instructions"], document["spent"]["looks"]) == (400, 1)
    assert document["outcome"] == "inconclusive"


def test_batches_share_one_budget(zygote: Zygote, tmp_path: Path) -> None:
    said = gate(zygote, *write_numbered(tmp_path, 208), *FIFTY, "--sequential", "--max-requests", "120", cwd=tmp_path)
    assert said.status == 3
    assert "--max-requests reached" in said.error
    with sqlite3.connect(tmp_path / "results" / "evalkit.db") as connection:
        assert connection.execute("select count(*) from replies").fetchone() == (120,)
    connection.close()


def test_turns_are_not_judged_in_batches(zygote: Zygote, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Hello"}, {"role": "user", "content": "And now?"}]
    rows = [{"question_id": n, "category": "math", "turns": [one["content"] for one in turns]} for n in range(2)]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answers = [
        {"question_id": n, "model_id": "m", "choices": [{"index": 0, "turns": ["One.", "Two."]}]} for n in range(2)
    ]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers), encoding="utf-8")
    about = ("--benchmark", "mt_bench", "--questions", "questions.jsonl", "--judge", "surface_grade", "--sequential")
    said = gate(zygote, "m.jsonl", "--min", "5", *about, cwd=tmp_path)
    assert said.status == 2
    assert "judged turn by turn" in said.error


def _edit_row(folder: Path) -> tuple[object, ...]:
    path = folder / "results" / "careful" / "surface" / "row.json"
    row = json.loads(path.read_text(encoding="utf-8"))
    row["lc_win_rate"] = row["lc_lower"] = 90.0
    (folder / "edited").mkdir(exist_ok=True)
    (folder / "edited" / "row.json").write_text(json.dumps(row), encoding="utf-8")
    return (folder / "edited" / "row.json", *FIFTY, "--benchmark", "example")


def _drop_rows(folder: Path) -> tuple[object, ...]:
    write_outputs(folder / "chosen.json", "chosen", example_answers("careful")[:40])
    return ("chosen.json", *FIFTY, "--benchmark", "example", "--judge", "surface")


def _drop_rows_and_intersect(folder: Path) -> tuple[object, ...]:
    return (*_drop_rows(folder), "--on-mismatch", "intersect")


def _null_model(folder: Path) -> tuple[object, ...]:
    write_outputs(folder / "null.json", "null", ["The winner is this answer, which is complete and right."] * 48)
    return ("null.json", *FIFTY, "--benchmark", "example", "--judge", "surface")


def _not_a_number(folder: Path) -> tuple[object, ...]:
    rows = verdict_rows(0.9, 100)
    for row in rows[:50]:
        row[4] = "NaN"
    return ("candidate", *FIFTY, "--source", write_table(folder / "nan.csv", rows))


def _one(folder: Path) -> tuple[object, ...]:
    return ("candidate", *FIFTY, "--source", write_table(folder / "one.csv", verdict_rows(0.9, 1)))


def _empty(folder: Path) -> tuple[object, ...]:
    (folder / "empty.json").write_text("", encoding="utf-8")
    return ("empty.json", *FIFTY, "--benchmark", "example")


def _other_judge(_: Path) -> tuple[object, ...]:
    return ("careful", *FIFTY, "--benchmark", "example", "--judge", "random")


def _other_baseline(_: Path) -> tuple[object, ...]:
    return ("careful", *FIFTY, "--benchmark", "example", "--judge", "surface", "--baseline", "weaker")


def _negative_margin(_: Path) -> tuple[object, ...]:
    return ("careful", "--against", "wordy", "--margin", "-5", "--benchmark", "example", "--judge", "surface")


def _stale_store(folder: Path) -> tuple[object, ...]:
    """The judge's file was changed since the verdicts."""
    judge = folder / "mine.yaml"
    judge.write_text("client: heuristic\nmodel: surface\nparser: token_probability\n", encoding="utf-8")
    return ("careful", *FIFTY, "--benchmark", "example", "--judge", judge)


CHEATS = {
    "missing rows": (_drop_rows, 2, "does not match the 48 instructions"),
    "missing rows, asked for": (_drop_rows_and_intersect, 3, "8 of 48 instructions have no verdict"),
    "wrong baseline": (_other_baseline, 2, "configured for baseline 'weaker'"),
    "edited row": (_edit_row, 5, "the file was edited"),
    "not a number": (_not_a_number, 3, "50 of 100 instructions have no verdict"),
    "a single instruction": (_one, 3, "1 instruction judged, at least 30 needed"),
    "a null model": (_null_model, 5, "one answer to 48 instructions"),
    "another judge": (_other_judge, 2, "unknown judge 'random'"),
    "a negative margin": (_negative_margin, 2, "--margin -5"),
    "a stale store": (_stale_store, 2, "mine"),
    "an empty file": (_empty, 2, "empty.json"),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_nobody_gets_through_by_cheating(cheat: str, zygote: Zygote, judged: Path) -> None:
    prepare, status, reason = CHEATS[cheat]
    said = gate(zygote, *prepare(judged), cwd=judged)
    assert said.status == status, said.err
    assert reason in said.error
    assert "PASSED" not in said.out


def test_a_judge_that_changed_under_its_name_is_refused(zygote: Zygote, tmp_path: Path) -> None:
    judge = tmp_path / "mine.yaml"
    text = (Path(__file__).parents[2] / "annotators" / "surface.yaml").read_text(encoding="utf-8")
    judge.write_text(text, encoding="utf-8")
    about = ("--benchmark", "example", "--judge", "mine.yaml")
    assert gate(zygote, EXAMPLES / "careful.json", *FIFTY, *about, cwd=tmp_path).status == 0
    judge.write_text(text.replace("model: surface", "model: longest"), encoding="utf-8")
    said = gate(zygote, "careful", *FIFTY, *about, cwd=tmp_path)
    assert said.status == 2
    assert "Run evalkit annotate again" in said.error


def test_a_reply_that_was_edited_in_the_store_is_no_verdict(zygote: Zygote, tmp_path: Path) -> None:
    about = ("--benchmark", "example", "--judge", "surface")
    assert gate(zygote, EXAMPLES / "careful.json", *FIFTY, *about, cwd=tmp_path).status == 0
    with sqlite3.connect(tmp_path / "results" / "evalkit.db") as connection:
        connection.execute("update replies set reply = replace(reply, '0.', '0.9')")
    connection.close()
    assert gate(zygote, "careful", *FIFTY, *about, cwd=tmp_path).status == 3


@pytest.mark.parametrize("option", ["--min-coverage", "--confidence", "--max-cost", "--max-minutes", "--max-wait"])
def test_what_is_no_number_is_no_bound(option: str, zygote: Zygote, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.9, 100, missing=30))
    said = gate(zygote, "candidate", *FIFTY, "--source", table, option, "nan", cwd=tmp_path)
    assert said.status == 2, said.out
    assert option in said.error


def test_a_settings_file_cannot_take_the_coverage_away(zygote: Zygote, tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.csv", verdict_rows(0.9, 100, missing=30))
    (tmp_path / "evalkit.toml").write_text("[gate]\nmin-coverage = nan\n", encoding="utf-8")
    assert gate(zygote, "candidate", *FIFTY, "--source", table, cwd=tmp_path).status == 2


def test_a_row_is_held_under_its_own_judge(zygote: Zygote, judged: Path) -> None:
    row = judged / "results" / "careful" / "surface" / "row.json"
    about = (*FIFTY, "--benchmark", "example")
    assert gate(zygote, row, *about, cwd=judged).status == 0
    other = judged / "results" / "careful" / "shortest" / "row.json"
    said = gate(zygote, other, *about, "--judge", "surface", cwd=judged)
    assert said.status == 2, said.out
    assert "'shortest" in said.error
    assert "PASSED" not in said.out


def test_a_row_of_another_benchmark_is_refused(zygote: Zygote, judged: Path) -> None:
    row = judged / "results" / "careful" / "surface" / "row.json"
    said = gate(zygote, row, *FIFTY, "--benchmark", "alpaca_eval", cwd=judged)
    assert said.status == 2
    assert "a row of benchmark 'example', and the gate is configured for 'alpaca_eval'" in said.error
    assert gate(zygote, row, *FIFTY, cwd=judged).status == 0


@pytest.mark.parametrize(
    ("other", "reason"), [("nobody", "unknown model 'nobody'"), ("careful", "cannot be compared with itself")]
)
@pytest.mark.parametrize("more", [(), ("--sequential",)])
def test_nothing_is_asked_where_there_is_nobody_to_hold_it_against(
    other: str, reason: str, more: tuple[str, ...], zygote: Zygote, tmp_path: Path
) -> None:
    about = ("--against", other, "--benchmark", "example", "--judge", "surface", *more)
    said = gate(zygote, EXAMPLES / "careful.json", *about, cwd=tmp_path)
    assert said.status == 2, said.out
    assert reason in said.error
    assert not (tmp_path / "results").exists()


def test_a_stored_model_is_not_held_against_itself(zygote: Zygote, judged: Path) -> None:
    about = ("careful", "--against", "careful", "--margin", "50", "--benchmark", "example", "--judge", "surface")
    said = gate(zygote, *about, cwd=judged)
    assert said.status == 2
    assert "cannot be compared with itself" in said.error


def test_several_baselines_are_one_name(zygote: Zygote, judged: Path) -> None:
    about = ("careful", *FIFTY, "--benchmark", "example", "--judge", "surface")
    said = gate(zygote, *about, "--baseline", "a", "--baseline", "b", cwd=judged)
    assert said.status == 2
    assert "configured for baseline 'a + b'" in said.error


def test_more_instructions_than_there_are_cannot_be_had_by_judging_the_rest(zygote: Zygote, judged: Path) -> None:
    about = ("careful", *FIFTY, "--benchmark", "example", "--judge", "surface")
    said = gate(zygote, *about, "--min-n", "49", cwd=judged)
    assert said.status == 3
    assert "Judge the rest" not in said.error


@pytest.mark.parametrize("more", [(), ("--sequential",)])
def test_bare_answers_are_refused_before_they_are_shown(more: tuple[str, ...], zygote: Zygote, tmp_path: Path) -> None:
    base, cand = (rig.write_outputs(tmp_path, name, 60, seed=seed).name for seed, name in enumerate(("base", "cand")))
    with rig.mock_judge(tmp_path / "mock") as judge:
        rig.write_judge(tmp_path, judge.url, fence=False)
        about = (cand, "--baseline", base, "--judge", "judge.yaml", *FIFTY, *more)
        said = gate(zygote, *about, cwd=tmp_path)
        assert said.status == 2, said.out
        assert "--allow-compat" in said.error
        assert judge.ledger() == []
        gate(zygote, *about, "--allow-compat", cwd=tmp_path)
        assert judge.ledger()


def test_batches_end_where_the_endpoint_becomes_another_one(zygote: Zygote, tmp_path: Path) -> None:
    base, cand = (rig.write_outputs(tmp_path, name, 200, seed=seed).name for seed, name in enumerate(("base", "cand")))
    script = [{"when": {"after": 60, "count": 500}, "do": {"model": "other"}}]
    with rig.mock_judge(tmp_path / "mock", script=script) as judge:
        rig.write_judge(tmp_path, judge.url)
        about = (cand, "--baseline", base, "--judge", "judge.yaml", "--min", "50", "--sequential")
        said = gate(zygote, *about, cwd=tmp_path)
        assert said.status == 3, said.err
        assert "the endpoint answered as mock and as other" in said.error
        assert len(judge.ledger()) == 100


def test_recorded_replies_can_be_gated_on(zygote: Zygote, tmp_path: Path) -> None:
    about = ("--baseline", EXAMPLES / "baseline.json", *FIFTY, "--benchmark", "example", "--judge", "surface")
    first = gate(zygote, EXAMPLES / "careful.json", *about, cwd=tmp_path)
    recorded = tmp_path / "results" / "careful" / "surface" / "annotations.json"
    replayed = (*about, "--replay", recorded, "--results", "again")
    for more in ((), ("--sequential",)):
        said = gate(zygote, EXAMPLES / "careful.json", *replayed, *more, cwd=tmp_path)
        assert said.status == first.status == 0, said.err


def test_a_decision_in_batches_names_the_numbers_that_it_rests_on(zygote: Zygote, judged: Path) -> None:
    about = (EXAMPLES / "careful.json", *FIFTY, "--benchmark", "example", "--judge", "surface", "--json")
    whole, batches = (gate(zygote, *about, *more, cwd=judged) for more in ((), ("--sequential",)))
    digests = {json.loads(said.out)["sha256"] for said in (whole, batches)}
    assert len(digests) == 1
    assert digests != {""}


def test_a_published_model_whose_slope_is_unlike_the_judges_others_is_not_let_through_at_31(
    real_outputs: Path, zygote: Zygote, tmp_path: Path
) -> None:
    about = ("claude", "--source", real_outputs / "preferences.parquet", "--judge", "weighted_alpaca_eval_gpt4_turbo")
    said = gate(zygote, *about, "--min", "31", cwd=tmp_path)
    assert said.status == 4, said.err
    assert "and 31.00 lies in it" in said.out


def test_a_threshold_that_no_grade_can_reach_is_no_regression(zygote: Zygote, tmp_path: Path) -> None:
    about = (EXAMPLES / "careful.json", "--benchmark", "example", "--judge", "surface_grade")
    said = gate(zygote, *about, *FIFTY, cwd=tmp_path)
    assert said.status == 2, said.out
    assert "--min 50: judge 'surface_grade' grades from 1 to 10" in said.error
    assert gate(zygote, *about, "--min", "2", cwd=tmp_path).status == 0


@pytest.mark.parametrize(("mean", "varied", "advised"), [(0.5, True, True), (0.9, False, False)])
def test_more_data_is_advised_only_where_it_would_tell(
    mean: float, varied: bool, advised: bool, zygote: Zygote, tmp_path: Path
) -> None:
    rows = verdict_rows(mean, 100)
    for row in rows:
        row[4] = row[4] if varied else 1 + mean
    said = gate(zygote, "candidate", *RAW, "--source", write_table(tmp_path / "table.csv", rows), cwd=tmp_path)
    assert said.status == 4
    assert ("evalkit power" in said.error) == advised


def test_the_command_says_why_and_takes_the_option(real_outputs: Path, zygote: Zygote, tmp_path: Path) -> None:
    source = refusing(real_outputs, share=0.2).write_annotations(tmp_path / "annotations.json")
    about = (MODEL, "--min", "50", "--source", source)
    said = gate(zygote, *about, cwd=tmp_path)
    assert said.status == 4, said.err
    assert "of the baseline's: use --allow-refusals for a model" in said.error and "evalkit power" not in said.error
    assert '"allow_refusals": false' in gate(zygote, *about, "--json", cwd=tmp_path).out
    reworded = ("--audit-limit", "max-nearly-copied=1")
    assert gate(zygote, *about, "--allow-refusals", *reworded, cwd=tmp_path).status == 0
