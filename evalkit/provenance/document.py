"""The origin of a row's numbers: data, prompt, judge, parameters, seed, verdicts, replies, and the recipe."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit import __version__
from evalkit.boards import UNTAUGHT, Aggregation, Background, BoardRow, DifficultySource, Lengths, Recipe
from evalkit.documents import open_file, read_bytes
from evalkit.errors import InputError
from evalkit.provenance.background import background_document
from evalkit.stats import Combine, HistoryFile
from evalkit.types import PromptMode

if TYPE_CHECKING:
    from evalkit.stats import CompatInputs

ROW_FILE = "row.json"
# fields in the provenance of a written row: SHA-256 of the verdicts' file beside it, and of the rest of the row
ANNOTATIONS = "annotations_sha256"
SEAL = "document_sha256"
# fields for the backgrounds of the row at equal length, and at equal style
LENGTH_TAUGHT = "background"
STYLE_TAUGHT = "style_background"
_VALUES, _COMPAT, _HISTORY = "values", "compat", "history"
# more resamples than anybody would wait for mean that the number was edited
_MOST_REPLICATES = 1_000_000
_PLANNED = ("orders", "repeats", "seed", "limit", "shortcut", "intersect", "by_turn", "cluster", "near_duplicates")


Difficulties = Mapping[str, float] | HistoryFile


@dataclass(frozen=True, slots=True, eq=False)
class Computation:
    """The settings with which a row's numbers are made from its verdicts."""

    recipe: Recipe
    aggregation: Aggregation
    slices: tuple[str, ...]


def provenance_document(row: BoardRow) -> dict[str, Any]:
    """The origin of a row's numbers as JSON; unknown values are null."""
    entry, plan = row.entry, row.entry.plan
    return {
        "plan": None if plan is None else plan.plan,
        "benchmark": None if plan is None else plan.benchmark,
        "data_sha256": None if plan is None else asdict(plan.data),
        "prompt_sha256": None if plan is None else plan.prompt,
        "prompt_mode": (PromptMode.RECORDED if plan is None else plan.prompt_mode).value,
        "judge_digest": entry.digest or None,
        "judge_model": None if plan is None else plan.judge_model,
        "endpoint": None if plan is None else plan.endpoint,
        "parser": None if plan is None else plan.parser,
        "parameters_sha256": None if plan is None else plan.parameters,
        **{name: None if plan is None else getattr(plan, name) for name in _PLANNED},
        "verdicts_sha256": None if entry.origin is None else entry.origin.verdicts,
        "replies_sha256": None if entry.origin is None else entry.origin.replies,
        "recipe": _recipe_document(row),
        LENGTH_TAUGHT: _background_document(row, row.background),
        STYLE_TAUGHT: _background_document(row, row.style_background),
        "evalkit": __version__,
    }


def sealed(document: Mapping[str, Any], *, annotations: str | None) -> dict[str, Any]:
    """A row's document with the SHA-256 of its verdicts' file and of itself, so that an edit shows."""
    provenance = {**document["provenance"], ANNOTATIONS: annotations}
    whole = {**document, "provenance": provenance}
    provenance[SEAL] = _seal(whole)
    return whole


def seal_fits(document: Mapping[str, Any]) -> bool:
    """True if a sealed document is unchanged since it was written."""
    return bool(document["provenance"].get(SEAL) == _seal(document))


def read_computation(document: Mapping[str, Any], *, difficulty: Difficulties | None = None) -> Computation:
    """Read how the numbers of a row with provenance were computed.

    Args:
        difficulty: the values or the history that the row was computed with, where a user named them.

    Raises:
        InputError: the recipe is not one of ours, cannot be followed for a single row, or needs a difficulty that was
            not given.
    """
    recipe = document["provenance"].get("recipe")
    if not isinstance(recipe, dict):
        raise InputError("provenance: recipe: expected an object, found none")
    try:
        return _computation(recipe, difficulty)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise InputError(f"provenance: recipe: {error}: no recipe of this evalkit") from None


def rows_of(path: Path) -> list[dict[str, Any]]:
    """The documents of a file of rows; none where it is missing or holds something else."""
    try:
        found = json.loads(read_bytes(path).decode())
    except (InputError, ValueError, RecursionError):
        # a file that cannot be read or parsed is not a row of ours
        return []
    return [row for row in (found if isinstance(found, list) else [found]) if isinstance(row, dict)]


def check_annotations(path: Path) -> None:
    """Refuse a file of verdicts that is not the one of the row beside it; a file without a row beside it is not
    checked.

    Raises:
        InputError: it was edited, or belongs to another row.
    """
    wanted = {
        digest for document in rows_of(path.parent / ROW_FILE) if (digest := _annotations_of(document)) is not None
    }
    if wanted and annotations_digest(path) not in wanted:
        raise InputError(
            f"{path}: not the file that {ROW_FILE} beside it was computed with: it was edited since, or is of another "
            "run. Run evalkit annotate again (nothing is asked twice), or move the file away from the row"
        )


def annotations_digest(path: Path) -> str:
    """SHA-256 of a file of verdicts, unpacked where its name ends in .gz.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open_file(path) as packed, gzip.open(packed) if path.suffix == ".gz" else packed as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _recipe_document(row: BoardRow) -> dict[str, Any]:
    recipe, aggregation = row.recipe, row.entry.aggregation
    return {
        "bootstrap": recipe.replicates,
        "confidence": recipe.confidence,
        "allow_mixed": recipe.allow_mixed,
        "controls": list(recipe.controls),
        "difficulty": _difficulty_document(recipe),
        "arena": None if recipe.arena is None else recipe.arena.value,
        "combine": aggregation.combine.value,
        "strong_weight": aggregation.strong_weight,
        "by": list(aggregation.by),
        "parts": sorted(row.slices),
        "pool": aggregation.pool,
        "categories": list(aggregation.categories),
        # left out where lengths count every character, as in rows of earlier versions
        **({"lengths": aggregation.lengths.value} if aggregation.lengths != Lengths.CHARACTERS else {}),
    }


def _background_document(row: BoardRow, background: Background) -> dict[str, Any]:
    """The background of this row at equal length; nothing for grades, whose numbers do not use it."""
    told = background.for_row(row.entry.model, row.entry.sample) if row.entry.baseline else UNTAUGHT
    return background_document(told)


def _difficulty_document(recipe: Recipe) -> dict[str, Any]:
    if recipe.compat is not None:
        return {"kind": _COMPAT, "sha256": _compat_digest(recipe.compat)}
    if isinstance(recipe.difficulty, DifficultySource):
        return {"kind": recipe.difficulty.value, "sha256": None}
    if isinstance(recipe.difficulty, HistoryFile):
        return {"kind": _HISTORY, "sha256": recipe.difficulty.digest}
    return {"kind": _VALUES, "sha256": _values_digest(recipe.difficulty)}


def _values_digest(difficulty: Mapping[str, float]) -> str:
    return hashlib.sha256(json.dumps(sorted(difficulty.items())).encode()).hexdigest()


def _compat_digest(inputs: "CompatInputs") -> str:
    gamed = [column.tolist() for column in (inputs.gamed.preference, inputs.gamed.length, inputs.gamed.difficulty)]
    return hashlib.sha256(json.dumps([sorted(inputs.difficulty.items()), gamed]).encode()).hexdigest()


def _computation(recipe: Mapping[str, Any], difficulty: Difficulties | None) -> Computation:
    confidence, replicates = float(recipe["confidence"]), int(recipe["bootstrap"])
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence:g} is not between 0 and 1")
    if replicates != 0 and not 2 <= replicates <= _MOST_REPLICATES:
        raise ValueError(f"bootstrap {replicates} is neither 0 nor from 2 to {_MOST_REPLICATES}")
    if recipe["arena"] is not None or recipe["pool"]:
        raise InputError("a row of Arena-Hard's formula or of several judges together cannot be computed by itself")
    return Computation(
        Recipe(
            difficulty=_difficulty(recipe["difficulty"], difficulty),
            replicates=replicates,
            allow_mixed=bool(recipe["allow_mixed"]),
            controls=tuple(map(str, recipe["controls"])),
            confidence=confidence,
        ),
        Aggregation(
            float(recipe["strong_weight"]),
            Combine(recipe["combine"]),
            tuple(map(str, recipe["by"])),
            categories=tuple(map(str, recipe["categories"])),
            lengths=Lengths(recipe.get("lengths", Lengths.CHARACTERS.value)),
        ),
        tuple(map(str, recipe["parts"])),
    )


def _difficulty(named: Mapping[str, Any], given: Difficulties | None) -> Difficulties | DifficultySource:
    sources = {source.value: source for source in DifficultySource}
    kind = named["kind"]
    if kind in sources:
        return sources[kind]
    if kind not in (_VALUES, _HISTORY):
        raise InputError(f"a row whose difficulty is of kind {kind!r} cannot be computed by itself")
    what = "a file of instruction difficulties" if kind == _VALUES else "a history file"
    if given is None or isinstance(given, HistoryFile) != (kind == _HISTORY):
        raise InputError(f"was computed with {what}. Give it with --difficulty")
    digest = given.digest if isinstance(given, HistoryFile) else _values_digest(given)
    if digest != named["sha256"]:
        raise InputError(f"was computed with {what} other than the one that was given")
    return given


def _seal(document: Mapping[str, Any]) -> str:
    provenance = {name: value for name, value in document["provenance"].items() if name != SEAL}
    return hashlib.sha256(json.dumps({**document, "provenance": provenance}, sort_keys=True).encode()).hexdigest()


def _annotations_of(document: Any) -> str | None:
    provenance = document.get("provenance") if isinstance(document, dict) else None
    digest = provenance.get(ANNOTATIONS) if isinstance(provenance, dict) else None
    return digest if isinstance(digest, str) else None
