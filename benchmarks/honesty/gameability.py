"""How much a model's LC win rate changes when the model is told to be concise or verbose."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.honesty.sources import Source, recipe_of
from evalkit.boards.entries import Entry
from evalkit.boards.rates import learn_rates
from evalkit.boards.row import Metric
from evalkit.stats.sample import Ints, build_sample

JUDGE = "weighted_alpaca_eval_gpt4_turbo"
CONCISE, VERBOSE = "_concise", "_verbose"
# those whose verdicts under this judge are published in two manners at least
FAMILIES = ("gpt-3.5-turbo-1106", "alpaca-7b", "claude-2.1")
DRAWS = 60
Table = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Gameability:
    """Relative standard deviations in percent: between standard and verbose, standard and concise, the mean of both,
    and the mean over all such pairs.
    """

    verbosity: float
    conciseness: float
    pairs: float

    @property
    def mean(self) -> float:
        return (self.verbosity + self.conciseness) / 2


def gameability(metric: Table, win_rate: Table, families: Sequence[str]) -> Gameability:
    """As AlpacaEval's notebook `length_controlled` has it.

    A pair's spread is taken relative to its mean, and multiplied by the spread of win rates over models that were not
    told to be verbose relative to the metric's, so that no metric gains by shrinking its scale.
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
    """A line for each metric, published and ours, with intervals over instructions for ours."""
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
    """Every model of the judge."""
    verdicts = pd.read_parquet(path)
    return [
        _entry(str(model), rows) for model, rows in verdicts[verdicts["judge"] == JUDGE].groupby("model", sort=True)
    ]


def _entry(model: str, rows: pd.DataFrame) -> Entry:
    sample = build_sample(
        [f"{place:06d}" for place in rows["index"]],
        rows["preference"].replace({0.0: 1.5}).to_numpy(float) - 1,
        length_difference=(rows["len_2"] - rows["len_1"]).to_numpy(float),
        baseline_length=rows["len_1"].to_numpy(float),
    )
    return Entry(model, JUDGE, str(rows["baseline"].iloc[0]), sample, avg_length=float(rows["len_2"].mean()))


def _of_entries(entries: Sequence[Entry], source: Source) -> Gameability:
    recipe = recipe_of(source)
    shared = None if source == Source.ALONE else learn_rates(entries, recipe)
    rows = [(shared or learn_rates([entry], recipe)).row(entry) for entry in entries]
    lc, raw = (
        {row.entry.model: row.measured(metric).estimate.value or 0.0 for row in rows}
        for metric in (Metric.LC_WIN_RATE, Metric.WIN_RATE)
    )
    return gameability(lc, raw, FAMILIES)


def _resampled(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries on instructions drawn with replacement, the same for all: one drawn twice weighs twice."""
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
