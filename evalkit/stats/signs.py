"""The exact test of paired shares: whether one of two has something more often than the other."""

import math


def sign_test(more: int, less: int) -> float:
    """Probability of at least `more` of all pairs that differ, were either side as likely: one-sided, McNemar's test.

    Args:
        more: pairs in which only the first has it.
        less: pairs in which only the second has it.

    >>> round(sign_test(3, 0), 4), round(sign_test(13, 2), 4)
    (0.125, 0.0037)
    """
    n = more + less
    # logarithms: beyond a thousand pairs the counts leave a float's range
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(more, n + 1)]
    return min(1.0, math.fsum(math.exp(log - n * math.log(2)) for log in logs))
