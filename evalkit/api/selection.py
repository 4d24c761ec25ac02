"""Selects the verdicts that functions for Python read, from the keywords that these share."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from evalkit.api.keywords import Data, named_source_of, optional_text, parted, source_of
from evalkit.api.python_judges import JudgeLike, judge_name, judges_at_hand
from evalkit.sources import Sources


def sources_of(
    source: Data | Sequence[Data] | None,
    *,
    benchmark: str | PathLike[str] | None,
    judge: JudgeLike | None,
    difficulty: Data,
    cluster: str | None,
    store: str | None,
    results: str | PathLike[str],
) -> Sources:
    """The place and the selection of verdicts: those of one source or of several, or of the store for None."""
    return Sources(
        files=tuple(source_of(one, "source") for one in parted(source)),
        board=optional_text(benchmark),
        judge=judge_name(judge),
        own=judges_at_hand(judge),
        difficulty=named_source_of(difficulty, "difficulty"),
        store=store,
        results=Path(results),
        cluster=cluster,
    )
