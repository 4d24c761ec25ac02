"""evalkit annotate: judge models' outputs against a baseline."""

import dataclasses
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from evalkit.api.assignment import Assignment
from evalkit.api.runs import check_costs, judge_all, require_covered, require_finished, title
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.outputs import require_passed
from evalkit.boards.row import BoardRow
from evalkit.cli.judging import assignment_options, audit_option, limits_options, note_run, print_notes
from evalkit.cli.options import as_values, audit_limits_options, json_option, results_option, store_option
from evalkit.cli.progress import ProgressLine, describe_forecast
from evalkit.cli.sources import difficulty_option
from evalkit.engine.estimate import Forecast, forecast
from evalkit.engine.limits import Limits
from evalkit.judging.work import Work
from evalkit.reporting.canonical import canonical_digest
from evalkit.reporting.rows import rows_text
from evalkit.reporting.values import row_document
from evalkit.sources.selection import Sources, read_recipe
from evalkit.store import Store, open_store, store_exists, store_url
from evalkit.text.safe import printable
from evalkit.types import ChatRequest

_CHUNK = 256


@dataclasses.dataclass(frozen=True, slots=True)
class RowOptions:
    """Options for the computation of rows."""

    allow_mixed: bool
    bootstrap: int
    difficulty: str


@dataclasses.dataclass(frozen=True, slots=True)
class FileOptions:
    """Locations of the store, the written rows and the log of events."""

    store: str | None
    results: Path
    log: Path | None


@click.command("annotate")
@click.argument("outputs", nargs=-1, required=True)
@assignment_options
@limits_options
@audit_option
@audit_limits_options
@click.option("--allow-mixed", is_flag=True,
              help="Average probabilities and single draws of one judge all the same.")  # fmt: skip
@click.option("--bootstrap", type=click.IntRange(0), default=0, metavar="N",
              help="Interval from N resamples instead of the sandwich formula.")  # fmt: skip
@difficulty_option
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Append every event as a line of JSON.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@store_option
@results_option
@json_option
@as_values(computed=RowOptions, files=FileOptions)
def command(
    outputs: tuple[str, ...],
    assignment: Assignment,
    limits: Limits,
    audit: str,
    audit_limits: AuditLimits,
    computed: RowOptions,
    files: FileOptions,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Judge one or more models' OUTPUTS (files, saved datasets or hf: names) against a baseline.

    Prints a row for each model and judge, and writes RESULTS/MODEL/JUDGE/annotations.json, row.json and run.json.
    """
    prepared = assignment.read(outputs)
    check_costs(prepared, limits)
    url = store_url(files.store, files.results)
    print_notes(prepared.notes)
    if dry_run:
        _print_forecasts(prepared.works(_secret(url)), url, concurrency=limits.concurrency, as_json=as_json)
        return
    recipe = replace(
        read_recipe(Sources(board=assignment.benchmark, difficulty=computed.difficulty)),
        replicates=computed.bootstrap,
        allow_mixed=computed.allow_mixed,
    )
    audits = {} if audit == "off" else prepared.audits(audit_limits)
    if audit == "refuse":
        require_passed(audits)
    # before anything is paid for: a run can still be stopped
    print_notes(
        f"{model}: audit, {one.severity.value}: {one.reason}"
        for model, found in audits.items()
        for one in found.findings
    )
    with ProgressLine(title(prepared)) as watch:
        judged = judge_all(
            prepared,
            url,
            audits=audits,
            results=files.results,
            recipe=recipe,
            limits=limits,
            log=files.log,
            watch=watch,
        )
    rows = [row for one in judged for row in one.rows]
    note_run(judged, prepared.judges)
    click.echo(json.dumps([_document(row) for row in rows], indent=2) if as_json else rows_text(rows), nl=as_json)
    require_finished(judged)
    require_covered(judged)


def _document(row: BoardRow) -> dict[str, object]:
    return {**row_document(row), "sha256": canonical_digest([row])}


def _print_forecasts(works: Sequence[Work], url: str, *, concurrency: int, as_json: bool) -> None:
    forecasts = [_forecast(work, url, concurrency) for work in works]
    if as_json:
        documents = [
            {"model": work.candidate.model, "judge": work.config.name, **dataclasses.asdict(one)}
            for work, one in zip(works, forecasts, strict=True)
        ]
        click.echo(json.dumps(documents, indent=2))
        return
    for work, one in zip(works, forecasts, strict=True):
        click.echo(f"{printable(work.candidate.model)}, {work.config.name}: {describe_forecast(one)}")


def _secret(url: str) -> bytes:
    """The store's secret, so that a forecast sees what is stored; nothing is made where there is no store."""
    if not store_exists(url):
        return b""
    with open_store(url) as opened:
        return opened.secret


def _forecast(work: Work, url: str, concurrency: int) -> Forecast:
    if not store_exists(url):
        return forecast(_waiting(work, None), work, concurrency=concurrency)
    with open_store(url) as opened:
        return forecast(_waiting(work, opened), work, concurrency=concurrency)


def _waiting(work: Work, store: Store | None) -> Iterator[tuple[ChatRequest, bool]]:
    """Every request of a work, once each, and whether its reply is stored."""
    seen: set[str] = set()
    requests = (work.pose(place).request for place in work.places() if place.subject is not None)
    while chunk := list(itertools.islice(requests, _CHUNK)):
        fresh = {one.key: one for one in chunk if one.key not in seen}
        seen.update(fresh)
        stored = store.replies(fresh) if store is not None else {}
        yield from ((one, key in stored) for key, one in fresh.items())
