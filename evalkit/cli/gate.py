"""evalkit gate: let a model be released, or not, on its win rate."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from evalkit.assignment import Assignment
from evalkit.audit.limits import AuditLimits
from evalkit.audit.outputs import require_passed
from evalkit.benchmarks import read_benchmark
from evalkit.boards.entries import Entry, Gathering
from evalkit.boards.row import Recipe, build_row
from evalkit.boards.sources import entries_of_files, entries_of_store
from evalkit.cli.audit_options import audit_limits_options
from evalkit.cli.judging import (
    assignment_options,
    judge_all,
    judge_in_batches,
    limits_options,
    note_run,
    print_notes,
    require_finished,
)
from evalkit.cli.options import json_option, open_existing, results_option, store_option, store_url
from evalkit.cli.sources import Sources, metric_option, read_recipe, style_of
from evalkit.engine.limits import Limits
from evalkit.errors import AuditFailed, ConfigError, GateFailed, Incomplete, Inconclusive, UnknownName
from evalkit.files import write_text
from evalkit.formats.hub import PREFIX
from evalkit.formats.outputs import read_one
from evalkit.gate.choice import Wanted, beside, choose
from evalkit.gate.decide import refuse_unjudged
from evalkit.gate.gate import Gate
from evalkit.gate.rule import MIN_COVERAGE, Decision, Outcome, Rule
from evalkit.gate.sequential import SMALLEST_BATCH
from evalkit.provenance import ROW_FILE
from evalkit.report.canonical import canonical_digest
from evalkit.report.gate import gate_explanation, gate_json, gate_text, why
from evalkit.report.gate_ci import gate_annotation, gate_badge, gate_junit, gate_summary
from evalkit.stats.control import MIN_INSTRUCTIONS
from evalkit.stats.intervals import CONFIDENCE
from evalkit.types import JudgeConfig
from evalkit.verification import verify_files

INCONCLUSIVE = ("fail", "warn", "pass")


@click.command("gate")
@click.argument("candidate")
@click.option("--min", "minimum", type=float, metavar="PERCENT", help="The rate that the model must reach.")
@click.option("--against", metavar="MODEL", help="Instead: a model that it must not be behind by more than --margin.")
@click.option("--margin", type=float, metavar="POINTS", default=0.0, show_default=True)
@metric_option
@click.option("--confidence", type=click.FloatRange(0.5, 1, max_open=True), default=CONFIDENCE, show_default=True,
              help="Of the two-sided interval that must lie on one side.")  # fmt: skip
@click.option("--min-n", type=click.IntRange(2), default=MIN_INSTRUCTIONS, show_default=True,
              help="So many instructions must have a verdict.")  # fmt: skip
@click.option("--min-coverage", type=click.FloatRange(0, 1), default=MIN_COVERAGE, show_default=True,
              help="And so large a share of those that were asked about.")  # fmt: skip
@click.option("--inconclusive", type=click.Choice(INCONCLUSIVE), default=INCONCLUSIVE[0], show_default=True,
              help="What to make of a measurement that cannot tell: exit with 4, or with 0.")  # fmt: skip
@click.option("--source", "files", multiple=True, type=click.Path(path_type=Path),
              help="Verdicts from files instead of the store; repeat for more.")  # fmt: skip
@click.option("--difficulty", metavar="PATH|fit|none", default="none", show_default=True,
              help="Instruction difficulty: from a file, learned from all models there, or left out.")  # fmt: skip
@click.option("--allow-compat", is_flag=True, help="Accept a judge that is shown bare texts or fixed labels.")
@click.option("--sequential", is_flag=True, help="Judge in batches, and stop as soon as the decision is certain.")
@click.option("--batch", type=click.IntRange(SMALLEST_BATCH), default=SMALLEST_BATCH, show_default=True,
              help="Instructions in a batch.")  # fmt: skip
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML here.")
@click.option("--summary", type=click.Path(dir_okay=False, path_type=Path), help="Write a summary in markdown here.")
@click.option("--badge", type=click.Path(dir_okay=False, path_type=Path), help="Write a badge's JSON here.")
@click.option("--explain", is_flag=True, help="Print the decision in sentences, with every number that it used.")
@assignment_options
@limits_options
@audit_limits_options
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Append every event of judging as a line of JSON.")  # fmt: skip
@store_option
@results_option
@json_option
def command(
    candidate: str,
    minimum: float | None,
    against: str | None,
    margin: float,
    metric: str | None,
    confidence: float,
    min_n: int,
    min_coverage: float,
    inconclusive: str,
    files: tuple[Path, ...],
    difficulty: str,
    allow_compat: bool,
    sequential: bool,
    batch: int,
    junit: Path | None,
    summary: Path | None,
    badge: Path | None,
    explain: bool,
    assignment: Assignment,
    limits: Limits,
    audit_limits: AuditLimits,
    log: Path | None,
    store: str | None,
    results: Path,
    as_json: bool,
) -> None:
    """Hold CANDIDATE against a threshold: an outputs file, which is judged first, a row.json, or a model with verdicts.

    Exits with 0 where it passes, 1 where it fails, 4 where the measurement cannot tell, 3 where verdicts are missing,
    and 5 where the audit of the outputs fails. What is in the store is not paid for again.
    """
    if len(assignment.judges) > 1:
        raise ConfigError("a gate decides on one judge. Give --judge once")
    named = click.get_current_context().get_parameter_source("benchmark")
    board = assignment.benchmark if not files or named != click.core.ParameterSource.DEFAULT else None
    sources = Sources(files=files, board=board, difficulty=difficulty, store=store, results=results)
    recipe = read_recipe(sources, metric=metric, confidence=confidence)
    rule = Rule(
        metric=recipe.metric,
        minimum=minimum,
        against=against,
        margin=margin,
        confidence=confidence,
        min_n=min_n,
        min_coverage=min_coverage,
    )
    case = _Case(candidate, rule, recipe, sources, assignment, allow_compat)
    if files:
        decision = case.from_files()
    elif Path(candidate).name == ROW_FILE and Path(candidate).exists():
        decision = case.from_row(Path(candidate))
    elif Path(candidate).exists() or candidate.startswith(PREFIX):
        decision = case.judged(limits, audit_limits, log, batch if sequential else None)
    else:
        decision = case.from_store()
    texts = {junit: gate_junit, summary: gate_summary, badge: gate_badge}
    for path, text in texts.items():
        if path is not None:
            write_text(path, text(decision))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        click.echo(gate_annotation(decision), err=True)
    said = gate_json if as_json else gate_explanation if explain else gate_text
    click.echo(said(decision), nl=False)
    _end(decision, inconclusive)


def _end(decision: Decision, inconclusive: str) -> None:
    """Raise what the outcome exits with."""
    said = f"{decision.model}: {why(decision)}"
    if decision.outcome == Outcome.AUDIT_FAILED:
        require_passed({decision.model: decision.audit})
    if decision.outcome == Outcome.INCOMPLETE:
        raise Incomplete(f"{said}. Judge the rest: evalkit annotate asks only what is missing")
    if decision.outcome == Outcome.FAILED:
        raise GateFailed(f"{said}")
    if decision.outcome == Outcome.INCONCLUSIVE and inconclusive == INCONCLUSIVE[0]:
        raise Inconclusive(f"{said}. evalkit power says how much more data would tell")
    if decision.outcome == Outcome.INCONCLUSIVE and inconclusive == INCONCLUSIVE[1]:
        print_notes([f"{said}, and is let through by --inconclusive warn"])


@dataclass(frozen=True, slots=True)
class _Case:
    """A candidate and the rule that it is held against, wherever its verdicts lie."""

    candidate: str
    rule: Rule
    recipe: Recipe
    sources: Sources
    assignment: Assignment
    compat: bool

    def from_files(self) -> Decision:
        """On verdicts that other tools or earlier runs left in files."""
        judge = self._judge()
        name = judge.name if isinstance(judge, JudgeConfig) else judge
        entries = entries_of_files(self.sources.files, judge=name, how=self._how())
        # what files tell of a judge is its name
        return self._held(self.candidate, entries, Wanted(baseline=self._baseline()), "of files")

    def from_store(self) -> Decision:
        """On the store's verdicts."""
        judge = self._judge()
        wanted = Wanted(
            judge=judge if isinstance(judge, JudgeConfig) else None, baseline=self._baseline(), compat=self.compat
        )
        entries = self._stored(judge.name if isinstance(judge, JudgeConfig) else judge)
        if judge is None:
            # the only judge there is counts as it is configured today
            names = {entry.judge for entry in entries if entry.model == self.candidate}
            wanted = replace(wanted, judge=self._config(names.pop()) if len(names) == 1 else None)
        return self._held(self.candidate, entries, wanted, self.benchmark)

    def from_row(self, path: Path) -> Decision:
        """On a written row, if it is what the store's replies give."""
        with open_existing(self.sources.store, self.sources.results) as opened:
            found = verify_files(path, opened)
        if found.refused:
            raise found.refused[0]
        if len(found.rows) > 1:
            raise ConfigError(f"{path}: holds {len(found.rows)} rows, one for each model that the endpoint served")
        (row,) = found.rows
        if not row.equal:
            raise AuditFailed(f"{path}: {row.differences[0]}. Run evalkit annotate again: nothing is paid twice")
        return replace(self, candidate=row.model).from_store()

    def judged(self, limits: Limits, audit_limits: AuditLimits, log: Path | None, batch: int | None) -> Decision:
        """On outputs, judged first as far as they are not yet; in batches where their size is given."""
        prepared = self.assignment.read([self.candidate])
        if len(prepared.candidates) != 1:
            raise ConfigError(f"{self.candidate}: holds {len(prepared.candidates)} models. Gate them one by one")
        (outputs,), (judge,) = prepared.candidates, prepared.judges
        baseline = "" if prepared.baseline is None or judge.asks == "grade" else prepared.baseline.model
        print_notes(prepared.notes)
        audits = prepared.audits(audit_limits)
        if audits[outputs.model].failures:
            return refuse_unjudged(
                self.rule,
                audits[outputs.model],
                model=outputs.model,
                baseline=baseline,
                judge=judge,
                benchmark=self.benchmark,
                n=len(outputs.outputs),
            )
        url = store_url(self.sources.store, self.sources.results)
        wanted = Wanted(judge=judge, baseline=baseline, compat=self.compat)
        if batch is not None:
            gate = Gate(rule=self.rule, recipe=self.recipe, wanted=wanted, benchmark=self.benchmark)
            decision, one = judge_in_batches(
                prepared,
                url,
                gate=gate,
                batch=batch,
                audits=audits,
                results=self.sources.results,
                limits=limits,
                log=log,
            )
            judged = [one]
        else:
            judged = judge_all(
                prepared,
                url,
                audits=audits,
                results=self.sources.results,
                recipe=self.recipe,
                limits=limits,
                log=log,
            )
            decision = None
        note_run(judged, prepared.judges)
        require_finished(judged)
        return decision or self._held(outputs.model, self._stored(judge.name), wanted, self.benchmark)

    @property
    def benchmark(self) -> str:
        return read_benchmark(self.assignment.benchmark).name

    def _held(self, model: str, entries: Sequence[Entry], wanted: Wanted, benchmark: str) -> Decision:
        candidate = choose(entries, model, wanted)
        gate = Gate(rule=self.rule, recipe=self.recipe, wanted=wanted, benchmark=benchmark)
        decision = gate.decide(candidate, beside(entries, candidate), self.rule)
        return replace(decision, sha256=canonical_digest([build_row(candidate, self.recipe)]))

    def _how(self) -> Gathering:
        style = style_of(self.sources)
        return Gathering(combine=style.combine, by=style.by)

    def _stored(self, judge: str | None) -> list[Entry]:
        with open_existing(self.sources.store, self.sources.results) as opened:
            return entries_of_store(opened, benchmark=self.benchmark, judge=judge, how=self._how())

    def _judge(self) -> JudgeConfig | str | None:
        """The judge as its file has it today; only its name where there is no such file, as for recorded verdicts."""
        if not self.assignment.judges:
            return None
        (named,) = self.assignment.judges
        return self._config(named) or named

    def _config(self, named: str) -> JudgeConfig | None:
        try:
            (config,) = replace(self.assignment, judges=(named,)).configs(read_benchmark(self.assignment.benchmark))
        except UnknownName:
            return None
        return config

    def _baseline(self) -> str | None:
        """The name of the baseline that was configured, from its outputs where these were named."""
        if not self.assignment.baselines:
            return None
        (named,) = self.assignment.baselines
        return read_one([named]).model if Path(named).exists() else named
