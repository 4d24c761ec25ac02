"""Verdicts that other tools left, as places of the store and as annotations: one door for files and for imports."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from evalkit.config import digest
from evalkit.errors import InputError
from evalkit.formats.verdicts import ForeignVerdict
from evalkit.judge import annotate_all
from evalkit.parsers import find_parser
from evalkit.turns import turn_key
from evalkit.types import (
    Annotation,
    Asked,
    ChatReply,
    ChatRequest,
    JudgeConfig,
    Labels,
    Order,
    Preference,
    Rating,
    Unparsed,
)

CLIENT = "imported"
PLAN = "imported"
# what recorded prompts call the answers
LABELS = Labels("A", "B", "C")
_GRADES = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Filed:
    """A foreign verdict as a place, with the reply that it is read from where the reply says the same."""

    asked: Asked
    verdict: ForeignVerdict
    request: ChatRequest | None = None
    reply: ChatReply | None = None


def judge_configs(verdicts: Iterable[ForeignVerdict], known: Sequence[JudgeConfig] = ()) -> dict[str, JudgeConfig]:
    """A judge for each name: one of the `known`, or one that stands for whoever judged and cannot be asked.

    Raises:
        InputError: a judge graded on several scales.
    """
    by_name = {config.name: config for config in known}
    gathered: dict[str, list[ForeignVerdict]] = {}
    for one in verdicts:
        gathered.setdefault(one.judge, []).append(one)
    return {name: by_name.get(name) or _stand_in(given) for name, given in gathered.items()}


def file_verdict(verdict: ForeignVerdict, config: JudgeConfig, *, benchmark: str) -> Filed:
    """Where a verdict belongs. Its reply is kept as what it is read from if the judge's parser reads the same in it."""
    asked = Asked(
        benchmark=benchmark,
        model=verdict.model,
        baseline=verdict.baseline or "",
        judge=config.name,
        digest=config.digest,
        key=verdict.key if verdict.turn is None else turn_key(verdict.key, verdict.turn),
        cluster=verdict.cluster or verdict.key,
        category=verdict.category,
        order=verdict.order or (Order.BASELINE_FIRST if verdict.baseline else Order.ALONE),
        repeat=verdict.repeat,
        baseline_chars=verdict.baseline_chars or 0,
        candidate_chars=_comparable_chars(verdict),
        turn=verdict.turn or 1,
        baseline_measures=verdict.baseline_measures,
        candidate_measures=verdict.candidate_measures,
    )
    if verdict.failure is not None:
        return Filed(dataclasses.replace(asked, failure=verdict.failure), verdict)
    if verdict.reply is not None and _reads_the_same(verdict, asked.order, config):
        reply = ChatReply(verdict.reply, model=config.model)
        place = [config.digest, asked.model, asked.baseline, asked.key, asked.order.value, asked.repeat, verdict.reply]
        key = hashlib.sha256(json.dumps([CLIENT, *place]).encode("utf-8", "surrogatepass")).hexdigest()
        request = ChatRequest(key, config.model, (), {})
        return Filed(dataclasses.replace(asked, labels=LABELS, reply_key=key), verdict, request, reply)
    recorded = verdict.preference if verdict.rating is None else verdict.rating
    return Filed(dataclasses.replace(asked, recorded=recorded), verdict)


def annotations_of(verdicts: Sequence[ForeignVerdict], *, benchmark: str) -> Iterator[Annotation]:
    """The verdicts as annotations, without a store."""
    configs = judge_configs(verdicts)
    for one in verdicts:
        filed = file_verdict(one, configs[one.judge], benchmark=benchmark)
        (annotation,) = annotate_all([(filed.asked, filed.reply, None)], configs[one.judge])
        yield dataclasses.replace(annotation, strong=one.strong)


def _stand_in(given: Sequence[ForeignVerdict]) -> JudgeConfig:
    """The judge behind some verdicts: its replies can be read again, and it cannot be asked."""
    verdict = given[0]
    graded = not verdict.baseline
    scales = {one.scale for one in given if one.scale is not None} or {_GRADES}
    if len(scales) > 1:
        named = ", ".join(f"{low:g} to {high:g}" for low, high in sorted(scales))
        raise InputError(f"judge {verdict.judge!r} graded on several scales: {named}. Take one at a time")
    low, high = scales.pop()
    config = JudgeConfig(
        name=verdict.judge,
        client=CLIENT,
        model=verdict.judge,
        description="Imported verdicts.",
        asks="grade" if graded else "pair",
        parser="mt_bench_grade" if graded else "arena_hard_verdict",
        parser_options={"low": low, "high": high} if graded else {},
        orders="one" if verdict.order is None or graded else "both",
    )
    return dataclasses.replace(config, digest=digest(config))


def _comparable_chars(verdict: ForeignVerdict) -> int | None:
    """The candidate's length; None too where the baseline's is unknown, for there is no difference then."""
    return None if verdict.baseline and verdict.baseline_chars is None else verdict.candidate_chars


def _reads_the_same(verdict: ForeignVerdict, order: Order, config: JudgeConfig) -> bool:
    parser: Callable[[ChatReply, Labels], object] = find_parser(config.parser, config.parser_options)
    read = parser(ChatReply(verdict.reply or ""), LABELS)
    if isinstance(read, Unparsed):
        return False
    if isinstance(read, Rating):
        return read.value == verdict.rating
    if not isinstance(read, Preference) or verdict.preference is None:
        return False
    preference = read.p_first if order == Order.CANDIDATE_FIRST else 1.0 - read.p_first
    return preference == verdict.preference and read.strong == verdict.strong
