"""Models of one judge on common instructions, whose difficulty and effect of length they share."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evalkit.boards.background import Background
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import DifficultySource, Recipe
from evalkit.boards.rates import learn
from evalkit.catalog.histories import read_known
from evalkit.stats.history import fit_history
from evalkit.stats.logistic import expit
from evalkit.stats.recorded import HistoryFile, JudgeIdentity, Known
from tests.stats.stat_samples import LENGTH_SD, sample_of

KNOWN = read_known()
AUTO = Recipe(difficulty=DifficultySource.AUTO, known=KNOWN)
# AlpacaEval's positions, as a table has them
POSITIONS = tuple(f"{index:06d}" for index in range(805))


def models(
    n: int, keys: Sequence[str] = POSITIONS[:120], *, seed: int = 0, judge: str = "judge", baseline: str = "base"
) -> list[Entry]:
    """Verdicts by an instruction's difficulty, a model's ability and an effect of length of 1.5 in log-odds."""
    generator = np.random.default_rng(7)
    difficulty = generator.normal(size=len(keys))
    made = []
    for number in range(n):
        generator = np.random.default_rng([seed, number])
        length = generator.normal(100 * generator.normal(), LENGTH_SD, len(keys)).round()
        chance = expit(generator.normal(-0.3, 0.5) + difficulty + 1.5 * np.tanh(length / LENGTH_SD))
        verdict = np.clip(generator.beta(2 * chance, 2 * (1 - chance)), 0.001, 0.999)
        made.append(Entry(f"model-{seed}-{number:02d}", judge, baseline, sample_of(verdict, length, keys=keys), 1000.0))
    return made


def lone(**changes: object) -> Entry:
    """One model under the judge and the baseline of the shipped history."""
    (shipped,) = KNOWN.files
    (entry,) = models(1, judge=shipped.judge.name, baseline=shipped.baseline)
    return replace(entry, **changes)  # type: ignore[arg-type]


def history_of(
    entries: Sequence[Entry], *, judge: JudgeIdentity | None = None, name: str = "own", digest: str = "0" * 64
) -> HistoryFile:
    history = fit_history({one.model: one.sample for one in entries})
    keys = tuple((key,) for key in sorted(history.difficulty))
    identity = judge or JudgeIdentity(entries[0].judge)
    return HistoryFile(name, entries[0].baseline, identity, history, keys, "made", "2026-01-01", digest)


def knowing(*files: HistoryFile) -> Recipe:
    """The default recipe of somebody who has these histories and none else."""
    return replace(AUTO, known=Known(KNOWN.generic, files))


def taught(entries: Sequence[Entry], recipe: Recipe = AUTO) -> Background:
    """What other models teach the entries of one judge and baseline."""
    return learn(entries, recipe).length
