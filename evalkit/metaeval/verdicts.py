"""A judge's verdicts on labelled comparisons, in columns."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from evalkit.metaeval.judge_name import JudgeName
from evalkit.metaeval.labels import LabelTable
from evalkit.stats import Floats, Ints
from evalkit.stats.columns import Bools
from evalkit.types import Annotation, Order

UNLABELLED = "not a comparison of the labels"


@dataclass(frozen=True, slots=True)
class JudgeCost:
    """The cost of some replies: US dollars, seconds and tokens, each None where it is not known of every reply."""

    replies: int
    dollars: float | None
    seconds: float | None
    tokens: float | None


@dataclass(frozen=True, eq=False)
class JudgeVerdicts:
    """The single verdicts of one judge, a row each; arrays of shape (v,).

    `comparison` is the row of the comparison, `second_first` is true where the second answer was shown first, and
    `preference` is P(the second answer is better). `ordered` is false where it is not known which was shown first;
    `asked` is false for verdicts by rule. `failures` counts the reasons of missing verdicts.
    """

    judge: JudgeName
    n_comparisons: int
    comparison: Ints
    second_first: Bools
    ordered: Bools
    asked: Bools
    repeat: Ints
    preference: Floats
    effort: JudgeCost = JudgeCost(0, None, None, None)
    failures: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def mean(self) -> Floats:
        """P(the second answer is better) of each comparison, the mean over orders and repeats; NaN where there is no
        verdict; shape (c,).
        """
        counts = np.bincount(self.comparison, minlength=self.n_comparisons)
        totals = np.bincount(self.comparison, weights=self.preference, minlength=self.n_comparisons)
        mean: Floats = np.divide(totals, counts, out=np.full(self.n_comparisons, np.nan), where=counts > 0)
        return mean

    @property
    def judged(self) -> int:
        """The number of comparisons with a verdict."""
        return int(np.isfinite(self.mean).sum())

    @cached_property
    def only_sides(self) -> bool:
        """True if the judge took a side with certainty on every comparison, so that it never called a tie."""
        known = self.mean[np.isfinite(self.mean)]
        return bool(len(known)) and bool(np.isin(known, (0.0, 1.0)).all())

    @cached_property
    def both_orders(self) -> bool:
        """True if some comparison was shown in both orders."""
        shown = self.ordered & self.asked
        first = np.unique(self.comparison[shown & self.second_first])
        other = np.unique(self.comparison[shown & ~self.second_first])
        return bool(len(np.intersect1d(first, other)))

    @cached_property
    def repeats(self) -> int:
        """The number of times that a comparison was judged in one order, at most."""
        return int(self.repeat.max()) + 1 if len(self.repeat) else 0


def verdicts_of(judge: JudgeName, annotations: Iterable[Annotation], labels: LabelTable) -> JudgeVerdicts:
    """Put a judge's annotations into columns; those that are on no comparison of the labels are counted as failures."""
    rows: list[tuple[int, bool, bool, bool, int, float]] = []
    failures: Counter[str] = Counter()
    dollars: list[float | None] = []
    seconds: list[float | None] = []
    tokens: list[float | None] = []
    for one in annotations:
        slot, place = one.slot, labels.place.get(one.slot.key)
        if one.reply is not None:
            dollars.append(one.cost)
            seconds.append(one.reply.seconds)
            both = (one.reply.prompt_tokens, one.reply.completion_tokens)
            tokens.append(None if None in both else float(sum(count for count in both if count is not None)))
        if place is None or one.preference is None:
            failures[one.failure or UNLABELLED] += 1
            continue
        known = slot.order in (Order.BASELINE_FIRST, Order.CANDIDATE_FIRST)
        second_first = slot.order == Order.CANDIDATE_FIRST
        rows.append((place, second_first, known, slot.rule is None, slot.repeat, one.preference))
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return JudgeVerdicts(
        judge,
        labels.n,
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=bool),
        np.array(columns[2], dtype=bool),
        np.array(columns[3], dtype=bool),
        np.array(columns[4], dtype=np.int64),
        np.array(columns[5], dtype=np.float64),
        JudgeCost(len(dollars), _total(dollars), _total(seconds), _total(tokens)),
        dict(failures.most_common()),
    )


def _total(amounts: list[float | None]) -> float | None:
    """The sum, if there is something to add up and all of it is known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None
