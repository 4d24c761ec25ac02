"""Quantiles of the normal, Student's and the Beta distribution.

They are implemented here because importing scipy.special took longer than all the rest of a command on stored replies;
the tests compare them with scipy.special.
"""

import math
from statistics import NormalDist

_TINY = 1e-300
_PRECISE = 1e-15
_TERMS = 10_000
_STEPS = 200
# log-odds at which a float still tells a share from 1
_FAR = 30.0


def normal_quantile(probability: float) -> float:
    """The point at which the standard normal distribution reaches a probability in (0, 1)."""
    return NormalDist().inv_cdf(probability)


def student_quantile(degrees: float, probability: float) -> float:
    """The point at which Student's distribution reaches a probability in (0, 1).

    Args:
        degrees: of freedom, at least 1.
    """
    if probability == 0.5:
        return 0.0
    tail = min(probability, 1 - probability)
    share = beta_quantile(degrees / 2, 0.5, 2 * tail)
    size = math.sqrt(degrees * (1 - share) / share) if share > 0 else math.inf
    return -size if probability < 0.5 else size


def student_tails(degrees: float, statistic: float) -> float:
    """The probability that a Student variable is at least as far from zero as a statistic."""
    return beta_probability(degrees / 2, 0.5, degrees / (degrees + statistic**2))


def beta_quantile(a: float, b: float, probability: float) -> float:
    """The point where the Beta(a, b) distribution reaches a probability in (0, 1), by Halley's steps that stay in a
    bracket.

    Args:
        a, b: positive shapes.
    """
    low, high = 0.0, 1.0
    x = _about(a, b, probability)
    for _ in range(_STEPS):
        excess = beta_probability(a, b, x) - probability
        low, high = (low, x) if excess > 0 else (x, high)
        density = math.exp(_log_density(a, b, x))
        newton = excess / density if density > 0 else math.inf
        # what Newton's step is off by, as a share of it
        bent = newton * ((a - 1) / x - (b - 1) / (1 - x)) / 2 if density > 0 else 0.0
        step = newton / (1 - bent) if abs(bent) < 0.5 else newton
        there = x - step if low < x - step < high else (low + high) / 2
        settled = there == x - step and abs(step * bent) <= _PRECISE * min(x, 1 - x)
        if settled or abs(there - x) <= _PRECISE * x or not low < there < high:
            return there
        x = there
    return x


def _about(a: float, b: float, probability: float) -> float:
    """A point near the quantile, as if the log-odds were normal; inside (0, 1)."""
    log_odds = math.log(a / b) + normal_quantile(probability) * math.sqrt(1 / a + 1 / b)
    return 1 / (1 + math.exp(-max(-_FAR, min(_FAR, log_odds))))


def beta_probability(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by its continued fraction.

    Reference: NIST Digital Library of Mathematical Functions, 8.17.22.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_probability(b, a, 1 - x)
    return math.exp(_log_density(a, b, x)) * x * (1 - x) / a / _fraction(a, b, x)


def _log_density(a: float, b: float, x: float) -> float:
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return scale + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), evaluated forwards by Lentz's method."""
    value, numerator, denominator = 1.0, 1.0, 0.0
    for term in range(1, _TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        denominator = 1.0 / (1.0 + d * denominator or _TINY)
        numerator = 1.0 + d / numerator or _TINY
        value *= numerator * denominator
        if abs(numerator * denominator - 1.0) < _PRECISE:
            break
    return value
