"""Measures how often evalkit's intervals cover the truth and its gates err, under simulated processes.

Usage: `python -m benchmarks.honesty [--cells PATTERN] [--runs N] [--out FILE] [--jobs N] [--markdown]` simulates the
cells whose title matches the regular expression. FILE keeps a line of JSON for each finished cell, and a cell that the
same code has finished is not simulated again. `--calibrate DATA` prints the parameters of real judges, which simulated
judges are given. `--gameability DATA` prints how much the LC win rate of a model changes when the model is told to be
concise or verbose. Both read DATA/alpaca_eval.
"""

import argparse
import os
import re
import sys
from pathlib import Path

from benchmarks.honesty.calibration import calibrate
from benchmarks.honesty.cells import all_cells
from benchmarks.honesty.gameability import measure_gameability
from benchmarks.honesty.runner import run_cells
from benchmarks.honesty.table import lines_of, markdown, summary, terminal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", default="", metavar="PATTERN", help="a regular expression; all cells by default")
    parser.add_argument("--runs", type=int, default=200, help="simulated rows of each kind in a cell, about")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where finished cells are kept")
    parser.add_argument("--jobs", type=int, default=1, help="processes that simulate")
    parser.add_argument("--markdown", action="store_true", help="print the table as markdown")
    parser.add_argument("--calibrate", type=Path, metavar="DATA", help="estimate judges from real verdicts instead")
    parser.add_argument("--gameability", type=Path, metavar="DATA", help="measure gameability instead")
    arguments = parser.parse_args()
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
    results = [(cell, found[cell.title]) for cell in cells]
    show = markdown if arguments.markdown else terminal
    print(show([line for cell, result in results for line in lines_of(cell, result)]))
    print(f"\n{summary(results)}")


if __name__ == "__main__":
    main()
