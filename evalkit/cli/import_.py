"""evalkit import: bring other tools' files into the store."""

import json
from pathlib import Path

import click

from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_notes, print_text
from evalkit.cli.options import json_option, results_option, store_option
from evalkit.errors import UnknownName
from evalkit.formats import FORMATS, read_questions
from evalkit.judge_spec import read_judge
from evalkit.sources import Imported, ImportOptions, find_files, import_files
from evalkit.store import open_store, store_url
from evalkit.text import plural, printable

ANY = "auto"
JUDGES_FOLDER = "judges"


@click.command(
    "import",
    cls=Command,
    examples={
        "Keep a model's outputs in the store.": "evalkit import alpaca_eval examples/outputs/careful.json",
        "Bring in a folder, and tell the format from each file.": "evalkit import auto examples/outputs",
    },
)
@click.argument("format", metavar="FORMAT")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@Title.VERDICTS.option("--benchmark", metavar="NAME",
                       help="File the verdicts under this benchmark. [default: the format's]")  # fmt: skip
@Title.VERDICTS.option("--judge", "judges", multiple=True, metavar="NAME|FILE",
                       help="File the verdicts of the judge of this name under this one; repeat for "
                            "more.")  # fmt: skip
@Title.VERDICTS.option("--baseline", metavar="NAME",
                       help="Take this as the baseline where a file does not name one.")  # fmt: skip
@Title.VERDICTS.option("--questions", metavar="FILE|hf:NAME",
                       help="Take the categories of the questions from this question set.")  # fmt: skip
@store_option
@results_option
@json_option
def command(
    format: str,  # noqa: A002 (the argument's name)
    files: tuple[Path, ...],
    benchmark: str | None,
    judges: tuple[str, ...],
    baseline: str | None,
    questions: str | None,
    store: str | None,
    results: Path,
    as_json: bool,
) -> None:
    """Bring other tools' FILES into the store.

    FILES are outputs, judgments, boards, evaluators, logs, tables, or folders of them. FORMAT is alpaca_eval, mt_bench,
    arena_hard, inspect, table, or auto to tell it from each file. Every record is kept to the letter, for evalkit
    export. Verdicts appear on boards under the judge that gave them. A folder with an evaluator's configs.yaml becomes
    a judge in RESULTS/judges.
    """
    if format not in (ANY, *FORMATS):
        raise UnknownName("format", format, (ANY, *FORMATS))
    wanted = None if format == ANY else format
    paths = [path for file in files for path in find_files(file, format=wanted)]
    options = ImportOptions(
        benchmark=benchmark,
        format=wanted,
        baseline=baseline,
        judges=[read_judge(name) for name in judges],
        questions=() if questions is None else read_questions(questions),
    )
    with open_store(store_url(store, results)) as opened:
        done = import_files(opened, paths, options, judges_folder=results / JUDGES_FOLDER)
    print_notes(done.notes)
    if as_json:
        click.echo(json.dumps(_document(done), indent=2))
    else:
        print_text("\n".join(map(printable, _lines(done))))


def _document(done: Imported) -> dict[str, object]:
    return {
        "records": dict(done.records),
        "verdicts": dict(done.verdicts),
        "failures": dict(done.failures),
        "judges": [str(path) for path in done.judges],
        "notes": list(done.notes),
    }


def _lines(done: Imported) -> list[str]:
    lines = [f"imported {kind}: {plural(n, 'record')}" for kind, n in done.records.items()]
    for judge in {**done.verdicts, **done.failures}:
        line = f"judge {judge}: {plural(done.verdicts.get(judge, 0), 'verdict')}"
        failed = done.failures.get(judge, 0)
        lines.append(f"{line}, {plural(failed, 'record')} without a verdict" if failed else line)
    return [*lines, *(f"wrote judge {path}" for path in done.judges)]
