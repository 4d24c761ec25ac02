"""Metrics of the user's: a function that scores each verdict becomes a number by which boards rank and gates decide."""

import re
from collections.abc import Callable
from typing import overload

from evalkit.api.python_judges import check_function, name_of
from evalkit.boards import METRICS, Metric
from evalkit.errors import ConfigError
from evalkit.stats import Floats, Sample

_NAME = re.compile(r"[a-z][a-z0-9_]*")
Score = Callable[[Sample], Floats]


@overload
def metric(function: Score, /) -> Metric: ...


@overload
def metric(*, name: str | None = None, title: str | None = None) -> Callable[[Score], Metric]: ...


def metric(
    function: Score | None = None, /, *, name: str | None = None, title: str | None = None
) -> Metric | Callable[[Score], Metric]:
    """Make a metric of a function, as a decorator; `leaderboard`, `compare` and `gate` take it as `metric`.

    The function gets a `Sample` of one model's verdicts and returns a score from 0 to 1 for each of them, as an array
    of shape (n,). The metric is the mean score in percent, with an interval clustered by instruction.

    Args:
        name: the metric's name in columns, of small letters, digits and underscores; the function's own by default.
        title: its name for people; by default the name with blanks.

    Raises:
        ConfigError: the name is not of this form, or that of another metric.

    Example:
        >>> import evalkit as ek
        >>> @ek.metric(name="clear_win_rate", title="clear win rate")
        ... def clear_win_rate(sample):
        ...     return (sample.preference > 0.9).astype(float)
    """

    def made(function: Score) -> Metric:
        check_function("metric", function)
        chosen = name or name_of(function)
        if not _NAME.fullmatch(chosen):
            raise ConfigError(f"metric {chosen!r}: expected a name of small letters, digits and underscores")
        if chosen in {known.name for known in METRICS}:
            raise ConfigError(f"metric {chosen!r}: evalkit has a metric of this name. Give another one")
        return Metric(chosen, title or chosen.replace("_", " "), score=function)

    return made if function is None else made(function)
