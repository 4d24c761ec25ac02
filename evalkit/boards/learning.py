"""Learns a user's own histories: the priors that a judge's models on a benchmark give for the next model."""

import datetime
from collections.abc import Sequence

from evalkit.boards.background import judge_identity
from evalkit.boards.entries import Entry
from evalkit.boards.pick import one_group
from evalkit.errors import InputError, StatsError
from evalkit.stats import MIN_MODELS_FOR_SLOPES, HistoryFile, fit_history
from evalkit.text import plural


def learn_history(entries: Sequence[Entry], *, name: str, source: str, date: datetime.date) -> HistoryFile:
    """Learn a history from entries, which must have one judge and one baseline.

    Args:
        name: the name that the history gets.
        source: where the verdicts came from, in words.

    Raises:
        InputError: there are several judges or baselines, answers were graded alone, or there are too few models to
            predict a further model's slope.
    """
    compared = [entry for entry in entries if not entry.graded and entry.model != entry.baseline and not entry.refused]
    if not compared:
        raise InputError(f"{source}: holds no comparisons to learn from: answers that are graded alone have no length")
    group = one_group(compared, where=source)
    if len(group) < MIN_MODELS_FOR_SLOPES:
        raise _too_few(source, plural(len(group), "model"))
    try:
        history = fit_history({entry.model: entry.sample for entry in group})
    except StatsError as error:
        raise InputError(f"{source}: {error}") from None
    if len(history.members) < MIN_MODELS_FOR_SLOPES:
        raise _too_few(source, f"{plural(len(history.members), 'model')} with lengths that vary")
    return HistoryFile(
        name=name,
        baseline=group[0].baseline,
        judge=judge_identity(group[0]),
        history=history,
        keys=tuple((key,) for key in sorted(history.difficulty)),
        source=source,
        date=date.isoformat(),
    )


def _too_few(source: str, models: str) -> InputError:
    return InputError(
        f"{source}: {models}; a history takes {MIN_MODELS_FOR_SLOPES}. Until then boards learn difficulty from the "
        "models at hand"
    )
