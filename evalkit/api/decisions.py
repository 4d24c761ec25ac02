"""Lets Python and the command decide whether a model may be released, and shows the decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Unpack

from evalkit.api.assignment import AssignmentKeywords, assignment_of
from evalkit.api.choices import Place
from evalkit.api.door import beside_a_loop, front_door
from evalkit.api.gate_case import GateCase, with_benchmark
from evalkit.api.keeping import Keeping, checked_label
from evalkit.api.keywords import (
    Data,
    LimitKeywords,
    audit_limits_of,
    checked_count,
    checked_number,
    limits_of,
    named_source_of,
    parted,
    picked,
    source_of,
)
from evalkit.api.progress import Listener, listener_of
from evalkit.api.result import Result, estimate_metrics
from evalkit.auditing import AuditLimits, require_passed
from evalkit.boards import MIN_COVERAGE, DifficultySource, Metric
from evalkit.errors import ConfigError, GateFailed, Incomplete, Inconclusive
from evalkit.gating import (
    SMALLEST_BATCH,
    Decision,
    Outcome,
    Rule,
)
from evalkit.reporting import gate_badge, gate_explanation, gate_json, gate_junit, gate_summary, gate_text, why
from evalkit.sources import (
    Sources,
    read_recipe,
)
from evalkit.stats import CONFIDENCE, MIN_INSTRUCTIONS
from evalkit.store import store_url
from evalkit.types import Estimate


class GateKeywords(AssignmentKeywords, LimitKeywords, total=False):
    """The keywords of `annotate` that a gate takes as well."""


def _raise_for(decision: Decision) -> None:
    """Raise where the candidate does not pass."""
    said = f"{decision.model}: {why(decision)}"
    if decision.outcome == Outcome.AUDIT_FAILED:
        require_passed({decision.model: decision.audit})
    if decision.outcome == Outcome.INCOMPLETE:
        cure = ". Judge the rest: evalkit annotate asks only what is missing" if decision.n_missing else ""
        raise Incomplete(f"{said}{cure}")
    if decision.outcome == Outcome.FAILED:
        raise GateFailed(said)
    if decision.outcome == Outcome.INCONCLUSIVE:
        # more data helps neither a degraded number nor a model that declines too often
        raise Inconclusive(f"{said}. evalkit power says how much more data would tell" if decision.open else said)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GateDecision(Result):
    """A gate's decision on a model, with the numbers that it rests on and its forms for continuous integration."""

    decision: Decision

    @property
    def outcome(self) -> Outcome:
        """Passed, failed, or the reason why the measurement does not tell."""
        return self.decision.outcome

    @property
    def passed(self) -> bool:
        """True if the measurement shows that the model reaches the threshold."""
        return self.decision.outcome == Outcome.PASSED

    @property
    def estimate(self) -> Estimate:
        """The rate, or the difference, that decided: percent or points, with its interval and status."""
        return self.decision.estimate

    def explanation(self, *, digests: bool = False) -> str:
        """The decision in sentences, with every number that it used and, if asked for, the digests."""
        return gate_explanation(self.decision, digests=digests)

    def summary(self) -> str:
        """The decision as markdown."""
        return gate_summary(self.decision)

    def junit(self) -> str:
        """The decision as JUnit XML."""
        return gate_junit(self.decision)

    def badge(self) -> str:
        """The decision as the JSON of a badge."""
        return gate_badge(self.decision)

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary; `passed` is 1 or 0, and what cannot be estimated is left out."""
        model = self.decision.model
        estimate = estimate_metrics(f"{model}/{self.decision.rule.metric.name}", self.estimate)
        return {f"{model}/passed": float(self.passed), f"{model}/n": float(self.estimate.n), **estimate}

    @front_door
    def raise_for_outcome(self) -> None:
        """Raise where the candidate does not pass.

        Raises:
            AuditFailed: its outputs failed their audit.
            Incomplete: verdicts are missing.
            GateFailed: it does not reach the threshold.
            Inconclusive: the measurement does not decide.
        """
        _raise_for(self.decision)

    def to_json(self) -> str:
        return gate_json(self.decision)

    def __str__(self) -> str:
        return gate_text(self.decision)


@front_door
@beside_a_loop
def gate(
    candidate: Data,
    *,
    minimum: float | None = None,
    against: str | None = None,
    margin: float = 0.0,
    metric: str | Metric | None = None,
    confidence: float = CONFIDENCE,
    min_n: int = MIN_INSTRUCTIONS,
    min_coverage: float = MIN_COVERAGE,
    source: Data | Sequence[Data] = (),
    difficulty: Data = DifficultySource.AUTO.value,
    allow_compat: bool = False,
    allow_refusals: bool = False,
    sequential: bool = False,
    batch: int = SMALLEST_BATCH,
    audit_limit: AuditLimits | Mapping[str, float] | Iterable[str] = (),
    label: str | None = None,
    looks_budget: int | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
    log: str | PathLike[str] | None = None,
    progress: bool | Listener | None = None,
    **options: Unpack[GateKeywords],
) -> GateDecision:
    """Decide whether a model may be released, by its win rate against the baseline or beside another model.

    Args:
        candidate: the model's outputs, as for `annotate`, which are judged first where verdicts are missing; or a
            row.json, or the name of a model that has verdicts.
        minimum: the percentage that the rate must reach.
        against: another model, instead of `minimum`, whose rate the candidate's must reach.
        margin: the points that the candidate may be behind `against`.
        metric: `lc_win_rate`, `win_rate` or `style_win_rate`; by default what the benchmark's style says.
        confidence: the confidence of the two-sided interval that must lie on one side of the threshold.
        min_n: the number of instructions with a verdict without which nothing is decided.
        min_coverage: the share of the instructions that must have a verdict.
        source: files, folders or values with verdicts that take the place of the store's.
        difficulty: the source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        allow_compat: whether the verdicts of a judge that is shown bare texts or fixed labels count.
        allow_refusals: whether a model may decline more often than the baseline.
        sequential: whether outputs are judged in batches until the decision is certain.
        batch: the number of instructions in each batch.
        audit_limit: limits of the audit by name, as in `{"min-distinct": 0.2}`.
        label: the name of this release of the model, such as `v1.3`, for `releases`.
        looks_budget: the number of different outputs of a model that may be measured on the same instructions; a note
            on the decision says when they are used up.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder of the store and of the written rows.
        log: a file to which every event of judging is appended as a line of JSON.
        progress: whether a bar is drawn; by default on a terminal and in a notebook.
        options: the keywords of `annotate` that say how outputs are judged and limit the run.

    Returns:
        The decision. `raise_for_outcome` raises unless the model passes; `passed` is true where it does.

    Raises:
        EvalkitError: an input or an option is wrong, or the judge could not be asked.

    Example:
        >>> import evalkit as ek
        >>> ek.gate("outputs.json", baseline="baseline.json", minimum=50).raise_for_outcome()
    """
    assignment = assignment_of(**picked(options, AssignmentKeywords))
    if len(assignment.judges) > 1:
        raise ConfigError("a gate decides on one judge. Give --judge once")
    files = tuple(source_of(one, "source") for one in parted(source))
    named = named_source_of(candidate, "candidate")
    place = Place(store_url(store, Path(results)), Path(results))
    if not files and assignment.benchmark is None:
        assignment = with_benchmark(named, assignment, place)
    sources = Sources(
        files=files,
        board=assignment.benchmark if assignment.told is None else assignment.told.benchmark.name,
        difficulty=named_source_of(difficulty, "difficulty"),
        store=store,
        results=Path(results),
        cluster=assignment.cluster if files else None,
    )
    recipe = read_recipe(sources, metric=metric, confidence=confidence)
    rule = Rule(
        metric=recipe.metric,
        minimum=minimum,
        against=against,
        margin=margin,
        confidence=checked_number("--confidence", confidence, least=0.5, most=1, below=True),
        min_n=checked_count("--min-n", min_n, least=2),
        min_coverage=checked_number("--min-coverage", min_coverage, least=0, most=1),
        allow_refusals=allow_refusals,
    )
    listener = listener_of(progress)
    case = GateCase(
        named,
        rule,
        recipe,
        sources,
        assignment,
        allow_compat,
        keeping=Keeping("gate", checked_label(label)),
        looks_budget=None if looks_budget is None else checked_count("--looks-budget", looks_budget, least=1),
    )
    decision = case.decide(
        limits_of(**picked(options, LimitKeywords)),
        audit_limits_of(audit_limit),
        listener,
        log=None if log is None else Path(log),
        batch=checked_count("--batch", batch, least=SMALLEST_BATCH) if sequential else None,
    )
    return GateDecision(decision)
