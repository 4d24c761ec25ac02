"""evalkit gate with several rules in evalkit.toml: one decision over several benchmarks, in every form."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import evalkit as ek
from evalkit.cli.main import group
from evalkit.errors import EvalkitError
from tests.cli.gating import EXAMPLES, verdict_rows, write_table

# `careful` has an LC win rate of 62.93 [54.04, 71.21] on the example, and a score of 5.62 [5.29, 5.96] on `graded`
CAREFUL = EXAMPLES / "careful.json"
HELPFUL = {
    "passed": {"benchmark": "example", "min": 50},
    "failed": {"benchmark": "example", "min": 80},
    "inconclusive": {"benchmark": "example", "min": 60},
    "not estimable": {"source": "few.csv", "metric": "lc_win_rate", "min-n": 2, "min": 50},
    "incomplete": {"benchmark": "other", "min": 50},
}
GRADES = {
    "passed": {"benchmark": "graded", "min": 5},
    "failed": {"benchmark": "graded", "metric": "score", "min": 6.5},
    "inconclusive": {"benchmark": "graded", "min": 5.6},
    "incomplete": {"benchmark": "graded", "min": 5, "min-n": 49},
}
INFORMED = {
    "passed": {"benchmark": "example", "metric": "win_rate", "against": "wordy", "margin": 12},
    "failed": {"benchmark": "example", "metric": "win_rate", "category": "coding", "min-n": 2, "min": 99},
    "inconclusive": {"benchmark": "example", "metric": "win_rate", "against": "wordy", "margin": 5},
}
# outcomes of the two required rules and of the informative one -> the exit code of the gate, and its outcome
TRUTH = {
    ("passed", "passed", "failed"): (0, "passed"),
    ("failed", "passed", "passed"): (1, "failed"),
    ("passed", "failed", "inconclusive"): (1, "failed"),
    ("failed", "incomplete", "passed"): (1, "failed"),
    ("inconclusive", "passed", "passed"): (4, "inconclusive"),
    ("passed", "inconclusive", "failed"): (4, "inconclusive"),
    ("not estimable", "passed", "passed"): (4, "inconclusive"),
    ("incomplete", "passed", "passed"): (3, "incomplete"),
    ("passed", "incomplete", "failed"): (3, "incomplete"),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose store has the candidate on two benchmarks, and only another model on a third."""
    folder = tmp_path_factory.mktemp("rules")
    careful, wordy, baseline = (EXAMPLES / f"{name}.json" for name in ("careful", "wordy", "baseline"))
    for outputs, task in (
        ((careful, wordy), {"benchmark": "example", "judge": "surface"}),
        ((careful,), {"benchmark": "graded", "judge": "surface_grade"}),
        ((wordy,), {"benchmark": "other", "judge": "surface", "baseline": baseline}),
    ):
        ek.annotate(*outputs, results=folder / "results", progress=False, **task)
    write_table(folder / "few.csv", verdict_rows(0.6, 12, model="careful"))
    return folder


@pytest.fixture
def inside(judged: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(judged)
    yield judged
    (judged / "evalkit.toml").unlink(missing_ok=True)


def written(*rules: Mapping[str, Any]) -> str:
    lines = []
    for rule in rules:
        lines.append("[[gate.rules]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in rule.items()]
    return "\n".join(lines)


def run(*words: object) -> tuple[int, str, str]:
    """The exit code of a command in this process, and what it said; of an error its one line."""
    done = CliRunner().invoke(group, [str(word) for word in words], auto_envvar_prefix="EVALKIT")
    if isinstance(done.exception, EvalkitError):
        return done.exception.exit_code, "", done.exception.for_command or str(done.exception)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def gate(*words: object, rules: Sequence[Mapping[str, Any]], candidate: object = "careful") -> tuple[int, str, str]:
    Path("evalkit.toml").write_text(written(*rules), encoding="utf-8")
    return run("gate", candidate, *words)


def named(helpful: str, grades: str, informed: str = "passed") -> list[dict[str, Any]]:
    return [
        {"name": "helpful", **HELPFUL[helpful]},
        {"name": "graded well", **GRADES[grades]},
        {"name": "beside wordy", "required": False, **INFORMED[informed]},
    ]


@pytest.mark.parametrize("outcomes", TRUTH)
def test_the_exit_code_follows_the_required_rules_alone(outcomes: tuple[str, str, str], inside: Path) -> None:
    status, outcome = TRUTH[outcomes]
    code, out, err = gate("--json", rules=named(*outcomes))
    assert code == status, err
    document = json.loads(out)
    assert document["outcome"] == outcome
    assert [rule["outcome"] for rule in document["rules"]] == list(outcomes)
    assert [rule["required"] for rule in document["rules"]] == [True, True, False]
    # a rule without verdicts says which command makes them
    reasons = [rule["reasons"][0] for rule in document["rules"]]
    assert ("evalkit annotate OUTPUTS --benchmark other makes them" in reasons[0]) == (outcomes[0] == "incomplete")


def test_each_rule_stands_with_its_number_in_every_form(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    files = ("--junit", "out/gate.xml", "--summary", "out/gate.md", "--badge", "out/badge.json")
    rules = named("failed", "inconclusive", "failed")
    code, out, err = gate(*files, rules=rules)
    assert code == 1
    explained = ek.gate("careful", rules=rules).explanation()
    (suite,) = ElementTree.parse(inside / "out" / "gate.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "3",
        "1",
        "1",
        "1",
    )
    assert [case.get("name") for case in suite.iter("testcase")] == ["helpful", "graded well", "beside wordy"]
    badge = json.loads((inside / "out" / "badge.json").read_text())
    assert badge["color"] == "red" and badge["message"].startswith("failed, 0 of 2 required rules pass")
    annotations = "\n".join(line for line in err.splitlines() if line.startswith("::"))
    assert [line.split(" ")[0] for line in annotations.splitlines()] == ["::error", "::error", "::warning", "::notice"]
    cases = "\n".join(ElementTree.tostring(case, encoding="unicode") for case in suite.iter("testcase"))
    forms = {
        "terminal": out,
        "sentences": explained,
        "JUnit": cases,
        "summary": (inside / "out" / "gate.md").read_text(encoding="utf-8"),
        "badge": badge["message"],
        "annotations": annotations,
    }
    for form, text in forms.items():
        for part in ("helpful", "62.93 [54.04, 71.21]", "graded well", "5.62 [5.29, 5.96]", "beside wordy", "48", "ok",
                     "below 80.00", "5.60 lies in it", "below 99.00", "informative"):  # fmt: skip
            wanted = part.replace(" [", " percent, 95 % interval [") if form == "sentences" and "62" in part else part
            wanted = "on the scale of the grades" if form == "sentences" and "5.62" in part else wanted
            assert wanted in text, (form, part)
    for text in (out, explained, forms["summary"]):
        assert "Wrong pass: " in text and "intersection-union" in text
        assert "Wrong fail: " in text and "Holm's method over the 2 required rules, the first at 97.5 %" in text
        assert "Informative rules change no outcome" in text


def test_a_report_shows_the_rules_of_a_gate_above_its_boards(inside: Path) -> None:
    rules = named("failed", "inconclusive", "failed")
    rules[0]["name"] = "<script>alert(1)</script>"
    _, out, _ = gate("--json", rules=rules)
    Path("gate.json").write_text(out, encoding="utf-8")
    about = ("--benchmark", "graded", "--no-text", "--out", "out/report.html")
    code, _, err = run("report", *about, "--gate", "gate.json")
    assert code == 0, err
    page = Path("out/report.html").read_text(encoding="utf-8")
    section = page[page.index('<section class="panel" id="gate"') :].partition("</section>")[0]
    assert "careful: failed" in section and page.index('id="gate"') < page.index('class="board"')
    assert "&lt;script&gt;alert(1)" in section and "<script>alert" not in page
    for part in ("lc_win_rate 62.93 [54.04, 71.21]", "score 5.62 [5.29, 5.96]", "<td class=\"number\">48</td>", "ok",
                 "informative", "below 80.00", "5.60 lies in it", "Holm&#39;s method"):  # fmt: skip
        assert part in section, part
    for text, said in (("[]", "is no decision of a gate"), ('{"outcome": "passed"}', "model: expected text")):
        Path("gate.json").write_text(text, encoding="utf-8")
        code, _, err = run("report", *about, "--gate", "gate.json")
        assert code == 2 and err.startswith("gate.json: ") and said in err, err


def test_python_takes_the_same_rules_and_its_decision_has_each_of_them(inside: Path) -> None:
    decided = ek.gate("careful", rules=named("passed", "passed", "failed"))
    decided.raise_for_outcome()
    assert [one.rule.name for one in decided.rules] == ["helpful", "graded well", "beside wordy"]
    metrics = decided.metrics()
    assert (metrics["careful/passed"], metrics["careful/beside wordy/passed"]) == (1.0, 0.0)
    assert metrics["careful/graded well/score"] == pytest.approx(5.62, abs=0.01)
    assert metrics["careful/helpful/n"] == 48.0
    with pytest.raises(ek.GateFailed, match="helpful .failed.: at 97.5 % confidence"):
        ek.gate("careful", rules=named("failed", "passed")).raise_for_outcome()
    Path("release.toml").write_text(written(*named("passed", "passed")), encoding="utf-8")
    assert run("gate", "careful", "--rules", "release.toml")[0] == 0


def test_missing_verdicts_are_not_let_through_as_an_inconclusive_number_is(inside: Path) -> None:
    assert gate("--inconclusive", "pass", rules=named("inconclusive", "passed"))[0] == 0
    assert gate("--inconclusive", "pass", rules=named("incomplete", "passed"))[0] == 3


def test_outputs_are_judged_once_for_the_rules_about_them_and_the_others_are_in_the_store(inside: Path) -> None:
    rules = [
        {"name": "helpful", "min": 50},
        {"name": "raw", "metric": "win_rate", "min": 50},
        {"name": "graded", "benchmark": "graded", "min": 5},
    ]
    code, out, err = gate("--judge", "surface", "--results", "again", rules=rules[:2], candidate=CAREFUL)
    assert code == 0, out + err
    assert err.count("48 of 48 replies") == 1 and "48 of 48 replies, 0 from the store" in err
    rules[0]["judge"] = rules[1]["judge"] = "surface"
    for candidate in (CAREFUL, inside / "results" / "careful" / "surface" / "row.json"):
        assert gate(rules=rules, candidate=candidate)[0] == 0
        assert "no rule is. Add a rule about it" in gate(rules=rules[2:], candidate=candidate)[2]


def test_a_gate_of_one_table_prints_as_rules_and_decides_as_the_options_do(inside: Path) -> None:
    _, alone, _ = run("gate", "careful", "--benchmark", "example", "--min", "50", "--json")
    code, out, _ = gate("--json", rules=named("passed", "passed")[:1])
    (rule,) = json.loads(out)["rules"]
    assert code == 0
    assert {name: rule[name] for name in json.loads(alone)} == json.loads(alone)


FINE = {"name": "fine", "benchmark": "example", "min": 50}
# what is wrong -> what it changes in a rule that is right, and what the one line says behind the rule's number
CHANGED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"minn": 3}, "unknown key 'minn'. Did you mean 'min-n'?"),
    "an unknown metric": ({"metric": "lc_winrate"}, "unknown metric 'lc_winrate'. evalkit calls it 'lc_win_rate'."),
    "two thresholds": ({"against": "wordy"}, "has both min and against. Keep one"),
    "no threshold": ({"min": None}, "has no threshold. Give it min = NUMBER, or against"),
    "a margin without a model": ({"margin": 2}, "margin goes with against"),
    "an unknown benchmark": ({"benchmark": "exampel"}, "unknown benchmark 'exampel'. Did you mean 'example'?"),
    "an unknown judge": ({"judge": "surfase"}, "unknown judge 'surfase'. Did you mean 'surface'?"),
    "a text for a number": ({"min": "50"}, "min: expected a number, found '50'"),
    "true for a number": ({"min": True}, "min: expected a number, found true"),
    "more than a percentage": ({"min": 120}, "min: expected a percentage from 0 to 100"),
    "a text for a flag": ({"required": "yes"}, "required: expected true or false, found 'yes'"),
    "a number for a name": ({"benchmark": 3}, "benchmark: expected text"),
    "a part at equal length": ({"turn": 1, "metric": "lc_win_rate"}, "metric: a turn is decided on win_rate or score"),
    "an unknown category": ({"category": "zzz"}, "unknown category 'zzz'. Known: advice, coding,"),
    "a turn and a category": ({"category": "coding", "turn": 1}, "has both turn and category"),
    "grades of a judge that compares": ({"metric": "score"}, "metric 'score' is the mean of grades"),
    "a comparison of grades": ({"benchmark": "graded", "metric": "win_rate", "min": 5}, "'win_rate' compares answers"),
    "a minimum off the scale": ({"benchmark": "graded"}, "min 50: judge 'surface_grade' grades from 1 to 10"),
    "the candidate itself": ({"min": None, "against": "careful"}, "against careful: is the candidate"),
    "a model that nobody has": (
        {"min": None, "against": "last-relaese"},
        "unknown model 'last-relaese'. Known: wordy",
    ),
    "a model that nobody has, for information": (
        {"min": None, "against": "wordyy", "required": False},
        "unknown model 'wordyy'. Did you mean 'wordy'? Known: wordy",
    ),
    "the baseline": (
        {"min": None, "against": "baseline", "margin": 2},
        "against baseline: is the baseline, at which every win rate is 50. For at most 2 points behind it, ask for 48 "
        "with the rule's min",
    ),
    "a benchmark left open": ({"benchmark": None}, "holds verdicts on careful on 2 benchmarks"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_wrong_rule_is_one_line_that_names_it(case: str, inside: Path) -> None:
    changes, said = CHANGED[case]
    wrong = {key: value for key, value in {**FINE, "name": "wrong", **changes}.items() if value is not None}
    code, out, error = gate(rules=[wrong, FINE])
    assert (code, out) == (2, "") and "\n" not in error
    assert error.startswith("evalkit.toml: [[gate.rules]] 1 'wrong': ") and said in error


@pytest.mark.parametrize("candidate", ["careful", CAREFUL])
def test_a_rule_that_informs_about_the_candidate_itself_does_not_apply_and_ends_nothing(
    candidate: object, inside: Path
) -> None:
    beside = {"name": "beside", "benchmark": "example", "required": False, "against": "careful"}
    code, out, error = gate("--json", "--judge", "surface", rules=[FINE, beside], candidate=candidate)
    assert code == 0, error
    rules = json.loads(out)["rules"]
    assert [rule["outcome"] for rule in rules] == ["passed", "not estimable"]
    assert rules[1]["reasons"] == ["careful is the candidate itself, which the rule cannot be held against"]
    code, out, _ = gate("--judge", "surface", rules=[FINE, beside], candidate=candidate)
    assert "2. beside (informative): NOT ESTIMABLE: careful minus careful, LC win rate not estimable" in out


def test_a_rule_about_a_category_says_that_it_is_on_the_raw_rate_unless_it_names_it(inside: Path) -> None:
    part = {"name": "coding", "benchmark": "example", "category": "coding", "min": 10, "min-n": 2}
    code, _, error = gate(rules=[part, {**part, "name": "named", "metric": "win_rate"}])
    assert code == 0, error
    said = "the rule 'coding' is on the win rate and not the LC win rate: what length does is learned from whole"
    assert error.count("is on the win rate") == 1 and f"note: {said}" in error
    assert f"Note: {said}" in ek.gate("careful", rules=[part]).explanation()


def test_a_model_without_verdicts_here_is_incomplete_if_it_has_some_elsewhere(inside: Path) -> None:
    rule = {"name": "beside wordy", "benchmark": "graded", "against": "wordy", "metric": "score"}
    code, out, _ = gate(rules=[rule])
    assert code == 3 and "no verdicts on wordy for benchmark graded by judge" not in out
    assert "no verdicts on wordy for benchmark graded: evalkit annotate OUTPUTS --benchmark graded" in out


def test_a_single_gate_refuses_the_baseline_with_the_cure_before_it_asks(inside: Path) -> None:
    for candidate in ("careful", CAREFUL):
        code, _, error = run("gate", candidate, "--benchmark", "example", "--against", "baseline", "--margin", "2")
        assert code == 2
        assert error.startswith("--against baseline: is the baseline, at which every win rate is 50. For at most 2")
        assert error.endswith("ask for 48 with --min")


def test_rules_that_do_not_go_together_are_refused_in_one_line(inside: Path) -> None:
    cases: tuple[tuple[list[Mapping[str, Any]], str], ...] = (
        ([FINE, FINE], " 2 'fine': has the name of evalkit.toml: [[gate.rules]] 1 'fine'"),
        ([FINE, {"min": 50}], ' 2: has no name. Give it one, as in name = "helpful"'),
        ([{**FINE, "required": False}], ": no rule is required, so nothing could fail the gate"),
    )
    for rules, said in cases:
        code, _, error = gate(rules=rules)
        assert code == 2 and error.startswith(f"evalkit.toml: [[gate.rules]]{said}"), error


def test_what_does_not_go_with_rules_is_refused_in_one_line(inside: Path) -> None:
    rules = named("passed", "passed")
    for words, said in (
        (("--min", "50"), "--min: the gate has 3 rules with thresholds of their own"),
        (("--metric", "win_rate"), "--metric: the gate has 3 rules"),
        (("--sequential",), "--sequential: an early look spends the error of one rule"),
        (("--source", "few.csv"), "--source: has verdicts on one benchmark, and the rules are about 2"),
    ):
        code, _, error = gate(*words, rules=rules)
        assert code == 2 and error.startswith(said), error
    for text, said in (
        ("[gate.rules]\nmin = 3", "expected a list of tables, found one. Write [[gate.rules]] above each rule"),
        ("[gate]\nrules = 3", "expected a list of tables, found a number"),
        ("[gate]\nrules = []", "is empty"),
        ('[gate]\nrules = [["min"]]', "1: expected a table, found a list"),
    ):
        Path("evalkit.toml").write_text(text, encoding="utf-8")
        code, _, error = run("gate", "careful")
        assert code == 2 and error.startswith("evalkit.toml: [[gate.rules]]") and said in error, error
    assert run("gate", "carful", "--rules", "release.toml")[0] == 2
    code, _, error = gate(rules=rules, candidate="carefull")
    assert code == 2 and "unknown model 'carefull'. Did you mean 'careful'?" in error
