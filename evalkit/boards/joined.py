"""Boards and a reference ranking whose names of models are matched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.catalog import Reference, SharedModel, names_by_map, shared_models
from evalkit.errors import InputError
from evalkit.formats import Score, ScoreTable


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Boards and one reference; `renamed` are the reference's names that maps give, by each board's own names."""

    tables: tuple[ScoreTable, ...]
    reference: Reference
    aliases: Mapping[str, str]
    renamed: tuple[Mapping[str, str], ...]

    def shared(self) -> list[dict[str, Score]]:
        """Each board's scores that the reference knows, by the reference's name of the model."""
        return [
            scores_by_name(table.scores, self.reference, self.aliases, renamed=names)
            for table, names in zip(self.tables, self.renamed, strict=True)
        ]


def join(
    tables: Sequence[ScoreTable],
    references: Sequence[Reference],
    aliases: Mapping[str, str],
    *,
    maps: Sequence[Mapping[str, str]] = (),
) -> list[Joined]:
    """Match the boards' names of models with those of each reference; of several maps the first that knows a model
    decides.

    Raises:
        InputError: a map fits no board and no reference.
    """
    fitting = [[_fitting(name_map, tables, reference) for name_map in maps] for reference in references]
    for number, found in enumerate(zip(*fitting, strict=True), start=1):
        if not any(any(names) for names in found):
            known = " or of ".join(reference.name for reference in references)
            raise InputError(f"--map number {number}: maps no board's models to those of {known} or back")
    return [
        Joined(tuple(tables), reference, aliases, tuple(_first(names) for names in _by_table(found, len(tables))))
        for reference, found in zip(references, fitting, strict=True)
    ]


def narrowed(joined: Joined) -> Joined:
    """The same boards and reference, with only the models for which all boards and the reference have a number."""
    shared = joined.shared()
    common = set.intersection(*map(set, shared)) if shared else set()
    reference = joined.reference
    kept = Reference(
        reference.name,
        {name: score for name, score in reference.scores.items() if name in common},
        reference.source,
        reference.date,
        reference.intervals,
    )
    # models that were joined before stay joined now, even if another one could take their place
    own = tuple({score.model: name for name, score in scores.items() if name in common} for scores in shared)
    return Joined(joined.tables, kept, {}, own)


def scores_by_name(
    scores: Sequence[Score],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    renamed: Mapping[str, str] | None = None,
) -> dict[str, Score]:
    """The scores that have a number and that the reference knows, by the reference's name of the model."""
    by_model = {score.model: score for score in scores}
    return {
        pair.canonical: by_model[pair.model] for pair in numbered_models(scores, reference, aliases, renamed=renamed)
    }


def numbered_models(
    scores: Sequence[Score],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    renamed: Mapping[str, str] | None = None,
) -> list[SharedModel]:
    """The models with a number that the reference knows."""
    return shared_models(
        (score.model for score in scores if score.value is not None), reference, aliases, renamed=renamed
    )


def _fitting(name_map: Mapping[str, str], tables: Sequence[ScoreTable], reference: Reference) -> list[dict[str, str]]:
    """The reference's names that one map gives each board's models."""
    return [names_by_map(name_map, [score.model for score in table.scores], reference) for table in tables]


def _by_table(found: Sequence[Sequence[dict[str, str]]], n_tables: int) -> list[list[dict[str, str]]]:
    """The names of each board by every map, from the names by map."""
    return [[names[table] for names in found] for table in range(n_tables)]


def _first(names: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """One dictionary of several, in which the first that has a name decides."""
    return {name: target for found in reversed(names) for name, target in found.items()}
