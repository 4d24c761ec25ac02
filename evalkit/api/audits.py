"""Audits models' outputs without a judge, before anybody pays for having them judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from evalkit.api.choices import choose_baseline, choose_benchmark
from evalkit.api.door import front_door, in_keywords
from evalkit.api.keywords import Data, audit_limits_of, named_source_of, optional_source, optional_text, parted
from evalkit.api.result import Tabular, frame_of
from evalkit.auditing import AuditLimits, audit_of, examine_outputs, judged_outputs, require_passed
from evalkit.catalog import load_baseline, load_questions
from evalkit.formats import read_outputs
from evalkit.reporting import Examined, examined_json, examined_rows, examined_text
from evalkit.types import Audit, OutputSet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Audits(Tabular):
    """The audits of models' outputs, with every check that was tried, and the notes that the command prints."""

    examined: tuple[Examined, ...]
    command_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on what was read, and on what could not be looked for."""
        return tuple(map(in_keywords, self.command_notes))

    @property
    def audits(self) -> dict[str, Audit]:
        """The findings of each model's audit, by model."""
        return {found.model: audit_of(found.checks, n=found.n) for found in self.examined}

    @property
    def passed(self) -> bool:
        """True where no model's outputs failed."""
        return not any(audit.failures for audit in self.audits.values())

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each model and check, with the fields of `--json`; a check that was not made has no value."""
        return frame_of(examined_rows(self.examined))

    def metrics(self) -> dict[str, float]:
        """The values of the checks as a flat dictionary, `model/check`; checks that were not made are left out."""
        return {
            f"{found.model}/{check.name}": float(check.value)
            for found in self.examined
            for check in found.checks
            if check.value is not None
        }

    @front_door
    def raise_for_failures(self) -> None:
        """Raise where a model's outputs failed.

        Raises:
            AuditFailed: with every reason of the first model that failed.
        """
        require_passed(self.audits)

    def to_json(self) -> str:
        return examined_json(self.examined)

    def __str__(self) -> str:
        return examined_text(self.examined)


@front_door
def audit(
    *outputs: Data,
    benchmark: str | PathLike[str] | None = None,
    baseline: Data | Sequence[Data] | None = None,
    questions: Data | None = None,
    key: str | None = None,
    keep_thinking: bool = False,
    audit_limit: AuditLimits | Mapping[str, float] | Iterable[str] = (),
) -> Audits:
    """Check the outputs of one or more models without a judge.

    Args:
        outputs: a model's outputs each, as for `annotate`.
        benchmark: the benchmark whose questions and baseline are taken, a name or a YAML file; by default it is told
            from the instructions.
        baseline: the outputs to compare with, as for `annotate`. Without any, copies of a baseline are not looked for.
        questions: the benchmark's questions; by default its own copy.
        key: the field that matches outputs; by default the instruction.
        keep_thinking: whether the thinking that answers begin with is audited with them.
        audit_limit: limits of the audit by name, as in `{"min-distinct": 0.2}`.

    Returns:
        The checks of each model. `frame` has a row for each model and check; shares are from 0 to 1.

    Raises:
        InputError: an input is missing or wrong; the message names file or keyword, row and field.
        ConfigError: the benchmark or an option is wrong.

    Example:
        >>> import evalkit as ek
        >>> audits = ek.audit("outputs.json", baseline="baseline.json")
        >>> audits.frame[["model", "check", "value", "limit", "verdict"]]
        >>> audits.raise_for_failures()
    """
    limits = audit_limits_of(audit_limit)
    sources = [named_source_of(source, "outputs") for source in outputs]
    given = optional_source(questions, "questions")
    chosen = choose_benchmark(optional_text(benchmark), sources, place=None, key=key, questions=given).benchmark
    asked = load_questions(chosen, given)
    named = tuple(named_source_of(source, "baseline") for source in parted(baseline))
    found = None if named else choose_baseline(chosen, sources, place=None, key=key, fetch=False)
    beside = () if found is None or found.sources == (chosen.baseline_outputs,) else found.sources
    there = bool(named) or found is not None
    reference = (
        load_baseline(chosen, named or beside, key=key, questions=asked, keep_thinking=keep_thinking) if there else None
    )
    judged = [source for source in sources if source not in beside]
    candidates = read_outputs(judged, key=key, like=reference, questions=asked, keep_thinking=keep_thinking)
    notes = [note for read in (reference, *candidates) if read is not None for note in read.notes]
    if reference is None:
        notes.append("copies of a baseline are not looked for. Name its outputs with --baseline")
    examined = []
    for candidate in candidates:
        shown = judged_outputs(candidate, asked if reference is None else reference.examples)
        notes += _left_out(candidate, shown)
        checks = examine_outputs(shown, reference, limits=limits)
        other = None if reference is None else reference.model
        examined.append(Examined(candidate.model, other, len(shown.outputs), tuple(checks)))
    return Audits(tuple(examined), tuple(notes))


def _left_out(candidate: OutputSet, shown: OutputSet) -> list[str]:
    """A note on outputs that are not judged, where there are any."""
    left_out = len(candidate.outputs) - len(shown.outputs)
    if not left_out:
        return []
    answers, are = ("1 output answers", "is") if left_out == 1 else (f"{left_out} outputs answer", "are")
    return [f"{candidate.model}: {answers} no instruction, or one that has an answer, and {are} left out"]
