"""Lets Python and the command decide whether a model may be released, and shows the decision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

from evalkit.api.assignment import AssignmentKeywords, assignment_of
from evalkit.api.choices import Place
from evalkit.api.door import beside_a_loop, front_door
from evalkit.api.gate_case import Asking, GateCase, with_benchmark
from evalkit.api.gate_rules import RulesCase, rules_of
from evalkit.api.keeping import Keeping, checked_label, keep_decisions
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
from evalkit.gating import SMALLEST_BATCH, Decision, JointDecision, Outcome, Rule, RuleTable
from evalkit.reporting import (
    gate_badge,
    gate_explanation,
    gate_json,
    gate_junit,
    gate_summary,
    gate_text,
    gate_why,
)
from evalkit.sources import (
    Sources,
    read_recipe,
)
from evalkit.stats import CONFIDENCE, MIN_INSTRUCTIONS
from evalkit.store import store_url
from evalkit.text import plural
from evalkit.types import Estimate


class GateKeywords(AssignmentKeywords, LimitKeywords, total=False):
    """The keywords of `annotate` that a gate takes as well."""


def _raise_for(joint: JointDecision) -> None:
    """Raise where the candidate does not pass."""
    decision, outcome = joint.deciding, joint.outcome
    said = f"{decision.model}: {gate_why(joint)}"
    if outcome == Outcome.AUDIT_FAILED:
        require_passed({decision.model: decision.audit})
    if outcome == Outcome.INCOMPLETE:
        raise Incomplete(f"{said}{_rest_to_judge(decision)}")
    if outcome == Outcome.FAILED:
        raise GateFailed(said)
    if outcome == Outcome.INCONCLUSIVE:
        # more data helps neither a degraded number nor a model that declines too often
        told = ". evalkit power says how much more data would tell" if decision.open else ""
        raise Inconclusive(f"{said}{told}")


def _rest_to_judge(decision: Decision) -> str:
    return ". Judge the rest: evalkit annotate asks only what is missing" if decision.n_missing else ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GateDecision(Result):
    """A gate's decision on a model, with the numbers that it rests on and its forms for continuous integration.

    `joint` has the decision of each rule; a gate without `rules` has one.
    """

    joint: JointDecision

    @property
    def rules(self) -> tuple[Decision, ...]:
        """The decision by each rule, with its outcome, estimate, n and reasons; its `rule` has the name, and whether it
        is required.
        """
        return self.joint.decisions

    @property
    def decision(self) -> Decision:
        """The decision by the rule that decides: the only one, or the first that keeps the gate from passing."""
        return self.joint.deciding

    @property
    def outcome(self) -> Outcome:
        """Passed, failed, or the reason why the measurement does not tell."""
        return self.joint.outcome

    @property
    def passed(self) -> bool:
        """True if the measurement shows that the model reaches every required threshold."""
        return self.joint.outcome == Outcome.PASSED

    @property
    def estimate(self) -> Estimate:
        """The rate, or the difference, that decided: percent or points, with its interval and status."""
        return self.decision.estimate

    def explanation(self, *, digests: bool = False) -> str:
        """The decision in sentences, with every number that it used and, if asked for, the digests."""
        return gate_explanation(self.joint, digests=digests)

    def summary(self) -> str:
        """The decision as markdown."""
        return gate_summary(self.joint)

    def junit(self) -> str:
        """The decision as JUnit XML."""
        return gate_junit(self.joint)

    def badge(self) -> str:
        """The decision as the JSON of a badge."""
        return gate_badge(self.joint)

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary; `passed` is 1 or 0, and what cannot be estimated is left out.

        The numbers of a rule with a name stand under `model/name`.
        """
        model = self.decision.model
        found = {f"{model}/passed": float(self.passed)}
        for one in self.rules:
            alone = one.rule.name is None
            where = model if alone else f"{model}/{one.rule.name}"
            if not alone:
                found[f"{where}/passed"] = float(one.outcome == Outcome.PASSED)
            found[f"{where}/n"] = float(one.estimate.n)
            found |= estimate_metrics(f"{where}/{one.rule.metric.name}", one.estimate)
        return found

    @front_door
    def raise_for_outcome(self) -> None:
        """Raise where the candidate does not pass.

        Raises:
            AuditFailed: its outputs failed their audit.
            Incomplete: verdicts are missing.
            GateFailed: it does not reach a threshold that is required.
            Inconclusive: the measurement does not decide, or a required one of several rules has no verdicts.
        """
        _raise_for(self.joint)

    def to_json(self) -> str:
        return gate_json(self.joint)

    def __str__(self) -> str:
        return gate_text(self.joint)


@front_door
@beside_a_loop
def gate(
    candidate: Data,
    *,
    minimum: float | None = None,
    against: str | None = None,
    margin: float = 0.0,
    metric: str | Metric | None = None,
    rules: str | PathLike[str] | Sequence[Mapping[str, Any] | RuleTable] | None = None,
    confidence: float = CONFIDENCE,
    min_n: int = MIN_INSTRUCTIONS,
    min_coverage: float = MIN_COVERAGE,
    min_agreement: float | None = None,
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

    With `rules`, one decision of the whole gate rests on several such numbers, of one benchmark or of several.

    Args:
        candidate: the model's outputs, as for `annotate`, which are judged first where verdicts are missing; or a
            row.json, or the name of a model that has verdicts.
        minimum: the percentage that the rate must reach.
        against: another model, instead of `minimum`, whose rate the candidate's must reach.
        margin: the points that the candidate may be behind `against`.
        metric: `lc_win_rate`, `win_rate` or `style_win_rate`; by default what the benchmark's style says.
        rules: several rules instead of the four keywords above: dictionaries with the keys of `[[gate.rules]]`, or a
            settings file that has such tables.
        confidence: the confidence of the two-sided interval that must lie on one side of the threshold.
        min_n: the number of instructions with a verdict without which nothing is decided.
        min_coverage: the share of the instructions that must have a verdict.
        min_agreement: the percentage of comparisons on which the judge must agree with people, by the lower end of the
            latest measurement of it in the store; without one, nothing passes.
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
    asking = Asking(
        limits=limits_of(**picked(options, LimitKeywords)),
        audit_limits=audit_limits_of(audit_limit),
        listener=listener_of(progress),
        log=None if log is None else Path(log),
        batch=checked_count("--batch", batch, least=SMALLEST_BATCH) if sequential else None,
    )
    keeping = Keeping("gate", checked_label(label))
    budget = None if looks_budget is None else checked_count("--looks-budget", looks_budget, least=1)

    def kept(joint: JointDecision) -> JointDecision:
        # verdicts in files are no release of the store
        if files:
            return joint
        done = keep_decisions(joint, place.url, keeping, looks_budget=budget)
        pairs = zip(done.decisions, joint.decisions, strict=True)
        asking.listener.note(dict.fromkeys(note for one, own in pairs for note in one.notes[len(own.notes) :]))
        return done

    tables = rules_of(rules)
    if tables:
        given = {"min": minimum is not None, "against": against, "margin": margin, "metric": metric}
        _check_only_rules(tables, sequential=sequential, **given)
    usual = Rule(
        # replaced by the threshold of each rule
        minimum=0.0,
        confidence=checked_number("--confidence", confidence, least=0.5, most=1, below=True),
        min_n=checked_count("--min-n", min_n, least=2),
        min_coverage=checked_number("--min-coverage", min_coverage, least=0, most=1),
        allow_refusals=allow_refusals,
        min_agreement=(
            None if min_agreement is None else checked_number("--min-agreement", min_agreement, least=0, most=100)
        ),
    )
    if not tables and not files and assignment.benchmark is None:
        assignment = with_benchmark(named, assignment, place)
    sources = Sources(
        files=files,
        board=assignment.benchmark if assignment.told is None else assignment.told.benchmark.name,
        difficulty=named_source_of(difficulty, "difficulty"),
        store=store,
        results=Path(results),
        cluster=assignment.cluster if files else None,
        limits=audit_limits_of(audit_limit),
    )
    if tables:
        case = RulesCase(
            candidate=named,
            tables=tables,
            usual=usual,
            sources=sources,
            assignment=assignment,
            compat=allow_compat,
            place=place,
        )
        return GateDecision(kept(case.decide(asking)))
    recipe = read_recipe(sources, metric=metric, confidence=confidence)
    rule = replace(usual, metric=recipe.metric, minimum=minimum, against=against, margin=margin)
    deciding = GateCase(named, rule, recipe, sources, assignment, allow_compat).deciding(asking)
    return GateDecision(kept(JointDecision((deciding(rule.confidence),))))


def _check_only_rules(tables: Sequence[RuleTable], *, sequential: bool, **thresholds: object) -> None:
    """Refuse a threshold beside rules, which have thresholds of their own, and early looks, which are for one rule.

    Raises:
        ConfigError: either was asked for.
    """
    found = plural(len(tables), "rule")
    for name, value in thresholds.items():
        if value:
            raise ConfigError(
                f"--{name}: the gate has {found} with thresholds of their own. Take --{name} or the rules away"
            )
    if sequential:
        raise ConfigError(
            f"--sequential: an early look spends the error of one rule on one benchmark, and the gate has {found}. "
            "Leave it out"
        )
