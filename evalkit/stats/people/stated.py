"""A judge's stated probabilities beside people's opinions: the input of every number about its calibration."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.columns import Bools, Labels, Numbers, check_share, earliest, floats, numbered
from evalkit.stats.sample import Floats, Ints

TIE = 0.5


@dataclass(frozen=True, eq=False)
class Stated:
    """Opinions and what the judge stated of the same comparisons, a row an opinion; arrays of shape (n,).

    `p` is the judge's P(the second answer is better), `said` the person's 0, 0.5 for a tie, or 1, and `cluster` the
    instruction, numbered from 0. `build_stated` makes one from columns.
    """

    p: Floats
    said: Floats
    cluster: Ints

    @property
    def n(self) -> int:
        """The number of opinions."""
        return len(self.p)

    @property
    def n_clusters(self) -> int:
        return int(self.cluster.max()) + 1 if self.n else 0

    @cached_property
    def decided(self) -> "Stated":
        """The opinions that are no ties; every judge's verdict on them stays, a tie too."""
        return self.where(self.said != TIE)

    @cached_property
    def confidence(self) -> Floats:
        """The probability that the judge gives to the side it takes, from 0.5 to 1."""
        confidence: Floats = np.maximum(self.p, 1 - self.p)
        return confidence

    @cached_property
    def right(self) -> Floats:
        """The judge's share of the opinion: 1 if it takes the person's side, 0.5 if one of the two ties, else 0."""
        right: Floats = (1 + np.sign(self.p - TIE) * np.sign(self.said - TIE)) / 2
        return right

    def where(self, rows: Bools) -> "Stated":
        """The opinions of some rows, with their instructions numbered anew."""
        cluster = np.unique(self.cluster[rows], return_inverse=True)[1].astype(np.int64)
        return Stated(self.p[rows], self.said[rows], cluster)


def build_stated(p: Numbers, said: Numbers, cluster: Labels) -> Stated:
    """Gather a judge's probabilities and people's opinions, one row per opinion; rows without a verdict are left out.

    For the verdicts of a panel's comparisons this is
    `build_stated(verdict[panel.comparison], panel.said, panel.cluster[panel.comparison])`.

    Args:
        p: the judge's P(the second answer is better), missing where it gave no verdict; shape (n,).
        said: the person's opinion, 0, 0.5 for a tie, or 1 for the second answer; shape (n,).
        cluster: the instruction, a number or a name; rows of one instruction are dependent; shape (n,).

    Raises:
        StatsError: a probability is outside [0, 1], an opinion is not one of the three, or lengths differ.
    """
    p = floats(p, "p")
    rows = ("p", len(p))
    check_share(p, "p", "Give P(the second answer is better), NaN without a verdict")
    said = floats(said, "said", like=rows, known=True)
    if (wrong := ~np.isin(said, (0.0, TIE, 1.0))).any():
        row = earliest(wrong)
        raise StatsError(f"said[{row}] is {said[row]:g}. Give 0 for the first answer, 0.5 for a tie, 1 for the second")
    cluster = numbered(cluster, "cluster", like=rows)
    return Stated(p, said, cluster).where(~np.isnan(p))
