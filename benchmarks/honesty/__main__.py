"""Measures how often evalkit's intervals cover the truth and its gates err, under simulated processes.

Usage: `python -m benchmarks.honesty [--cells PATTERN] [--runs N] [--out FILE] [--jobs N] [--page]` simulates the
cells whose title matches the regular expression. FILE keeps a line of JSON for each finished cell, and a cell that the
same code has finished is not simulated again. `--page` writes all lines to docs/honesty.csv and sums them up in
docs/honesty.md. `--calibrate DATA` prints the parameters of real judges, which simulated judges are given.
`--gameability DATA` prints how much the LC win rate of a model changes when the model is told to be concise or verbose.
Both read DATA/alpaca_eval.
"""

import argparse
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.honesty.calibration import calibrate
from benchmarks.honesty.cells import all_cells
from benchmarks.honesty.gameability import measure_gameability
from benchmarks.honesty.page import publish
from benchmarks.honesty.runner import run_cells
from benchmarks.honesty.table import lines_of, summary, terminal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default="", metavar="PATTERN", help="a regular expression; all cells by default")
    parser.add_argument("--runs", type=int, default=200, help="simulated rows of each kind in a cell, about")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where finished cells are kept")
    parser.add_argument("--jobs", type=int, default=1, help="processes that simulate")
    parser.add_argument("--page", action="store_true", help="write docs/honesty.csv and the page's tables")
    parser.add_argument("--calibrate", type=Path, metavar="DATA", help="estimate judges from real verdicts instead")
    parser.add_argument("--gameability", type=Path, metavar="DATA", help="measure gameability instead")
    arguments = parser.parse_args()
    if arguments.page and arguments.cells:
        parser.error("--page takes all cells, so --cells cannot stand beside it")
    if arguments.calibrate:
        print(*calibrate(arguments.calibrate), sep="\n")
    elif arguments.gameability:
        print(*measure_gameability(arguments.gameability), sep="\n")
    else:
        simulate(arguments)


def simulate(arguments: argparse.Namespace) -> None:
    # each job is a process of its own already
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    cells = [one for one in all_cells() if re.search(arguments.cells, one.title)]
    found = {}
    for cell, result in run_cells(cells, runs=arguments.runs, out=arguments.out, jobs=arguments.jobs):
        found[cell.title] = result
        print(f"{len(found)} of {len(cells)}: {cell.title} ({result.seconds:.0f} s)", file=sys.stderr, flush=True)
    lines = [line for cell in cells for line in lines_of(cell, found[cell.title])]
    print(terminal(lines))
    print(f"\n{summary(lines)}")
    if arguments.page:
        publish(lines, made=datetime.now(tz=UTC).date())


if __name__ == "__main__":
    main()
