"""Errors in a command line, each in one line that names the argument or option and the cure."""

import re
from collections.abc import Mapping

import click

from evalkit.cli.help import command_path
from evalkit.othernames import our_name

# what click says of a value, and what a user reads
_SAID: Mapping[str, str] = {
    r"Path '(.*)' does not exist": r"\1: no such file or folder",
    r"File '(.*)' does not exist": r"\1: no such file",
    r"(.*) is not a valid integer(?: range)?": r"\1 is not a whole number",
    r"(.*) is not a valid float(?: range)?": r"\1 is not a number",
}

_NO_CHOICE = re.compile(r"'(.*?)' is not one of ")
_EXTRA = re.compile(r"Got unexpected extra arguments? \((.*)\)")


def explain_usage(error: click.ClickException) -> str:
    """Return the message for an error that click found in the command line."""
    if isinstance(error, click.MissingParameter) and error.param is not None and error.ctx is not None:
        return _missing(error.param, error.ctx)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _refused(error.param, error.message)
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name} needs a value"
    if isinstance(error, click.UsageError) and error.ctx is not None and (more := _EXTRA.fullmatch(error.message)):
        return f"{command_path(error.ctx)} has no place for {more[1]}: {_usage(error.ctx)}"
    return error.format_message()


def _missing(parameter: click.Parameter, ctx: click.Context) -> str:
    path = command_path(ctx)
    if isinstance(parameter, click.Option):
        return f"{path} needs {parameter.opts[0]} {parameter.make_metavar(ctx)}. {path} --help says what it is for"
    return f"{path} needs {parameter.make_metavar(ctx).removesuffix('...')}: {_usage(ctx)}"


def _usage(ctx: click.Context) -> str:
    return " ".join([command_path(ctx), *ctx.command.collect_usage_pieces(ctx)])


def _refused(parameter: click.Parameter, message: str) -> str:
    said = message.removesuffix(".")
    for pattern, words in _SAID.items():
        if found := re.fullmatch(pattern, said):
            told = found.expand(words)
            # a file is its own place
            return told if ": " in words else f"{_name(parameter)}: {told}"
    return f"{_name(parameter)}: {said}{_translated(parameter, said)}"


def _translated(parameter: click.Parameter, said: str) -> str:
    """Return a sentence with our name for a value by which another tool calls one of the choices."""
    refused = _NO_CHOICE.match(said)
    ours = our_name(_name(parameter).removeprefix("--"), refused[1]) if refused is not None else None
    known = isinstance(parameter.type, click.Choice) and ours in parameter.type.choices
    return f". evalkit calls it {ours!r}" if known else ""


def _name(parameter: click.Parameter) -> str:
    return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
