"""A folder with a few judged answers, small enough to be judged again in each test."""

import json
from pathlib import Path

from click.testing import CliRunner

from evalkit.cli.main import group
from evalkit.errors import EvalkitError

N = 8


def write_answers(folder: Path) -> Path:
    """The answers of a candidate and of the baseline it is compared to."""
    for model, text in (("cand", "{n} is {n}."), ("base", "It is said that {n} is {n}, and that this is so.")):
        rows = [{"instruction": f"What is {n}?", "output": text.format(n=n), "generator": model} for n in range(N)]
        (folder / f"{model}.json").write_text(json.dumps(rows))
    return folder


def run(*words: object) -> tuple[int, str]:
    """The exit code of a command in this process, and what it said: of an error its one line."""
    done = CliRunner().invoke(group, [str(word) for word in words], auto_envvar_prefix="EVALKIT")
    error = done.exception
    if isinstance(error, EvalkitError):
        return error.exit_code, error.for_command or str(error)
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return done.exit_code, done.output
