"""evalkit audit: check models' outputs before judging them costs anything."""

from typing import Any

import click

from evalkit.api import audit
from evalkit.cli.help import CommandGroup, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import audit_limits_options, json_option, thinking_option


@click.group(
    "audit",
    cls=CommandGroup,
    usual="outputs",
    examples={
        "Check one model's outputs.": "evalkit audit outputs examples/outputs/careful.json --benchmark example",
        "Check them without a baseline to compare with.": "evalkit audit outputs examples/outputs/wordy.json",
    },
)
def command() -> None:
    """Check outputs before anybody pays for having them judged."""


@command.command(
    "outputs",
    examples={
        "Check two models' outputs beside the example's baseline.": (
            "evalkit audit outputs examples/outputs/{careful,wordy}.json --benchmark example"
        ),
        "Let no more than 1 in 100 answers be empty.": (
            "evalkit audit outputs examples/outputs/careful.json --audit-limit max-empty=0.01"
        ),
    },
)
@click.argument("outputs", nargs=-1, required=True)
@Title.JUDGED.option("--baseline", multiple=True, metavar="FILE|NAME",
                     help="Compare with these outputs; repeat for baselines by category. "
                          "[default: the benchmark's]")  # fmt: skip
@Title.JUDGED.option("--benchmark", metavar="NAME|FILE", envvar="EVALKIT_BENCHMARK",
                     help="Take the questions and the baseline of this benchmark. [default: told from the "
                          "instructions]")  # fmt: skip
@Title.JUDGED.option("--questions", metavar="FILE|hf:NAME",
                     help="Read the benchmark's questions from here. [default: its own copy]")  # fmt: skip
@Title.JUDGED.option("--key", metavar="FIELD", help="Match outputs by this field instead of by the instruction.")
@thinking_option
@audit_limits_options
@json_option
def outputs_command(outputs: tuple[str, ...], as_json: bool, **asked: Any) -> None:
    """Check the OUTPUTS of one or more models without a judge.

    OUTPUTS are files, saved datasets or hf: names. Exits with 5 where outputs are no answers to their instructions, all
    the same, or speak to the judge.
    """
    audits = audit(*outputs, **asked)
    print_notes(audits.command_notes)
    if as_json:
        click.echo(audits.to_json(), nl=False)
    else:
        print_text(str(audits))
    audits.raise_for_failures()
