"""Runs of judges: outputs are judged, whole or in batches, and each model's results are written."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.api.assignment import Prepared
from evalkit.boards import (
    MIN_COVERAGE,
    Aggregation,
    Backing,
    BoardRow,
    DifficultySource,
    Entry,
    Estimators,
    Pinned,
    Recipe,
    beside,
    entries_of_annotations,
    learn,
)
from evalkit.engine import Journal, Limits, Watcher
from evalkit.errors import ConfigError, Incomplete, InputError, Unreachable
from evalkit.gating import Batches, Decision, Gate, Rule, Spent
from evalkit.judge_spec import scale
from evalkit.judging import Annotated, Work, annotate
from evalkit.provenance import canonical_digest, pinned_for, write_results
from evalkit.reporting import grouped_failures, open_journal
from evalkit.sources import entries_of_store, keep_benchmark
from evalkit.stats import MIN_MODELS
from evalkit.store import Address, Store, open_store, store_exists
from evalkit.text import level, percent
from evalkit.types import Audit, Group, JudgeConfig


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One model under one judge: the progress of its run, and its rows."""

    annotated: Annotated
    rows: tuple[BoardRow, ...]


def judge_all(
    prepared: Prepared,
    url: Address,
    *,
    audits: Mapping[str, Audit],
    results: Path,
    recipe: Recipe,
    limits: Limits,
    log: Path | None,
    watch: Watcher,
    before: Callable[[Sequence[Work], Store], None],
) -> list[ModelRun]:
    """Judge the prepared outputs, continue where an earlier run stopped, and write each model's results.

    Args:
        before: called when all is planned and nothing is sent yet.
    """
    with _opened(prepared, url, limits, log) as (store, journal):
        works = prepared.works(store.secret, audits)
        check_works(works)
        before(works, store)
        done = annotate(works, store, limits=limits, watch=watch, journal=journal)
        teachers = _Teachers(store, _aggregation(prepared), recipe)
        return [_write_run(annotated, prepared, results, limits, teachers) for annotated in done]


def judge_in_batches(
    prepared: Prepared,
    url: Address,
    *,
    gate: Gate,
    batch: int,
    audits: Mapping[str, Audit],
    results: Path,
    limits: Limits,
    log: Path | None,
    watch: Watcher,
    before: Callable[[Sequence[Work], Store], None],
) -> tuple[Decision | None, ModelRun]:
    """Judge one candidate until the gate can decide, and write its results.

    There is no decision where a limit came first, or where the endpoint became another one.
    """
    aggregation = _aggregation(prepared)
    with _opened(prepared, url, limits, log) as (store, journal):
        (work,) = prepared.works(store.secret, audits)
        check_works([work])
        before([work], store)
        others = _stored_entries(store, work, aggregation)

        def decide_on(entry: Entry, rule: Rule, keys: frozenset[str], spent: Spent) -> Decision:
            decision = gate.look(entry, beside(others, entry), rule, keys=keys, spent=spent)
            rates = gate.rates(beside([entry, *others], entry), gate.recipe.confidence)
            return replace(decision, sha256=canonical_digest([rates.row(entry)]))

        decision, annotated = Batches(work, gate.rule, batch).judge(
            store, decide_on, aggregation=aggregation, limits=limits, watch=watch, journal=journal
        )
        teachers = _Teachers(store, aggregation, gate.recipe)
        return decision, _write_run(annotated, prepared, results, limits, teachers)


def _stored_entries(store: Store, work: Work, aggregation: Aggregation) -> list[Entry]:
    """Read the stored entries of the judge; none where the judge has no verdicts yet."""
    if work.config.digest not in {config.digest for config in store.judges()}:
        return []
    try:
        return entries_of_store(
            store, benchmark=work.plan.benchmark, judge=work.config.name, aggregation=aggregation, own=(work.config,)
        )
    except InputError:
        return []


@contextlib.contextmanager
def _opened(prepared: Prepared, url: Address, limits: Limits, log: Path | None) -> Iterator[tuple[Store, Journal]]:
    check_costs(prepared.judges, limits)
    if not store_exists(url):
        # a missing key or a bad prompt shows before anything is written
        check_works(prepared.works(b""))
    with open_store(url) as store, open_journal(log) as journal:
        # before anything is asked and paid for
        store.require_writable()
        if prepared.board != prepared.benchmark.name:
            keep_benchmark(store, prepared.benchmark)
        yield store, journal


@dataclass(frozen=True, slots=True)
class _Teachers:
    """A store's models, which teach about the models of a run whose verdicts are all in.

    Every model of the run is taught by all the others. They are read and learned from once, not once for each.
    """

    store: Store
    aggregation: Aggregation
    recipe: Recipe
    read: dict[Group, list[Entry]] = field(default_factory=dict)
    learned: dict[frozenset[tuple[str, str]], Estimators] = field(default_factory=dict)

    def others(self, work: Work, entries: Sequence[Entry]) -> list[Entry]:
        """The other models that may teach about these entries; none if a better source does, or if too few."""
        recipe = self.recipe
        if recipe.difficulty == DifficultySource.NONE or not entries or entries[0].graded:
            return []
        if recipe.difficulty == DifficultySource.AUTO and learn(entries[:1], recipe).length.own_history:
            return []
        anyone = replace(work.group, model="")
        judged = [
            group for group in self.store.plans(benchmark=work.plan.benchmark) if replace(group, model="") == anyone
        ]
        if len(judged) < MIN_MODELS:
            return []
        if anyone not in self.read:
            self.read[anyone] = _stored_entries(self.store, work, self.aggregation)
        return [entry for entry in self.read[anyone] if entry.model != work.candidate.model]

    def estimators(self, group: Sequence[Entry], pinned: Pinned | None) -> Estimators:
        """Learn from the models of a group, once for all of them."""
        verdicts = frozenset((entry.model, entry.origin.verdicts) for entry in group if entry.origin is not None)
        if pinned is not None or len(verdicts) < len(group):
            return learn(group, self.recipe, pinned=pinned)
        if verdicts not in self.learned:
            self.learned[verdicts] = learn(group, self.recipe)
        return self.learned[verdicts]


def _write_run(
    annotated: Annotated, prepared: Prepared, results: Path, limits: Limits, teachers: _Teachers
) -> ModelRun:
    """Compute the rows of the annotated models, with the backgrounds from other models, and write their files."""
    work, recipe = annotated.work, teachers.recipe
    # the store's audit: an earlier run may have audited outputs that this one did not
    plan = teachers.store.plan_of(work.group)
    scales = {work.config.name: scale(work.config)}
    backing = Backing(plans={} if plan is None else {work.group: plan}, scale_of=scales.get)
    entries = entries_of_annotations(annotated.annotations, teachers.aggregation, backing)
    others = teachers.others(work, entries)
    rows = []
    for entry in entries:
        group = [entry, *beside(others, entry)]
        pinned = pinned_for(entry, group, recipe, results=results)
        rows.append(teachers.estimators(group, pinned).row(entry))
    write_results(results, annotated, rows, options=prepared.options, limits=limits)
    return ModelRun(annotated, tuple(rows))


def _aggregation(prepared: Prepared) -> Aggregation:
    return Aggregation(combine=prepared.style.combine, by=prepared.style.by)


def title(prepared: Prepared) -> str:
    """The name of the run for the progress line, made of its judges."""
    return ", ".join(config.name for config in prepared.judges)


def check_works(works: Sequence[Work]) -> None:
    """Report a missing key or a bad prompt before anything is sent."""
    for work in works:
        work.check()


def check_costs(judges: Iterable[JudgeConfig], limits: Limits) -> None:
    """Refuse a budget without prices.

    Raises:
        ConfigError: a judge has none.
    """
    unpriced = [judge.name for judge in judges if judge.prices is None]
    if limits.max_cost is not None and unpriced:
        raise ConfigError(f"--max-cost needs the prices of judge {unpriced[0]!r}. Add prices to its file")


def require_finished(judged: Sequence[ModelRun]) -> None:
    """Raise where a run was stopped, or an endpoint became another one.

    Raises:
        Incomplete: either.
    """
    for progress in (run.annotated.progress for run in judged):
        if progress.stopped and progress.unread:
            raise Incomplete(
                f"{progress.stopped}. evalkit judges check shows what is sent and how the reply is read. Mend the "
                "judge's prompt, parser, limit of tokens or endpoint. Or go on with --no-stop"
            )
        if progress.stopped:
            raise Unreachable(f"{progress.stopped}. What was paid is kept; run the same command again to continue")
    for row in (row for run in judged for row in run.rows):
        if row.entry.served_as:
            raise Incomplete(
                f"{row.entry.model}: the endpoint answered as {' and as '.join(row.entry.judging.served)}, so there is "
                "a row for each. Name a dated model with --judge-model, or judge in a new store"
            )


def require_covered(judged: Sequence[ModelRun]) -> None:
    """Raise where verdicts are missing.

    Raises:
        Incomplete: with the most frequent reason.
    """
    for row in (row for run in judged for row in run.rows):
        if row.coverage < MIN_COVERAGE:
            reason = next(iter(grouped_failures(row.entry.failures)), "unknown")
            raise Incomplete(
                f"{row.entry.model}: {row.entry.sample.n_missing} of {row.entry.sample.n + row.entry.sample.n_missing} "
                "instructions have no verdict, "
                f"coverage {percent(100 * row.coverage)} % is under {level(MIN_COVERAGE)}. Most often: {reason}"
            )
