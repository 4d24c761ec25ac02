"""The habits by which a benchmark family turns verdicts into a board: turns to judge, orders to combine, and metric."""

from dataclasses import dataclass

from evalkit.plugins import lookup
from evalkit.stats import Combine


@dataclass(frozen=True, slots=True)
class Family:
    """The habits of one family, which a user may override.

    `controls` are held equal in the style-controlled win rate, `by` splits scores into parts, and `metric` ranks boards
    of comparisons; None means the default metric.
    """

    by_turn: bool = False
    combine: Combine = Combine.MEAN
    controls: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    metric: str | None = None


def find_family(name: str) -> Family:
    """The style called `name`, built in or from the entry points `evalkit.styles`.

    Raises:
        UnknownName: no such style.
    """
    return lookup("style", name, BUILTIN)


BUILTIN: dict[str, Family] = {
    "alpaca_eval": Family(),
    "arena_hard": Family(controls=("length", "markdown"), by=("category",), metric="style_win_rate"),
    "mt_bench": Family(by_turn=True, combine=Combine.AGREEMENT, by=("turn", "category"), metric="win_rate"),
}
