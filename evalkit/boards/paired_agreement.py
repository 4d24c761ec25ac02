"""Two boards, or two metrics of one board, compared in how far they agree with the same reference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import combinations

import numpy as np

from evalkit.boards.agreement import Correlated, correlate
from evalkit.boards.joined import Joined, scores_by_name
from evalkit.boards.metrics import Metric
from evalkit.boards.row import BoardRow
from evalkit.catalog import Reference
from evalkit.formats import Score
from evalkit.stats import (
    Coefficient,
    CorrelationDifference,
    Influences,
    cluster_influences,
    correlation_difference,
    holm,
)

RANK_COEFFICIENTS = (Coefficient.SPEARMAN, Coefficient.KENDALL)
_LEVEL = 0.05


class PairedBy(Enum):
    """The units that two boards share: models only, or the instructions of the same verdicts as well."""

    MODEL = "model"
    INSTRUCTION = "instruction"


@dataclass(frozen=True, slots=True)
class AgreementDifference:
    """The lead of the first of two boards in agreement with a reference, over the models that all three know.

    `models` have the reference's names. `adjusted` are Holm's p-values over `n_pairs` pairs of boards, by coefficient.
    """

    first: str
    second: str
    reference: Reference
    models: tuple[str, ...]
    paired_by: PairedBy
    differences: Mapping[Coefficient, CorrelationDifference]
    adjusted: Mapping[Coefficient, float | None] = field(default_factory=dict)
    n_pairs: int = 1

    @property
    def spearman(self) -> CorrelationDifference:
        return self.differences[Coefficient.SPEARMAN]

    def adjusted_p(self, found: CorrelationDifference) -> float | None:
        """The p-value of one of the differences, adjusted for the number of pairs."""
        return self.adjusted.get(found.coefficient, found.p_value)

    def significant(self, found: CorrelationDifference) -> bool | None:
        """True if the boards differ, with p adjusted for the number of pairs; None where that cannot be estimated."""
        p = self.adjusted_p(found)
        return None if p is None else p < _LEVEL


@dataclass(frozen=True, slots=True, eq=False)
class BesideReference:
    """Boards beside one reference, each with its agreement, and the differences of every two of them."""

    reference: Reference
    boards: tuple[Correlated, ...]
    differences: tuple[AgreementDifference, ...]


def beside_reference(joined: Joined, *, reference: Reference | None = None) -> BesideReference:
    """Compare each board with the reference, and every two boards with each other.

    Args:
        reference: the whole reference, where `joined` was narrowed to some of its models.
    """
    return BesideReference(
        reference or joined.reference, tuple(correlate(joined)), tuple(agreement_differences(joined))
    )


def agreement_difference(
    first: Sequence[Score],
    second: Sequence[Score],
    reference: Reference,
    aliases: Mapping[str, str],
    *,
    names: tuple[str, str] = ("first", "second"),
    renamed: tuple[Mapping[str, str] | None, Mapping[str, str] | None] = (None, None),
) -> AgreementDifference:
    """Compare two columns of scores, paired by model; names of models may differ between the columns.

    Args:
        aliases: canonical names by spelling, as `read_aliases` gives them.
        names: names of the two columns for people.
        renamed: the reference's names of each column's models, which decide before aliases do.
    """
    columns = [
        scores_by_name(scores, reference, aliases, renamed=own)
        for scores, own in zip((first, second), renamed, strict=True)
    ]
    return _compared(columns[0], columns[1], reference, names)


def agreement_differences(joined: Joined) -> list[AgreementDifference]:
    """Compare every pair of boards, each over the models that both share with the reference.

    p-values are adjusted for the number of pairs by Holm's method, separately for each coefficient.
    """
    columns = joined.shared()
    names = [table.name for table in joined.tables]
    found = [
        _compared(columns[one], columns[other], joined.reference, (names[one], names[other]))
        for one, other in combinations(range(len(columns)), 2)
    ]
    return list(adjusted_for_pairs(found))


def adjusted_for_pairs(found: Sequence[AgreementDifference]) -> tuple[AgreementDifference, ...]:
    """The differences with p-values that Holm's method adjusts for their number, separately for each coefficient."""
    adjusted = {
        coefficient: holm([pair.differences[coefficient].p_value for pair in found])
        for coefficient in RANK_COEFFICIENTS
    }
    return tuple(
        replace(pair, adjusted={name: values[place] for name, values in adjusted.items()}, n_pairs=len(found))
        for place, pair in enumerate(found)
    )


def metric_difference(
    rows: Sequence[BoardRow], metrics: tuple[Metric, Metric], reference: Reference, aliases: Mapping[str, str]
) -> AgreementDifference:
    """Compare two metrics of the same rows, paired by model and by instruction, because both have the same verdicts."""
    usable = [row for row in rows if not row.entry.refused and None not in map(_value_of(row), metrics)]
    first, second = (scores_by_name(metric_scores(usable, metric), reference, aliases) for metric in metrics)
    by_model = {row.entry.model: row for row in usable}
    shared = [by_model[first[name].model] for name in _common(first, second)]
    names = (metrics[0].title, metrics[1].title)
    return _compared(first, second, reference, names, _influences(shared, metrics))


def _value_of(row: BoardRow) -> Callable[[Metric], float | None]:
    return lambda metric: row.measured(metric).estimate.value


def _influences(rows: Sequence[BoardRow], metrics: tuple[Metric, Metric]) -> Influences | None:
    """The influence of each instruction on both metrics of each row; None where a formula has no influences."""
    measured = [row.measured(metric) for metric in metrics for row in rows]
    samples = [row.entry.sample for row in (*rows, *rows)]
    if not rows or any(len(one.influence) != sample.n for one, sample in zip(measured, samples, strict=True)):
        return None
    # both metrics in one table, so that their instructions are in the same order
    pulls = cluster_influences(measured, samples)
    return pulls[: len(rows)], pulls[len(rows) :]


def metric_scores(rows: Sequence[BoardRow], metric: Metric) -> list[Score]:
    """The scores of rows by a metric; none for a model whose outputs failed the audit."""
    scores = []
    for row in rows:
        estimate = row.measured(metric).estimate
        number = Score(row.entry.model, estimate.value, estimate.lower, estimate.upper, estimate.stderr)
        scores.append(Score(row.entry.model, None) if row.entry.refused else number)
    return scores


def _compared(
    first: Mapping[str, Score],
    second: Mapping[str, Score],
    reference: Reference,
    names: tuple[str, str],
    influences: Influences | None = None,
) -> AgreementDifference:
    models = _common(first, second)
    one, other = (np.array([column[name].value for name in models], dtype=np.float64) for column in (first, second))
    truth = np.array([reference.scores[name] for name in models], dtype=np.float64)
    return AgreementDifference(
        names[0],
        names[1],
        reference,
        tuple(models),
        PairedBy.MODEL if influences is None else PairedBy.INSTRUCTION,
        {
            coefficient: correlation_difference(coefficient, one, other, truth, influences=influences)
            for coefficient in RANK_COEFFICIENTS
        },
    )


def _common(first: Mapping[str, Score], second: Mapping[str, Score]) -> list[str]:
    return sorted(first.keys() & second.keys())
