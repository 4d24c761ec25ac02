"""The parts that judging commands share: options that name a task for judges, and the report of a run on a terminal."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from evalkit.api import AUDITS, ModelRun
from evalkit.cli.help import Title
from evalkit.cli.notes import print_notes
from evalkit.cli.options import Command, Range, audit_limits_options, cluster_option, thinking_option
from evalkit.cli.progress import ProgressLine, describe, told_of_abandoned
from evalkit.engine import Limits
from evalkit.judge_spec import ORDERS
from evalkit.judging import Generated
from evalkit.provenance import canonical_digest
from evalkit.types import JudgeConfig

_BENCHMARK = Title.JUDGED.option(
    "--benchmark", metavar="NAME|FILE", envvar="EVALKIT_BENCHMARK",
    help="Judge answers to this benchmark, a name or a YAML file, and file the verdicts under it; a new name is fine. "
         "[default: told from the instructions, else named after the file]",
)  # fmt: skip
_VARIABLE = "EVALKIT_JUDGE"
_JUDGES = Title.JUDGE.option(
    "--judge", multiple=True, envvar=_VARIABLE, metavar="NAME|FILE",
    help="Ask this judge; annotate takes several, as a jury. [default: the benchmark's, else alpaca_eval_2 where "
         "OPENAI_API_KEY or OPENAI_BASE_URL is set, else surface]",
)  # fmt: skip
_ADDRESS = "Ask at this address instead of the one that the {}'s file names."
judge_address_option = Title.JUDGE.option("--base-url", metavar="URL", help=_ADDRESS.format("judge"))
model_address_option = Title.ASKED.option("--base-url", metavar="URL", help=_ADDRESS.format("model"))
_ASSIGNMENT: list[Callable[[Command], Command]] = [
    Title.JUDGED.option("--baseline", multiple=True, metavar="FILE|NAME",
                        help="Compare with these outputs, or with those that the store has of this model; repeat for "
                             "baselines by category. [default: the benchmark's, baseline.json beside the outputs, or "
                             "what the store has]"),
    Title.JUDGED.option("--questions", metavar="FILE|hf:NAME",
                        help="Read the benchmark's questions from here. [default: its own copy]"),
    Title.JUDGE.option("--judge-model", metavar="MODEL",
                       help="Ask this model instead of the one that the judge's file names."),
    judge_address_option,
    Title.JUDGE.option("--replay", type=click.Path(path_type=Path), metavar="ANNOTATIONS",
                       help="Take the judge's raw replies from this recorded file instead of asking."),
    Title.JUDGE.option("--orders", type=click.Choice(ORDERS),
                       help="Show the judge each pair in one order or in both. [default: the judge's]"),
    Title.JUDGE.option("--repeats", type=click.IntRange(1), default=1, show_default=True, metavar="N",
                       help="Ask each question N times."),
    Title.JUDGED.option("--limit", type=click.IntRange(1), metavar="N",
                        help="Judge only N instructions, picked by --seed."),
    Title.JUDGED.option("--seed", type=int, default=0, show_default=True, metavar="NUMBER",
                        help="Let this number decide what --limit picks, and who is shown first where one order is "
                             "asked."),
    Title.JUDGED.option("--key", metavar="FIELD",
                        help="Match outputs by this field instead of by the instruction."),
    Title.JUDGED.option("--on-mismatch", type=click.Choice(["refuse", "intersect"]), default="refuse",
                        show_default=True,
                        help="Refuse instructions that only one side has, or judge those that both have."),
    cluster_option,
    thinking_option,
    Title.JUDGE.option("--shortcut/--no-shortcut", default=True, show_default=True,
                       help="Take identical answers for a tie without asking the judge."),
]  # fmt: skip
concurrency_option = Title.LIMITS.option(
    "--concurrency", type=click.IntRange(1, 4096), default=Limits().concurrency, show_default=True, metavar="N",
    help="Send at most N requests at a time to one endpoint.",
)  # fmt: skip
_SPENDING = [
    Title.LIMITS.option("--max-cost", type=Range(0), metavar="USD",
                        help="Stop when the replies have cost this much."),
    Title.LIMITS.option("--max-requests", type=click.IntRange(0), metavar="N", help="Stop after N requests."),
    Title.LIMITS.option("--max-minutes", type=Range(0), metavar="M", help="Stop after M minutes."),
]  # fmt: skip


def spending_options(command: Command) -> Command:
    """Give a command the options that end a run at a limit of money, requests or minutes."""
    for option in reversed(_SPENDING):
        command = option(command)
    return command


max_wait_option = Title.LIMITS.option(
    "--max-wait", type=Range(0), metavar="SECONDS",
    help="Stop when an endpoint has answered nobody for SECONDS, or asks to wait longer. [default: 300, or 10 where it "
         "has not answered at all]",
)  # fmt: skip
_LIMITS = [
    concurrency_option,
    spending_options,
    max_wait_option,
    Title.LIMITS.option("--stop/--no-stop", default=Limits().stop, show_default=True,
                        help="Stop a judge without a verdict in the store if its first replies hold none."),
]  # fmt: skip


audit_option = Title.JUDGED.option(
    "--audit", type=click.Choice(AUDITS), default=AUDITS[0], show_default=True,
    help="Refuse to judge outputs that fail their audit, judge them with a warning, or do not look.",
)  # fmt: skip


def judging_options(command: Command) -> Command:
    """Give a command the options for judging, each by the name of the keyword of `annotate`."""
    options: list[Callable[[Command], Command]] = [_BENCHMARK, _JUDGES, *_ASSIGNMENT, *_LIMITS, audit_limits_options]
    for option in reversed(options):
        command = option(command)
    return command


def notes_on_settings(context: click.Context) -> list[str]:
    """Return a note on the judge where neither the command line nor a default says which, but a file or a variable."""
    places = {click.core.ParameterSource.DEFAULT_MAP: "evalkit.toml", click.core.ParameterSource.ENVIRONMENT: _VARIABLE}
    source = context.get_parameter_source("judge")
    if source not in places:
        return []
    given = context.params["judge"]
    named = given if isinstance(given, str) else ", ".join(given)
    return [f"judge {named}: as {places[source]} says. --judge NAME takes another, and evalkit judges lists them"]


class Terminal:
    """Reports a run on a terminal: notes and the line of progress at once, and its totals after the result.

    With `verbose`, the totals include the digest of the rows.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._first = notes_on_settings(click.get_current_context())
        self._later: list[str] = []

    def note(self, notes: Iterable[str]) -> None:
        print_notes([*self._first, *notes])
        self._first = []

    def watching(self, title: str) -> ProgressLine:
        return ProgressLine(title)

    def ran(self, judged: Sequence[ModelRun], judges: Sequence[JudgeConfig]) -> None:
        """Keep the runs' totals and the judges' notices until the result is printed."""
        for run in judged:
            work = run.annotated.work
            whose = (
                f"{work.name}, {work.config.name}" if len(judges) > 1 and work.name != work.config.name else work.name
            )
            self._later.append(f"{whose}: {describe(run.annotated.progress)}")
        self._later += [config.notice for config in judges if config.notice]
        self._later += told_of_abandoned(judged[0].annotated.abandoned if judged else 0)
        if self._verbose:
            self._later.append(f"sha256 {canonical_digest([row for run in judged for row in run.rows])}")

    def answered(self, done: Generated) -> None:
        """Print the totals of each turn."""
        name = done.outputs.model
        print_notes(f"{name}, turn {turn}: {describe(found)}" for turn, found in enumerate(done.progress, start=1))
        print_notes(told_of_abandoned(done.abandoned))

    def finish(self) -> None:
        """Print the notes that `ran` kept."""
        print_notes(self._later)
        self._later = []
