"""Measures how much win rates and LC win rates change when the same model is told to be concise or verbose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.honesty.sources import Source, recipe_of
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import LC_WIN_RATE, WIN_RATE
from evalkit.boards.rates import learn
from evalkit.stats.sample import Ints
from tests.stats.stat_samples import alpaca_sample

JUDGE = "weighted_alpaca_eval_gpt4_turbo"
CONCISE, VERBOSE = "_concise", "_verbose"
# models with published verdicts of this judge on their answers in at least two manners
FAMILIES = ("gpt-3.5-turbo-1106", "alpaca-7b", "claude-2.1")
DRAWS = 60
Table = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Gameability:
    """Relative standard deviations of a metric in percent; a lower number is harder to game.

    `verbosity` compares the standard manner with the verbose one, `conciseness` with the concise one, each as a mean
    over model families. `mean` is the mean of these two, and `pairs` the mean over all pairs that they compare.
    """

    verbosity: float
    conciseness: float
    pairs: float

    @property
    def mean(self) -> float:
        return (self.verbosity + self.conciseness) / 2


def gameability(metric: Table, win_rate: Table, families: Sequence[str]) -> Gameability:
    """The gameability of a metric, as AlpacaEval's notebook `length_controlled` computes it.

    The spread of a pair is divided by the mean of the pair. It is then multiplied by the spread of win rates over the
    spread of the metric, both over models that were not told to be verbose, so that a metric does not gain by
    shrinking its scale.
    """
    models = [name for name in metric if not name.endswith(VERBOSE)]
    weight = _spread([win_rate[name] for name in models]) / _spread([metric[name] for name in models])
    found = {
        manner: [
            _spread([metric[family], metric[family + manner]]) / np.mean([metric[family], metric[family + manner]])
            for family in families
            if family + manner in metric
        ]
        for manner in (VERBOSE, CONCISE)
    }
    verbose, concise = (100 * weight * float(np.mean(found[manner])) for manner in (VERBOSE, CONCISE))
    return Gameability(verbose, concise, 100 * weight * float(np.mean([*found[VERBOSE], *found[CONCISE]])))


def measure_gameability(data: Path) -> Iterator[str]:
    """A line for each metric: published metrics first, then ours with intervals over instructions."""
    folder = data / "alpaca_eval"
    published = pd.read_csv(folder / "published_alpaca_eval2.csv").set_index("model")
    raw, lc = (
        {str(model): float(value) for model, value in published[name].items()}
        for name in ("win_rate", "length_controlled_winrate")
    )
    whole = [name for name in raw if {name + CONCISE, name + VERBOSE} <= raw.keys()]
    yield f"{'':42} verbosity  conciseness  mean of both  all pairs"
    yield _line(f"published win rate, {len(whole)} families", gameability(raw, raw, whole))
    yield _line(f"published LC, {len(whole)} families", gameability(lc, raw, whole))
    entries = read_entries(folder / "preferences.parquet")
    names = {entry.model for entry in entries} & raw.keys()
    own_raw, own_lc = ({name: one[name] for name in raw if name in names} for one in (raw, lc))
    yield _line(f"published win rate, {len(FAMILIES)} families", gameability(own_raw, own_raw, FAMILIES))
    yield _line(f"published LC, {len(FAMILIES)} families", gameability(own_lc, own_raw, FAMILIES))
    for source in (Source.ALONE, Source.BOARD_20):
        found = _of_entries(entries, source)
        drawn = [_of_entries(one, source) for one in _resampled(entries)]
        ends = np.percentile([(one.mean, one.pairs) for one in drawn], [2.5, 97.5], axis=0)
        name = "LC alone" if source == Source.ALONE else f"LC on a board of {len(entries)}"
        yield _line(name, found) + "   [{:.1f}, {:.1f}]  [{:.1f}, {:.1f}]".format(*ends.T.ravel())


def read_entries(path: Path) -> list[Entry]:
    """The entries of all models that the judge judged."""
    verdicts = pd.read_parquet(path)
    return [
        _entry(str(model), rows) for model, rows in verdicts[verdicts["judge"] == JUDGE].groupby("model", sort=True)
    ]


def _entry(model: str, rows: pd.DataFrame) -> Entry:
    baseline, average = str(rows["baseline"].iloc[0]), float(rows["len_2"].mean())
    return Entry(model, JUDGE, baseline, alpaca_sample(rows), avg_length=average)


def _of_entries(entries: Sequence[Entry], source: Source) -> Gameability:
    recipe = recipe_of(source)
    shared = None if source == Source.ALONE else learn(entries, recipe)
    rows = [(shared or learn([entry], recipe)).row(entry) for entry in entries]
    lc, raw = (
        {row.entry.model: row.measured(metric).estimate.value or 0.0 for row in rows}
        for metric in (LC_WIN_RATE, WIN_RATE)
    )
    return gameability(lc, raw, FAMILIES)


def _resampled(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries on instructions drawn with replacement, the same for all; one that is drawn twice weighs twice."""
    keys = sorted({key for entry in entries for key in entry.sample.keys})
    generator = np.random.default_rng(1)
    for _ in range(DRAWS):
        counts = np.bincount(generator.integers(len(keys), size=len(keys)), minlength=len(keys))
        yield [_weighted(entry, dict(zip(keys, counts, strict=True))) for entry in entries]


def _weighted(entry: Entry, counts: Mapping[str, Ints]) -> Entry:
    drawn = entry.sample.restricted({key for key, count in counts.items() if count})
    weight = np.array([counts[key] for key in drawn.keys], dtype=np.float64)
    return replace(entry, sample=replace(drawn, weight=weight))


def _spread(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1))


def _line(name: str, found: Gameability) -> str:
    return f"{name:42} {found.verbosity:9.1f} {found.conciseness:12.1f} {found.mean:13.1f} {found.pairs:10.1f}"
