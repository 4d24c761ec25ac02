"""Stores with something in them, without an engine or an endpoint."""

import dataclasses
import datetime
from pathlib import Path

from evalkit.boards.build import build_boards
from evalkit.boards.metrics import Recipe
from evalkit.engine.task import Posed
from evalkit.judge_spec.config import read_judge, with_orders
from evalkit.judging.layout import Options
from evalkit.judging.work import Work, plan_all
from evalkit.provenance.canonical import canonical_digest
from evalkit.sources.entries import entries_of_store
from evalkit.store import Batch, Store
from evalkit.store.documents import DocumentName, documents, records, write_document
from evalkit.store.evaluations import evidence_name, keep_evaluation
from evalkit.store.releases import keep_release, verdicts_name
from evalkit.types import (
    ChatReply,
    Estimate,
    EvaluationRecord,
    Group,
    JudgeConfig,
    PlanRecord,
    Prices,
    ReleaseRun,
    degraded,
)
from tests.builders import output_set, question_of

BENCHMARK = "bench"
JUDGE = dataclasses.replace(with_orders(read_judge("pairwise_label"), "one"), prices=Prices(1.0, 10.0))


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def work(
    store: Store, n: int = 1, *, model: str = "cand", config: JudgeConfig = JUDGE, benchmark: str = BENCHMARK
) -> Work:
    """A judge's work on answers of different lengths, the first of which equals the baseline's."""
    baseline = output_set("base", [f"baseline {i}" for i in range(n)])
    texts = [f"{model} {i} {'word ' * (i % 7)}" for i in range(n)]
    candidate = output_set(model, [baseline.outputs[0].text, *texts[1:]] if n > 1 else texts)
    (planned,) = plan_all(baseline, [candidate], [config], Options(benchmark), secret=store.secret)
    return planned


def open_work(store: Store, planned: Work) -> list[Posed]:
    """Lay its places out; what is to be asked is returned."""
    places = list(planned.places())
    store.open_places(planned.config, planned.group, planned.digest, [place.slot for place in places])
    return [planned.pose(place) for place in places if place.subject is not None]


def reply_to(posed: Posed, number: int = 0) -> ChatReply:
    """Two of three for the answer shown first."""
    labels = question_of(posed.request).labels
    label = labels.second if number % 3 == 0 else labels.first
    return ChatReply(f"Because of {number}: [[{label}]]", prompt_tokens=100, completion_tokens=10, body='{"id": 1}')


def batch(planned: Work, posed: list[Posed], *, first: int = 0) -> Batch:
    """Replies to questions, with the places that they fill."""
    replies = [(one.request, reply_to(one, first + number)) for number, one in enumerate(posed)]
    return Batch(replies=replies, places=[(planned.digest, one.slot) for one in posed])


def fill(
    store: Store, n: int, *, model: str = "cand", config: JudgeConfig = JUDGE, benchmark: str = BENCHMARK
) -> list[Posed]:
    """Everything asked and answered."""
    planned = work(store, n, model=model, config=config, benchmark=benchmark)
    posed = open_work(store, planned)
    store.commit(batch(planned, posed))
    return posed


def put_plan(store: Store, n: int, *, model: str = "cand") -> PlanRecord:
    """What decided the places that `fill` lays out."""
    planned = work(store, n, model=model)
    store.open_places(planned.config, planned.group, planned.digest, [], record=planned.record)
    return planned.record


def put_release(store: Store, label: str, *, model: str = "cand", verdicts: str = '{"version":1}') -> ReleaseRun:
    """A run that showed a model's number, as it is kept; the same verdicts are kept once."""
    run = ReleaseRun(
        group=Group(BENCHMARK, JUDGE.digest, "base", model),
        judge=JUDGE.name,
        served_as="",
        outputs="o",
        baseline_outputs="b",
        questions="q",
        origin="v",
        verdicts=verdicts_name(verdicts),
        at=datetime.datetime(2026, 1, 5, 9, 30, 0, 250, datetime.UTC),
        command="gate",
        metric="win_rate",
        shown=Estimate(50.0, 1.5, 47.0, 53.0, 12, degraded("few"), ("a note",)),
        label=label,
        commit="c" * 40,
        outcome="passed",
        rule="win_rate at least 45",
    )
    keep_release(store, run, verdicts)
    return run


def put_evaluation(
    store: Store, labels: str, *, digest: str = JUDGE.digest, evidence: str = '{"version":1}', day: int = 5
) -> EvaluationRecord:
    """A measurement of the judge's agreement with people, as it is kept."""
    record = EvaluationRecord(
        judge=JUDGE.name,
        judge_digest=digest,
        labels=labels,
        labels_digest=f"of {labels}",
        orders="one",
        repeats=1,
        n=350,
        n_people=1,
        at=datetime.datetime(2026, 1, day, 9, 30, 0, 250, datetime.UTC),
        agreement=Estimate(64.0, 2.5, 59.0, 69.0, 340, degraded("few"), ("a note",)),
        ceiling=Estimate.refused("one person", n=0),
        evidence=evidence_name(evidence),
    )
    return keep_evaluation(store, record, evidence)


def put_document(store: Store, name: str, scores: list[int]) -> None:
    """Another tool's file, as an import keeps it."""
    write_document(
        store, DocumentName("mt_bench", "judgments", name), {"end": "\n"}, [{"score": one} for one in scores]
    )


def scores(store: Store) -> dict[str, list[int]]:
    """What the kept files say, by their names."""
    return {name.name: [one["score"] for one in records(store, name)] for name, _ in documents(store)}


def board_digest(store: Store) -> str:
    """What evalkit leaderboard prints as sha256."""
    boards = build_boards(entries_of_store(store, benchmark=BENCHMARK), Recipe())
    return canonical_digest([row for board in boards for row in board.rows])
