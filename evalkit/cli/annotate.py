"""evalkit annotate: judge models' outputs against a baseline."""

import dataclasses
import json
from pathlib import Path

import click

from evalkit.api import annotate_models, forecast_all, require_complete
from evalkit.cli.help import Command, Title
from evalkit.cli.judging import JudgingOptions, Terminal, audit_option, judging_options
from evalkit.cli.notes import print_text
from evalkit.cli.options import as_values, json_option, results_option, store_option, verbose_option
from evalkit.cli.progress import forecasts_text
from evalkit.cli.sources import difficulty_option
from evalkit.reporting import rows_json, rows_text
from evalkit.sources import Sources, read_recipe
from evalkit.store import store_url


@dataclasses.dataclass(frozen=True, slots=True)
class RowOptions:
    """The options for the computation of rows."""

    allow_mixed: bool
    bootstrap: int
    difficulty: str


@dataclasses.dataclass(frozen=True, slots=True)
class FileOptions:
    """The locations of the store, the written rows and the log of events."""

    store: str | None
    results: Path
    log: Path | None


@click.command(
    "annotate",
    cls=Command,
    used_most=("--benchmark", "--judge", "--baseline", "--max-cost", "--dry-run"),
    examples={
        "Judge two models on the shipped example, offline.": (
            "evalkit annotate examples/outputs/{careful,wordy}.json --benchmark example"
        ),
        "See how many requests a judge would get, and send none.": (
            "evalkit annotate examples/outputs/careful.json --benchmark example --dry-run"
        ),
    },
)
@click.argument("outputs", nargs=-1, required=True)
@judging_options
@audit_option
@Title.NUMBERS.option("--allow-mixed", is_flag=True,
                      help="Average a judge's probabilities with its single draws instead of refusing to.")  # fmt: skip
@Title.NUMBERS.option("--bootstrap", type=click.IntRange(0), default=0, metavar="N",
                      help="Compute intervals from N resamples instead of the sandwich formula.")  # fmt: skip
@difficulty_option
@Title.FILES.option("--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                    help="Append every event of the run to this file as a line of JSON.")  # fmt: skip
@Title.LIMITS.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@store_option
@results_option
@verbose_option
@json_option
@as_values(computed=RowOptions, files=FileOptions)
def command(
    outputs: tuple[str, ...],
    judging: JudgingOptions,
    audit: str,
    computed: RowOptions,
    files: FileOptions,
    dry_run: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Judge the OUTPUTS of one or more models against a baseline.

    OUTPUTS are files, saved datasets or hf: names. Prints a row for each model and judge, and writes
    RESULTS/MODEL/JUDGE/annotations.json, row.json and run.json.
    """
    terminal = Terminal(verbose=verbose)
    prepared = judging.prepare(outputs)
    url = store_url(files.store, files.results)
    terminal.note(prepared.notes)
    if dry_run:
        forecasts = forecast_all(prepared, url, concurrency=judging.limits.concurrency)
        documents = [
            {"model": work.model, "judge": work.judge, **dataclasses.asdict(work.forecast)} for work in forecasts
        ]
        if as_json:
            click.echo(json.dumps(documents, indent=2))
        else:
            print_text(forecasts_text(forecasts))
        return
    recipe = read_recipe(Sources(board=judging.assignment.benchmark, difficulty=computed.difficulty))
    judged = annotate_models(
        prepared,
        url,
        recipe=dataclasses.replace(recipe, replicates=computed.bootstrap, allow_mixed=computed.allow_mixed),
        audit=audit,
        audit_limits=judging.audit_limits,
        limits=judging.limits,
        results=files.results,
        log=files.log,
        listener=terminal,
    )
    rows = [row for run in judged for row in run.rows]
    if as_json:
        click.echo(rows_json(rows))
    else:
        print_text(rows_text(rows))
    terminal.finish()
    require_complete(judged)
