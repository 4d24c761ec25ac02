"""Instruction difficulty and the prior of a model's coefficients, learned from a table of many models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.errors import StatsError
from evalkit.stats.coefficients import CoefficientPrior
from evalkit.stats.covariates import CURVATURE, DIFFICULTY, INTERCEPT, LENGTH, control_names
from evalkit.stats.fit_check import FitCheck, NearEqual, check_fits, near_equal
from evalkit.stats.logistic import expit
from evalkit.stats.overlap import overlap_of
from evalkit.stats.sample import Sample
from evalkit.stats.slopes import Learned, Member, Shape, ShapeChoice, learn_slopes
from evalkit.stats.table import tabulate

MIN_MODELS = 5
# from this many models on, their slopes give the prior for a further model
MIN_MODELS_FOR_SLOPES = 20


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Difficulty by instruction key, higher where candidates fare better, and the prior of a further model.

    Difficulty has unit standard deviation; `precision` is the precision of each instruction's difficulty. `members` are
    the models that the history was learned from, by name, in whose regressions `controls` are the controls; `shape` is
    the shape of the length effect. `check` compares these regressions with the verdicts on pairs of about equal length.
    """

    difficulty: Mapping[str, float]
    precision: Mapping[str, float]
    prior: CoefficientPrior
    members: Mapping[str, Member]
    controls: tuple[str, ...] = (LENGTH,)
    shape: ShapeChoice | None = None
    check: FitCheck | None = None

    def for_model(self, model: str, sample: Sample) -> Mapping[str, float]:
        """Difficulty estimated from the other models only, so that a model's own verdicts do not explain themselves.

        A Newton step removes the model's own verdicts. For a model that is not among the members nothing is removed.
        """
        member = self.members.get(model)
        if member is None or not sample.n:
            return self.difficulty
        table = tabulate({model: sample}, self.controls)
        known = [place for place, key in enumerate(table.keys) if key in self.difficulty]
        if not table.models or not known:
            return self.difficulty
        keys = [table.keys[place] for place in known]
        difficulty = np.array([self.difficulty[key] for key in keys])
        own = member.coefficients
        if CURVATURE in own:
            table = table.with_curvature()
        slopes = np.array([own[name] for name in table.names])
        chance = expit(own[INTERCEPT] + table.controls[0, known] @ slopes + own[DIFFICULTY] * difficulty)
        weight = table.known[0, known] / member.dispersion
        pull = weight * own[DIFFICULTY] * (table.preference[0, known] - chance)
        told = weight * own[DIFFICULTY] ** 2 * chance * (1 - chance)
        rest = np.array([self.precision[key] for key in keys]) - told
        # verdicts that differ from those that the history was learned from may carry more information than all of those
        others = difficulty - np.divide(pull, rest, out=np.zeros_like(pull), where=rest > 0)
        return {**self.difficulty, **dict(zip(keys, others.tolist(), strict=True))}


def fit_history(
    samples: Mapping[str, Sample], *, controls: Sequence[str] = (LENGTH,), shape: Shape = Shape.LEARNED
) -> History:
    """Learn difficulty and coefficients jointly from the verdicts of several models on common instructions.

    Args:
        samples: samples by model, as `build_samples_by_model` gives them; a model is used only where all its controls
            are known and at least one varies.
        controls: `length`, or measures of the samples by name.
        shape: shape of the length effect, where length is the only control.

    Returns:
        What these models teach about a further one: `history.prior` and `history.for_model(model, sample)` are the
        prior and the difficulty of `length_controlled_win_rate`.

    Raises:
        StatsError: fewer than five usable models.
    """
    names = control_names(controls)
    table = tabulate(samples, names)
    if len(table.models) < MIN_MODELS:
        models = "1 model" if len(table.models) == 1 else f"{len(table.models)} models"
        raise StatsError(f"difficulty cannot be learned from {models}; at least {MIN_MODELS} needed")
    learned = learn_slopes(table, shape, least=MIN_MODELS)
    check = check_fits(_near_equal(samples, table.keys, learned)) if names == (LENGTH,) else None
    return History(
        difficulty=dict(zip(table.keys, learned.difficulty.tolist(), strict=True)),
        precision=dict(zip(table.keys, learned.precision.tolist(), strict=True)),
        prior=learned.prior,
        members=learned.members,
        controls=names,
        shape=learned.choice,
        check=check,
    )


def _near_equal(samples: Mapping[str, Sample], keys: Sequence[str], learned: Learned) -> list[NearEqual]:
    """The pairs of about equal length of all models that teach."""
    place = {key: index for index, key in enumerate(keys)}
    found = []
    for (model, member), predicted in zip(learned.members.items(), learned.predicted, strict=True):
        sample = samples[model]
        overlap = overlap_of(sample)
        if overlap is not None:
            chances = predicted[[place[key] for key in sample.keys]]
            found.append(near_equal(sample, overlap.near, predicted=chances, dispersion=member.dispersion))
    return found
