"""evalkit export: write imported files as they were, or verdicts, in another tool's format."""

import json
from pathlib import Path

import click

from evalkit.catalog import read_benchmark
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import json_option, results_option, store_option
from evalkit.errors import ConfigError, InputError
from evalkit.sources import Exported, Scope, export_documents, export_verdicts
from evalkit.store import open_store, store_exists, store_url
from evalkit.text import plural, printable


@click.command(
    "export",
    cls=Command,
    used_most=("--out", "--benchmark", "--judge", "--model", "--kind"),
    examples={
        "Write the verdicts on the example as AlpacaEval does.": (
            "evalkit export alpaca_eval --out exported --benchmark example"
        ),
        "Write those on one model as a table for other programs.": (
            "evalkit export parquet --out tables --benchmark example --model careful"
        ),
    },
)
@click.argument("format", metavar="FORMAT")
@Title.FILES.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
                    help="Write into this folder.")  # fmt: skip
@Title.FILES.option("--kind", metavar="KIND", help="Write only imported files of this kind, such as annotations.")
@Title.FILES.option("--name", metavar="NAME", help="Write only the imported file that lay here, or was called so.")
@Title.VERDICTS.option("--benchmark", metavar="NAME",
                       help="Write the verdicts of this benchmark instead of imported files.")  # fmt: skip
@Title.VERDICTS.option("--judge", metavar="NAME", help="Write only this judge's verdicts.")
@Title.VERDICTS.option("--model", metavar="NAME", help="Write only the verdicts on this model.")
@store_option
@results_option
@json_option
def command(
    format: str,  # noqa: A002 (the argument's name)
    out: Path,
    kind: str | None,
    name: str | None,
    benchmark: str | None,
    judge: str | None,
    model: str | None,
    store: str | None,
    results: Path,
    as_json: bool,
) -> None:
    """Write imported files as they were, or verdicts, in another tool's FORMAT.

    FORMAT is alpaca_eval, mt_bench, arena_hard, inspect or table; files are written field by field as they were. With
    --benchmark, the store's verdicts are written instead, imported ones and our own; FORMAT is then alpaca_eval,
    mt_bench, arena_hard, inspect, parquet or datasets.
    """
    url = store_url(store, results)
    _check(benchmark, of_files={"--kind": kind, "--name": name}, of_verdicts={"--judge": judge, "--model": model})
    if not store_exists(url):
        raise InputError(f"{url}: no store yet. Run evalkit import or evalkit annotate first")
    with open_store(url) as opened:
        if benchmark is None:
            done = export_documents(opened, format, out, kind=kind, name=name)
        else:
            done = export_verdicts(opened, format, out, Scope(read_benchmark(benchmark).name, judge, model))
    print_notes(done.notes)
    if as_json:
        click.echo(json.dumps(_document(done), indent=2))
    else:
        print_text("\n".join(map(printable, _lines(done))))


def _check(benchmark: str | None, *, of_files: dict[str, str | None], of_verdicts: dict[str, str | None]) -> None:
    """Raise a ConfigError for an option that the export would ignore."""
    ignored = of_verdicts if benchmark is None else of_files
    given = next((option for option, value in ignored.items() if value is not None), None)
    if given is not None and benchmark is None:
        raise ConfigError(f"{given} chooses among verdicts. Say of which benchmark with --benchmark NAME")
    if given is not None:
        raise ConfigError(f"{given} chooses among imported files, and --benchmark among verdicts. Give one of them")


def _document(done: Exported) -> dict[str, object]:
    files = [{"path": str(path), "records": n} for path, n in done.files.items()]
    return {"files": files, "notes": list(done.notes)}


def _lines(done: Exported) -> list[str]:
    return [f"wrote {path}: {plural(n, 'record')}" for path, n in done.files.items()]
