"""Keeps the background of a row as it was when the row was written, whatever is judged later."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evalkit.boards import (
    UNTAUGHT,
    Background,
    DifficultySource,
    Entry,
    HistorySource,
    Pinned,
    Recipe,
    difficulty_of_models,
    nothing_known,
    of_file,
    of_generic,
    of_models,
)
from evalkit.errors import StatsError
from evalkit.provenance.background import background_of
from evalkit.provenance.document import LENGTH_TAUGHT, ROW_FILE, STYLE_TAUGHT, rows_of
from evalkit.provenance.row_files import row_folders
from evalkit.stats import LENGTH, MIN_MODELS_FOR_SLOPES, Known, fit_history


def pinned_for(entry: Entry, group: Sequence[Entry], recipe: Recipe, *, results: Path) -> Pinned | None:
    """The background of the row that was written from exactly these verdicts, learned again from the same models or
    history.

    The figures in the file do not count, because anybody could have edited them: only results from the store's verdicts
    and from known histories do. None where there is no such row, or its models or its history are gone.

    Args:
        group: entries under the same judge and baseline.
        results: the folder that rows are written to.
    """
    if recipe.known is None or recipe.difficulty != DifficultySource.AUTO or entry.origin is None:
        return None
    folders = row_folders(results, model=entry.model, judge=entry.judge)
    for document in itertools.chain.from_iterable(rows_of(folder / ROW_FILE) for folder in folders):
        if not _is_of(document, entry):
            continue
        provenance = document["provenance"]
        length = learned_again(provenance.get(LENGTH_TAUGHT), entry, group, known=recipe.known)
        style = learned_again(provenance.get(STYLE_TAUGHT), entry, group, known=recipe.known, controls=recipe.controls)
        if length is None or style is None or not all(map(_enough, (length, style))):
            return None
        return Pinned(length, style)
    return None


def rests_on_models(document: Any) -> bool:
    """True if a written background was learned from the models at hand."""
    source = document.get("source") if isinstance(document, Mapping) else None
    return source in (HistorySource.MODELS.value, HistorySource.DIFFICULTY_OF_MODELS.value)


def written_background(document: Any) -> Background | None:
    """The background in a row's document; None where it holds none that this evalkit can read."""
    try:
        return background_of(document)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def learned_again(
    document: Any, entry: Entry, group: Sequence[Entry], *, known: Known, controls: Sequence[str] = (LENGTH,)
) -> Background | None:
    """A written background, learned again from the file or from the models' verdicts that it names.

    Args:
        entry: the entry of the row.
        controls: the controls of the regressions that learn from the models.

    Returns:
        None where the file or the verdicts are gone, or where they do not give what was written.
    """
    written = written_background(document)
    if written is None:
        return None
    found = _learned(written, entry, group, known, controls)
    if found is None or not _alike(found.for_row(entry.model, entry.sample), written):
        return None
    return found


def _enough(found: Background) -> bool:
    """True if enough models taught the slopes; an edited file could name fewer than a board would use."""
    return found.source != HistorySource.MODELS or found.models >= MIN_MODELS_FOR_SLOPES


def _learned(
    written: Background, entry: Entry, group: Sequence[Entry], known: Known, controls: Sequence[str]
) -> Background | None:
    if written.source == HistorySource.NONE:
        return UNTAUGHT if written.confounding is None else nothing_known(known)
    if written.source == HistorySource.GENERIC:
        return of_generic(known.generic)
    if written.source in (HistorySource.FILE, HistorySource.DIFFICULTY_OF_FILE):
        file = next(
            (
                history_file
                for history_file in known.files
                if {history_file.name: history_file.digest} == written.rests_on
            ),
            None,
        )
        return None if file is None else of_file(file, [entry], known.generic)
    if written.source in (HistorySource.MODELS, HistorySource.DIFFICULTY_OF_MODELS):
        taught = [
            member for member in group if member.origin and written.rests_on.get(member.model) == member.origin.verdicts
        ]
        if len(taught) < len(written.rests_on):
            return None
        try:
            history = fit_history({member.model: member.sample for member in taught}, controls=controls)
        except StatsError:
            return None
        if written.source == HistorySource.MODELS:
            return of_models(history, taught)
        return difficulty_of_models(history, taught, known.generic)
    return None


def _alike(found: Background, written: Background) -> bool:
    """True if two backgrounds agree except in last digits, which may differ between machines."""
    if found.source != written.source or (found.prior is None) != (written.prior is None):
        return False
    ours, theirs = found.values or {}, written.values or {}
    if ours.keys() != theirs.keys():
        return False
    pairs = [(ours[key], theirs[key]) for key in ours]
    if found.confounding is not None and written.confounding is not None:
        pairs += [
            (found.confounding.correlation, written.confounding.correlation),
            (found.confounding.effect, written.confounding.effect),
        ]
    elif found.confounding != written.confounding:
        return False
    if found.prior is not None and written.prior is not None:
        if found.prior.names != written.prior.names:
            return False
        for name in ("mean", "spread", "error", "form"):
            pairs += zip(getattr(found.prior, name).ravel(), getattr(written.prior, name).ravel(), strict=True)
    return bool(np.allclose([value for value, _ in pairs], [other for _, other in pairs], rtol=1e-6, atol=1e-6))


def _is_of(document: Mapping[str, Any], entry: Entry) -> bool:
    provenance = document.get("provenance")
    if not isinstance(provenance, Mapping) or entry.origin is None or not _chosen_automatically(provenance):
        return False
    said = provenance.get("verdicts_sha256"), document.get("judge_digest"), document.get("baseline")
    return said == (entry.origin.verdicts, entry.digest, entry.baseline)


def _chosen_automatically(provenance: Mapping[str, Any]) -> bool:
    """True if a row was written with `--difficulty auto`; what a user chose for one row does not bind a gate."""
    recipe = provenance.get("recipe")
    difficulty = recipe.get("difficulty") if isinstance(recipe, Mapping) else None
    return isinstance(difficulty, Mapping) and difficulty.get("kind") == DifficultySource.AUTO.value
