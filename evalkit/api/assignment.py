"""A task for judges as a user names it, and the same task read and checked before anything is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict, Unpack

from evalkit.api.choices import (
    OFFLINE_JUDGE,
    ChosenBaseline,
    ChosenBenchmark,
    ChosenJudge,
    Place,
    choose_baseline,
    choose_benchmark,
    choose_judge,
    missing_baseline,
    named_baseline,
)
from evalkit.api.keywords import (
    Data,
    checked_choice,
    checked_count,
    named_source_of,
    optional_text,
    parted,
    several,
    source_of,
)
from evalkit.api.python_judges import JudgeFunction, JudgeLike, asked_anew, judge_config
from evalkit.auditing import AuditLimits, Clusters, audit_outputs, declared_clusters
from evalkit.catalog import (
    Benchmark,
    Family,
    baseline_source,
    find_family,
    load_baseline,
    load_questions,
    questions_source,
)
from evalkit.errors import ConfigError, InputError
from evalkit.formats import Recording, Rows, read_output_field, read_outputs, read_question_field, read_recording
from evalkit.judge_spec import ORDERS
from evalkit.judging import Options, Work, plan_all
from evalkit.types import Audit, ChatReply, Example, JudgeConfig, Labels, OutputSet

REFUSE, INTERSECT = "refuse", "intersect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The judges, the outputs to compare with and the options of a task, as a user gives them.

    Without a `benchmark`, it is told from the outputs; without `judges` and `baselines`, `choices` says which they
    are, and without `questions` they are the benchmark's own. `judge_model`, `base_url` and `orders` change the judges'
    settings, and `client` and `parser` are objects that take the place of theirs. The judges' replies are taken from
    `replay`. `on_mismatch` says whether to refuse outputs without a partner or to intersect, and `keep_thinking`
    whether answers keep the thinking that they begin with. `cluster` is a field of the questions or the outputs:
    instructions with the same value in it are one cluster. `told` is the benchmark where it was told before, and
    `before` the judge that is taken where none is named, because it judged the model before. The rest is as in
    `Options`.
    """

    benchmark: str | None = None
    baselines: tuple[str | Rows, ...] = ()
    questions: str | Rows | None = None
    judges: tuple[JudgeLike, ...] = ()
    judge_model: str | None = None
    base_url: str | None = None
    replay: Path | Rows | None = None
    orders: str | None = None
    repeats: int = 1
    limit: int | None = None
    seed: int = 0
    key: str | None = None
    on_mismatch: str = REFUSE
    shortcut: bool = True
    keep_thinking: bool = False
    cluster: str | None = None
    client: object | None = None
    parser: Callable[[ChatReply, Labels], object] | None = None
    told: ChosenBenchmark | None = None
    before: ChosenJudge | None = None

    def __post_init__(self) -> None:
        checked_count("--repeats", self.repeats, least=1)
        checked_choice("--on-mismatch", self.on_mismatch, (REFUSE, INTERSECT))
        if self.limit is not None:
            checked_count("--limit", self.limit, least=1)
        if self.orders is not None:
            checked_choice("--orders", self.orders, ORDERS)

    def read(self, outputs: Sequence[str | Rows], place: Place | None = None) -> "Prepared":
        """Read everything needed to judge some outputs.

        Args:
            place: the place where verdicts are kept, which may hold the baseline's answers.

        Raises:
            InputError: a file is missing or malformed.
            ConfigError: a judge or a benchmark is.
        """
        told = self.told or choose_benchmark(
            self.benchmark, outputs, place=place, key=self.key, questions=self.questions
        )
        benchmark = told.benchmark
        style = find_family(benchmark.style)
        unnamed = self.unnamed_judge(benchmark)
        judges = self.configs(benchmark)
        questions = load_questions(benchmark, self.questions)
        compares = any(config.asks == "pair" for config in judges)
        found = self._baseline(benchmark, outputs, place) if compares else ChosenBaseline(())
        # a benchmark's own file must have an answer for every category, and a named one stands in for all
        given = () if not self.baselines and found.sources == (benchmark.baseline_outputs,) else found.sources
        baseline = (
            load_baseline(benchmark, given, key=self.key, questions=questions, keep_thinking=self.keep_thinking)
            if compares
            else None
        )
        # a baseline that lies beside the outputs may be named together with them
        candidates = [source for source in outputs if self.baselines or source not in found.sources]
        return Prepared(
            style=style,
            benchmark=benchmark,
            board=benchmark.name if self.benchmark is None else self.benchmark,
            judges=judges,
            unnamed=unnamed,
            choices=(*told.notes, *found.notes),
            baseline=baseline,
            candidates=tuple(
                read_outputs(
                    candidates, key=self.key, like=baseline, questions=questions, keep_thinking=self.keep_thinking
                )
            ),
            recording=None if self.replay is None else read_recording(self.replay),
            questions=questions,
            clusters=(
                None
                if self.cluster is None
                else self._clusters(benchmark, outputs, questions=questions, shared=found.sources)
            ),
            options=Options(
                benchmark.name,
                self.repeats,
                self.seed,
                self.limit,
                intersect=self.on_mismatch == INTERSECT,
                shortcut=self.shortcut,
                by_turn=style.by_turn,
            ),
        )

    def unnamed_judge(self, benchmark: Benchmark) -> ChosenJudge | None:
        """The judge that is taken because none is named; None where one is, or where other things take its place."""
        if self.judges or self.replay is not None or self.client is not None or self.parser is not None:
            return None
        return self.before or choose_judge(benchmark)

    def configs(self, benchmark: Benchmark) -> tuple[JudgeConfig, ...]:
        """The judges, each once.

        Raises:
            ConfigError: two functions cannot be told apart.
        """
        unnamed = self.unnamed_judge(benchmark)
        given = self.judges or (benchmark.judge or OFFLINE_JUDGE if unnamed is None else unnamed.judge,)
        configs = [
            judge_config(
                judge,
                model=self.judge_model,
                base_url=self.base_url,
                orders=self.orders,
                client=self.client,
                parser=self.parser,
            )
            for judge in given
        ]
        found: dict[tuple[str, str], tuple[JudgeConfig, object]] = {}
        for config, judge in zip(configs, given, strict=True):
            function = judge.function if isinstance(judge, JudgeFunction) else judge
            _, other = found.setdefault((config.name, config.digest), (config, function))
            if callable(function) and other is not function and other != function:
                raise ConfigError(
                    f"two functions are the judge {config.name!r} of the same version. Give each a name of its own "
                    "with @evalkit.judge(name=..., version=...)"
                )
        return tuple(config for config, _ in found.values())

    def _baseline(self, benchmark: Benchmark, outputs: Sequence[str | Rows], place: Place | None) -> ChosenBaseline:
        """The sources of the baseline's answers: those that are named, or those that are found.

        Raises:
            ConfigError: none is named, and none is found.
        """
        if self.baselines:
            named = [named_baseline(name, outputs, place=place, key=self.key) for name in self.baselines]
            return ChosenBaseline(tuple(baseline_source(benchmark, source) for source in named))
        found = choose_baseline(benchmark, outputs, place=place, key=self.key)
        if found is None:
            raise missing_baseline(benchmark, outputs, key=self.key)
        return found

    def _clusters(
        self,
        benchmark: Benchmark,
        outputs: Sequence[str | Rows],
        *,
        questions: Sequence[Example] | None,
        shared: Sequence[str | Rows],
    ) -> Clusters:
        """The clusters that the field declares.

        The field is looked up in the questions, then in the baseline's outputs, then in the candidates' own. All
        candidates share the first two, which therefore give all of them the same clusters.
        """
        assert self.cluster is not None
        asked = questions_source(benchmark, self.questions) if questions is not None else None
        refused: list[InputError] = []
        if asked is not None:
            try:
                return declared_clusters(read_question_field(asked, self.cluster, key=benchmark.key), self.cluster)
            except InputError as error:
                refused.append(error)
        for sources in filter(None, (shared, outputs)):
            try:
                found = [
                    read_output_field(source, self.cluster, key=self.key, questions=questions) for source in sources
                ]
            except InputError as error:
                refused.append(error)
                continue
            return declared_clusters({key: value for values in found for key, value in values.items()}, self.cluster)
        raise refused[-1]


class AssignmentKeywords(TypedDict, total=False):
    """The keywords that name a task for judges, as `annotate` describes them."""

    benchmark: str | PathLike[str] | None
    judge: JudgeLike | Sequence[JudgeLike] | None
    baseline: Data | Sequence[Data] | None
    questions: Data | None
    client: object | None
    parser: Callable[[ChatReply, Labels], object] | None
    judge_model: str | None
    base_url: str | None
    replay: Data | None
    orders: str | None
    repeats: int
    limit: int | None
    seed: int
    key: str | None
    on_mismatch: str
    cluster: str | None
    shortcut: bool
    keep_thinking: bool


def assignment_of(**given: Unpack[AssignmentKeywords]) -> Assignment:
    """The task that keywords name.

    Raises:
        ConfigError: a value is out of bounds.
    """
    replay, questions = given.get("replay"), given.get("questions")
    named: dict[str, Any] = {
        **given,
        "benchmark": optional_text(given.get("benchmark")),
        "judges": several(given.get("judge")),
        "baselines": tuple(named_source_of(source, "baseline") for source in parted(given.get("baseline"))),
        "questions": None if questions is None else named_source_of(questions, "questions"),
        "replay": None if replay is None else source_of(replay, "replay"),
    }
    return Assignment(**{name: value for name, value in named.items() if name not in ("judge", "baseline")})


def require_outputs(outputs: Sequence[object]) -> None:
    """Refuse a call that names nothing to judge.

    Raises:
        ConfigError: there are no outputs.
    """
    if not outputs:
        raise ConfigError("no outputs were given. Give a file, a data frame, records or a dictionary first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All inputs of a run of judges except a store.

    `board` is the benchmark as it was named, or its name. `unnamed` is the judge where none was named, and `choices`
    are the notes on what else was chosen.
    """

    style: Family
    benchmark: Benchmark
    board: str
    judges: tuple[JudgeConfig, ...]
    unnamed: ChosenJudge | None
    choices: tuple[str, ...]
    baseline: OutputSet | None
    candidates: tuple[OutputSet, ...]
    recording: Recording | None
    questions: Sequence[Example] | None
    options: Options
    clusters: Clusters | None = None

    @property
    def notes(self) -> list[str]:
        """Notes on what was chosen, the judge first, on content that the sources lack, and on judges that every run
        asks anew.
        """
        chosen = (*(() if self.unnamed is None else (self.unnamed.reason,)), *self.choices)
        read = [outputs for outputs in (self.baseline, *self.candidates) if outputs is not None]
        anew = [note for note in map(asked_anew, self.judges) if note is not None]
        return [*chosen, *(note for outputs in read for note in outputs.notes), *anew]

    def audits(self, limits: AuditLimits) -> dict[str, Audit]:
        """The audit of each candidate's outputs, by model."""
        return {
            outputs.model: audit_outputs(outputs, self.baseline, questions=self.questions, limits=limits)
            for outputs in self.candidates
        }

    def works(self, secret: bytes, audits: Mapping[str, Audit] | None = None) -> list[Work]:
        """Plan every judge's work on every candidate, with fences drawn from a store's secret.

        Raises:
            ConfigError: a judge compares, and there is no baseline.
            InputError: a candidate does not match the baseline.
        """
        works = plan_all(
            self.baseline,
            self.candidates,
            self.judges,
            self.options,
            secret=secret,
            recording=self.recording,
            questions=self.questions,
            clusters=self.clusters,
        )
        return [replace(work, audit=(audits or {}).get(work.candidate.model)) for work in works]
