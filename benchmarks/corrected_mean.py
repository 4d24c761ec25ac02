"""How often the interval of a corrected mean holds the truth, and how wide it is beside that of labels alone.

Usage: `python -m benchmarks.corrected_mean [--draws 2000]` draws labelled rows from real verdicts on 805 instructions,
where one judge stands for people, and from 350 labelled pairs with the scores of five reward models. It needs
`../shared/data`, which is no part of the project. Each line has cover and width of the labels alone and of the
corrected mean, the mean trust, the share of draws in which the corrected interval is more than 2 % wider, and the share
of draws that are not refused, with their cover and width. With `--anew` all rows are drawn with replacement, so that
the labels are no large part of a small population.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.stats.people.corrected_mean import LabelledColumns, corrected, corrected_mean
from evalkit.stats.sample import Floats
from evalkit.types import Estimate

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PEOPLE, JUDGE = "alpaca_eval_cot_gpt4_turbo_fn", "weighted_alpaca_eval_gpt4_turbo"
MODELS = ("claude-2.1", "gpt-3.5-turbo-0301")
LABELS = (40, 80, 160, 320)


@dataclass(frozen=True, slots=True)
class Population:
    """Verdicts and labels of every comparison, of which some labels are drawn."""

    name: str
    verdict: Floats
    said: Floats

    @property
    def truth(self) -> float:
        return 100 * float(self.said.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2000, help="draws of the labelled rows for each line")
    parser.add_argument("--anew", action="store_true", help="draw the unlabelled rows anew too, from the same ones")
    arguments = parser.parse_args()
    print(f"{'population':32}labels  truth  judge   {'people alone':21}{'corrected':21} trust   wider   kept")
    for population in alpaca_eval():
        for n in LABELS:
            simulate(population, n, arguments.draws, anew=arguments.anew)
    for population in judge_bench():
        simulate(population, 100, arguments.draws, anew=arguments.anew)


def alpaca_eval() -> Iterator[Population]:
    """Verdicts of two judges on the same answers; the one of them stands for people."""
    table = pd.read_parquet(DATA / "alpaca_eval" / "preferences.parquet")
    for model in MODELS:
        columns = [table[(table["model"] == model) & (table["judge"] == name)] for name in (PEOPLE, JUDGE)]
        said, verdict = (one.set_index("index")["preference"] for one in columns)
        both = pd.concat([said, verdict], axis=1, keys=("said", "verdict")).dropna()
        # 0 is a tie in AlpacaEval's code
        codes = both.where(both != 0, 1.5) - 1
        yield Population(model, codes["verdict"].to_numpy(dtype=float), codes["said"].to_numpy(dtype=float))


def judge_bench() -> Iterator[Population]:
    for path in sorted((DATA / "judges").glob("jb_rm_*.jsonl")):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        scores = np.array([row["judgments"][0]["judgment"]["scores"] for row in rows])
        said = np.array([row["label"] == "A>B" for row in rows], dtype=float)
        yield Population(path.stem, 1 / (1 + np.exp(scores[:, 1] - scores[:, 0])), said)


def simulate(population: Population, n: int, draws: int, *, anew: bool) -> None:
    """Print one line of the table."""
    generator = np.random.default_rng(n)
    people, judged, kept, trust, wider = [], [], [], [], []
    size = len(population.said)
    for _ in range(draws):
        drawn = generator.choice(size, size, replace=anew)
        said = np.where(np.arange(size) < n, population.said[drawn], np.nan)
        verdict = population.verdict[drawn]
        found = corrected(LabelledColumns(verdict, said, np.arange(size)))
        people.append(found.people_alone)
        judged.append(found.estimate)
        trust.append(found.trust)
        wider.append(_width(found.estimate) > 1.02 * _width(found.people_alone))
        if (usual := corrected_mean(verdict, said)).estimate.value is not None:
            kept.append(usual.estimate)
    judge = 100 * float(population.verdict.mean())
    print(
        f"{population.name:32}{n:6}{population.truth:7.2f}{judge:7.2f}   {_told(people, population.truth):21}"
        f"{_told(judged, population.truth):21}{np.mean(trust):6.2f}{np.mean(wider):8.3f}   {len(kept) / draws:5.3f}  "
        f"{_told(kept, population.truth) if kept else 'refused'}"
    )


def _told(found: list[Estimate], truth: float) -> str:
    ends = np.array([(one.lower, one.upper) for one in found], dtype=float)
    covered = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    return f"{100 * covered.mean():5.1f} / {np.mean([_width(one) for one in found]):5.2f}"


def _width(estimate: Estimate) -> float:
    """The width of an interval before it is cut at 0."""
    assert estimate.value is not None
    assert estimate.upper is not None
    return 2 * (estimate.upper - estimate.value)


if __name__ == "__main__":
    main()
