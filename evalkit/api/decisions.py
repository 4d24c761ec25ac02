"""Decides a gate on a candidate whose verdicts are in files, in a written row, in the store, or still to be made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from os import PathLike
from pathlib import Path
from typing import Unpack

from evalkit.api.assignment import Assignment, AssignmentKeywords, Prepared, assignment_of
from evalkit.api.choices import Place, choose_benchmark, judge_of_store, real_judges
from evalkit.api.door import beside_a_loop, front_door
from evalkit.api.expectations import notes_before_sending
from evalkit.api.keywords import (
    Data,
    LimitKeywords,
    audit_limits_of,
    checked_count,
    checked_number,
    limits_of,
    named_source_of,
    parted,
    picked,
    source_of,
)
from evalkit.api.progress import Listener, listener_of
from evalkit.api.python_judges import JudgeLike
from evalkit.api.result import Result, estimate_metrics
from evalkit.api.runs import judge_all, judge_in_batches, require_finished, title
from evalkit.api.verification import benchmark_of_row, verify_files
from evalkit.auditing import AuditLimits, require_passed
from evalkit.boards import MIN_COVERAGE, Aggregation, DifficultySource, Entry, Metric, Recipe, beside
from evalkit.catalog import Benchmark, own_benchmark
from evalkit.engine import Limits
from evalkit.errors import AuditFailed, ConfigError, GateFailed, Incomplete, Inconclusive, InputError, UnknownName
from evalkit.formats import PREFIX, SUFFIXES, Rows, read_one
from evalkit.gating import (
    SMALLEST_BATCH,
    Decision,
    Gate,
    Outcome,
    Required,
    Rule,
    check_against,
    check_mode,
    choose,
    refuse_unjudged,
)
from evalkit.judging import Work
from evalkit.provenance import ROW_FILE, canonical_digest, pinned_for
from evalkit.reporting import gate_badge, gate_explanation, gate_json, gate_junit, gate_summary, gate_text, why
from evalkit.sources import (
    DECLARED_WHERE_JUDGED,
    Sources,
    entries_of_files,
    entries_of_store,
    known_benchmark,
    only_benchmark,
    read_recipe,
)
from evalkit.stats import CONFIDENCE, MIN_INSTRUCTIONS
from evalkit.store import Store, open_existing, open_store, store_exists, store_url
from evalkit.types import Estimate, JudgeConfig


class Candidate(Enum):
    """The kinds of candidates that a gate takes."""

    OUTPUTS = "outputs"
    ROW = "row"
    NAME = "name"


def kind_of_candidate(candidate: str | Rows) -> Candidate:
    """The kind of a candidate: outputs to be judged, a written row, or the name of a model that has verdicts."""
    if isinstance(candidate, Rows) or candidate.startswith(PREFIX):
        return Candidate.OUTPUTS
    path = Path(candidate)
    if not path.exists():
        return Candidate.NAME
    return Candidate.ROW if path.name == ROW_FILE else Candidate.OUTPUTS


def _with_benchmark(candidate: str | Rows, assignment: Assignment, place: Place) -> Assignment:
    """The assignment with the benchmark of the outputs, of the row, or of the only verdicts on the model.

    Raises:
        InputError: there is no such file, or no such verdicts.
        ConfigError: several benchmarks may be meant.
    """
    kind = kind_of_candidate(candidate)
    if kind == Candidate.OUTPUTS:
        told = choose_benchmark(None, [candidate], place=place, key=assignment.key, questions=assignment.questions)
        return replace(assignment, told=told)
    name = str(candidate)
    if kind == Candidate.ROW:
        return replace(assignment, benchmark=benchmark_of_row(Path(name)))
    _check_name(name, place)
    return replace(assignment, benchmark=only_benchmark(place.url, model=name))


def _check_name(name: str, place: Place) -> None:
    """Refuse the path of a missing file, which no model is called.

    Raises:
        InputError: the name ends as a file does, and the store has no such model.
    """
    if not name.removesuffix(".gz").endswith(SUFFIXES):
        return
    opened = place.opened()
    if opened is not None:
        with opened as store:
            if any(name in models for models in store.benchmarks().values()):
                return
    raise InputError(f"{name}: no such file")


class GateKeywords(AssignmentKeywords, LimitKeywords, total=False):
    """The keywords of `annotate` that a gate takes as well."""


@dataclass(frozen=True, slots=True)
class GateCase:
    """A candidate and the rule that it must pass, wherever its verdicts are."""

    candidate: str | Rows
    rule: Rule
    recipe: Recipe
    sources: Sources
    assignment: Assignment
    compat: bool

    def decide(
        self, limits: Limits, audit_limits: AuditLimits, listener: Listener, *, log: Path | None, batch: int | None
    ) -> Decision:
        """Decide from files, from a written row, from outputs that are judged first, or from the store.

        Raises:
            ConfigError: clusters were declared for verdicts in the store, which holds them already.
        """
        if self.sources.files:
            return self._from_files()
        kind = kind_of_candidate(self.candidate)
        if kind == Candidate.OUTPUTS:
            return self._judged(limits, audit_limits, listener, log=log, batch=batch)
        if self.assignment.cluster is not None:
            raise ConfigError(DECLARED_WHERE_JUDGED)
        return self._from_row(Path(self.model)) if kind == Candidate.ROW else self._from_store()

    def _from_files(self) -> Decision:
        """Decide on verdicts that other tools or earlier runs left in files."""
        judge = self._judge()
        name = judge.name if isinstance(judge, JudgeConfig) else judge
        entries = entries_of_files(self.sources.files, judge=name, aggregation=self._aggregation())
        # a file names its judge, but does not hold the judge's settings
        return self._decide_on(self.model, entries, Required(baseline=self._baseline()), "of files")

    def _from_store(self) -> Decision:
        """Decide on the store's verdicts."""
        judge = self._judge()
        return self._of_store(judge, self._stored(judge.name if isinstance(judge, JudgeConfig) else judge))

    def _of_store(self, judge: JudgeConfig | str | None, entries: Sequence[Entry]) -> Decision:
        wanted = Required(
            judge=judge if isinstance(judge, JudgeConfig) else None, baseline=self._baseline(), compat=self.compat
        )
        if judge is None:
            entries = self._of_real_judge(entries)
            # the only judge there is counts as it is configured today
            names = {entry.judge for entry in entries if entry.model == self.candidate}
            wanted = replace(wanted, judge=self._config(names.pop()) if len(names) == 1 else None)
        return self._decide_on(self.model, entries, wanted, self.benchmark)

    def _of_real_judge(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """The entries of the only real judge that has judged the candidate, where controls have too; else all."""
        with open_existing(store_url(self.sources.store, self.sources.results)) as opened:
            names = {config.name for config in real_judges(opened, self.benchmark, self.model)}
        return [entry for entry in entries if entry.judge in names] if len(names) == 1 else entries

    def _from_row(self, path: Path) -> Decision:
        """Decide on a written row, if the store's replies give the same row."""
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
        """Decide on exactly the verdicts that a row was made of, if they are of the configured judge and baseline."""
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
            judge, [entry for entry in entries if entry.model != written.model or entry.group == written.group]
        )

    def _judged(
        self, limits: Limits, audit_limits: AuditLimits, listener: Listener, *, log: Path | None, batch: int | None
    ) -> Decision:
        """Decide on outputs, which are judged first where verdicts are missing, in batches if `batch` is given."""
        place = Place(store_url(self.sources.store, self.sources.results), self.sources.results)
        prepared = self._prepared(place)
        if len(prepared.candidates) != 1:
            raise ConfigError(f"{self.candidate}: holds {len(prepared.candidates)} models. Gate them one by one")
        (outputs,), (judge,) = prepared.candidates, prepared.judges
        baseline = "" if prepared.baseline is None or judge.asks == "grade" else prepared.baseline.model
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
        url = place.url
        (work,) = prepared.works(b"")
        self._check_before_asking(work, url)

        def before(works: Sequence[Work], store: Store) -> None:
            listener.note(notes_before_sending(prepared, works, store, concurrency=limits.concurrency))

        # recorded replies stand in for the judge
        wanted = Required(judge=work.config, baseline=baseline, compat=self.compat)
        with listener.watching(title(prepared)) as watch:
            if batch is not None:
                gate = Gate(rule=self.rule, recipe=self.recipe, wanted=wanted, benchmark=self.benchmark)
                decision, run = judge_in_batches(
                    prepared,
                    url,
                    gate=gate,
                    batch=batch,
                    audits=audits,
                    results=self.sources.results,
                    limits=limits,
                    log=log,
                    watch=watch,
                    before=before,
                )
                judged = [run]
            else:
                judged = judge_all(
                    prepared,
                    url,
                    audits=audits,
                    results=self.sources.results,
                    recipe=self.recipe,
                    limits=limits,
                    log=log,
                    watch=watch,
                    before=before,
                )
                decision = None
        listener.ran(judged, prepared.judges)
        require_finished(judged)
        return decision or self._decide_on(outputs.model, self._stored(judge.name), wanted, self.benchmark)

    def _prepared(self, place: Place) -> Prepared:
        """The outputs with what judges them: where no judge is named, a real one that has judged the model before."""
        prepared = self.assignment.read([self.candidate], place)
        if prepared.unnamed is None or len(prepared.candidates) != 1:
            return prepared
        before = judge_of_store(place, prepared.benchmark.name, prepared.candidates[0].model)
        return prepared if before is None else replace(self.assignment, before=before).read([self.candidate], place)

    @property
    def model(self) -> str:
        """The candidate by its name, which verdicts at hand are looked up by.

        Raises:
            ConfigError: the candidate is given by its outputs, which do not go with verdicts at hand.
        """
        if isinstance(self.candidate, Rows):
            raise ConfigError("candidate: with --source, name the model instead of giving its outputs")
        return self.candidate

    @property
    def benchmark(self) -> str:
        return self._benchmark.name

    @property
    def _benchmark(self) -> Benchmark:
        """The benchmark that is named or was told; for files of verdicts it may be any."""
        if self.assignment.told is not None:
            return self.assignment.told.benchmark
        named, url = self.assignment.benchmark, store_url(self.sources.store, self.sources.results)
        return own_benchmark("files") if named is None else known_benchmark(named, url)

    def _decide_on(self, model: str, entries: Sequence[Entry], wanted: Required, benchmark: str) -> Decision:
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

    def _aggregation(self) -> Aggregation:
        family = self.sources.family
        return Aggregation(combine=family.combine, by=family.by, cluster=self.sources.cluster)

    def _stored(self, judge: str | None) -> list[Entry]:
        with open_existing(store_url(self.sources.store, self.sources.results)) as opened:
            return entries_of_store(
                opened,
                benchmark=self.benchmark,
                judge=judge,
                aggregation=self._aggregation(),
                own=[config for config in (self._judge(),) if isinstance(config, JudgeConfig)],
            )

    def _judge(self) -> JudgeConfig | str | None:
        """The judge as its file has it today; only its name where there is no such file, as for recorded verdicts."""
        if not self.assignment.judges:
            return None
        (named,) = self.assignment.judges
        return self._config(named) or str(named)

    def _config(self, named: JudgeLike) -> JudgeConfig | None:
        try:
            (config,) = replace(self.assignment, judges=(named,)).configs(self._benchmark)
        except UnknownName:
            return None
        return config

    def _baseline(self) -> str | None:
        """The name of the configured baseline, from its outputs if these were named."""
        if not self.assignment.baselines:
            return None
        named = [
            source if isinstance(source, str) and not Path(source).exists() else read_one([source]).model
            for source in self.assignment.baselines
        ]
        # outputs by category are merged in the benchmark's order
        known = self._benchmark.baselines
        return " + ".join(sorted(named, key=lambda name: known.index(name) if name in known else len(known)))


def _raise_for(decision: Decision) -> None:
    """Raise where the candidate does not pass."""
    said = f"{decision.model}: {why(decision)}"
    if decision.outcome == Outcome.AUDIT_FAILED:
        require_passed({decision.model: decision.audit})
    if decision.outcome == Outcome.INCOMPLETE:
        cure = ". Judge the rest: evalkit annotate asks only what is missing" if decision.n_missing else ""
        raise Incomplete(f"{said}{cure}")
    if decision.outcome == Outcome.FAILED:
        raise GateFailed(said)
    if decision.outcome == Outcome.INCONCLUSIVE:
        # more data helps neither a degraded number nor a model that declines too often
        raise Inconclusive(f"{said}. evalkit power says how much more data would tell" if decision.open else said)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GateDecision(Result):
    """A gate's decision on a model, with the numbers that it rests on and its forms for continuous integration."""

    decision: Decision

    @property
    def outcome(self) -> Outcome:
        """Passed, failed, or the reason why the measurement does not tell."""
        return self.decision.outcome

    @property
    def passed(self) -> bool:
        """True if the measurement shows that the model reaches the threshold."""
        return self.decision.outcome == Outcome.PASSED

    @property
    def estimate(self) -> Estimate:
        """The rate, or the difference, that decided: percent or points, with its interval and status."""
        return self.decision.estimate

    def explanation(self, *, digests: bool = False) -> str:
        """The decision in sentences, with every number that it used and, if asked for, the digests."""
        return gate_explanation(self.decision, digests=digests)

    def summary(self) -> str:
        """The decision as markdown."""
        return gate_summary(self.decision)

    def junit(self) -> str:
        """The decision as JUnit XML."""
        return gate_junit(self.decision)

    def badge(self) -> str:
        """The decision as the JSON of a badge."""
        return gate_badge(self.decision)

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary; `passed` is 1 or 0, and what cannot be estimated is left out."""
        model = self.decision.model
        estimate = estimate_metrics(f"{model}/{self.decision.rule.metric.name}", self.estimate)
        return {f"{model}/passed": float(self.passed), f"{model}/n": float(self.estimate.n), **estimate}

    @front_door
    def raise_for_outcome(self) -> None:
        """Raise where the candidate does not pass.

        Raises:
            AuditFailed: its outputs failed their audit.
            Incomplete: verdicts are missing.
            GateFailed: it does not reach the threshold.
            Inconclusive: the measurement does not decide.
        """
        _raise_for(self.decision)

    def to_json(self) -> str:
        return gate_json(self.decision)

    def __str__(self) -> str:
        return gate_text(self.decision)


@front_door
@beside_a_loop
def gate(
    candidate: Data,
    *,
    minimum: float | None = None,
    against: str | None = None,
    margin: float = 0.0,
    metric: str | Metric | None = None,
    confidence: float = CONFIDENCE,
    min_n: int = MIN_INSTRUCTIONS,
    min_coverage: float = MIN_COVERAGE,
    source: Data | Sequence[Data] = (),
    difficulty: Data = DifficultySource.AUTO.value,
    allow_compat: bool = False,
    allow_refusals: bool = False,
    sequential: bool = False,
    batch: int = SMALLEST_BATCH,
    audit_limit: AuditLimits | Mapping[str, float] | Iterable[str] = (),
    store: str | None = None,
    results: str | PathLike[str] = "results",
    log: str | PathLike[str] | None = None,
    progress: bool | Listener | None = None,
    **options: Unpack[GateKeywords],
) -> GateDecision:
    """Decide whether a model may be released, by its win rate against the baseline or beside another model.

    Args:
        candidate: the model's outputs, as for `annotate`, which are judged first where verdicts are missing; or a
            row.json, or the name of a model that has verdicts.
        minimum: the percentage that the rate must reach.
        against: another model, instead of `minimum`, whose rate the candidate's must reach.
        margin: the points that the candidate may be behind `against`.
        metric: `lc_win_rate`, `win_rate` or `style_win_rate`; by default what the benchmark's style says.
        confidence: the confidence of the two-sided interval that must lie on one side of the threshold.
        min_n: the number of instructions with a verdict without which nothing is decided.
        min_coverage: the share of the instructions that must have a verdict.
        source: files, folders or values with verdicts that take the place of the store's.
        difficulty: the source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        allow_compat: whether the verdicts of a judge that is shown bare texts or fixed labels count.
        allow_refusals: whether a model may decline more often than the baseline.
        sequential: whether outputs are judged in batches until the decision is certain.
        batch: the number of instructions in each batch.
        audit_limit: limits of the audit by name, as in `{"min-distinct": 0.2}`.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder of the store and of the written rows.
        log: a file to which every event of judging is appended as a line of JSON.
        progress: whether a bar is drawn; by default on a terminal and in a notebook.
        options: the keywords of `annotate` that say how outputs are judged and limit the run.

    Returns:
        The decision. `raise_for_outcome` raises unless the model passes; `passed` is true where it does.

    Raises:
        EvalkitError: an input or an option is wrong, or the judge could not be asked.

    Example:
        >>> import evalkit as ek
        >>> ek.gate("outputs.json", baseline="baseline.json", minimum=50).raise_for_outcome()
    """
    assignment = assignment_of(**picked(options, AssignmentKeywords))
    if len(assignment.judges) > 1:
        raise ConfigError("a gate decides on one judge. Give --judge once")
    files = tuple(source_of(one, "source") for one in parted(source))
    named = named_source_of(candidate, "candidate")
    place = Place(store_url(store, Path(results)), Path(results))
    if not files and assignment.benchmark is None:
        assignment = _with_benchmark(named, assignment, place)
    sources = Sources(
        files=files,
        board=assignment.benchmark if assignment.told is None else assignment.told.benchmark.name,
        difficulty=named_source_of(difficulty, "difficulty"),
        store=store,
        results=Path(results),
        cluster=assignment.cluster if files else None,
    )
    recipe = read_recipe(sources, metric=metric, confidence=confidence)
    rule = Rule(
        metric=recipe.metric,
        minimum=minimum,
        against=against,
        margin=margin,
        confidence=checked_number("--confidence", confidence, least=0.5, most=1, below=True),
        min_n=checked_count("--min-n", min_n, least=2),
        min_coverage=checked_number("--min-coverage", min_coverage, least=0, most=1),
        allow_refusals=allow_refusals,
    )
    listener = listener_of(progress)
    decision = GateCase(named, rule, recipe, sources, assignment, allow_compat).decide(
        limits_of(**picked(options, LimitKeywords)),
        audit_limits_of(audit_limit),
        listener,
        log=None if log is None else Path(log),
        batch=checked_count("--batch", batch, least=SMALLEST_BATCH) if sequential else None,
    )
    return GateDecision(decision)
