"""Write the comparisons of pairs of models as text that states the conclusion first, and as json."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.boards import Comparisons, Detail, Difference, Metric, ModelPair
from evalkit.provenance import audit_reason
from evalkit.reporting.reasons import KINDS, brief_words, reason_words
from evalkit.stats import Change, Fragility, significant
from evalkit.text import (
    count,
    estimate_document,
    estimate_numbers,
    level,
    percent,
    plural,
    printable,
    shorten,
    shortened,
    stored,
)
from evalkit.types import OK, Estimate, Status, StatusKind

_WIDEST_NAME, _NARROWEST_NAME = 40, 8
# columns of a terminal that a line of a table needs beside the names of two models
_NUMBERS = 64
_WIDEST_TEXT = 70
_SMALLEST_P = 0.0001


def comparison_text(found: Comparisons, instructions: Mapping[str, str], *, columns: int | None = None) -> str:
    """Return the conclusion in one sentence, a table, and beneath it the notes that a reader must know.

    Args:
        instructions: the known texts of instructions by key.
        columns: the width that tables fit by shorter names of models; by default only very long names are cut.
    """
    widest = _WIDEST_NAME if columns is None else min(_WIDEST_NAME, max(_NARROWEST_NAME, (columns - _NUMBERS) // 2))
    names = dict(zip(found.models, shorten(list(map(printable, found.models)), widest), strict=True))
    if found.detail is None:
        lines = _text_of_many(found, names)
    else:
        lines = _text_of_two(found, found.detail, instructions, names)
    lines += [f"{_short(model)}: audit failed: {audit_reason(audit)}" for model, audit in found.refused.items()]
    return "\n".join(printable(line) for line in lines) + "\n"


def comparison_json(found: Comparisons, instructions: Mapping[str, str]) -> str:
    document = {
        "judge": found.judge,
        "judge_digest": found.digest,
        "part": found.served_as or None,
        "baseline": found.baseline,
        "metric": found.metric.name,
        "confidence": found.confidence,
        "models": list(found.models),
        "pairs": [_pair_document(pair) for pair in found.pairs],
        "indistinguishable": [list(group) for group in found.alike],
        "audit_failed": {model: audit_reason(audit) for model, audit in found.refused.items()},
        "detail": None if found.detail is None else _detail_document(found, found.detail, instructions),
    }
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def pair_values(pair: ModelPair, metric: Metric) -> dict[str, Any]:
    """Return the numbers of a pair in the metric that decides, with None for a missing number."""
    difference = pair.differences[metric]
    numbers = estimate_numbers(difference.estimate)
    return {
        "model": pair.models[0],
        "against": pair.models[1],
        "metric": metric.name,
        "value": stored(difference.first.value),
        "value_against": stored(difference.second.value),
        "difference": numbers["value"],
        "lower": numbers["lower"],
        "upper": numbers["upper"],
        "stderr": numbers["stderr"],
        "p_value": stored(difference.p_value),
        "p_holm": stored(difference.adjusted),
        "pessimistic": stored(pair.pessimistic.value),
        "optimistic": stored(pair.optimistic.value),
        "n": pair.n,
        "n_asked": pair.n_asked,
        "n_missing": pair.missing[0],
        "n_missing_against": pair.missing[1],
        "status": str(difference.estimate.status),
    }


def _text_of_two(
    found: Comparisons, detail: Detail, instructions: Mapping[str, str], short: Mapping[str, str]
) -> list[str]:
    (pair,) = found.pairs
    names = [short[model] for model in pair.models]
    lines = [_conclusion(pair, found), ""]
    header = ["", *names, "difference", f"{level(found.confidence)} interval", "p"]
    table = [[metric.title, *_cells(difference)] for metric, difference in pair.differences.items()]
    lines += [*aligned([header, *table]), "", *_basis(pair, found)]
    lines += _doubts([pair], found.metric)
    others = (metric for metric in pair.differences if metric != found.metric)
    lines += [f"{metric.title} of {doubt}" for metric in others for doubt in _doubts([pair], metric)]
    lines += [f"note: {note}" for note in _notes(pair)]
    if detail.slices:
        header[0], header[-1] = detail.slices_metric.title, f"p (Holm, {len(detail.slices)})"
        table = [[name, *_cells(difference)] for name, difference in detail.slices.items()]
        lines += ["", *aligned([header, *table])]
    lines += _fragility_lines(pair, found, detail.fragility)
    if detail.swings:
        lines += ["", _swings_title(found)]
        rows = [
            [f"{swing.first:.2f}", f"{swing.second:.2f}", _excerpt(instructions.get(swing.key, "")) or swing.key]
            for swing in detail.swings
        ]
        lines += aligned([[*names, "instruction"], *rows], left=(2,))
    return lines


def _text_of_many(found: Comparisons, names: Mapping[str, str]) -> list[str]:
    told = {frozenset(pair.models) for pair in found.pairs}
    for group in found.alike:
        told -= {frozenset((a, b)) for a in group for b in group}
    lines = [
        f"{len(told)} of {len(found.pairs)} pairs of {len(found.models)} models differ in {found.metric.title}, "
        f"at {level(found.confidence)} confidence for all pairs together."
    ]
    lines += [f"not told apart: {', '.join(map(_short, group))}" for group in found.alike]
    header = ["model", "against", found.metric.title, "other's", "difference", f"{level(found.confidence)} interval"]
    table = [
        [*(names[model] for model in pair.models), *_cells(pair.differences[found.metric]), count(pair.n)]
        for pair in found.pairs
    ]
    header += ["p (Holm)", "n"]
    basis = _judged_by(found)
    if len({pair.n for pair in found.pairs}) == 1:
        basis = f"{plural(found.pairs[0].n, 'instruction')} with a verdict on both models of each pair; {basis}"
        header, *table = (line[:-1] for line in (header, *table))
    lines += ["", *aligned([header, *table], left=(0, 1)), "", basis]
    lines += _doubts(found.pairs, found.metric)
    lines += [f"note: {line}" for pair in found.pairs for line in _missing(pair)]
    lines.append("note: p allows for all pairs (Holm); each interval is that of its pair alone")
    return lines


def _conclusion(pair: ModelPair, found: Comparisons) -> str:
    shown = pair.differences[found.metric]
    estimate, (first, second) = shown.estimate, map(_short, pair.models)
    name = found.metric.title
    if estimate.value is None:
        return f"{first} and {second} cannot be compared in {name}: {brief_words(estimate.status.reason, number=name)}."
    sure, p = f"{level(found.confidence)} interval", f"p {p_words(shown.adjusted)}"
    if not significant(estimate):
        measured = f"{signed(estimate.value)} points, {sure} {signed_interval(estimate)}, {p}"
        return f"{first} and {second} cannot be told apart in {name}: {measured}."
    ahead, behind = (first, second) if estimate.value > 0 else (second, first)
    ends = sorted(abs(end) for end in (estimate.lower, estimate.upper) if end is not None)
    return (
        f"{ahead} is ahead of {behind} by {percent(abs(estimate.value))} points of {name}, "
        f"{sure} [{', '.join(map(percent, ends))}], {p}."
    )


def _basis(pair: ModelPair, found: Comparisons) -> list[str]:
    return [f"{plural(pair.n, 'instruction')} with a verdict on both; {_judged_by(found)}", *_missing(pair)]


def _judged_by(found: Comparisons) -> str:
    served = f" served as {found.served_as}" if found.served_as else ""
    return f"judge {found.judge}{served}" + (f", against {found.baseline}" if found.baseline else "")


def _missing(pair: ModelPair) -> list[str]:
    """Return a line on the missing verdicts of either model, and on the range of the difference that they allow."""
    if not any(pair.missing):
        return []
    names = [_short(model) for model in pair.models]
    counts = ", ".join(f"{n} on {name}" for n, name in zip(pair.missing, names, strict=True) if n)
    return [
        f"of {pair.n_asked} instructions asked about both, verdicts are missing: {counts}. Were all of these against "
        f"one of the two, the difference would be from {_ended(pair.pessimistic)} to {_ended(pair.optimistic)}"
    ]


def _fragility_lines(pair: ModelPair, found: Comparisons, fragility: Fragility | None) -> list[str]:
    """Return the sentence on fragility; none on the sign of a difference that is neither sure nor sound."""
    estimate = pair.differences[found.metric].estimate
    if fragility is None or estimate.value is None:
        return []
    if fragility.change == Change.DOUBT:
        changes = "make the difference no longer significant"
    elif estimate.status == OK:
        changes = f"put {_short(pair.models[1] if estimate.value > 0 else pair.models[0])} ahead"
    else:
        return []
    if fragility.at_most is None:
        return ["", f"fragility: no reversal of verdicts that was tried is enough to {changes}"]
    return [
        "",
        f"fragility: reversing {count(fragility.at_most)} of the {count(fragility.of)} verdicts is enough to {changes}",
    ]


def _swings_title(found: Comparisons) -> str:
    """Return the title of the instructions with the largest swings, which says what the numbers mean."""
    if found.metric.graded:
        return "instructions on which the grades differ most:"
    against = found.baseline or "the baseline"
    return f"instructions on which the verdicts differ most (1 for a win against {against}, 0 for a loss):"


def _cells(difference: Difference) -> list[str]:
    """Return the cells of both rates, the difference, its interval and p."""
    estimate = difference.estimate
    interval = "-" if estimate.lower is None else signed_interval(estimate)
    value = "-" if estimate.value is None else signed(estimate.value)
    return [
        percent(difference.first.value),
        percent(difference.second.value),
        value,
        interval,
        p_words(difference.adjusted),
    ]


def signed_interval(estimate: Estimate) -> str:
    """Return the interval of a difference that has one."""
    assert estimate.lower is not None
    assert estimate.upper is not None
    return f"[{signed(estimate.lower)}, {signed(estimate.upper)}]"


def _ended(estimate: Estimate) -> str:
    if estimate.value is None:
        return f"not estimable ({brief_words(estimate.status.reason)})"
    return f"{signed(estimate.value)} {signed_interval(estimate)}"


def signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"{value:+z.2f}"


def p_words(value: float | None) -> str:
    """Return a p-value, or that it is smaller than is worth telling apart."""
    if value is None:
        return "-"
    return f"<{_SMALLEST_P}" if value < _SMALLEST_P else f"{value:.4f}"


def _doubts(pairs: Sequence[ModelPair], metric: Metric) -> list[str]:
    """Return a line for each model whose rate is not ok, and for each pair whose difference alone is not ok."""
    found: dict[str, str] = {}
    for pair in pairs:
        difference = pair.differences[metric]
        doubtful = {
            model: _doubt(rate.status, metric)
            for model, rate in zip(pair.models, (difference.first, difference.second), strict=True)
            if rate.status.reason
        }
        if not doubtful and difference.estimate.status.reason:
            doubtful = {" and ".join(map(_short, pair.models)): _doubt(difference.estimate.status, metric)}
        found = {**doubtful, **found}
    return [f"{_short(who)}: {status}" for who, status in found.items()]


def _doubt(status: Status, metric: Metric) -> str:
    """Return the reason of a status as a sentence, which says so if there is no number."""
    words = reason_words(status.reason, number=metric.title)
    return f"{KINDS[status.kind]}: {words}" if status.kind == StatusKind.NOT_ESTIMABLE else words


def _notes(pair: ModelPair) -> list[str]:
    return sorted({note for difference in pair.differences.values() for note in difference.estimate.notes})


def _short(model: str) -> str:
    return shortened(model, _WIDEST_NAME)


def _excerpt(text: str) -> str:
    return shortened(" ".join(text[: 4 * _WIDEST_TEXT].split()), _WIDEST_TEXT)


def aligned(rows: Sequence[Sequence[str]], *, left: Sequence[int] = (0,)) -> list[str]:
    """Return the lines of a table; the columns `left` are aligned at their left sides."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    ]


def _pair_document(pair: ModelPair) -> dict[str, Any]:
    return {
        "models": list(pair.models),
        "n": pair.n,
        "n_asked": pair.n_asked,
        "n_missing": list(pair.missing),
        "differences": {
            metric.name: _difference_document(difference) for metric, difference in pair.differences.items()
        },
        "pessimistic": estimate_document(pair.pessimistic),
        "optimistic": estimate_document(pair.optimistic),
    }


def _detail_document(found: Comparisons, detail: Detail, instructions: Mapping[str, str]) -> dict[str, Any]:
    fragility = detail.fragility
    return {
        "parts_metric": detail.slices_metric.name,
        "parts": {name: _difference_document(difference) for name, difference in detail.slices.items()},
        "fragility": None
        if fragility is None
        else {
            "change": fragility.change.value,
            "at_most": fragility.at_most,
            "of": fragility.of,
            "reversed": [{"model": found.models[verdict.model], "key": verdict.key} for verdict in fragility.reversed],
        },
        "swings": [
            {
                "key": swing.key,
                "first": stored(swing.first),
                "second": stored(swing.second),
                "instruction": instructions.get(swing.key),
            }
            for swing in detail.swings
        ],
    }


def _difference_document(difference: Difference) -> dict[str, Any]:
    return {
        "first": estimate_document(difference.first),
        "second": estimate_document(difference.second),
        **estimate_document(difference.estimate),
        "p_value": stored(difference.p_value),
        "p_holm": stored(difference.adjusted),
    }
