"""Judging in batches that end as soon as the decision is certain, with error rates that hold over all looks."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from evalkit.boards import Aggregation, Backing, Entry, entries_of_annotations
from evalkit.engine import Journal, Limits, Watcher, unwatched, unwritten
from evalkit.errors import ConfigError
from evalkit.gating.rule import Decision, Outcome, Rule, Spent
from evalkit.judge_spec import scale
from evalkit.judging import UNASKED, Annotated, Work, annotate, balanced_orders
from evalkit.stats import early_look_confidence, last_look_confidence
from evalkit.store import Store
from evalkit.types import Order

# the coverage of the intervals needs an estimate that is nearly normal at the first look
SMALLEST_BATCH = 50
# decides from a candidate's verdicts so far, the rule at this look's confidence, the instructions so far, and the
# effort that they took
Decider = Callable[[Entry, Rule, frozenset[str], Spent], Decision]


@dataclass(frozen=True, slots=True)
class Batches:
    """Work to be judged in batches, in an order that depends on the seed and never on a verdict."""

    work: Work
    rule: Rule
    batch: int = SMALLEST_BATCH

    def judge(
        self,
        store: Store,
        decide_on: Decider,
        *,
        aggregation: Aggregation,
        limits: Limits,
        watch: Watcher = unwatched,
        journal: Journal = unwritten,
    ) -> tuple[Decision | None, Annotated]:
        """Judge until a decision is certain or nothing is left.

        There is no decision where a limit stopped the run first, or where the endpoint changed the judge's model,
        because a gate reads the verdicts of one judge only. The first look includes verdicts that the store already
        has.

        Raises:
            ConfigError: the benchmark is judged turn by turn, so an instruction is complete only after its last turn.
            Other errors as for `annotate`.
        """
        if self.work.options.by_turn:
            raise ConfigError(
                f"--sequential: benchmark {self.work.plan.benchmark!r} is judged turn by turn. Leave it out"
            )
        keys, n, done = self._order(), 0, None
        for looks in itertools.count(1):
            n = min(len(keys), n + self.batch)
            work = replace(self.work, asking=frozenset(keys[:n]))
            (annotated,) = annotate([work], store, limits=limits, watch=watch, journal=journal)
            limits = limits.after(annotated.progress)
            progress = annotated.progress if done is None else done.progress.then(annotated.progress)
            done = replace(annotated, progress=progress)
            if progress.stopped:
                return None, done
            n = max(n, self._n_asked(keys, annotated))
            decision = self._look(annotated, frozenset(keys[:n]), decide_on, aggregation, looks)
            if (
                decision is None
                or n == len(keys)
                or decision.outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.AUDIT_FAILED)
            ):
                return decision, done
        raise AssertionError("unreachable")

    def _order(self) -> list[str]:
        """All instructions, ordered so that in every prefix half of them are asked in each order of the answers."""
        own = frozenset(self.work.keys)
        dealt = self.work.plan.first_order or balanced_orders(own, seed=self.work.options.seed)
        sides = ([key for key in dealt if key in own and dealt[key] == order] for order in _SIDES)
        return [key for pair in itertools.zip_longest(*sides) for key in pair if key is not None]

    def _n_asked(self, keys: list[str], annotated: Annotated) -> int:
        """The length of the longest prefix of instructions that were all asked about."""
        waiting = {annotation.slot.key for annotation in annotated.annotations if annotation.failure == UNASKED}
        return next((place for place, key in enumerate(keys) if key in waiting), len(keys))

    def _look(
        self, annotated: Annotated, keys: frozenset[str], decide_on: Decider, aggregation: Aggregation, looks: int
    ) -> Decision | None:
        spent = Spent(instructions=len(keys), of=len(self.work.keys), looks=looks, confidence=self.rule.confidence)
        scales = {self.work.config.name: scale(self.work.config)}
        backing = Backing(plans={self.work.group: self.work.record}, scale_of=scales.get)
        annotations = (annotation for annotation in annotated.annotations if annotation.slot.key in keys)
        entries = entries_of_annotations(annotations, aggregation, backing)
        if len(entries) > 1:
            return None
        (entry,) = entries
        return decide_on(entry, rule_of_look(self.rule, spent, n=entry.sample.n_clusters), keys, spent)


def rule_of_look(rule: Rule, spent: Spent, *, n: int) -> Rule:
    """The rule at the confidence that one look needs, so that all looks together have the rule's own confidence.

    Args:
        n: number of clusters with a verdict.
    """
    alpha = 1 - rule.confidence
    if spent.instructions == spent.of:
        return replace(rule, confidence=last_look_confidence(alpha=alpha))
    return replace(rule, confidence=early_look_confidence(max(1, n), alpha=alpha, n_planned=spent.of))


_SIDES = (Order.CANDIDATE_FIRST, Order.BASELINE_FIRST)
