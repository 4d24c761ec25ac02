"""Makes annotations on places of the store from verdicts that other tools left, both in files and in imports."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.formats import FAILED_CALL, Judgments
from evalkit.judge_spec import digest, five_way_labels, parser_of, scale
from evalkit.judging import candidate_preference
from evalkit.types import (
    Annotation,
    ChatReply,
    JudgeConfig,
    Labels,
    Order,
    Preference,
    Rating,
    Reading,
    Unparsed,
    Verdict,
)

RECORDED = "imported"
PLAN = "imported"
# the names of the answers in recorded prompts
LABELS = Labels("A", "B", "C")
_GRADES = (0.0, 1.0)
# a judge's name and its task
JudgeKind = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RecordedJudge:
    """A judge whose verdicts are in files, and the parser of its replies."""

    config: JudgeConfig
    parse: Callable[[ChatReply, Labels], Verdict]


def recorded_judges(
    files: Iterable[Judgments], known: Mapping[str, JudgeConfig] | None = None
) -> dict[JudgeKind, RecordedJudge]:
    """A judge for each name and task: the `known` judge with both, or a stand-in for the recorded judge, which cannot
    be asked.

    Raises:
        InputError: a judge graded on several scales.
    """
    scales: dict[JudgeKind, set[tuple[float, float]]] = {}
    for file in files:
        for verdict in file.verdicts:
            mine = scales.setdefault(judge_kind(verdict), set())
            if file.scale is not None and not verdict.slot.baseline:
                mine.add(file.scale)
            elif verdict.rating is not None:
                mine.add((verdict.rating.low, verdict.rating.high))
    judges = {}
    for (name, asks), graded in scales.items():
        own = (known or {}).get(name)
        config = own if own is not None and own.asks == asks else _stand_in(name, asks, graded or {_GRADES})
        judges[name, asks] = RecordedJudge(config, parser_of(config))
    return judges


def judge_kind(verdict: Annotation) -> JudgeKind:
    """The name and the task of a verdict's judge: under one name, tools both grade and compare."""
    return verdict.slot.judge, "pair" if verdict.slot.baseline else "grade"


def file_verdict(verdict: Annotation, judge: RecordedJudge) -> Annotation:
    """File the verdict on its place. The verdict is read from its reply if the judge's parser finds the same in it;
    otherwise the reply is kept beside the recorded number.
    """
    config, said = judge.config, _reply_text(verdict)
    order = verdict.slot.order or (Order.BASELINE_FIRST if verdict.slot.baseline else Order.ALONE)
    slot = dataclasses.replace(verdict.slot, judge=config.name, digest=config.digest, order=order)
    failure = verdict.failure or _off_scale(verdict, config)
    if failure is not None:
        slot = dataclasses.replace(slot, failure=failure)
        failed = dataclasses.replace(verdict, slot=slot, preference=None, rating=None, failure=failure)
        return _with_reply(failed, said, config)
    reading = _reading(said, verdict, order, judge)
    if reading is None and verdict.strong:
        # a number alone cannot be strong: the verdict itself is the reply, if the judge has a word for it
        label = _label(verdict, order)
        reading = _reading(label, verdict, order, judge)
        said = said if reading is None else label
    number = verdict.preference if verdict.rating is None else verdict.rating.value
    slot = dataclasses.replace(slot, recorded=number) if reading is None else dataclasses.replace(slot, labels=LABELS)
    rating = None if verdict.rating is None else Rating(verdict.rating.value, *scale(config))
    filed = dataclasses.replace(verdict, slot=slot, reading=reading or Reading.RECORDED, rating=rating)
    return _with_reply(filed, said, config)


def annotations_of(judgments: Judgments) -> Iterator[Annotation]:
    """The verdicts of a file as annotations, without a store; a reply only where the verdict is read from it."""
    judges = recorded_judges([judgments])
    for verdict in judgments.verdicts:
        filed = file_verdict(verdict, judges[judge_kind(verdict)])
        yield filed if filed.slot.labels is not None else dataclasses.replace(filed, reply=None)


def _stand_in(name: str, asks: str, scales: set[tuple[float, float]]) -> JudgeConfig:
    """A stand-in for the judge of some verdicts: its replies can be read again, and it cannot be asked.

    Only its name, its task and its scale decide its digest, so that all its files make one board.
    """
    if len(scales) > 1:
        named = ", ".join(f"{low:g} to {high:g}" for low, high in sorted(scales))
        raise InputError(f"judge {name!r} graded on several scales: {named}. Take one at a time")
    ((low, high),) = scales
    graded = asks == "grade"
    config = JudgeConfig(
        name=name,
        client=RECORDED,
        model=name,
        description="Imported verdicts.",
        asks=asks,
        parser="mt_bench_grade" if graded else "arena_hard_verdict",
        parser_options={"low": low, "high": high} if graded else {},
    )
    return dataclasses.replace(config, digest=digest(config))


def _off_scale(verdict: Annotation, config: JudgeConfig) -> str | None:
    """The reason why a grade cannot be one of this judge's; None where it can."""
    if verdict.rating is None:
        return None
    low, high = scale(config)
    if low <= verdict.rating.value <= high:
        return None
    return f"{verdict.rating.value:g} is outside the scale from {low:g} to {high:g}"


def _reply_text(verdict: Annotation) -> str | None:
    """The text of the reply; None where there was none, or a failed call."""
    return None if verdict.reply is None or FAILED_CALL in verdict.reply.text else verdict.reply.text


def _with_reply(filed: Annotation, said: str | None, config: JudgeConfig) -> Annotation:
    """The verdict with the reply's text, under a key of its place."""
    slot = filed.slot
    if said is None or slot.order is None:
        return dataclasses.replace(filed, reply=None)
    place = [slot.digest, slot.model, slot.baseline, slot.key, slot.order.value, slot.repeat, said]
    key = hashlib.sha256(json.dumps([RECORDED, *place]).encode("utf-8", "surrogatepass")).hexdigest()
    reply = ChatReply(said, model=config.model)
    return dataclasses.replace(filed, slot=dataclasses.replace(slot, reply_key=key), reply=reply)


def _label(verdict: Annotation, order: Order) -> str:
    """A strong verdict in Arena-Hard's words."""
    first_wins = (verdict.preference == 1.0) == (order == Order.CANDIDATE_FIRST)
    much_better, *_, much_worse = five_way_labels(LABELS)
    return f"[[{much_better if first_wins else much_worse}]]"


def _reading(said: str | None, verdict: Annotation, order: Order, judge: RecordedJudge) -> Reading | None:
    """The way in which the reply states the recorded verdict; None where it states something else."""
    if said is None:
        return None
    read = judge.parse(ChatReply(said), LABELS)
    if isinstance(read, Unparsed):
        return None
    if isinstance(read, Rating):
        return Reading.STATED if verdict.rating is not None and read.value == verdict.rating.value else None
    if not isinstance(read, Preference) or verdict.preference is None:
        return None
    same = candidate_preference(read, order) == verdict.preference and read.strong == verdict.strong
    return read.reading if same else None
