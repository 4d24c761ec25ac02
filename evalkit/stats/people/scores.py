"""Proper scores of a judge's stated probabilities against people's opinions: the Brier score and the log loss."""

import math
from dataclasses import replace

import numpy as np

from evalkit.stats.columns import check_confidence
from evalkit.stats.intervals import CONFIDENCE, clustered_stderr
from evalkit.stats.people.stated import Stated
from evalkit.stats.quantiles import student_quantile
from evalkit.stats.sample import Floats
from evalkit.stats.shares import MIN_CLUSTERS, mean_share
from evalkit.types import OK, Estimate, degraded

# with fewer instructions than this to carry the loss, the next such instruction can double it
FEW_CARRIERS = 10


def brier_score(stated: Stated, *, confidence: float = CONFIDENCE) -> Estimate:
    """The mean squared distance of P(the second answer is better) from the opinion, on the scale 0..1; 0 is best.

    A person's tie counts as half an opinion for either side. A judge that always states 0.5 thus has 0.25, however many
    ties there are.

    Returns:
        n counts instructions; refused below two.

    Reference: Brier 1950, Monthly Weather Review 78.
    """
    p, said = stated.p, stated.said
    percent = mean_share(said * (1 - p) ** 2 + (1 - said) * p**2, stated.cluster, confidence=confidence)
    if percent.value is None or percent.stderr is None or percent.lower is None or percent.upper is None:
        return percent
    return replace(
        percent,
        value=percent.value / 100,
        stderr=percent.stderr / 100,
        lower=percent.lower / 100,
        upper=percent.upper / 100,
    )


def log_loss(stated: Stated, *, confidence: float = CONFIDENCE) -> Estimate:
    """The mean of -log of the probability that the judge gave to the opinion, in nats; 0 is best.

    A person's tie counts as half an opinion for either side, so a judge that always states 0.5 has log 2. The interval
    is Student's for the logarithm of the mean, because few opinions carry most of the loss of a confident judge.

    Returns:
        n counts instructions. Refused below two, where the judge gave an opinion the probability 0, since its loss is
        infinite, and where nothing was lost. Degraded where few instructions carry the loss.

    Reference: Good 1952, Journal of the Royal Statistical Society B 14.
    """
    check_confidence(confidence)
    n = stated.n_clusters
    if n < MIN_CLUSTERS:
        return Estimate.refused(f"{n} instructions, at least {MIN_CLUSTERS} needed", n=n)
    if impossible := n_impossible(stated):
        return Estimate.refused(
            f"{impossible} of {stated.n} opinions had the probability 0, whose log loss is infinite", n=n
        )
    lost = losses(stated)
    mean = float(lost.mean())
    if mean <= 0:
        return Estimate.refused("the judge is certain of every opinion and right, so the loss does not vary", n=n)
    stderr = clustered_stderr(lost - mean, stated.cluster)
    reach = math.exp(student_quantile(n - 1, (1 + confidence) / 2) * stderr / mean)
    by_instruction = np.bincount(stated.cluster, weights=lost)
    carriers = round(float(by_instruction.sum() ** 2 / (by_instruction**2).sum()))
    status = degraded(f"about {carriers} of {n} instructions carry the loss") if carriers < FEW_CARRIERS else OK
    return Estimate(mean, stderr, mean / reach, mean * reach, n, status)


def n_impossible(stated: Stated) -> int:
    """The number of opinions, ties among them, that say what the judge gave the probability 0."""
    return int((((stated.p == 0) & (stated.said > 0)) | ((stated.p == 1) & (stated.said < 1))).sum())


def losses(stated: Stated) -> Floats:
    """The log loss of each opinion in nats, infinite for an impossible one; shape (n,)."""
    # imported here because scipy.special takes longer to load than most commands take to run
    from scipy.special import xlog1py, xlogy

    # scikit-learn's log_loss clips probabilities without a word, and gives the mean only
    lost: Floats = -xlogy(stated.said, stated.p) - xlog1py(1 - stated.said, -stated.p)
    return lost
