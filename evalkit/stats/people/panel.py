"""People's opinions of comparisons, as arrays: what every statistic of a judge against people is computed from."""

from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Bools, Labels, Numbers, Texts, check_share, earliest, floats, labels, numbered, shown
from evalkit.stats.people.medians import medians
from evalkit.stats.sample import Floats, Ints

# the values of an opinion: P(the second answer is better)
SAID = (0.0, 0.5, 1.0)
_SAID = "Give 0 where the first answer is better, 0.5 for a tie, and 1 where the second is"


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """The comparisons of a human file, and people's opinions of them; `build_panel` makes one from columns of names.

    `cluster` is the instruction of each comparison, numbered from 0, shape (c,). `comparison` is the row of each
    opinion's comparison, `person` the number of its person, and `said` P(the second answer is better), which is 0, 1/2
    or 1; shape (m,). A person has at most one opinion of a comparison, and a comparison may have none.
    """

    cluster: Ints
    comparison: Ints
    person: Ints
    said: Floats

    @property
    def n_comparisons(self) -> int:
        return len(self.cluster)

    @property
    def n_opinions(self) -> int:
        return len(self.said)

    @property
    def n_people(self) -> int:
        return len(np.unique(self.person))

    @property
    def opinions_each(self) -> Ints:
        """The number of opinions of each comparison, shape (c,)."""
        return np.bincount(self.comparison, minlength=self.n_comparisons).astype(np.int64)

    @property
    def counts(self) -> Floats:
        """The opinions of each comparison that are 0, 1/2 and 1, shape (c, 3)."""
        place = 3 * self.comparison + np.rint(2 * self.said).astype(np.int64)
        return np.bincount(place, minlength=3 * self.n_comparisons).reshape(-1, 3).astype(np.float64)

    @property
    def median(self) -> Floats:
        """The median opinion of each comparison, of an even number the mean of the middle two; NaN without; (c,)."""
        return medians(self.comparison, self.said, self.n_comparisons)

    def of_comparisons(self, kept: Bools) -> "Panel":
        """The panel with the opinions of these comparisons alone; all comparisons keep their rows.

        Args:
            kept: shape (c,).
        """
        rows = kept[self.comparison]
        return Panel(self.cluster, self.comparison[rows], self.person[rows], self.said[rows])


def build_panel(keys: Labels, *, of: Labels, people: Labels, said: Numbers, clusters: Labels | None = None) -> Panel:
    """Gather opinions into a panel.

    Args:
        keys: the name of each comparison, in the order that a judge's verdicts will have, shape (c,).
        of: the name of each opinion's comparison, shape (m,).
        people: the name of each opinion's person, shape (m,).
        said: P(the second answer is better), which is 0, 1/2 or 1, shape (m,).
        clusters: the instruction of each comparison, shape (c,); by default each comparison is on its own instruction.

    Raises:
        StatsError: a name is given to two comparisons, an opinion is of an unknown comparison or of another value, a
            person has two opinions of one comparison, or columns have different lengths. The message names the row.

    Example:
        >>> from evalkit.stats import build_panel
        >>> panel = build_panel(["a", "b"], of=["a", "a", "b"], people=["ann", "bob", "ann"], said=[0, 0.5, 1])
        >>> panel.n_opinions, panel.n_people, panel.median.tolist()
        (3, 2, [0.25, 1.0])
    """
    names = labels(keys, "keys")
    rows = ("keys", len(names))
    cluster = np.arange(len(names)) if clusters is None else numbered(clusters, "clusters", like=rows)
    alphabetical = np.argsort(names, kind="stable")
    ordered = names[alphabetical]
    if (twice := ordered[1:] == ordered[:-1]).any():
        raise StatsError(
            f"keys has {shown(str(ordered[earliest(twice)]))} twice. Give each comparison a name of its own"
        )
    wanted = labels(of, "of")
    opinions = ("of", len(wanted))
    comparison = _rows(wanted, ordered, alphabetical)
    person_names = labels(people, "people", like=opinions)
    person = np.unique(person_names, return_inverse=True)[1].astype(np.int64)
    value = floats(said, "said", like=opinions, known=True)
    check_share(value, "said", _SAID)
    if (wrong := ~np.isin(value, SAID)).any():
        raise StatsError(f"said[{earliest(wrong)}] is {value[earliest(wrong)]:g}. {_SAID}")
    _check_once(comparison, person, names, person_names)
    return Panel(cluster.astype(np.int64), comparison, person, value)


def _rows(wanted: Texts, ordered: Texts, alphabetical: Ints) -> Ints:
    """The row of each opinion's comparison."""
    if not len(ordered):
        place = np.zeros(len(wanted), dtype=np.int64)
        unknown = np.ones(len(wanted), dtype=bool)
    else:
        place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
        unknown = ordered[place] != wanted
    if unknown.any():
        row = earliest(unknown)
        raise StatsError(
            f"of[{row}] is {shown(str(wanted[row]))}, which is not in keys. Give each opinion's comparison"
        )
    return alphabetical[place].astype(np.int64)


def _check_once(comparison: Ints, person: Ints, names: Texts, people: Texts) -> None:
    """Refuse a second opinion of one person on one comparison."""
    order = np.lexsort((person, comparison))
    same = (np.diff(comparison[order]) == 0) & (np.diff(person[order]) == 0)
    if same.any():
        row = int(order[earliest(same) + 1])
        raise StatsError(
            f"{shown(str(people[row]))} has two opinions of {shown(str(names[comparison[row]]))}. Give each person one "
            "opinion of a comparison, or another name to the second"
        )
