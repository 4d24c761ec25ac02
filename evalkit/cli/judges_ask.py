"""evalkit judges ask: ask a judge about one pair of answers."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from evalkit.api import judge_pair
from evalkit.cli.help import Command, Title
from evalkit.cli.judging import judge_address_option
from evalkit.cli.notes import print_text
from evalkit.cli.options import json_option
from evalkit.documents import parse_json, read_text
from evalkit.errors import ConfigError, InputError
from evalkit.judge_spec import ORDERS
from evalkit.text import printable

_FIELDS = ("instruction", "first", "second")


@click.command(
    "ask",
    cls=Command,
    used_most=("--instruction", "--first", "--second", "--orders", "--prompt"),
    examples={
        "Ask an offline judge about two answers.": (
            'evalkit judges ask surface --instruction "Name a prime." --first "7" --second "The number 7 is a prime."'
        ),
        "Let a judge grade both.": (
            'evalkit judges ask surface_grade --instruction "Name a prime." --first "7" --second "8, I think."'
        ),
    },
)
@click.argument("judge")
@Title.ASKED.option("--instruction", metavar="TEXT|@FILE", help="Show this instruction.")
@Title.ASKED.option("--first", metavar="TEXT|@FILE", help="Compare this answer.")
@Title.ASKED.option("--second", metavar="TEXT|@FILE", help="Compare it with this answer.")
@Title.ASKED.option("--reference", metavar="TEXT|@FILE", help="Show this as the right answer, if the prompt does.")
@Title.JUDGE.option("--judge-model", metavar="MODEL",
                    help="Ask this model instead of the one that the judge's file names.")  # fmt: skip
@judge_address_option
@Title.JUDGE.option("--orders", type=click.Choice(ORDERS), default="both", show_default=True,
                    help="Show the pair in one order or in both.")  # fmt: skip
@Title.SHOWN.option("--prompt", is_flag=True, help="Print the prompts as well.")
@json_option
def command(
    judge: str,
    instruction: str | None,
    first: str | None,
    second: str | None,
    reference: str | None,
    prompt: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Ask JUDGE which of two answers is better, in both orders, and store nothing.

    A text that begins with @ names a file that holds it. Without any text, stdin is read: a JSON object with
    instruction, first and second, and reference if there is one.
    """
    given = dict(zip((*_FIELDS, "reference"), (instruction, first, second, reference), strict=True))
    named = {name: _text(name, text) for name, text in given.items() if text is not None}
    texts: dict[str, Any] = named or _of_stdin()
    for name in _FIELDS:
        if name not in texts:
            raise ConfigError(f"--{name} is missing. Give it as text, or as @FILE")
    found = judge_pair(judge=judge, **texts, **asked)
    if prompt and not as_json:
        for view in found.views:
            for message in view.messages:
                lines = map(printable, message.content.split("\n"))
                click.echo("\n".join([f"[{message.role}, {view.seen}]", *lines, ""]))
    if as_json:
        click.echo(found.to_json())
    else:
        print_text(str(found))
    found.raise_for_incomplete()


def _text(name: str, given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return read_text(Path(given[1:]))
    except InputError as error:
        raise InputError(f"--{name}: {error}") from None


def _of_stdin() -> dict[str, Any]:
    if sys.stdin.isatty():
        raise ConfigError("--instruction, --first and --second are missing. Give each as text, or as @FILE")
    document = parse_json(sys.stdin.read(), "stdin")
    if not isinstance(document, dict):
        raise ConfigError('stdin: expected {"instruction": ..., "first": ..., "second": ...}')
    unknown = sorted(set(document) - {*_FIELDS, "reference"})
    if unknown:
        raise ConfigError(f"stdin: unknown field {json.dumps(unknown[0])}")
    return document
