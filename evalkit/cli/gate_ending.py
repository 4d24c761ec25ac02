"""Tells CI of a gate that ended without a decision, from a command line that is perhaps wrong."""

import contextlib
import os
import tomllib
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import click

from evalkit.api.targets import same_file
from evalkit.cli.gate import command
from evalkit.cli.gate_files import GateFiles, print_annotation, undecided
from evalkit.cli.notes import print_notes
from evalkit.errors import TargetTaken
from evalkit.judge_spec import nature_of
from evalkit.reporting import Ending, Undecided, undecided_annotation
from evalkit.types import JudgeConfig

_ENDINGS = {3: Ending.STOPPED, 70: Ending.BROKEN, 130: Ending.STOPPED, 143: Ending.STOPPED}


def end_without_decision(words: Sequence[str], settings: Path, status: int, message: str, error: BaseException) -> None:
    """Report to CI that a gate ended without a decision, as far as its command line can be read.

    Args:
        words: the command line after the name of the command.
        error: what ended the gate; it knows the judge that was to decide, where the gate had come so far, and the files
            that must stay as they are.
    """
    said = option_values(command, words, settings)
    judge: JudgeConfig | None = getattr(error, "judge", None)
    kept = [settings, *(error.paths if isinstance(error, TargetTaken) else ()), *_named_twice(words)]
    named = {name: Path(said[name]) for name in ("junit", "summary", "badge") if name in said}
    places = {name: path for name, path in named.items() if not any(same_file(path, one) for one in kept)}
    candidate, ending = said.get("candidate"), _ENDINGS.get(status, Ending.REFUSED)
    if judge is None:
        told = undecided(candidate, said.get("judge"), ending, message)
    else:
        told = Undecided(ending, message, candidate, judge.name, nature_of(judge))
    print_notes(GateFiles(**places).ended(told))
    print_annotation(undecided_annotation(told))


def _named_twice(words: Sequence[str]) -> list[Path]:
    """The files that a command line names twice: one that is written is read as well, or written by two options."""
    there = [Path(word) for line in words for word in {line, line.partition("=")[2]} if os.path.isfile(word)]
    return [one for one, other in combinations(there, 2) if same_file(one, other)]


def option_values(command: click.Command, words: Sequence[str], settings: Path) -> dict[str, str]:
    """The values of options, and of the first argument, as far as a command line can be read that is perhaps wrong.

    A flag goes before a variable, and that before the settings file, as where the command line is right.
    """
    options = [option for option in command.params if isinstance(option, click.Option) and not option.is_flag]
    argument = next(one.name for one in command.params if isinstance(one, click.Argument))
    flags = {flag: option.name or flag for option in options for flag in option.opts}
    return {**_of_settings(command, settings), **_of_variables(command, options), **_of_words(words, flags, argument)}


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
