"""The workflows that evalkit init writes, and the composite action: linted, and run step by step as written."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from evalkit import __version__, assets
from evalkit.scaffold import complete_ignored, scaffold, write_scaffold
from tests.attacks.forging import turn_around
from tests.cli.running import evalkit
from tests.cli.workflow import Run, load, run_job, run_steps

REPOSITORY = Path(__file__).parents[2]
ACTION = REPOSITORY / "action.yml"
WORKFLOW = ".github/workflows/evalkit.yml"
PUSH = {"github.event_name": "push", "github.repository": "me/mine"}
OWN_BRANCH = {**PUSH, "github.event_name": "pull_request", "github.event.pull_request.head.repo.full_name": "me/mine"}
FORK = {**OWN_BRANCH, "github.event.pull_request.head.repo.full_name": "you/fork"}
BOT = {**OWN_BRANCH, "github.event.pull_request.user.login": "dependabot[bot]"}


def project(folder: Path, candidate: str, baseline: str, *, name: str | None = None) -> Path:
    """A repository with two of the shipped example's models as the candidate and the baseline."""
    repository = folder / "repository"
    write_scaffold(repository, scaffold("github") | scaffold("gitlab"))
    complete_ignored(repository)
    (repository / "outputs").mkdir()
    for place, model in (("candidate", candidate), ("baseline", baseline)):
        rows = json.loads((assets.folder("examples") / "outputs" / f"{model}.json").read_text())
        for row in rows:
            row["generator"] = name if name and place == "candidate" else row["generator"]
        (repository / "outputs" / f"{place}.json").write_text(json.dumps(rows))
    return repository


def run_github(repository: Path, context: dict[str, Any], **environment: str) -> Run:
    (job,) = load((repository / WORKFLOW).read_text())["jobs"].values()
    return run_job(job, repository, context=context, **environment)


def failing(repository: Path) -> list[str | None]:
    suite = ElementTree.parse(repository / "results" / "gate.xml").getroot()
    return [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]


def test_a_better_model_passes_and_leaves_a_report(tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    done = run_github(repository, PUSH)
    assert done.status == 0, done.said
    assert done.ran == ["Install evalkit", "Begin without what the work tree holds", "Judge and gate",
                        "Write the report", "Write the job summary"]  # fmt: skip
    assert "::notice title=evalkit gate passed::careful against baseline" in done.said
    assert done.summary.startswith("### evalkit gate: passed\n")
    assert failing(repository) == []
    assert json.loads((repository / "results" / "badge.json").read_text())["color"] == "brightgreen"
    assert (repository / "results" / "careful" / "surface" / "annotations.json").is_file()
    # the artifact holds a report that a person can read, and no store
    assert "careful" in (repository / "results" / "report.html").read_text(encoding="utf-8")
    assert not list(repository.rglob("evalkit.db*")) and (tmp_path / "runner" / "evalkit" / "evalkit.db").is_file()


def test_a_worse_model_fails_with_code_1_and_the_report_is_written_all_the_same(tmp_path: Path) -> None:
    repository = project(tmp_path, "baseline", "careful")
    done = run_github(repository, PUSH)
    assert done.status == 1, done.said
    assert done.ran[-1] == "Write the job summary" and done.summary.startswith("### evalkit gate: failed\n")
    assert "::error title=evalkit gate failed::baseline against careful" in done.said
    assert failing(repository) == ["bound"]


def test_a_model_of_which_too_little_is_known_is_no_failure_and_no_success(tmp_path: Path) -> None:
    done = run_github(project(tmp_path, "terse", "baseline"), PUSH)
    assert done.status == 4, done.said
    assert done.summary.startswith("### evalkit gate: inconclusive\n")


def test_outputs_that_the_audit_refuses_fail_with_code_5_and_leave_a_report(tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    path = repository / "outputs" / "candidate.json"
    rows = json.loads(path.read_text())
    path.write_text(json.dumps([{**row, "output": "The same answer to whatever was asked."} for row in rows]))
    done = run_github(repository, PUSH)
    assert done.status == 5, done.said
    assert done.summary.startswith("### evalkit gate: audit failed\n")
    assert failing(repository) == ["audit"]


@pytest.mark.parametrize("context", [FORK, BOT], ids=["fork", "dependabot"])
def test_whoever_gets_no_secrets_is_judged_offline_whatever_the_settings_say(
    context: dict[str, Any], tmp_path: Path
) -> None:
    repository = project(tmp_path, "careful", "baseline")
    settings = repository / "evalkit.toml"
    settings.write_text(settings.read_text().replace('["surface"]', '["judges/my_judge.yaml"]'))
    done = run_github(repository, context)
    assert done.status == 0, done.said
    assert "::notice title=evalkit::No secrets here, so the offline judge 'surface' decides." in done.said
    assert "Say that the judge is the offline one" in done.ran


@pytest.mark.parametrize("context", [PUSH, OWN_BRANCH], ids=["push", "own branch"])
def test_a_run_that_has_secrets_asks_the_judge_of_the_settings(context: dict[str, Any], tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    settings = repository / "evalkit.toml"
    settings.write_text(settings.read_text().replace('["surface"]', '["judges/my_judge.yaml"]'))
    done = run_github(repository, context)
    # there is no key here: the judge of the settings is the one that misses it
    assert done.status == 2 and "OPENAI_API_KEY" in done.said
    assert done.summary.startswith("### evalkit gate: refused\n") and "OPENAI_API_KEY" in done.summary


def test_neither_a_branch_nor_a_model_can_run_a_command(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    name = f"$(touch {canary})`touch {canary}`'; touch {canary}; '\"; touch {canary}; \"\n::error::owned"
    repository = project(tmp_path, "careful", "baseline", name=name)
    context = {**PUSH, "github.ref": name, "github.head_ref": name, "github.event.pull_request.title": name}
    done = run_github(repository, context, GITHUB_REF=name, GITHUB_HEAD_REF=name)
    assert done.status == 0, done.said
    assert not canary.exists()
    assert not any(line.lstrip().startswith("::error") for line in done.said.splitlines())


def run_action(repository: Path, **inputs: str) -> Run:
    action = load(ACTION.read_text())
    defaults = {name: one.get("default", "") for name, one in action["inputs"].items()}
    # the version that is installed here, as building another would change it
    given = {**defaults, "version": __version__, **inputs}
    context = {f"inputs.{name}": value for name, value in given.items()}
    return run_steps(action["runs"]["steps"], {}, repository, context=context, environment={})


def test_the_action_gives_its_outputs_and_fails_as_the_gate_does(tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    passed = run_action(repository, candidate="outputs/candidate.json")
    assert passed.status == 0, passed.said
    assert passed.outputs["outcome"] == "passed"
    assert 50 < float(passed.outputs["lower"]) < float(passed.outputs["value"]) < float(passed.outputs["upper"])
    assert passed.summary.startswith("### evalkit gate: passed\n")
    failed = run_action(
        repository, candidate="outputs/baseline.json", baseline="outputs/candidate.json", min="50", judge="surface",
        args="--seed 0\n  --confidence 0.9", results="other",
    )  # fmt: skip
    assert failed.status == 1 and failed.outputs["outcome"] == "failed"
    assert (repository / "other" / "gate.xml").is_file()


def test_the_report_of_an_earlier_gate_is_not_taken_for_that_of_one_that_could_not_decide(tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    assert run_action(repository, candidate="outputs/candidate.json").summary
    done = run_action(repository, candidate="outputs/candidate.json", judge="no such judge")
    assert (done.status, done.outputs) == (2, {})
    assert done.summary.startswith("### evalkit gate: refused\n") and "no such judge" in done.summary
    assert failing(repository) == [] and "passed" not in (repository / "results" / "gate.xml").read_text()


def test_an_input_of_the_action_is_one_word_and_no_command(tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    text = "$(touch canary)`touch canary`; touch canary #*"
    done = run_action(
        repository, candidate=text, baseline=text, judge=text, benchmark=text, min=text, against=text, margin=text,
        args=text, results="r$(touch canary)",
    )  # fmt: skip
    assert done.status == 2 and done.outputs == {}
    assert not list(tmp_path.rglob("canary"))


@pytest.mark.parametrize("at", ["generated", "action"])
def test_nothing_is_found_by_a_strict_linter_of_workflows(at: str, tmp_path: Path) -> None:
    linter = shutil.which("zizmor", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if linter is None:
        pytest.skip("zizmor is not installed")
    path = ACTION
    if at == "generated":
        path = project(tmp_path, "careful", "baseline") / WORKFLOW
    done = subprocess.run(
        [linter, "--offline", "--no-config", "--strict-collection", "--pedantic", "--no-ignores", path],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", [scaffold("github")[WORKFLOW], ACTION.read_text()], ids=["generated", "action"])
def test_every_action_is_pinned_to_a_commit_and_no_expression_reaches_a_shell(text: str) -> None:
    used = re.findall(r"uses: (.*)", text)
    assert used and all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in used)
    document = load(text)
    steps = document["runs"]["steps"] if "runs" in document else document["jobs"]["gate"]["steps"]
    assert not any("${{" in step.get("run", "") for step in steps)


def test_the_workflow_asks_for_no_more_than_it_needs() -> None:
    workflow = load(scaffold("github")[WORKFLOW])
    (job,) = workflow["jobs"].values()
    assert workflow["permissions"] == {} and job["permissions"] == {"contents": "read"}
    assert set(workflow["on"]) == {"pull_request", "push", "workflow_dispatch"}
    assert int(job["timeout-minutes"]) <= 60 and workflow["concurrency"]["group"]
    checkout = next(step for step in job["steps"] if "checkout" in step.get("uses", ""))
    assert checkout["with"]["persist-credentials"] == "false"
    secret = [step["name"] for step in job["steps"] if "secrets." in str(step)]
    assert secret == ["Judge and gate"] and "secrets." not in str(job["env"])


def run_gitlab(repository: Path, **environment: str) -> Run:
    """Run the lines of the job in a checkout of all files, with what the last job left in the cache."""
    (job,) = load((repository / ".gitlab-ci.yml").read_text()).values()
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    # what is ignored can be committed all the same
    subprocess.run(["git", "add", "-A", "-f"], cwd=repository, check=True)
    # the cache comes after the checkout
    restored = repository.parent / "cache"
    if restored.is_dir():
        shutil.copytree(restored, repository / ".evalkit", dirs_exist_ok=True)
    own = {"GITHUB_ACTIONS": "", "CI_PROJECT_DIR": str(repository), **environment}
    steps = [{"name": line, "run": line} for line in (*job["before_script"], *job["script"])]
    done = run_steps(steps, job["variables"], repository, context={}, environment=own)
    after = [{"name": line, "run": line} for line in job["after_script"]]
    done.said += run_steps(after, job["variables"], repository, context={}, environment=own).said
    return done


def test_the_gitlab_job_judges_gates_and_reports(tmp_path: Path) -> None:
    repository = project(tmp_path, "baseline", "careful")
    (job,) = load((repository / ".gitlab-ci.yml").read_text()).values()
    script = [*job["before_script"], *job["script"]]
    done = run_gitlab(repository)
    assert done.status == 1, done.said
    assert (repository / "results" / "report.html").is_file()
    assert done.ran == script and "::error" not in done.said
    assert (repository / job["artifacts"]["reports"]["junit"]).is_file() and failing(repository) == ["bound"]
    fork, *rest = job["rules"]
    assert fork["variables"] == {"EVALKIT_JUDGE": "surface"}
    # a pipeline of a fork's merge request runs in the fork, where the project is the source itself
    assert fork["if"].endswith("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_MERGE_REQUEST_PROJECT_ID")
    assert not any("variables" in rule for rule in rest)
    assert not any("KEY" in line or "echo" in line for line in script)
    assert (repository / job["cache"]["paths"][0] / "evalkit.db").is_file()


def commit_forged_stores(repository: Path) -> list[Path]:
    """Stores in which the candidate wins every comparison, in each place where a run might look for one."""
    made = repository.parent / "made"
    about = ("--baseline", repository / "outputs" / "baseline.json", "--judge", "surface", "--results", made)
    done = evalkit("annotate", repository / "outputs" / "candidate.json", *about, cwd=repository)
    assert done.returncode == 0, done.stderr
    assert turn_around(made / "evalkit.db", "baseline") > 20
    places = [repository / name for name in ("results", ".evalkit", "evalkit", ".")]
    for place in places:
        place.mkdir(exist_ok=True)
        shutil.copy(made / "evalkit.db", place / "evalkit.db")
    shutil.copytree(made / "baseline", repository / "results" / "baseline")
    settings = repository / "evalkit.toml"
    # a setting of the repository does not bring it in either
    settings.write_text(settings.read_text() + '\nresults = "evalkit"\nstore = "sqlite:///results/evalkit.db"\n')
    return [place / "evalkit.db" for place in places]


def lc_win_rate(said: str) -> str:
    return next(line for line in said.splitlines() if "LC win rate" in line).split("LC win rate ")[1].split("]")[0]


@pytest.mark.parametrize("ci", ["github", "gitlab", "action"])
def test_a_committed_store_is_never_read(ci: str, tmp_path: Path) -> None:
    def run(repository: Path) -> Run:
        if ci == "action":
            return run_action(repository, candidate="outputs/candidate.json")
        return run_github(repository, PUSH) if ci == "github" else run_gitlab(repository)

    honest = project(tmp_path / "honest", "baseline", "careful")
    forged = project(tmp_path / "forged", "baseline", "careful")
    stores = commit_forged_stores(forged)
    if ci == "github":
        # the forged stores do decide a gate that reads them
        believed = evalkit("gate", "baseline", "--store", f"sqlite:///{stores[0]}", "--min", "50", cwd=forged)
        assert believed.stdout.startswith("PASSED"), believed.stderr
    before = {path: path.read_bytes() for path in stores[2:]}
    first, second = (run(repository) for repository in (honest, forged))
    assert (first.status, second.status) == (1, 1), second.said
    assert lc_win_rate(first.summary or first.said) == lc_win_rate(second.summary or second.said)
    assert "48 of 48 replies, 0 from the store" in second.said
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_replies_of_the_last_run_come_from_the_cache(ci: str, tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    if ci == "github":
        assert run_github(repository, PUSH).status == 0
        # as the action restores it: outside of the work tree
        assert "48 of 48 replies, 48 from the store" in run_github(repository, PUSH).said
        return
    assert run_gitlab(repository).status == 0
    shutil.move(repository / ".evalkit", tmp_path / "cache")
    shutil.rmtree(repository / ".git")
    assert "48 of 48 replies, 48 from the store" in run_gitlab(repository).said


def test_a_gitlab_job_ends_where_git_cannot_tell_what_is_committed(tmp_path: Path) -> None:
    repository = project(tmp_path, "careful", "baseline")
    (job,) = load((repository / ".gitlab-ci.yml").read_text()).values()
    line = job["before_script"][0]
    assert "git" in line
    environment = {"CI_PROJECT_DIR": str(repository), "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    step = {"name": "check", "run": line}
    done = run_steps([step], job["variables"], repository, context={}, environment=environment)
    assert done.status != 0, "this folder is no checkout"


def test_with_a_key_a_store_in_the_cache_that_somebody_wrote_in_is_refused(tmp_path: Path) -> None:
    repository = project(tmp_path, "baseline", "careful")
    keyed = {**PUSH, "secrets.EVALKIT_SEAL_KEY": "5a" * 32}
    assert run_github(repository, keyed).status == 1
    assert turn_around(tmp_path / "runner" / "evalkit" / "evalkit.db", "baseline") > 20
    done = run_github(repository, keyed)
    assert done.status == 2 and "were changed without the key" in done.said
    assert done.summary.startswith("### evalkit gate: refused\n") and "5a5a" not in done.said
