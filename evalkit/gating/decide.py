"""The decision: a model passes or fails only if its interval does so with every missing verdict set against that."""

from collections.abc import Sequence
from dataclasses import replace

from evalkit.auditing import DECLINES, LENGTHS, NEARLY_COPIED, AuditLimits, cure, doubtful
from evalkit.boards import SCORE, WIN_RATE, Entry, Estimators, Metric
from evalkit.gating.discounts import Discounted, discounted
from evalkit.gating.equal_length import LEAST_CORRELATION, EqualLength, at_equal_length
from evalkit.gating.evidence import Body, Evidence, of_one, of_two
from evalkit.gating.rule import Decision, Outcome, Rule, Spent
from evalkit.stats import SEPARATED
from evalkit.text import chosen, distinct, level, percent, plural
from evalkit.types import Audit, Estimate, Finding, JudgeConfig, Status, StatusKind

_LEARN = "judge 20 models or more, or name a history with --difficulty"
# name of the check for refusals in audits made before refusals were compared with the baseline's
_EARLIER = "refusals"
_Verdict = tuple[Outcome, tuple[str, ...]]


def decide(
    candidate: Entry,
    rates: Estimators,
    rule: Rule,
    *,
    benchmark: str,
    against: Entry | None = None,
    audit: Audit | None = None,
    notes: Sequence[str] = (),
    spent: Spent | None = None,
    sha256: str = "",
) -> Decision:
    """Decide by a rule on a model, or on the difference between a model and another one.

    The model passes where the status is ok, there are enough instructions and coverage, and the lower end of the
    interval is at or above the threshold with every missing verdict set against the model. It fails where the upper end
    is below the threshold with every missing verdict set for the model; a degraded number fails a model only together
    with the raw win rate, and never where lengths separate the verdicts. A number at equal length without a history of
    the judge decides only where the correlation of length with difficulty that would change the decision is larger than
    any recorded, and where the raw win rate lies on the same side. Every other case is inconclusive.

    Args:
        rates: computes rates at the rule's confidence.
        audit: audit of the candidate's outputs; None where it could not be made.
    """
    body = of_one(candidate, rates) if against is None else of_two(candidate, against, rates)
    metric = SCORE if candidate.graded else rule.metric
    shown = body.by_metric[metric]
    raw = body.by_metric.get(WIN_RATE, shown)
    outcome, reasons = (
        _audited(audit) or _complete(body, shown, rule) or _passed(shown, rule) or _failed(shown, raw, rule)
    ) or (Outcome.INCONCLUSIVE, (_doubt(shown, rule),))
    rests = at_equal_length(candidate, against, rates, metric=metric, threshold=rule.threshold, shown=shown, raw=raw)
    outcome, reasons = _at_equal_length(rests, raw, rule, (outcome, reasons))
    outcome, reasons = _declining(candidate, audit, rule, (outcome, reasons))

    copies, doubts = _copies(candidate, audit), [] if audit is None else doubtful(audit)
    tied, lost = (
        discounted(candidate, against, rates, metric, shown=shown, audit=audit, found=found)
        for found in (copies, doubts)
    )
    outcome, reasons = _copying(copies, tied, shown, rule, (outcome, reasons))
    outcome, reasons = _doubted(doubts, lost, rule, (outcome, reasons))
    return Decision(
        outcome=outcome,
        rule=replace(rule, metric=metric),
        model=candidate.model,
        baseline=candidate.baseline,
        judge=candidate.judge,
        digest=candidate.digest,
        benchmark=benchmark,
        estimate=shown.measured,
        pessimistic=shown.pessimistic,
        optimistic=shown.optimistic,
        win_rate=raw.measured,
        n=body.n,
        n_missing=body.n_missing,
        coverage=body.coverage,
        reasons=reasons,
        notes=(
            *notes,
            *([] if rests is None or rests.unlike is None else [rests.unlike]),
            *_caveats(candidate, metric, rates, rule, audit),
            *_doubts_of(against),
        ),
        audit=audit,
        spent=spent,
        sha256=sha256,
        equal_length=rests,
        discounted=tuple(one for one in (tied, lost) if one is not None),
    )


def refuse_unjudged(
    rule: Rule, audit: Audit, *, model: str, baseline: str, judge: JudgeConfig, benchmark: str, n: int
) -> Decision:
    """The decision on outputs that failed their audit; the judge was not asked about the `n` instructions."""
    unmeasured = _unmeasured(
        rule, "not judged: the outputs failed their audit", model=model, judge=judge.name, benchmark=benchmark
    )
    return replace(
        unmeasured,
        outcome=Outcome.AUDIT_FAILED,
        baseline=baseline,
        digest=judge.digest,
        n_missing=n,
        reasons=tuple(finding.reason for finding in audit.failures),
        audit=audit,
    )


def without_verdicts(rule: Rule, reason: str, *, model: str, judge: str, benchmark: str) -> Decision:
    """The decision where a model has no verdicts that the rule could be held against; `reason` says how to get them."""
    unmeasured = _unmeasured(rule, "no verdicts", model=model, judge=judge, benchmark=benchmark)
    return replace(unmeasured, reasons=(reason,))


def not_applicable(rule: Rule, reason: str, *, model: str, judge: str, benchmark: str) -> Decision:
    """The decision of a rule that does not apply to a model, for the `reason`."""
    unmeasured = _unmeasured(rule, "not applicable", model=model, judge=judge, benchmark=benchmark)
    return replace(unmeasured, outcome=Outcome.NOT_ESTIMABLE, reasons=(reason,))


def _unmeasured(rule: Rule, refusal: str, *, model: str, judge: str, benchmark: str) -> Decision:
    nothing = Estimate.refused(refusal, n=0)
    return Decision(
        outcome=Outcome.INCOMPLETE,
        rule=rule,
        model=model,
        baseline="",
        judge=judge,
        digest="",
        benchmark=benchmark,
        estimate=nothing,
        pessimistic=nothing,
        optimistic=nothing,
        win_rate=nothing,
        n=0,
        n_missing=0,
        coverage=0.0,
        reasons=(),
    )


def _audited(audit: Audit | None) -> _Verdict | None:
    if audit is None or not audit.failures:
        return None
    return Outcome.AUDIT_FAILED, tuple(finding.reason for finding in audit.failures)


def _at_equal_length(rests: EqualLength | None, raw: Evidence, rule: Rule, verdict: _Verdict) -> _Verdict:
    """Make a decision inconclusive that depends on the regression alone, without a history of the judge.

    Such a decision is one that the raw verdicts contradict, or a pass that a plausible confounding of length with
    difficulty would change. With a history, a decision that the raw rate contradicts gets the reason "at equal length
    only".
    """
    outcome, reasons = verdict
    if rests is None or outcome not in (Outcome.PASSED, Outcome.FAILED):
        return verdict
    if not rests.raw_agrees:
        limit, passed = rule.threshold, outcome == Outcome.PASSED
        name = "raw win rate" if rule.against is None else "raw difference"
        side = f"{'below' if passed else 'not below'} {chosen(limit)}"
        if rests.own_history:
            return outcome, (
                f"at equal length only: the {name} is {distinct(raw.measured.value, limit)}, {side}",
                *reasons,
            )
        end = raw.floor if passed else raw.ceiling
        reach = f"interval {'starts' if passed else 'ends'} at {distinct(end, limit)}, {side}"
        return Outcome.INCONCLUSIVE, (
            f"the {name}'s {reach}, and no history of this judge confirms the effect of length that the regression "
            f"found: {_LEARN}",
            *reasons,
        )
    if outcome == Outcome.PASSED and not rests.survives:
        strength = "some correlation" if rests.correlation is None else f"a correlation of {rests.correlation:.2f}"
        return Outcome.INCONCLUSIVE, (
            f"{strength} between length and difficulty would change the decision, and no history of this judge "
            f"separates the two (at least {LEAST_CORRELATION:g} is asked): {_LEARN}",
            *reasons,
        )
    return verdict


def _declining(candidate: Entry, audit: Audit | None, rule: Rule, verdict: _Verdict) -> _Verdict:
    """Make a pass inconclusive where the model declines more often than the baseline.

    Short refusals raise a win rate at equal length, as do other answers that are bad and short.
    """
    outcome, reasons = verdict
    found = _declines(candidate, audit)
    if found is None or rule.allow_refusals or outcome != Outcome.PASSED:
        return verdict
    accepted = "use --allow-refusals for a model that is meant to decline"
    return Outcome.INCONCLUSIVE, (f"{found.reason}: {accepted}", *reasons)


def _copying(
    found: Sequence[Finding], tied: Discounted | None, shown: Evidence, rule: Rule, verdict: _Verdict
) -> _Verdict:
    """Make a pass inconclusive that does not hold where answers that are nearly the baseline's count as ties.

    Such an answer is as good as the baseline's, which a judge may not see. Ties say nothing of the other answers, of
    which there must be as many as a gate needs instructions.
    """
    outcome, reasons = verdict
    if not found or outcome != Outcome.PASSED:
        return verdict
    (copies,) = found
    accepted = f"look at them, or take the judge's word with {cure(copies)}"
    if tied is None:
        return Outcome.INCONCLUSIVE, (
            f"{copies.reason}, and this audit does not say which: run evalkit annotate again, which asks nothing twice",
            *reasons,
        )
    limit = rule.threshold
    ties = "a tie" if tied.counted == 1 else "ties"
    said = f"{copies.reason}: with {plural(tied.counted, 'such answer')} counted as {ties}"
    if tied.floor is None or tied.floor < limit:
        starts = f"{distinct(tied.floor, limit)} instead of {distinct(shown.floor, limit)}, below {chosen(limit)}"
        return Outcome.INCONCLUSIVE, (f"{said} the interval starts at {starts}: {accepted}", *reasons)
    if tied.others < rule.min_n:
        left = f"{plural(tied.others, 'answer')} {'is' if tied.others == 1 else 'are'} left to decide"
        return Outcome.INCONCLUSIVE, (f"{said} {left}, at least {rule.min_n} needed: {accepted}", *reasons)
    return outcome, (*reasons, f"{said} the interval starts at {distinct(tied.floor, limit)}")


def _doubted(found: Sequence[Finding], without: Discounted | None, rule: Rule, verdict: _Verdict) -> _Verdict:
    """Make a pass inconclusive where the audit warns that many answers may be none: a judge may like such answers."""
    outcome, reasons = verdict
    if not found or outcome != Outcome.PASSED:
        return verdict
    said = [f"{finding.reason}: look at them, or accept them with {cure(finding)}" for finding in found]
    if without is not None and without.floor is not None:
        limit = rule.threshold
        side = "below" if without.floor < limit else "at or above"
        said.append(
            f"with {plural(without.counted, 'answer')} of these counted against the model, the interval starts at "
            f"{distinct(without.floor, limit)}, {side} {chosen(limit)}"
        )
    return Outcome.INCONCLUSIVE, (*said, *reasons)


def _copies(candidate: Entry, audit: Audit | None) -> list[Finding]:
    """The audit's warning of answers that are nearly the baseline's; a model that is graded has no baseline."""
    warnings = () if audit is None or candidate.graded else audit.warnings
    return [finding for finding in warnings if finding.check == NEARLY_COPIED]


def _declines(candidate: Entry, audit: Audit | None) -> Finding | None:
    """The audit's finding on refusals of a model that is compared; audits of earlier versions name it differently."""
    if audit is None or candidate.graded:
        return None
    return next((finding for finding in audit.findings if finding.check in (DECLINES, _EARLIER)), None)


def _complete(body: Body, shown: Evidence, rule: Rule) -> _Verdict | None:
    """An inconclusive verdict where instructions or coverage are too few; None where they suffice.

    An estimate counts clusters: turns of one conversation are one instruction.
    """
    reasons = []
    n = min(body.n, shown.measured.n)
    if n < rule.min_n:
        reasons.append(f"{plural(n, 'instruction')} judged, at least {rule.min_n} needed")
    if body.coverage < rule.min_coverage:
        reasons.append(
            f"{body.n_missing} of {body.n + body.n_missing} instructions have no verdict: coverage "
            f"{percent(100 * body.coverage)} % is under {level(rule.min_coverage)}"
        )
    return (Outcome.INCOMPLETE, tuple(reasons)) if reasons else None


def _passed(shown: Evidence, rule: Rule) -> _Verdict | None:
    floor, limit = shown.floor, rule.threshold
    if shown.measured.status.kind != StatusKind.OK or floor is None or floor < limit:
        return None
    return Outcome.PASSED, (
        f"the interval starts at {distinct(floor, limit)}{_condition(shown)}, at or above {chosen(limit)}",
    )


def _failed(shown: Evidence, raw: Evidence, rule: Rule) -> _Verdict | None:
    status, ceiling, limit = shown.measured.status, shown.ceiling, rule.threshold
    if ceiling is None or ceiling >= limit:
        return None
    said = f"the interval ends at {distinct(ceiling, limit)}{_condition(shown)}, below {chosen(limit)}"
    if status.kind == StatusKind.OK:
        return Outcome.FAILED, (said,)
    if _separated(status) or raw.ceiling is None or raw.ceiling >= limit:
        return None
    return Outcome.FAILED, (
        said,
        f"the number is {status}, but the raw win rate's interval ends at {distinct(raw.ceiling, limit)} as well",
    )


def _separated(status: Status) -> bool:
    """True if lengths separate the verdicts; of two compared models, either is enough.

    With two models, each reason in the status starts with a model's name.
    """
    return any(reason.rpartition(": ")[2] == SEPARATED for reason in status.reason.split("; "))


def _doubt(shown: Evidence, rule: Rule) -> str:
    measured, floor, ceiling, limit = shown.measured, shown.floor, shown.ceiling, rule.threshold
    if measured.value is None:
        return f"the number cannot be estimated: {measured.status.reason}"
    if floor is None or ceiling is None:
        return f"there is no interval with every missing verdict one way: {_refusal(shown)}"
    ends = f"from {distinct(floor, limit)} to {distinct(ceiling, limit)}{_condition(shown)}"
    if floor < limit <= ceiling:
        status = "" if measured.status.kind == StatusKind.OK else f"; the number is {measured.status}"
        return f"the interval runs {ends}, and {chosen(limit)} lies in it{status}"
    return f"the interval runs {ends}, but the number is {measured.status}"


def _refusal(shown: Evidence) -> str:
    refused = (estimate for estimate in (shown.measured, shown.pessimistic, shown.optimistic) if estimate.lower is None)
    return next((str(estimate.status) for estimate in refused), "no interval")


def _condition(shown: Evidence) -> str:
    return "" if shown.measured is shown.pessimistic else " with every missing verdict one way"


def _caveats(candidate: Entry, metric: Metric, rates: Estimators, rule: Rule, audit: Audit | None) -> list[str]:
    """Caveats that a reader of the number must know, besides its status."""
    found = _unseen(candidate, audit)
    if rule.allow_refusals and (declining := _declines(candidate, audit)) is not None:
        found.append(f"{declining.reason}, which --allow-refusals accepts")
    if (lengths := candidate.length_notice) is not None:
        found.append(lengths)
    components = candidate.judging.components
    if components is None or components.repeat.value is None:
        found.append("verdict noise was not measured: every question was asked once")
    if components is not None and components.orders == 1 and not candidate.graded:
        found.append("the effect of the order of two answers was not measured: every pair was shown in one order")
    if (taught := rates.background(metric)) is not None:
        found.append(str(taught))
    return found


def _unseen(candidate: Entry, audit: Audit | None) -> list[str]:
    """Notes on checks that were not made on the outputs, and why.

    For verdicts from the store the texts existed, but the audit was off.
    """
    stored = candidate.plan is not None
    why = "they were judged with --audit off" if stored else "the source holds no texts"
    unseen = "" if candidate.graded else ", so it is unknown whether they decline more often than the baseline's"
    if audit is None or not audit.checks:
        return [f"the outputs were not audited: {why}{unseen if stored else ''}"]
    if audit.checks == (LENGTHS,):
        return [f"only the lengths of the outputs were audited: {why}{unseen if stored else ''}"]
    if stored and not candidate.graded and DECLINES not in audit.checks and audit.n >= AuditLimits().min_outputs:
        return [
            "the audit is an earlier evalkit's, which did not compare refusals with the baseline's: run evalkit "
            "annotate again, which asks nothing twice"
        ]
    return []


def _doubts_of(against: Entry | None) -> list[str]:
    """Notes on a difference where the audit refuses the other model's outputs."""
    if against is None or against.audit is None:
        return []
    return [f"{against.model}: the audit refuses its outputs: {finding.reason}" for finding in against.audit.failures]
