"""Verdicts that other tools left, as places of the store and as annotations: one door for files and for imports."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evalkit.errors import InputError
from evalkit.formats.conversation import FAILED_CALL
from evalkit.formats.turns import turn_key
from evalkit.formats.verdicts import ForeignVerdict
from evalkit.judge_spec.config import digest
from evalkit.judge_spec.parsers import find_parser, five_way_labels
from evalkit.judging.requests import annotate_all, scale
from evalkit.types import (
    Annotation,
    ChatReply,
    ChatRequest,
    JudgeConfig,
    Labels,
    Order,
    Preference,
    Rating,
    Slot,
    Unparsed,
)

CLIENT = "imported"
PLAN = "imported"
# what recorded prompts call the answers
LABELS = Labels("A", "B", "C")
_GRADES = (0.0, 1.0)
# a judge's name and what it asks for
JudgeKind = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Filed:
    """A foreign verdict as a place, with the reply behind it. Only where the reply says what was recorded is it read;
    elsewhere it is kept beside the recorded number.
    """

    slot: Slot
    verdict: ForeignVerdict
    request: ChatRequest | None = None
    reply: ChatReply | None = None


def judge_configs(
    verdicts: Iterable[ForeignVerdict], known: Mapping[str, JudgeConfig] | None = None
) -> dict[JudgeKind, JudgeConfig]:
    """A judge for each name and task: the `known` one that has both, or one that stands for whoever judged and cannot
    be asked.

    Raises:
        InputError: a judge graded on several scales.
    """
    gathered: dict[JudgeKind, list[ForeignVerdict]] = {}
    for one in verdicts:
        gathered.setdefault(judge_kind(one), []).append(one)
    configs = {}
    for (name, asks), given in gathered.items():
        config = (known or {}).get(name)
        configs[name, asks] = config if config is not None and config.asks == asks else _stand_in(name, asks, given)
    return configs


def judge_kind(verdict: ForeignVerdict) -> JudgeKind:
    """Under one name, tools both grade and compare."""
    return verdict.judge, "pair" if verdict.baseline else "grade"


def file_verdict(verdict: ForeignVerdict, config: JudgeConfig, *, benchmark: str) -> Filed:
    """Where a verdict belongs. It is read from its reply if the judge's parser finds the same in it."""
    order = verdict.order or (Order.BASELINE_FIRST if verdict.baseline else Order.ALONE)
    failure = verdict.failure or _off_scale(verdict, config)
    said = None if verdict.reply is None or FAILED_CALL in verdict.reply else verdict.reply
    read = failure is None and _reads_the_same(said, verdict, order, config)
    if (
        failure is None
        and verdict.strong
        and not read
        and _reads_the_same(_label(verdict, order), verdict, order, config)
    ):
        # a number alone cannot be strong: the verdict itself is the reply
        said, read = _label(verdict, order), True
    slot = Slot(
        benchmark=benchmark,
        model=verdict.model,
        baseline=verdict.baseline or "",
        judge=config.name,
        digest=config.digest,
        key=verdict.key if verdict.turn is None else turn_key(verdict.key, verdict.turn),
        cluster=verdict.cluster or verdict.key,
        category=verdict.category,
        order=order,
        repeat=verdict.repeat,
        baseline_chars=verdict.baseline_chars or 0,
        candidate_chars=_comparable_chars(verdict),
        labels=LABELS if read else None,
        reply_key=None if said is None else _reply_key(said, verdict, order, config),
        failure=failure,
        recorded=None if read or failure is not None else _recorded(verdict),
        turn=verdict.turn or 1,
        baseline_measures=verdict.baseline_measures,
        candidate_measures=verdict.candidate_measures,
        baseline_blanks=verdict.baseline_blanks,
        candidate_blanks=verdict.candidate_blanks,
    )
    if said is None or slot.reply_key is None:
        return Filed(slot, verdict)
    request = ChatRequest(slot.reply_key, config.model, (), {})
    return Filed(slot, verdict, request, ChatReply(said, model=config.model))


def annotations_of(verdicts: Sequence[ForeignVerdict], *, benchmark: str) -> Iterator[Annotation]:
    """The verdicts as annotations, without a store."""
    configs = judge_configs(verdicts)
    for one in verdicts:
        config = configs[judge_kind(one)]
        filed = file_verdict(one, config, benchmark=benchmark)
        (annotation,) = annotate_all([(filed.slot, filed.reply, None)], config)
        yield dataclasses.replace(annotation, strong=one.strong)


def _stand_in(name: str, asks: str, given: Sequence[ForeignVerdict]) -> JudgeConfig:
    """The judge behind some verdicts: its replies can be read again, and it cannot be asked.

    Nothing but its name, its task and its scale decides its digest, so that all its files make one board.
    """
    scales = {one.scale for one in given if one.scale is not None} or {_GRADES}
    if len(scales) > 1:
        named = ", ".join(f"{low:g} to {high:g}" for low, high in sorted(scales))
        raise InputError(f"judge {name!r} graded on several scales: {named}. Take one at a time")
    low, high = scales.pop()
    graded = asks == "grade"
    config = JudgeConfig(
        name=name,
        client=CLIENT,
        model=name,
        description="Imported verdicts.",
        asks=asks,
        parser="mt_bench_grade" if graded else "arena_hard_verdict",
        parser_options={"low": low, "high": high} if graded else {},
    )
    return dataclasses.replace(config, digest=digest(config))


def _recorded(verdict: ForeignVerdict) -> float | None:
    return verdict.preference if verdict.rating is None else verdict.rating


def _off_scale(verdict: ForeignVerdict, config: JudgeConfig) -> str | None:
    """Why a grade cannot be one of this judge's."""
    if verdict.rating is None:
        return None
    low, high = scale(config)
    if low <= verdict.rating <= high:
        return None
    return f"{verdict.rating:g} is outside the scale from {low:g} to {high:g}"


def _reply_key(said: str, verdict: ForeignVerdict, order: Order, config: JudgeConfig) -> str:
    key = verdict.key if verdict.turn is None else turn_key(verdict.key, verdict.turn)
    place = [config.digest, verdict.model, verdict.baseline or "", key, order.value, verdict.repeat, said]
    return hashlib.sha256(json.dumps([CLIENT, *place]).encode("utf-8", "surrogatepass")).hexdigest()


def _label(verdict: ForeignVerdict, order: Order) -> str:
    """A strong verdict in Arena-Hard's words."""
    first_wins = (verdict.preference == 1.0) == (order == Order.CANDIDATE_FIRST)
    much_better, *_, much_worse = five_way_labels(LABELS)
    return f"[[{much_better if first_wins else much_worse}]]"


def _comparable_chars(verdict: ForeignVerdict) -> int | None:
    """The candidate's length; None too where the baseline's is unknown, for there is no difference then."""
    return None if verdict.baseline and verdict.baseline_chars is None else verdict.candidate_chars


def _reads_the_same(said: str | None, verdict: ForeignVerdict, order: Order, config: JudgeConfig) -> bool:
    if said is None:
        return False
    parser: Callable[[ChatReply, Labels], object] = find_parser(config.parser, config.parser_options)
    read = parser(ChatReply(said), LABELS)
    if isinstance(read, Unparsed):
        return False
    if isinstance(read, Rating):
        return read.value == verdict.rating
    if not isinstance(read, Preference) or verdict.preference is None:
        return False
    preference = read.p_first if order == Order.CANDIDATE_FIRST else 1.0 - read.p_first
    return preference == verdict.preference and read.strong == verdict.strong
