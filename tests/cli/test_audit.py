import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.auditing.answers import BASELINE, EXAMPLES, HONEST, INSTRUCTIONS
from tests.cli.running import Done, evalkit

WriteOutputs = Callable[..., Path]


@pytest.fixture
def theirs(write_outputs: WriteOutputs) -> Path:
    return write_outputs("baseline", BASELINE, instructions=INSTRUCTIONS)


def audit(folder: Path, *arguments: object, **environment: str) -> Done:
    return evalkit("audit", "outputs", *arguments, cwd=folder, **environment)


def test_honest_outputs_pass_with_a_line_for_every_check(
    tmp_path: Path, write_outputs: WriteOutputs, theirs: Path
) -> None:
    done = audit(tmp_path, write_outputs("good", HONEST, instructions=INSTRUCTIONS), "--baseline", theirs)
    assert (done.returncode, done.stderr) == (0, "")
    head, columns, *lines = done.stdout.splitlines()
    assert head == "good, 100 outputs beside baseline: audit passed"
    assert columns.split() == ["check", "found", "limit", "verdict", "example"]
    assert [line.split("  ")[0] for line in lines][:4] == ["distinct", "near duplicates", "copied", "disguised"]
    assert "relevance         p 0.002  at most p 0.01" in done.stdout
    # a hundred answers of few phrases have too few pairs of neighbouring words to tell an order from none
    assert [line.split("  ")[0] for line in lines if not line.endswith(" ok")] == ["unordered"]


def test_refused_outputs_end_with_five_and_one_line_that_says_why(
    tmp_path: Path, write_outputs: WriteOutputs, theirs: Path
) -> None:
    named = [
        write_outputs("good", HONEST, instructions=INSTRUCTIONS),
        write_outputs("bad", HONEST[:1] * 100, instructions=INSTRUCTIONS),
    ]
    done = audit(tmp_path, *named, "--baseline", theirs)
    assert done.returncode == 5
    (line,) = done.stderr.splitlines()
    assert line.startswith("evalkit: error: bad: audit failed: one answer to 100 instructions; ")
    assert "good, 100 outputs beside baseline: audit passed" in done.stdout
    assert "bad, 100 outputs beside baseline: audit failed" in done.stdout
    assert "\nfail: one answer to 100 instructions\n" in done.stdout


def test_json_holds_every_check_with_its_numbers(tmp_path: Path, write_outputs: WriteOutputs) -> None:
    done = audit(tmp_path, write_outputs("bad", HONEST[:1] * 100, instructions=INSTRUCTIONS), "--json")
    assert done.returncode == 5
    assert "note: copies of a baseline are not looked for" in done.stderr
    (model,) = json.loads(done.stdout)["models"]
    assert (model["model"], model["baseline"], model["n"], model["passed"]) == ("bad", None, 100, False)
    checks = {check["check"]: check for check in model["checks"]}
    distinct = checks["distinct"]
    assert (distinct["value"], distinct["limit"], distinct["verdict"]) == (0.01, 0.5, "fail")
    assert (distinct["count"], distinct["n"], len(distinct["keys"])) == (100, 100, 5)
    assert (checks["copied"]["verdict"], checks["copied"]["value"]) == ("skipped", None)
    assert checks["copied"]["skipped"] == "no baseline"


def test_the_benchmarks_own_baseline_is_taken_where_it_is_here(tmp_path: Path) -> None:
    done = audit(tmp_path, EXAMPLES / "careful.json", EXAMPLES / "wordy.json", "--benchmark", "example")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("48 outputs beside") == 2


def test_limits_come_from_flags_the_environment_and_the_settings_in_this_order(
    tmp_path: Path, write_outputs: WriteOutputs
) -> None:
    path = write_outputs("few", [HONEST[place % 60] for place in range(100)], instructions=INSTRUCTIONS)
    lenient = ["max-relevance-p=1", "min-distinct=0.4"]
    assert audit(tmp_path, path, *(part for one in lenient for part in ("--audit-limit", one))).returncode == 0
    (tmp_path / "evalkit.toml").write_text('[audit]\naudit-limit = ["max-relevance-p=1", "min-distinct=0.7"]\n')
    assert audit(tmp_path, path).returncode == 5
    assert audit(tmp_path, path, EVALKIT_AUDIT_LIMIT=" ".join(lenient)).returncode == 0
    strict = audit(tmp_path, path, "--audit-limit", "min-distinct=0.9", EVALKIT_AUDIT_LIMIT=" ".join(lenient))
    assert strict.returncode == 5


@pytest.mark.parametrize(
    ("settings", "arguments", "told"),
    [
        ("", ["--audit-limit", "min-distinct=2"], "audit limit min-distinct: expected a share from 0 to 1, found 2"),
        ("", ["--audit-limit", "tokens=1"], "unknown audit limit 'tokens'"),
        ("[audit]\nlimit = 3\n", [], "evalkit.toml: [audit]: unknown option 'limit'. Known: audit-limit, baseline"),
        ("", ["--baseline", "nowhere.json"], "nowhere.json: no such file"),
    ],
)
def test_a_wrong_setting_is_one_line_and_two(
    tmp_path: Path, write_outputs: WriteOutputs, settings: str, arguments: list[str], told: str
) -> None:
    (tmp_path / "evalkit.toml").write_text(settings)
    done = audit(tmp_path, write_outputs("good", HONEST, instructions=INSTRUCTIONS), *arguments)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert told in line


def test_hostile_names_and_keys_are_printed_harmlessly(tmp_path: Path) -> None:
    name = "\x1b]52;c;AA\x07\u202e"
    rows = [
        {"question_id": f"\x1b[2J{place}", "instruction": text, "output": HONEST[0], "generator": name}
        for place, text in enumerate(INSTRUCTIONS)
    ]
    (tmp_path / "hostile.json").write_text(json.dumps(rows))
    done = audit(tmp_path, "hostile.json", "--key", "question_id")
    assert done.returncode == 5
    for text in (done.stdout, done.stderr):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "\\u001b[2J0" in done.stdout


def test_the_group_lists_what_can_be_audited(tmp_path: Path) -> None:
    assert "outputs" in evalkit("audit", "--help", cwd=tmp_path).stdout


def test_annotate_warns_before_it_asks_anybody(tmp_path: Path, theirs: Path, write_outputs: WriteOutputs) -> None:
    bad = write_outputs("bad", HONEST[:1] * 100, instructions=INSTRUCTIONS)
    done = evalkit("annotate", bad, "--baseline", theirs, "--judge", "surface", "--audit", "warn", cwd=tmp_path)
    lines = done.stderr.splitlines()
    warned = lines.index("note: the audit of bad fails: one answer to 100 instructions")
    assert warned < next(place for place, line in enumerate(lines) if "replies" in line)


def test_outputs_that_nobody_would_compare_are_left_out(tmp_path: Path, write_outputs: WriteOutputs) -> None:
    theirs = write_outputs("baseline", BASELINE[:40], instructions=INSTRUCTIONS[:40])
    done = audit(tmp_path, write_outputs("good", HONEST, instructions=INSTRUCTIONS), "--baseline", theirs)
    assert done.stdout.startswith("good, 40 outputs beside baseline: audit passed\n")
    assert "note: good: 60 outputs answer no instruction, or one that has an answer, and are left out\n" in done.stderr
