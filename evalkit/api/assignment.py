"""A task for judges as a user names it, and the same task read and checked before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.auditing import AuditLimits, Clusters, audit_outputs, declared_clusters
from evalkit.catalog import (
    Benchmark,
    Family,
    baseline_source,
    find_family,
    load_baseline,
    load_questions,
    questions_source,
    read_benchmark,
)
from evalkit.errors import InputError
from evalkit.formats import Recording, read_output_field, read_outputs, read_question_field, read_recording
from evalkit.judge_spec import read_judge, with_orders
from evalkit.judging import Options, Work, plan_all
from evalkit.types import Audit, Example, JudgeConfig, OutputSet

# a judge that is offline and needs no key
DEFAULT_JUDGE = "surface"
INTERSECT = "intersect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The judges, the outputs to compare with and the options of a task; names and paths only.

    Without `baselines`, `questions` and `judges` they are the benchmark's own. `judge_model` and `orders` change the
    settings in the judges' files; the judges' replies are taken from `replay`. `on_mismatch` says whether to refuse
    outputs without a partner or to intersect. `cluster` is a field of the questions or the outputs: instructions with
    the same value in it are one cluster. The rest is as in `Options`.
    """

    benchmark: str
    baselines: tuple[str, ...] = ()
    questions: str | None = None
    judges: tuple[str, ...] = ()
    judge_model: str | None = None
    replay: Path | None = None
    orders: str | None = None
    repeats: int = 1
    limit: int | None = None
    seed: int = 0
    key: str | None = None
    on_mismatch: str = "refuse"
    shortcut: bool = True
    cluster: str | None = None

    def read(self, outputs: Sequence[str]) -> "Prepared":
        """Read everything needed to judge some outputs.

        Raises:
            InputError: a file is missing or malformed.
            ConfigError: a judge or a benchmark is.
        """
        benchmark = read_benchmark(self.benchmark)
        style = find_family(benchmark.style)
        judges = self.configs(benchmark)
        questions = load_questions(benchmark, self.questions)
        compares = any(config.asks == "pair" for config in judges)
        baseline = load_baseline(benchmark, self.baselines, key=self.key, questions=questions) if compares else None
        return Prepared(
            style=style,
            judges=judges,
            baseline=baseline,
            candidates=tuple(read_outputs(outputs, key=self.key, like=baseline, questions=questions)),
            recording=None if self.replay is None else read_recording(self.replay),
            questions=questions,
            clusters=(
                None
                if self.cluster is None
                else self._clusters(benchmark, outputs, questions=questions, compares=compares)
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

    def configs(self, benchmark: Benchmark) -> tuple[JudgeConfig, ...]:
        """The judges, each once."""
        named = list(dict.fromkeys(self.judges)) or [benchmark.judge or DEFAULT_JUDGE]
        return tuple(self._configure(name) for name in named)

    def _clusters(
        self, benchmark: Benchmark, outputs: Sequence[str], *, questions: Sequence[Example] | None, compares: bool
    ) -> Clusters:
        """The clusters that the field declares.

        The field is looked up in the questions, then in the baseline's outputs, then in the candidates' own. All
        candidates share the first two, which therefore give all of them the same clusters.
        """
        assert self.cluster is not None
        asked = questions_source(benchmark, self.questions) if questions is not None else None
        shared = [baseline_source(benchmark, source) for source in self.baselines or (None,)] if compares else []
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

    def _configure(self, name: str) -> JudgeConfig:
        config = read_judge(name, model=self.judge_model)
        # an answer that is graded alone has no order: the judge stays as it was
        return config if self.orders is None or config.asks == "grade" else with_orders(config, self.orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All inputs of a run of judges except a store."""

    style: Family
    judges: tuple[JudgeConfig, ...]
    baseline: OutputSet | None
    candidates: tuple[OutputSet, ...]
    recording: Recording | None
    questions: Sequence[Example] | None
    options: Options
    clusters: Clusters | None = None

    @property
    def notes(self) -> list[str]:
        """Notes on content of the sources that the outputs lack."""
        read = [outputs for outputs in (self.baseline, *self.candidates) if outputs is not None]
        return [note for outputs in read for note in outputs.notes]

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
