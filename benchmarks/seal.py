"""Measure what a seal costs: commits of replies with their places, and the check of a whole store.

    python benchmarks/seal.py [--rounds 5] [--replies 4000] [--batch 64]

Both kinds of commits go in turns into new stores, in this process and without an endpoint. A ratio over 1 means that
sealing is slower. `check` compares every row of the sealed store with its seal, as a gate with a key does.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from evalkit.store import Batch, open_store, require_sealed
from evalkit.store.seal import KEY_VARIABLE
from tests.store.filling import open_work, reply_to, url, work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--replies", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {"plain": [], "sealed": [], "check": []}
    for _ in range(arguments.rounds):
        for name, key in (("plain", ""), ("sealed", "benchmark " * 4)):
            os.environ[KEY_VARIABLE] = key
            committed, checked = _fill(arguments.replies, arguments.batch)
            seconds[name].append(committed)
            if key:
                seconds["check"].append(checked)
    for name, measured in seconds.items():
        each = 1e6 * statistics.median(measured) / arguments.replies
        print(f"{name:8} {each:8.1f} microseconds a reply, median of {arguments.rounds}")
    ratios = [sealed / plain for sealed, plain in zip(seconds["sealed"], seconds["plain"], strict=True)]
    print(f"ratio    {statistics.median(ratios):8.2f} [{min(ratios):.2f}, {max(ratios):.2f}]")


def _fill(n: int, size: int) -> tuple[float, float]:
    """The seconds of processor time for laying out and committing, and for the check."""
    with tempfile.TemporaryDirectory() as folder, open_store(url(Path(folder) / "store.db")) as store:
        planned = work(store, n)
        start = time.process_time()
        posed = open_work(store, planned)
        for first in range(0, len(posed), size):
            some = posed[first : first + size]
            replies = [(one.request, reply_to(one, first + number)) for number, one in enumerate(some)]
            store.commit(Batch(replies=replies, places=[(planned.digest, one.slot) for one in some]))
        filled = time.process_time()
        require_sealed(store)
        return filled - start, time.process_time() - filled


if __name__ == "__main__":
    main()
