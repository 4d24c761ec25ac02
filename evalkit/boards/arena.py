"""Rows by Arena-Hard's published formulas, for comparison with published rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from evalkit.boards.entries import Entry, Verdicts
from evalkit.boards.gathering import CHARS
from evalkit.boards.metrics import STYLE_WIN_RATE, WIN_RATE, ArenaFormula
from evalkit.boards.row import BoardRow
from evalkit.errors import StatsError
from evalkit.stats import LENGTH, TOKENS, Controlled, Floats, Games, Measured, arena_v01, arena_v2, control_names
from evalkit.types import Estimate

_OWN_SLICES = "scores by turn and category are not by the published formula"
_IN_CHARACTERS = "lengths in characters, as tokens are not known"


def arena_rows(rows: Sequence[BoardRow], formula: ArenaFormula, controls: Sequence[str]) -> list[BoardRow]:
    """The rows of one board with scores by the published formula; the baseline's own row stays as it is.

    Raises:
        StatsError: a row has no single verdicts, like rows from annotation files and tables.
    """
    judged = [row for row in rows if row.entry.model != row.entry.baseline]
    if not judged:
        return list(rows)
    games = _games([row.entry for row in judged], formula)
    raw = _ESTIMATORS[formula](games, ())
    styled, notes = _styled(games, judged, formula, controls) if controls else (None, ())
    found = {}
    for index, row in enumerate(judged):
        estimates = {WIN_RATE: _noted(raw[index], (_OWN_SLICES,) if row.slices else ())}
        if styled is not None:
            estimates[STYLE_WIN_RATE] = _noted(styled[index], notes)
        found[row.entry.model] = row.with_numbers(
            {metric: Controlled(Measured(estimate, row.raw.influence)) for metric, estimate in estimates.items()}
        )
    return [found.get(row.entry.model, row) for row in rows]


def _styled(
    games: Games, rows: Sequence[BoardRow], formula: ArenaFormula, controls: Sequence[str]
) -> tuple[list[Estimate], tuple[str, ...]]:
    """The style-controlled scores, fitted together; all are refused if a measure is not known everywhere."""
    names = [TOKENS if name == LENGTH else name for name in control_names(controls)]
    notes = (_IN_CHARACTERS,) if TOKENS in names and TOKENS not in games.style else ()
    if notes:
        games = replace(games, style={**games.style, TOKENS: games.style[CHARS]})
    try:
        return _ESTIMATORS[formula](games, tuple(dict.fromkeys(names))), notes
    except StatsError as error:
        return [Estimate.refused(str(error), n=row.raw.estimate.n) for row in rows], ()


def _noted(estimate: Estimate, notes: tuple[str, ...]) -> Estimate:
    return replace(estimate, notes=(*estimate.notes, *notes))


def _games(entries: Sequence[Entry], formula: ArenaFormula) -> Games:
    verdicts = [_verdicts(entry) for entry in entries]
    kept = [_complete(games) if formula == ArenaFormula.V2 else ~np.isnan(games.preference) for games in verdicts]
    # a measure of some models only cannot be held equal between all
    known = set.intersection(*(set(games.measures) for games in verdicts))
    return Games(
        model=np.concatenate([np.full(int(rows.sum()), index) for index, rows in enumerate(kept)]),
        preference=_joined([games.preference[rows] for games, rows in zip(verdicts, kept, strict=True)]),
        strong=np.concatenate([games.strong[rows] for games, rows in zip(verdicts, kept, strict=True)]),
        style={
            name: (
                _joined([games.measures[name][0][rows] for games, rows in zip(verdicts, kept, strict=True)]),
                _joined([games.measures[name][1][rows] for games, rows in zip(verdicts, kept, strict=True)]),
            )
            for name in sorted(known)
        },
    )


def _verdicts(entry: Entry) -> Verdicts:
    if entry.verdicts is None:
        raise StatsError(f"model {entry.model!r}: Arena-Hard's formulas need the verdicts of both orders, from a store")
    return entry.verdicts


def _complete(verdicts: Verdicts) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The games of instructions without a missing verdict."""
    _, instruction = np.unique(np.asarray(verdicts.keys, dtype=str), return_inverse=True)
    missing = np.bincount(instruction, weights=np.isnan(verdicts.preference))
    whole: np.ndarray[tuple[int], np.dtype[np.bool_]] = missing[instruction] == 0
    return whole


def _joined(parts: Sequence[Floats]) -> Floats:
    joined: Floats = np.concatenate(parts)
    return joined


_ESTIMATORS: dict[ArenaFormula, Callable[[Games, Sequence[str]], list[Estimate]]] = {
    ArenaFormula.V01: arena_v01,
    ArenaFormula.V2: arena_v2,
}
