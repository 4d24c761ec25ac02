"""How a run behaves while an endpoint turns requests away: early requests, wasted ones, and the time it takes.

    python benchmarks/storm.py [--n 805] [--hopeless 60]

Two storms against the mock judge, which notes in its ledger who comes before the time that it named. In the first one
60 % of what arrives in the first minute is answered 429 with Retry-After 1 to 5 seconds. The second turns 60 % of all
requests away for ever, so that no client can do with fewer than 1.5 wasted ones for each useful one.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.kills import Scene
from tests.rig import mock_judge
from tests.zygote import open_zygote

TURN_AWAY = {"status": 429, "retry_after": {"low": 1, "high": 5, "form": "seconds"}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=805)
    parser.add_argument("--hopeless", type=int, default=60)
    arguments = parser.parse_args()
    print(
        "| storm | verdicts | early | wasted / useful | seconds | without the storm |\n|---|---:|---:|---:|---:|---:|"
    )
    minute = [{"when": {"share": 0.6, "until": 60.0}, "do": TURN_AWAY}]
    storm("60 % for a minute", arguments.n, minute)
    for_ever = [{"when": {"share": 0.6}, "do": TURN_AWAY}]
    storm("60 % for ever", arguments.hopeless, for_ever)


def storm(name: str, n: int, script: Sequence[Mapping[str, Any]]) -> None:
    seconds = {}
    for kind, rules in (("calm", ()), ("storm", script)):
        with (
            tempfile.TemporaryDirectory() as folder,
            open_zygote() as zygote,
            mock_judge(Path(folder) / "mock", latency=0.2, script=rules) as judge,
        ):
            scene = Scene.lay(zygote, judge, Path(folder), n=n, concurrency=16)
            started = time.monotonic()
            scene.finish("run")
            seconds[kind] = time.monotonic() - started
            ledger = judge.ledger()
    useful = sum(entry.billed for entry in ledger)
    early = sum(entry.early for entry in ledger)
    wasted = (len(ledger) - useful) / useful
    print(f"| {name} | {useful} of {n} | {early} | {wasted:.2f} | {seconds['storm']:.0f} | {seconds['calm']:.0f} |",
          flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
