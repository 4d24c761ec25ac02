"""The files that a gate leaves for CI: they tell of this run whatever comes of it, also where it could not begin."""

import contextlib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from evalkit.api import GateDecision
from evalkit.errors import EvalkitError
from evalkit.files import write_text
from evalkit.judge_spec import Nature, nature_of, read_judge
from evalkit.reporting import Undecided, undecided_badge, undecided_junit, undecided_summary

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

    def begin(self, undecided: Undecided) -> None:
        """Put the news that there is no decision yet in place of an earlier run's decision.

        Raises:
            InputError: a file cannot be written.
        """
        for path, text in self._undecided(undecided):
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

    def ended(self, undecided: Undecided) -> list[str]:
        """Write that the gate ended without a decision; return why a file could not be written."""
        refused = []
        for path, text in self._undecided(undecided):
            try:
                _put(path, text)
            except EvalkitError as error:
                refused.append(str(error))
        return refused

    def _undecided(self, undecided: Undecided) -> Iterator[tuple[Path, str]]:
        texts = {self.junit: undecided_junit, self.summary: undecided_summary, self.badge: undecided_badge}
        for path, text in texts.items():
            if path is not None and not _somebodys_data(path):
                yield path, text(undecided)


def option_values(command: click.Command, words: Sequence[str], settings: Path) -> dict[str, str]:
    """The values of options, and of the first argument, as far as a command line can be read that is perhaps wrong.

    A flag goes before a variable, and that before the settings file, as where the command line is right.
    """
    options = [option for option in command.params if isinstance(option, click.Option) and not option.is_flag]
    argument = next(one.name for one in command.params if isinstance(one, click.Argument))
    flags = {flag: option.name or flag for option in options for flag in option.opts}
    return {**_of_settings(command, settings), **_of_variables(command, options), **_of_words(words, flags, argument)}


def nature_of_name(judge: str | None) -> Nature | None:
    """The nature of the judge of this name or file, where it can be read."""
    if judge is None:
        return None
    try:
        return nature_of(read_judge(judge))
    except (EvalkitError, OSError):
        return None


def _of_words(words: Sequence[str], flags: Mapping[str, str], argument: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word == "--":
            for one in rest:
                found.setdefault(argument or "", one)
            break
        flag, equals, value = word.partition("=")
        if flag not in flags:
            if not word.startswith("-"):
                found.setdefault(argument or "", word)
            continue
        given = value if equals else next(rest, "")
        # another flag is no value: the value was forgotten
        if given and not given.startswith("-"):
            found[flags[flag]] = given
    return found


def _of_variables(command: click.Command, options: Sequence[click.Option]) -> dict[str, str]:
    found = {}
    for option in options:
        own = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
        for name in (*own, f"EVALKIT_{command.name}_{option.name}".upper()):
            if os.environ.get(name):
                found[option.name or name] = os.environ[name]
                break
    return found


def _of_settings(command: click.Command, settings: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        table = tomllib.loads(settings.read_text(encoding="utf-8")).get(command.name or "")
        if isinstance(table, dict):
            named = {key.replace("-", "_"): value for key, value in table.items()}
            return {key: str(value[0] if isinstance(value, list) and value else value) for key, value in named.items()}
    return {}


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
