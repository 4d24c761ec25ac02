"""evalkit gate: let a model pass or fail by its win rate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from evalkit.api import GateDecision, gate
from evalkit.cli.gate_files import GateFiles, print_annotation, undecided
from evalkit.cli.help import Command, Title
from evalkit.cli.judging import Terminal, judging_options
from evalkit.cli.notes import print_text
from evalkit.cli.options import (
    Range,
    WrittenFile,
    as_values,
    json_option,
    label_option,
    looks_budget_option,
    results_option,
    store_option,
    verbose_option,
)
from evalkit.cli.sources import difficulty_option, metric_option
from evalkit.errors import AuditFailed, EvalkitError, GateFailed, Incomplete, Inconclusive
from evalkit.gating import SMALLEST_BATCH, Rule, RuleTable, read_rules
from evalkit.reporting import Ending, gate_annotation, gate_why
from evalkit.text import printable

# the threshold has no meaning here: the options read only the defaults of the other fields
_DEFAULTS = Rule(minimum=50.0)
INCONCLUSIVE = ("fail", "warn", "pass")
_RULES_HERE = "evalkit.toml: [[gate.rules]]"
_NOT_ENDED = "the gate has begun and has not ended yet; a run that was killed leaves it so"


def _read_rules(_context: click.Context, _option: click.Parameter, given: Any) -> str | tuple[RuleTable, ...] | None:
    """Return the file with the rules, or the rules of the tables themselves, which evalkit.toml gives."""
    return given if given is None or isinstance(given, str) else read_rules(given, where=_RULES_HERE)


@dataclass(frozen=True, slots=True)
class DecisionOutput:
    """The form in which the decision is printed, and the exit code where it is inconclusive."""

    inconclusive: str
    explain: bool
    as_json: bool

    def print(self, decided: GateDecision, *, verbose: bool) -> None:
        """Print the decision; with `verbose`, its sentences name the digests."""
        print_annotation(gate_annotation(decided.joint))
        if self.as_json:
            click.echo(decided.to_json(), nl=False)
        else:
            print_text(decided.explanation(digests=verbose) if self.explain else str(decided))


@click.command(
    "gate",
    cls=Command,
    used_most=("--min", "--against", "--benchmark", "--judge", "--max-cost"),
    examples={
        "Judge a model, and let it pass if it beats the baseline.": (
            "evalkit gate examples/outputs/careful.json --benchmark example --min 50"
        ),
        "Decide on stored verdicts, in sentences, and for a CI server.": (
            "evalkit gate careful --benchmark example --min 50 --explain --junit gate.xml"
        ),
    },
)
@click.argument("candidate")
@Title.THRESHOLD.option("--min", "minimum", type=Range(), metavar="PERCENT",
                        help="Let the model pass only if its rate reaches this.")  # fmt: skip
@Title.THRESHOLD.option("--against", metavar="MODEL",
                        help="Hold the model against this other model instead of against --min.")  # fmt: skip
@Title.THRESHOLD.option("--margin", type=Range(), metavar="POINTS", default=0.0, show_default=True,
                        help="Let the model be at most this far behind --against.")  # fmt: skip
@metric_option
@Title.THRESHOLD.option("--rules", type=click.UNPROCESSED, callback=_read_rules, metavar="FILE",
                        help="Decide by the [[gate.rules]] of this settings file instead of by one threshold. "
                             "[default: those of evalkit.toml]")  # fmt: skip
@Title.THRESHOLD.option("--confidence", type=Range(0.5, 1, max_open=True), default=_DEFAULTS.confidence,
                        show_default=True, metavar="SHARE",
                        help="Decide by a two-sided interval of this confidence, which must lie on one "
                             "side.")  # fmt: skip
@Title.THRESHOLD.option("--min-n", type=click.IntRange(2), default=_DEFAULTS.min_n, show_default=True, metavar="N",
                        help="Decide only if at least N instructions have a verdict.")  # fmt: skip
@Title.THRESHOLD.option("--min-coverage", type=Range(0, 1), default=_DEFAULTS.min_coverage, show_default=True,
                        metavar="SHARE",
                        help="Decide only if at least this share of the instructions asked about has a "
                             "verdict.")  # fmt: skip
@Title.THRESHOLD.option("--min-agreement", type=Range(0, 100), metavar="PERCENT",
                        help="Let the model pass only if the judge was measured to agree with people on at least this "
                             "share of comparisons.")  # fmt: skip
@Title.THRESHOLD.option("--inconclusive", type=click.Choice(INCONCLUSIVE), default=INCONCLUSIVE[0], show_default=True,
                        help="Exit with 4 (fail), with 0 and a note (warn), or with 0 (pass) where the measurement "
                             "cannot tell.")  # fmt: skip
@looks_budget_option
@Title.VERDICTS.option("--source", multiple=True, type=click.Path(path_type=Path),
                       help="Read verdicts from this file or folder instead of the store; repeat for "
                            "more.")  # fmt: skip
@difficulty_option
@Title.VERDICTS.option("--allow-compat", is_flag=True,
                       help="Accept the verdicts of a judge that is shown bare texts or fixed labels.")  # fmt: skip
@Title.THRESHOLD.option("--allow-refusals", is_flag=True,
                        help="Let a model pass even if it declines, or says nothing, more often than the "
                             "baseline.")  # fmt: skip
@Title.JUDGE.option("--sequential", is_flag=True,
                    help="Judge in batches, and stop as soon as the decision is certain.")  # fmt: skip
@Title.JUDGE.option("--batch", type=click.IntRange(SMALLEST_BATCH), default=SMALLEST_BATCH, show_default=True,
                    metavar="N", help="Judge N instructions in each batch of --sequential.")  # fmt: skip
@Title.FILES.option("--junit", type=WrittenFile(),
                    help="Write the decision into this file as JUnit XML.")  # fmt: skip
@Title.FILES.option("--summary", type=WrittenFile(),
                    help="Write the decision into this file as markdown.")  # fmt: skip
@Title.FILES.option("--badge", type=WrittenFile(),
                    help="Write the decision into this file as the JSON of a badge.")  # fmt: skip
@Title.FILES.option("--explain", is_flag=True,
                    help="Print the decision in sentences, with every number that it used.")  # fmt: skip
@judging_options
@Title.FILES.option("--log", type=WrittenFile(), metavar="FILE",
                    help="Append every event of judging to this file as a line of JSON.")  # fmt: skip
@label_option
@store_option
@results_option
@verbose_option
@json_option
@as_values(output=DecisionOutput, files=GateFiles)
@click.pass_context
def command(
    ctx: click.Context, /, candidate: str, output: DecisionOutput, files: GateFiles, verbose: bool, **asked: Any
) -> None:
    """Let CANDIDATE be released, or not, on its win rate.

    CANDIDATE is an outputs file, which is judged first, a row.json, or the name of a model that has verdicts. Exits
    with 0 where it passes, 1 where it fails, 4 where the measurement cannot tell, 3 where verdicts are missing, and 5
    where the audit of the outputs fails. What is in the store is not paid for again. Several rules, as [[gate.rules]]
    in evalkit.toml, are one decision: 0 where every required rule passes, 1 where one fails, and else 4.
    """
    files.begin(undecided(candidate, next(iter(asked["judge"]), None), Ending.UNFINISHED, _NOT_ENDED))
    terminal = Terminal(verbose=verbose)
    decided = gate(candidate, **asked, progress=terminal)
    files.decided(decided)
    output.print(decided, verbose=verbose)
    terminal.finish()
    try:
        decided.raise_for_outcome()
    except (GateFailed, Incomplete, AuditFailed) as outcome:
        _print_outcome(decided, outcome)
        ctx.exit(outcome.exit_code)
    except Inconclusive as outcome:
        if output.inconclusive == INCONCLUSIVE[0]:
            _print_outcome(decided, outcome)
            ctx.exit(outcome.exit_code)
        if output.inconclusive == INCONCLUSIVE[1]:
            model, reason = decided.decision.model, gate_why(decided.joint)
            terminal.note([f"{model}: {reason}. It is let through because of --inconclusive warn"])


def _print_outcome(decided: GateDecision, outcome: EvalkitError) -> None:
    """Print a decision against the candidate with its cure: it is the gate's result, and no error."""
    said = " ".join(printable(outcome.for_command or str(outcome)).split())
    print_text(f"evalkit: gate {decided.outcome.value}: {said}", err=True)
