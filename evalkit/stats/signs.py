"""The exact sign test of paired shares: whether the first of two models has a property more often than the second."""

import math


def sign_test(more: int, less: int) -> float:
    """P-value of the exact one-sided McNemar test: the probability of at least `more` if both sides are equally likely.

    Args:
        more: number of pairs in which only the first has the property.
        less: number of pairs in which only the second has it.

    >>> from evalkit.stats import sign_test
    >>> round(sign_test(3, 0), 4), round(sign_test(13, 2), 4)
    (0.125, 0.0037)
    """
    n = more + less
    # logarithms, because the binomial coefficients overflow a float beyond a thousand pairs
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(more, n + 1)]
    return min(1.0, math.fsum(math.exp(log - n * math.log(2)) for log in logs))
