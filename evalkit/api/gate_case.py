"""Decides on a candidate whose verdicts are in files, in a written row, in the store, or still to be made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from evalkit.api.assignment import Assignment, Prepared
from evalkit.api.choices import Place, check_no_file, choose_benchmark, judge_of_store, real_judges
from evalkit.api.expectations import notes_before_sending
from evalkit.api.progress import Listener
from evalkit.api.python_judges import JudgeLike
from evalkit.api.runs import judge_all, judge_in_batches, require_finished, title
from evalkit.api.verification import said_by_row, verify_files
from evalkit.auditing import AuditLimits
from evalkit.boards import Aggregation, Entry, KnownJudge, Recipe, beside
from evalkit.catalog import Benchmark, own_benchmark
from evalkit.engine import Limits
from evalkit.errors import AuditFailed, ConfigError, EvalkitError, UnknownName
from evalkit.formats import PREFIX, Rows, read_one
from evalkit.gating import (
    Deciding,
    Decision,
    Gate,
    Required,
    Rule,
    check_against,
    check_mode,
    choose,
    hold_to_people,
    refuse_unjudged,
)
from evalkit.judge_spec import Nature, judge_names, nature_of
from evalkit.judging import Work
from evalkit.provenance import ROW_FILE, canonical_digest, pinned_for
from evalkit.sources import (
    DECLARED_WHERE_JUDGED,
    Sources,
    entries_of_files,
    entries_of_store,
    known_benchmark,
    known_of,
    only_benchmark,
)
from evalkit.store import Address, Store, open_existing, open_store, require_sealed, store_exists, store_url
from evalkit.types import Audit, JudgeConfig

# refuses before anything is paid what a decision would refuse afterwards
Check = Callable[[Work, Address], None]


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


def with_benchmark(candidate: str | Rows, assignment: Assignment, place: Place) -> Assignment:
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
        return replace(assignment, benchmark=said_by_row(Path(name), "benchmark"))
    check_no_file(name, place)
    return replace(assignment, benchmark=only_benchmark(place.url, model=name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The way in which a gate has outputs judged: the limits of the run and of the audit, and who is told of it.

    With a `batch`, judging ends as soon as the decision is certain.
    """

    limits: Limits
    audit_limits: AuditLimits
    listener: Listener
    log: Path | None
    batch: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A model whose outputs a gate had judged: by this judge, against the baseline that is `wanted`.

    `refused` is the audit that kept `n` outputs from the judge, and `decided` the decision that ended judging early.
    """

    model: str
    judge: JudgeConfig
    wanted: Required
    n: int
    refused: Audit | None = None
    decided: Decision | None = None


@dataclass(frozen=True, slots=True)
class GateCase:
    """A candidate and the rule that it must pass, wherever its verdicts are."""

    candidate: str | Rows
    rule: Rule
    recipe: Recipe
    sources: Sources
    assignment: Assignment
    compat: bool

    def deciding(self, asking: Asking) -> Deciding:
        """Take the verdicts from files, a written row, outputs that are judged first, or the store.

        Returns:
            The decision on these verdicts at a confidence.

        Raises:
            ConfigError: clusters were declared for verdicts in the store, which holds them already.
        """
        if self.sources.files:
            return self._telling(self._from_files())
        if kind_of_candidate(self.candidate) == Candidate.OUTPUTS:
            return self.of_judged(self.judge((self.check_before_asking,), asking))
        self.check_seal()
        if self.assignment.cluster is not None:
            raise ConfigError(DECLARED_WHERE_JUDGED)
        row = kind_of_candidate(self.candidate) == Candidate.ROW
        return self._telling(self._from_row(Path(self.model)) if row else self._from_store())

    def of_judged(self, judged: Judged) -> Deciding:
        """The decision on outputs that were judged, or that their audit refused."""
        decided, refused = judged.decided, judged.refused
        if decided is not None:
            return self._telling(lambda _: decided)
        if refused is None:
            return self._telling(
                self._decide_on(judged.model, self._stored(judged.judge.name), judged.wanted, self.benchmark)
            )
        decision = refuse_unjudged(
            self.rule,
            refused,
            model=judged.model,
            baseline=judged.wanted.baseline or "",
            judge=judged.judge,
            benchmark=self.benchmark,
            n=judged.n,
        )
        return self._telling(lambda _: decision)

    def _telling(self, deciding: Deciding) -> Deciding:
        """Let decisions say what the judge is and what is known of it, which may keep a model from passing."""

        def told(confidence: float) -> Decision:
            decision = deciding(confidence)
            decision = replace(decision, nature=self._nature(decision.judge, decision.digest))
            return hold_to_people(decision, self._known(decision))

        return told

    def _known(self, decision: Decision) -> KnownJudge | None:
        """The store's measurements of the judge's agreement with people; None for verdicts in files."""
        url = store_url(self.sources.store, self.sources.results)
        if self.sources.files or not store_exists(url):
            return None
        with open_store(url) as opened:
            return known_of(opened, judge=decision.judge, digest=decision.digest, grades=decision.rule.metric.graded)

    def _from_files(self) -> Deciding:
        """Decide on verdicts that other tools or earlier runs left in files."""
        judge = self.named_judge()
        name = judge.name if isinstance(judge, JudgeConfig) else judge
        entries = entries_of_files(
            self.sources.files, judge=name, aggregation=self._aggregation(), limits=self.sources.limits
        )
        # a file names its judge, but does not hold the judge's settings
        return self._decide_on(self.model, entries, Required(baseline=self.baseline), "of files")

    def _from_store(self) -> Deciding:
        """Decide on the store's verdicts."""
        judge = self.named_judge()
        return self._of_store(judge, self._stored(judge.name if isinstance(judge, JudgeConfig) else judge))

    def _of_store(self, judge: JudgeConfig | str | None, entries: Sequence[Entry]) -> Deciding:
        wanted = Required(
            judge=judge if isinstance(judge, JudgeConfig) else None, baseline=self.baseline, compat=self.compat
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

    def _from_row(self, path: Path) -> Deciding:
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

    def _of_row(self, path: Path, written: Entry) -> Deciding:
        """Decide on exactly the verdicts that a row was made of, if they are of the configured judge and baseline."""
        assert written.plan is not None
        if written.plan.benchmark != self.benchmark:
            raise ConfigError(
                f"{path}: a row of benchmark {written.plan.benchmark!r}, and the gate is configured for "
                f"{self.benchmark!r}. Choose with --benchmark"
            )
        judge = self.named_judge()
        if isinstance(judge, str) and judge != written.judge:
            raise ConfigError(
                f"{path}: a row of judge {written.judge!r}, and the gate is configured for {judge!r}. "
                "Choose with --judge"
            )
        entries = self._stored(written.judge)
        return self._of_store(
            judge, [entry for entry in entries if entry.model != written.model or entry.group == written.group]
        )

    def judge(self, checks: Sequence[Check], asking: Asking) -> Judged:
        """Have the outputs judged where verdicts are missing.

        Args:
            checks: called with what is to be asked before anything is sent; each may refuse it.

        Raises:
            ConfigError: there are outputs of several models, or a check refuses them.
        """
        self.check_seal()
        place = Place(store_url(self.sources.store, self.sources.results), self.sources.results)
        prepared = self._prepared(place)
        if len(prepared.candidates) != 1:
            raise ConfigError(f"{self.candidate}: holds {len(prepared.candidates)} models. Gate them one by one")
        (outputs,), (judge,) = prepared.candidates, prepared.judges
        audits = prepared.audits(asking.audit_limits)
        if audits[outputs.model].failures:
            return Judged(
                model=outputs.model,
                judge=judge,
                wanted=Required(baseline=_baseline_of(prepared)),
                n=len(outputs.outputs),
                refused=audits[outputs.model],
            )
        try:
            return self._asked(prepared, place, audits, checks, asking)
        except EvalkitError as error:
            error.judge = judge
            raise

    def _asked(
        self,
        prepared: Prepared,
        place: Place,
        audits: Mapping[str, Audit],
        checks: Sequence[Check],
        asking: Asking,
    ) -> Judged:
        """Ask the judge for the missing verdicts on outputs that passed their audit."""
        (outputs,), (judge,), url = prepared.candidates, prepared.judges, place.url
        limits, listener, log = asking.limits, asking.listener, asking.log
        (work,) = prepared.works(b"")
        for check in checks:
            check(work, url)

        def before(works: Sequence[Work], store: Store) -> None:
            listener.note(notes_before_sending(prepared, works, store, concurrency=limits.concurrency))

        # recorded replies stand in for the judge
        wanted = Required(judge=work.config, baseline=_baseline_of(prepared), compat=self.compat)
        with listener.watching(title(prepared)) as watch:
            if asking.batch is not None:
                gate = Gate(rule=self.rule, recipe=self.recipe, wanted=wanted, benchmark=self.benchmark)
                decision, run = judge_in_batches(
                    prepared,
                    url,
                    gate=gate,
                    batch=asking.batch,
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
        if decision is not None:
            decision = replace(decision, row=judged[0].rows[0])
        return Judged(model=outputs.model, judge=judge, wanted=wanted, n=len(outputs.outputs), decided=decision)

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

    def _decide_on(self, model: str, entries: Sequence[Entry], wanted: Required, benchmark: str) -> Deciding:
        candidate = choose(entries, model, wanted)
        group = beside(entries, candidate)
        # only verdicts of the store have a written row
        pinned = None if self.sources.files else pinned_for(candidate, group, self.recipe, results=self.sources.results)
        gate = Gate(rule=self.rule, recipe=self.recipe, wanted=wanted, benchmark=benchmark, pinned=pinned)
        row = gate.rates(group, self.recipe.confidence).row(candidate)
        digest = canonical_digest([row])

        def decided(confidence: float) -> Decision:
            decision = gate.decide(candidate, group, replace(self.rule, confidence=confidence))
            return replace(decision, sha256=digest, row=row)

        return decided

    def check_before_asking(self, work: Work, url: Address) -> None:
        """Refuse before anything is paid what the decision would refuse afterwards."""
        check_mode(work.record, compat=self.compat)
        if self.rule.against is None:
            return
        model, against = work.candidate.model, self.rule.against
        check_against(model, against)
        other, known = replace(work.group, model=against), set[str]()
        if store_exists(url):
            with open_store(url) as opened:
                if any(True for _ in opened.answered_of(other)):
                    return
                plans = opened.plans(benchmark=other.benchmark)
                known = {group.model for group in plans if replace(other, model=group.model) == group}
        check_against(model, against, baseline=work.group.baseline, margin=self.rule.margin)
        raise UnknownName("model", against, known)

    def _aggregation(self) -> Aggregation:
        family, part = self.sources.family, self.rule.part
        asked = () if part is None else (part.partition(" ")[0],)
        by = tuple(dict.fromkeys((*family.by, *asked)))
        return Aggregation(combine=family.combine, by=by, cluster=self.sources.cluster)

    def check_seal(self) -> None:
        """Refuse a store that does not fit its seal before anything is asked and paid for."""
        url = store_url(self.sources.store, self.sources.results)
        if store_exists(url):
            with open_store(url) as opened:
                require_sealed(opened)

    def _stored(self, judge: str | None) -> list[Entry]:
        with open_existing(store_url(self.sources.store, self.sources.results)) as opened:
            # once more, because judging took its time
            require_sealed(opened)
            return entries_of_store(
                opened,
                benchmark=self.benchmark,
                judge=judge,
                aggregation=self._aggregation(),
                own=[config for config in (self.named_judge(),) if isinstance(config, JudgeConfig)],
            )

    def named_judge(self) -> JudgeConfig | str | None:
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

    def _nature(self, judge: str, digest: str) -> Nature | None:
        """The nature of a judge: as the store has it under this digest, else as its file or the shipped judge says."""
        url = store_url(self.sources.store, self.sources.results)
        stored: list[JudgeConfig] = []
        if not self.sources.files and store_exists(url):
            with open_store(url) as opened:
                stored = [config for config in opened.judges() if config.digest == digest]
        # a name in a file of verdicts is nobody's path
        named = self.named_judge() or (self._config(judge) if judge in judge_names() else None)
        own = [named] if isinstance(named, JudgeConfig) and named.name == judge else []
        known = [*stored, *own]
        return nature_of(known[0]) if known else None

    @property
    def baseline(self) -> str | None:
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


def _baseline_of(prepared: Prepared) -> str:
    """The baseline that the only judge compares with; empty where it gives grades."""
    (judge,) = prepared.judges
    return "" if prepared.baseline is None or judge.asks == "grade" else prepared.baseline.model
