"""evalkit annotate: judge models' outputs against a baseline."""

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from evalkit.benchmarks import Benchmark, read_benchmark
from evalkit.boards.gathering import Gathering, entries_of_annotations
from evalkit.boards.row import BoardRow, Recipe, build_row
from evalkit.boards.styles import find_style
from evalkit.cli.options import json_option, results_option, store_option, store_url
from evalkit.cli.progress import ProgressLine, describe, describe_forecast
from evalkit.config import ORDERS, read_judge, with_orders
from evalkit.engine.annotate import Annotated, annotate
from evalkit.engine.estimate import Forecast, forecast
from evalkit.engine.limits import Limits
from evalkit.engine.plan import Work, plan_all
from evalkit.engine.rows import Options
from evalkit.errors import ConfigError, Incomplete, Unreachable
from evalkit.formats.alpaca_eval import read_recording
from evalkit.formats.outputs import read_outputs
from evalkit.questions import load_baseline, load_questions
from evalkit.report.canonical import canonical_digest
from evalkit.report.journal import open_journal
from evalkit.report.results import write_results
from evalkit.report.rows import rows_text
from evalkit.report.text import printable
from evalkit.report.values import row_document
from evalkit.store import Store, open_store, store_exists
from evalkit.types import ChatRequest, JudgeConfig

MIN_COVERAGE = 0.99
# offline and without a key
DEFAULT_JUDGE = "surface"
_CHUNK = 256


@click.command("annotate")
@click.argument("outputs", nargs=-1, required=True)
@click.option("--baseline", "baselines", multiple=True, metavar="FILE|NAME",
              help="Outputs to compare with; repeat for baselines by category. [default: the benchmark's]")  # fmt: skip
@click.option("--benchmark", default="alpaca_eval", envvar="EVALKIT_BENCHMARK", show_default=True)
@click.option("--questions", metavar="FILE|hf:NAME", help="The benchmark's questions. [default: its own copy]")
@click.option("--judge", "judges", multiple=True, envvar="EVALKIT_JUDGE", metavar="NAME|FILE",
              help="Repeat for a jury. [default: the benchmark's, or surface]")  # fmt: skip
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
@click.option("--max-minutes", type=click.FloatRange(0), metavar="M", help="Stop after this time.")
@click.option("--max-wait", type=click.FloatRange(0), default=Limits().max_wait, show_default=True, metavar="SECONDS",
              help="Stop when an endpoint answers nobody for so long, or asks to wait longer.")  # fmt: skip
@click.option("--shortcut/--no-shortcut", default=True, show_default=True,
              help="Take identical answers for a tie without asking.")  # fmt: skip
@click.option("--allow-mixed", is_flag=True,
              help="Average probabilities and single draws of one judge all the same.")  # fmt: skip
@click.option("--bootstrap", type=click.IntRange(0), default=0, metavar="N",
              help="Interval from N resamples instead of the sandwich formula.")  # fmt: skip
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Append every event as a line of JSON.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@store_option
@results_option
@json_option
def command(
    outputs: tuple[str, ...],
    baselines: tuple[str, ...],
    benchmark: str,
    questions: str | None,
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
    max_minutes: float | None,
    max_wait: float,
    shortcut: bool,
    allow_mixed: bool,
    bootstrap: int,
    log: Path | None,
    dry_run: bool,
    store: str | None,
    results: Path,
    as_json: bool,
) -> None:
    """Judge one or more models' OUTPUTS (files, saved datasets or hf: names) against a baseline.

    Prints a row for each model and judge, and writes RESULTS/MODEL/JUDGE/annotations.json, row.json and run.json.
    """
    chosen = read_benchmark(benchmark)
    style = find_style(chosen.style)
    configs = [_configure(name, judge_model, orders) for name in _judges(judges, chosen)]
    if max_cost is not None and (unpriced := [one.name for one in configs if one.prices is None]):
        raise ConfigError(f"--max-cost needs the prices of judge {unpriced[0]!r}. Add prices to its file")
    asked = load_questions(chosen, questions)
    compares = any(config.asks == "pair" for config in configs)
    reference = load_baseline(chosen, baselines, key=key, questions=asked) if compares else None
    candidates = read_outputs(outputs, key=key, like=reference, questions=asked)
    recording = None if replay is None else read_recording(replay)
    options = Options(
        chosen.name,
        repeats,
        seed,
        limit,
        intersect=on_mismatch == "intersect",
        shortcut=shortcut,
        by_turn=style.by_turn,
    )
    url = store_url(store, results)
    limits = Limits(
        concurrency=concurrency,
        max_cost=max_cost,
        max_requests=max_requests,
        max_minutes=max_minutes,
        max_wait=max_wait,
    )

    def planned(secret: bytes) -> list[Work]:
        return plan_all(reference, candidates, configs, options, secret=secret, recording=recording, questions=asked)

    _print_notes(note for one in (reference, *candidates) if one is not None for note in one.notes)
    if dry_run:
        _print_forecasts(planned(_secret(url)), url, concurrency=concurrency, as_json=as_json)
        return
    if not store_exists(url):
        # a missing key or a bad prompt shows before anything is written
        _check(planned(b""))
    recipe = Recipe(replicates=bootstrap, allow_mixed=allow_mixed, controls=style.controls)
    how = Gathering(combine=style.combine, by=style.by)
    rows: list[BoardRow] = []
    with open_store(url) as opened, open_journal(log) as journal:
        works = planned(opened.secret)
        _check(works)
        with ProgressLine(", ".join(config.name for config in configs)) as line:
            done = annotate(works, opened, limits=limits, watch=line, journal=journal)
        for annotated in done:
            new = [build_row(entry, recipe) for entry in entries_of_annotations(annotated.annotations, how)]
            write_results(results, annotated, new, options=options, limits=limits)
            _note(annotated, several_judges=len(configs) > 1)
            rows += new
    _print_notes(config.notice for config in configs if config.notice)
    _note_run(done, rows)
    click.echo(json.dumps([_document(row) for row in rows], indent=2) if as_json else rows_text(rows), nl=as_json)
    _require_complete(done, rows)


def _check(works: Sequence[Work]) -> None:
    for work in works:
        work.check()


def _judges(named: Sequence[str], benchmark: Benchmark) -> list[str]:
    return list(dict.fromkeys(named)) or [benchmark.judge or DEFAULT_JUDGE]


def _configure(name: str, model: str | None, orders: str | None) -> JudgeConfig:
    config = read_judge(name, model=model)
    # an answer that is graded alone has no order: the judge stays the one that it was
    return config if orders is None or config.asks == "grade" else with_orders(config, orders)


def _document(row: BoardRow) -> dict[str, object]:
    return {**row_document(row), "sha256": canonical_digest([row])}


def _print_notes(notes: Iterable[str]) -> None:
    """Each once, on stderr."""
    for note in dict.fromkeys(notes):
        click.echo(f"note: {printable(note)}", err=True)


def _note(annotated: Annotated, *, several_judges: bool) -> None:
    """Say on stderr what the numbers rest on."""
    work = annotated.work
    whose = f"{work.candidate.model}, {work.config.name}" if several_judges else work.candidate.model
    click.echo(f"note: {printable(whose)}: {describe(annotated.progress)}", err=True)


def _note_run(done: Sequence[Annotated], rows: Sequence[BoardRow]) -> None:
    abandoned = done[0].abandoned if done else 0
    if abandoned:
        click.echo(
            f"note: at most {abandoned} requests were under way when an earlier run was killed; "
            "they were asked again and may have been billed twice",
            err=True,
        )
    click.echo(f"note: sha256 {canonical_digest(rows)}", err=True)


def _require_complete(done: Sequence[Annotated], rows: Sequence[BoardRow]) -> None:
    stopped = next((one.progress.stopped for one in done if one.progress.stopped), None)
    if stopped:
        raise Unreachable(f"{stopped}. What was paid is kept; run the same command again to continue")
    for row in rows:
        if row.entry.part:
            raise Incomplete(
                f"{row.entry.model}: the endpoint answered as {' and as '.join(row.entry.judging.served)}, so there is "
                "a row for each. Name a dated model with --judge-model, or judge in a new store"
            )
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
