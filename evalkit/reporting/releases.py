"""Write a model's releases as text that states the last change first, as a table of values, and as json."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from evalkit.boards import Difference, Looks, Release, ReleaseChange, Series
from evalkit.reporting.comparison import aligned, p_words, signed, signed_interval
from evalkit.reporting.reasons import brief_words, reason_words
from evalkit.stats import significant
from evalkit.text import (
    estimate_document,
    estimate_numbers,
    interval,
    level,
    named,
    percent,
    plural,
    printable,
    shortened,
    stored,
    width,
)
from evalkit.types import OK, ReleaseRun

_WIDEST_NAME = 40
_WIDEST_RELEASE, _END_OF_RELEASE = 28, 14
_COMMIT = 7
_TIME = "%Y-%m-%d %H:%M"


def releases_text(found: Sequence[Series], *, columns: int | None = None) -> str:
    """Return each series as a sentence, a table of its releases, and the lines that a reader must know beneath it.

    Args:
        columns: the width of the terminal; columns of the table that do not fit follow in a further one.
    """
    blocks = ["\n".join(printable(line) for line in _lines(series, columns)) for series in found]
    return "\n\n".join(blocks) + "\n"


def releases_json(found: Sequence[Series]) -> str:
    return json.dumps([_document(series) for series in found], indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def release_values(series: Series, release: Release) -> dict[str, Any]:
    """Return the numbers of a release, with None for a missing one."""
    change, decision = release.change, release.decision
    moved = {} if change is None else estimate_numbers(change.difference.estimate)
    numbers = estimate_numbers(release.estimate)
    return {
        "benchmark": series.benchmark,
        "model": series.model,
        "judge": series.judge,
        "baseline": series.baseline,
        "release": release.name,
        "at": release.at.isoformat(timespec="seconds"),
        "commit": release.commit,
        "metric": series.metric.name,
        **numbers,
        "status": str(release.estimate.status),
        "change": moved.get("value"),
        "change_lower": moved.get("lower"),
        "change_upper": moved.get("upper"),
        "change_p": None if change is None else stored(change.difference.p_value),
        "change_status": None if change is None else str(change.difference.estimate.status),
        "moved": None if change is None else ", ".join(change.moved),
        "improves": release.rung.improves,
        "same_as": release.same_as,
        "partial": release.partial,
        "compared": release.compared,
        "gate": None if decision is None else decision.outcome,
        "n": release.entry.sample.n,
        "n_missing": release.entry.sample.n_missing,
        "outputs": release.runs[0].outputs,
    }


def change_sentence(series: Series) -> str:
    """Return what the last release changed, in one sentence."""
    last, title = series.compared[-1], series.metric.title
    if last.change is None:
        one = "one release" if len(series.releases) == 1 else "one whole release"
        return f"{_short(series.model)} has {one}, {_release(last)}: {title} {_number(last)}."
    before = _release(series.compared[-2])
    estimate = last.change.difference.estimate
    head = f"{_short(series.model)}: {_release(last)}"
    if last.change.same_outputs:
        return f"{head} has the same outputs as {before}: nothing changed."
    if estimate.value is None:
        return f"{head} cannot be compared with {before}: {brief_words(estimate.status.reason, number=title)}."
    told = (
        f"{signed(estimate.value)} points of {title}, {level(series.confidence)} interval {signed_interval(estimate)}"
    )
    if not significant(estimate):
        return f"{head} cannot be told apart from {before}: {told}."
    return f"{head} is {'better' if estimate.value > 0 else 'worse'} than {before}: {told}."


def moved_lines(release: Release, before: Release) -> list[str]:
    """Return a line for each category that moved from one release to the next."""
    change = release.change
    if change is None:
        return []
    return [
        f"{_release(release)}: {shortened(name, _WIDEST_NAME)} {_moved(change.categories[name])} of "
        f"{change.categories_metric.title} since {_release(before)}, p {p_words(change.categories[name].adjusted)} "
        f"(Holm, {len(change.categories)})"
        for name in change.moved
    ]


def looks_line(series: Series) -> str:
    """Return the number of looks with what they do to the best number."""
    looks = series.looks
    said = f"{plural(looks.n, 'look')} at these {plural(looks.instructions, 'instruction')}"
    if looks.budget is not None:
        said += f", of a budget of {looks.budget}"
    if looks.lift is None:
        return said
    return (
        f"{said}: the best of {looks.n} equally good releases is expected {percent(looks.lift)} points above its true "
        "number"
    )


def ladder_line(series: Series) -> str:
    """Return which releases improved by more than a step of the ladder, and how far the last one is from the best."""
    improved = [_release(release) for release in series.compared[1:] if release.rung.improves]
    told = f"ahead of the best before it by more than a step: {named(improved) or 'none'}"
    last = series.compared[-1]
    lead, step = last.rung.lead, last.rung.step
    if lead is None or lead.value is None or step is None:
        return told
    best = _release(series.releases[last.rung.best or 0])
    side = "ahead of" if lead.value > 0 else "behind"
    distance = f"{percent(abs(lead.value))} points {side} {best}, the best before it"
    return f"{told}; {_release(last)} is {distance}, and the step is {percent(step)}"


def budget_words(looks: Looks) -> str:
    """Return what it means that a budget of looks is used up, and the cure."""
    return (
        f"these {plural(looks.instructions, 'instruction')} are used up: {plural(looks.n, 'look')} of a budget of "
        f"{looks.budget}. A better number may by now be chance that was picked by looking. Judge on new instructions, "
        "or raise --looks-budget if no release is chosen by these numbers"
    )


def _lines(series: Series, columns: int | None) -> Iterator[str]:
    yield change_sentence(series)
    yield ""
    yield from _table(series, columns)
    yield ""
    served = f" served as {series.served_as}" if series.served_as else ""
    against = f", against {series.baseline}" if series.baseline else ""
    yield f"benchmark {series.benchmark}, judge {series.judge}{served}{against}"
    yield f"looks: {looks_line(series)}"
    if len(series.compared) > 1:
        yield f"ladder: {ladder_line(series)}"
        yield from _categories(series)
    for release in series.releases:
        yield from _doubts(release, series)
    if series.looks.used_up:
        yield f"note: {budget_words(series.looks)}"


def _categories(series: Series) -> Iterator[str]:
    """Yield the categories that moved, release by release."""
    moved = [line for before, release in pairwise(series.compared) for line in moved_lines(release, before)]
    if moved:
        yield "categories that moved:"
        yield from (f"  {line}" for line in moved)
        yield "  p allows for the categories of one release (Holm), not for the number of releases"
    elif any(release.change is not None and release.change.categories for release in series.releases):
        yield "categories that moved: none, with p adjusted for their number (Holm) in each release"


def _table(series: Series, columns: int | None) -> list[str]:
    """Return one table, or two narrower ones with the names of the releases in each where one does not fit."""
    lines = [_header(series), *map(_cells, series.releases)]
    whole = aligned(lines, left=(0, 1, 2))
    if columns is None or max(map(width, whole)) <= columns:
        return whole
    # the number, and what changed
    parts = ([0, 1, 2, 3, 4], [0, 5, 6, 7, 8])
    first, second = ([[line[place] for place in part] for line in lines] for part in parts)
    return [*aligned(first, left=(0, 1, 2)), "", *aligned(second, left=(0,))]


def _header(series: Series) -> list[str]:
    sure = f"{level(series.confidence)} interval"
    return ["release", "date (UTC)", "commit", series.metric.title, sure, "change", sure, "p", "gate"]


def _cells(release: Release) -> list[str]:
    change, decision = release.change, release.decision
    cells = ["", "", ""]
    if change is not None:
        estimate = change.difference.estimate
        cells = ["-", "-", "-"]
        if estimate.value is not None:
            ends = "-" if estimate.lower is None else signed_interval(estimate)
            ends = "same outputs" if change.same_outputs else ends
            cells = [signed(estimate.value), ends, p_words(change.difference.p_value)]
    return [
        _release(release) + (" (partial)" if release.partial else ""),
        release.at.strftime(_TIME),
        (release.commit or "-")[:_COMMIT],
        percent(release.estimate.value),
        interval(release.estimate),
        *cells,
        "-" if decision is None else str(decision.outcome),
    ]


def _doubts(release: Release, series: Series) -> Iterator[str]:
    """Yield why a number, or its change, is not as good as it looks."""
    title, name = series.metric.title, _release(release)
    if release.same_as is not None:
        yield f"{name}: the same outputs as {shortened(release.same_as, _WIDEST_RELEASE)}, which is no new look"
    if release.estimate.status != OK:
        yield f"{name}: {reason_words(release.estimate.status.reason, number=title)}"
    if release.partial is not None:
        apart = "" if release.compared else ". It is left out of the changes and the ladder; --partial compares it too"
        yield f"{name}: partial, {release.partial}{apart}"
    elif missing := release.entry.sample.n_missing:
        yield f"{name}: {missing} of {release.entry.sample.n + missing} instructions have no verdict"
    change = release.change
    if change is None:
        return
    estimate = change.difference.estimate
    if estimate.value is None:
        yield f"{name}: not compared with the release before: {reason_words(estimate.status.reason, number=title)}"
    elif estimate.status != OK and release.estimate.status == OK:
        yield f"{name}, change: {reason_words(estimate.status.reason, number=title)}"
    if change.n != release.entry.sample.n and not change.same_outputs:
        yield f"{name}, change: on the {plural(change.n, 'instruction')} that both releases have a verdict on"


def _moved(difference: Difference) -> str:
    estimate = difference.estimate
    ends = "" if estimate.lower is None else f" {signed_interval(estimate)}"
    return f"{'-' if estimate.value is None else signed(estimate.value)}{ends} points"


def _number(release: Release) -> str:
    estimate = release.estimate
    return "not estimable" if estimate.value is None else f"{percent(estimate.value)} {interval(estimate)}"


def _short(text: str) -> str:
    return shortened(printable(text), _WIDEST_NAME)


def _release(release: Release) -> str:
    # related names differ at their ends
    return shortened(printable(release.name), _WIDEST_RELEASE, end=_END_OF_RELEASE)


def _document(series: Series) -> dict[str, Any]:
    return {
        "benchmark": series.benchmark,
        "model": series.model,
        "judge": series.judge,
        "judge_digest": series.digest,
        "part": series.served_as or None,
        "baseline": series.baseline,
        "metric": series.metric.name,
        "confidence": series.confidence,
        "looks": {
            "n": series.looks.n,
            "instructions": series.looks.instructions,
            "budget": series.looks.budget,
            "used_up": series.looks.used_up,
            "lift": stored(series.looks.lift),
        },
        "best": series.best.name,
        "releases": [_release_document(release) for release in series.releases],
    }


def _release_document(release: Release) -> dict[str, Any]:
    change, rung = release.change, release.rung
    return {
        "name": release.name,
        "label": release.label,
        "commit": release.commit,
        "at": release.at.isoformat(),
        "outputs": release.runs[0].outputs,
        "same_as": release.same_as,
        "partial": release.partial,
        "compared": release.compared,
        "number": estimate_document(release.estimate),
        "n": release.entry.sample.n,
        "n_missing": release.entry.sample.n_missing,
        "change": None if change is None else _change_document(change),
        "ladder": {
            "improves": rung.improves,
            "lead": None if rung.lead is None else estimate_document(rung.lead),
            "step": stored(rung.step),
        },
        "runs": [_run_document(run) for run in release.runs],
    }


def _change_document(change: ReleaseChange) -> dict[str, Any]:
    return {
        "n": change.n,
        "same_outputs": change.same_outputs,
        **_difference_document(change.difference),
        "categories_metric": change.categories_metric.name,
        "categories": {
            name: {**_difference_document(difference), "moved": name in change.moved}
            for name, difference in change.categories.items()
        },
    }


def _difference_document(difference: Difference) -> dict[str, Any]:
    return {
        **estimate_document(difference.estimate),
        "p_value": stored(difference.p_value),
        "p_holm": stored(difference.adjusted),
    }


def _run_document(run: ReleaseRun) -> dict[str, Any]:
    return {
        "at": run.at.isoformat(),
        "command": run.command,
        "label": run.label,
        "commit": run.commit,
        "metric": run.metric,
        "shown": estimate_document(run.shown),
        "outcome": run.outcome,
        "rule": run.rule,
    }
