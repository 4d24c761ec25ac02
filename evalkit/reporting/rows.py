"""Write single rows, each with everything that a reader of its number must know."""

import json
import math
from collections.abc import Sequence

from evalkit.boards import WIN_RATE, BoardRow, Entry
from evalkit.provenance import canonical_digest, design_effect_fact, row_document, row_notes
from evalkit.reporting.reasons import grouped_failures, status_words
from evalkit.stats import Components
from evalkit.text import interval, percent, plural, printable
from evalkit.types import Estimate, Reading


def rows_text(rows: Sequence[BoardRow]) -> str:
    """Return single rows as text, each with everything that a reader of its number must know."""
    return "\n".join(_row_text(row) for row in rows)


def rows_json(rows: Sequence[BoardRow]) -> str:
    """Return single rows as one JSON document, each with its canonical digest."""
    return json.dumps([{**row_document(row), "sha256": canonical_digest([row])} for row in rows], indent=2)


def _row_text(row: BoardRow) -> str:
    sample = row.entry.sample
    facts = _graded_facts(row) if row.entry.graded else _compared_facts(row)
    if sample.n_missing and row.bounds:
        worst, best = ("lowest", "highest") if row.entry.graded else ("losses", "wins")
        facts["if all missing were"] = f"{worst} {percent(row.bounds[0])}, {best} {percent(row.bounds[1])}"
    if sample.n_inconsistent:
        facts["orders disagree on"] = plural(sample.n_inconsistent, "instruction")
    if row.entry.rules:
        facts["by rule, unasked"] = ", ".join(f"{n} {rule.replace('_', ' ')}" for rule, n in row.entry.rules.items())
    for reason, n in list(grouped_failures(row.entry.failures).items())[:3]:
        label = f"no verdict ({n})"
        facts[label] = f"{facts[label]}; {reason}" if label in facts else reason
    if (effect := design_effect_fact(row)) is not None:
        facts["design effect"] = effect
    for name, estimate in row.slices.items():
        facts[name] = _with_interval(estimate)
    if row.entry.audit is not None and row.entry.audit.findings:
        facts["audit"] = "failed" if row.entry.refused else "passed, with warnings"
        facts["audit"] += f": {'; '.join(finding.reason for finding in row.entry.audit.findings)}"
    if notes := row_notes(row):
        facts["note"] = "; ".join(notes)
    facts.update(_judging_facts(row.entry))
    against = "" if row.entry.graded else f" against {row.entry.baseline}"
    name = f"{row.entry.model}{against}, judge {row.entry.judge}"
    if row.entry.served_as:
        name += f" served as {row.entry.served_as}"
    width = max(map(len, facts))
    return (
        "\n".join(
            [printable(name), *(f"  {printable(key).ljust(width)}  {printable(fact)}" for key, fact in facts.items())]
        )
        + "\n"
    )


def _compared_facts(row: BoardRow) -> dict[str, str]:
    raw, sample = row.raw.estimate, row.entry.sample
    facts = {WIN_RATE.title: _with_error(raw)}
    for metric, number in row.numbers.items():
        if metric != WIN_RATE:
            shown = "" if number.estimate.value is None else f"{_with_interval(number.estimate)} "
            facts[metric.title] = f"{shown}{status_words(row.status(metric), number=metric.title)}"
    facts["verdicts"] = (
        f"{sample.n} of {sample.n + sample.n_missing} instructions: "
        f"{plural(row.counts.wins, 'win')}, {plural(row.counts.losses, 'loss', 'losses')}, "
        f"{plural(row.counts.ties, 'tie')}"
    )
    return facts


def _graded_facts(row: BoardRow) -> dict[str, str]:
    score, sample = row.raw.estimate, row.entry.sample
    low, high = row.entry.scale
    return {
        "score": f"{_with_error(score)} on a scale from {low:g} to {high:g}",
        "grades": f"{sample.n} of {sample.n + sample.n_missing}, on {plural(score.n, 'question')}",
    }


def _judging_facts(entry: Entry) -> dict[str, str]:
    judging = entry.judging
    facts: dict[str, str] = {}
    if sampled := judging.readings.get(Reading.SAMPLED.value):
        facts["single draws"] = f"{plural(sampled, 'verdict')} came without the log-probabilities that were asked for"
    if judging.self_disagreement is not None:
        estimate = judging.self_disagreement
        facts["repeats disagree"] = f"{percent(estimate.value)} % {interval(estimate)} of pairs, {estimate.n} repeated"
    facts.update(_spread_facts(judging.components))
    if judging.cost:
        facts["cost"] = f"${judging.cost:.2f}"
    return facts


def _spread_facts(components: Components | None) -> dict[str, str]:
    """Return the sources of noise in the verdicts as standard deviations in points, and the position effect."""
    if components is None or components.repeat.value is None:
        reason = "" if components is None else f": {components.repeat.status.reason}"
        facts = {"noise": f"not measured{reason}"}
    else:
        facts = {"noise": f"{_deviation(components.repeat)} between repeats of a question"}
    if components is not None and components.order.value is not None:
        facts["orders"] = f"{_deviation(components.order)} by the order of the answers"
    if components is not None and components.position.value is not None:
        position = components.position
        facts["position effect"] = f"{position.value:+z.2f} points {interval(position)} where it is shown first"
    return facts


def _with_error(estimate: Estimate) -> str:
    """Return a number with its interval and standard error, or the reason why there is none."""
    if estimate.value is None:
        return status_words(estimate.status)
    return f"{percent(estimate.value)} {interval(estimate)} (standard error {percent(estimate.stderr)})"


def _with_interval(estimate: Estimate) -> str:
    """Return a number with its interval, or without one where there is none."""
    return percent(estimate.value) if estimate.lower is None else f"{percent(estimate.value)} {interval(estimate)}"


def _deviation(variance: Estimate) -> str:
    """Return the square root of a variance of preferences, in points."""
    ends = (variance.value, variance.lower, variance.upper)
    value, lower, upper = (percent(None if end is None else 100 * math.sqrt(end)) for end in ends)
    return f"sd {value} points [{lower}, {upper}]"
