"""A row as plain values, for its file, a table and its digest."""

import math
from dataclasses import asdict
from typing import Any

from evalkit.boards import LC_WIN_RATE, WIN_RATE, BoardRow, Metric, raw_metric
from evalkit.provenance.dependence import dependence_note, sources_note
from evalkit.provenance.document import provenance_document
from evalkit.stats import BetweenSources, Components, Controlled
from evalkit.text import DECIMALS_STORED
from evalkit.types import Audit, Estimate

# the win rate in percent at which neither model is better
EVEN = 50.0


def row_document(row: BoardRow) -> dict[str, Any]:
    """Everything about one row for a JSON reader: the columns, decisions by rule, why verdicts are missing, and where
    the numbers come from.
    """
    document = row_values(row)
    judging = row.entry.judging
    document["rules"] = dict(row.entry.rules)
    document["readings"] = dict(judging.readings)
    document["served"] = list(judging.served)
    document["part"] = row.entry.served_as or None
    document["self_disagreement"] = _estimate_document(judging.self_disagreement)
    document["components"] = _components_document(judging.components)
    document["failures"] = dict(row.entry.failures)
    document["audit_checks"], document["audit_findings"] = _audit_lists(row.entry.audit)
    document["notes"] = row_notes(row)
    document["dependence"] = None if row.entry.dependence is None else asdict(row.entry.dependence)
    document["between_sources"] = _sources_document(row.sources)
    document["coefficients"] = _coefficients(row.controlled)
    for metric, number in row.numbers.items():
        # metrics at equal length have keys without a prefix above
        if metric.held is not None and metric != LC_WIN_RATE:
            document[metric.column("coefficients")] = _coefficients(number)
    document["provenance"] = provenance_document(row)
    return document


def row_values(row: BoardRow) -> dict[str, Any]:
    """The board columns of one row in their order; None where there is no number.

    Rates are percentages, grades are on their own scale, coverage is a share, and cost is in US dollars.
    """
    values: dict[str, Any] = {"model": row.entry.model}
    for metric, number in row.numbers.items():
        values.update(_number_values(metric, number.estimate, row))
    values.update(_graded_values(row) if row.entry.graded else _compared_values(row))
    for name, estimate in row.slices.items():
        # splits only between the kind and the name: a category may have both signs in its name
        column = name.replace(" ", "_", 1)
        numbers = (estimate.value, estimate.lower, estimate.upper, estimate.n)
        values.update(zip((column, f"{column}_lower", f"{column}_upper", f"{column}_n"), numbers, strict=True))
    return {
        name: round(value, DECIMALS_STORED) if isinstance(value, float) else value for name, value in values.items()
    }


def row_notes(row: BoardRow) -> list[str]:
    """The notes that a reader of a row's numbers must know, each once."""
    others = (note for number in row.numbers.values() for note in number.estimate.notes)
    taught = [f"LC win rate: {row.background}"] if row.controlled.coefficients and row.recipe.compat is None else []
    tied, apart = dependence_note(row.entry.dependence), sources_note(row)
    unlike = [] if row.controlled.unlike is None else [row.controlled.unlike]
    return list(dict.fromkeys((*row.raw.estimate.notes, *others, *taught, *unlike, *tied, *apart)))


def audit_value(audit: Audit | None) -> str | None:
    """`passed`, or `failed` with the reason; None where nothing could be checked."""
    if audit is None or not audit.checks:
        return None
    return f"failed: {audit_reason(audit)}" if audit.failures else "passed"


def audit_reason(audit: Audit) -> str:
    """The first reason for which outputs were refused, and the number of further reasons."""
    first, *others = audit.failures
    return f"{first.reason} (and {len(others)} more)" if others else first.reason


def _number_values(metric: Metric, estimate: Estimate, row: BoardRow) -> dict[str, Any]:
    """A metric's number, interval, standard error and status, and its other diagnostics."""
    # a win rate's error comes first, as in files of earlier versions
    parts = ("stderr", "lower", "upper") if metric == WIN_RATE else ("lower", "upper", "stderr")
    return {
        metric.name: estimate.value,
        **{metric.column(part): getattr(estimate, part) for part in parts},
        metric.column("status"): str(row.status(metric)),
        **(_control_values(row) if metric == LC_WIN_RATE else {}),
        **(_bounds_values(metric, row) if metric == raw_metric(row.entry) else {}),
    }


def _bounds_values(metric: Metric, row: BoardRow) -> dict[str, Any]:
    worst, best = row.bounds or (None, None)
    return {metric.column("worst"): worst, metric.column("best"): best}


def _compared_values(row: BoardRow) -> dict[str, Any]:
    sample = row.entry.sample
    return {
        "discrete_win_rate": row.discrete,
        "n_wins": row.counts.wins,
        "n_losses": row.counts.losses,
        "n_ties": row.counts.ties,
        "n_total": sample.n,
        "n_missing": sample.n_missing,
        "coverage": row.coverage,
        "n_inconsistent": sample.n_inconsistent,
        **_common_values(row),
        "baseline": row.entry.baseline,
    }


def _control_values(row: BoardRow) -> dict[str, Any]:
    """The diagnostics of the LC win rate: its background, the parts of its error in points, and the fit check."""
    controlled = row.controlled
    parts, overlap, check = controlled.parts, controlled.overlap, controlled.check
    sensitivity = None if controlled.sensitivity is None else controlled.sensitivity.correlation_to(EVEN)
    return {
        "lc_source": row.background.source.value if controlled.coefficients else None,
        "lc_models": row.background.models or None,
        "lc_error_sampling": None if parts is None else parts.sampling,
        "lc_error_history": None if parts is None else parts.history,
        "lc_error_form": None if parts is None else parts.form,
        "lc_error_confounding": None if parts is None else parts.confounding,
        "lc_sensitivity": None if sensitivity is None or math.isinf(sensitivity) else sensitivity,
        "lc_slope_deviation": controlled.deviation,
        "share_as_long": None if overlap is None else overlap.as_long,
        "share_as_short": None if overlap is None else overlap.as_short,
        "equal_length_residual": None if check is None else check.residual,
        "equal_length_z": None if check is None else check.z,
        "equal_length_n": None if check is None else check.n,
    }


def _graded_values(row: BoardRow) -> dict[str, Any]:
    return {
        "n_total": row.entry.sample.n,
        "n_missing": row.entry.sample.n_missing,
        "n_questions": row.raw.estimate.n,
        "coverage": row.coverage,
        **_common_values(row),
    }


def _common_values(row: BoardRow) -> dict[str, Any]:
    return {
        "avg_length": row.entry.avg_length,
        "design_effect": row.design_effect,
        "cost": row.entry.judging.cost,
        "audit": audit_value(row.entry.audit),
        "rank": row.rank.rank if row.rank else None,
        "rank_lower": row.rank.lower if row.rank else None,
        "rank_upper": row.rank.upper if row.rank else None,
        "judge": row.entry.judge,
        "judge_digest": row.entry.digest,
    }


def _coefficients(controlled: Controlled) -> dict[str, float]:
    return {name: round(value, DECIMALS_STORED) for name, value in controlled.coefficients.items()}


def _estimate_document(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    numbers = {"value": estimate.value, "lower": estimate.lower, "upper": estimate.upper}
    rounded = {name: None if value is None else round(value, DECIMALS_STORED) for name, value in numbers.items()}
    return {**rounded, "n": estimate.n, "status": str(estimate.status)}


def _sources_document(sources: BetweenSources | None) -> dict[str, Any] | None:
    if sources is None:
        return None
    numbers = {"f": sources.f, "p_value": sources.p_value, "error_factor": sources.error_factor}
    rounded = {name: None if value is None else round(value, DECIMALS_STORED) for name, value in numbers.items()}
    degrees = None if sources.degrees is None else [round(number, DECIMALS_STORED) for number in sources.degrees]
    return {**rounded, "degrees": degrees, "status": str(sources.status)}


def _audit_lists(audit: Audit | None) -> tuple[list[str], list[dict[str, Any]]]:
    """The checks of the outputs, and their findings."""
    if audit is None:
        return [], []
    findings = [
        {**asdict(finding), "severity": finding.severity.value, "keys": list(finding.keys)}
        for finding in audit.findings
    ]
    return list(audit.checks), findings


def _components_document(components: Components | None) -> dict[str, Any] | None:
    """Variances of preferences in [0, 1] and the position effect in points; one that was not measured is null beside
    the reason in its status.
    """
    if components is None:
        return None
    named = {name: getattr(components, name) for name in ("instruction", "order", "repeat", "position")}
    documents = {
        name: {**(_estimate_document(estimate) or {}), "notes": list(estimate.notes)}
        for name, estimate in named.items()
    }
    return {**documents, "orders": components.orders, "repeats": round(components.repeats, DECIMALS_STORED)}
