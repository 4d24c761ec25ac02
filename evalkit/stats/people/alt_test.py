"""The alternative annotator test: may a judge stand in for a person of the panel?"""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Bools, Numbers, check_share, floats
from evalkit.stats.intervals import CONFIDENCE
from evalkit.stats.people.panel import Panel
from evalkit.stats.people.rules import check_tie_band, checked_verdict, sides
from evalkit.stats.people.shares import MIN_CLUSTERS, jackknife_error
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats, Ints
from evalkit.types import OK, Estimate, degraded

EPSILON = 0.2
FALSE_DISCOVERIES = 0.05
PASSES_FROM = 50.0
MIN_PEOPLE = 2
MIN_ITEMS = 30


class Scoring(Enum):
    """The fit of a label with those of other people: the `accuracy`, or the negative root mean square error."""

    ACCURACY = "accuracy"
    NEG_RMSE = "neg_rmse"


@dataclass(frozen=True, slots=True)
class AgainstPerson:
    """The test against one person: on how many items, how often the judge and the person are at least as good as the
    other (shares), and the p-value of `the person is better by epsilon or more`.
    """

    person: int
    n: int
    judge: float
    own: float
    p_value: float
    won: bool


@dataclass(frozen=True, slots=True)
class AltTest:
    """The result of the alternative annotator test.

    `winning_rate` is the percentage of people against whom the judge wins, whose n counts people; an outcome of tests
    has no interval. `advantage` is the probability in percent that the judge is at least as good as a person, averaged
    over people; its n counts clusters. `passes` is None where the test is refused.
    """

    winning_rate: Estimate
    advantage: Estimate
    against: tuple[AgainstPerson, ...] = ()

    @property
    def passes(self) -> bool | None:
        rate = self.winning_rate.value
        return None if rate is None else rate >= PASSES_FROM


def alt_test(
    panel: Panel,
    verdict: Numbers,
    *,
    epsilon: float = EPSILON,
    tie_band: float = 0.0,
    confidence: float = CONFIDENCE,
) -> AltTest:
    """The alternative annotator test of a judge's choices of first, tie and second. People must be known by name.

    Args:
        verdict: P(the second answer is better) of each comparison, NaN without a verdict, shape (c,).
        epsilon: the disadvantage that the judge's lower price is worth, as a share; the authors suggest 0.2 against
            experts, 0.15 against skilled people and 0.1 against crowd workers.
        tie_band: how far from 1/2 a verdict still is a tie.

    Returns:
        Refused where nobody has 30 comparisons with a verdict and an opinion of somebody else.

    Raises:
        StatsError: verdicts of another length or outside [0, 1], or epsilon is not a share.
    """
    check_tie_band(tie_band)
    judge = (sides(checked_verdict(panel, verdict), tie_band=tie_band) + 1) / 2
    return alternative_annotator_test(
        panel.comparison, panel.person, panel.said, judge, cluster=panel.cluster, epsilon=epsilon, confidence=confidence
    )


def alternative_annotator_test(
    item: Ints,
    person: Ints,
    label: Floats,
    judge: Floats,
    *,
    cluster: Ints | None = None,
    scoring: Scoring = Scoring.ACCURACY,
    epsilon: float = EPSILON,
    level: float = FALSE_DISCOVERIES,
    min_people: int = MIN_PEOPLE,
    min_items: int = MIN_ITEMS,
    confidence: float = CONFIDENCE,
) -> AltTest:
    """The alternative annotator test of labels that are numbers or numbered categories.

    Each person is left out in turn. On each item, judge and person are compared by how well their labels fit those of
    the other people. A one-sided t-test asks whether the person is better less than epsilon more often than the judge;
    the p-values are adjusted by Benjamini and Yekutieli. The judge passes where it wins against half of the people.

    Args:
        item, person, label: of each of the people's labels, shape (m,); a person has one label of an item.
        judge: the judge's label of each item, NaN without one, shape (items,).
        cluster: items of one cluster are dependent, shape (items,); each item for itself by default. The interval of
            the advantage allows for it, and the authors' t-tests do not.
        level: the rate of false discoveries.

    Reference: Calderon, Reichart and Dror 2025, arXiv:2501.10970.
    """
    check_share(np.array([epsilon]), "epsilon", "Give a share such as 0.2")
    judge = floats(judge, "judge")
    if len(item) and int(item.max()) >= len(judge):
        raise StatsError(f"item has {item.max()}, and judge {len(judge)} labels. Give the judge's label of every item")
    each = np.bincount(item, minlength=len(judge))
    kept = (each[item] >= min_people) & ~np.isnan(judge[item])
    item, person, label = item[kept], person[kept], label[kept]
    own, ours = _scores(item, label, judge[item], scoring)
    judge_as_good, person_as_good = ours >= own, own >= ours
    everyone, count = np.unique(person, return_counts=True)
    tested = everyone[count >= min_items]
    if not len(tested):
        reason = f"nobody labelled {min_items} comparisons that the judge and somebody else labelled"
        return AltTest(Estimate.refused(reason, n=0), Estimate.refused(reason, n=0))
    against = _against(tested, person, judge_as_good, person_as_good, epsilon=epsilon, level=level)
    winning = 100 * sum(one.won for one in against) / len(against)
    groups = np.arange(len(judge)) if cluster is None else cluster
    advantage = _advantage(tested, person, judge_as_good, groups[item], confidence)
    skipped = len(everyone) - len(tested)
    notes = (f"{skipped} people with fewer than {min_items} comparisons left out",) if skipped else ()
    return AltTest(Estimate(winning, None, None, None, len(against), OK, notes), advantage, against)


def _scores(item: Ints, label: Floats, judge: Floats, scoring: Scoring) -> tuple[Floats, Floats]:
    """The fit of each person's label, and of the judge's, with the others' labels of the item; higher is better."""
    order = np.argsort(item, kind="stable")
    count = np.bincount(item)
    start = (np.cumsum(count) - count)[item]
    # each label beside each label of its item, its own included
    left = np.repeat(np.arange(len(item)), count[item])
    first = np.cumsum(count[item]) - count[item]
    right = order[np.repeat(start - first, count[item]) + np.arange(len(left))]
    other = left != right
    left, right = left[other], right[other]

    def fit(given: Floats) -> Floats:
        if scoring == Scoring.ACCURACY:
            points = (given[left] == label[right]).astype(np.float64)
        else:
            points = -((given[left] - label[right]) ** 2)
        # sums over as many people on both sides keep the order that means and their roots would have
        return np.bincount(left, weights=points, minlength=len(item)).astype(np.float64)

    return fit(label), fit(judge)


def _against(
    tested: Ints, person: Ints, judge_as_good: Bools, person_as_good: Bools, *, epsilon: float, level: float
) -> tuple[AgainstPerson, ...]:
    # imported here because they take long to load
    from statsmodels.stats.multitest import multipletests

    rows = [person == one for one in tested]
    difference = person_as_good.astype(np.float64) - judge_as_good
    p_values = [_p_value(difference[own], epsilon) for own in rows]
    won = multipletests(p_values, alpha=level, method="fdr_by")[0]
    return tuple(
        AgainstPerson(
            int(one),
            int(own.sum()),
            float(judge_as_good[own].mean()),
            float(person_as_good[own].mean()),
            p_value,
            bool(wins),
        )
        for one, own, p_value, wins in zip(tested, rows, p_values, won, strict=True)
    )


def _p_value(difference: Floats, epsilon: float) -> float:
    """The p-value of the null that the person is better epsilon or more often than the judge."""
    if np.ptp(difference) == 0:
        # without any variance the t statistic is infinite
        return 0.0 if difference[0] < epsilon else 1.0
    from scipy.stats import ttest_1samp

    return float(ttest_1samp(difference, epsilon, alternative="less").pvalue)


def _advantage(tested: Ints, person: Ints, as_good: Bools, cluster: Ints, confidence: float) -> Estimate:
    """The mean over people of the share of items on which the judge is at least as good."""
    rows = np.isin(person, tested)
    who, group = (np.unique(column[rows], return_inverse=True)[1] for column in (person, cluster))
    n, people = int(group.max()) + 1, len(tested)
    place, size = group * people + who, n * people
    good = np.bincount(place, weights=as_good[rows], minlength=size).reshape(n, people)
    asked = np.bincount(place, minlength=size).reshape(n, people)
    value = float((good.sum(axis=0) / asked.sum(axis=0)).mean())
    rest = asked.sum(axis=0) - asked
    if n < MIN_CLUSTERS or not rest.all():
        return Estimate(100 * value, None, None, None, n, degraded("one instruction has all of a person's labels"))
    without = ((good.sum(axis=0) - good) / rest).mean(axis=1)
    stderr = jackknife_error(value - without, n)
    reach = student_quantile(n - 1, (1 + confidence) / 2) * stderr
    return Estimate(100 * value, 100 * stderr, 100 * max(0.0, value - reach), 100 * min(1.0, value + reach), n)
