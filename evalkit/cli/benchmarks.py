"""evalkit benchmarks: list benchmarks, show one, fetch its questions, and learn from its models."""

import dataclasses
import datetime
import json
from pathlib import Path

import click

from evalkit.api import benchmarks
from evalkit.catalog import fetch_questions, find_benchmark, read_benchmark
from evalkit.cli.help import CommandGroup, Title
from evalkit.cli.notes import print_text
from evalkit.cli.options import WrittenFile, json_option, results_option, store_option
from evalkit.text import plural


@click.group(
    "benchmarks",
    cls=CommandGroup,
    usual="show",
    invoke_without_command=True,
    examples={
        "List the benchmarks that ship with evalkit.": "evalkit benchmarks",
        "Show all of one benchmark.": "evalkit benchmarks show example",
    },
)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the benchmarks, show one, load its questions, or learn from its models.

    Without a command, it lists them.
    """
    if ctx.invoked_subcommand is None:
        listed = benchmarks()
        if as_json:
            click.echo(listed.to_json())
        else:
            print_text(str(listed))


@command.command(
    "show",
    examples={
        "Show a benchmark by its name.": "evalkit benchmarks show mt_bench",
        "Show the benchmark that the shipped example uses.": "evalkit benchmarks show example",
    },
)
@click.argument("name")
def show(name: str) -> None:
    """Print the benchmark NAME as JSON, with the published tables that --published shows beside its boards."""
    listed = benchmarks()
    document = {**dataclasses.asdict(listed[name]), "published": listed.published(name)}
    click.echo(json.dumps(document, indent=2))


@command.command("fetch", examples={})
@click.argument("name")
def fetch(name: str) -> None:
    """Load the questions of the benchmark NAME from the hub, and keep them on this machine."""
    for path in fetch_questions(read_benchmark(name)):
        click.echo(f"wrote {path}")


@command.command(
    "learn",
    examples={
        "Learn from all models in the store.": "evalkit benchmarks learn example",
        "Learn from one judge's verdicts, into a file of your choice.": (
            "evalkit benchmarks learn example --judge surface --out history.json"
        ),
    },
)
@click.argument("name")
@Title.VERDICTS.option("--judge", metavar="NAME", help="Learn from this judge's verdicts. [default: the only judge]")
@Title.FILES.option("--out", type=WrittenFile(), metavar="FILE",
                    help="Write the history into this file. [default: NAME.history.json]")  # fmt: skip
@store_option
@results_option
def learn(name: str, judge: str | None, out: Path | None, store: str | None, results: Path) -> None:
    """Learn difficulty and the effect of length on the benchmark NAME, and write them into a history file.

    The command learns from the models in the store, and needs 20 of them. Boards and gates of later models use the file
    without an option if the benchmark's YAML names it as its history, and otherwise with --difficulty FILE.
    """
    # only this command needs the modules for statistics, and they take long to load
    from evalkit.boards import learn_history
    from evalkit.formats import write_history_file
    from evalkit.sources import Sources, read_entries

    benchmark = find_benchmark(name)
    entries = read_entries(Sources(board=name, judge=judge, store=store, results=results))
    source = f"verdicts of benchmark {benchmark.name}"
    learned = learn_history(entries, name=benchmark.name, source=source, date=datetime.date.today())
    path = out or Path(f"{benchmark.name}.history.json")
    write_history_file(path, learned)
    members, keys = len(learned.history.members), len(learned.keys)
    print_text(f"wrote {path}: {plural(members, 'model')}, {plural(keys, 'instruction')}")
