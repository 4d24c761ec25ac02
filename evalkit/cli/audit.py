"""evalkit audit: check models' outputs before judging them costs anything."""

from collections.abc import Sequence

import click

from evalkit.auditing import AuditLimits, audit_of, examine_outputs, judged_outputs, require_passed
from evalkit.catalog import Benchmark, load_baseline, load_questions, read_benchmark
from evalkit.cli.help import CommandGroup, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import audit_limits_options, json_option
from evalkit.formats import PREFIX, read_outputs
from evalkit.reporting import Examined, examined_json, examined_text
from evalkit.types import Example, OutputSet


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
@Title.JUDGED.option("--baseline", "baselines", multiple=True, metavar="FILE|NAME",
                     help="Compare with these outputs; repeat for baselines by category. "
                          "[default: the benchmark's]")  # fmt: skip
@Title.JUDGED.option("--benchmark", metavar="NAME|FILE", default="alpaca_eval", envvar="EVALKIT_BENCHMARK",
                     show_default=True,
                     help="Take the questions and the baseline of this benchmark.")  # fmt: skip
@Title.JUDGED.option("--questions", metavar="FILE|hf:NAME",
                     help="Read the benchmark's questions from here. [default: its own copy]")  # fmt: skip
@Title.JUDGED.option("--key", metavar="FIELD", help="Match outputs by this field instead of by the instruction.")
@audit_limits_options
@json_option
def outputs_command(
    outputs: tuple[str, ...],
    baselines: tuple[str, ...],
    benchmark: str,
    questions: str | None,
    key: str | None,
    audit_limit: AuditLimits,
    as_json: bool,
) -> None:
    """Check the OUTPUTS of one or more models without a judge.

    OUTPUTS are files, saved datasets or hf: names. Exits with 5 where outputs are no answers to their instructions, all
    the same, or speak to the judge.
    """
    chosen = read_benchmark(benchmark)
    asked = load_questions(chosen, questions)
    there = baselines or _has_baseline(chosen)
    reference = load_baseline(chosen, baselines, key=key, questions=asked) if there else None
    candidates = read_outputs(outputs, key=key, like=reference, questions=asked)
    print_notes(note for read in (reference, *candidates) if read is not None for note in read.notes)
    if reference is None:
        print_notes(["copies of a baseline are not looked for. Name its outputs with --baseline"])
    examined = [_examine(candidate, reference, asked, audit_limit) for candidate in candidates]
    if as_json:
        click.echo(examined_json(examined), nl=False)
    else:
        print_text(examined_text(examined))
    require_passed({found.model: audit_of(found.checks, n=found.n) for found in examined})


def _has_baseline(benchmark: Benchmark) -> bool:
    """Return True if the outputs of the benchmark's baseline are on this machine."""
    return benchmark.baseline_outputs is not None and not benchmark.baseline_outputs.startswith(PREFIX)


def _examine(
    candidate: OutputSet, baseline: OutputSet | None, questions: Sequence[Example] | None, limits: AuditLimits
) -> Examined:
    shown = judged_outputs(candidate, questions if baseline is None else baseline.examples)
    if left_out := len(candidate.outputs) - len(shown.outputs):
        answers, are = ("1 output answers", "is") if left_out == 1 else (f"{left_out} outputs answer", "are")
        print_notes([f"{candidate.model}: {answers} no instruction, or one that has an answer, and {are} left out"])
    checks = examine_outputs(shown, baseline, limits=limits)
    return Examined(candidate.model, None if baseline is None else baseline.model, len(shown.outputs), tuple(checks))
