"""evalkit gate: let a model be released, or not, on its win rate."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from evalkit.api.assignment import Assignment
from evalkit.api.verification import verify_files
from evalkit.auditing.limits import AuditLimits
from evalkit.auditing.outputs import require_passed
from evalkit.boards.entries import Aggregation, Entry
from evalkit.boards.row import MIN_COVERAGE, Recipe
from evalkit.catalog.benchmarks import read_benchmark
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
from evalkit.cli.options import json_option, results_option, store_option
from evalkit.cli.ranges import Range
from evalkit.cli.sources import difficulty_option, metric_option
from evalkit.engine.limits import Limits
from evalkit.errors import AuditFailed, ConfigError, GateFailed, Incomplete, Inconclusive, UnknownName
from evalkit.files import write_text
from evalkit.formats.hub import PREFIX
from evalkit.formats.outputs import read_one
from evalkit.gating.choice import Required, beside, check_against, check_mode, choose
from evalkit.gating.decide import refuse_unjudged
from evalkit.gating.gate import Gate
from evalkit.gating.rule import Decision, Outcome, Rule
from evalkit.gating.sequential import SMALLEST_BATCH
from evalkit.judging.work import Work
from evalkit.provenance.document import ROW_FILE
from evalkit.provenance.pinning import pinned_for
from evalkit.reporting.canonical import canonical_digest
from evalkit.reporting.gate import gate_explanation, gate_json, gate_text, why
from evalkit.reporting.gate_ci import gate_annotation, gate_badge, gate_junit, gate_summary
from evalkit.sources.entries import entries_of_files, entries_of_store
from evalkit.sources.selection import DECLARED_WHERE_JUDGED, Sources, read_recipe, style_of
from evalkit.stats.control import MIN_INSTRUCTIONS
from evalkit.stats.intervals import CONFIDENCE
from evalkit.store import open_existing, open_store, store_exists, store_url
from evalkit.types import JudgeConfig

INCONCLUSIVE = ("fail", "warn", "pass")


@click.command("gate")
@click.argument("candidate")
@click.option("--min", "minimum", type=Range(), metavar="PERCENT", help="The rate that the model must reach.")
@click.option("--against", metavar="MODEL", help="Instead: a model that it must not be behind by more than --margin.")
@click.option("--margin", type=Range(), metavar="POINTS", default=0.0, show_default=True,
              help="How far behind --against it may be.")  # fmt: skip
@metric_option
@click.option("--confidence", type=Range(0.5, 1, max_open=True), default=CONFIDENCE, show_default=True,
              help="Of the two-sided interval that must lie on one side.")  # fmt: skip
@click.option("--min-n", type=click.IntRange(2), default=MIN_INSTRUCTIONS, show_default=True,
              help="So many instructions must have a verdict.")  # fmt: skip
@click.option("--min-coverage", type=Range(0, 1), default=MIN_COVERAGE, show_default=True,
              help="And so large a share of those that were asked about.")  # fmt: skip
@click.option("--inconclusive", type=click.Choice(INCONCLUSIVE), default=INCONCLUSIVE[0], show_default=True,
              help="What to make of a measurement that cannot tell: exit with 4, or with 0.")  # fmt: skip
@click.option("--source", "files", multiple=True, type=click.Path(path_type=Path),
              help="Verdicts from files instead of the store; repeat for more.")  # fmt: skip
@difficulty_option
@click.option("--allow-compat", is_flag=True, help="Accept a judge that is shown bare texts or fixed labels.")
@click.option("--allow-refusals", is_flag=True,
              help="Let a model pass even if it declines, or says nothing, more often than the baseline.")  # fmt: skip
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
    allow_refusals: bool,
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
    sources = Sources(
        files=files,
        board=board,
        difficulty=difficulty,
        store=store,
        results=results,
        cluster=assignment.cluster if files else None,
    )
    recipe = read_recipe(sources, metric=metric, confidence=confidence)
    rule = Rule(
        metric=recipe.metric,
        minimum=minimum,
        against=against,
        margin=margin,
        confidence=confidence,
        min_n=min_n,
        min_coverage=min_coverage,
        allow_refusals=allow_refusals,
    )
    case = _Case(candidate, rule, recipe, sources, assignment, allow_compat)
    decision = case.decide(limits, audit_limits, log=log, batch=batch if sequential else None)
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
        cure = ". Judge the rest: evalkit annotate asks only what is missing" if decision.n_missing else ""
        raise Incomplete(f"{said}{cure}")
    if decision.outcome == Outcome.FAILED:
        raise GateFailed(f"{said}")
    if decision.outcome == Outcome.INCONCLUSIVE and inconclusive == INCONCLUSIVE[0]:
        # more data helps neither a degraded number nor a model that declines too often
        raise Inconclusive(f"{said}. evalkit power says how much more data would tell" if decision.open else said)
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

    def decide(self, limits: Limits, audit_limits: AuditLimits, *, log: Path | None, batch: int | None) -> Decision:
        """Take the verdicts from files, from a written row, from outputs that are judged first, or from the store.

        Raises:
            ConfigError: clusters were declared for verdicts that lie in the store, which holds them already.
        """
        if self.sources.files:
            return self._from_files()
        path = Path(self.candidate)
        written = path.name == ROW_FILE and path.exists()
        if not written and (path.exists() or self.candidate.startswith(PREFIX)):
            return self._judged(limits, audit_limits, log=log, batch=batch)
        if self.assignment.cluster is not None:
            raise ConfigError(DECLARED_WHERE_JUDGED)
        return self._from_row(path) if written else self._from_store()

    def _from_files(self) -> Decision:
        """On verdicts that other tools or earlier runs left in files."""
        judge = self._judge()
        name = judge.name if isinstance(judge, JudgeConfig) else judge
        entries = entries_of_files(self.sources.files, judge=name, how=self._how())
        # what files tell of a judge is its name
        return self._held(self.candidate, entries, Required(baseline=self._baseline()), "of files")

    def _from_store(self) -> Decision:
        """On the store's verdicts."""
        judge = self._judge()
        return self._of_store(judge, self._stored(judge.name if isinstance(judge, JudgeConfig) else judge))

    def _of_store(self, judge: JudgeConfig | str | None, entries: Sequence[Entry]) -> Decision:
        wanted = Required(
            judge=judge if isinstance(judge, JudgeConfig) else None, baseline=self._baseline(), compat=self.compat
        )
        if judge is None:
            # the only judge there is counts as it is configured today
            names = {entry.judge for entry in entries if entry.model == self.candidate}
            wanted = replace(wanted, judge=self._config(names.pop()) if len(names) == 1 else None)
        return self._held(self.candidate, entries, wanted, self.benchmark)

    def _from_row(self, path: Path) -> Decision:
        """On a written row, if it is what the store's replies give."""
        with open_existing(store_url(self.sources.store, self.sources.results)) as opened:
            found = verify_files(path, opened)
        if found.refused:
            raise found.refused[0]
        if len(found.rows) > 1:
            raise ConfigError(f"{path}: holds {len(found.rows)} rows, one for each model that the endpoint served")
        (row,) = found.rows
        if not row.equal:
            raise AuditFailed(f"{path}: {row.differences[0]}. Run evalkit annotate again: nothing is paid twice")
        assert row.row is not None
        return replace(self, candidate=row.model)._of_row(path, row.row.entry)

    def _of_row(self, path: Path, written: Entry) -> Decision:
        """On the verdicts that a row was made of, and no others of the model, if they are what is configured."""
        assert written.plan is not None
        if written.plan.benchmark != self.benchmark:
            raise ConfigError(
                f"{path}: a row of benchmark {written.plan.benchmark!r}, and the gate is configured for "
                f"{self.benchmark!r}. Choose with --benchmark"
            )
        judge = self._judge()
        if isinstance(judge, str) and judge != written.judge:
            raise ConfigError(
                f"{path}: a row of judge {written.judge!r}, and the gate is configured for {judge!r}. "
                "Choose with --judge"
            )
        entries = self._stored(written.judge)
        return self._of_store(
            judge, [one for one in entries if one.model != written.model or one.group == written.group]
        )

    def _judged(self, limits: Limits, audit_limits: AuditLimits, *, log: Path | None, batch: int | None) -> Decision:
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
        (work,) = prepared.works(b"")
        self._check_before_asking(work, url)
        # replies that were recorded stand in for the judge
        wanted = Required(judge=work.config, baseline=baseline, compat=self.compat)
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

    def _held(self, model: str, entries: Sequence[Entry], wanted: Required, benchmark: str) -> Decision:
        candidate = choose(entries, model, wanted)
        group = beside(entries, candidate)
        # only verdicts of the store have a written row
        pinned = None if self.sources.files else pinned_for(candidate, group, self.recipe, results=self.sources.results)
        gate = Gate(rule=self.rule, recipe=self.recipe, wanted=wanted, benchmark=benchmark, pinned=pinned)
        decision = gate.decide(candidate, group, self.rule)
        row = gate.rates(group, self.recipe.confidence).row(candidate)
        return replace(decision, sha256=canonical_digest([row]))

    def _check_before_asking(self, work: Work, url: str) -> None:
        """Refuse before anything is paid what the decision would refuse afterwards."""
        check_mode(work.record, compat=self.compat)
        if self.rule.against is None:
            return
        check_against(work.candidate.model, self.rule.against)
        if not store_exists(url):
            raise UnknownName("model", self.rule.against, ())
        with open_store(url) as opened:
            other = replace(work.group, model=self.rule.against)
            if not any(True for _ in opened.answered_of(other)):
                plans = opened.plans(benchmark=other.benchmark)
                known = {group.model for group in plans if replace(other, model=group.model) == group}
                raise UnknownName("model", self.rule.against, known)

    def _how(self) -> Aggregation:
        style = style_of(self.sources)
        return Aggregation(combine=style.combine, by=style.by, cluster=self.sources.cluster)

    def _stored(self, judge: str | None) -> list[Entry]:
        with open_existing(store_url(self.sources.store, self.sources.results)) as opened:
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
        named = [read_one([one]).model if Path(one).exists() else one for one in self.assignment.baselines]
        # those of categories are merged in the benchmark's order
        known = read_benchmark(self.assignment.benchmark).baselines
        return " + ".join(sorted(named, key=lambda one: known.index(one) if one in known else len(known)))
