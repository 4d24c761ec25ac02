"""Each command is a function of the same name: the same options as keywords, with the same defaults."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import click
import pytest

import evalkit as ek
from evalkit.api.annotation import AnnotateKeywords
from evalkit.api.door import RENAMED
from evalkit.api.generation import GenerateKeywords
from evalkit.api.judge_evaluations import EvaluationKeywords
from evalkit.api.leaderboards import BoardKeywords, LeaderboardKeywords
from evalkit.cli.main import COMMANDS, group

# commands that need no function, because they write a project, show evalkit or look after files
COMMANDS_ONLY = {"demo", "init", "prompts", "store"}
FUNCTIONS = {name: {"import": "import_files", "export": "export_files"}.get(name, name) for name in COMMANDS}
# a subcommand beside the one that the function of its group's name stands for
EVALUATE = "judges evaluate"
FUNCTIONS[EVALUATE] = "evaluate_judges"
# the subcommand that a function stands for
SUBCOMMANDS = {"audit": "outputs"}
# options that say how a command prints or ends, with what a result has instead
OUTPUT = {
    "json": "to_json()", "form": "written()", "verbose": "sha256, explanation(digests=True)", "plot": "plot()",
    "panel": "plot()", "explain": "explanation()", "junit": "junit()", "summary": "summary()", "badge": "badge()",
    "inconclusive": "raise_for_outcome()", "dry_run": "forecast()",
}  # fmt: skip
# an option for which the result of this one command has a method
METHODS = {EVALUATE: {"report"}}
# an option that is the form of a result for some commands, and an input for others
INPUTS = {("export", "out"), ("generate", "out"), ("report", "out")}
# an argument of the command that has a default where it cannot stand before the files
ARGUMENTS = {"import": {"format"}}
# a page shows any boards that Python can make
FURTHER = {"report": set(get_type_hints(LeaderboardKeywords)), "site": set(get_type_hints(BoardKeywords))}
# keywords of leaderboard that a report has not, or has itself
OF_LEADERBOARD = {"by", "texts", "verdicts", "benchmarks", "alias", "aggregate", "weight"}
# keywords for values that a command line cannot hold
PYTHON_ONLY = {"client", "parser", "progress", "texts", "verdicts"}


def commands() -> list[str]:
    return [name for name in COMMANDS if name not in COMMANDS_ONLY]


def click_command(name: str) -> click.Command:
    first, *rest = name.split()
    command = group.get_command(click.Context(group), first)
    assert command is not None
    for word in rest:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    if name in SUBCOMMANDS:
        assert isinstance(command, click.Group)
        return command.commands[SUBCOMMANDS[name]]
    return command


def keywords_of_command(name: str) -> dict[str, click.Option]:
    found = {}
    for option in click_command(name).params:
        if not isinstance(option, click.Option):
            continue
        flag = max(option.opts, key=len).removeprefix("--").removeprefix("no-")
        keyword = RENAMED.get(flag, flag.replace("-", "_"))
        told = keyword in OUTPUT or keyword == "out"
        if not told or (name, flag) in INPUTS:
            found[keyword] = option
    return found


def parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The keywords of a function, with those of the typed dictionaries that it takes as well."""
    found = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind == inspect.Parameter.VAR_KEYWORD:
            (dictionary,) = parameter.annotation.__args__
            names = dict.fromkeys(get_type_hints(dictionary), inspect.Parameter.empty)
            found.update({name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names})
        elif parameter.kind == inspect.Parameter.KEYWORD_ONLY:
            found[parameter.name] = parameter
    return found


@pytest.mark.parametrize("name", [*commands(), EVALUATE])
def test_the_options_of_a_command_are_the_keywords_of_its_function(name: str) -> None:
    options = keywords_of_command(name)
    function = getattr(ek, FUNCTIONS[name])
    left_out = (
        PYTHON_ONLY | METHODS.get(name, set()) | ARGUMENTS.get(name, set()) | (FURTHER.get(name, set()) - set(options))
    )
    assert set(parameters(function)) - left_out == set(options) - left_out


@pytest.mark.parametrize("name", commands())
def test_keywords_have_the_defaults_of_the_options(name: str) -> None:
    function = getattr(ek, FUNCTIONS[name])
    defaults = click_command(name).make_context(name, [], resilient_parsing=True).params
    for keyword, parameter in parameters(function).items():
        option = keywords_of_command(name).get(keyword)
        if option is None or parameter.default is inspect.Parameter.empty:
            continue
        default = defaults[option.name or ""]
        if max(option.opts, key=len).startswith("--no-"):
            default = not default
        if isinstance(default, Path):
            default = str(default)
        if isinstance(default, ek.AuditLimits):
            # the command hands over all limits, and the function takes those that differ
            assert default == ek.AuditLimits()
            continue
        # no value is None to the one and an empty sequence to the other
        assert (default or None) == (parameter.default or None) or default == parameter.default, keyword


def test_dictionaries_of_keywords_are_the_signatures_of_their_functions() -> None:
    assert set(get_type_hints(AnnotateKeywords)) == set(parameters(ek.annotate))
    assert set(get_type_hints(EvaluationKeywords)) == set(parameters(ek.evaluate_judges)) - {"human"}
    assert set(get_type_hints(GenerateKeywords)) == set(parameters(ek.generate))
    assert set(get_type_hints(LeaderboardKeywords)) == set(parameters(ek.leaderboard)) - OF_LEADERBOARD


def test_every_function_has_a_help_that_says_what_goes_in_and_out() -> None:
    for name in commands():
        text = inspect.getdoc(getattr(ek, FUNCTIONS[name])) or ""
        assert all(part in text for part in ("Returns:", "Raises:", "Example:", ">>> ")), name
