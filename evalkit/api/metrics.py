"""Metrics of the user's: a function that scores each verdict becomes a number by which boards rank and gates decide."""

import re
from collections.abc import Callable
from typing import overload

from evalkit.api.function_identity import name_of
from evalkit.api.python_judges import check_function
from evalkit.boards import METRICS, Metric
from evalkit.errors import ConfigError
from evalkit.stats import Floats, Sample
from evalkit.text import printable

# columns of boards besides those of their own metrics, and other names of numbers
TAKEN = frozenset({
    "audit", "avg_length", "baseline", "cost", "coverage", "design_effect", "discrete_win_rate", "equal_length_n",
    "equal_length_residual", "equal_length_z", "judge", "judge_digest", "lc_error_confounding", "lc_error_form",
    "lc_error_history", "lc_error_sampling", "lc_lower", "lc_models", "lc_sensitivity", "lc_slope_deviation",
    "lc_source", "lc_status", "lc_stderr", "lc_upper", "model", "n", "n_inconsistent", "n_losses", "n_missing",
    "n_questions", "n_ties", "n_total", "n_wins", "passed", "rank", "rank_lower", "rank_upper", "score_best",
    "score_lower", "score_status", "score_stderr", "score_upper", "score_worst", "share_as_long", "share_as_short",
    "style_lower", "style_status", "style_stderr", "style_upper", "win_rate_best", "win_rate_lower", "win_rate_status",
    "win_rate_stderr", "win_rate_upper", "win_rate_worst",
})  # fmt: skip
_PARTS = ("lower", "upper", "stderr", "status")
# what columns of splits begin with
_SPLITS = ("category_", "dataset_", "turn_")
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

    The function gets a `Sample` of one model's verdicts, which it cannot change, and returns a score from 0 to 1 for
    each of them, as an array of shape (n,). The metric is the mean score in percent, with an interval clustered by
    instruction.

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
        if not isinstance(chosen, str) or not _NAME.fullmatch(chosen):
            raise ConfigError(f"metric {chosen!r}: expected a name of small letters, digits and underscores")
        if title is not None and not (isinstance(title, str) and printable(title) == title):
            raise ConfigError(f"metric {chosen!r}: title: expected a line of text, found {title!r}")
        if chosen in {known.name for known in METRICS}:
            raise ConfigError(f"metric {chosen!r}: evalkit has a metric of this name. Give another one")
        columns = {chosen, *(f"{chosen}_{part}" for part in _PARTS)}
        if not columns.isdisjoint(TAKEN) or chosen.startswith(_SPLITS):
            raise ConfigError(f"metric {chosen!r}: boards have a column of this name. Give another one")
        return Metric(chosen, title or chosen.replace("_", " "), score=function)

    return made if function is None else made(function)
