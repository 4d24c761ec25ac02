"""Sources of a row's difficulty and slopes; only this module calls the functions of evalkit that compute rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from benchmarks.honesty.processes import Drawn
from evalkit.boards.entries import Entry
from evalkit.boards.metrics import DifficultySource, Metric, Recipe
from evalkit.boards.rates import Estimators, learn
from evalkit.boards.row import BoardRow
from evalkit.catalog.histories import read_known
from evalkit.gating.choice import Required
from evalkit.gating.decide import decide
from evalkit.gating.gate import Gate
from evalkit.gating.rule import Decision, Rule, Spent
from evalkit.stats.recorded import Known
from evalkit.types import Estimate

BENCHMARK, BASELINE = "simulated", "baseline"
# the win rate in percent at which neither model is better
EVEN = 50.0


class Source(Enum):
    """The other models that a row is computed with: none, a board of 6 or 20, or a history of 20."""

    ALONE = "alone"
    BOARD_6 = "board of 6"
    BOARD_20 = "board of 20"
    APART = "history of 20"

    @property
    def history(self) -> int:
        """The number of models that only teach the history."""
        return 20 if self == Source.APART else 0

    @property
    def difficulty(self) -> DifficultySource:
        return DifficultySource.AUTO

    def candidates(self, strata: int) -> int:
        """The number of models whose rows are measured."""
        return {Source.ALONE: strata, Source.BOARD_6: 6, Source.BOARD_20: 20, Source.APART: max(8, strata)}[self]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The models whose rows are measured, and the rates that a source gives them."""

    source: Source
    entries: tuple[Entry, ...]
    group: tuple[Entry, ...]
    rates: Estimators | None

    def row(self, entry: Entry) -> BoardRow:
        return self._rates(entry).row(entry)

    def decide(self, entry: Entry, rule: Rule) -> Decision:
        if self.rates is None:
            return gate_of(self.source, rule).decide(entry, [entry], rule)
        # as `Gate.decide`, but without learning from all models again for each decision
        return decide(entry, self.rates, rule, benchmark=BENCHMARK)

    def look(self, entry: Entry, rule: Rule, *, keys: frozenset[str], spent: Spent) -> Decision:
        """The decision of one look, on some of the instructions and at the confidence of that look."""
        part = replace(entry, sample=entry.sample.restricted(keys))
        return gate_of(self.source, rule).look(part, self.group, rule, keys=keys, spent=spent)

    def difference(self, first: Entry, second: Entry, metric: Metric) -> Estimate:
        samples = (first.sample, second.sample)
        return self._rates(first).differences((first, second), samples)[metric].estimate

    def _rates(self, entry: Entry) -> Estimators:
        if self.rates is not None:
            return self.rates
        return learn([entry], recipe_of(self.source))


def candidates_of(source: Source, drawn: Sequence[Drawn]) -> Candidates:
    """The models whose rows are measured; in `drawn` the models of a history come before them."""
    entries = tuple(_entry(place, one) for place, one in enumerate(drawn))
    if source == Source.ALONE:
        return Candidates(source, entries, (), None)
    learned = entries[: source.history] if source == Source.APART else entries
    rates = learn(learned, recipe_of(source))
    return Candidates(source, entries[source.history :], learned, rates)


def gate_of(source: Source, rule: Rule) -> Gate:
    recipe = replace(recipe_of(source), metric=rule.metric)
    return Gate(rule=rule, recipe=recipe, wanted=Required(), benchmark=BENCHMARK)


def sensitivity(row: BoardRow) -> float | None:
    """The correlation at which the row's conclusion would change; None if the row has no sensitivity."""
    found = row.controlled.sensitivity
    return None if found is None else found.correlation_to(EVEN)


def recipe_of(source: Source) -> Recipe:
    return Recipe(difficulty=source.difficulty, known=_known())


@cache
def _known() -> Known:
    return read_known()


def _entry(place: int, drawn: Drawn) -> Entry:
    difference = drawn.sample.length_difference
    assert difference is not None
    return Entry(f"model-{place:02d}", "judge", BASELINE, drawn.sample, avg_length=2000.0 + float(difference.mean()))
