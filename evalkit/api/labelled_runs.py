"""Asks judges about the comparisons of a file of people's labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalkit.api.keeping import utc_now
from evalkit.api.runs import check_works
from evalkit.auditing import Clusters
from evalkit.engine import Limits, Watcher
from evalkit.errors import ConfigError, InputError
from evalkit.formats import HumanFile, encode_evidence, evidence_of_labels
from evalkit.judging import Annotated, Options, Work, annotate, balanced_orders, pick, plan_all
from evalkit.metaeval import JudgeName, JudgeVerdicts, LabelTable, kept_numbers, verdicts_of
from evalkit.reporting import open_journal
from evalkit.store import Address, Store, evidence_name, keep_evaluation, open_store, store_exists
from evalkit.types import LABELLED, Annotation, EvaluationRecord, JudgeConfig, OutputSet

FIRST, SECOND = "output_1", "output_2"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledTask:
    """Judges, the labelled comparisons that they are asked about, and how; `sampled` are not all that the file has."""

    labels: HumanFile
    judges: tuple[JudgeConfig, ...]
    repeats: int = 1
    seed: int = 0
    shortcut: bool = True
    sampled: bool = False

    def __post_init__(self) -> None:
        if self.judges and not self.labels.texts:
            raise InputError(
                f"{self.labels.source}: holds labels without texts, so no judge can be asked about them. Give the "
                "texts with --prompts, or verdicts that were made already with --source"
            )
        for config in self.judges:
            if config.asks != "pair":
                raise ConfigError(
                    f"judge {config.name!r} grades single answers, and people's labels compare two. Name a judge that "
                    "compares"
                )

    def works(self, secret: bytes) -> list[Work]:
        """Plan every judge's places, with fences drawn from a store's secret."""
        first, second = self._sides()
        options = Options(f"{LABELLED}{self.labels.name}", self.repeats, self.seed, shortcut=self.shortcut)
        # the labels say which comparisons are on one instruction
        return plan_all(first, [second], self.judges, options, secret=secret, clusters=Clusters())

    def _sides(self) -> tuple[OutputSet, OutputSet]:
        """The first and the second answers as the outputs of two models, whatever models the file names."""
        pairs = [one.comparison for one in self.labels.comparisons]
        examples = tuple(pair.example for pair in pairs)
        first = tuple(replace(pair.baseline, key=pair.key, model=FIRST) for pair in pairs)
        second = tuple(replace(pair.candidate, key=pair.key, model=SECOND) for pair in pairs)
        source = self.labels.source
        return OutputSet(FIRST, source, examples, first), OutputSet(SECOND, source, examples, second)


def picked_labels(labels: HumanFile, limit: int | None, *, seed: int) -> HumanFile:
    """The labels with only so many comparisons, picked as `annotate` picks instructions; all without a limit."""
    chosen = pick(balanced_orders([one.key for one in labels.comparisons], seed=seed), limit)
    return replace(labels, comparisons=tuple(one for one in labels.comparisons if one.key in chosen))


@dataclass(frozen=True, slots=True)
class AskedJudge:
    """A judge's run on the labels, and its verdicts."""

    annotated: Annotated
    verdicts: JudgeVerdicts


def ask_judges(
    task: LabelledTask,
    labels: LabelTable,
    url: Address,
    *,
    limits: Limits,
    log: Path | None,
    watch: Watcher,
    before: Callable[[Sequence[Work], Store], None],
) -> list[AskedJudge]:
    """Ask every judge, continuing where an earlier run stopped.

    Args:
        before: called when all is planned and nothing is sent yet.
    """
    if not store_exists(url):
        # a missing key or a bad prompt shows before anything is written
        check_works(task.works(b""))
    with open_store(url) as store, open_journal(log) as journal:
        works = task.works(store.secret)
        check_works(works)
        before(works, store)
        done = annotate(works, store, limits=limits, watch=watch, journal=journal)
        return [_asked(one, labels, store, keep=not task.sampled) for one in done]


def _asked(done: Annotated, labels: LabelTable, store: Store, *, keep: bool) -> AskedJudge:
    """The judge's verdicts; a run on all labels that came to its end is kept as an evaluation.

    A sample is not: whoever draws several could choose the one that a gate likes.
    """
    annotations = list(done.annotations)
    asked = AskedJudge(done, verdicts_of(JudgeName.of(done.work.config), annotations, labels))
    if keep and not done.progress.stopped and asked.verdicts.judged:
        _keep(asked, annotations, labels, store)
    return asked


def _keep(asked: AskedJudge, annotations: Sequence[Annotation], labels: LabelTable, store: Store) -> None:
    config, source = asked.annotated.work.config, labels.source
    evidence = evidence_of_labels(source.comparisons, annotations)
    text, numbers = encode_evidence(evidence), kept_numbers(evidence)
    record = EvaluationRecord(
        judge=config.name,
        judge_digest=config.digest,
        labels=source.name,
        labels_digest=source.digest,
        orders=config.orders,
        repeats=asked.annotated.work.options.repeats,
        n=asked.verdicts.judged,
        n_people=labels.people,
        at=utc_now(),
        agreement=numbers.agreement,
        ceiling=numbers.ceiling,
        evidence=evidence_name(text),
    )
    keep_evaluation(store, record, text)
