"""Checks whether battles connect the models, and finds models whose strengths the battles leave unbounded."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.ratings.battles import Bools
from evalkit.stats.sample import Ints

_GROUPS_SHOWN = 4
_MODELS_SHOWN = 3
_NAME_SHOWN = 40


def check_connected(beats: Bools, models: Sequence[str]) -> None:
    """Refuse models that fall into groups which never met: no battle compares one group with another.

    Args:
        beats: whether the row's model won or tied against the column's at least once, shape (m, m).

    Raises:
        StatsError: the models fall into such groups; the message names them.
    """
    if _reached(beats | beats.T).all():
        return
    n, label = _components(beats, connection="weak")
    groups = sorted((np.flatnonzero(label == number) for number in range(n)), key=len, reverse=True)
    shown = "; ".join(_model_names(group, models) for group in groups[:_GROUPS_SHOWN])
    more = f"; and {n - _GROUPS_SHOWN} more" if n > _GROUPS_SHOWN else ""
    raise StatsError(
        f"the models fall into {n} groups that never met and cannot be rated together: {shown}{more}. "
        "Rate each group by itself, or add battles between them"
    )


def strongly_connected(beats: Bools) -> bool:
    """True if every model reaches every other one by a chain of wins or ties."""
    return bool(_reached(beats).all() and _reached(beats.T).all())


def unbounded_models(beats: Bools) -> dict[int, str]:
    """Models without a maximum-likelihood strength, with the reason; none where all models are connected both ways.

    The largest set of models that reach each other by chains of wins or ties keeps its bounds; others have none
    relative to it.
    """
    if strongly_connected(beats):
        return {}
    n, label = _components(beats, connection="strong")
    sizes = np.bincount(label, minlength=n)
    main = int(np.argmax(sizes))
    start = int(np.flatnonzero(label == main)[0])
    beaten_by_main, beats_main = _reached(beats, start), _reached(beats.T, start)
    outside = np.flatnonzero(label != main) if sizes[main] > 1 else np.arange(len(beats))
    return {int(model): _reason(beats_main[model], beaten_by_main[model], among=int(sizes[main])) for model in outside}


def _reason(over: np.bool_, under: np.bool_, *, among: int) -> str:
    if among == 1:
        return "unbounded: no two models have wins over each other, directly or through others"
    rest = f"the {among} models that are tied together"
    if over:
        return f"unbounded above: {rest} have no win or tie against it, directly or through others"
    if under:
        return f"unbounded below: it has no win or tie against {rest}, directly or through others"
    return f"unbounded: no chain of wins or ties connects it with {rest}"


def _reached(beats: Bools, start: int = 0) -> Bools:
    """A mask of the models that a chain of wins from one model leads to, shape (m,)."""
    found = np.zeros(len(beats), dtype=bool)
    found[start] = True
    frontier = found
    while frontier.any():
        frontier = beats[frontier].any(axis=0) & ~found
        found = found | frontier
    return found


def _components(beats: Bools, *, connection: str) -> tuple[int, Ints]:
    from scipy.sparse import csgraph, csr_array

    found: Any = csgraph.connected_components(csr_array(beats), directed=True, connection=connection)
    return int(found[0]), found[1]


def _model_names(group: Ints, models: Sequence[str]) -> str:
    names = ", ".join(repr(models[index][:_NAME_SHOWN]) for index in group[:_MODELS_SHOWN])
    more = f" and {len(group) - _MODELS_SHOWN} more" if len(group) > _MODELS_SHOWN else ""
    return f"{names}{more}"
