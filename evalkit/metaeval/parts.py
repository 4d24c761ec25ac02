"""A judge's agreement with people by a field of the labels."""

import numpy as np

from evalkit.metaeval.labels import LabelTable
from evalkit.metaeval.settings import EvaluationSettings
from evalkit.metaeval.verdicts import JudgeVerdicts
from evalkit.stats import Pooled, pool_by_category

# what stands for the value of a comparison that has none
UNNAMED = "(none)"


def parts_of(labels: LabelTable, verdicts: JudgeVerdicts, field: str, settings: EvaluationSettings) -> Pooled:
    """The agreement by the half rule in each part, an opinion a row, as measured and pooled with the other parts."""
    panel = labels.panel
    verdict = verdicts.mean[panel.comparison]
    rows = np.isfinite(verdict)
    of = panel.comparison[rows]
    values = [value or UNNAMED for value in labels.values_of(field)]
    return pool_by_category(
        1 - np.abs(verdict[rows] - panel.said[rows]),
        [values[row] for row in of],
        panel.cluster[of],
        confidence=settings.confidence,
    )
