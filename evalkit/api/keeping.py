"""Keeps the runs that show or decide models' numbers, so that releases can be compared over time."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from evalkit.boards import SCORE, BoardRow, Looks, decode_verdicts, encode_verdicts, keepable, looks_at
from evalkit.errors import KEY_FOUND, ConfigError, StoreError
from evalkit.gating import Decision, JointDecision
from evalkit.provenance import commit_of
from evalkit.redaction import holds_key
from evalkit.reporting import budget_words
from evalkit.store import (
    Address,
    Store,
    categories_of,
    keep_release,
    kept_verdicts,
    open_existing,
    releases_of,
    verdicts_name,
)
from evalkit.types import Group, ReleaseRun

_LONGEST_LABEL = 100


def utc_now() -> datetime.datetime:
    """The present time in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The command whose runs are kept, the label that the user gave, and the clock and the folder of the commit."""

    command: str
    label: str | None = None
    clock: Callable[[], datetime.datetime] = utc_now
    folder: Path = Path()


def checked_label(label: str | None) -> str | None:
    """The user's name for a release.

    Raises:
        ConfigError: it is empty, too long, no text that a store can keep, or looks like a key.
    """
    if label is None:
        return None
    label = label.strip()
    if not 0 < len(label) <= _LONGEST_LABEL:
        raise ConfigError(f"--as: expected a name of 1 to {_LONGEST_LABEL} characters, found {len(label)}")
    if holds_key(label):
        raise ConfigError(f"--as: the name of a release {KEY_FOUND}")
    try:
        label.encode()
    except UnicodeEncodeError:
        raise ConfigError("--as: holds half a surrogate pair, which is no text") from None
    return label


def keep_rows(store: Store, rows: Iterable[BoardRow], keeping: Keeping, *, decision: Decision | None = None) -> None:
    """Add to the releases those rows that tell something new; a gate's decision always does.

    Raises:
        StoreError: the store cannot be written, or a release in it is damaged.
    """
    rows = [row for row in rows if keepable(row.entry)]
    if not rows:
        return
    known: dict[tuple[Group, str], ReleaseRun] = {}
    for run in releases_of(store, benchmark=_benchmark(rows[0])):
        known[run.group, run.served_as] = run
    at, commit = keeping.clock(), commit_of(keeping.folder)
    for row in rows:
        run = _run(row, keeping, at, commit, decision)
        before = known.get((run.group, run.served_as))
        if before is None or decision is not None or _adds(run, before):
            text = encode_verdicts(row.entry, categories_of(store, run.group))
            # another process may have kept the same run meanwhile
            adds = partial(_adds, run) if decision is None else _always
            keep_release(store, replace(run, verdicts=verdicts_name(text)), text, adds=adds)


def keep_decisions(
    joint: JointDecision, url: Address, keeping: Keeping, *, looks_budget: int | None = None
) -> JointDecision:
    """Add a gate's decisions on a store's verdicts to the releases.

    A decision stands although it cannot be kept.

    Args:
        looks_budget: the number of different outputs of a model that may be measured on the same instructions.

    Returns:
        The decisions, with a note where one cannot be kept, and where the looks are used up.
    """
    return replace(joint, decisions=tuple(_kept(one, url, keeping, looks_budget) for one in joint.decisions))


def _kept(decision: Decision, url: Address, keeping: Keeping, looks_budget: int | None) -> Decision:
    row = decision.row
    if row is None or not keepable(row.entry):
        return decision
    try:
        with open_existing(url) as store:
            keep_rows(store, [row], keeping, decision=decision)
    except StoreError as error:
        note: str | None = f"this decision is not kept among the releases: {error}"
    else:
        note = None if looks_budget is None else _looks_note(url, row, looks_budget)
    return decision if note is None else replace(decision, notes=(*decision.notes, note))


def _looks_note(url: Address, row: BoardRow, budget: int) -> str | None:
    try:
        with open_existing(url) as store:
            return budget_note(store, row, budget)
    except StoreError as error:
        return f"the looks at these instructions cannot be counted: {error}"


def keep_shown(boards: Iterable[Sequence[BoardRow]], url: Address, keeping: Keeping) -> list[str]:
    """Add the rows of a store's boards to the releases; a note where the store cannot be written.

    Numbers that were computed are shown although they cannot be kept.
    """
    try:
        with open_existing(url) as store:
            for rows in boards:
                keep_rows(store, rows, keeping)
    except StoreError as error:
        return [f"these numbers are not kept among the releases: {error}"]
    return []


def budget_note(store: Store, row: BoardRow, budget: int) -> str | None:
    """The line that says that the looks at a row's instructions are used up; None as long as they are not."""
    plan = row.entry.plan
    assert plan is not None
    runs = releases_of(store, benchmark=plan.benchmark, model=row.entry.model)
    texts = kept_verdicts(store, {run.verdicts for run in runs})
    looked = []
    for run in runs:
        sample = decode_verdicts(texts[run.verdicts], run).sample
        looked.append((run.outputs, (*sample.keys, *sample.missing)))
    keys = (*row.entry.sample.keys, *row.entry.sample.missing)
    n = looks_at(keys, looked)
    return budget_words(Looks(n, len(keys), budget)) if n >= budget else None


def _benchmark(row: BoardRow) -> str:
    assert row.entry.plan is not None
    return row.entry.plan.benchmark


def _run(
    row: BoardRow, keeping: Keeping, at: datetime.datetime, commit: str | None, decision: Decision | None
) -> ReleaseRun:
    entry = row.entry
    plan, origin = entry.plan, entry.origin
    assert plan is not None
    assert origin is not None
    metric = SCORE if entry.graded else row.recipe.metric if decision is None else decision.rule.metric
    return ReleaseRun(
        group=Group(plan.benchmark, entry.digest, entry.baseline, entry.model),
        judge=entry.judge,
        served_as=entry.served_as,
        outputs=plan.data.candidate,
        baseline_outputs=plan.data.baseline,
        questions=plan.data.questions,
        origin=origin.verdicts,
        verdicts="",
        at=at,
        command=keeping.command,
        metric=metric.name,
        shown=row.measured(metric).estimate if decision is None or decision.rule.against else decision.estimate,
        label=keeping.label,
        commit=commit,
        outcome=None if decision is None else decision.outcome.value,
        rule=None if decision is None else _rule(decision),
    )


def _rule(decision: Decision) -> str:
    rule = decision.rule
    number = rule.metric.name if rule.part is None else f"{rule.metric.name} of {rule.part}"
    named = "" if rule.name is None else f"{rule.name}: "
    if rule.against is None:
        return f"{named}{number} at least {rule.threshold:g}"
    return f"{named}{number} at most {rule.margin:g} points behind {rule.against}"


def _always(_: ReleaseRun) -> bool:
    return True


def _adds(run: ReleaseRun, before: ReleaseRun) -> bool:
    """True if a run tells more than the last one that was kept: other outputs or verdicts, or a label."""
    return (run.outputs, run.origin) != (before.outputs, before.origin) or run.label not in (None, before.label)
