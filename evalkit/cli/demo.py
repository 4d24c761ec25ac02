"""evalkit demo: judge the shipped example and print its board, offline."""

import tempfile
from pathlib import Path

import click

from evalkit import assets
from evalkit.boards import build_boards
from evalkit.catalog import baseline_source, read_benchmark
from evalkit.cli.boards import print_boards
from evalkit.cli.help import Command
from evalkit.cli.notes import print_text
from evalkit.engine import Limits
from evalkit.formats import read_one, read_outputs
from evalkit.judge_spec import read_judge
from evalkit.judging import Options, annotate, plan_all
from evalkit.sources import Sources, entries_of_store, read_recipe
from evalkit.store import open_store, store_url

BENCHMARK = "example"
JUDGE = "surface"


@click.command(
    "demo",
    cls=Command,
    examples={
        "See a board of the three example models.": "evalkit demo",
        "Then judge one of them yourself.": ("evalkit annotate examples/outputs/careful.json --benchmark example"),
    },
)
def command() -> None:
    """Judge the three example models offline, and print their board."""
    benchmark = read_benchmark(BENCHMARK)
    baseline = read_one([baseline_source(benchmark, None)])
    outputs = sorted(assets.folder("examples").glob("outputs/*.json"))
    candidates = [read for read in read_outputs(map(str, outputs)) if read.model != benchmark.baseline]
    config = read_judge(JUDGE)
    with tempfile.TemporaryDirectory() as folder, open_store(store_url(None, Path(folder))) as store:
        annotate(
            plan_all(baseline, candidates, [config], Options(BENCHMARK), secret=store.secret), store, limits=Limits()
        )
        boards = build_boards(entries_of_store(store, benchmark=BENCHMARK), read_recipe(Sources(board=BENCHMARK)))
    print_boards(boards)
    print_text(
        "\nThe verbose model wins often and falls back once length is controlled for: the two columns say how far its "
        "wins come from length alone.\n\n"
        "Next, judge outputs of your own, a file with instruction, output and generator:\n"
        "  evalkit annotate outputs.json     # beside it baseline.json, or one of AlpacaEval's 805 answers\n"
        "  evalkit leaderboard\n"
        "With OPENAI_API_KEY or OPENAI_BASE_URL set, a judge that reads answers is asked, after a forecast of cost. "
        "evalkit judges lists all judges; evalkit init writes settings and a gate for CI."
    )
