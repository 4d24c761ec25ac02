"""evalkit judges evaluate: measure judges against people's labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from evalkit.api import JudgeEvaluation, evaluate_judges, forecast_evaluation
from evalkit.cli.help import Command, Title
from evalkit.cli.judging import Terminal, concurrency_option, judge_address_option, max_wait_option, spending_options
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import (
    Range,
    WrittenFile,
    as_values,
    json_option,
    plot_option,
    results_option,
    store_option,
    verbose_option,
)
from evalkit.engine import Limits
from evalkit.errors import ConfigError
from evalkit.files import write_text
from evalkit.judge_spec import ORDERS
from evalkit.reporting import JUDGE_FORMS, JUDGE_PANELS, TABLE


@dataclass(frozen=True, slots=True)
class EvaluationOutput:
    """The files and the forms that an evaluation is written in."""

    form: str
    out: Path | None
    report: Path | None
    plot: Path | None
    panel: str | None
    as_json: bool


@click.command(
    "evaluate",
    cls=Command,
    used_most=("--human", "--source", "--by", "--dry-run", "--report"),
    examples={
        "Measure an offline judge against people's labels.": (
            "evalkit judges evaluate surface --human examples/labels.jsonl"
        ),
        "See what asking a judge would cost, and send nothing.": (
            "evalkit judges evaluate surface --human examples/labels.jsonl --dry-run"
        ),
    },
)
@click.argument("judges", nargs=-1, metavar="[JUDGES]...")
@Title.VERDICTS.option("--human", required=True, metavar="FILE|hf:NAME",
                       help="Compare with the people's labels in this file.")  # fmt: skip
@Title.VERDICTS.option("--columns", multiple=True, metavar="OURS=THEIRS",
                       help="Read a field of the labels from this column, as in label=winner; repeat or use "
                            "commas.")  # fmt: skip
@Title.VERDICTS.option("--prompts", metavar="FILE", help="Read the texts of labels without texts from this file.")
@Title.VERDICTS.option("--repeats-of-people", is_flag=True,
                       help="Count several labels of one person on one comparison as those of several people, instead "
                            "of refusing labels that differ.")  # fmt: skip
@Title.VERDICTS.option("--source", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
                       help="Measure the verdicts in this file too, and ask nobody about them; repeat for "
                            "more.")  # fmt: skip
@Title.NUMBERS.option("--by", multiple=True, metavar="FIELD",
                      help="Split the numbers by this field of the labels; repeat for more.")  # fmt: skip
@Title.NUMBERS.option("--risk", type=Range(0, 100, min_open=True, max_open=True), default=10.0, show_default=True,
                      metavar="PERCENT",
                      help="Say on how many comparisons the judge can be followed with this share of "
                           "errors.")  # fmt: skip
@Title.NUMBERS.option("--tie-band", type=Range(0, 50, max_open=True), default=0.0, show_default=True,
                      metavar="POINTS",
                      help="Take a verdict within so many points of 50 for a tie, where ties count.")  # fmt: skip
@Title.NUMBERS.option("--epsilon", type=Range(0, 1), default=0.2, show_default=True, metavar="SHARE",
                      help="Allow the judge this disadvantage in the alternative annotator test.")  # fmt: skip
@Title.NUMBERS.option("--family", multiple=True, metavar="JUDGE=PATTERN",
                      help="Take models of this pattern, as in gpt-*, for the judge's own family; repeat for more. "
                           "[default: the judge's model up to its first digit]")  # fmt: skip
@Title.NUMBERS.option("--published", multiple=True, metavar="NAME|FILE",
                      help="Show the judges of this published table, such as alpaca_eval, or csv file under the "
                           "others; repeat for more.")  # fmt: skip
@Title.JUDGE.option("--judge-model", metavar="MODEL",
                    help="Ask this model instead of the one that the judge's file names.")  # fmt: skip
@judge_address_option
@Title.JUDGE.option("--orders", type=click.Choice(ORDERS),
                    help="Show the judge each pair in one order or in both. [default: the judge's]")  # fmt: skip
@Title.JUDGE.option("--repeats", type=click.IntRange(1), default=1, show_default=True, metavar="N",
                    help="Ask each question N times.")  # fmt: skip
@Title.JUDGE.option("--shortcut/--no-shortcut", default=True, show_default=True,
                    help="Take identical answers for a tie without asking the judge.")  # fmt: skip
@Title.JUDGED.option("--limit", type=click.IntRange(1), metavar="N",
                     help="Use only N comparisons, picked by --seed.")  # fmt: skip
@Title.JUDGED.option("--seed", type=int, default=0, show_default=True, metavar="NUMBER",
                     help="Let this number decide what --limit picks, and who is shown first where one order is "
                          "asked.")  # fmt: skip
@concurrency_option
@spending_options
@max_wait_option
@Title.LIMITS.option("--stop/--no-stop", default=Limits().stop, show_default=True,
                     help="Stop a judge without a verdict in the store if its first replies hold none.")  # fmt: skip
@Title.LIMITS.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@Title.FILES.option("--format", "form", type=click.Choice(list(JUDGE_FORMS)), default=TABLE, show_default=True,
                    help="Write the table in this form.")  # fmt: skip
@Title.FILES.option("--out", type=WrittenFile(), help="Write the table into this file instead of to stdout.")
@Title.FILES.option("--report", type=WrittenFile(), metavar="FILE",
                    help="Write a page with the table and its figures into this file.")  # fmt: skip
@plot_option
@Title.FILES.option("--panel", type=click.Choice(JUDGE_PANELS),
                    help=f"Let --plot draw this figure. [default: {JUDGE_PANELS[0]}]")  # fmt: skip
@Title.FILES.option("--log", type=WrittenFile(), metavar="FILE",
                    help="Append every event of the run to this file as a line of JSON.")  # fmt: skip
@store_option
@results_option
@verbose_option
@json_option
@as_values(output=EvaluationOutput)
def command(
    judges: tuple[str, ...], risk: float, tie_band: float, dry_run: bool, verbose: bool, output: EvaluationOutput,
    **asked: Any,
) -> None:  # fmt: skip
    """Measure how far JUDGES agree with people, and where they err.

    JUDGES are asked about every labelled comparison; replies that the store has are not asked for again. Controls that
    look at no content stand beside them.
    """
    if output.panel is not None and output.plot is None:
        raise ConfigError("--panel says what --plot draws: add --plot FILE")
    asked |= {"risk": risk / 100, "tie_band": tie_band / 100}
    terminal = Terminal(verbose=verbose)
    if dry_run:
        forecasts = forecast_evaluation(*judges, **asked)
        terminal.note(forecasts.notes)
        if output.as_json:
            click.echo(forecasts.to_json())
        else:
            print_text(str(forecasts))
        return
    found = evaluate_judges(*judges, **asked, progress=terminal)
    _write(found, output)
    terminal.finish()
    found.raise_for_incomplete()


def _write(found: JudgeEvaluation, output: EvaluationOutput) -> None:
    written = []
    if output.plot is not None:
        found.plot(output.panel or JUDGE_PANELS[0]).save(output.plot)
        written.append(output.plot)
    if output.report is not None:
        written.append(found.report(output.report))
    form = "json" if output.as_json else output.form
    if output.out is not None:
        write_text(output.out, found.written(form))
    elif form == TABLE:
        print_text(str(found))
    else:
        click.echo(found.written(form), nl=False)
    print_notes([*found.command_notes, *(f"{path}: written" for path in written)])
