"""evalkit gate --min-agreement: a pass counts only by a judge that was measured to agree with people."""

import dataclasses
import datetime
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import evalkit as ek
from evalkit.cli.main import group
from evalkit.errors import Inconclusive
from evalkit.judge_spec import with_orders
from evalkit.store import open_existing, store_url
from evalkit.store.evaluations import evidence_name, keep_evaluation
from evalkit.types import Estimate, EvaluationRecord
from tests.cli.gating import EXAMPLES, verdict_rows, write_table

# `careful` has a win rate of 57.50 [54.80, 60.17] on the example
RAW = ("careful", "--benchmark", "example", "--metric", "win_rate")
PASSING = (*RAW, "--min", "50")
FAILING = (*RAW, "--min", "80")
HIGH, LOW = Estimate(74.0, 1.0, 70.0, 78.0, 300), Estimate(54.0, 1.0, 50.0, 58.0, 300)
OVER = Estimate(64.0, 2.5, 59.0, 69.0, 300)
CURE = "evalkit judges evaluate surface --human FILE measures it"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    for more in ({}, {"judge": "surface_grade", "benchmark": "graded"}):
        ek.annotate(
            str(EXAMPLES / "careful.json"),
            **{"benchmark": "example", "baseline": str(EXAMPLES / "baseline.json"), **more},  # type: ignore[arg-type]
            results=folder,
            progress=False,
        )
    return folder


@pytest.fixture
def folder(judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose results hold the judged example."""
    shutil.copytree(judged, tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measure(
    agreement: Estimate, *, day: int = 1, labels: str = "auto_j", orders: str | None = None, **changes: object
) -> None:
    """Keep a measurement of the judge, or of another form of it."""
    with open_existing(store_url(None, Path("results"))) as store:
        judge = next(config for config in store.judges() if config.name == "surface")
        judge = judge if orders is None else with_orders(judge, orders)
        record = EvaluationRecord(
            judge=judge.name,
            judge_digest=judge.digest,
            labels=labels,
            labels_digest=f"of {labels}",
            orders=judge.orders,
            repeats=1,
            n=350,
            n_people=1,
            at=datetime.datetime(2026, 1, day, tzinfo=datetime.UTC),
            agreement=agreement,
            ceiling=Estimate.refused("one person", n=0),
            evidence=evidence_name("{}"),
        )
        keep_evaluation(store, dataclasses.replace(record, **changes), "{}")  # type: ignore[arg-type]


def gate(*words: object) -> Result:
    return CliRunner().invoke(group, ["gate", *map(str, words)])


CHANGED: Mapping[str, object] = {"judge_digest": "0123456789ab"}
# the measurements -> the exit code of a model that passes otherwise, and what is said
TRUTH: dict[str, tuple[list[dict[str, object]], int, str]] = {
    "high enough": ([{"agreement": HIGH}], 0, "the interval starts at 54.80"),
    "too low": (
        [{"agreement": LOW}],
        4,
        "judge surface agrees with people on 54.00 of 100 [50.00, 58.00] on auto_j, too low: at least 60.00 of 100 are "
        "asked for (--min-agreement). Take another judge",
    ),
    "overlapping": ([{"agreement": OVER}], 4, "[59.00, 69.00] on auto_j, and 60.00 lies in that interval"),
    "none": ([], 4, f"nothing is known of how far judge surface agrees with people: {CURE}"),
    "changed prompt": (
        [{"agreement": HIGH, **CHANGED}],
        4,
        f"agrees with people since its model, prompt or parameters changed: {CURE}",
    ),
    "other orders": ([{"agreement": HIGH, "orders": "both"}], 4, f"was measured in other orders only: {CURE}"),
    "the latest counts": ([{"agreement": HIGH}, {"agreement": LOW, "day": 2, "labels": "pandalm"}], 4, "on pandalm"),
}


@pytest.mark.parametrize("case", TRUTH)
def test_a_pass_needs_a_judge_that_is_known_to_agree(folder: Path, case: str) -> None:
    records, status, said = TRUTH[case]
    for record in records:
        measure(**record)  # type: ignore[arg-type]
    done = gate(*PASSING, "--min-agreement", 60)
    assert done.exit_code == status, done.output
    people, why = done.stdout.splitlines()[-2:]
    assert people.startswith("people: ") and "judge surface " in people
    assert why.startswith("why: ") and said in why
    assert (status == 0) == done.stdout.startswith("PASSED: ")


def test_a_fail_stays_a_fail_and_a_rule_that_asks_nothing_of_the_judge_passes_all_the_same(folder: Path) -> None:
    measure(LOW)
    assert gate(*FAILING, "--min-agreement", 60).exit_code == 1
    assert gate(*PASSING).exit_code == 0


def test_every_form_of_the_decision_says_why_it_is_not_a_pass(folder: Path) -> None:
    measure(OVER)
    names = {"junit": "gate.xml", "summary": "gate.md", "badge": "gate.json"}
    files = [word for option, name in names.items() for word in (f"--{option}", name)]
    done = CliRunner(env={"GITHUB_ACTIONS": "true"}).invoke(
        group, ["gate", *PASSING, "--min-agreement", "60", "--json", *files]
    )
    why = "judge surface agrees with people on 64.00 of 100 [59.00, 69.00] on auto_j, and 60.00 lies in that interval"
    known = "judge surface agrees with people on 64 of 100 [59, 69] on auto_j, ceiling unknown: one label each"
    document = json.loads(done.stdout)
    assert (document["outcome"], document["min_agreement"]) == ("inconclusive", 60)
    assert why in document["reasons"][0] and known in document["known_judge"]["says"]
    assert document["known_judge"]["evaluations"][0]["agreement"]["lower"] == 59
    annotation = next(line for line in done.stderr.splitlines() if line.startswith("::"))
    # a workflow command has its own signs for some characters
    assert annotation.startswith("::warning") and "60.00 lies in that interval" in annotation
    assert why in Path("gate.json").read_text()
    assert why in Path("gate.md").read_text() and f"| people | `{known}" in Path("gate.md").read_text()
    junit = ElementTree.parse("gate.xml").getroot()
    case = junit.find(".//testcase[@name='agreement with people']/error")
    assert case is not None and why in case.attrib["message"]
    properties = {one.attrib["name"]: one.attrib["value"] for one in junit.iter("property")}
    assert properties["min_agreement"] == "60.00" and known in properties["known_judge"]
    explained = gate(*PASSING, "--min-agreement", 60, "--explain").stdout
    assert why in explained and f"J{known[1:]}" in explained and "(at least 60.00 of 100 asked)" in explained


def test_settings_and_rules_ask_it_too_and_python_raises(folder: Path) -> None:
    measure(OVER)
    Path("evalkit.toml").write_text("[gate]\nmin_agreement = 60\n")
    assert gate(*PASSING).exit_code == 4
    rules = "".join(
        f'[[gate.rules]]\nname = "{name}"\nmin = 50\n{more}'
        for name, more in (("one", ""), ("two", "min-agreement = 55\n"))
    )
    Path("evalkit.toml").write_text(f"[gate]\nmin_agreement = 60\n{rules}")
    done = gate("careful", "--benchmark", "example")
    assert done.exit_code == 4
    assert "1. one (required): INCONCLUSIVE" in done.stdout and "2. two (required): PASSED" in done.stdout
    assert done.stdout.count("\npeople: ") == 2, "the two rules ask different things of one judge"
    Path("evalkit.toml").unlink()
    usual: dict[str, Any] = {"benchmark": "example", "metric": "win_rate", "minimum": 50}
    decided = ek.gate("careful", **usual, min_agreement=60)
    assert not decided.passed and decided.decision.known is not None
    with pytest.raises(Inconclusive, match="60.00 lies in that interval"):
        decided.raise_for_outcome()
    assert ek.gate("careful", **usual, min_agreement=59).passed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*PASSING, "--min-agreement", 101), "101.0 is not in the range 0<=x<=100"),
        ((*PASSING, "--min-agreement", "nan"), "not a number"),
    ],
)
def test_what_is_no_percentage_is_refused(folder: Path, words: tuple[object, ...], said: str) -> None:
    done = gate(*words)
    assert said in f"{done.output}{done.exception}"
    Path("evalkit.toml").write_text('[[gate.rules]]\nname = "one"\nmin = 50\nmin-agreement = 160\n')
    done = gate("careful", "--benchmark", "example")
    assert "'one': min-agreement: expected a percentage from 0 to 100, found 160" in f"{done.output}{done.exception}"


def test_verdicts_in_files_and_grades_cannot_be_held_to_it(folder: Path) -> None:
    table = write_table(folder / "table.csv", verdict_rows(0.8, 100))
    of_files = ("candidate", "--min", 50, "--metric", "win_rate", "--source", table)
    done = gate(*of_files)
    assert done.exit_code == 0 and "people" not in done.stdout
    done = gate(*of_files, "--min-agreement", 60)
    assert done.exit_code == 4 and "verdicts in files do not say which form of the judge gave them" in done.stdout
    done = gate("careful", "--benchmark", "graded", "--judge", "surface_grade", "--min", 2, "--min-agreement", 60)
    assert done.exit_code == 4, done.output
    assert "surface_grade grades answers alone, so that its agreement with people cannot be measured" in done.stdout


def test_boards_pages_and_sites_say_what_is_known_of_their_judge(folder: Path) -> None:
    measure(OVER)
    line = (
        "judge surface agrees with people on 64 of 100 [59, 69] on auto_j, ceiling unknown: one label each; measured "
        "on 350 comparisons on 2026-01-01; agreement there is not agreement on this benchmark"
    )
    found = ek.leaderboard(benchmark="example")
    for form in ("table", "html"):
        assert f"note: {line}" in found.written(form)
    # markdown escapes what would begin a link
    assert f"note: {line}" in found.written("markdown").replace("\\", "")
    assert json.loads(found.written("json"))["boards"][0]["known_judge"]["says"] == line
    assert line in found._repr_html_()
    page = Path(ek.report(benchmark="example", out="report.html").path).read_text(encoding="utf-8")
    assert f"J{line[1:]}." in page
    site = ek.site("public")
    assert f"J{line[1:]}." in (site.path / "judges" / "surface.html").read_text(encoding="utf-8")
    graded = (site.path / "judges" / "surface_grade.html").read_text(encoding="utf-8")
    assert "it grades answers alone" in graded
    both = str(ek.leaderboard(benchmarks="all"))
    assert both.count("note: judge surface agrees with people") == 1
    rows = ek.leaderboard(*Path("results").rglob("annotations.json"), benchmark="example")
    assert "with people" not in rows.written("table"), "no store was asked about verdicts in files"
