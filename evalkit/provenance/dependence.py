"""Notes on instructions that depend on each other, and on sources whose scores differ."""

from collections.abc import Sequence
from statistics import median

from evalkit.boards import BoardRow, Dependence, Entry
from evalkit.types import StatusKind

SIGNIFICANT = 0.05
# a design effect nearer to 1 changes no digit that is shown
_NOTICEABLE = 0.02
_LEAST_P = 0.001


def dependence_note(dependence: Dependence | None) -> list[str]:
    """A note on how many clusters the instructions count as, or that near-duplicates could not be looked for.

    There is no note if every instruction is a cluster of its own.
    """
    if dependence is None:
        return []
    if dependence.field is None and dependence.looked is False:
        return [
            "near-duplicate instructions could not be looked for: there are no texts (--cluster FIELD declares some)"
        ]
    if dependence.clusters >= dependence.instructions:
        return []
    count = f"{dependence.instructions} instructions count as {dependence.clusters}"
    if dependence.field is not None:
        return [f"{count}: those with the same {dependence.field!r} are one cluster"]
    if dependence.looked:
        return [f"{count}: near-duplicates of each other are one cluster (--cluster FIELD declares others)"]
    return [f"{count}: those of one cluster depend on each other"]


def board_dependence_notes(rows: Sequence[BoardRow]) -> list[str]:
    """`dependence_note` for all models of a board, from the model with the most instructions: others may lack a few."""
    known = [row.entry.dependence for row in rows if row.entry.dependence is not None]
    by_kind: dict[tuple[str | None, bool | None], Dependence] = {}
    for dependence in sorted(known, key=lambda dependence: (dependence.instructions, dependence.clusters)):
        by_kind[dependence.field, dependence.looked] = dependence
    return [note for dependence in by_kind.values() for note in dependence_note(dependence)]


def sources_note(row: BoardRow) -> list[str]:
    """A note that a model's score differs between sources by more than chance, or why this was not tested."""
    sources = row.sources
    if sources is None:
        return []
    if sources.status.kind == StatusKind.NOT_ESTIMABLE:
        return [f"differences between sources were not tested: {sources.status.reason}"]
    if sources.p_value is None or sources.p_value >= SIGNIFICANT:
        return []
    said = f"its {_score(row.entry)} differs between sources ({p_value_text(sources.p_value)})"
    if sources.error_factor is None:
        return [said]
    return [
        f"{said}: if the sources were drawn at random, the error would be {sources.error_factor:.1f} times as large"
    ]


def board_sources_note(rows: Sequence[BoardRow]) -> list[str]:
    """`sources_note` for all models of a board in one line; the only model of a board keeps its own note."""
    tested = [row for row in rows if row.sources is not None and row.sources.p_value is not None]
    apart = [row for row in tested if row.sources and (row.sources.p_value or 0.0) < SIGNIFICANT]
    if len(rows) == 1 or not apart:
        return [note for row in rows[:1] for note in sources_note(row)]
    factors = [row.sources.error_factor for row in apart if row.sources and row.sources.error_factor is not None]
    said = f"the {_score(rows[0].entry)}s of {len(apart)} of {len(tested)} models differ between sources (p < 0.05)"
    if not factors:
        return [said]
    return [f"{said}: if the sources were drawn at random, the errors would be {median(factors):.1f} times as large"]


def design_effect_fact(row: BoardRow) -> str | None:
    """The number of independent verdicts that tell as much as the dependent ones; None where it would look the same."""
    effect = row.design_effect
    if effect is None or abs(effect - 1) < _NOTICEABLE:
        return None
    n = row.entry.sample.n
    return f"{effect:.2f}: these {n} verdicts tell as much as {n / effect:.0f} independent ones"


def p_value_text(value: float) -> str:
    return f"p < {_LEAST_P:g}" if value < _LEAST_P else f"p = {value:.3f}"


def _score(entry: Entry) -> str:
    return "score" if entry.graded else "win rate"
