"""A gate: a rule, the recipe of its rates, and the verdicts that it reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit.boards import Entry, Estimators, Pinned, Recipe, learn
from evalkit.errors import ConfigError
from evalkit.gating.choice import Required, check_against, choose, part_of
from evalkit.gating.decide import decide
from evalkit.gating.rule import Decision, Rule, Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A rule with what is needed to apply it.

    The `recipe` gets its confidence from the rule. Every decision carries the `notes`. `pinned` is the history that the
    candidate's row was estimated with when it was written.
    """

    rule: Rule
    recipe: Recipe
    wanted: Required
    benchmark: str
    notes: tuple[str, ...] = ()
    pinned: Pinned | None = None

    def rates(self, group: Sequence[Entry], confidence: float) -> Estimators:
        """The rates of a group of comparable entries at this confidence."""
        # a difference uses the history that applies to both models now
        pinned = self.pinned if self.rule.against is None else None
        return learn(group, replace(self.recipe, confidence=confidence), pinned=pinned)

    def look(
        self, candidate: Entry, others: Sequence[Entry], rule: Rule, *, keys: frozenset[str], spent: Spent
    ) -> Decision:
        """Apply the rule, at one look's confidence, to a model's verdicts so far on the instructions `keys`.

        Args:
            others: entries under the same judge and baseline.
        """
        known = [
            replace(entry, sample=entry.sample.restricted(keys)) for entry in others if entry.model != candidate.model
        ]
        return self.decide(candidate, [candidate, *known], rule, spent=spent)

    def decide(self, candidate: Entry, group: Sequence[Entry], rule: Rule, *, spent: Spent | None = None) -> Decision:
        """Decide on one entry of a group of comparable entries, or on the part of it that the rule is about.

        Raises:
            ConfigError: the metric or the threshold cannot apply to this model, or to the model that it is compared
                with, or there are no verdicts on such a part.
        """
        _check_metric(candidate, rule)
        _check_scale(candidate, rule)
        against = None
        if rule.against is not None:
            judged = any(entry.model == rule.against for entry in group)
            baseline = None if judged else candidate.baseline
            check_against(candidate.model, rule.against, baseline=baseline, margin=rule.margin)
            against = choose(group, rule.against, Required(compat=self.wanted.compat))
        return decide(
            part_of(candidate, rule.part),
            self.rates(group, rule.confidence),
            rule,
            benchmark=self.benchmark,
            against=None if against is None else part_of(against, rule.part),
            audit=candidate.audit,
            notes=self.notes,
            spent=spent,
        )


def _check_metric(candidate: Entry, rule: Rule) -> None:
    """Refuse a metric of grades for a judge that compares answers."""
    if rule.metric.graded and not candidate.graded:
        raise ConfigError(
            f"metric {rule.metric.name!r} is the mean of grades, and judge {candidate.judge!r} compares answers. "
            "Take win_rate or lc_win_rate"
        )


def _check_scale(candidate: Entry, rule: Rule) -> None:
    """Refuse a threshold outside the judge's scale: it is a mistake, and missing it would not show a regression."""
    low, high = candidate.scale
    if rule.minimum is not None and not low <= rule.minimum <= high:
        raise ConfigError(f"--min {rule.minimum:g}: judge {candidate.judge!r} grades from {low:g} to {high:g}")
