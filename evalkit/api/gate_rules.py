"""Decides on a candidate by several rules, each on the verdicts of its own benchmark, judge and part."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from evalkit.api.assignment import Assignment
from evalkit.api.choices import Place, check_no_file
from evalkit.api.gate_case import Asking, Candidate, GateCase, Judged, kind_of_candidate, with_benchmark
from evalkit.api.verification import said_by_row
from evalkit.boards import LC_WIN_RATE, RANKING, DifficultySource
from evalkit.catalog import benchmark_names, check_not_mistyped
from evalkit.documents import kind_of
from evalkit.errors import ConfigError, Incomplete, InputError, StatsError, UnknownName
from evalkit.formats import Rows, read_one
from evalkit.gating import (
    Deciding,
    Decision,
    JointDecision,
    Rule,
    RuleTable,
    check_against,
    decide_jointly,
    not_applicable,
    read_rule_file,
    read_rules,
    without_verdicts,
)
from evalkit.judge_spec import judge_names
from evalkit.judging import Work
from evalkit.sources import Sources, known_benchmark, only_benchmark, read_recipe
from evalkit.store import Address, open_existing, store_exists
from evalkit.types import JudgeConfig

_CHOICE = re.compile(r"(Choose(?: one)? with|Choose one:) --(judge|baseline|benchmark)")
_SOURCES = frozenset(source.value for source in DifficultySource)


def rules_of(given: object) -> tuple[RuleTable, ...]:
    """The rules that a caller gives: a settings file with [[gate.rules]], or a list of tables; none for None.

    Raises:
        ConfigError: a rule is wrong.
        InputError: the file cannot be read.
    """
    if given is None:
        return ()
    if isinstance(given, str | Path):
        return read_rule_file(Path(given))
    if not isinstance(given, list | tuple):
        raise ConfigError(f"rules: expected a settings file or a list of dictionaries, found {kind_of(given)}")
    return read_rules(given, where="rules: rule")


@dataclass(frozen=True, slots=True)
class RuleCase:
    """A rule with the case that it makes of the candidate; `own` says whether it is about the candidate as given,
    outputs or a row, and not about the verdicts that its model has elsewhere.
    """

    table: RuleTable
    case: GateCase
    own: bool


# without slots, so that what outputs and stores say is read once
@dataclass(frozen=True, kw_only=True)
class RulesCase:
    """A candidate and the rules that it must pass, with what holds for all of them.

    `usual` has what a rule leaves open; its threshold has no meaning here. `sources` and `assignment` are those of a
    gate of one rule: their benchmark is that of the candidate's outputs, and of the rules that name none.
    """

    candidate: str | Rows
    tables: tuple[RuleTable, ...]
    usual: Rule
    sources: Sources
    assignment: Assignment
    compat: bool
    place: Place

    def decide(self, asking: Asking) -> JointDecision:
        """Have the candidate's outputs judged, where it is given by them, and decide by all rules at once.

        Raises:
            ConfigError: a rule is wrong, or it cannot be told which verdicts it means; the message names the rule.
            UnknownName: the store knows no such model.
        """
        self._check_sources()
        cases = [self._rule_case(table) for table in self.tables]
        if self._kind != Candidate.NAME and not any(one.own for one in cases):
            raise ConfigError(
                f"{self.candidate}: is about benchmark {self._benchmark_name!r}, and no rule is. Add a rule about it, "
                "or name the benchmark of the candidate with --benchmark"
            )
        judged = self._judged([one for one in cases if one.own], asking)
        deciding = [self._deciding(one, judged, asking) for one in cases]
        joint = decide_jointly(deciding, confidence=self.usual.confidence)
        notes = [_on_raw_rate(decision, one) for decision, one in zip(joint.decisions, cases, strict=True)]
        asking.listener.note(filter(None, notes))
        return JointDecision(
            tuple(
                decision if note is None else replace(decision, notes=(*decision.notes, note))
                for decision, note in zip(joint.decisions, notes, strict=True)
            )
        )

    @property
    def _kind(self) -> Candidate:
        return Candidate.NAME if self.sources.files else kind_of_candidate(self.candidate)

    @cached_property
    def _task(self) -> Assignment:
        """The assignment with the benchmark of the candidate's outputs or row, told from these where none is named."""
        if self._kind == Candidate.NAME or self.assignment.benchmark is not None:
            return self.assignment
        return with_benchmark(self.candidate, self.assignment, self.place)

    @cached_property
    def _benchmark_name(self) -> str | None:
        """The name of the benchmark that is named or told; None where each rule has to name its own."""
        task = self._task
        if task.told is not None:
            return task.told.benchmark.name
        return None if task.benchmark is None else known_benchmark(task.benchmark, self.place.url).name

    @cached_property
    def _model(self) -> str:
        """The candidate's model.

        Raises:
            InputError: the outputs are of several models.
        """
        kind, candidate = self._kind, self.candidate
        if kind == Candidate.OUTPUTS:
            return read_one([candidate], key=self.assignment.key).model
        if isinstance(candidate, Rows):
            raise ConfigError("candidate: with --source, name the model instead of giving its outputs")
        if kind == Candidate.ROW:
            return said_by_row(Path(candidate), "model") or candidate
        return candidate

    @cached_property
    def _stored(self) -> Mapping[str, Sequence[str]]:
        """The models that the store has verdicts on, by benchmark.

        Raises:
            InputError: there is no store.
            UnknownName: the candidate is a name that the store has no verdicts on.
        """
        if self._kind == Candidate.NAME:
            check_no_file(self._model, self.place)
        with open_existing(self.place.url) as opened:
            found = opened.benchmarks()
        models = {model for names in found.values() for model in names}
        if self._kind == Candidate.NAME and self._model not in models:
            raise UnknownName("model", self._model, models)
        return found

    def _check_sources(self) -> None:
        """Refuse verdicts in files that would count as those of several benchmarks."""
        if not self.sources.files:
            return
        named = {table.benchmark or self._benchmark_name for table in self.tables if not table.source}
        if len(named) > 1:
            raise ConfigError(
                f"--source: has verdicts on one benchmark, and the rules are about {len(named)}. Give each rule a "
                "source of its own"
            )

    def _rule_case(self, table: RuleTable) -> RuleCase:
        with _naming(table):
            benchmark = self._benchmark(table)
            own = self._own(table, benchmark)
            case = self._case(table, benchmark, own=own)
            if table.against is not None and not case.sources.files:
                self._check_against(table, case)
        return RuleCase(table, case, own)

    def _benchmark(self, table: RuleTable) -> str | None:
        """The name of the benchmark that a rule is about; None for files whose benchmark is not named.

        Raises:
            ConfigError: there is no such benchmark, or there are several that may be meant.
        """
        name, files = table.benchmark, table.source or self.sources.files
        if name is None:
            return (
                self._benchmark_name
                if files or self._benchmark_name
                else only_benchmark(self.place.url, model=self._model)
            )
        found = known_benchmark(name, self.place.url)
        if not found.only_named or found.name == self._benchmark_name:
            return found.name
        if files:
            check_not_mistyped(name)
        elif name not in self._stored:
            unknown = UnknownName("benchmark", name, {*benchmark_names(), *self._stored})
            raise ConfigError(
                f"{unknown}. One of your own is known once evalkit annotate --benchmark NAME has judged it"
            )
        return found.name

    def _own(self, table: RuleTable, benchmark: str | None) -> bool:
        """True if the rule is about the outputs or the row that the candidate is given by."""
        if self._kind == Candidate.NAME or table.source or benchmark != self._benchmark_name:
            return False
        if self._kind == Candidate.OUTPUTS or table.judge is None:
            return True
        return said_by_row(Path(str(self.candidate)), "judge") == table.judge

    def _check_against(self, table: RuleTable, case: GateCase) -> None:
        """Refuse a model to compare with that nobody has, before anything is asked and paid for.

        Raises:
            ConfigError: a required rule compares the candidate with itself, or a rule with the baseline.
            UnknownName: the store has no verdicts on such a model, on whatever benchmark.
        """
        other = str(table.against)
        if other == self._model:
            if table.required:
                check_against(self._model, other)
            return
        stored = self._stored if store_exists(self.place.url) else {}
        if any(other in models for models in stored.values()):
            return
        if other in self._baselines_of(case):
            check_against(self._model, other, baseline=other, margin=case.rule.margin)
        everywhere = {model for models in stored.values() for model in models}
        raise UnknownName("model", other, {*stored.get(case.benchmark, everywhere)} - {self._model})

    def _baselines_of(self, case: GateCase) -> frozenset[str]:
        """The baseline that is configured; where none is, those of the benchmark and of the store's verdicts on it."""
        configured = case.baseline
        if configured is not None:
            return frozenset({configured})
        own = frozenset(known_benchmark(case.benchmark, self.place.url).baselines)
        if not store_exists(self.place.url):
            return own
        with open_existing(self.place.url) as opened:
            return own | frozenset(opened.baselines(case.benchmark))

    def _case(self, table: RuleTable, benchmark: str | None, *, own: bool) -> GateCase:
        """The rule's case; it has the gate's baseline and file of difficulties only for the gate's own benchmark."""
        task, same = self._task, self._benchmark_name in (None, benchmark)
        # a file that describes a benchmark is read again, because its name alone says less
        typed = benchmark if own and task.told is not None else table.benchmark or task.benchmark or benchmark
        assignment = replace(
            task,
            benchmark=task.benchmark if own else typed,
            told=task.told if own else None,
            cluster=task.cluster if own or self._kind == Candidate.NAME else None,
            judges=task.judges if table.judge is None else (table.judge,),
            baselines=(task.baselines if same else ()) if table.baseline is None else (table.baseline,),
        )
        difficulty = self.sources.difficulty
        sources = replace(
            self.sources,
            files=tuple(map(Path, table.source)) or self.sources.files,
            board=typed,
            difficulty=difficulty if same or difficulty in _SOURCES else DifficultySource.AUTO.value,
            cluster=self.assignment.cluster if table.source or self.sources.files else None,
        )
        metric = table.metric
        usual = metric is None or metric.graded or table.part is not None
        named = None if usual or metric is None else metric.name
        recipe = read_recipe(sources, metric=named, confidence=self.usual.confidence)
        rule = table.rule(self.usual, recipe.metric)
        recipe = recipe if rule.metric.graded else replace(recipe, metric=rule.metric)
        candidate = self.candidate if own else self._model
        return GateCase(candidate, rule, recipe, sources, assignment, self.compat)

    def _judged(self, own: Sequence[RuleCase], asking: Asking) -> list[tuple[Assignment, Judged]]:
        """The candidate's outputs as judged for the rules about them, once for each task."""
        if self._kind != Candidate.OUTPUTS:
            return []
        tasks: list[list[RuleCase]] = []
        for one in own:
            if self._itself(one):
                continue
            same = next((task for task in tasks if task[0].case.assignment == one.case.assignment), None)
            if same is None:
                tasks.append([one])
            else:
                same.append(one)
        return [(task[0].case.assignment, task[0].case.judge([_check(one) for one in task], asking)) for task in tasks]

    def _itself(self, one: RuleCase) -> bool:
        """True for an informative rule that compares the candidate with itself: it does not apply to this one."""
        return not one.table.required and one.table.against is not None and one.table.against == self._model

    def _deciding(self, one: RuleCase, judged: Sequence[tuple[Assignment, Judged]], asking: Asking) -> Deciding:
        """The decision by a rule, whose errors name it."""
        case = one.case
        if self._itself(one):
            return _settled(
                not_applicable(
                    case.rule,
                    f"{self._model} is the candidate itself, which the rule cannot be held against",
                    model=self._model,
                    judge="",
                    benchmark=case.benchmark,
                )
            )
        with _naming(one.table):
            if one.own and judged:
                of_task = next(found for task, found in judged if task == case.assignment)
                deciding = case.of_judged(of_task)
            elif not one.own and not case.sources.files and (absent := self._absent(case)) is not None:
                return absent
            else:
                deciding = case.deciding(asking)
        return _placed(one.table, deciding)

    def _absent(self, case: GateCase) -> Deciding | None:
        """The decision where the candidate, or the model that it is held against, has no verdicts that count."""
        benchmark, judge = case.benchmark, case.named_judge()
        if isinstance(judge, str):
            self._check_judge(judge)
        named = judge.name if isinstance(judge, JudgeConfig) else judge
        for model in filter(None, (self._model, case.rule.against)):
            if self._has_verdicts(benchmark, model, named):
                continue
            by = "" if named is None else f" by judge {named}"
            ask = "" if named is None else f" --judge {_typed(case, named)}"
            decision = without_verdicts(
                case.rule,
                f"no verdicts on {model} for benchmark {benchmark}{by}: evalkit annotate OUTPUTS --benchmark "
                f"{benchmark}{ask} makes them, where OUTPUTS are the answers of {model}",
                model=self._model,
                judge=named or "",
                benchmark=benchmark,
            )
            return _settled(decision)
        return None

    def _check_judge(self, name: str) -> None:
        """Refuse the name of a judge of whom there is neither a file nor a verdict."""
        with open_existing(self.place.url) as opened:
            known = {config.name for config in opened.judges()}
        if name not in known:
            raise UnknownName("judge", name, {*judge_names(), *known})

    def _has_verdicts(self, benchmark: str, model: str, judge: str | None) -> bool:
        if model not in self._stored.get(benchmark, ()):
            return False
        if judge is None:
            return True
        with open_existing(self.place.url) as opened:
            digests = opened.judged_by(benchmark, model)
            return judge in {config.name for config in opened.judges() if config.digest in digests}


def _typed(case: GateCase, judge: str) -> str:
    """A judge as --judge takes it: the file that the user named, or the judge's name."""
    given = case.assignment.judges
    return str(given[0]) if given and isinstance(given[0], str | Path) else judge


def _settled(decision: Decision) -> Deciding:
    """A decision that is the same at every confidence."""
    return lambda _: decision


def _on_raw_rate(decision: Decision, one: RuleCase) -> str | None:
    """The note that a rule about a part is on the raw rate, where the benchmark's own number is at equal length."""
    own, part = RANKING[one.case.sources.family.metric or LC_WIN_RATE.name], one.table.part
    found = decision.rule.metric
    if part is None or one.table.metric is not None or own.held is None or found.graded:
        return None
    return (
        f"the rule {one.table.name!r} is on the {found.title} and not the {own.title}: what length does is learned "
        f"from whole benchmarks, and not of a {part.partition(' ')[0]}"
    )


def _check(one: RuleCase) -> Callable[[Work, Address], None]:
    """The rule's check of what is to be asked, whose errors name the rule."""

    def checked(work: Work, url: Address) -> None:
        with _naming(one.table):
            one.case.check_before_asking(work, url)

    return checked


def _placed(table: RuleTable, deciding: Deciding) -> Deciding:
    """The decision by a rule, with errors that name it, and never by another metric than it names."""

    def decided(confidence: float) -> Decision:
        with _naming(table):
            decision = deciding(confidence)
            found, asked = decision.rule.metric, table.metric
            if asked is not None and found != asked and decision.n:
                raise ConfigError(
                    f"metric {asked.name!r} compares answers, and judge {decision.judge!r} grades each alone. Take "
                    f"{found.name}"
                )
        return decision

    return decided


@contextmanager
def _naming(table: RuleTable) -> Iterator[None]:
    """Let an error say which rule it is about, and name the rule's key instead of an option to choose with."""
    try:
        yield
    except (ConfigError, InputError, StatsError, Incomplete) as error:
        kind = Incomplete if isinstance(error, Incomplete) else ConfigError
        if type(error) not in (ConfigError, InputError, StatsError, Incomplete, UnknownName):
            raise
        # an error about a threshold begins with its option, which is the rule's key
        said = _CHOICE.sub(_with_key, str(error)).removeprefix("--").replace("with --min", "with the rule's min")
        raise kind(f"{table.place}: {said}") from error


def _with_key(found: re.Match[str]) -> str:
    return f"{found[1]} the rule's {found[2]}"
