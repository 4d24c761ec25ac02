"""Human reference rankings: a table of model and score, and the aliases that join the spellings of a model's name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalkit import assets
from evalkit.documents import kind_of, parse_json, read_text
from evalkit.errors import InputError, UnknownName
from evalkit.formats import Rows, csv_rows, read_scores

FOLDER = "leaderboards/human"
ALIASES = "aliases"


@dataclass(frozen=True, slots=True)
class Reference:
    """Scores by canonical model name, with their source and date; `intervals` are 95 % ones, where known."""

    name: str
    scores: Mapping[str, float]
    source: str
    date: str
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SharedModel:
    """A model of a board that the reference knows, under both names."""

    model: str
    canonical: str
    score: float


def reference_names() -> list[str]:
    """The shipped references, sorted."""
    return [name for name in assets.names(FOLDER, ".csv") if name != ALIASES]


def read_reference(name: str | Rows, *, metric: str | None = None) -> Reference:
    """Read a shipped reference by name, or a file or a value with the columns model and score (or rating, or the named
    one).

    Raises:
        InputError: a column is missing or a score is not a number.
    """
    table = read_scores(name if isinstance(name, Rows) else _file_of(name), metric=metric)
    return Reference(
        table.name,
        {score.model: score.value for score in table.scores if score.value is not None},
        table.source,
        table.date,
        {
            score.model: (score.lower, score.upper)
            for score in table.scores
            if score.value is not None and score.lower is not None and score.upper is not None
        },
    )


def _file_of(name: str) -> Path:
    """The file that a name means: a path, or a shipped reference."""
    if name.endswith(".jsonl"):
        return Path(name)
    bare = not ("/" in name or "\\" in name or name.endswith(".csv"))
    if bare and name not in reference_names():
        raise UnknownName("reference", name, reference_names())
    return assets.find(FOLDER, name, ".csv", noun="reference")


def read_aliases() -> dict[str, str]:
    """Canonical names by spelling."""
    return {row["alias"]: row["model"] for row in csv_rows(assets.folder(FOLDER) / f"{ALIASES}.csv")}


def read_name_map(path: Path) -> dict[str, str]:
    """Read a JSON object that maps names to names.

    Raises:
        InputError: the file holds anything else.
    """
    document = parse_json(read_text(path), str(path))
    if not isinstance(document, dict) or not document:
        raise InputError(f"{path}: expected an object of names, found {kind_of(document)}")
    for name, value in document.items():
        if not isinstance(value, str):
            raise InputError(f"{path}: {name!r}: expected a name, found {kind_of(value)}")
    return document


def names_by_map(name_map: Mapping[str, str], models: Iterable[str], reference: Reference) -> dict[str, str]:
    """The reference names that a map gives, by the board's names.

    The map may lead from the board to the reference or back; the direction in which more of it fits is taken. Case does
    not matter.
    """
    models = list(models)
    forward = _fitting(name_map.items(), models, reference)
    backward = _fitting(((value, name) for name, value in name_map.items()), models, reference)
    return backward if len(backward) > len(forward) else forward


def shared_models(
    models: Iterable[str],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    renamed: Mapping[str, str] | None = None,
) -> list[SharedModel]:
    """The models that the reference knows, each of its models once.

    `renamed` decides first, then an explicit alias that the reference does not itself use as a name, then an equal
    spelling, then two aliases of one model.
    """
    renamed = renamed or {}
    by_canonical = {aliases.get(name, name): name for name in sorted(reference.scores, reverse=True)}

    def target(model: str) -> tuple[int, str | None]:
        if model in renamed:
            return 0, renamed[model]
        if model not in reference.scores and aliases.get(model) in reference.scores:
            return 1, aliases[model]
        if model in reference.scores:
            return 2, model
        return 3, by_canonical.get(aliases.get(model, model))

    targets = {model: target(model) for model in models}
    found: dict[str, SharedModel] = {}
    for model in sorted(targets, key=lambda model: (targets[model][0], model)):
        name = targets[model][1]
        if name is not None and name in reference.scores and name not in found:
            found[name] = SharedModel(model, name, reference.scores[name])
    return list(found.values())


def _fitting(entries: Iterable[tuple[str, str]], models: list[str], reference: Reference) -> dict[str, str]:
    ours = _by_small_letters(models)
    theirs = _by_small_letters(reference.scores)
    return {
        ours[own_name.casefold()]: theirs[other.casefold()]
        for own_name, other in entries
        if own_name.casefold() in ours and other.casefold() in theirs
    }


def _by_small_letters(names: Iterable[str]) -> dict[str, str]:
    return {name.casefold(): name for name in names}
