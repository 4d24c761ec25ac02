"""Judges models' outputs: first their audit, then the judges, then rows and their files."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from evalkit.api.assignment import Prepared
from evalkit.api.runs import ModelRun, judge_all, require_covered, require_finished, title
from evalkit.auditing import AuditLimits, require_passed
from evalkit.boards import Recipe
from evalkit.engine import Limits, Watcher
from evalkit.types import JudgeConfig

# what to do with outputs that fail their audit
AUDITS = ("refuse", "warn", "off")


class Listener(Protocol):
    """A listener to the progress and the notes of a run."""

    def note(self, notes: Iterable[str]) -> None:
        """Take notes that a person should read."""
        ...

    def watching(self, title: str) -> AbstractContextManager[Watcher]:
        """Follow the progress of the run of this title."""
        ...

    def ran(self, judged: Sequence[ModelRun], judges: Sequence[JudgeConfig]) -> None:
        """Take the judged runs, before anything is decided on them."""
        ...


def annotate_models(
    prepared: Prepared,
    url: str,
    *,
    recipe: Recipe,
    audit: str,
    audit_limits: AuditLimits,
    limits: Limits,
    results: Path,
    log: Path | None,
    listener: Listener,
) -> list[ModelRun]:
    """Audit the outputs, judge them, and write each model's row; what the store at `url` holds is not asked again.

    Args:
        audit: one of AUDITS.

    Raises:
        AuditFailed: outputs failed their audit, and `audit` says to refuse them.
    """
    audits = {} if audit == "off" else prepared.audits(audit_limits)
    if audit == "refuse":
        require_passed(audits)
    # before anything is paid for, so that a run can still be stopped
    listener.note(
        f"the audit of {model} {finding.severity.value}s: {finding.reason}"
        for model, found in audits.items()
        for finding in found.findings
    )
    with listener.watching(title(prepared)) as watch:
        judged = judge_all(
            prepared, url, audits=audits, results=results, recipe=recipe, limits=limits, log=log, watch=watch
        )
    listener.ran(judged, prepared.judges)
    return judged


def require_complete(judged: Sequence[ModelRun]) -> None:
    """Refuse runs that were stopped, and rows that lack verdicts.

    Raises:
        Unreachable: an endpoint answered no request.
        Incomplete: an endpoint became another one, or verdicts are missing.
    """
    require_finished(judged)
    require_covered(judged)
