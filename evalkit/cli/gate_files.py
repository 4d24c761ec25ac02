"""The files that a gate leaves for CI: they tell of this run whatever comes of it, also where it could not begin."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from evalkit.api import GateDecision
from evalkit.errors import EvalkitError
from evalkit.files import write_text
from evalkit.judge_spec import nature_of, read_judge
from evalkit.reporting import Ending, Undecided, undecided_badge, undecided_junit, undecided_summary

# a file that is appended to: other commands of the same step write into it too
_SHARED = "GITHUB_STEP_SUMMARY"
# files of these kinds, or that begin so, are somebody's data, named by mistake where a report's name belongs
_DATA = {".jsonl", ".csv", ".tsv", ".parquet", ".gz", ".yaml", ".yml", ".toml", ".db"}
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class GateFiles:
    """The files in which a gate reports its decision: JUnit XML, markdown and a badge."""

    junit: Path | None = None
    summary: Path | None = None
    badge: Path | None = None

    def begin(self, begun: Undecided) -> None:
        """Put the news that there is no decision yet in place of an earlier run's decision.

        Raises:
            InputError: a file cannot be written.
        """
        for path, text in self._undecided(begun):
            if not _appended(path) and (path.is_file() or not path.exists()):
                write_text(path, text)

    def decided(self, decided: GateDecision) -> None:
        """Write the decision.

        Raises:
            InputError: a file cannot be written.
        """
        texts = {self.junit: decided.junit, self.summary: decided.summary, self.badge: decided.badge}
        for path, text in texts.items():
            if path is not None:
                _put(path, text())

    def ended(self, ending: Undecided) -> list[str]:
        """Write that the gate ended without a decision; return why a file could not be written."""
        refused = []
        for path, text in self._undecided(ending):
            try:
                _put(path, text)
            except EvalkitError as error:
                refused.append(str(error))
        return refused

    def _undecided(self, told: Undecided) -> Iterator[tuple[Path, str]]:
        texts = {self.junit: undecided_junit, self.summary: undecided_summary, self.badge: undecided_badge}
        for path, text in texts.items():
            if path is not None and not _somebodys_data(path):
                yield path, text(told)


def undecided(candidate: str | None, judge: str | None, ending: Ending, reason: str) -> Undecided:
    """A gate without a decision, by a judge of this name or file, whose nature is told where it can be read."""
    nature = None
    with contextlib.suppress(EvalkitError, OSError):
        nature = None if judge is None else nature_of(read_judge(judge))
    return Undecided(ending, reason, candidate, judge, nature)


def print_annotation(line: str) -> None:
    """Print a command of GitHub's workflow log where a runner of GitHub reads it."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        click.echo(line, err=True)


def _put(path: Path, text: str) -> None:
    if _appended(path):
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
        return
    write_text(path, text)


def _appended(path: Path) -> bool:
    shared = os.environ.get(_SHARED)
    return bool(shared) and path.absolute() == Path(str(shared)).absolute()


def _somebodys_data(path: Path) -> bool:
    """True for a file that a report must not replace, such as the outputs where a value of an option was forgotten."""
    with contextlib.suppress(OSError):
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        return bool(head) and (path.suffix in _DATA or head.lstrip()[:1] == b"[" or b'"instruction"' in head)
    return False
