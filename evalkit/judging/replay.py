"""Recorded replies in place of a judge: the questions that a recording answers, and why it answers no others."""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalkit.clients import REPLAY_ENDPOINT, Endpoint
from evalkit.formats import RecordedReply, Recording, infer_order, instruction_key
from evalkit.judge_spec import digest, parser_of
from evalkit.judging.annotations import candidate_preference
from evalkit.judging.layout import Row
from evalkit.types import Comparison, JudgeConfig, Order, Question, Unparsed

NOT_RECORDED = "the recording has no reply for this instruction"
OTHER_TEXTS = "the recording judged other answers"
NO_ORDER = "the recorded reply gives the recorded preference in neither order"
UNTOLD_ORDER = "the recording does not say which answer was shown first"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recorded questions with their replies by instruction key, or the reason why there is none."""

    questions: Mapping[str, tuple[tuple[Question, RecordedReply], ...]]
    failures: Mapping[str, str]


def replayed(config: JudgeConfig, recording: Recording) -> JudgeConfig:
    """The judge with a recording in place of its endpoint: orders and labels are those of the recording."""
    replayed = dataclasses.replace(
        config,
        client="replay",
        model=recording.annotator,
        prompt=None,
        prompt_text=None,
        parameters={},
        answer_schema={},
        prices=None,
    )
    return dataclasses.replace(replayed, digest=digest(replayed))


def match_recording(rows: Sequence[Row], recording: Recording, config: JudgeConfig) -> Recorded:
    """Find the recorded questions of some rows, and the reasons why others have none."""
    questions: dict[str, tuple[tuple[Question, RecordedReply], ...]] = {}
    failures: dict[str, str] = {}
    for row in rows:
        if isinstance(row, Comparison):
            found, failure = _recorded_questions(row, recording, config)
            questions[row.key] = tuple(found)
            if failure is not None:
                failures[row.key] = failure
    return Recorded(questions, failures)


def _recorded_questions(
    comparison: Comparison, recording: Recording, config: JudgeConfig
) -> tuple[list[tuple[Question, RecordedReply]], str | None]:
    """The questions that the recording answers, or the reason why it answers none."""
    known = recording.rows.get(instruction_key(comparison.example.instruction), ())
    if not known:
        return [], NOT_RECORDED
    texts = (comparison.baseline.text, comparison.candidate.text)
    rows = [row for row in known if (row.baseline_text, row.candidate_text) == texts]
    if not rows:
        return [], OTHER_TEXTS
    found: dict[tuple[Order, int], tuple[Question, RecordedReply]] = {}
    for row, recorded in ((one, reply) for one in rows for reply in one.replies):
        order = infer_order(recorded, row.preference, functools.partial(_preference, row.replies, config))
        if order is None:
            return [], UNTOLD_ORDER if row.preference is None else NO_ORDER
        question = Question(comparison, order, recorded.labels, "", recorded.repeat)
        # of models that gave the same answer the first counts
        found.setdefault((order, recorded.repeat), (question, recorded))
    return list(found.values()), None


def _preference(replies: Sequence[RecordedReply], config: JudgeConfig, order: Order) -> float | None:
    """The mean that all replies of a row give under one order; None where none has a verdict."""
    verdicts = (parser_of(config)(recorded.reply, recorded.labels) for recorded in replies)
    found = [candidate_preference(verdict, order) for verdict in verdicts if not isinstance(verdict, Unparsed)]
    return sum(found) / len(found) if found else None


def recorded_endpoint(recorded: RecordedReply) -> Endpoint:
    """A separate endpoint for every recorded reply: an edited reply must not be served from the store."""
    said = repr((recorded.labels, recorded.reply)).encode("utf-8", "surrogatepass")
    return Endpoint(f"{REPLAY_ENDPOINT.name}:{hashlib.sha256(said).hexdigest()[:16]}", asks=False)
