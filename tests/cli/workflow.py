"""Runs the steps of a workflow or a composite action as they are written, in a folder that looks like a repository."""

import functools
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.cli.running import shared_zygote

_NAME = re.compile(r"'[^']*'|\b[a-z_]+(?:\.[A-Za-z_][A-Za-z0-9_-]*)+|\balways\(\)")
# the shell as a runner starts it where a workflow says `shell: bash`
_SHELL = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]


@dataclass
class Run:
    """What became of a job: its status as of its first step that failed, and the files that its steps wrote."""

    status: int = 0
    said: str = ""
    ran: list[str] = field(default_factory=list)
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


def evaluate(expression: str, context: Mapping[str, Any]) -> Any:
    """The value of one of our expressions: names, texts, ==, !=, && and ||; a name that is not there is null."""

    def python(found: re.Match[str]) -> str:
        text = found.group()
        if text.startswith("'"):
            return repr(text[1:-1])
        return "True" if text == "always()" else repr(context.get(text))

    source = _NAME.sub(python, " ".join(expression.split())).replace("&&", " and ").replace("||", " or ")
    return eval(source, {"__builtins__": {}})


def expand(text: str, context: Mapping[str, Any]) -> str:
    """A value with its expressions replaced; null is the empty text."""

    def value(found: re.Match[str]) -> str:
        result = evaluate(found.group(1), context)
        return "" if result is None else str(result)

    return re.sub(r"\$\{\{(.*?)\}\}", value, text, flags=re.DOTALL)


def run_job(job: Mapping[str, Any], folder: Path, *, context: Mapping[str, Any], **environment: str) -> Run:
    """Run the steps of a job; steps that use an action are done by nobody, the folder is as they would leave it."""
    return run_steps(job["steps"], job.get("env", {}), folder, context=context, environment=environment)


def run_steps(
    steps: Sequence[Mapping[str, Any]],
    variables: Mapping[str, str],
    folder: Path,
    *,
    context: Mapping[str, Any],
    environment: Mapping[str, str],
) -> Run:
    done = Run()
    context = {"runner.temp": str(folder.parent / "runner"), **context}
    job = {name: expand(str(value), context) for name, value in variables.items()}
    known = {**context, **{f"env.{name}": value for name, value in job.items()}}
    for number, step in enumerate(steps):
        condition = str(step.get("if", ""))
        if done.status and "always()" not in condition:
            continue
        if (condition and not evaluate(condition, known)) or "run" not in step:
            continue
        assert "${{" not in step["run"], "a shell must not see an expression"
        own = {name: expand(str(value), known) for name, value in step.get("env", {}).items()}
        status = _run_step(step["run"], folder, number, {**environment, **job, **own}, done)
        done.ran.append(step["name"])
        done.status = done.status or status
    return done


def _run_step(script: str, folder: Path, number: int, variables: Mapping[str, str], done: Run) -> int:
    runner = folder.parent / "runner"
    runner.mkdir(exist_ok=True)
    places = {name: runner / f"{name}-{number}" for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    for place in places.values():
        place.write_text("")
    (runner / f"step-{number}.sh").write_text(script)
    own = {**{name: str(place) for name, place in places.items()}, "RUNNER_TEMP": str(runner)}
    if _only_installs(script):
        status, said = _install(script, tuple(sorted(variables.items())))
    else:
        status, said = _shell(runner / f"step-{number}.sh", folder, {**own, **variables})
    done.said += said
    done.summary += places["GITHUB_STEP_SUMMARY"].read_text()
    for line in places["GITHUB_OUTPUT"].read_text().splitlines():
        name, _, value = line.partition("=")
        done.outputs[name] = value
    return status


def _only_installs(script: str) -> bool:
    """Whether every command of a script is pip's, which leaves what is there already: one run is like the next."""
    lines = [line.strip() for line in script.splitlines()]
    branches = re.compile(r"if \[.*\]; then|else|fi")
    return all(line.startswith("python -m pip install ") or branches.fullmatch(line) for line in lines if line)


@functools.cache
def _install(script: str, variables: tuple[tuple[str, str], ...]) -> tuple[int, str]:
    """Run a script that only installs in a folder of its own, once in all tests; pip takes seconds for nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "install.sh"
        path.write_text(script)
        return _shell(path, Path(folder), dict(variables))


def _shell(script: Path, folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """Run a script in a folder as a runner does; its status, and what it said."""
    clean = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    path = os.pathsep.join(map(str, (shared_zygote().program(), Path(sys.executable).parent, os.environ["PATH"])))
    # whatever is to be installed must be there already
    fixed = {"PATH": path, "PIP_NO_INDEX": "1", "CI": "true", "GITHUB_ACTIONS": "true"}
    # the evalkit of this checkout, whichever one is installed
    fixed["PYTHONPATH"] = str(Path(__file__).parents[2])
    ended = subprocess.run(
        [*_SHELL, str(script)],
        cwd=folder,
        env={**clean, **fixed, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout


def load(text: str) -> dict[str, Any]:
    """A workflow, with every value as the text that it is written as."""
    document = yaml.load(text, Loader=yaml.BaseLoader)
    assert isinstance(document, dict)
    return document
