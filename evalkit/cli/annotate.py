"""evalkit annotate: judge models' outputs against a baseline."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from evalkit.benchmarks import baseline_source, read_benchmark
from evalkit.boards.entries import entries_of_annotations
from evalkit.boards.row import BoardRow, Recipe, build_row
from evalkit.cli.options import json_option, results_option, store_option, store_url
from evalkit.cli.progress import ProgressLine, describe
from evalkit.config import ORDERS, read_judge, with_orders
from evalkit.engine.annotate import Annotated, Options, Work, annotate, plan_all
from evalkit.engine.estimate import Forecast, forecast
from evalkit.engine.limits import Limits
from evalkit.errors import ConfigError, Incomplete
from evalkit.formats.alpaca_eval import read_recording
from evalkit.formats.outputs import read_one, read_outputs
from evalkit.report.results import write_results
from evalkit.report.tables import row_document, rows_text
from evalkit.report.text import printable
from evalkit.store import open_store, store_exists
from evalkit.types import JudgeConfig

MIN_COVERAGE = 0.99


@click.command("annotate")
@click.argument("outputs", nargs=-1, required=True)
@click.option("--baseline", metavar="FILE|NAME", help="Outputs to compare with. [default: the benchmark's]")
@click.option("--benchmark", default="alpaca_eval", envvar="EVALKIT_BENCHMARK", show_default=True)
@click.option("--judge", "judges", multiple=True, default=["surface"], envvar="EVALKIT_JUDGE", show_default=True,
              metavar="NAME|FILE", help="Repeat for a jury.")  # fmt: skip
@click.option("--judge-model", metavar="MODEL", help="Ask another model than the judge's file names.")
@click.option("--replay", type=click.Path(path_type=Path), metavar="ANNOTATIONS",
              help="Take the judge's raw replies from a recorded file.")  # fmt: skip
@click.option("--orders", type=click.Choice(ORDERS), help="Show each pair once or both ways. [default: the judge's]")
@click.option("--repeats", type=click.IntRange(1), default=1, show_default=True)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Judge N instructions, picked by the seed.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--key", metavar="FIELD", help="Join by this field instead of by the instruction.")
@click.option("--on-mismatch", type=click.Choice(["refuse", "intersect"]), default="refuse", show_default=True,
              help="What to do with instructions that only one side has.")  # fmt: skip
@click.option("--concurrency", type=click.IntRange(1, 4096), default=Limits().concurrency, show_default=True)
@click.option("--max-cost", type=click.FloatRange(0), metavar="USD", help="Stop when this is spent.")
@click.option("--max-requests", type=click.IntRange(0), metavar="N", help="Stop after this many.")
@click.option("--bootstrap", type=click.IntRange(0), default=0, metavar="N",
              help="Interval from N resamples instead of the sandwich formula.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@store_option
@results_option
@json_option
def command(
    outputs: tuple[str, ...],
    baseline: str | None,
    benchmark: str,
    judges: tuple[str, ...],
    judge_model: str | None,
    replay: Path | None,
    orders: str | None,
    repeats: int,
    limit: int | None,
    seed: int,
    key: str | None,
    on_mismatch: str,
    concurrency: int,
    max_cost: float | None,
    max_requests: int | None,
    bootstrap: int,
    dry_run: bool,
    store: str | None,
    results: Path,
    as_json: bool,
) -> None:
    """Judge one or more models' OUTPUTS (files, saved datasets or hf: names) against a baseline.

    Prints a row for each model and judge, and writes RESULTS/MODEL/JUDGE/annotations.json and row.json.
    """
    configs = [_configure(name, judge_model, orders) for name in dict.fromkeys(judges)]
    if max_cost is not None and (unpriced := [one.name for one in configs if one.prices is None]):
        raise ConfigError(f"--max-cost needs the prices of judge {unpriced[0]!r}. Add prices to its file")
    chosen = read_benchmark(benchmark)
    reference = read_one([baseline_source(chosen, baseline)], key=key)
    candidates = read_outputs(outputs, key=key)
    recording = None if replay is None else read_recording(replay)
    options = Options(chosen.name, repeats, seed, limit, intersect=on_mismatch == "intersect")
    url = store_url(store, results)
    limits = Limits(concurrency=concurrency, max_cost=max_cost, max_requests=max_requests)

    def planned(secret: bytes) -> list[Work]:
        return plan_all(reference, candidates, configs, options, secret=secret, recording=recording)

    if dry_run:
        _print_forecasts(planned(_secret(url)), url, concurrency=concurrency, as_json=as_json)
        return
    if not store_exists(url):
        # a fresh store holds no replies, so a missing key or a bad prompt shows before anything is written
        for work in planned(b""):
            work.open_client()
    rows, stopped = [], None
    with open_store(url) as opened:
        for work in planned(opened.secret):
            line = ProgressLine(f"{work.candidate.model}, {work.config.name}")
            annotated = annotate(work, opened, limits=limits, watch=line)
            line.close()
            progress = annotated.progress
            limits = limits.after(sent=progress.sent, cost=progress.cost)
            stopped = stopped or progress.stopped
            rows.append(_row(annotated, Recipe(replicates=bootstrap)))
            write_results(results, annotated, rows[-1], baseline=reference, candidate=work.candidate)
            _note(work, annotated)
    click.echo(json.dumps([row_document(row) for row in rows], indent=2) if as_json else rows_text(rows), nl=as_json)
    if stopped:
        raise Incomplete(f"{stopped}. What was paid is kept; run again to continue")
    _require_complete(rows)


def _configure(name: str, model: str | None, orders: str | None) -> JudgeConfig:
    config = read_judge(name, model=model)
    return config if orders is None else with_orders(config, orders)


def _row(annotated: Annotated, recipe: Recipe) -> BoardRow:
    (entry,) = entries_of_annotations(annotated.annotations)
    return build_row(entry, recipe)


def _note(work: Work, annotated: Annotated) -> None:
    """Say on stderr what the numbers rest on."""
    if work.config.notice:
        click.echo(f"note: {work.config.notice}", err=True)
    click.echo(f"note: {work.candidate.model}: {describe(annotated.progress)}", err=True)


def _require_complete(rows: Sequence[BoardRow]) -> None:
    for row in rows:
        if row.coverage < MIN_COVERAGE:
            reason = next(iter(row.entry.failures), "unknown")
            raise Incomplete(
                f"{row.entry.model}: {row.entry.sample.n_missing} of {row.entry.sample.n + row.entry.sample.n_missing} "
                "instructions have no verdict, "
                f"coverage {row.coverage:.1%} is under {MIN_COVERAGE:.0%}. Most often: {reason}"
            )


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
        cost = "no prices known" if one.cost is None else f"about ${one.cost:.2f}"
        click.echo(
            f"{printable(work.candidate.model)}, {work.config.name}: {one.requests} requests, {one.stored} stored; "
            f"about {one.prompt_tokens:,} tokens in and at most {one.completion_tokens:,} out, {cost}, "
            f"about {one.minutes:.1f} minutes"
        )


def _secret(url: str) -> bytes:
    """The store's secret, so that a forecast sees what is stored; nothing is made where there is no store."""
    if not store_exists(url):
        return b""
    with open_store(url) as opened:
        return opened.secret


def _forecast(work: Work, url: str, concurrency: int) -> Forecast:
    requests = work.requests
    stored: Iterable[str] = ()
    if store_exists(url):
        with open_store(url) as opened:
            stored = opened.replies(requests)
    waiting = [request for key, request in requests.items() if key not in stored]
    return forecast(waiting, stored=len(requests) - len(waiting), prices=work.config.prices, concurrency=concurrency)
